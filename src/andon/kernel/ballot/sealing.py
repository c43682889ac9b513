"""Sealing a ballot so that only the round's box key opens it, and only in its own place. Reference: RFC 9180."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from andon.kernel.ballot.payload import PLAINTEXT_BYTES, BadLength
from andon.kernel.wire import Malformed, check_id, check_purpose, lp, u32

BOX_KEY_BYTES = 32
ENCAPSULATED_BYTES = 32
TAG_BYTES = 16
CIPHERTEXT_BYTES = ENCAPSULATED_BYTES + PLAINTEXT_BYTES + TAG_BYTES
SLOT_BYTES = 32
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


class BadBoxKey(ValueError):
    """A box key is 32 bytes, and so is its public key, which is not a point of small order."""


class CannotOpen(ValueError):
    """The ciphertext was not sealed to this key for this round, unit, purpose, slot and sequence, or was altered."""


def box_public_key(box_key: bytes) -> bytes:
    """The 32-byte public key that ballots are sealed to. Raises: BadBoxKey."""
    return _private(box_key).public_key().public_bytes_raw()


def seal(
    plaintext: bytes, *, box_public_key: bytes, round_id: str, unit_id: str, purpose: str, slot: bytes, sequence: int
) -> bytes:
    """Seal a padded plaintext: enc (32) then ct (2,064), 2,096 bytes.

    Guarantees: opens only under the same round, unit, purpose, slot and sequence; sealing twice gives unlinkable bytes.
    Does not: authenticate who sealed it; the cast's signature does that.
    Raises: BadLength unless the plaintext has 2,048 bytes, BadBoxKey, Malformed for a place that is none.
    Reference: RFC 9180, 5.1.1 SetupBaseS and 6.1 Seal; docs/protocol, section 4.
    """
    if len(plaintext) != PLAINTEXT_BYTES:
        raise BadLength("a plaintext has 2,048 bytes")
    info = _info(round_id, unit_id, purpose, slot, sequence)
    if len(box_public_key) != BOX_KEY_BYTES:
        raise BadBoxKey("a box public key has 32 bytes")
    try:
        return _SUITE.encrypt(plaintext, X25519PublicKey.from_public_bytes(box_public_key), info)
    except ValueError:
        raise BadBoxKey("the box public key is a point of small order") from None


def open_sealed(
    ciphertext: bytes, *, box_key: bytes, round_id: str, unit_id: str, purpose: str, slot: bytes, sequence: int
) -> bytes:
    """The padded plaintext, 2,048 bytes.

    Guarantees: returns only what was sealed for exactly this place.
    Raises: CannotOpen (also for a wrong length), BadBoxKey, Malformed for a place that is none.
    Reference: RFC 9180, 5.1.1 SetupBaseR and 6.1 Open; docs/protocol, section 4.
    """
    info = _info(round_id, unit_id, purpose, slot, sequence)
    private = _private(box_key)
    if len(ciphertext) != CIPHERTEXT_BYTES:
        raise CannotOpen("a ciphertext has 2,096 bytes")
    try:
        return _SUITE.decrypt(ciphertext, private, info)
    except (InvalidTag, ValueError):
        raise CannotOpen("not sealed to this key for this place, or altered") from None


def _private(box_key: bytes) -> X25519PrivateKey:
    if len(box_key) != BOX_KEY_BYTES:
        raise BadBoxKey("a box key has 32 bytes")
    return X25519PrivateKey.from_private_bytes(box_key)


def _info(round_id: str, unit_id: str, purpose: str, slot: bytes, sequence: int) -> bytes:
    if len(slot) != SLOT_BYTES:
        raise Malformed("a slot has 32 bytes")
    if sequence == 0:
        raise Malformed("sequences start at 1")
    names = (check_id(round_id), check_id(unit_id), check_purpose(purpose))
    return lp("andon/v1/ballot", *names, slot, u32(sequence))
