"""What a member's browser does, for people who do not exist."""

from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from andon.features.ballots import public as ballots
from andon.features.issuance import public as issuance
from andon.foundation.people.models import Member
from andon.kernel import ballot, wire
from andon.kernel.credential import SlipRequest

PURPOSE = "ballot"


def answer(member: Member, round_id: str, answers: Mapping[str, int], *, box_key: bytes) -> bool:
    """Fetch a slip, seal the answers and cast them, as the protocol says; whether a ballot was kept.

    A member whose slip was given before keeps silent: what made it cannot be asked for it again.
    """
    key = Ed25519PrivateKey.generate()
    public_key = key.public_key().public_bytes_raw()
    request = SlipRequest.begin(public_key)
    issued = issuance.issue(member=member, round_id=round_id, blinded=[(PURPOSE, request.blinded)])
    if not isinstance(issued, issuance.Issued):
        return False
    [(_purpose, evaluation)] = issued.evaluations
    output = request.finish(evaluation, wire.unb64u(issued.unit.leaf["keys"][PURPOSE]))
    ciphertext = ballot.seal(
        ballot.encode_payload(ballot.AnswersPayload(dict(answers))),
        box_public_key=box_key,
        round_id=round_id,
        unit_id=issued.unit.id,
        purpose=PURPOSE,
        slot=ballot.slot_of(public_key),
        sequence=1,
    )
    signed = ballot.sign_cast(
        key.private_bytes_raw(),
        round_id=round_id,
        unit_id=issued.unit.id,
        purpose=PURPOSE,
        output=output,
        sequence=1,
        ciphertext=ciphertext,
    )
    return isinstance(ballots.cast(ballot.encode_cast(signed)), ballots.Accepted)
