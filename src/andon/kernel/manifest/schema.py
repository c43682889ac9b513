"""The bodies of log entries, checked strictly: an unknown key is a refusal, not a surprise later."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from andon.kernel.wire import COMMENT, Malformed, check_digest, check_id, check_keys, check_purpose, unb64u

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_GENERATION = re.compile(r"[0-9a-f]{32,64}")
_REASON_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_MAX_TEXT = 1_000
ROUND_KINDS = ("daily", "weekly", "full")
LEAST_BALLOTS = 5
# Written out and not taken from the rules themselves: what a log may hold is no matter of what is computed.
_RULES = ("andon-disclosure/1", "andon-disclosure/2")
_MOST_DEPTH = 64
# Long enough to renew once a year with a month to spare; short enough that a forgotten key does not sign for ever.
LONGEST_DELEGATION = timedelta(days=400)


class BadManifest(Malformed):
    """A manifest that no wallet may act on; the subclass or the message says which rule it breaks."""


class BadDates(BadManifest):
    """A time is not UTC to the second, or a round closes before it opens."""


class BadPolicy(BadManifest):
    """The policy is not one this version knows, or lowers the least number of ballots below five."""


class BadPurposes(BadManifest):
    """The purposes do not fit the kind of round."""


class BadQuestions(BadManifest):
    """The questions of a window are not its purposes, or their moments are not in order within it."""


def check_manifest(body: object) -> dict[str, object]:
    """Check a manifest's types, ids, dates, purposes and policy.

    Guarantees: what passes has exactly the keys of docs/protocol, section 7, each of its type and range; it opens
        before it closes; a figure needs at least five ballots; a window names each of its questions once, with the
        moment from which it is asked, in the order of its purposes.
    Does not: check the signature, `previous` against the log, or the bundle against what is served.
    Raises: BadManifest, BadDates, BadPolicy, BadPurposes, BadQuestions.
    """
    try:
        return _check_manifest(body)
    except BadManifest:
        raise
    except Malformed as fault:
        raise BadManifest(str(fault)) from None


def _check_manifest(body: object) -> dict[str, object]:
    is_window = isinstance(body, dict) and "questions" in body
    manifest = check_keys(body, frozenset({*_MANIFEST, "questions"} if is_window else _MANIFEST))
    for name, check in _MANIFEST.items():
        check(manifest[name])
    if read_time(manifest["opens_at"]) >= read_time(manifest["closes_at"]):
        raise BadDates("a round opens before it closes")
    purposes = _check_purposes(str(manifest["kind"]), manifest["purposes"], is_window=is_window)
    if is_window:
        _check_questions(manifest["questions"], purposes, manifest)
    return manifest


def check_body(kind: str, body: object) -> dict[str, object]:
    """Check the body of a log entry of this kind. Raises: Malformed (BadManifest for a manifest), KeyError."""
    if kind == "manifest":
        return check_manifest(body)
    names = _BODIES[kind]
    optional = {name for name in _OPTIONAL.get(kind, ()) if isinstance(body, dict) and name not in body}
    fields = check_keys(body, frozenset(names) - optional)
    for name in fields:
        names[name](fields[name])
    if kind == "delegation":
        begins, until = read_time(fields["from"]), read_time(fields["until"])
        if not begins < until <= begins + LONGEST_DELEGATION:
            raise BadDates("a delegation ends after it begins, and within 400 days")
    return fields


def _check_purposes(kind: str, value: object, *, is_window: bool) -> list[str]:
    """The purposes of ballots, in their order."""
    if not isinstance(value, list) or not all(isinstance(purpose, str) for purpose in value):
        raise BadPurposes("purposes are a list of text")
    purposes = [check_purpose(purpose) for purpose in value]
    if len(set(purposes)) != len(purposes):
        raise BadPurposes("a purpose is listed twice")
    ballots = [purpose for purpose in purposes if purpose != COMMENT]
    if is_window:
        if kind == "full" or not ballots or "ballot" in ballots:
            raise BadPurposes("a window is daily or weekly, and has a purpose per question")
    elif kind == "daily" or ballots != ["ballot"]:
        raise BadPurposes("a round that is asked at once has one ballot, and a daily one is a window")
    return ballots


def _check_questions(value: object, purposes: list[str], manifest: Mapping[str, object]) -> None:
    if not isinstance(value, list):
        raise BadQuestions("questions are a list")
    questions = [check_keys(question, frozenset({"code", "from"})) for question in value]
    if [f"ballot/{question['code']}" for question in questions] != purposes:
        raise BadQuestions("the questions of a window are its purposes, in their order")
    moments = [read_time(question["from"]) for question in questions]
    if moments != sorted(set(moments)):
        raise BadQuestions("each question is asked later than the one before it")
    if moments[0] != read_time(manifest["opens_at"]) or moments[-1] >= read_time(manifest["closes_at"]):
        raise BadQuestions("the first question is asked at the opening, and the last one before the close")


def _check_policy(value: object) -> None:
    names = {"bands", "early_close", "least_ballots", "rules"}
    first = isinstance(value, dict) and value.get("rules") == _RULES[0]
    policy = check_keys(value, frozenset(names if first else {*names, "depth"}))
    least, depth = policy["least_ballots"], policy.get("depth", 0)
    if policy["bands"] != "wide-4" or policy["rules"] not in _RULES:
        raise BadPolicy("not a policy this version knows")
    if type(depth) is not int or not 0 <= depth <= _MOST_DEPTH:
        raise BadPolicy("depth is a small number of groups")
    if type(policy["early_close"]) is not bool:
        raise BadPolicy("early_close is true or false")
    if type(least) is not int or least < LEAST_BALLOTS:
        raise BadPolicy("a figure needs at least five ballots")


def read_time(value: object) -> datetime:
    """A time as it stands in a body: UTC to the second. Raises: BadDates."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise BadDates("a time is UTC to the second")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise BadDates("not a date that exists") from None


def _text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_TEXT:
        raise Malformed("expected text of 1 to 1,000 characters")
    return value


def _matches(pattern: re.Pattern[str], what: str) -> Callable[[object], None]:
    def check(value: object) -> None:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise Malformed(f"not {what}")

    return check


def _equals(expected: str) -> Callable[[object], None]:
    def check(value: object) -> None:
        if value != expected:
            raise Malformed(f"expected {expected}")

    return check


def _boolean(value: object) -> None:
    if type(value) is not bool:
        raise Malformed("expected true or false")


def _id(value: object) -> None:
    check_id(_text(value))


def _digest(value: object) -> None:
    check_digest(_text(value))


def _key(value: object) -> None:
    unb64u(_text(value), 32)


def _tree(value: object) -> None:
    tree = check_keys(value, frozenset({"count", "root"}))
    if type(tree["count"]) is not int or not 0 < tree["count"] <= 1_000_000:
        raise Malformed("a round has at least one unit")
    _digest(tree["root"])


def _files(value: object) -> None:
    if not isinstance(value, dict) or not value:
        raise Malformed("a bundle has files")
    for name, digest in value.items():
        _matches(_NAME, "a file name")(name)
        _digest(digest)


def _generations(value: object) -> None:
    generations = check_keys(value, frozenset({"ballots", "issuance"}))
    for generation in generations.values():
        _matches(_GENERATION, "a generation of 32 to 64 hex characters")(generation)


def _instrument(value: object) -> None:
    instrument = check_keys(value, frozenset({"id", "sha256", "version"}))
    _text(instrument["id"])
    _digest(instrument["sha256"])
    _text(instrument["version"])


def _round_kind(value: object) -> None:
    if value not in ROUND_KINDS:
        raise Malformed("a round is daily, weekly or full")


def _anything(_value: object) -> None:
    """Checked together with another field."""


_MANIFEST: Mapping[str, Callable[[object], object]] = {
    "andon": _equals("v1"),
    "box_key": _key,
    "bundle": _files,
    "closes_at": read_time,
    "generations": _generations,
    "instrument": _instrument,
    "kind": _round_kind,
    "opens_at": read_time,
    "policy": _check_policy,
    "previous": _digest,
    "purposes": _anything,
    "round": _id,
    "units": _tree,
}

_BODIES: Mapping[str, Mapping[str, Callable[[object], object]]] = {
    "genesis": {"andon": _equals("v1"), "organisation": _id, "steward_key": _key},
    "delegation": {
        "andon": _equals("v1"),
        "delegate": _key,
        "from": read_time,
        "organisation": _id,
        "previous": _digest,
        "until": read_time,
    },
    "bundle": {"files": _files, "reason": _text, "round": _id},
    "opened": {"round": _id},
    "closed": {"box": _digest, "early": _boolean, "round": _id, "units": _tree},
    "released": {"groups": _tree, "round": _id, "units": _tree},
    "void": {"reason": _matches(_REASON_CODE, "a reason code"), "round": _id},
}

# A round in which no team stands above several units has no groups.
_OPTIONAL: Mapping[str, frozenset[str]] = {"released": frozenset({"groups"})}

KINDS = frozenset({"manifest", *_BODIES})
SIGNED_KINDS = frozenset({"genesis", "delegation", "manifest", "bundle"})
# What the key may sign that the steward's key delegated to. A delegate that could delegate would never end.
DELEGATED_KINDS = frozenset({"manifest", "bundle"})
