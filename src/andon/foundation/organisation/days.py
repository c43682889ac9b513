"""Which day it is. Memberships begin and end on days, and a day is the organisation's, wherever a member sits."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone

from andon.foundation.configuration import public as configuration

# Two years. What begins later was mistyped, or stands in a program for "never".
FURTHEST_AHEAD = timedelta(days=731)
WORK_BEGINS = time(9, 0)
SATURDAY = 5

# Whether nobody works on that day.
IsFree = Callable[[date], bool]


def is_weekend(day: date) -> bool:
    return day.weekday() >= SATURDAY


def work_begins(day: date, where: tzinfo) -> datetime:
    """Nine in the morning of that day, in UTC: when what opens by itself opens."""
    return datetime.combine(day, WORK_BEGINS, tzinfo=where).astimezone(UTC)


def zone() -> ZoneInfo:
    """The organisation's time zone; UTC where the one that was chosen is unknown on this machine."""
    try:
        return ZoneInfo(configuration.read("organisation.time_zone"))
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


class OrganisationZone(tzinfo):
    """The organisation's time zone, which is asked for when the first time is shown and not before."""

    def __init__(self) -> None:
        self._found: ZoneInfo | None = None

    @property
    def _zone(self) -> ZoneInfo:
        if self._found is None:
            self._found = zone()
        return self._found

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return self._zone.utcoffset(moment)

    def dst(self, moment: datetime | None) -> timedelta | None:
        return self._zone.dst(moment)

    def tzname(self, moment: datetime | None) -> str | None:
        return self._zone.tzname(moment) or self._zone.key

    def fromutc(self, moment: datetime) -> datetime:
        return self._zone.fromutc(moment.replace(tzinfo=self._zone)).replace(tzinfo=self)


def zone_of(name: str) -> tzinfo:
    """A person's time zone: the one that they chose, else the organisation's, also where theirs is unknown here."""
    try:
        return ZoneInfo(name) if name else OrganisationZone()
    except (ZoneInfoNotFoundError, ValueError):
        return OrganisationZone()


def today(at: datetime | None = None) -> date:
    """The organisation's day at that moment, or now. One query."""
    return timezone.localdate(at, zone())
