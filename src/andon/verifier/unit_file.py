"""The file a member of a unit can take home. docs/protocol, section 9."""

import json
from dataclasses import dataclass

from andon.kernel.manifest import Opening, SeatedOpening, Slot, check_leaf, parse_opening, sorted_slots
from andon.kernel.wire import Malformed, check_digest, check_id, check_keys, unb64u

MAX_BYTES = 8_000_000


class BadUnitFile(Malformed):
    """The file is not a unit file of this version."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a leaf stands in a tree."""

    index: int
    count: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class SlotList:
    place: Place
    salt: bytes
    listed: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class UnitRelease:
    place: Place
    salt: bytes
    content: dict[str, object]


@dataclass(frozen=True, slots=True)
class UnitFile:
    """What was given to the member: roster, keys, and later the slot list and the release of one unit."""

    round_id: str
    unit_id: str
    leaf: dict[str, object]
    opening: Opening | SeatedOpening
    place: Place
    slots: SlotList | None
    release: UnitRelease | None


def parse(raw: bytes) -> UnitFile:
    """Raises: BadUnitFile."""
    try:
        return _parse(json.loads(raw.decode("utf-8")))
    except (ValueError, RecursionError) as fault:
        reason = str(fault) if isinstance(fault, Malformed) else "not JSON"
        raise BadUnitFile(reason) from None


def _parse(value: object) -> UnitFile:
    names = {"count", "index", "leaf", "opening", "path", "release", "round", "slots", "unit"}
    fields = check_keys(value, frozenset(names))
    leaf = fields["leaf"]
    if not isinstance(leaf, dict) or check_leaf(leaf)["unit"] != fields["unit"]:
        raise Malformed("the leaf is not this unit's")
    return UnitFile(
        round_id=check_id(_text(fields["round"])),
        unit_id=check_id(_text(fields["unit"])),
        leaf=leaf,
        opening=parse_opening(fields["opening"]),
        place=_place(fields),
        slots=None if fields["slots"] is None else _slots(fields["slots"]),
        release=None if fields["release"] is None else _release(fields["release"]),
    )


def _slots(value: object) -> SlotList:
    fields = check_keys(value, frozenset({"count", "index", "list", "path", "salt"}))
    listed = fields["list"]
    if not isinstance(listed, list) or not all(
        isinstance(entry, list) and all(isinstance(part, str) for part in entry) for entry in listed
    ):
        raise Malformed("a slot list is a list of slot, purpose and hash")
    return SlotList(_place(fields), unb64u(_text(fields["salt"]), 32), tuple(sorted_slots(listed)))


def _release(value: object) -> UnitRelease:
    fields = check_keys(value, frozenset({"content", "count", "index", "path", "salt"}))
    content = fields["content"]
    if not isinstance(content, dict):
        raise Malformed("a release is an object")
    return UnitRelease(_place(fields), unb64u(_text(fields["salt"]), 32), content)


def _place(fields: dict[str, object]) -> Place:
    index, count, path = fields["index"], fields["count"], fields["path"]
    if type(index) is not int or type(count) is not int or not isinstance(path, list):
        raise Malformed("a place in a tree is index, count and path")
    return Place(index, count, tuple(bytes.fromhex(check_digest(_text(step))) for step in path))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Malformed("expected text")
    return value
