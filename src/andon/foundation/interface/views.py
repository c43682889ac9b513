"""Pages that belong to no feature: what is not there, what failed, and what a machine asks."""

import sys
from http import HTTPStatus

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from andon.foundation.interface.context import STYLE_SHEETS


def sentence(
    request: HttpRequest,
    *,
    title: str,
    happened: str,
    status: int,
    kept: str = "",
    advice: str = "",
    action: str = "",
    action_url: str = "/",
) -> HttpResponse:
    """A page that says what happened, what was kept, and what to do next."""
    context = {
        "title": title,
        "happened": happened,
        "kept": kept,
        "advice": advice,
        "action": action or _("Go to Today"),
        "action_url": action_url,
    }
    return render(request, "interface/sentence.html", context, status=status)


def link_is_over(
    request: HttpRequest, *, title: str, happened: str, advice: str, kept: str = "", action: str = "", to: str = ""
) -> HttpResponse:
    """One page for a link that was used, replaced, is too old or was never ours: which of these, nobody is told."""
    return sentence(
        request,
        title=title,
        happened=happened,
        kept=kept,
        advice=advice,
        action=action or _("Go to sign-in"),
        action_url=to or reverse("account_login"),
        status=HTTPStatus.GONE,
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """One page for what is absent and for what is not yours, so that it never says which of the two."""
    return sentence(
        request,
        title=_("There is nothing here for you"),
        happened=_("Either this page does not exist, or it belongs to somebody else. The page cannot say which."),
        advice=_("If a link brought you here, the one who sent it may know where the page went."),
        status=404,
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    text = _("This request could not be read. Nothing was changed.")
    return HttpResponse(text, status=400, content_type="text/plain; charset=utf-8")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    if request.META.get("andon.left_out"):
        return _too_large(request)
    return sentence(
        request,
        title=_("This page was open for too long"),
        happened=_("Your browser sent a form that this server did not recognise as its own. Nothing was changed."),
        kept=_("What you typed is still on the page before this one."),
        advice=_("Go back, reload that page and send it again. It needs cookies from this site."),
        status=403,
    )


def _too_large(request: HttpRequest) -> HttpResponse:
    """The door left the body out, and with it whatever shows that the form is our own."""
    is_file_of_people = request.resolver_match is not None and request.resolver_match.url_name == "import_preview"
    return sentence(
        request,
        title=_("This is too large"),
        happened=_("This file is larger than 30 MB. Nothing was changed. Import it with “andon people import”.")
        if is_file_of_people
        else _("Your browser sent more than this page takes. Nothing was changed."),
        advice=_("Go back to the page before this one, and send less."),
        status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Reads neither the session nor a database: either may be what failed.

    Where the disk or the database is what failed, that is said (503): trying again later is then all that there is to
    do. A page that asked in JSON is answered in JSON.
    """
    is_away = isinstance(sys.exc_info()[1], (OperationalError, InterfaceError, OSError))
    status = HTTPStatus.SERVICE_UNAVAILABLE if is_away else HTTPStatus.INTERNAL_SERVER_ERROR
    if request.content_type == "application/json":
        text = _("This cannot be done right now. Nothing was changed; it is safe to try again.")
        return JsonResponse({"error": "unavailable", "message": text}, status=status)
    context = {
        "is_away": is_away,
        "style_sheets": STYLE_SHEETS,
        "language": get_language() or "en",
        "right_to_left": get_language_bidi(),
    }
    return HttpResponse(render_to_string("interface/server_error.html", context), status=status)


@require_safe
def well_known(request: HttpRequest) -> JsonResponse:
    return JsonResponse(
        {"andon": "v1", "anonymous_door": settings.ANONYMOUS_ORIGIN, "app": settings.APP_ORIGIN},
        json_dumps_params={"separators": (",", ":")},
    )


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers. Asks no database."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")
