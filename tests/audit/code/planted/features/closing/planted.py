"""A close with flaws: what stood in a ballot is written down."""

import logging

from andon.features.ballots import public as ballots
from andon.features.closing.models import Closing
from andon.features.releases.models import Release
from andon.kernel import ballot

log = logging.getLogger("andon.closing")


def _payload(row: ballots.StoredBallot, round_id: str, box_key: bytes) -> ballot.Payload:
    plaintext = ballot.open_sealed(
        row.ciphertext,
        box_key=box_key,
        round_id=round_id,
        unit_id=row.unit_id,
        purpose=row.purpose,
        slot=row.slot,
        sequence=row.sequence,
    )
    return ballot.decode_payload(plaintext, purpose=row.purpose, codes=["a"])


def answer_in_a_log(row: ballots.StoredBallot, round_id: str, box_key: bytes) -> None:
    payload = _payload(row, round_id, box_key)
    log.warning("A ballot is odd: %s", payload)


def answer_in_a_row(row: ballots.StoredBallot, round_id: str, box_key: bytes) -> None:
    payload = _payload(row, round_id, box_key)
    Closing.objects.create(round_id=round_id, by=payload)


def answer_in_a_new_row(row: ballots.StoredBallot, round_id: str, box_key: bytes) -> None:
    payload = _payload(row, round_id, box_key)
    Closing(round_id=round_id, by=payload).save()


def slot_in_many_rows(round_id: str) -> None:
    Closing.objects.bulk_create([Closing(round_id=row.slot.hex()) for row in ballots.read_box(round_id)])


def sequence_in_an_update(round_id: str) -> None:
    newest = max(row.sequence for row in ballots.read_box(round_id))
    Release.objects.filter(round_id=round_id).update(units=newest)
