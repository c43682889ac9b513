"""Windows: rounds that ask one question a day or a week. Which questions, in which order, and from when.

Reference: docs/decisions/0039-question-of-the-day.md; docs/protocol/README.md, section 7.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from secrets import SystemRandom

from andon.features.instruments import public as instruments
from andon.foundation.organisation.days import IsFree, is_weekend, work_begins

FEWEST_WEEKS, MOST_WEEKS = 4, 8
# A weekly window asks as few facets as give so many statements.
FEWEST_STATEMENTS = 4
# The last question of a daily window can be answered for so long: two days of these are the last call of the wallets.
LAST_DAYS = timedelta(days=3)


class DoesNotFit(ValueError):
    """So many statements do not fit into a window of eight weeks."""


@dataclass(frozen=True, slots=True)
class Question:
    """A statement of a window, and the moment from which it can be answered, until the window closes."""

    code: str
    asked_from: datetime


@dataclass(frozen=True, slots=True)
class Window:
    questions: tuple[Question, ...]
    closes_at: datetime

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(question.code for question in self.questions)


def plan_daily(
    codes: Sequence[str], *, opens_at: datetime, zone: tzinfo, is_free: IsFree, random: SystemRandom
) -> Window:
    """Each statement once, the first at the opening, then one a working day from nine in the morning.

    Guarantees: whole weeks, at least four; the last question is open for three days or more; the order is drawn.
    Raises: DoesNotFit.
    """
    first = opens_at.astimezone(zone).date()
    days = _working_days(first, len(codes), is_free)
    for weeks in range(FEWEST_WEEKS, MOST_WEEKS + 1):
        closes_at = work_begins(first + timedelta(weeks=weeks), zone)
        if work_begins(days[-1], zone) + LAST_DAYS <= closes_at:
            return _window(codes, days, opens_at=opens_at, closes_at=closes_at, zone=zone, random=random)
    raise DoesNotFit


def plan_weekly(codes: Sequence[str], *, opens_at: datetime, zone: tzinfo, random: SystemRandom) -> Window:
    """Each statement once, the first at the opening, then one a week; each is the newest for a whole week.

    Guarantees: as many weeks as statements, at least four; the order is drawn.
    Raises: DoesNotFit.
    """
    if len(codes) > MOST_WEEKS:
        raise DoesNotFit
    first = opens_at.astimezone(zone).date()
    days = [first + timedelta(weeks=number) for number in range(len(codes))]
    closes_at = work_begins(first + timedelta(weeks=max(FEWEST_WEEKS, len(codes))), zone)
    return _window(codes, days, opens_at=opens_at, closes_at=closes_at, zone=zone, random=random)


def statements_of_turn(instrument: instruments.Instrument, asked_last: Collection[str]) -> tuple[str, ...]:
    """What a weekly window asks: the facets after those that the last one asked.

    As few as give four statements, and as give no more than eight.

    In the order of the instrument, and from its beginning again after its end.
    """
    facets = [facet.id for facet in instrument.facets]
    asked = {statement.facet for statement in instrument.statements if statement.code in asked_last}
    places = [number for number, facet in enumerate(facets) if facet in asked]
    # A turn that went over the end begins at a late facet and ends at an early one: the last is before the first gap.
    start = 0
    if places and len(places) < len(facets):
        start = next((number + 1) % len(facets) for number in places if facets[(number + 1) % len(facets)] not in asked)
    found: list[str] = []
    for step in range(len(facets)):
        of_facet = [one.code for one in instrument.of_facet(facets[(start + step) % len(facets)])]
        if len(found) >= FEWEST_STATEMENTS or (found and len(found) + len(of_facet) > MOST_WEEKS):
            break
        found += of_facet
    return tuple(found)


def question_at(questions: Sequence[Question], now: datetime) -> Question | None:
    """The newest question that is asked by now; None before the first."""
    return next((question for question in reversed(questions) if question.asked_from <= now), None)


_days_off: list[Callable[[], IsFree]] = []


def register_days_off(days_off: Callable[[], IsFree]) -> None:
    """`cadence` stands above this feature and knows public holidays; it tells them through this port."""
    _days_off[:] = [days_off]


def days_off() -> IsFree:
    """Days on which no new question is asked; weekends alone, where nobody knows more."""
    return _days_off[0]() if _days_off else is_weekend


def _working_days(first: date, number: int, is_free: IsFree) -> list[date]:
    """The first day, whatever it is, and the working days after it."""
    found, day, last = [first], first, first + timedelta(weeks=MOST_WEEKS)
    while len(found) < number:
        day += timedelta(days=1)
        if day > last:
            raise DoesNotFit
        if not is_free(day):
            found.append(day)
    return found


def _window(
    codes: Iterable[str],
    days: Sequence[date],
    *,
    opens_at: datetime,
    closes_at: datetime,
    zone: tzinfo,
    random: SystemRandom,
) -> Window:
    order = list(codes)
    random.shuffle(order)
    moments = [opens_at, *(work_begins(day, zone) for day in days[1:])]
    return Window(tuple(Question(code, since) for code, since in zip(order, moments, strict=True)), closes_at)
