"""Sharing as pages: to propose it, to say no, and what is shared with whoever asks."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from andon.features.results import queries, sharing
from andon.features.results.forms import ProposeSharing
from andon.foundation.organisation import public as organisation
from andon.foundation.permissions.public import current_member, member_required


@require_safe
@member_required
def shared(request: HttpRequest) -> HttpResponse:
    page = request.GET.get("page", "1")
    found = sharing.shared_with(current_member(request), on=organisation.today(), page=page)
    return render(request, "results/shared.html", {"units": found.units, "page": found.page})


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def propose(request: HttpRequest, round_id: str) -> HttpResponse:
    """Propose to share the colours of the member's own unit. A 404 where it has none to share."""
    member, today = current_member(request), organisation.today()
    own = queries.own_result(member, round_id)
    nodes = sharing.choices_for(own)
    if not nodes or not sharing.may_be_proposed(own):
        raise Http404
    form = ProposeSharing(request.POST or None, nodes=nodes)
    if form.is_valid():
        try:
            sharing.propose(own=own, node_id=form.cleaned_data["node"], by=member, on=today)
        except sharing.SharingRefused as refused:
            form.add_error(None, str(refused))
        else:
            return redirect(_section(round_id))
    context = {
        "form": form,
        "own": own,
        "colours": sharing.colours_of(own),
        "by_level": sharing.is_by_level(own),
        "shared_from": today + sharing.TIME_TO_SAY_NO,
        # Then a colour says that all of them answered.
        "needs_all": own.round.least_ballots if own.unit.size == own.round.least_ballots else 0,
        "is_small": own.unit.size < sharing.NEW_WITH_A_MARGIN,
    }
    return render(request, "results/share.html", context, status=422 if form.is_bound else 200)


@require_POST
@member_required
def say_no(request: HttpRequest, round_id: str) -> HttpResponse:
    """Keep the colours with the unit. No message says so: it would wait in the row of the member's session."""
    own = queries.own_result(current_member(request), round_id)
    sharing.say_no(own=own, on=organisation.today())
    return redirect(_section(round_id))


def _section(round_id: str) -> str:
    return reverse("results:report", args=[round_id]) + "#sharing"
