"""Results as pages: the list, a unit's report, the receipt, the file to take home."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from andon.features.guide import public as guide
from andon.features.instruments import public as instruments
from andon.features.results import bars, debrief, groups, practices, queries, sentences, sharing, shifts, steps, trend
from andon.features.results.forms import AgreeOnStep, EndStep
from andon.features.results.models import StepOutcome
from andon.features.rounds import public as rounds
from andon.foundation.organisation import public as organisation
from andon.foundation.permissions.public import current_member, member_required
from andon.kernel import wire


@dataclass(frozen=True, slots=True)
class Pictures:
    """Drawings made by the worker from figures and the project's own words: nothing in them comes from a person."""

    pyramid_narrow: SafeString
    pyramid_wide: SafeString
    quadrant: SafeString | None


@require_safe
@member_required
def index(request: HttpRequest) -> HttpResponse:
    member = current_member(request)
    found = queries.released_rounds(member)
    context = {
        "rounds": found,
        "titles": instruments.titles((view.instrument_id, view.instrument_version) for view in found),
        "is_shared_with": sharing.is_shared_with(member, on=organisation.today()),
    }
    return render(request, "results/index.html", context)


@require_safe
@member_required
def report(request: HttpRequest, round_id: str) -> HttpResponse:
    member = current_member(request)
    own = queries.own_result(member, round_id)
    line = trend.trend_of(own.round, own.unit, asked=member)
    context = shown(own, line)
    found: queries.Report = context["report"]
    tried = practices.beside(found, member)
    context |= {
        "tried": tried,
        "several_teams": len(found.unit.node_ids) > 1,
        "offered": guide.lines(tried.offered),
        "moved": [(moved, sentences.moved(moved, line)) for moved in tried.moved],
        "pictures": _pictures(queries.drawings(round_id, found.unit_id)) if found.has_stages else None,
        "marks": [] if found.has_stages else [_mark(line) for line in found.facets],
        "has_groups": rounds.has_groups(round_id),
        "comments": queries.comments_of(own),
        "has_colours": bool(sharing.colours_of(own)),
        "sharing": sharing.sharing_of(own, on=organisation.today()),
        "shifts": shifts.shifts_of(found),
        "may_ask_again": organisation.leads(member.pk, own.round.node_id, on=organisation.today()),
        "rows": _rows(line) if line else [],
    }
    return render(request, "results/report.html", context)


def shown(own: queries.Own, line: trend.Trend | None) -> dict[str, Any]:
    """What a report says wherever it is shown: on its page, and on paper."""
    found = queries.build_report(own.round, own.unit, own.part)
    before, here = steps.steps_around(own)
    return {
        "report": found,
        "headline": sentences.headline(found),
        "how_asked": sentences.how_it_was_asked(found),
        "by_level": found.words == "level",
        "zone": sentences.where_the_box_lies(found) if found.has_quadrant else "",
        "how_it_was_made": sentences.how_it_was_made(found),
        "why_colours_wait": sentences.why_colours_wait(found),
        "step_before": before.step if before else None,
        "step_before_heading": sentences.heading_of_step(before) if before else "",
        "step_before_said": sentences.who_sees_to_it(before.step) if before else "",
        "step": here,
        "step_said": sentences.who_sees_to_it(here) if here else "",
        "trend": line,
        "stairs": [_stairs(facet) for facet in line.facets] if line else [],
        "change_of_all": sentences.change_of_all(line) if line else "",
        "about_staircases": sentences.about_staircases(line) if line else [],
    }


def _stairs(facet: trend.FacetTrend) -> dict[str, Any]:
    stairs = [
        bars.Stair(
            step.line.index.printed() if step.line.index else None,
            step.line.band.value if step.line.band else "",
            step.begins,
        )
        for step in facet.steps
    ]
    first, last = (date_format(step.day, "SHORT_DATE_FORMAT") for step in (facet.steps[0], facet.steps[-1]))
    return {
        "facet": facet,
        "picture": bars.staircase(stairs, first=first, last=last, said=sentences.steps_in_words(facet)),
        "change": sentences.change(facet),
    }


def _rows(line: trend.Trend) -> list[tuple[date, list[tuple[queries.Wording, queries.FacetLine, bool]]]]:
    """The staircases as one table: a row for each round, newest first."""
    rows = [
        (
            day,
            [
                (facet.name, facet.steps[number].line, bool(number) and facet.steps[number].begins)
                for facet in line.facets
            ],
        )
        for number, day in enumerate(line.days)
    ]
    return rows[::-1]


def _pictures(drawn: dict[str, str]) -> Pictures | None:
    if not {"pyramid-narrow", "pyramid-wide"} <= drawn.keys():
        return None
    kept = {name: mark_safe(svg) for name, svg in drawn.items()}  # noqa: S308
    return Pictures(kept["pyramid-narrow"], kept["pyramid-wide"], kept.get("quadrant"))


def _mark(line: queries.FacetLine) -> tuple[queries.FacetLine, SafeString | None, str]:
    """A facet's line, its range as a mark, or else why it has none."""
    if line.low is None or line.mid is None or line.high is None:
        return line, None, str(sentences.WHY_NO_INDEX[line.why_not])
    said = sentences.range_in_words(line.low, line.mid, line.high)
    return line, bars.range_mark(line.low, line.mid, line.high, least=0, most=100, said=said), ""


def _talk(request: HttpRequest, round_id: str) -> dict[str, Any]:
    context = shown(queries.own_result(current_member(request), round_id), None)
    return context | {"debrief": debrief.debrief_of(context["report"]), "minutes": debrief.MINUTES}


@require_safe
@member_required
def debrief_page(request: HttpRequest, round_id: str) -> HttpResponse:
    return render(request, "results/debrief.html", _talk(request, round_id))


@require_safe
@member_required
def debrief_screen(request: HttpRequest, round_id: str) -> HttpResponse:
    return render(request, "results/debrief_screen.html", _talk(request, round_id))


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def agree(request: HttpRequest, round_id: str) -> HttpResponse:
    """Write down the one step of this report, or change it."""
    member = current_member(request)
    own = queries.own_result(member, round_id)
    _before, here = steps.steps_around(own)
    initial = {"words": here.words, "owner": here.owner_id, "due_on": here.due_on} if here else {}
    people = rounds.asked_with(member, round_id)
    form = AgreeOnStep(request.POST or None, people=people, today=timezone.localdate(), initial=initial)
    if form.is_valid():
        told = form.cleaned_data
        try:
            steps.agree_on_step(
                own=own,
                words=told["words"],
                owner_id=told["owner"],
                due_on=told["due_on"],
                by=member,
                at=timezone.now(),
            )
        except steps.StepRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The step stands in your unit's report, and opens the next one."))
            return redirect("results:report", round_id=round_id)
    return _about_a_step(request, "results/step.html", form, own, here)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def end(request: HttpRequest, round_id: str) -> HttpResponse:
    """Write down what became of the step of this report."""
    member = current_member(request)
    own = queries.own_result(member, round_id)
    _before, here = steps.steps_around(own)
    if here is None:
        raise Http404
    form = EndStep(request.POST or None)
    if form.is_valid():
        try:
            steps.end_step(
                own=own,
                kind=StepOutcome.Kind(form.cleaned_data["kind"]),
                words=form.cleaned_data["words"],
                by=member,
                at=timezone.now(),
            )
        except steps.StepRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Written down. Your unit sees it above its next report."))
            return redirect("results:report", round_id=round_id)
    return _about_a_step(request, "results/step_outcome.html", form, own, here)


def _about_a_step(
    request: HttpRequest, template: str, form: AgreeOnStep | EndStep, own: queries.Own, step: steps.Step | None
) -> HttpResponse:
    context = {"form": form, "report_id": own.round.id, "unit_name": own.unit.name, "step": step}
    return render(request, template, context, status=422 if form.is_bound else 200)


@require_safe
@member_required
def group(request: HttpRequest, round_id: str, node_id: str) -> HttpResponse:
    found = groups.report_for(
        current_member(request), round_id, node_id, page=request.GET.get("page", "1"), now=timezone.now()
    )
    context = {
        "report": found,
        "headline": sentences.group_headline(found),
        "turnout": sentences.TURNOUT_WORDS[found.turnout] if found.turnout else "",
        "why_no_histogram": sentences.WHY_NO_HISTOGRAM[found.reason] if found.reason else "",
        "by_level": found.words == "level",
        "facets": [_spread_row(line, found.words) for line in found.facets],
        "statements": [_spread_row(line, found.words) for line in found.statements],
        "means": [_mean_row(line) for line in found.means],
        "shares": [(name, [_share_row(line, found.words) for line in lines]) for name, lines in found.shares],
        "below": [(one, sentences.TURNOUT_WORDS[one.turnout] if one.turnout else "") for one in found.below],
        "budget": sentences.budget(found),
    }
    return render(request, "results/group.html", context)


def _spread_row(line: groups.SpreadLine, words: str) -> dict[str, Any]:
    numbers = [number for _band, number in line.counts]
    said = sentences.spread_in_words(line, words)
    bar = bars.share_bar(numbers, bars.BANDS, said=said, labels=[str(number) for number in numbers])
    return {"line": line, "bar": bar, "counts": [(band.value, number) for band, number in line.counts]}


def _mean_row(line: groups.FacetMean) -> dict[str, Any]:
    said = sentences.range_in_words(line.low, line.middle, line.high)
    return {"line": line, "mark": bars.range_mark(line.low, line.middle, line.high, least=0, most=100, said=said)}


def _share_row(line: groups.ShareLine, words: str) -> dict[str, Any]:
    percents = [round(100 * share.middle) for share in line.shares]
    bar = bars.share_bar(
        [share.middle for share in line.shares],
        bars.ANSWERS,
        said=sentences.shares_in_words(percents, words),
        labels=[str(percent) for percent in percents],
    )
    return {"line": line, "bar": bar, "percents": percents}


@require_safe
@member_required
def receipt(request: HttpRequest, round_id: str) -> HttpResponse:
    member = current_member(request)
    content = queries.unit_file(member, round_id)
    listed = Counter(purpose for _slot, purpose, _hash in content["slots"]["list"]) if content["slots"] else Counter()
    return render(
        request,
        "results/receipt.html",
        {
            "round_id": round_id,
            "slots": content["slots"],
            "ballots": listed["ballot"],
            "comments": listed[wire.COMMENT],
            # A slot and a receipt for each question, told by its code.
            "is_window": "ballot" not in content["leaf"]["keys"],
            "roster": len(content["opening"]["members"]),
            "app_origin": settings.APP_ORIGIN,
        },
    )


@require_safe
@member_required
def unit_json(request: HttpRequest, round_id: str) -> HttpResponse:
    response = JsonResponse(queries.unit_file(current_member(request), round_id))
    response["Content-Disposition"] = f'attachment; filename="andon-unit-{round_id[:8]}.json"'
    return response
