"""Results as pages: the list, a unit's report, the receipt, the file to take home."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from andon.features.results import bars, groups, queries, sentences
from andon.features.rounds import public as rounds
from andon.foundation.permissions.public import current_member, member_required


@dataclass(frozen=True, slots=True)
class Pictures:
    """Drawings made by the worker from figures and the project's own words: nothing in them comes from a person."""

    pyramid_narrow: SafeString
    pyramid_wide: SafeString
    quadrant: SafeString


@require_safe
@member_required
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "results/index.html", {"rounds": queries.released_rounds(current_member(request))})


@require_safe
@member_required
def report(request: HttpRequest, round_id: str) -> HttpResponse:
    found = queries.report_for(current_member(request), round_id)
    context = {
        "report": found,
        "headline": sentences.headline(found),
        "zone": sentences.where_the_box_lies(found),
        "pictures": _pictures(queries.drawings(round_id, found.unit_id)),
        "facets_title": _("The four stages") if found.has_stages else _("Facet by facet"),
        "why_colours_wait": sentences.why_colours_wait(found),
        "has_groups": rounds.has_groups(round_id),
    }
    return render(request, "results/report.html", context)


def _pictures(drawn: dict[str, str]) -> Pictures | None:
    if not {"pyramid-narrow", "pyramid-wide", "quadrant"} <= drawn.keys():
        return None
    return Pictures(
        *(mark_safe(drawn[name]) for name in ("pyramid-narrow", "pyramid-wide", "quadrant"))  # noqa: S308
    )


@require_safe
@member_required
def group(request: HttpRequest, round_id: str, node_id: str) -> HttpResponse:
    found = groups.report_for(
        current_member(request), round_id, node_id, page=request.GET.get("page", "1"), now=timezone.now()
    )
    context = {
        "report": found,
        "headline": sentences.group_headline(found),
        "turnout": sentences.TURNOUT_WORDS[found.turnout],
        "why_no_histogram": sentences.WHY_NO_HISTOGRAM[found.reason] if found.reason else "",
        "facets": [_spread_row(line) for line in found.facets],
        "statements": [_spread_row(line) for line in found.statements],
        "means": [_mean_row(line) for line in found.means],
        "shares": [(name, [_share_row(line) for line in lines]) for name, lines in found.shares],
        "below": [(one, sentences.TURNOUT_WORDS[one.turnout] if one.turnout else "") for one in found.below],
        "budget": sentences.budget(found),
    }
    return render(request, "results/group.html", context)


def _spread_row(line: groups.SpreadLine) -> dict[str, Any]:
    numbers = [number for _band, number in line.counts]
    said = sentences.spread_in_words(line)
    bar = bars.share_bar(numbers, bars.BANDS, said=said, labels=[str(number) for number in numbers])
    return {"line": line, "bar": bar, "counts": [(band.value, number) for band, number in line.counts]}


def _mean_row(line: groups.FacetMean) -> dict[str, Any]:
    said = sentences.range_in_words(line.low, line.middle, line.high)
    return {"line": line, "mark": bars.range_mark(line.low, line.middle, line.high, least=0, most=100, said=said)}


def _share_row(line: groups.ShareLine) -> dict[str, Any]:
    percents = [round(100 * share.middle) for share in line.shares]
    bar = bars.share_bar(
        [share.middle for share in line.shares],
        bars.ANSWERS,
        said=sentences.shares_in_words(percents),
        labels=[str(percent) for percent in percents],
    )
    return {"line": line, "bar": bar, "percents": percents}


@require_safe
@member_required
def receipt(request: HttpRequest, round_id: str) -> HttpResponse:
    member = current_member(request)
    content = queries.unit_file(member, round_id)
    return render(
        request,
        "results/receipt.html",
        {
            "round_id": round_id,
            "slots": content["slots"],
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
