"""Schedules as pages: the list, making one, pausing, going on, ending."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from andon.features.cadence import queries, services
from andon.features.cadence.forms import RHYTHMS, SOONEST, USUAL_WAIT, WINDOWS, MakeSchedule
from andon.features.rounds import public as rounds
from andon.foundation.organisation import public as organisation
from andon.foundation.permissions.public import current_member, member_required

# Of more teams the one to ask is found by walking the tree, where rounds are opened.
SHORT_LIST = 50

REFUSALS: dict[str, str | Promise] = {
    "NobodyToAsk": gettext_lazy("there were fewer than five people"),
    "AskedAlready": gettext_lazy("somebody had been asked the same within 28 days"),
    "AskedByAnother": gettext_lazy("somebody had been asked by another questionnaire within 28 days"),
    "SeenAndLost": gettext_lazy("a result that people saw was lost with a restore, less than 28 days before"),
    "OwnInWindow": gettext_lazy("a questionnaire of your own is asked all at once"),
    "TooManyStatements": gettext_lazy("the questionnaire has more statements than fit into eight weeks"),
    "NotOnOffer": gettext_lazy("the questionnaire is not on offer any more"),
    "BadDates": gettext_lazy("the dates did not fit the promises of rounds"),
}


@require_safe
@member_required
def index(request: HttpRequest) -> HttpResponse:
    member, on = current_member(request), organisation.today()
    led = organisation.leads_directly(member.pk, on=on)
    if not led:
        raise Http404
    found = [
        (view, {**RHYTHMS, **WINDOWS}[view.rhythm], [(turn, REFUSALS.get(turn.refusal, "")) for turn in view.turns])
        for view in queries.schedules_of(led, on=on)
    ]
    return render(request, "cadence/index.html", {"schedules": found})


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def new(request: HttpRequest) -> HttpResponse:
    member, on = current_member(request), organisation.today()
    led = organisation.leads_directly(member.pk, on=on)
    if not led:
        raise Http404
    initial = _once_more(request.GET.get("after", ""), on=on) or {"node": request.GET.get("node", "")}
    asked = initial["node"].replace("\x00", "")[:32]
    teams = organisation.short_list(led, most=SHORT_LIST)
    if teams is None:
        # Too many for a list: those the member leads directly, and the one they came from.
        wanted = organisation.team_below(asked, led)
        teams = [*organisation.named_paths(led), *([wanted] if wanted else [])]
    if asked not in dict(teams):
        # Nothing is told about a round of people whom the member does not lead.
        initial = {}
    form = MakeSchedule(request.POST or None, teams=teams, today=on, initial=initial)
    if form.is_valid():
        told = form.cleaned_data
        is_window = told["weeks"] in WINDOWS
        try:
            services.make_schedule(
                node_id=told["node"],
                instrument_id=told["instrument"],
                first_on=told["first_on"],
                weeks=0 if is_window else int(told["weeks"]),
                kind=told["weeks"] if is_window else rounds.Kind.FULL,
                open_days=int(told["open_days"]),
                asks_comments=told.get("comments", False),
                by=member,
                at=timezone.now(),
                on=on,
            )
        except services.ScheduleRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(
                request, _("The schedule stands. Its first round is published three days before it opens.")
            )
            return redirect("cadence:index")
    return render(request, "cadence/new.html", {"form": form}, status=422 if form.is_bound else 200)


def _once_more(round_id: str, *, on: date) -> dict[str, Any]:
    """What asks the people of an ended round once more, when a change can be seen; nothing where there is none."""
    view = rounds.find(round_id.replace("\x00", "")[:32])
    if view is None or view.ended_at is None:
        return {}
    wait = timezone.localtime(view.ended_at).date() + USUAL_WAIT
    return {
        "node": view.node_id,
        "instrument": view.instrument_id,
        "weeks": "0",
        "first_on": max(wait, on + SOONEST),
    }


@require_POST
@member_required
def change(request: HttpRequest, schedule_id: str) -> HttpResponse:
    """Pause it, let it go on, or end it."""
    member = current_member(request)
    schedule, what, at = queries.access_schedule(member, schedule_id), request.POST.get("what"), timezone.now()
    match what:
        case "pause":
            services.pause_schedule(schedule_id=schedule.pk, by=member, at=at)
            messages.success(request, _("The schedule is paused. Rounds that are published are not touched."))
        case "resume":
            services.resume_schedule(schedule_id=schedule.pk, by=member, at=at, on=organisation.today())
            messages.success(request, _("The schedule goes on."))
        case "end":
            services.end_schedule(schedule_id=schedule.pk, by=member, at=at)
            messages.success(request, _("The schedule is ended. Rounds that are published are not touched."))
        case _other:
            messages.error(request, _("Nothing was changed: choose what to do with the schedule."))
    return redirect("cadence:index")
