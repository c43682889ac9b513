"""The wallet's half, for tests, benchmarks and simulations. Members use the one in the browser."""

from dataclasses import dataclass, field

from voprf.ristretto import Client, PublicKey, VerifiableOutput

from andon.kernel.credential.evaluation import EVALUATION_BYTES, POINT_BYTES
from andon.kernel.wire import Malformed

_PUBLIC_KEY_BYTES = 32


class BadProof(ValueError):
    """The evaluation was not made with the key the unit's leaf names; the slip must not be used."""


@dataclass(frozen=True, slots=True, eq=False)
class SlipRequest:
    """One public key on its way to becoming a slip.

    Guarantees: `blinded` is uniform among the elements and independent of the public key; two requests for one
        public key share nothing visible.
    Does not: store anything. The blinding factor lives in this object alone.
    Reference: RFC 9497, 3.3.2 Blind and Finalize.
    """

    blinded: bytes
    _client: Client = field(repr=False)

    @classmethod
    def begin(cls, public_key: bytes) -> "SlipRequest":
        """Raises: Malformed when the key is not 32 bytes."""
        if len(public_key) != _PUBLIC_KEY_BYTES:
            raise Malformed("a public key has 32 bytes")
        client, blinded = Client.blind(public_key)
        return cls(blinded.serialize(), client)

    def finish(self, evaluation: bytes, server_public_key: bytes) -> bytes:
        """Check the proof under the unit's published key and unblind: the output, 64 bytes.

        Raises: BadProof when the evaluation is malformed, altered, or made with another key.
        """
        if len(evaluation) != EVALUATION_BYTES or len(server_public_key) != POINT_BYTES:
            raise BadProof("an evaluation has 96 bytes and a key 32")
        try:
            key = PublicKey.deserialize(server_public_key)
            return self._client.finalize(VerifiableOutput.deserialize(evaluation), key)
        except ValueError:
            raise BadProof("the proof does not hold under this key") from None
