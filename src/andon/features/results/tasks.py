"""Drawing a release once it is shown: about 40 ms a chart, so not while somebody waits for a page."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override
from django_tasks import task

from andon.features.releases import public as releases
from andon.features.results import charts, queries, sentences
from andon.features.results.models import Drawing, Drawn
from andon.features.rounds import public as rounds
from andon.foundation.jobs import public as jobs


@task()
def draw_release(round_id: str) -> None:
    view = rounds.find(round_id)
    if view is None or not releases.is_shown(round_id):
        return
    parts = {part.unit_id: part for part in releases.parts(round_id)}
    for language, _name in settings.LANGUAGES:
        with override(language):
            for unit in rounds.units_of(round_id):
                _draw_unit(queries.build_report(view, unit, parts[unit.id]), language)
    Drawn.objects.get_or_create(round_id=round_id)


def _draw_unit(report: queries.Report, language: str) -> None:
    place = {"round_id": report.round.id, "unit_id": report.unit_id, "language": language}
    # A pyramid has four stages; what an instrument asks about otherwise is told as a table.
    if not report.has_figures or not report.has_stages or Drawing.objects.filter(**place).exists():
        return
    drawn = draw(report)
    with transaction.atomic(using="default"):
        Drawing.objects.bulk_create(
            (Drawing(name=name, svg=svg, **place) for name, svg in drawn.items()), ignore_conflicts=True
        )


def draw(report: queries.Report) -> dict[str, str]:
    """The charts of a report by name, in the language that is active: none of what was not asked about."""
    if not report.has_stages:
        return {}
    tiers = [
        charts.PyramidTier(
            line.name,
            sentences.word_of(line),
            line.band,
            line.index,
        )
        for line in report.safety
    ]
    told = ". ".join(
        f"{row.name}: {row.word}" + (f", {row.index} ({row.low} – {row.high})" if row.index is not None else "")
        for row in charts.pyramid_rows(tiers)
    )
    short = report.unit_id[:12]
    drawn = {
        f"pyramid-{layout}": charts.pyramid_svg(
            tiers, chart_id=f"pyramid-{layout}-{short}", title=_("Four stages"), description=told, layout=layout
        )
        for layout in ("narrow", "wide")
    }
    if not report.has_quadrant:
        return drawn
    drawn["quadrant"] = charts.quadrant_svg(
        report.quadrant,
        zone_names={zone: str(name) for zone, name in sentences.ZONE_NAMES.items()},
        x_name=_("Accountability"),
        y_name=_("Safety"),
        chart_id=f"quadrant-{short}",
        title=_("Safety and accountability"),
        description=sentences.where_the_box_lies(report),
    )
    return drawn


def _due(now: datetime) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    waiting = rounds.find_all(releases.shown_without(Drawn.objects.values_list("round_id", flat=True)))
    # The newest first: it is what people look at, and after a restore or in a demonstration there may be many.
    for view in sorted(waiting.values(), key=lambda view: view.closes_at, reverse=True):
        yield f"draw/{view.id}", draw_release, (view.id,)


def register() -> None:
    jobs.register_due("results", _due)
