"""The auditor: looks at what is about to be shown and says what it would give away. Needs the `server` extra.

It shares no line with the code that publishes. The rules of bands and margins are written here a second time, as plain
enumeration over all totals, and whether an answer stays possible is decided by arithmetic where an answer stands in
one sum, and by integer programming where it stands in several.

Reference: docs/protocol/disclosure.md, section 8.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

COLOURS = ("low", "mixed-low", "mixed-high", "high")

Reason = Literal[
    "answer_excluded",
    "counted_twice",
    "too_few_ballots",
    "more_ballots_than_people",
    "shown_against_the_rule",
    "other_bounds",
    "comments_of_few",
    "comments_changed",
]


class CannotDecide(Exception):
    """The solver gave no answer within its limits: nothing may be shown on its word."""


@dataclass(frozen=True, slots=True)
class Before:
    """What was remembered of a statement of this unit when it was published: known to everybody who reads releases."""

    colour: str
    changes: int
    silent: int
    swaps: bool
    margin_rounds: int
    kept: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """One statement as it is about to be shown: its colour, the totals it is said to be compatible with, and counts."""

    colour: str
    low: int
    high: int
    updated: bool
    ballots: int
    joiners: int = 0
    leavers: int = 0
    before: Before | None = None


@dataclass(frozen=True, slots=True)
class AuditedUnit:
    """A unit of one round: who is on its roster, and its figures by statement code."""

    id: str
    people: Sequence[str]
    figures: Mapping[str, Figure]
    # How many comments are about to be shown, how many the release says, and by how many ballots they stand.
    comments: int = 0
    comments_said: int = 0
    ballots: int = 0
    # How many ballots the round's policy asks for; comments ask for eight at least.
    least_ballots: int = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason not to show a release. It names a unit and a statement, never a person or a total."""

    unit: str
    statement: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Sum:
    """Somebody knows that the answers of these people to one statement add up to low..high, both included."""

    people: Sequence[str]
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Audit:
    findings: tuple[Finding, ...]
    looked_at: int = field(compare=False)

    @property
    def passed(self) -> bool:
        return not self.findings


def audit(units: Sequence[AuditedUnit]) -> Audit:
    """Whether a round's figures may be shown.

    For each statement of each unit: at least five ballots, no more than people; the colour is one that the rules allow
    after what was shown before; the bounds are exactly the totals that the rules would have shown that colour for; and
    a colleague who knows their own answer, from eight ballots on two who put theirs together, cannot rule out any
    answer of anybody else. Over all units: nobody is counted twice. Comments: eight people and ballots, or as many as
    the policy asks for where that is more, and as many comments as the release says.

    Guarantees: a release that passes excludes no answer to a statement within this round; no finding holds a person,
    a total or an answer.
    Does not: judge likelihoods (see exclusion.worst_likelihood_ratio), noise, or colleagues who know more than their
    own answers; follow a person over several rounds.
    Reference: docs/protocol/disclosure.md, R1, R2, R3.
    """
    findings: list[Finding] = []
    counted = Counter(person for unit in units for person in unit.people)
    looked_at = 0
    for unit in units:
        if any(counted[person] > 1 for person in unit.people):
            findings.append(Finding(unit.id, "", "counted_twice"))
        if unit.comments and min(len(unit.people), unit.ballots) < max(8, unit.least_ballots):
            findings.append(Finding(unit.id, "", "comments_of_few"))
        if unit.comments != unit.comments_said:
            findings.append(Finding(unit.id, "", "comments_changed"))
        for code, figure in sorted(unit.figures.items()):
            looked_at += 1
            reason = _wrong_with(figure, len(unit.people))
            if reason is not None:
                findings.append(Finding(unit.id, code, reason))
    return Audit(tuple(findings), looked_at)


def excluded(sums: Sequence[Sum], known: Mapping[str, int]) -> frozenset[tuple[str, int]]:
    """Every (person, answer) that somebody who knows ``known`` answers can rule out, given all the sums together.

    For any way of publishing sums, also such as overlap: it is how the rules that we do not use are broken. A sum whose
    people stand in no other is decided by arithmetic, the rest by integer programming (HiGHS).

    Guarantees: exact; an answer is ruled out exactly when no way of answering agrees with everything.
    Raises: CannotDecide; ValueError when the sums contradict each other or what is known.
    """
    people = sorted({person for one in sums for person in one.people} - known.keys())
    stands_in = Counter(person for one in sums for person in one.people)
    alone = [one for one in sums if all(stands_in[person] == 1 for person in one.people)]
    joined = [one for one in sums if one not in alone]
    ruled_out: set[tuple[str, int]] = set()
    for one in alone:
        others = [person for person in one.people if person not in known]
        mine = sum(known[person] for person in one.people if person in known)
        ruled_out |= {(person, answer) for person in others for answer in _impossible(one, mine, len(others))}
    if joined:
        inside = {person for one in joined for person in one.people}
        system = _System(joined, known)
        for person in people:
            if person in inside:
                ruled_out |= {(person, answer) for answer in range(1, 6) if not system.agrees(person, answer)}
    return frozenset(ruled_out)


# Of what is about to be shown, and of nothing else: most figures of a large round are like many others.
@lru_cache(maxsize=65536)
def _wrong_with(figure: Figure, people: int) -> Reason | None:
    n = figure.ballots
    if n > people:
        return "more_ballots_than_people"
    if n < 5:
        return "too_few_ballots"
    cell = _cell(n, people - n, figure.joiners, figure.leavers, figure.before, figure.colour, figure.updated)
    if cell is None:
        return "shown_against_the_rule"
    if not figure.low <= cell[0] <= cell[1] <= figure.high or not _same_bounds(figure, cell, people):
        return "other_bounds"
    for coalition in (1, 2) if n >= 8 else (1,):
        for own in range(coalition, 5 * coalition + 1):
            if own + n - coalition > cell[1] or own + 5 * (n - coalition) < cell[0]:
                continue
            if _impossible(Sum((), *cell), own, n - coalition):
                return "answer_excluded"
    return None


def _impossible(one: Sum, known: int, others: int) -> list[int]:
    """The answers that one of ``others`` cannot have given when all together are low..high and ``known`` is theirs."""
    rest = others - 1
    return [a for a in range(1, 6) if known + a + rest > one.high or known + a + 5 * rest < one.low]


@lru_cache(maxsize=65536)
def _cell(
    n: int, silent: int, joiners: int, leavers: int, before: Before | None, colour: str, updated: bool
) -> tuple[int, int] | None:
    """The totals for which the rules show this colour, found by trying each; None when there is none or a gap."""
    totals = [
        total
        for total in range(n, 5 * n + 1)
        if _shows(n, total, silent, joiners, leavers, before) == (colour, updated)
    ]
    if not totals or totals != list(range(totals[0], totals[-1] + 1)):
        return None
    return totals[0], totals[-1]


def _shows(
    n: int, total: int, silent: int, joiners: int, leavers: int, before: Before | None
) -> tuple[str, bool] | None:
    """What the rules show for a total: colour and whether it was updated, or None for nothing."""
    if before is None:
        return _colour(n, total), True
    changes = before.changes + joiners + leavers + abs(silent - before.silent)
    margin = 4 * changes + 4 * (before.swaps or (silent > 0 and before.silent > 0))
    if changes >= 3 or (margin > 0 and before.margin_rounds >= 4):
        return None
    if before.kept or _too_narrow(n, before.colour, margin):
        return before.colour, False
    return _moved(n, total, before.colour, margin), True


def _colour(n: int, total: int) -> str:
    # Whole numbers throughout: 13 n // 5 is the last total that is "low", and "high" mirrors it.
    if total <= 13 * n // 5:
        return "low"
    if 6 * n - total <= 13 * n // 5:
        return "high"
    return "mixed-low" if total <= 3 * n else "mixed-high"


def _moved(n: int, total: int, before: str, margin: int) -> str:
    """The colour after a margin: up only as far as a total that is smaller by the margin goes, down likewise."""
    up = COLOURS.index(_colour_beyond(n, total - margin))
    down = COLOURS.index(_colour_beyond(n, total + margin))
    place = COLOURS.index(before)
    return COLOURS[up if up > place else min(place, down)]


def _colour_beyond(n: int, total: int) -> str:
    """As _colour, for totals that the margin has carried outside of what n answers can reach."""
    return _colour(n, min(max(total, n), 5 * n))


@lru_cache(maxsize=4096)
def _too_narrow(n: int, before: str, margin: int) -> bool:
    reach = 4 * (3 if n >= 8 else 2)
    sets: dict[str, list[int]] = {}
    for total in range(n, 5 * n + 1):
        sets.setdefault(_moved(n, total, before, margin), []).append(total)
    # A colour that every total shows says nothing of any: it is no new one.
    return len(sets) == 1 or any(max(totals) < n + reach or min(totals) > 5 * n - reach for totals in sets.values())


def _same_bounds(figure: Figure, cell: tuple[int, int], people: int) -> bool:
    """Whether the printed bounds are what may be printed: everything if kept, else at most the margin wider."""
    n = figure.ballots
    if not figure.updated:
        return (figure.low, figure.high) == (n, 5 * n)
    if figure.before is None:
        return (figure.low, figure.high) == cell
    silent = people - n
    changes = figure.before.changes + figure.joiners + figure.leavers + abs(silent - figure.before.silent)
    margin = 4 * changes + 4 * (figure.before.swaps or (silent > 0 and figure.before.silent > 0))
    totals = [total for total in range(n, 5 * n + 1) if _colour(n, total) == figure.colour]
    return (figure.low, figure.high) == (max(n, totals[0] - margin), min(5 * n, totals[-1] + margin))


class _System:
    """Answers as integers from 1 to 5 under all sums, for HiGHS.

    SciPy is loaded here and not with this module: it takes most of a second, and every process that knows what a
    release is would wait for it, while units alone are decided without it.
    """

    def __init__(self, sums: Sequence[Sum], known: Mapping[str, int]) -> None:
        from scipy.optimize import LinearConstraint
        from scipy.sparse import csr_array

        self.place = {
            person: number for number, person in enumerate(sorted({person for one in sums for person in one.people}))
        }
        rows = [number for number, one in enumerate(sums) for _person in one.people]
        columns = [self.place[person] for one in sums for person in one.people]
        matrix = csr_array(([1.0] * len(rows), (rows, columns)), shape=(len(sums), len(self.place)))
        self.sums = LinearConstraint(matrix, [one.low for one in sums], [one.high for one in sums])
        self.low, self.high = [1.0] * len(self.place), [5.0] * len(self.place)
        for person, answer in known.items():
            if person in self.place:
                self.low[self.place[person]] = self.high[self.place[person]] = answer
        if not self._has_solution(self.low, self.high):
            raise ValueError("the sums contradict each other, or what is known")

    def agrees(self, person: str, answer: int) -> bool:
        low, high = self.low.copy(), self.high.copy()
        low[self.place[person]] = high[self.place[person]] = answer
        return self._has_solution(low, high)

    def _has_solution(self, low: Sequence[float], high: Sequence[float]) -> bool:
        from scipy.optimize import Bounds, milp

        nothing_to_gain = [0] * len(low)
        found = milp(nothing_to_gain, constraints=self.sums, bounds=Bounds(low, high), integrality=[1] * len(low))
        # 0: solved; 2: no solution exists. Anything else is no answer.
        if found.status == 0:
            return True
        if found.status == 2:
            return False
        raise CannotDecide(f"the solver stopped with status {found.status}")
