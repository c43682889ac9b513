"""What the box as a whole is committed to at close, and what a receipt names."""

from collections.abc import Iterable

from andon.kernel.wire import Malformed, canonical, check_digest, check_purpose, sha256_hex, u32


def ciphertext_hash(ciphertext: bytes) -> str:
    """The second half of a receipt, hex. The first is the slot."""
    return sha256_hex(ciphertext)


def box_digest(rows: Iterable[tuple[str, str, int, str]]) -> str:
    """The `box` of a `closed` entry: SHA-256 over the sorted rows (slot, purpose, sequence, ciphertext SHA-256).

    Guarantees: independent of the order of the rows, so it says nothing about the order of casting.
    Raises: Malformed for a row of another shape, or two rows for one slot and purpose.
    Reference: docs/protocol, section 6.
    """
    listed = sorted(rows)
    places = set()
    for slot, purpose, sequence, ciphertext in listed:
        check_digest(slot)
        check_purpose(purpose)
        u32(sequence)
        check_digest(ciphertext)
        places.add((slot, purpose))
    if len(places) != len(listed):
        raise Malformed("two rows for one slot and purpose")
    return sha256_hex(canonical([list(row) for row in listed]))
