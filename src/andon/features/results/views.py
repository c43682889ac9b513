"""Results as pages: the list, a unit's report, the receipt, the file to take home."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from andon.features.guide import public as guide
from andon.features.instruments import public as instruments
from andon.features.results import bars, groups, practices, queries, sentences
from andon.features.rounds import public as rounds
from andon.foundation.permissions.public import current_member, member_required


@dataclass(frozen=True, slots=True)
class Pictures:
    """Drawings made by the worker from figures and the project's own words: nothing in them comes from a person."""

    pyramid_narrow: SafeString
    pyramid_wide: SafeString
    quadrant: SafeString | None


@require_safe
@member_required
def index(request: HttpRequest) -> HttpResponse:
    found = queries.released_rounds(current_member(request))
    titles = instruments.titles((view.instrument_id, view.instrument_version) for view in found)
    return render(request, "results/index.html", {"rounds": found, "titles": titles})


@require_safe
@member_required
def report(request: HttpRequest, round_id: str) -> HttpResponse:
    member = current_member(request)
    found = queries.report_for(member, round_id)
    tried = practices.beside(found, member)
    context = {
        "report": found,
        "tried": tried,
        "several_teams": len(found.unit.node_ids) > 1,
        "offered": guide.lines(tried.offered),
        "moved": [(line, sentences.moved(line)) for line in tried.moved],
        "headline": sentences.headline(found),
        "by_level": found.words == "level",
        "zone": sentences.where_the_box_lies(found) if found.has_quadrant else "",
        "pictures": _pictures(queries.drawings(round_id, found.unit_id)) if found.has_stages else None,
        "marks": [] if found.has_stages else [_mark(line) for line in found.facets],
        "why_colours_wait": sentences.why_colours_wait(found),
        "has_groups": rounds.has_groups(round_id),
    }
    return render(request, "results/report.html", context)


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
