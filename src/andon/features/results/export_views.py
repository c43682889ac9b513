"""Results as files to take along. Each one stands in the change log, so it is asked for by a form, never by a link."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from andon.features.results import exports, groups, paper, queries, sentences, trend, views
from andon.features.rounds import public as rounds
from andon.foundation.audit import public as audit
from andon.foundation.interface.context import SITE_NAME
from andon.foundation.interface.views import sentence
from andon.foundation.people.models import Member
from andon.foundation.permissions.public import current_member, member_required

# Setting one keeps a thread busy for about a second, and there may be one thread. Counted in the change log, where each
# stands anyway.
MOST_PAPERS, PAPERS_WITHIN = 10, timedelta(minutes=15)
KIND = "results.exported"
CONTENT_TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8", "pdf": "application/pdf"}


@require_POST
@member_required
def unit(request: HttpRequest, round_id: str) -> HttpResponse:
    """The report of the member's own unit as PDF, CSV or JSON."""
    member = current_member(request)
    own = queries.own_result(member, round_id)
    kind = request.POST.get("as", "")
    if kind not in CONTENT_TYPES:
        return _unknown(request)
    since = timezone.now() - PAPERS_WITHIN
    if kind == "pdf" and audit.count_by(member, KIND, since=since, taken_as="PDF") >= MOST_PAPERS:
        return _too_often(request)
    line = trend.trend_of(own.round, own.unit, asked=member)
    context = views.shown(own, line)
    report: queries.Report = context["report"]
    document = exports.unit_document(own, report, line)
    if kind == "pdf":
        try:
            content = paper.pdf(_on_paper(own, context, document))
        except paper.PaperMissing:
            return sentence(
                request,
                title=_("No PDF can be made here"),
                happened=_(
                    "This server lacks what sets a page on paper. Nothing was exported. Print the report from your "
                    "browser, take CSV or JSON, or ask whoever runs the server to look at `andon doctor`."
                ),
                status=503,
            )
    else:
        content = exports.as_csv(document, words=report.words) if kind == "csv" else exports.as_json(document)
    return _attached(content, kind, what=own.unit.name, view=own.round, member=member)


@require_POST
@member_required
def group(request: HttpRequest, round_id: str, node_id: str) -> HttpResponse:
    """What the page of a group shows, as CSV or JSON."""
    member = current_member(request)
    report = groups.report_for(member, round_id, node_id, page="1", now=timezone.now())
    kind = request.POST.get("as", "")
    if kind not in {"csv", "json"}:
        return _unknown(request)
    document = exports.group_document(report)
    content = exports.as_csv(document, words=report.words) if kind == "csv" else exports.as_json(document)
    return _attached(content, kind, what=report.view.group.name, view=report.round, member=member)


def _unknown(request: HttpRequest) -> HttpResponse:
    return sentence(
        request,
        title=_("No such kind of file"),
        happened=_(
            "A result is taken along as PDF, CSV or JSON. Nothing was exported. Go back and choose one of them."
        ),
        status=400,
    )


def _too_often(request: HttpRequest) -> HttpResponse:
    answer = sentence(
        request,
        title=_("That was asked too often"),
        happened=_(
            "You took ten PDFs along in a quarter of an hour. Nothing was exported. Wait a few minutes, or take CSV or "
            "JSON."
        ),
        status=429,
    )
    answer["Retry-After"] = "300"
    return answer


def _attached(content: bytes, kind: str, *, what: str, view: rounds.RoundView, member: Member) -> HttpResponse:
    audit.record(kind=KIND, by=member, at=timezone.now(), subject=f"{what}, {view.words}", taken_as=kind.upper())
    name = exports.file_name(what, view, kind)
    return HttpResponse(
        content, content_type=CONTENT_TYPES[kind], headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _on_paper(own: queries.Own, context: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    report: queries.Report = context["report"]
    before, here = context["step_before"], context["step"]
    drawn = queries.drawings(own.round.id, own.unit.id) if report.has_stages else {}
    return context | {
        "site_name": SITE_NAME,
        "document": document,
        "step_before_day": sentences.when_to_look_again(before) if before else "",
        "step_day": sentences.when_to_look_again(here) if here else "",
        "rules": sentences.rules(document["policy"]) if document["policy"] else [],
        "facets": [(one, sentences.word_of_facet(one, report.words), _why_not(one)) for one in report.facets],
        "pyramid": paper.on_paper(drawn["pyramid-wide"]) if "pyramid-wide" in drawn else "",
        "quadrant": paper.on_paper(drawn["quadrant"]) if "quadrant" in drawn and report.quadrant else "",
        "stairs": [row | {"picture": paper.on_paper(row["picture"])} for row in context["stairs"]],
    }


def _why_not(line: queries.FacetLine) -> str:
    return "" if line.index else str(sentences.WHY_NO_INDEX[line.why_not])
