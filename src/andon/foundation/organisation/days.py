"""Which day it is. Memberships begin and end on days, and a day is the organisation's, wherever a member sits."""

from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone

from andon.foundation.configuration import public as configuration


def zone() -> ZoneInfo:
    """The organisation's time zone; UTC where the one that was chosen is unknown on this machine."""
    try:
        return ZoneInfo(configuration.read("organisation.time_zone"))
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def zone_of(chosen: str) -> ZoneInfo:
    """A person's time zone: what they chose, else the organisation's."""
    try:
        return ZoneInfo(chosen) if chosen else zone()
    except (ZoneInfoNotFoundError, ValueError):
        return zone()


def today(at: datetime | None = None) -> date:
    """The organisation's day at that moment, or now. One query."""
    return timezone.localdate(at, zone())
