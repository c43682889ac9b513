"""After a restore that lost a release: nobody is asked for the rest, and the first round afterwards shows nothing."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from andon.features.closing import losses
from andon.features.rounds import public as rounds
from andon.features.rounds import services
from andon.kernel.disclosure import Band, Silence
from tests.backup import earlier
from tests.cast_of_people import found_organisation
from tests.seasons import House

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)
DAY = timedelta(days=1)


@pytest.fixture
def restored(tmp_path: Path, settings: Any, key_directory: Any) -> Callable[..., House]:
    """An organisation whose second round is in the log, and in the backup only where nothing is lost."""

    def made(*, is_lost: bool = True) -> House:
        house = House(found_organisation(tmp_path, settings, teams={"Detection": 5, "Cloud": 5}))
        house.ask({"Detection": 3, "Cloud": 3})
        kept = earlier.keep()
        house.ask({"Detection": 5, "Cloud": 5})
        done = earlier.put_back(
            kept if is_lost else earlier.keep(), at=house.at, keys=tmp_path / "new-keys", settings=settings
        )
        assert done.lost == ((house.round_id,) if is_lost else ())
        return house

    return made


def test_nobody_is_asked_for_28_days_and_then_the_first_round_shows_nothing(restored: Callable[..., House]) -> None:
    house = restored()
    house.at += 27 * DAY
    with pytest.raises(services.SeenAndLost, match="No round was opened"):
        house.ask({"Detection": 5})
    house.at += DAY
    house.ask({"Detection": 5, "Cloud": 5})
    assert house.seen_by("Detection").silences["IN1"] is Silence.OTHER_RULES
    assert house.seen_by("Detection").figures == {}
    house.ask({"Detection": 5, "Cloud": 5})
    assert house.colour_of("Detection") == (Band.HIGH, True)


def test_where_nothing_is_lost_a_restore_changes_nothing(restored: Callable[..., House]) -> None:
    house = restored(is_lost=False)
    house.ask({"Detection": 5, "Cloud": 5})
    assert house.colour_of("Detection") == (Band.HIGH, True)


def test_without_that_rule_the_same_is_asked_at_once_and_shown(restored: Callable[..., House]) -> None:
    """The fault that shows that the test above can fail."""
    house = restored()
    with (
        mock.patch.object(services.lost, "lost_before", return_value=None),
        mock.patch.object(losses.rounds, "lost_before", return_value=None),
    ):
        house.ask({"Detection": 5, "Cloud": 5})
    assert house.colour_of("Detection") is not None
    assert house.state() is rounds.State.RELEASED


@pytest.mark.parametrize("by_what_was_planned", [False, True], ids=["", "planted: planned counts as asked"])
def test_a_question_that_an_early_end_came_before_was_not_asked_since(
    tmp_path: Path, settings: Any, key_directory: Any, monkeypatch: pytest.MonkeyPatch, by_what_was_planned: bool
) -> None:
    """The first window after the loss ends after its first question; the others were never asked, and rest still."""
    codes = ("IN1", "IN2", "IN3", "IN4")
    # Every window asks the same statements, as in an instrument of few.
    monkeypatch.setattr(services.windows, "statements_of_turn", lambda _instrument, _last: codes)
    house = House(found_organisation(tmp_path, settings, teams={"Detection": 5, "Cloud": 5}))
    house.ask({"Cloud": 3}, node="Cloud")
    kept = earlier.keep()
    house.ask_in_a_window(rounds.Kind.WEEKLY, "Detection", 3)
    assert set(house.seen_by("Detection").figures or {}) == set(codes)
    earlier.put_back(kept, at=house.at, keys=tmp_path / "new-keys", settings=settings)
    house.at += 28 * DAY
    first = house.ask_in_a_window(rounds.Kind.WEEKLY, "Detection", 5, early=True)
    assert not house.seen_by("Detection").figures
    if by_what_was_planned:
        monkeypatch.setattr(losses.rounds, "asked_since", lambda known, **_facts: {one: [codes] for one in known})
    house.ask_in_a_window(rounds.Kind.WEEKLY, "Detection", 5)
    assert set(house.seen_by("Detection").figures or {}) == (set(codes) if by_what_was_planned else first)
