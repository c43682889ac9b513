"""The server's half of VOPRF(ristretto255, SHA-512), verifiable mode. Reference: RFC 9497."""

from dataclasses import dataclass, field

from voprf.ristretto import BlindedInput, Evaluator

from andon.kernel.wire import Malformed, check_id, check_purpose, lp

SEED_BYTES = 32
POINT_BYTES = 32
PROOF_BYTES = 64
EVALUATION_BYTES = PROOF_BYTES + POINT_BYTES
OUTPUT_BYTES = 64
_PUBLIC_KEY_BYTES = 32


class BadSeed(ValueError):
    """A round's seed is exactly 32 bytes."""


class BadBlindedValue(ValueError):
    """A blinded value is the canonical encoding of a ristretto255 element other than the identity."""


@dataclass(frozen=True, slots=True, eq=False)
class EvaluationKey:
    """The key of one (round, unit, purpose).

    Guarantees: the same seed and names give the same key; other names give an unrelated one. The proof inside an
        evaluation convinces a wallet that this key, and no key made for it alone, was used.
    Does not: count. Whoever calls `evaluate` makes sure that it happens once per member. The representation of this
        object shows no secret, but the object holds one: it is kept no longer than a request.
    Raises: see each method.
    Reference: RFC 9497, 3.2.1 DeriveKeyPair; docs/protocol, section 2.
    """

    round_id: str
    unit_id: str
    purpose: str
    _evaluator: Evaluator = field(repr=False)

    @classmethod
    def derive(cls, seed: bytes, *, round_id: str, unit_id: str, purpose: str) -> "EvaluationKey":
        """Raises: BadSeed for another length, Malformed for an id or a purpose that is none."""
        # The library takes seeds of any length, so the length is this line's promise.
        if len(seed) != SEED_BYTES:
            raise BadSeed("a seed has 32 bytes")
        info = lp("andon/v1", check_id(round_id), check_id(unit_id), check_purpose(purpose))
        return cls(round_id, unit_id, purpose, Evaluator.from_seed(seed, info))

    @property
    def public_key(self) -> bytes:
        """32 bytes, the value a unit's leaf commits to."""
        return self._evaluator.public_key.serialize()

    def evaluate(self, blinded: bytes) -> bytes:
        """Evaluate a blinded value: proof (64 bytes: c, s), then element (32 bytes).

        Guarantees: learns nothing about the public key behind the blinded value.
        Raises: BadBlindedValue for a wrong length, a non-canonical encoding, or the identity.
        Reference: RFC 9497, 3.3.2 BlindEvaluate.
        """
        # The library reads the first 32 bytes and ignores the rest: two spellings of one slip would follow.
        if len(blinded) != POINT_BYTES:
            raise BadBlindedValue("a blinded value has 32 bytes")
        try:
            element = BlindedInput.deserialize(blinded)
        except ValueError:
            raise BadBlindedValue("not an element of ristretto255, or the identity") from None
        return self._evaluator.evaluate(element).serialize()

    def output(self, public_key: bytes) -> bytes:
        """What a finished slip for this public key must contain, 64 bytes.

        Raises: Malformed when the key is not 32 bytes.
        Reference: RFC 9497, 3.3.2 Evaluate.
        """
        if len(public_key) != _PUBLIC_KEY_BYTES:
            raise Malformed("a public key has 32 bytes")
        return self._evaluator.evaluate_known_input(public_key)
