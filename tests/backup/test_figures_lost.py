"""A backup from before a release: people saw its figures, the log says so, and the database knows nothing of it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.test import Client

from andon.features.closing import public as closing
from andon.features.closing import services
from andon.features.closing.models import Closing
from andon.features.publiclog import public as publiclog
from andon.features.releases import public as releases
from andon.features.rounds import public as rounds
from andon.foundation.audit.models import AuditEntry
from andon.gateways.backup import restoring
from tests.backup import earlier
from tests.cast_of_people import found_organisation
from tests.seasons import House

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)
GIVEN = {"Detection": 5, "Cloud": 5}


@pytest.fixture
def house(tmp_path: Path, settings: Any, key_directory: Any) -> House:
    return House(found_organisation(tmp_path, settings, teams={"Detection": 5, "Cloud": 5}))


@pytest.fixture
def restore(house: House, tmp_path: Path, settings: Any) -> Callable[[earlier.Earlier], restoring.Restored]:
    return lambda kept: earlier.put_back(kept, at=house.at, keys=tmp_path / "new-keys", settings=settings)


def ask_and_keep_it_open(house: House) -> earlier.Earlier:
    """A whole round, and the backup that was made while it was open."""
    kept = []
    open_round = rounds.open_round

    def and_keep(**words: Any) -> None:
        open_round(**words)
        kept.append(earlier.keep())

    with mock.patch.object(rounds, "open_round", and_keep):
        house.ask(GIVEN)
    return kept[0]


def kinds_in_the_log(round_id: str) -> set[str]:
    kinds = ("manifest", "opened", "closed", "released", "void")
    return {kind for kind in kinds if publiclog.find(kind, round_id) is not None}


def assert_ended_without_figures(round_id: str) -> None:
    view = rounds.find(round_id)
    assert view is not None
    assert (view.state, view.void_reason) == (rounds.State.VOID, "figures_lost")
    # What was said is true, and nothing is said against it.
    assert kinds_in_the_log(round_id) == {"manifest", "opened", "closed", "released"}
    assert not releases.is_committed(round_id)
    assert AuditEntry.objects.filter(kind="round.void", facts__round=round_id).count() == 1
    assert Closing.objects.get(round_id=round_id).finished


def test_a_round_that_was_released_after_the_backup_ends_and_the_log_is_not_contradicted(
    house: House, restore: Callable[[earlier.Earlier], restoring.Restored]
) -> None:
    kept = ask_and_keep_it_open(house)
    done = restore(kept)
    assert (done.lost, done.voided, done.waiting) == ((house.round_id,), (), ())
    assert_ended_without_figures(house.round_id)
    # Twice, and by whoever asks later: it has ended.
    ended = closing.end_rounds_of_another_store(at=house.at)
    assert (ended.voided, ended.waiting) == ((), ())
    closing.close_round(round_id=house.round_id, at=house.at, early=False, by=None)
    assert_ended_without_figures(house.round_id)


def test_one_that_an_earlier_version_left_waiting_is_ended_by_the_worker(
    house: House, restore: Callable[[earlier.Earlier], restoring.Restored]
) -> None:
    kept = ask_and_keep_it_open(house)
    with mock.patch.object(services, "_are_figures_lost", return_value=False):
        assert restore(kept).waiting == (house.round_id,)
        with pytest.raises(closing.ReleasedOtherwise):
            closing.close_round(round_id=house.round_id, at=house.at, early=False, by=None)
    assert services.unfinished() == [house.round_id]
    closing.close_round(round_id=house.round_id, at=house.at, early=False, by=None)
    assert_ended_without_figures(house.round_id)


@pytest.mark.parametrize("step", ["void_box", "delete_ballots", "compact"])
def test_an_ending_that_is_killed_goes_on(
    house: House, restore: Callable[[earlier.Earlier], restoring.Restored], step: str
) -> None:
    kept = ask_and_keep_it_open(house)
    with mock.patch.object(services.ballots, step, side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        restore(kept)
    assert services.unfinished() == [house.round_id]
    closing.end_rounds_of_another_store(at=house.at)
    assert_ended_without_figures(house.round_id)


def test_an_ending_that_does_not_ask_what_the_log_says_is_noticed(
    house: House, restore: Callable[[earlier.Earlier], restoring.Restored]
) -> None:
    """The fault that shows that the tests above can fail."""
    kept = ask_and_keep_it_open(house)
    find = publiclog.find
    with mock.patch.object(
        services.publiclog, "find", lambda kind, round_id: None if kind == "released" else find(kind, round_id)
    ):
        restore(kept)
    assert kinds_in_the_log(house.round_id) >= {"released", "void"}
    with pytest.raises(AssertionError):
        assert_ended_without_figures(house.round_id)


def test_the_page_of_the_round_says_what_became_of_it(
    house: House, restore: Callable[[earlier.Earlier], restoring.Restored], client: Client
) -> None:
    kept = ask_and_keep_it_open(house)
    restore(kept)
    client.force_login(house.of("Detection")[0])
    said = client.get(f"/rounds/{house.round_id}/").content.decode()
    assert "The figures of this round are lost" in said
    assert "never will" not in said


def test_an_older_copy_of_one_database_still_waits_for_the_right_one(house: House) -> None:
    """No restore: the ballots' database is the one of the manifest, so the app's can be put back."""
    with (
        mock.patch.object(services.releases, "show", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        house.ask(GIVEN)
    releases.discard(house.round_id)
    with pytest.raises(closing.ReleasedOtherwise):
        closing.void_round(round_id=house.round_id, reason="box_changed", at=house.at + timedelta(days=8), by=None)
    view = rounds.find(house.round_id)
    assert view is not None
    assert view.state is not rounds.State.VOID
