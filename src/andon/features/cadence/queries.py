"""Reading schedules, as frozen values."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.http import Http404

from andon.features.cadence import choices, days, services
from andon.features.cadence.models import Schedule
from andon.features.instruments import public as instruments
from andon.foundation.organisation import public as organisation
from andon.foundation.people.models import Member


@dataclass(frozen=True, slots=True)
class TurnView:
    due_on: date
    round_id: str
    refusal: str


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """A schedule as those who lead its team see it. `next_on`: when the next round opens; None where none will."""

    id: str
    node_id: str
    node_name: str
    questionnaire: str
    weeks: int
    open_days: int
    kind: str
    next_on: date | None
    is_paused: bool
    turns: tuple[TurnView, ...]

    @property
    def rhythm(self) -> str:
        return self.kind if self.kind in services.WINDOWS else str(self.weeks)


def schedules_of(node_ids: Collection[str], *, on: date) -> list[ScheduleView]:
    """Those of these nodes and of all below them that are not ended, by team. Three queries; none without nodes."""
    if not node_ids:
        return []
    rows = (
        Schedule.objects.filter(node_id__in=organisation.below_any(node_ids), ending=None)
        .select_related("node", "pause")
        .prefetch_related("turns")
        .order_by("node__name", "pk")
    )
    return [_view(row, on) for row in rows[:200]]


def access_schedule(member: Member, schedule_id: str) -> Schedule:
    """The schedule, if the member leads its team. Raises: Http404, for what is absent and what is not theirs alike."""
    row = Schedule.objects.select_related("node").filter(pk=schedule_id, ending=None).first()
    if row is None or not organisation.leads(member.pk, row.node_id, on=organisation.today()):
        raise Http404
    return row


def _view(row: Schedule, on: date) -> ScheduleView:
    turns = sorted(row.turns.all(), key=lambda turn: turn.due_on, reverse=True)
    taken = {turn.due_on for turn in turns}
    is_paused = hasattr(row, "pause")
    upcoming = days.next_turn(row.first_on, row.weeks, after=on - days.ONE)
    if row.kind in services.WINDOWS:
        upcoming = services.next_window(row)
    while upcoming is not None and upcoming in taken:
        upcoming = days.next_turn(row.first_on, row.weeks, after=upcoming)
    opens = days.next_working_day(upcoming, days.days_off(choices.country())) if upcoming else None
    title = instruments.load(row.instrument_id).title
    return ScheduleView(
        id=row.pk,
        node_id=row.node_id,
        node_name=row.node.name,
        questionnaire=str(instruments.in_words(title)),
        weeks=row.weeks,
        open_days=row.open_days,
        kind=row.kind,
        next_on=None if is_paused or row.look_on is None else opens,
        is_paused=is_paused,
        turns=tuple(TurnView(turn.due_on, turn.round_id, turn.refusal) for turn in turns[:3]),
    )
