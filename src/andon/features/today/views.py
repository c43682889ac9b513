"""The home page: what is open, my slip, the latest result."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from andon.features.issuance import public as issuance
from andon.features.results import public as results
from andon.features.rounds import public as rounds
from andon.features.today.public import notices_for
from andon.foundation.organisation import public as organisation
from andon.foundation.permissions.public import current_member, member_required


@require_safe
@member_required
def home(request: HttpRequest) -> HttpResponse:
    member = current_member(request)
    mine = rounds.rounds_of(member, limit=20)
    wallet = issuance.wallet_id(member)
    latest = next((view for view in mine if view.state is rounds.State.RELEASED), None)
    unit, headline = results.opening_of(member, latest.id) if latest else ("", [])
    return render(
        request,
        "today/home.html",
        {
            "notices": notices_for(request, member),
            "open": [(view, rounds.door_address(view.id, wallet)) for view in mine if view.state is rounds.State.OPEN],
            "coming": [view for view in mine if view.state is rounds.State.PUBLISHED],
            "closing": [view for view in mine if view.state is rounds.State.CLOSING],
            "latest": latest,
            "latest_unit": unit,
            "latest_headline": headline,
            "may_open": bool(rounds.may_ask_in(member, on=organisation.today())),
        },
    )
