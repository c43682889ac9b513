"""What a member's browser does, for people who do not exist."""

from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from andon.features.ballots import public as ballots
from andon.features.issuance import public as issuance
from andon.foundation.people.models import Member
from andon.kernel import ballot, wire
from andon.kernel.credential import SlipRequest

PURPOSE = "ballot"


def answer_question(member: Member, round_id: str, code: str, answer: int, *, box_key: bytes) -> bool:
    """The same for one question of a window: a slip for it alone, and a ballot that holds nothing else."""
    return _cast(member, round_id, f"{PURPOSE}/{code}", ballot.AnswersPayload({code: answer}), box_key=box_key)


def answer(member: Member, round_id: str, answers: Mapping[str, int], *, box_key: bytes) -> bool:
    """Fetch a slip, seal the answers and cast them, as the protocol says; whether a ballot was kept.

    A member whose slip was given before keeps silent: what made it cannot be asked for it again.
    """
    return _cast(member, round_id, PURPOSE, ballot.AnswersPayload(dict(answers)), box_key=box_key)


def comment(member: Member, round_id: str, words: str, *, box_key: bytes) -> bool:
    """The same for a comment, whose slip and envelope are its own; not kept for a member of a small unit."""
    return _cast(member, round_id, wire.COMMENT, ballot.CommentPayload(words), box_key=box_key)


def _cast(member: Member, round_id: str, purpose: str, payload: ballot.Payload, *, box_key: bytes) -> bool:
    key = Ed25519PrivateKey.generate()
    public_key = key.public_key().public_bytes_raw()
    request = SlipRequest.begin(public_key)
    issued = issuance.issue(member=member, round_id=round_id, blinded=[(purpose, request.blinded)])
    if not isinstance(issued, issuance.Issued):
        return False
    [(_purpose, evaluation)] = issued.evaluations
    output = request.finish(evaluation, wire.unb64u(issued.unit.leaf["keys"][purpose]))
    ciphertext = ballot.seal(
        ballot.encode_payload(payload),
        box_public_key=box_key,
        round_id=round_id,
        unit_id=issued.unit.id,
        purpose=purpose,
        slot=ballot.slot_of(public_key),
        sequence=1,
    )
    signed = ballot.sign_cast(
        key.private_bytes_raw(),
        round_id=round_id,
        unit_id=issued.unit.id,
        purpose=purpose,
        output=output,
        sequence=1,
        ciphertext=ciphertext,
    )
    return isinstance(ballots.cast(ballot.encode_cast(signed)), ballots.Accepted)
