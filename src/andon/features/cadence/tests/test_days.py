"""Days and hours, as values."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from andon.features.cadence import days
from andon.foundation.organisation.days import work_begins

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 11, 30)


def test_weekends_and_holidays_of_the_country_are_free() -> None:
    german, weekend = days.days_off("DE"), days.days_off("")
    assert german(date(2026, 12, 25))
    assert not weekend(date(2026, 12, 25))
    assert german(date(2026, 11, 28))
    assert weekend(date(2026, 11, 28))
    assert not german(MONDAY)


def test_a_round_opens_on_the_first_working_day() -> None:
    # Christmas 2026 lies on a Friday and a Saturday.
    assert days.next_working_day(date(2026, 12, 25), days.days_off("DE")) == date(2026, 12, 28)
    assert days.next_working_day(MONDAY, days.days_off("DE")) == MONDAY
    assert days.next_working_day(MONDAY, lambda day: True) > MONDAY


def test_nine_in_the_morning_is_nine_on_both_sides_of_a_change_of_clocks() -> None:
    assert work_begins(date(2026, 10, 23), BERLIN) == datetime(2026, 10, 23, 7, tzinfo=UTC)
    assert work_begins(date(2026, 10, 26), BERLIN) == datetime(2026, 10, 26, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("weeks", "on", "latest", "following"),
    [
        (13, date(2026, 11, 29), None, MONDAY),
        (13, MONDAY, MONDAY, date(2027, 3, 1)),
        (13, date(2027, 2, 28), MONDAY, date(2027, 3, 1)),
        (13, date(2027, 3, 1), date(2027, 3, 1), date(2027, 5, 31)),
        (0, MONDAY, MONDAY, None),
        (0, date(2030, 1, 1), MONDAY, None),
    ],
)
def test_turns_follow_from_the_first_day(weeks: int, on: date, latest: date | None, following: date | None) -> None:
    assert days.latest_turn(MONDAY, weeks, until=on) == latest
    assert days.next_turn(MONDAY, weeks, after=on) == following


def test_letters_arrive_by_day_where_the_reader_lives() -> None:
    free = days.days_off("DE")
    noon = datetime(2026, 11, 30, 11, tzinfo=UTC)
    assert days.is_a_time_to_write(noon, BERLIN, free)
    assert not days.is_a_time_to_write(noon, ZoneInfo("Pacific/Auckland"), free)
    assert not days.is_a_time_to_write(datetime(2026, 11, 30, 18, tzinfo=UTC), BERLIN, free)
    assert not days.is_a_time_to_write(datetime(2026, 12, 25, 11, tzinfo=UTC), BERLIN, free)


def test_countries_are_known_by_two_letters() -> None:
    assert {"DE", "US", "JP"} <= days.countries()
    assert all(len(country) == 2 for country in days.countries())
