"""Remembering the last head seen, so that a log cannot be exchanged between two verifications."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from andon.kernel.manifest import ChainSummary
from andon.kernel.wire import Malformed, b64u, check_digest, check_id, check_keys

_FIELDS = frozenset({"app", "hash", "index", "steward_key"})


class CannotPin(Exception):
    """The file of pins cannot be read or written; nothing in it was changed."""


@dataclass(frozen=True, slots=True)
class Pin:
    """The last head seen of one organisation."""

    organisation: str
    app: str
    steward_key: str
    index: int
    hash: str


def load(path: Path) -> dict[str, Pin]:
    """Pins by organisation; none when the file does not exist yet. Raises: CannotPin."""
    try:
        if not path.exists():
            return {}
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise Malformed("not an object")
        return {check_id(organisation): _parse(organisation, value) for organisation, value in found.items()}
    except (OSError, ValueError, RecursionError) as error:
        raise CannotPin(f"{path}: {type(error).__name__}") from None


def objection(pins: Mapping[str, Pin], *, app: str, chain: ChainSummary) -> str | None:
    """Why this log does not extend the one seen before, or None."""
    elsewhere = [pin for pin in pins.values() if pin.app == app and pin.organisation != chain.organisation]
    if elsewhere:
        return "At this address another organisation's log was seen before. Somebody began a new one."
    pin = pins.get(chain.organisation)
    if pin is None:
        return None
    if pin.steward_key != b64u(chain.steward_key):
        return "The log begins with another steward key than the one seen before."
    if pin.index > chain.head_index:
        return "The log is shorter than it was: entries seen before are gone."
    if chain.hashes[pin.index] != pin.hash:
        return "The log does not contain the head seen before: the past was rewritten, or you are shown another log."
    return None


def store(path: Path, pins: Mapping[str, Pin], *, app: str, chain: ChainSummary) -> None:
    """Replace the pin of this organisation, whole or not at all. Raises: CannotPin."""
    own = Pin(chain.organisation, app, b64u(chain.steward_key), chain.head_index, chain.head_hash)
    after = {**pins, chain.organisation: own}
    content = {
        pin.organisation: {"app": pin.app, "hash": pin.hash, "index": pin.index, "steward_key": pin.steward_key}
        for pin in after.values()
    }
    beside = path.with_name(path.name + ".new")
    try:
        beside.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise CannotPin(f"{path}: {type(error).__name__}") from None


def _parse(organisation: str, value: object) -> Pin:
    fields = check_keys(value, _FIELDS)
    app, head, index, steward_key = fields["app"], fields["hash"], fields["index"], fields["steward_key"]
    if not isinstance(app, str) or not isinstance(head, str) or not isinstance(steward_key, str):
        raise Malformed("a pin has an app, a hash and a steward key")
    if type(index) is not int or index < 0:
        raise Malformed("an index is an integer from 0")
    return Pin(organisation, app, steward_key, index, check_digest(head))
