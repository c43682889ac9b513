"""The slot list of a unit at close: which ballots were counted."""

import hashlib
from collections.abc import Collection, Sequence

from andon.kernel.manifest.roster import SALT_BYTES
from andon.kernel.wire import Malformed, canonical, check_digest, check_id, check_purpose, lp

Slot = tuple[str, str, str]


def slots_commitment(salt: bytes, slots: Collection[Slot | Sequence[str]]) -> str:
    """SHA-256(lp("andon/v1/slots", salt) || canonical(list)), hex; each slot is (slot, purpose, ciphertext SHA-256).

    Guarantees: independent of the order given; hides how many ballots a unit cast from everyone without the salt.
    Raises: Malformed for another shape, or two entries for one slot and purpose.
    Reference: docs/protocol, section 5.
    """
    if len(salt) != SALT_BYTES:
        raise Malformed("a salt has 32 bytes")
    listed = sorted_slots(slots)
    return hashlib.sha256(lp("andon/v1/slots", salt) + canonical([list(slot) for slot in listed])).hexdigest()


def sorted_slots(slots: Collection[Slot | Sequence[str]]) -> list[Slot]:
    """The list as it is committed to and handed out. Raises: Malformed."""
    listed: list[Slot] = []
    for entry in slots:
        if isinstance(entry, str) or len(entry) != 3:
            raise Malformed("a slot entry is slot, purpose and hash")
        slot, purpose, ciphertext = entry
        listed.append((check_digest(slot), check_purpose(purpose), check_digest(ciphertext)))
    if len({entry[:2] for entry in listed}) != len(listed):
        raise Malformed("two entries for one slot and purpose")
    return sorted(listed)


def slot_leaf(unit_id: str, slots: str) -> dict[str, object]:
    """The leaf of a unit in the tree of a `closed` entry; its bytes are `canonical(leaf)`. Raises: Malformed."""
    return {"slots": check_digest(slots), "unit": check_id(unit_id)}
