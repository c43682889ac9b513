"""Slow colours: a band moves only when more than one person's coming, going or silence must have moved it.

Reference: docs/protocol/disclosure.md, section 5 (rule R3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from andon.kernel.disclosure.bands import Band, ImpossibleTotal, TooFewBallots, band, band_edges
from andon.kernel.disclosure.units import LEAST_UNIT

STEP = 4
"""How far one person can move a total of answers 1 to 5: what a margin is made of."""
MOST_CHANGES = 2
MOST_ROUNDS_WITH_MARGIN = 4
TWO_COLLUDE_FROM = 8


class MalformedMemory(ValueError):
    """What was remembered of a band cannot have come from these rules."""


class MalformedCounts(ValueError):
    """A roster, ballots, joiners or leavers that cannot be."""


class Silence(Enum):
    """Why a statement shows no band in this round, in a unit that shows others or could have.

    In a window each statement has ballots of its own, so that some may have too few.
    """

    TOO_MANY_CHANGES = "too_many_changes"
    TOO_LONG_WITH_MARGIN = "too_long_with_margin"
    OTHER_RULES = "other_rules"
    TOO_FEW_BALLOTS = "too_few_ballots"


@dataclass(frozen=True, slots=True)
class Counts:
    """What counts show of one statement in one unit: ballots, roster, and who joined or left since its last round.

    Raises: MalformedCounts.
    """

    ballots: int
    roster: int
    joiners: int = 0
    leavers: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.ballots <= self.roster or not 0 <= self.joiners <= self.roster or self.leavers < 0:
            raise MalformedCounts("ballots and joiners lie from 0 to the roster, leavers from 0")

    @property
    def silent(self) -> int:
        return self.roster - self.ballots


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is kept of a statement of a unit from round to round. It holds nothing that was not published.

    All since the band was set fresh: ``changes`` are people who joined, left, fell silent or came back, as far as
    counts show; ``swaps`` is whether two people may have changed places between silence and answering, which no count
    shows; ``rounds_with_margin``; ``kept`` is whether the band stays as it is until it is set fresh again. ``silent``
    is how many did not cast in the last round.
    """

    band: Band
    changes: int
    silent: int
    swaps: bool
    rounds_with_margin: int
    kept: bool

    def to_json(self) -> dict[str, object]:
        return {
            "band": self.band.value,
            "changes": self.changes,
            "kept": self.kept,
            "margin_rounds": self.rounds_with_margin,
            "silent": self.silent,
            "swaps": self.swaps,
        }

    @classmethod
    def from_json(cls, value: object) -> Remembered:
        """Guarantees: from_json(x.to_json()) == x. Raises: MalformedMemory for anything else."""
        keys = {"band", "changes", "kept", "margin_rounds", "silent", "swaps"}
        if not isinstance(value, Mapping) or set(value) != keys:
            raise MalformedMemory("a remembered band has other parts")
        if any(type(value[key]) is not int or value[key] < 0 for key in ("changes", "silent", "margin_rounds")):
            raise MalformedMemory("counts are integers from 0")
        if type(value["kept"]) is not bool or type(value["swaps"]) is not bool:
            raise MalformedMemory("kept and swaps are true or false")
        try:
            shown = Band(value["band"])
        except ValueError:
            raise MalformedMemory("a band that this version does not know") from None
        return cls(shown, value["changes"], value["silent"], value["swaps"], value["margin_rounds"], value["kept"])


@dataclass(frozen=True, slots=True)
class Shown:
    """A band that may be shown, and the lowest and highest total, both included, that it is compatible with.

    ``updated`` is false where the band was kept whatever the total was: then the bounds say nothing.
    """

    band: Band
    low: int
    high: int
    margin: int
    updated: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One round's outcome for one statement: what is shown (None: nothing), why not, and what is remembered."""

    shown: Shown | None
    silence: Silence | None
    remembered: Remembered | None


def first(total: int, counts: Counts) -> Step:
    """Set a band fresh, from the total alone. Raises: TooFewBallots, ImpossibleTotal."""
    shown = band(total, counts.ballots)
    low, high = band_edges(counts.ballots, shown)
    return Step(
        Shown(shown, low, high, margin=0, updated=True),
        None,
        Remembered(shown, changes=0, silent=counts.silent, swaps=False, rounds_with_margin=0, kept=False),
    )


def too_few(before: Remembered | None, counts: Counts) -> Step:
    """A round with fewer ballots than a figure needs: nothing is shown, and comings and goings are remembered."""
    if before is None:
        return Step(None, None, None)
    after = _counted(before, counts)
    return Step(None, None, after if after.changes <= MOST_CHANGES else None)


def not_asked(before: Remembered, *, joiners: int, leavers: int) -> Remembered | None:
    """What is remembered of a statement that this window left out: who came and went counts on all the same.

    None after too many of them: it is set fresh when it is asked again, and nothing was shown of it meanwhile.
    """
    changes = before.changes + joiners + leavers
    return replace(before, changes=changes) if changes <= MOST_CHANGES else None


def following(total: int, before: Remembered, counts: Counts) -> Step:
    """What a later round shows, given what is remembered.

    The margin is 4 for each person that came or went since the band was set fresh, and 4 more once two people may have
    changed places unseen; so it is 0 exactly while the roster is the same and everyone cast. A band moves only when
    the total is past its edge by more than the margin. After three changes, or four rounds with a margin, one round
    shows nothing and the next one is set fresh. Where the margin would leave some colour so narrow that a colleague
    could rule an answer out, or where it leaves one colour for all totals, the band is kept whatever the totals are
    until it is set fresh again, and says so.

    Guarantees: whether something is shown, and with which margin and bounds around its band, depends on counts and on
    what was published before, never on this round's answers; one person who joins, leaves, falls silent or comes back
    cannot alone change a colour before it is set fresh again; no total outside the bounds is compatible with what is
    shown, and no answer of a colleague is excluded by it.
    Does not: promise that of several people at once, or over a fresh setting.
    Raises: TooFewBallots, ImpossibleTotal.
    Reference: docs/protocol/disclosure.md, R3.
    """
    n = counts.ballots
    if n < LEAST_UNIT:
        raise TooFewBallots(f"a band needs at least {LEAST_UNIT} ballots")
    if not n <= total <= 5 * n:
        raise ImpossibleTotal(f"the total is not between {n} and {5 * n}")
    after = _counted(before, counts)
    if after.changes > MOST_CHANGES:
        return Step(None, Silence.TOO_MANY_CHANGES, None)
    margin = STEP * (after.changes + after.swaps)
    if margin and before.rounds_with_margin >= MOST_ROUNDS_WITH_MARGIN:
        return Step(None, Silence.TOO_LONG_WITH_MARGIN, None)
    cells = margin_cells(n, before.band, margin)
    # One set holds every total: no answer could show another colour, so none is new.
    kept = before.kept or len(cells) == 1 or not all(is_wide(n, cell) for cell in cells.values())
    if kept:
        now, bounds = before.band, (n, 5 * n)
    else:
        now = next(shown for shown, (low, high) in cells.items() if low <= total <= high)
        low, high = band_edges(n, now)
        bounds = max(n, low - margin), min(5 * n, high + margin)
    return Step(
        Shown(now, *bounds, margin=margin, updated=not kept),
        None,
        replace(after, band=now, rounds_with_margin=before.rounds_with_margin + (margin > 0), kept=kept),
    )


def _counted(before: Remembered, counts: Counts) -> Remembered:
    return replace(
        before,
        changes=before.changes + changes_between(before.silent, counts),
        swaps=before.swaps or (before.silent > 0 and counts.silent > 0),
        silent=counts.silent,
    )


def changes_between(silent_before: int, counts: Counts) -> int:
    """How many people came or went since the last round, as far as counts show: joined, left, fell silent, came back.

    Does not: see two people who change places between silence and answering (``Remembered.swaps``).
    """
    return counts.joiners + counts.leavers + abs(counts.silent - silent_before)


def margin_cells(n: int, before: Band, margin: int) -> dict[Band, tuple[int, int]]:
    """The sets of totals that would show each colour after ``before``, both ends included; empty sets are left out.

    Guarantees: they cut [n, 5n] without gap or overlap; with a margin of 0 they are the four bands.
    """
    cells: dict[Band, tuple[int, int]] = {}
    order = list(Band)
    place = order.index(before)
    for position, one in enumerate(order):
        low, high = band_edges(n, one)
        # Below the remembered band every edge is shifted down, above it up; the remembered band takes both margins.
        low += margin if position > place else -margin
        high += -margin if position < place else margin
        low = n if position == 0 else max(n, low)
        high = 5 * n if position == len(order) - 1 else min(5 * n, high)
        if low <= high:
            cells[one] = (low, high)
    return cells


def margin_of(n: int, shown: Band, low: int, high: int) -> int:
    """With which margin a new colour of these bounds was moved; 0 for one that was set fresh or needed none.

    Exact where one of its bounds is not cut by what n answers can reach, as is so of every colour that is new.
    """
    edges = band_edges(n, shown)
    return max(edges[0] - low, high - edges[1])


def cells_with_margin(n: int, margin: int) -> tuple[tuple[int, int], ...]:
    """Every set of totals that a new colour with this margin may stand for, whatever the colour was before."""
    found: list[tuple[int, int]] = []
    for before in Band:
        cells = margin_cells(n, before, margin)
        if len(cells) > 1 and all(is_wide(n, cell) for cell in cells.values()):
            found += cells.values()
    return tuple(found)


def is_wide(n: int, cell: tuple[int, int]) -> bool:
    """Whether a set of totals is so wide that one colleague, from eight ballots on two, cannot rule out an answer.

    Reference: docs/protocol/disclosure.md, R2: it reaches n + 4(c + 1) and down to 5n - 4(c + 1).
    """
    coalition = 2 if n >= TWO_COLLUDE_FROM else 1
    low, high = cell
    return high >= n + STEP * (coalition + 1) and low <= 5 * n - STEP * (coalition + 1)
