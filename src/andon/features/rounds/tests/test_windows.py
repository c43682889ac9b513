"""A question a day or a week: which, in which order, from when, and how windows follow each other."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from andon.features.instruments import public as instruments
from andon.features.publiclog import public as publiclog
from andon.features.rounds import public as rounds
from andon.features.rounds import services, windows
from andon.foundation.organisation.days import IsFree, is_weekend
from tests.cast_of_people import NOW, WEEK, found_organisation

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 10, 5, 7, tzinfo=UTC)
DRAWN: Any = Random(7)


def codes(number: int) -> list[str]:
    return [f"IN{place}" for place in range(1, number + 1)]


def daily(number: int, opens_at: datetime = MONDAY, is_free: IsFree = is_weekend) -> windows.Window:
    return windows.plan_daily(codes(number), opens_at=opens_at, zone=BERLIN, is_free=is_free, random=DRAWN)


def test_a_daily_window_of_21_statements_asks_one_on_each_of_21_working_days() -> None:
    window = daily(21)
    days = [question.asked_from.astimezone(BERLIN) for question in window.questions]
    assert sorted(question.code for question in window.questions) == sorted(codes(21))
    assert len({day.date() for day in days}) == 21
    assert all(day.weekday() < 5 and day.hour == 9 for day in days)
    assert days[-1].date() == MONDAY.date() + timedelta(weeks=4)
    # Over the change to winter time it closes at nine, too.
    assert window.closes_at.astimezone(BERLIN) == datetime(2026, 11, 9, 9, tzinfo=BERLIN)


def test_a_free_day_asks_nothing_new_and_moves_what_follows() -> None:
    tuesday = MONDAY.date() + timedelta(days=1)
    window = daily(3, is_free=lambda day: is_weekend(day) or day == tuesday)
    assert [question.asked_from.astimezone(BERLIN).day for question in window.questions] == [5, 7, 8]


def test_a_window_that_opens_on_a_saturday_asks_its_first_question_at_once() -> None:
    saturday = MONDAY + timedelta(days=5, hours=3)
    window = daily(2, opens_at=saturday)
    assert window.questions[0].asked_from == saturday
    assert window.questions[1].asked_from.astimezone(BERLIN).date() == MONDAY.date() + timedelta(weeks=1)


@pytest.mark.parametrize("number", range(1, 41))
def test_the_last_question_of_a_daily_window_is_open_for_three_days_and_the_window_for_whole_weeks(number: int) -> None:
    window = daily(number)
    assert window.closes_at - window.questions[-1].asked_from >= timedelta(days=3)
    weeks = (window.closes_at.astimezone(BERLIN).date() - MONDAY.date()) / timedelta(weeks=1)
    assert weeks in {4, 5, 6, 7, 8}


def test_what_does_not_fit_into_eight_weeks_is_refused() -> None:
    for number in (41, 60):
        with pytest.raises(windows.DoesNotFit):
            daily(number)
    with pytest.raises(windows.DoesNotFit):
        windows.plan_weekly(codes(9), opens_at=MONDAY, zone=BERLIN, random=DRAWN)


@pytest.mark.parametrize(("number", "weeks"), [(1, 4), (4, 4), (5, 5), (8, 8)])
def test_a_weekly_window_asks_each_statement_for_a_week(number: int, weeks: int) -> None:
    window = windows.plan_weekly(codes(number), opens_at=MONDAY, zone=BERLIN, random=DRAWN)
    dates = [question.asked_from.astimezone(BERLIN).date() for question in window.questions]
    assert dates == [MONDAY.date() + timedelta(weeks=place) for place in range(number)]
    assert window.closes_at.astimezone(BERLIN).date() == MONDAY.date() + timedelta(weeks=weeks)


def test_the_order_is_drawn_and_not_that_of_the_instrument() -> None:
    orders = {tuple(question.code for question in daily(8).questions) for _ in range(20)}
    assert len(orders) > 15


def test_weekly_windows_go_through_all_facets_and_begin_again() -> None:
    core = instruments.load("andon-core")
    asked: tuple[str, ...] = ()
    facets = []
    for _turn in range(6):
        asked = windows.statements_of_turn(core, asked)
        facets.append({code[:2] for code in asked})
    assert facets == [{"IN"}, {"LE"}, {"CO"}, {"CH"}, {"AC"}, {"IN"}]


@pytest.mark.parametrize("name", ["andon-security", "edmondson-1999", "dora-culture"])
def test_every_shipped_instrument_fits_into_weekly_windows(name: str) -> None:
    instrument = instruments.load(name)
    asked: tuple[str, ...] = ()
    seen: set[str] = set()
    for _turn in range(9):
        asked = windows.statements_of_turn(instrument, asked)
        assert 4 <= len(asked) <= 8
        seen |= set(asked)
    assert seen == set(instrument.codes)


def test_the_newest_question_is_the_last_that_is_asked_by_now() -> None:
    window = daily(3)
    first, second, _third = window.questions
    assert windows.question_at(window.questions, MONDAY - timedelta(seconds=1)) is None
    assert windows.question_at(window.questions, MONDAY) == first
    assert windows.question_at(window.questions, second.asked_from - timedelta(seconds=1)) == first
    assert windows.question_at(window.questions, second.asked_from) == second


# Windows as rounds


on_the_databases = pytest.mark.django_db(databases="__all__", transaction=True)


@pytest.fixture
def people(tmp_path: Any, settings: Any, key_directory: Any) -> dict[str, Any]:
    return found_organisation(tmp_path, settings, teams={"Detection": 6})


def publish(people: dict[str, Any], *, kind: str = "daily", opens_at: datetime = NOW, at: datetime = NOW) -> Any:
    return rounds.publish_round(
        node_id=people["Detection"].pk,
        instrument_id="andon-core",
        opens_at=opens_at,
        closes_at=opens_at + WEEK if kind == "full" else None,
        by=people["Detection 1"],
        at=at,
        kind=kind,
    )


@on_the_databases
def test_the_manifest_of_a_window_fixes_its_questions_and_a_key_for_each(people: dict[str, Any]) -> None:
    published = publish(people)
    entry, view = publiclog.find("manifest", published.pk), rounds.find(published.pk)
    unit = rounds.unit_of(people["Detection 2"], published.pk)
    assert entry is not None
    assert view is not None
    assert unit is not None
    assert entry.body["kind"] == "daily"
    assert [question["code"] for question in entry.body["questions"]] == [question.code for question in view.questions]
    assert entry.body["purposes"] == list(view.purposes) == [f"ballot/{question.code}" for question in view.questions]
    assert set(unit.leaf["keys"]) == set(view.purposes)
    assert len(set(unit.leaf["keys"].values())) == 21


@on_the_databases
def test_the_manifest_of_a_round_that_is_asked_at_once_has_no_questions(people: dict[str, Any]) -> None:
    entry = publiclog.find("manifest", publish(people, kind="full").pk)
    assert entry is not None
    assert "questions" not in entry.body
    assert entry.body["purposes"] == ["ballot"]


@on_the_databases
def test_one_window_follows_the_other_and_no_two_are_open_at_once(people: dict[str, Any]) -> None:
    first = publish(people)
    then = first.closes_at
    with pytest.raises(services.AskedAlready):
        publish(people, opens_at=then - timedelta(hours=1), at=then - timedelta(days=1))
    # Published while the first is still open, and open when it is closed.
    assert publish(people, opens_at=then, at=then - timedelta(days=3)).questions


@on_the_databases
def test_a_window_that_was_closed_early_does_not_let_the_next_begin_at_once(people: dict[str, Any]) -> None:
    first = publish(people)
    rounds.open_round(round_id=first.pk, at=NOW)
    rounds.record_ending(round_id=first.pk, kind="closed", reason="", at=NOW + WEEK)
    soon = NOW + 2 * WEEK
    with pytest.raises(services.AskedAlready):
        publish(people, opens_at=soon, at=soon)
    later = NOW + 4 * WEEK
    assert publish(people, opens_at=later, at=later)


@on_the_databases
@pytest.mark.parametrize(("first", "second"), [("full", "daily"), ("daily", "full"), ("weekly", "full")])
def test_between_a_window_and_a_round_that_is_asked_at_once_28_days_pass(
    people: dict[str, Any], first: str, second: str
) -> None:
    before = publish(people, kind=first)
    rounds.open_round(round_id=before.pk, at=NOW)
    ended = before.closes_at
    rounds.record_ending(round_id=before.pk, kind="closed", reason="", at=ended)
    soon, later = ended + timedelta(days=27), ended + timedelta(days=29)
    with pytest.raises(services.AskedAlready):
        publish(people, kind=second, opens_at=soon, at=soon)
    assert publish(people, kind=second, opens_at=later, at=later)


@on_the_databases
def test_weekly_windows_of_a_team_take_turns_over_its_facets(people: dict[str, Any]) -> None:
    first = publish(people, kind="weekly")
    then = first.closes_at
    second = publish(people, kind="weekly", opens_at=then, at=then)
    asked = [{question["code"][:2] for question in row.questions} for row in (first, second)]
    assert asked == [{"IN"}, {"LE"}]
