"""Practices beside a report: what it offers, what was taken up, and what two results say beside that.

Does not: show that anything caused anything. Two results of a small team differ for many reasons, and the page says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from andon.features.guide import public as guide
from andon.features.releases import public as releases
from andon.features.results import queries
from andon.features.rounds import public as rounds
from andon.foundation.organisation import public as organisation
from andon.foundation.people.models import Member


@dataclass(frozen=True, slots=True)
class Moved:
    """A facet in the result before and in this one."""

    before: queries.FacetLine
    now: queries.FacetLine


@dataclass(frozen=True, slots=True)
class Beside:
    """`earlier` was taken up before this result and after the one before it, `since` after it and before the next.

    `is_first`: this is the first result of these people under this questionnaire.
    `moved` is for the facets of `earlier`; empty where there is nothing to compare. `other_teams`: the teams that were
    counted together are not those of last time, so nothing is. `other_people`: the teams are, not all of the people,
    and nothing is compared across a line where somebody joined or left.
    """

    offered: tuple[guide.Practice, ...]
    earlier: tuple[guide.Entry, ...]
    since: tuple[guide.Entry, ...]
    is_first: bool
    moved: tuple[Moved, ...]
    other_teams: bool
    other_people: bool


def beside(report: queries.Report, member: Member) -> Beside:
    """For the member's own report. At most three queries, and three more for what was taken up before, and after.

    Guarantees: compares with no result that the member may not read: the one before is looked for among their own.
    Whoever left the team since reads nothing of what it took up afterwards.
    """
    entries = guide.taken_up_in(report.unit.node_ids)
    before, after = _neighbours(report.round, rounds.rounds_of(member))
    zone = organisation.zone()

    def day(at: datetime | None) -> date:
        return timezone.localdate(at, zone)

    this = day(report.round.ended_at)
    first = day(before.ended_at) if before else date.min
    last = day(after.ended_at) if after else date.max
    # Of what was taken up on the day of a result, people had read the result.
    earlier = tuple(entry for entry in entries if first <= entry.on < this)
    since = tuple(entry for entry in entries if this <= entry.on < last)
    if since and not _is_here(member, report):
        since = ()
    earlier_report = _report_of(before, member) if before and earlier and report.has_figures else None
    same_teams = earlier_report is not None and earlier_report.unit.node_ids == report.unit.node_ids
    same_people = earlier_report is not None and earlier_report.unit.members == report.unit.members
    return Beside(
        offered=_offered(report, entries),
        earlier=earlier,
        since=since,
        is_first=before is None,
        moved=_moved(earlier_report, report, earlier) if earlier_report and same_teams and same_people else (),
        other_teams=earlier_report is not None and not same_teams,
        other_people=earlier_report is not None and same_teams and not same_people,
    )


def _is_here(member: Member, report: queries.Report) -> bool:
    place = organisation.place_of(member.pk, on=organisation.today())
    return place is not None and place.node_id in report.unit.node_ids


def _offered(report: queries.Report, entries: Iterable[guide.Entry]) -> tuple[guide.Practice, ...]:
    # Another questionnaire may call a facet by the same name and mean something else, unless it asks about all four.
    if not report.has_stages:
        return ()
    running = {entry.practice_id for entry in entries if entry.is_running}
    return guide.offered_for({line.id: line.band for line in report.facets}, running=running)


def _neighbours(
    this: rounds.RoundView, own: Iterable[rounds.RoundView]
) -> tuple[rounds.RoundView | None, rounds.RoundView | None]:
    """The member's released rounds of the same questionnaire that ended last before this one and first after it."""
    asked = (this.instrument_id, this.instrument_version)
    alike = sorted(
        (one.ended_at, one.id, one)
        for one in own
        if one.state is rounds.State.RELEASED
        and one.ended_at is not None
        and (one.instrument_id, one.instrument_version) == asked
    )
    here = next((place for place, (_at, round_id, _one) in enumerate(alike) if round_id == this.id), None)
    if here is None:
        return None, None
    before = alike[here - 1][2] if here > 0 else None
    after = alike[here + 1][2] if here + 1 < len(alike) else None
    return before, after


def _report_of(view: rounds.RoundView, member: Member) -> queries.Report | None:
    unit = rounds.unit_of(member, view.id)
    part = releases.unit(view.id, unit.id) if unit else None
    return queries.build_report(view, unit, part) if unit and part else None


def _moved(before: queries.Report, now: queries.Report, entries: Iterable[guide.Entry]) -> tuple[Moved, ...]:
    meant = {facet for entry in entries if entry.practice for facet in entry.practice.facets}
    known = {line.id: line for line in before.facets}
    return tuple(Moved(known[line.id], line) for line in now.facets if line.id in meant and line.id in known)
