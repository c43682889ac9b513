"""Checking: how anonymity works, the public log, and what this server holds about me."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from andon.features.publiclog import public as publiclog
from andon.features.rounds import public as rounds
from andon.features.verify import holdings
from andon.foundation.permissions.public import current_member, member_required


@require_safe
@member_required
def index(request: HttpRequest) -> HttpResponse:
    member = current_member(request)
    return render(
        request,
        "verify/index.html",
        {
            "head": publiclog.head(),
            "rounds": [view for view in rounds.rounds_of(member) if view.fingerprint],
            "app_origin": settings.APP_ORIGIN,
        },
    )


@require_safe
@member_required
def about_me(request: HttpRequest) -> HttpResponse:
    return render(request, "verify/about_me.html", {"holdings": holdings.holdings_of(current_member(request))})


@require_safe
@member_required
def about_me_json(request: HttpRequest) -> HttpResponse:
    held = holdings.as_json(holdings.holdings_of(current_member(request)))
    response = JsonResponse({"holdings": held})
    response["Content-Disposition"] = 'attachment; filename="andon-about-me.json"'
    return response
