"""A unit's leaf, and the opening that shows its members their roster by name."""

import hashlib
import hmac
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from andon.kernel.wire import (
    Malformed,
    b64u,
    canonical,
    check_digest,
    check_id,
    check_keys,
    check_purpose,
    lp,
    unb64u,
    utf16_order,
)

SALT_BYTES = 32
KEY_BYTES = 32
LEAST_MEMBERS = 5


class BadOpening(ValueError):
    """The roster that was shown is not the roster that was fixed."""


class RosterTooSmall(BadOpening):
    """The unit has fewer than five members: its colour could say too much about each of them."""


class RosterNotSorted(BadOpening):
    """The members are not sorted, or one is listed twice to make the unit look larger."""


class RosterUnreadable(BadOpening):
    """The roster holds characters that nobody sees, so that two of its members can look alike."""


class OpeningDoesNotMatch(BadOpening):
    """Name, members and salt do not give the commitment in the leaf: the roster was changed after publication."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens a unit's roster commitment: its name, its members as `Name <address>`, and the salt."""

    salt: bytes
    name: str
    members: tuple[str, ...]

    @classmethod
    def parse(cls, value: object) -> "Opening":
        """Raises: Malformed."""
        fields = check_keys(value, frozenset({"members", "name", "salt"}))
        members, name, salt = fields["members"], fields["name"], fields["salt"]
        if not isinstance(members, list) or not all(isinstance(member, str) for member in members):
            raise Malformed("members are a list of text")
        if not isinstance(name, str) or not isinstance(salt, str):
            raise Malformed("name and salt are text")
        return cls(unb64u(salt, SALT_BYTES), name, tuple(members))

    def to_wire(self) -> dict[str, object]:
        """The object that travels and is kept in a unit file."""
        return {"members": list(self.members), "name": self.name, "salt": b64u(self.salt)}


def sorted_members(members: Collection[str]) -> list[str]:
    """Members in the one order both implementations use, each once."""
    return sorted(set(members), key=utf16_order)


def roster_commitment(salt: bytes, name: str, members: Sequence[str]) -> str:
    """SHA-256(lp("andon/v1/roster", salt) || canonical({"members", "name"})), hex.

    Guarantees: hides name and members from everyone without the salt, and binds to them.
    Does not: sort; the caller gives the members in the order of `sorted_members`.
    Raises: Malformed for another salt length; RosterNotSorted.
    Reference: docs/protocol, section 5.
    """
    if len(salt) != SALT_BYTES:
        raise Malformed("a salt has 32 bytes")
    if list(members) != sorted_members(members):
        raise RosterNotSorted("members are sorted and distinct")
    prefix = lp("andon/v1/roster", salt)
    return hashlib.sha256(prefix + canonical({"members": list(members), "name": name})).hexdigest()


def unit_leaf(unit_id: str, keys: Mapping[str, bytes], roster: str) -> dict[str, object]:
    """The leaf of a unit: its VOPRF public key per purpose and its roster commitment.

    Does not: serialise; the tree's leaf bytes are `canonical(leaf)`.
    Raises: Malformed.
    """
    for purpose, key in keys.items():
        check_purpose(purpose)
        if len(key) != KEY_BYTES:
            raise Malformed("a public key has 32 bytes")
    if not keys:
        raise Malformed("a unit has a key for each purpose")
    return {
        "keys": {purpose: b64u(key) for purpose, key in keys.items()},
        "roster": check_digest(roster),
        "unit": check_id(unit_id),
    }


def check_leaf(value: object) -> dict[str, object]:
    """A leaf as it came over the wire. Raises: Malformed."""
    leaf = check_keys(value, frozenset({"keys", "roster", "unit"}))
    keys, roster, unit = leaf["keys"], leaf["roster"], leaf["unit"]
    if not isinstance(keys, dict) or not isinstance(roster, str) or not isinstance(unit, str):
        raise Malformed("a leaf has keys, a roster and a unit")
    return unit_leaf(unit, {purpose: unb64u(key, KEY_BYTES) for purpose, key in keys.items()}, roster)


def check_opening(leaf: Mapping[str, object], opening: Opening) -> None:
    """Whether this roster is the one the leaf fixed.

    Guarantees: passes only for the name and the members the commitment was made from, five or more, each listed once.
    Does not: check that the leaf is in the manifest (`verify_inclusion`), nor that the reader is on the roster.
    Raises: RosterTooSmall, RosterUnreadable, RosterNotSorted, OpeningDoesNotMatch (all BadOpening); Malformed for a
        broken leaf.
    Reference: docs/protocol, sections 5 and 11.
    """
    roster = check_leaf(leaf)["roster"]
    if len(opening.members) < LEAST_MEMBERS:
        raise RosterTooSmall("a unit has at least five members")
    shown = roster_commitment(opening.salt, opening.name, opening.members)
    if len(set(map(_visible, opening.members))) != len(opening.members):
        raise RosterUnreadable("two members look alike")
    if not hmac.compare_digest(shown, str(roster)):
        raise OpeningDoesNotMatch("the roster shown is not the roster that was fixed")


# Some scripts need these two; what differs in them alone looks the same.
_JOINERS = dict.fromkeys(map(ord, "\u200c\u200d"))
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp"})


def _visible(text: str) -> str:
    """The text as a reader tells it from others. Raises: RosterUnreadable."""
    seen = unicodedata.normalize("NFC", text.translate(_JOINERS))
    if any(unicodedata.category(character) in _UNSEEN for character in seen):
        raise RosterUnreadable("a member's name or address holds a character that is not shown")
    return seen
