"""Results as pages: the list, a unit's report, the receipt, the file to take home."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from andon.features.results import queries, sentences
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
        "why_colours_wait": sentences.why_colours_wait(found),
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
