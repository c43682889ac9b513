"""A unit's leaf in the tree of a `released` entry: what its members were shown is what was fixed."""

import hashlib
from collections.abc import Mapping

from andon.kernel.manifest.roster import SALT_BYTES
from andon.kernel.wire import Malformed, canonical, check_digest, check_id, lp


def release_commitment(salt: bytes, release: Mapping[str, object]) -> str:
    """SHA-256(lp("andon/v1/release", salt) || canonical(unit release)), hex.

    Guarantees: binds to every figure; hides them from everyone without the salt, as bands alone could be guessed.
    Raises: Malformed for another salt length, or a release that is not canonical JSON's to write.
    Reference: docs/protocol, section 5.
    """
    if len(salt) != SALT_BYTES:
        raise Malformed("a salt has 32 bytes")
    return hashlib.sha256(lp("andon/v1/release", salt) + canonical(dict(release))).hexdigest()


def release_leaf(unit_id: str, release: str) -> dict[str, object]:
    """The leaf; its bytes are `canonical(leaf)`. Raises: Malformed."""
    return {"release": check_digest(release), "unit": check_id(unit_id)}
