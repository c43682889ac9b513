"""What a member chose comes before what their browser asks for, and what is owed before anything else."""

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation

from andon.foundation.organisation import days, languages
from andon.foundation.people import owed

Answer = Callable[[HttpRequest], HttpResponse]


class OrganisationZone(tzinfo):
    """The organisation's time zone, which is asked for when the first time is shown and not before."""

    def __init__(self) -> None:
        self._found: ZoneInfo | None = None

    @property
    def _zone(self) -> ZoneInfo:
        if self._found is None:
            self._found = days.zone()
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
    try:
        return ZoneInfo(name) if name else OrganisationZone()
    except (ZoneInfoNotFoundError, ValueError):
        return OrganisationZone()


class MemberChoices:
    """The language and the time zone of a member; for everybody else the zone of the organisation."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = ""
        # Without a session cookie there is nobody to ask about, and no database is touched.
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            language = request.user.language
            if languages.is_on_offer(language):
                translation.activate(language)
                request.LANGUAGE_CODE = language
            chosen = request.user.time_zone
        with timezone.override(zone_of(chosen)):
            return self.get_response(request)


# What somebody needs who has to set up a second factor, and the slips, which are nobody's business.
OPEN = ("/you/second-factor/", "/you/passkeys/", "/accounts/", "/slips/", "/.well-known/", "/healthz", "/static/")


class SecondFactorFirst:
    """Whoever owes a second factor for longer than two weeks gets to the page that says so."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (
            settings.SESSION_COOKIE_NAME in request.COOKIES
            and request.user.is_authenticated
            and not request.path.startswith(OPEN)
            and owed.is_overdue(request.user)
        ):
            return redirect("people:second_factor_needed")
        return self.get_response(request)
