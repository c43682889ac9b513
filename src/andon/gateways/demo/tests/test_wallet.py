"""What a member's browser does, for people who do not exist: whole rounds, and questions of a window."""

from pathlib import Path
from typing import Any

import pytest

from andon.features.ballots.models import Ballot
from andon.features.rounds import public as rounds
from andon.gateways.demo import wallet
from tests.cast_of_people import NOW, box_key_of, found_organisation

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


def test_a_question_of_a_window_is_answered_once_with_a_ballot_of_its_own(
    tmp_path: Path, settings: Any, key_directory: Path
) -> None:
    people = found_organisation(tmp_path, settings, teams={"Detection": 6})
    published = rounds.publish_round(
        node_id=people["Detection"].pk,
        instrument_id="andon-core",
        opens_at=NOW,
        closes_at=None,
        by=None,
        at=NOW,
        kind="daily",
    )
    rounds.open_round(round_id=published.pk, at=NOW)
    box_key, bo = box_key_of(published.pk), people["Detection 2"]
    assert wallet.answer_question(bo, published.pk, "IN1", 4, box_key=box_key)
    assert wallet.answer_question(bo, published.pk, "LE1", 2, box_key=box_key)
    assert not wallet.answer_question(bo, published.pk, "LE1", 5, box_key=box_key)
    assert sorted(Ballot.objects.values_list("purpose", flat=True)) == ["ballot/IN1", "ballot/LE1"]
    assert len(set(map(bytes, Ballot.objects.values_list("slot", flat=True)))) == 2
