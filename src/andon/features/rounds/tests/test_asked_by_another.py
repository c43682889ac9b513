"""Own questionnaires may say the same in other words, so nobody is asked by one and another within 28 days."""

from datetime import timedelta
from typing import Any

import pytest

from andon.features.instruments import public as instruments
from andon.features.instruments.tests.test_own import OWN
from andon.features.rounds import public as rounds
from andon.features.rounds import services
from andon.features.rounds.models import Round
from tests.cast_of_people import NOW, WEEK, found_organisation

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


@pytest.fixture
def people(tmp_path: Any, settings: Any, key_directory: Any) -> dict[str, Any]:
    made = found_organisation(tmp_path, settings, teams={"Detection": 6, "Cloud": 6})
    instruments.bring(OWN.encode(), by=None, at=NOW)
    return made


def publish(people: dict[str, Any], node: str, instrument_id: str, *, after: timedelta = timedelta(0)) -> Any:
    at = NOW + after
    return rounds.publish_round(
        node_id=people[node].pk, instrument_id=instrument_id, opens_at=at, closes_at=at + WEEK, by=None, at=at
    )


@pytest.mark.parametrize(("first", "second"), [("andon-core", "own-small"), ("own-small", "andon-core")])
@pytest.mark.parametrize("node", ["top", "Detection"])
def test_nobody_is_asked_by_both_at_once(people: dict[str, Any], first: str, second: str, node: str) -> None:
    publish(people, "top", first)
    with pytest.raises(services.AskedByAnother, match="No round was opened"):
        publish(people, node, second)
    assert Round.objects.count() == 1


def test_the_planted_fault_of_not_looking_asks_them_by_both(
    people: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "_asked_otherwise", lambda *_: [])
    publish(people, "top", "andon-core")
    publish(people, "Detection", "own-small")
    assert Round.objects.count() == 2


def test_other_people_may_be(people: dict[str, Any]) -> None:
    publish(people, "Detection", "andon-core")
    publish(people, "Cloud", "own-small")


def test_an_own_questionnaire_is_asked_all_at_once(people: dict[str, Any]) -> None:
    """In a window two statements that mean the same have ballots of their own each, so a sum and a part of it."""
    with pytest.raises(services.OwnInWindow, match=r"all at once.*Nothing was opened"):
        rounds.publish_round(
            node_id=people["Detection"].pk,
            instrument_id="own-small",
            opens_at=NOW,
            closes_at=None,
            by=None,
            at=NOW,
            kind=rounds.Kind.DAILY,
        )
    assert Round.objects.count() == 0


def test_28_days_after_the_close_it_may_be_asked(people: dict[str, Any]) -> None:
    before = publish(people, "top", "andon-core")
    rounds.open_round(round_id=before.pk, at=NOW)
    rounds.record_ending(round_id=before.pk, kind="closed", reason="", at=NOW + WEEK)
    with pytest.raises(services.AskedByAnother):
        publish(people, "Detection", "own-small", after=4 * WEEK)
    publish(people, "Detection", "own-small", after=5 * WEEK)


def test_two_questionnaires_that_are_shipped_say_different_things(people: dict[str, Any]) -> None:
    publish(people, "top", "andon-core")
    publish(people, "Detection", "andon-security")
