"""What the kernel's tests are about: one round, one unit, and slips that follow from a number."""

import hashlib
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from andon.kernel import ballot, credential

CODES = ("TS1", "TS2", "TS3")


def drawn(label: str, length: int = 32) -> bytes:
    """Test randomness: a function of its label, so that a failure can be repeated."""
    return hashlib.shake_256(b"andon tests: " + label.encode()).digest(length)


SEED, OTHER_SEED, BOX_KEY, STEWARD_KEY = (drawn(name) for name in ("seed", "other seed", "box key", "steward key"))
ROUND, OTHER_ROUND, UNIT, OTHER_UNIT = (drawn(f"id {n}", 16).hex() for n in range(4))


def public_key_of(private_key: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()


def key_for(seed: bytes = SEED, **place: str) -> credential.EvaluationKey:
    place = {"round_id": ROUND, "unit_id": UNIT, "purpose": "ballot", **place}
    return credential.EvaluationKey.derive(seed, **place)


def a_cast(*, slip: str = "Bo's slip", sequence: int = 1, purpose: str = "ballot", **answers: int) -> ballot.Cast:
    """A cast that every check accepts."""
    private = drawn(slip)
    public = public_key_of(private)
    place: dict[str, Any] = {"round_id": ROUND, "unit_id": UNIT, "purpose": purpose, "sequence": sequence}
    plaintext = ballot.encode_payload(ballot.AnswersPayload(answers or {"TS1": 4}))
    box_public_key, slot = ballot.box_public_key(BOX_KEY), ballot.slot_of(public)
    ciphertext = ballot.seal(plaintext, box_public_key=box_public_key, slot=slot, **place)
    output = key_for(purpose=purpose).output(public)
    return ballot.sign_cast(private, output=output, ciphertext=ciphertext, **place)
