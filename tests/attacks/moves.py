"""One person comes, goes, falls silent or comes back, and nobody else answers otherwise: does a colour change?

Every way of it, over several rounds, for every total that is compatible with what was shown. Between two moves answers
may drift as far as nobody can see, so this is also what somebody meets who believes that nothing else happened.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from andon.kernel import disclosure
from andon.kernel.disclosure.slow import Remembered
from tests.attacks.seen import ALONE, ANSWERS, Oracle, Outcome


@dataclass(frozen=True)
class Standing:
    """A unit between two rounds: all that is public of one statement, and the totals that agree with it."""

    n: int
    roster: int
    remembered: Remembered
    totals: frozenset[int]


@dataclass(frozen=True)
class Moves:
    """How many moves of one person were tried, and how many changed a colour."""

    tried: int
    changed: int


def single_moves(
    oracle: Oracle, sizes: range | tuple[int, ...], *, silent: tuple[int, ...] = (0, 1), rounds: int = 3
) -> Moves:
    """Try every chain of so many rounds, from every colour that was set fresh in a unit of these sizes."""
    tried = changed = 0
    for n in sizes:
        waiting = {standing for quiet in silent for standing in _fresh(oracle, n, n + quiet)}
        seen = set(waiting)
        for _round in range(rounds):
            later: set[Standing] = set()
            for standing in waiting:
                for after in _moves(standing):
                    outcomes = _outcomes(oracle, after, standing)
                    for total in standing.totals:
                        for moved in _totals_after(total, standing.n, after):
                            tried += 1
                            changed += _is_another_colour(outcomes[moved], standing.remembered)
                    later |= set(_standings(outcomes, after))
            waiting = later - seen
            seen |= waiting
    return Moves(tried, changed)


@dataclass(frozen=True)
class _After:
    """The counts that one person's move leads to. ``sign``: what it does to the number of answers."""

    n: int
    roster: int
    joiners: int
    leavers: int
    sign: int


def _moves(standing: Standing) -> Iterator[_After]:
    n, roster = standing.n, standing.roster
    yield _After(n, roster, 0, 0, 0)
    yield _After(n + 1, roster + 1, 1, 0, 1)
    if roster > n:
        yield _After(n + 1, roster, 0, 0, 1)
    if n > disclosure.LEAST_UNIT:
        yield _After(n - 1, roster - 1, 0, 1, -1)
        yield _After(n - 1, roster, 0, 0, -1)


def _totals_after(total: int, n: int, after: _After) -> list[int]:
    if after.sign == 0:
        return []
    moved = [total + after.sign * answer for answer in ANSWERS]
    return [one for one in moved if after.n <= one <= 5 * after.n and (after.sign > 0 or n - 1 <= one <= 5 * (n - 1))]


def _outcomes(oracle: Oracle, after: _After, standing: Standing) -> dict[int, Outcome]:
    past = disclosure.Past({ALONE: standing.remembered}, after.joiners, after.leavers)
    return oracle.of(after.n, after.roster, past, ALONE)


def _fresh(oracle: Oracle, n: int, roster: int) -> list[Standing]:
    return list(_standings(oracle.of(n, roster, None, ALONE), _After(n, roster, 0, 0, 0)))


def _standings(outcomes: dict[int, Outcome], after: _After) -> Iterator[Standing]:
    by_outcome: dict[Outcome, set[int]] = {}
    for total, one in outcomes.items():
        by_outcome.setdefault(one, set()).add(total)
    for one, totals in by_outcome.items():
        if isinstance(one.figure, disclosure.StatementFigure) and isinstance(one.remembered, Remembered):
            yield Standing(after.n, after.roster, one.remembered, frozenset(totals))


def _is_another_colour(outcome: Outcome, before: Remembered) -> bool:
    figure = outcome.figure
    return isinstance(figure, disclosure.StatementFigure) and figure.band is not before.band
