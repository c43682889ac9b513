"""Opening, closing and listing rounds from the command line."""

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from andon.features.rounds import public as rounds
from andon.features.rounds.models import CloseRequest, RosterEntry, Round
from andon.foundation.audit.models import AuditEntry
from andon.foundation.organisation.models import Node
from andon.gateways.cli.asking import node_named
from tests.cast_of_people import found_organisation

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


@pytest.fixture(autouse=True)
def people(tmp_path: Path, settings: Any, key_directory: Path) -> dict[str, Any]:
    return found_organisation(tmp_path, settings, teams={"Detection": 8, "Identity": 3})


def run(*words: str) -> str:
    said = StringIO()
    call_command(*words, stdout=said)
    return said.getvalue()


def opened() -> str:
    run("round_open", "--node", "Detection")
    return str(Round.objects.get().pk)


def test_a_round_opens_at_once_and_says_who_is_asked_until_when() -> None:
    said = run("round_open", "--node", "Detection", "--closes-in", "3d", "--by", "detection1@example.org")
    [view] = rounds.all_rounds()
    assert view.state is rounds.State.OPEN
    assert view.closes_at - view.opens_at == timedelta(days=3)
    assert f"The round {view.id} is open." in said
    assert view.fingerprint in said
    assert f"/answer/{view.id}/" in said
    assert "Detection: 8 people" in said
    entry = AuditEntry.objects.get(kind="round.planned")
    assert entry.by is not None
    assert entry.by.email == "detection1@example.org"


def test_a_round_that_opens_later_is_published_now_and_left_to_the_worker() -> None:
    said = run("round_open", "--node", "/", "--opens-in", "2h")
    [view] = rounds.all_rounds()
    assert view.state is rounds.State.PUBLISHED
    assert "is published." in said
    assert "by the worker" in said


def test_a_slash_in_the_name_of_the_top_is_no_step_of_a_path() -> None:
    Node.objects.filter(parent=None).update(name="Nordlys A/S")
    for path in ("Nordlys A/S", "nordlys a/s/Detection", "/Detection/"):
        assert node_named(path).name in {"Nordlys A/S", "Detection"}
    assert node_named("Nordlys A/S/Detection") == node_named("Detection")


def test_the_path_of_a_node_may_begin_at_the_top_and_its_letters_may_be_small() -> None:
    run("round_open", "--node", "lanternworks/detection")
    assert rounds.all_rounds()[0].node_name == "Detection"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--node", "Lanternworks/Detektion"), "What is there: Detection, Identity"),
        (("--node", "Detection/Night"), "What is there: nothing"),
        (("--node", "Identity"), "fewer than five"),
        (("--node", "Detection", "--instrument", "andon-kore"), "andon-kore"),
        (("--node", "Detection", "--opens-in", "8d"), "six days"),
        (("--node", "Detection", "--closes-in", "1m"), "five minutes"),
        (("--node", "Detection", "--closes-in", "soon"), "30m, 2h, 7d or 1w"),
        (("--node", "Detection", "--by", "cy@example.org"), "no member with the address cy@example.org"),
    ],
)
def test_what_cannot_be_opened_is_refused_with_a_reason_and_nothing_is_changed(
    words: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(CommandError, match=reason):
        run("round_open", *words)
    assert not Round.objects.exists()


def test_without_an_organisation_the_way_to_one_is_shown(people: dict[str, Any]) -> None:
    from andon.foundation.organisation.models import Membership

    Membership.objects.all().delete()
    Node.objects.exclude(parent=None).delete()
    Node.objects.all().delete()
    with pytest.raises(CommandError, match="andon people import"):
        run("round_open", "--node", "/")


def test_a_missing_steward_key_is_said_before_anything_is_made(settings: Any) -> None:
    settings.STEWARD_KEY_FILE = ""
    with pytest.raises(CommandError, match="ANDON_STEWARD_KEY_FILE"):
        run("round_open", "--node", "Detection")
    assert not Round.objects.exists()


def test_closing_asks_the_worker_and_closes_nothing_here() -> None:
    round_id = opened()
    said = run("round_close", round_id[:8], "--by", "detection1@example.org")
    assert "by the worker" in said
    assert rounds.all_rounds()[0].state is rounds.State.CLOSING
    request = CloseRequest.objects.get()
    assert request.early
    assert request.by is not None


def test_closing_now_closes_here_and_a_second_time_changes_nothing() -> None:
    round_id = opened()
    assert "its figures are shown" in run("round_close", round_id, "--now")
    assert rounds.all_rounds()[0].state is rounds.State.RELEASED
    assert "has ended already" in run("round_close", round_id, "--now")


def test_a_round_that_is_void_is_told_apart_from_one_that_is_closed(key_directory: Path) -> None:
    round_id = opened()
    (key_directory / "box" / f"{round_id}.key").unlink()
    with pytest.raises(CommandError, match="void"):
        run("round_close", round_id, "--now")
    assert "void: box_key_lost" in run("round_list")


@pytest.mark.parametrize("round_id", ["f" * 32, "", "no such"])
def test_closing_what_is_not_there_is_refused(round_id: str) -> None:
    opened()
    with pytest.raises(CommandError, match="There is no round"):
        run("round_close", round_id)


def test_a_round_without_early_close_stays_open_until_its_date() -> None:
    run("round_open", "--node", "Detection", "--no-early-close")
    with pytest.raises(CommandError, match="stay open until its date"):
        run("round_close", str(Round.objects.get().pk), "--now")
    assert rounds.all_rounds()[0].state is rounds.State.OPEN


def test_once_a_round_was_promised_to_stay_open_later_ones_are_too() -> None:
    run("round_open", "--node", "Detection", "--no-early-close")
    # As if it had been asked of other people, who need no rest from it.
    RosterEntry.objects.all().delete()
    run("round_open", "--node", "Detection")
    assert [view.early_close for view in rounds.all_rounds()] == [False, False]


def test_the_list_shows_state_and_dates_and_not_how_many_answered() -> None:
    assert "There is no round yet" in run("round_list")
    round_id = opened()
    header, line = run("round_list").splitlines()
    assert header.split() == ["id", "state", "opens", "closes", "instrument", "asks"]
    assert line.startswith(f"{round_id}  open")
    assert line.endswith("andon-core 1.1.0  Detection")
