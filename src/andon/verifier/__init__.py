"""Check an organisation from outside: the log, the pages, and what happened to one unit's ballots. No Django."""

from andon.verifier.fetching import CannotFetch, Fetch, NotServed, fetch
from andon.verifier.pins import CannotPin
from andon.verifier.report import Check, Outcome, Report
from andon.verifier.verification import BadReceipt, verify

__all__ = [
    "BadReceipt",
    "CannotFetch",
    "CannotPin",
    "Check",
    "Fetch",
    "NotServed",
    "Outcome",
    "Report",
    "fetch",
    "verify",
]
