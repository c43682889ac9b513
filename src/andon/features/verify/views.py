"""Checking: how anonymity works, the public log, and what this server holds about me."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from andon.features.publiclog import public as publiclog
from andon.features.rounds import public as rounds
from andon.features.verify import holdings
from andon.features.verify.adversaries import ADVERSARIES
from andon.foundation.organisation import public as organisation
from andon.foundation.permissions.public import current_member, member_required


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Also for whoever is not signed in: trust is decided before an address is typed."""
    mine = rounds.rounds_of(current_member(request)) if request.user.is_authenticated else []
    here = organisation.current()
    return render(
        request,
        "verify/index.html",
        {
            "adversaries": ADVERSARIES,
            "head": publiclog.head(),
            "rounds": [view for view in mine if view.fingerprint],
            "app_origin": settings.APP_ORIGIN,
            "steward_key": here.steward_public_key if here else "",
        },
    )


@require_safe
@member_required
def about_me(request: HttpRequest) -> HttpResponse:
    member = current_member(request)
    held = holdings.holdings_of(member)
    return render(request, "verify/about_me.html", {"holdings": held, "asked": holdings.asks_to_be_erased(held)})


@require_safe
@member_required
def about_me_text(request: HttpRequest) -> HttpResponse:
    """The same to read without any program."""
    held = holdings.as_text(holdings.holdings_of(current_member(request)))
    response = HttpResponse(held, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="andon-about-me.txt"'
    return response


@require_safe
@member_required
def about_me_json(request: HttpRequest) -> HttpResponse:
    held = holdings.as_json(holdings.holdings_of(current_member(request)))
    response = JsonResponse({"holdings": held})
    response["Content-Disposition"] = 'attachment; filename="andon-about-me.json"'
    return response
