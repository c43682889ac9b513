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
