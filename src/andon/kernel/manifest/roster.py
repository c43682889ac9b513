"""A unit's leaf, and the opening that shows its members their roster by name."""

import hashlib
import hmac
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from andon.kernel.unseen import JOINERS, is_unseen
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
SEAT_SALT_BYTES = 16
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


class RosterNotOpenable(BadOpening):
    """Somebody was erased from a roster that can only be compared whole, so nobody can say any more what was fixed."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens the roster commitment of a round of version 0.1.0: name, `Name <address>` of everybody, and the salt.

    It opens whole or not at all: with somebody erased, `erased` of its members are missing and nothing can be compared.
    """

    salt: bytes
    name: str
    members: tuple[str, ...]
    erased: int = 0

    @property
    def size(self) -> int:
        return len(self.members) + self.erased

    @classmethod
    def parse(cls, value: object) -> "Opening":
        """Raises: Malformed."""
        name, salt, members = _opening_fields(value)
        labels = [member for member in members if member is not None]
        if not all(isinstance(label, str) for label in labels):
            raise Malformed("members are a list of text")
        return cls(salt, name, tuple(cast(list[str], labels)), len(members) - len(labels))

    def to_wire(self) -> dict[str, object]:
        """The object that travels and is kept in a unit file."""
        members: list[object] = [*self.members, *[None] * self.erased]
        return {"members": members, "name": self.name, "salt": b64u(self.salt)}

    def commitment(self) -> str:
        """Raises: RosterNotOpenable, RosterNotSorted, Malformed."""
        if self.erased:
            raise RosterNotOpenable("somebody was erased from a roster that opens whole or not at all")
        return roster_commitment(self.salt, self.name, self.members)


@dataclass(frozen=True, slots=True)
class Seat:
    """One place on a roster: somebody's label with the salt of its hash, or the hash alone of somebody erased."""

    hash: str
    label: str | None = None
    salt: bytes = b""

    @classmethod
    def of(cls, label: str, salt: bytes) -> "Seat":
        """Raises: Malformed."""
        return cls(seat_hash(salt, label), label, salt)

    @classmethod
    def parse(cls, value: object) -> "Seat":
        """Raises: Malformed."""
        if isinstance(value, dict) and "hash" in value:
            digest = check_keys(value, frozenset({"hash"}))["hash"]
            return cls(check_digest(cast(str, digest)))
        fields = check_keys(value, frozenset({"label", "salt"}))
        label, salt = fields["label"], fields["salt"]
        if not isinstance(label, str) or not isinstance(salt, str):
            raise Malformed("a label and its salt are text")
        return cls.of(label, unb64u(salt, SEAT_SALT_BYTES))

    def erased(self) -> "Seat":
        """What is left of it once label and salt are destroyed: enough to open the roster for everybody else."""
        return Seat(self.hash)

    def to_wire(self) -> dict[str, object]:
        return {"hash": self.hash} if self.label is None else {"label": self.label, "salt": b64u(self.salt)}


@dataclass(frozen=True, slots=True)
class SeatedOpening:
    """What opens a unit's roster commitment, of which single members can be erased."""

    salt: bytes
    name: str
    seats: tuple[Seat, ...]

    @property
    def members(self) -> tuple[str, ...]:
        """Everybody who was not erased, in the order in which they are shown."""
        return tuple(sorted((seat.label for seat in self.seats if seat.label is not None), key=utf16_order))

    @property
    def erased(self) -> int:
        return sum(seat.label is None for seat in self.seats)

    @property
    def size(self) -> int:
        return len(self.seats)

    @classmethod
    def parse(cls, value: object) -> "SeatedOpening":
        """Raises: Malformed."""
        name, salt, members = _opening_fields(value)
        return cls(salt, name, tuple(map(Seat.parse, members)))

    def to_wire(self) -> dict[str, object]:
        """The object that travels and is kept in a unit file."""
        members = [seat.to_wire() for seat in self.seats]
        return {"members": members, "name": self.name, "salt": b64u(self.salt)}

    def commitment(self) -> str:
        """Raises: RosterNotSorted, Malformed."""
        return seated_commitment(self.salt, self.name, [seat.hash for seat in self.seats])


def parse_opening(value: object) -> Opening | SeatedOpening:
    """An opening of either form; an empty list is of the older one. Raises: Malformed.

    Which form a leaf was made for cannot be chosen afterwards: the two commitments hash different prefixes.
    """
    _, _, members = _opening_fields(value)
    return SeatedOpening.parse(value) if any(isinstance(it, dict) for it in members) else Opening.parse(value)


def _opening_fields(value: object) -> tuple[str, bytes, list[object]]:
    fields = check_keys(value, frozenset({"members", "name", "salt"}))
    members, name, salt = fields["members"], fields["name"], fields["salt"]
    if not isinstance(members, list):
        raise Malformed("members are a list")
    if not isinstance(name, str) or not isinstance(salt, str):
        raise Malformed("name and salt are text")
    return name, unb64u(salt, SALT_BYTES), members


def sorted_members(members: Collection[str]) -> list[str]:
    """Members in the one order both implementations use, each once."""
    return sorted(set(members), key=utf16_order)


def seat_hash(salt: bytes, label: str) -> str:
    """SHA-256(lp("andon/v1/seat", salt) || UTF-8 of the label), hex.

    Guarantees: once the salt is destroyed, says nothing about whose it was, also to somebody who guesses names.
    Raises: Malformed. Reference: docs/protocol, section 5.
    """
    if len(salt) != SEAT_SALT_BYTES:
        raise Malformed("the salt of a seat has 16 bytes")
    try:
        return hashlib.sha256(lp("andon/v1/seat", salt) + label.encode()).hexdigest()
    except UnicodeEncodeError:
        raise Malformed("not valid Unicode text") from None


def seated_commitment(salt: bytes, name: str, seats: Sequence[str]) -> str:
    """SHA-256(lp("andon/v1/seats", salt) || canonical({"count", "name", "seats"})), hex.

    Guarantees: hides name, members and their number from everyone without the salt, and binds to them; one seat's label
        and salt can be destroyed, and its hash still opens the commitment for everybody else.
    Does not: sort; the caller gives the hashes in their order, each once.
    Raises: Malformed for another salt length or hash; RosterNotSorted.
    Reference: docs/protocol, section 5.
    """
    if len(salt) != SALT_BYTES:
        raise Malformed("a salt has 32 bytes")
    hashes = [check_digest(seat) for seat in seats]
    if hashes != sorted(set(hashes)):
        raise RosterNotSorted("seats are sorted by their hashes and distinct")
    content = canonical({"count": len(hashes), "name": name, "seats": hashes})
    return hashlib.sha256(lp("andon/v1/seats", salt) + content).hexdigest()


def roster_commitment(salt: bytes, name: str, members: Sequence[str]) -> str:
    """SHA-256(lp("andon/v1/roster", salt) || canonical({"members", "name"})), hex: the form of version 0.1.0.

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


def check_opening(leaf: Mapping[str, object], opening: Opening | SeatedOpening) -> None:
    """Whether this roster is the one the leaf fixed.

    Guarantees: passes only for the name, the members and the number of erased ones that the commitment was made from,
        five or more, each member that is shown listed once.
    Does not: check that the leaf is in the manifest (`verify_inclusion`), nor that the reader is on the roster; nor can
        it tell somebody who was erased from somebody who never was. Say how many seats are empty.
    Raises: RosterTooSmall, RosterUnreadable, RosterNotSorted, RosterNotOpenable, OpeningDoesNotMatch (all BadOpening);
        Malformed for a broken leaf.
    Reference: docs/protocol, sections 5 and 11.
    """
    roster = check_leaf(leaf)["roster"]
    if opening.size < LEAST_MEMBERS:
        raise RosterTooSmall("a unit has at least five members")
    shown = opening.commitment()
    if len(set(map(_visible, opening.members))) != len(opening.members):
        raise RosterUnreadable("two members look alike")
    if not hmac.compare_digest(shown, str(roster)):
        raise OpeningDoesNotMatch("the roster shown is not the roster that was fixed")


_WITHOUT_JOINERS = dict.fromkeys(map(ord, JOINERS))


def _visible(text: str) -> str:
    """The text as a reader tells it from others. Raises: RosterUnreadable."""
    seen = unicodedata.normalize("NFC", text.translate(_WITHOUT_JOINERS))
    if any(map(is_unseen, seen)):
        raise RosterUnreadable("a member's name or address holds a character that is not shown")
    return seen
