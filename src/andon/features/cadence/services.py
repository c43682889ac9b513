"""Schedules: made, paused, ended, and carried out."""

import contextlib
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from andon.features.cadence import choices, days
from andon.features.cadence.models import Pause, Schedule, ScheduleEnding, Turn
from andon.features.rounds import public as rounds
from andon.foundation.audit import public as audit
from andon.foundation.organisation import public as organisation
from andon.foundation.organisation.models import Node
from andon.foundation.people.models import Member

# A round is published so long before it opens: wallets fetch their slips meanwhile.
LEAD = timedelta(days=3)
# Later than this a day is left out: after a long standstill nobody is asked twice in a row.
LATE = timedelta(days=6)
WEEKS = (0, 8, 13, 26)
# So long after a window that could not be asked it is tried again.
TRY_AGAIN = timedelta(weeks=1)
OPEN_DAYS = (3, 7, 14)


class ScheduleRefused(ValueError):
    """The schedule cannot be made like this. Nothing was changed."""


class AlreadyScheduled(ScheduleRefused):
    def __init__(self) -> None:
        super().__init__(
            _("There is a schedule for this team and this questionnaire. End that one first. Nothing was changed.")
        )


class TooSoon(ScheduleRefused):
    def __init__(self) -> None:
        super().__init__(_("The first day lies in the past, or more than a year away. Nothing was changed."))


class AskedTooLately(ScheduleRefused):
    def __init__(self, earliest: date) -> None:
        super().__init__(
            _(
                "These people are asked the same until shortly before that day, or were, and 28 days have to lie "
                "between two rounds. The first day can be %(day)s or later. Nothing was changed."
            )
            % {"day": date_format(earliest, "DATE_FORMAT")}
        )


def make_schedule(
    *,
    node_id: str,
    instrument_id: str,
    first_on: date,
    weeks: int,
    open_days: int,
    by: Member,
    at: datetime,
    on: date,
    kind: str = rounds.Kind.FULL,
    asks_comments: bool = False,
) -> Schedule:
    """`kind`: all at once every so many weeks, or one window of questions after the other.

    Raises: AlreadyScheduled, TooSoon, AskedTooLately; ValueError for a rhythm that is none of ours, and for comments
    in windows.
    """
    if asks_comments and kind != rounds.Kind.FULL:
        raise ValueError("a window asks for no comments")
    if weeks not in WEEKS or open_days not in OPEN_DAYS or kind not in rounds.Kind.values:
        raise ValueError("a rhythm that nobody offered")
    if not on <= first_on <= on + timedelta(days=366):
        raise TooSoon
    with transaction.atomic(using="default"):
        # Two at once wait for each other at the team: there may be no schedule yet that they could wait at.
        Node.objects.select_for_update().filter(pk=node_id).first()
        alike = Schedule.objects.filter(node_id=node_id, instrument_id=instrument_id, ending=None)
        if alike.exclude(look_on=None, pause=None).exists():
            raise AlreadyScheduled
        if kind == rounds.Kind.FULL:
            _check_rest(node_id, instrument_id, first_on)
        schedule = Schedule.objects.create(
            node_id=node_id,
            instrument_id=instrument_id,
            first_on=first_on,
            weeks=weeks,
            open_days=open_days,
            kind=kind,
            asks_comments=asks_comments,
            look_on=max(on, first_on - LEAD),
            by=by,
            at=at,
        )
        audit.record(kind="schedule.made", by=by, at=at, subject=schedule.node.name)
    return schedule


def _check_rest(node_id: str, instrument_id: str, first_on: date) -> None:
    """Raises: AskedTooLately, where the first round of a schedule would be refused when its day comes."""
    rested = rounds.rests_until(node_id, instrument_id)
    if rested is not None:
        # It is published so long before, and on the day after the rest at the earliest.
        earliest = rested.astimezone(organisation.zone()).date() + LEAD + days.ONE
        if first_on < earliest:
            raise AskedTooLately(earliest)


def pause_schedule(*, schedule_id: str, by: Member, at: datetime) -> None:
    """No further round until it goes on. Sent twice, it pauses once. Rounds that are published are not touched."""
    with transaction.atomic(using="default"):
        schedule = _locked(schedule_id)
        if schedule.look_on is None:
            return
        Pause.objects.get_or_create(schedule=schedule, defaults={"by": by, "at": at})
        _look(schedule, None)
        audit.record(kind="schedule.paused", by=by, at=at, subject=schedule.node.name)


def resume_schedule(*, schedule_id: str, by: Member, at: datetime, on: date) -> None:
    """Go on with the next of its days that is not over. Days that passed meanwhile are left out."""
    with transaction.atomic(using="default"):
        schedule = _locked(schedule_id)
        removed, _by_model = Pause.objects.filter(schedule=schedule).delete()
        if not removed:
            return
        if schedule.is_window:
            turn: date | None = max(on, _next_window(schedule))
        else:
            turn = days.next_turn(schedule.first_on, schedule.weeks, after=on - timedelta(days=1))
        _look(schedule, max(on, turn - LEAD) if turn else None)
        audit.record(kind="schedule.resumed", by=by, at=at, subject=schedule.node.name)


def end_schedule(*, schedule_id: str, by: Member, at: datetime) -> None:
    """No further round. Sent twice, it ends once. Rounds that are published are not touched."""
    with transaction.atomic(using="default"):
        schedule = _locked(schedule_id)
        _row, is_new = ScheduleEnding.objects.get_or_create(schedule=schedule, defaults={"by": by, "at": at})
        _look(schedule, None)
        if is_new:
            audit.record(kind="schedule.ended", by=by, at=at, subject=schedule.node.name)


def _locked(schedule_id: str) -> Schedule:
    return Schedule.objects.select_for_update().get(pk=schedule_id)


def _look(schedule: Schedule, on: date | None) -> None:
    schedule.look_on = on
    schedule.save(update_fields=["look_on"])


class NotAnyMore(rounds.RoundRefused):
    """The schedule was paused or ended while its round was being planned."""


def next_window(schedule: Schedule, last: Turn | None, asked: rounds.RoundView | None) -> date:
    """The day on which the next window begins: that of the last one's close, or a week after one that was refused.

    `asked` is the round of the last turn, None where it was refused.
    """
    if last is None:
        return schedule.first_on
    return asked.closes_at.astimezone(organisation.zone()).date() if asked else last.due_on + TRY_AGAIN


def _next_window(schedule: Schedule) -> date:
    last = schedule.turns.order_by("-due_on").first()
    return next_window(schedule, last, rounds.find(last.round_id) if last and last.round_id else None)


def _go_on(schedule: Schedule, *, after: date, on: date) -> None:
    """Look again when the first turn after that day is near. Raises: NotAnyMore."""
    _look_again(schedule, days.next_turn(schedule.first_on, schedule.weeks, after=after), on=on)


def _look_again(schedule: Schedule, following: date | None, *, on: date) -> None:
    """One statement, so that a pause or an end that came meanwhile stays what it is. Raises: NotAnyMore."""
    look_on = max(on + days.ONE, following - LEAD) if following else None
    if not Schedule.objects.filter(pk=schedule.pk, look_on__isnull=False).update(look_on=look_on):
        raise NotAnyMore


def carry_out(*, schedule_id: str, now: datetime) -> None:
    """Publish the round whose turn it is, if there is one. May be repeated.

    Guarantees: at most one round for each day of a schedule, also when it is killed anywhere, and none once it is
    paused or ended: that the turn was taken is written in the transaction that plans its round. Where no round can be,
    the reason is kept, and it goes on with the next day.
    Raises: what publish_round raises where something of the installation is missing; it is tried again then.
    """
    on = organisation.today(now)
    schedule = Schedule.objects.filter(pk=schedule_id, look_on__lte=on).first()
    if schedule is None:
        return
    if schedule.is_window:
        with contextlib.suppress(NotAnyMore):
            _carry_on(schedule, now=now, on=on)
        return
    turn = days.latest_turn(schedule.first_on, schedule.weeks, until=on + LEAD)
    with contextlib.suppress(NotAnyMore):
        if turn is None or on - turn > LATE:
            # Too early, or missed by too much.
            _go_on(schedule, after=on + LEAD, on=on)
        elif Turn.objects.filter(schedule=schedule, due_on=turn).exists():
            _go_on(schedule, after=turn, on=on)
        else:
            _take(schedule, turn, now=now, on=on)


def _carry_on(schedule: Schedule, *, now: datetime, on: date) -> None:
    """Publish the next window, if its day is near. One that was missed begins when somebody looks."""
    turn = _next_window(schedule)
    if turn - on > LEAD:
        _look_again(schedule, turn, on=on)
    else:
        _take(schedule, max(turn, on), now=now, on=on)


def _take(schedule: Schedule, turn: date, *, now: datetime, on: date) -> None:
    """Publish the round of this turn, or keep why there is none. Raises: NotAnyMore."""
    day = days.next_working_day(turn, days.days_off(choices.country()))
    opens_at = max(organisation.work_begins(day, organisation.zone()), now + rounds.notice() + timedelta(minutes=1))

    def taken(**became: str) -> None:
        if schedule.is_window:
            # When the next one begins is known as soon as this round stands.
            _look_again(schedule, turn + days.ONE, on=on)
        else:
            _go_on(schedule, after=turn, on=on)
        Turn.objects.create(schedule=schedule, due_on=turn, **became)

    try:
        rounds.publish_round(
            node_id=schedule.node_id,
            instrument_id=schedule.instrument_id,
            opens_at=opens_at,
            closes_at=None if schedule.is_window else opens_at + timedelta(days=schedule.open_days),
            kind=schedule.kind,
            asks_comments=schedule.asks_comments and rounds.may_ask_for_comments(),
            by=schedule.by,
            at=now,
            also=lambda round_id: taken(round_id=round_id),
        )
    except NotAnyMore:
        raise
    except rounds.RoundRefused as refused:
        with transaction.atomic(using="default"):
            taken(refusal=type(refused).__name__)
