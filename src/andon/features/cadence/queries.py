"""Reading schedules, as frozen values."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.http import Http404

from andon.features.cadence import choices, days, services
from andon.features.cadence.models import Schedule, Turn
from andon.features.instruments import public as instruments
from andon.features.rounds import public as rounds
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
    open_days: int
    rhythm: str
    asks_comments: bool
    next_on: date | None
    is_paused: bool
    turns: tuple[TurnView, ...]


def schedules_of(node_ids: Collection[str], *, on: date) -> list[ScheduleView]:
    """Those of these nodes and of all below them that are not ended, by team. Four queries; none without nodes."""
    if not node_ids:
        return []
    rows = (
        Schedule.objects.filter(node_id__in=organisation.below_any(node_ids), ending=None)
        .select_related("node", "pause")
        .prefetch_related("turns")
        .order_by("node__name", "pk")
    )
    found = [(row, sorted(row.turns.all(), key=lambda turn: turn.due_on, reverse=True)) for row in rows[:200]]
    asked = rounds.find_all([turns[0].round_id for row, turns in found if row.is_window and turns])
    return [_view(row, turns, asked, on) for row, turns in found]


def access_schedule(member: Member, schedule_id: str) -> Schedule:
    """The schedule, if the member leads its team. Raises: Http404, for what is absent and what is not theirs alike."""
    row = Schedule.objects.select_related("node").filter(pk=schedule_id, ending=None).first()
    if row is None or not organisation.leads(member.pk, row.node_id, on=organisation.today()):
        raise Http404
    return row


def _view(row: Schedule, turns: Sequence[Turn], asked: Mapping[str, rounds.RoundView], on: date) -> ScheduleView:
    taken = {turn.due_on for turn in turns}
    is_paused = hasattr(row, "pause")
    upcoming = days.next_turn(row.first_on, row.weeks, after=on - days.ONE)
    if row.is_window:
        last = turns[0] if turns else None
        upcoming = services.next_window(row, last, asked.get(last.round_id) if last else None)
    while upcoming is not None and upcoming in taken:
        upcoming = days.next_turn(row.first_on, row.weeks, after=upcoming)
    opens = days.next_working_day(upcoming, days.days_off(choices.country())) if upcoming else None
    title = instruments.load(row.instrument_id).title
    return ScheduleView(
        id=row.pk,
        node_id=row.node_id,
        node_name=row.node.name,
        questionnaire=str(instruments.in_words(title)),
        open_days=row.open_days,
        rhythm=row.kind if row.is_window else str(row.weeks),
        asks_comments=row.asks_comments,
        next_on=None if is_paused or row.look_on is None else opens,
        is_paused=is_paused,
        turns=tuple(TurnView(turn.due_on, turn.round_id, turn.refusal) for turn in turns[:3]),
    )
