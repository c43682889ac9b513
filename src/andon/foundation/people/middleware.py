"""What a member chose comes before what their browser asks for, and what is owed before anything else."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation

from andon.foundation.organisation import languages
from andon.foundation.organisation.days import zone_of
from andon.foundation.people import owed

Answer = Callable[[HttpRequest], HttpResponse]


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


# What somebody needs who has to set up a second factor, the slips, which are nobody's business, and what programs ask,
# where a session counts for nothing.
OPEN = (
    "/you/second-factor/",
    "/you/passkeys/",
    "/accounts/",
    "/slips/",
    "/api/",
    "/.well-known/",
    "/healthz",
    "/static/",
)


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
