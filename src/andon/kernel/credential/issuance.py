"""How the issuance store names its rows without naming members."""

import hashlib
import hmac

from andon.kernel.wire import check_purpose, lp

ISSUANCE_KEY_BYTES = 32


class BadIssuanceKey(ValueError):
    """A round's issuance key is exactly 32 bytes."""


def issuance_row_key(issuance_key: bytes, *, member_id: str, purpose: str) -> bytes:
    """The 32-byte key of a member's row for one purpose.

    Guarantees: one member and purpose always give the same row; without the issuance key, which is destroyed at
        close, a row names nobody.
    Does not: hide anything from a reader who has the key and the list of members.
    Raises: BadIssuanceKey for another length, Malformed for a purpose that is none.
    Reference: docs/protocol, section 2.
    """
    if len(issuance_key) != ISSUANCE_KEY_BYTES:
        raise BadIssuanceKey("an issuance key has 32 bytes")
    message = lp("andon/v1/issuance", member_id, check_purpose(purpose))
    return hmac.digest(issuance_key, message, hashlib.sha256)
