"""The home page: what is open, my slip, the latest result."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from andon.features.instruments import public as instruments
from andon.features.issuance import public as issuance
from andon.features.results import public as results
from andon.features.rounds import public as rounds
from andon.features.today.public import notices_for
from andon.foundation.organisation import public as organisation
from andon.foundation.permissions.public import current_member, member_required


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """The newest question of an open window, the same for everybody. Whether it was answered nobody here can know."""

    round: rounds.RoundView
    wording: instruments.Wording
    address: str


@require_safe
@member_required
def home(request: HttpRequest) -> HttpResponse:
    member, now = current_member(request), timezone.now()
    mine = rounds.rounds_of(member, limit=20)
    wallet = issuance.wallet_id(member)
    open_now = [view for view in mine if view.state is rounds.State.OPEN]
    latest = next((view for view in mine if view.state is rounds.State.RELEASED), None)
    unit, headline = results.opening_of(member, latest.id) if latest else ("", [])
    return render(
        request,
        "today/home.html",
        {
            "notices": notices_for(request, member),
            "questions": [
                OpenQuestion(view, wording, rounds.door_address(view.id, wallet))
                for view in open_now
                if (wording := rounds.newest_question(view, now)) is not None
            ],
            "open": [(view, rounds.door_address(view.id, wallet)) for view in open_now if not view.is_window],
            "coming": [view for view in mine if view.state is rounds.State.PUBLISHED],
            "closing": [view for view in mine if view.state is rounds.State.CLOSING],
            "latest": latest,
            "latest_unit": unit,
            "latest_headline": headline,
            "may_open": bool(rounds.may_ask_in(member, on=organisation.today())),
        },
    )
