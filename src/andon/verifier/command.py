"""`andon verify URL`: for everybody, also without a server."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from andon.verifier.report import printable
from andon.verifier.verification import BadReceipt, verify

DESCRIPTION = """\
Check an organisation's public log and the pages it serves, and with a unit file what happened to your unit's ballots.
Exit code: 0 when everything holds, 1 when a check fails, 2 when something could not be checked."""


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(
        prog="andon verify", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    found.add_argument("url", help="the app's address, such as https://andon.example.org")
    found.add_argument(
        "--unit",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="the unit file from your results page; again for each file a colleague gives you",
    )
    found.add_argument(
        "--receipt",
        metavar="SLOT:HASH",
        action="append",
        default=[],
        help="is your ballot in the list? (with --unit); again for each question you answered",
    )
    found.add_argument("--pin", metavar="FILE", type=Path, help="remember the head, and refuse a log that lost it")
    found.add_argument("--steward-key", metavar="KEY", help="the steward key as you know it from elsewhere")
    found.add_argument("--json", action="store_true", help="for programs")
    return found


def main(argv: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    given = parser().parse_args(argv)
    try:
        report = verify(
            given.url,
            unit_file=given.unit[0] if given.unit else None,
            colleagues=given.unit[1:],
            receipt=given.receipt,
            pin=given.pin,
            steward_key=given.steward_key,
        )
    except BadReceipt as fault:
        sys.stderr.write(f"andon verify: {printable(str(fault))}\n")
        return 2
    sys.stdout.write(report.to_json() + "\n" if given.json else report.to_text())
    return report.exit_code
