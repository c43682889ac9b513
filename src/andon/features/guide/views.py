"""The guide as pages: moments, practices, the member path, resources, and what a team took up."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from andon.features.guide import queries, sentences, services
from andon.features.guide.forms import TakeUp
from andon.features.guide.model import Facet, Practice, Role
from andon.features.guide.models import TakenUp
from andon.features.guide.shipped import guide
from andon.foundation.organisation import public as organisation
from andon.foundation.permissions.public import current_member, member_required


@require_safe
@member_required
def index(request: HttpRequest) -> HttpResponse:
    """Moments first. What is asked for and not known is as if it were not asked for."""
    facet, role = request.GET.get("stage", ""), request.GET.get("who", "")
    facet, role = facet if facet in set(Facet) else "", role if role in set(Role) else ""
    found = [one for one in guide().practices if (not facet or facet in one.facets) and (not role or role in one.roles)]
    context = {
        "moments": guide().moments,
        "path": guide().path,
        "number": len(found),
        "groups": _groups(found, facet),
        "facet": facet,
        "role": role,
        "facets": [(one.value, sentences.FACETS[one], sentences.ABOUT[one]) for one in Facet],
        "roles": [(one.value, sentences.ROLES[one]) for one in Role],
        "facet_name": sentences.FACETS[Facet(facet)] if facet else "",
        "about": sentences.ABOUT[Facet(facet)] if facet else "",
    }
    return render(request, "guide/index.html", context)


def _groups(found: list[Practice], facet: str) -> list[tuple[object, object, list[dict[str, Any]]]]:
    """By what they are for before all, each with its name and what it is about; one group where a facet was chosen."""
    if facet:
        return [("", "", sentences.lines(found))]
    of_each = [(one, [practice for practice in found if practice.facets[0] is one]) for one in Facet]
    return [(sentences.FACETS[one], sentences.ABOUT[one], sentences.lines(some)) for one, some in of_each if some]


@require_safe
@member_required
def practice(request: HttpRequest, practice_id: str) -> HttpResponse:
    found = _practice(practice_id)
    place = _place(request)
    running = [
        entry
        for entry in queries.taken_up_in([place.node_id] if place else [])
        if entry.is_running and entry.practice_id == practice_id
    ]
    context = {
        "practice": found,
        "facets": [sentences.FACETS[facet] for facet in found.facets],
        "roles": [sentences.ROLES[role] for role in found.roles],
        "place": place,
        "running": running[0] if running else None,
    }
    return render(request, "guide/practice.html", context)


@require_safe
@member_required
def moment(request: HttpRequest, moment_id: str) -> HttpResponse:
    found = guide().moment(moment_id)
    if found is None:
        raise Http404
    return render(request, "guide/moment.html", {"moment": found, "practices": sentences.lines(found.practices)})


@require_safe
@member_required
def member_path(request: HttpRequest) -> HttpResponse:
    steps = [(step, sentences.lines(step.practices)) for step in guide().path.steps]
    return render(request, "guide/member_path.html", {"path": guide().path, "steps": steps})


@require_safe
@member_required
def resources(request: HttpRequest) -> HttpResponse:
    lines = [
        (source, sentences.KINDS[source.resource.kind], source.resource.about)
        for source in guide().resources
        if source.resource
    ]
    others = [source for source in guide().sources if source.resource is None]
    return render(request, "guide/resources.html", {"resources": lines, "others": others})


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def take_up(request: HttpRequest, practice_id: str) -> HttpResponse:
    found, place = _practice(practice_id), _place(request)
    if place is None:
        raise Http404
    form = TakeUp(request.POST) if request.method == "POST" else TakeUp()
    if form.is_valid():
        is_new = services.take_up(
            practice_id=practice_id,
            by=current_member(request),
            named=form.cleaned_data["named"],
            on=organisation.today(),
        )
        if is_new:
            messages.success(request, _("Taken up. It stands on your team's results from now on."))
        else:
            messages.info(request, _("Your team tries this already. Nothing was changed."))
        return redirect("guide:taken_up")
    return render(request, "guide/take_up.html", {"form": form, "practice": found, "team": place.path[-1]})


@require_safe
@member_required
def taken_up(request: HttpRequest) -> HttpResponse:
    place = _place(request)
    entries = queries.taken_up_in([place.node_id] if place else [])
    context = {
        "team": place.path[-1] if place else "",
        "running": [entry for entry in entries if entry.is_running],
        "settled": [entry for entry in entries if not entry.is_running],
        "own": current_member(request).key,
    }
    return render(request, "guide/taken_up.html", context)


@require_POST
@member_required
def settle(request: HttpRequest, entry_id: str) -> HttpResponse:
    """Kept, ended, or one's own name taken off."""
    member, wanted = current_member(request), request.POST.get("do", "")
    if wanted == "unname":
        if not services.unname(entry_id=entry_id, by=member):
            raise Http404
        messages.success(request, _("Your name is off it."))
        return redirect("guide:taken_up")
    if wanted not in TakenUp.Outcome.values:
        raise Http404
    try:
        services.settle(entry_id=entry_id, outcome=TakenUp.Outcome(wanted), by=member, on=organisation.today())
    except services.NotUnderWay:
        raise Http404 from None
    messages.success(request, _("Noted, with today's date."))
    return redirect("guide:taken_up")


def _practice(practice_id: str) -> Practice:
    found = guide().practice(practice_id)
    if found is None:
        raise Http404
    return found


def _place(request: HttpRequest) -> organisation.Place | None:
    return organisation.place_of(current_member(request).pk, on=organisation.today())
