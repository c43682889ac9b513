"""Handing in a sealed ballot with a slip."""

import hashlib
import hmac
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from andon.kernel.ballot.sealing import CIPHERTEXT_BYTES
from andon.kernel.credential import OUTPUT_BYTES, EvaluationKey
from andon.kernel.wire import (
    Malformed,
    b64u,
    canonical,
    check_id,
    check_keys,
    check_purpose,
    lp,
    parse_canonical,
    u32,
    unb64u,
)

CAST_BODY_BYTES = 4_096
PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64
_FIELDS = frozenset({"ciphertext", "output", "public_key", "purpose", "round", "sequence", "signature", "unit"})


class WrongSize(ValueError):
    """A cast body is exactly 4,096 bytes; any other size is refused unread."""


class BadSlip(ValueError):
    """The slip does not entitle to this cast; nothing is kept."""


class BadOutput(BadSlip):
    """The output was not obtained from this round, unit and purpose for this public key."""


class BadSignature(BadSlip):
    """The signature is not by the slip's own key over this cast."""


class WrongKey(ValueError):
    """The evaluation key belongs to another round, unit or purpose than the cast: a fault of the caller."""


@dataclass(frozen=True, slots=True)
class Cast:
    """One handing-in. The fields are as long as they must be once it came out of `sign_cast` or `parse_cast`."""

    round_id: str
    unit_id: str
    purpose: str
    public_key: bytes
    output: bytes
    sequence: int
    ciphertext: bytes
    signature: bytes

    def __repr__(self) -> str:
        # Key, output and signature together are a usable slip; a traceback must not carry one.
        return "Cast(...)"


def slot_of(public_key: bytes) -> bytes:
    """SHA-256 of the slip's public key: the place in the box, 32 bytes."""
    if len(public_key) != PUBLIC_KEY_BYTES:
        raise Malformed("a public key has 32 bytes")
    return hashlib.sha256(public_key).digest()


def sign_cast(
    private_key: bytes, *, round_id: str, unit_id: str, purpose: str, output: bytes, sequence: int, ciphertext: bytes
) -> Cast:
    """Sign with the slip's own Ed25519 key (32 raw bytes). Raises: Malformed.

    Reference: RFC 8032; docs/protocol, section 4.
    """
    if len(private_key) != PUBLIC_KEY_BYTES:
        raise Malformed("a private key has 32 bytes")
    key = Ed25519PrivateKey.from_private_bytes(private_key)
    public_key = key.public_key().public_bytes_raw()
    unsigned = Cast(round_id, unit_id, purpose, public_key, output, sequence, ciphertext, bytes(SIGNATURE_BYTES))
    _check_fields(unsigned)
    signature = key.sign(_signed_bytes(unsigned))
    return Cast(round_id, unit_id, purpose, public_key, output, sequence, ciphertext, signature)


def encode_cast(cast: Cast) -> bytes:
    """Canonical JSON, then spaces up to exactly 4,096 bytes. Raises: Malformed for a field of a wrong length."""
    _check_fields(cast)
    body = canonical(
        {
            "ciphertext": b64u(cast.ciphertext),
            "output": b64u(cast.output),
            "public_key": b64u(cast.public_key),
            "purpose": cast.purpose,
            "round": cast.round_id,
            "sequence": cast.sequence,
            "signature": b64u(cast.signature),
            "unit": cast.unit_id,
        }
    )
    return body.ljust(CAST_BODY_BYTES, b" ")


def parse_cast(body: bytes) -> Cast:
    """Read a cast body as strictly as it is written.

    Guarantees: `encode_cast(parse_cast(body)) == body`.
    Does not: check the slip; `check_cast` does.
    Raises: WrongSize before anything is read; Malformed for all else.
    """
    if len(body) != CAST_BODY_BYTES:
        raise WrongSize("a cast body has exactly 4,096 bytes")
    fields = check_keys(parse_canonical(body.rstrip(b" ")), _FIELDS)
    sequence = fields["sequence"]
    if type(sequence) is not int:
        raise Malformed("a sequence is an integer")
    cast = Cast(
        round_id=_text(fields["round"]),
        unit_id=_text(fields["unit"]),
        purpose=_text(fields["purpose"]),
        public_key=unb64u(_text(fields["public_key"]), PUBLIC_KEY_BYTES),
        output=unb64u(_text(fields["output"]), OUTPUT_BYTES),
        sequence=sequence,
        ciphertext=unb64u(_text(fields["ciphertext"]), CIPHERTEXT_BYTES),
        signature=unb64u(_text(fields["signature"]), SIGNATURE_BYTES),
    )
    _check_fields(cast)
    return cast


def check_cast(cast: Cast, evaluation_key: EvaluationKey) -> None:
    """Whether the slip entitles to this cast.

    Guarantees: passes only if the output was obtained for this public key under this round, unit and purpose, and the
        holder of that key signed exactly these bytes. The output is compared in constant time.
    Does not: know about sequences already stored, nor whether the round is open.
    Raises: BadOutput or BadSignature (both BadSlip); WrongKey when the caller derived another key.
    Reference: docs/protocol, section 4; RFC 8032.
    """
    if (cast.round_id, cast.unit_id, cast.purpose) != (
        evaluation_key.round_id,
        evaluation_key.unit_id,
        evaluation_key.purpose,
    ):
        raise WrongKey("the evaluation key belongs to another place")
    _check_fields(cast)
    if not hmac.compare_digest(evaluation_key.output(cast.public_key), cast.output):
        raise BadOutput("the output does not belong to this public key")
    try:
        Ed25519PublicKey.from_public_bytes(cast.public_key).verify(cast.signature, _signed_bytes(cast))
    except (InvalidSignature, ValueError):
        raise BadSignature("the signature does not hold") from None


def _signed_bytes(cast: Cast) -> bytes:
    return lp(
        "andon/v1/cast",
        cast.round_id,
        cast.unit_id,
        cast.purpose,
        cast.public_key,
        cast.output,
        u32(cast.sequence),
        cast.ciphertext,
    )


def _check_fields(cast: Cast) -> None:
    check_id(cast.round_id)
    check_id(cast.unit_id)
    check_purpose(cast.purpose)
    u32(cast.sequence)
    if cast.sequence == 0:
        raise Malformed("sequences start at 1")
    for value, length in (
        (cast.public_key, PUBLIC_KEY_BYTES),
        (cast.output, OUTPUT_BYTES),
        (cast.ciphertext, CIPHERTEXT_BYTES),
        (cast.signature, SIGNATURE_BYTES),
    ):
        if len(value) != length:
            raise Malformed("a field of a cast has a wrong length")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Malformed("a field of a cast is not text")
    return value
