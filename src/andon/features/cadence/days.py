"""Working days and hours: when a round opens by itself, and when a letter may arrive. Values in, values out."""

from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache

from andon.foundation.organisation.days import IsFree, is_weekend

FIRST_HOUR, LAST_HOUR = 8, 18
ONE = timedelta(days=1)
# No country has a longer row of days off.
LONGEST_REST = 15


def countries() -> frozenset[str]:
    """Two letters of each country whose public holidays are known."""
    import holidays

    return frozenset(holidays.list_supported_countries(include_aliases=False))


@lru_cache(maxsize=64)
def _holidays_of(country: str, year: int) -> frozenset[date]:
    # Here, because loading it takes as long as everything else of this feature.
    import holidays

    return frozenset(holidays.country_holidays(country, years=year))


def days_off(country: str) -> IsFree:
    """Saturdays, Sundays and the public holidays of the country; "" for none beside weekends."""

    def is_free(day: date) -> bool:
        return is_weekend(day) or bool(country and day in _holidays_of(country, day.year))

    return is_free


def next_working_day(day: date, is_free: IsFree) -> date:
    """The day itself, or the first after it that is none of the free ones."""
    for _step in range(LONGEST_REST):
        if not is_free(day):
            return day
        day += timedelta(days=1)
    return day


def latest_turn(first_on: date, weeks: int, *, until: date) -> date | None:
    """The last of the days of a schedule that is not after `until`; None where none is."""
    if until < first_on:
        return None
    if not weeks:
        return first_on
    return first_on + timedelta(weeks=(until - first_on).days // (7 * weeks) * weeks)


def next_turn(first_on: date, weeks: int, *, after: date) -> date | None:
    """The first of the days of a schedule after `after`; None where there is no further."""
    if after < first_on:
        return first_on
    if not weeks:
        return None
    return first_on + timedelta(weeks=((after - first_on).days // (7 * weeks) + 1) * weeks)


def is_a_time_to_write(now: datetime, zone: tzinfo, is_free: IsFree) -> bool:
    """Whether a letter may arrive now where its reader lives: by day, and on a working day."""
    there = now.astimezone(zone)
    return FIRST_HOUR <= there.hour < LAST_HOUR and not is_free(there.date())
