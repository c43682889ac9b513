"""What a colleague can learn from a band: exactly, by arithmetic, for any way of cutting totals into cells.

The same checker judges our bands and the rules it must break (exact means, narrower bands), so that a pass of ours
says something.

Reference: docs/protocol/disclosure.md, sections 2 and 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from andon.kernel.disclosure.bands import Band, band_edges

ANSWERS = (1, 2, 3, 4, 5)

Cell = tuple[int, int]
"""Lowest and highest total, both included, that are published as the same figure."""


class MalformedPrior(ValueError):
    """A prior is five probabilities, each above zero, that sum to one."""


def wide_cells(n: int) -> tuple[Cell, ...]:
    """The four bands of R2 as cells, lowest first."""
    return tuple(band_edges(n, band) for band in Band)


def excluded_answers(n: int, coalition: int, cells: Sequence[Cell] | None = None) -> frozenset[tuple[Cell, int]]:
    """Every (published cell, answer) where some coalition can be certain that a given other member did not answer so.

    ``coalition`` people who know their own answers see in which cell the total of n answers lies. A cell counts only
    for knowledge it is consistent with. Empty means: whatever anybody answered, every answer of every other member
    stays possible. For the bands of R2 that holds for one person from 5 ballots, for two from 8.

    Guarantees: exact, over all data; closed form, no enumeration. With s the coalition's total, the n - c - 1 others
    can make any total between n - c - 1 and five times that, so an answer a is possible in [low, high] exactly when
    s + a + (n - c - 1) <= high and s + a + 5 (n - c - 1) >= low.
    Does not: weigh likelihoods (see worst_likelihood_ratio), join statements or rounds.
    Raises: ValueError unless 0 <= coalition <= n - 2 (with fewer than two others the rest is subtraction, whatever
    is published).
    Reference: docs/protocol/disclosure.md, R2.
    """
    if not 0 <= coalition <= n - 2:
        raise ValueError("a coalition leaves at least two other members")
    others = n - coalition
    excluded: set[tuple[Cell, int]] = set()
    for cell in wide_cells(n) if cells is None else cells:
        low, high = cell
        for known in range(coalition, 5 * coalition + 1):
            if known + others > high or known + 5 * others < low:
                continue
            for answer in ANSWERS:
                least, most = known + answer + others - 1, known + answer + 5 * (others - 1)
                if least > high or most < low:
                    excluded.add((cell, answer))
    return frozenset(excluded)


def worst_likelihood_ratio(
    n: int, prior: Sequence[Fraction | float], cells: Sequence[Cell] | None = None
) -> Fraction | None:
    """How far a published cell can shift a colleague's belief about one answer of another: the worst ratio.

    The largest P(cell | own answer, the other answered a) / P(cell | own answer, the other answered b) over all cells,
    own answers and pairs (a, b), when the remaining n - 2 answers are independent draws from ``prior`` (weights of
    the answers 1 to 5). None means unbounded: some answer is excluded.

    Guarantees: exact rational arithmetic when the prior is given as fractions; floats are taken at their exact value.
    Does not: cover correlated colleagues, several statements at once (ratios of independent statements multiply) or
    coalitions.
    Raises: MalformedPrior; ValueError for n < 3.
    Reference: docs/protocol/disclosure.md, R2; golden values there.
    """
    weights = [Fraction(weight) for weight in prior]
    if (
        len(weights) != len(ANSWERS)
        or any(weight <= 0 for weight in weights)
        or abs(sum(weights, start=Fraction(-1))) > Fraction(1, 10**9)
    ):
        raise MalformedPrior("a prior has five weights above zero that sum to one")
    if n < 3:
        raise ValueError("a likelihood ratio needs at least three answers")
    below = _cumulative(_totals(weights, n - 2), 5 * n)
    worst = Fraction(1)
    for low, high in wide_cells(n) if cells is None else cells:
        for own in ANSWERS:
            # below[t] is P(total of the others < t), so a difference is the probability of a range.
            chance = [below[max(0, high - own - a + 1)] - below[max(0, low - own - a)] for a in ANSWERS]
            if max(chance) == 0:
                continue
            if min(chance) == 0:
                return None
            worst = max(worst, max(chance) / min(chance))
    return worst


def _totals(weights: Sequence[Fraction], count: int) -> list[Fraction]:
    """The distribution of the total of ``count`` answers; index is the total."""
    totals = [Fraction(1)]
    for _ in range(count):
        longer = [Fraction(0)] * (len(totals) + len(weights))
        for total, chance in enumerate(totals):
            for answer, weight in zip(ANSWERS, weights, strict=True):
                longer[total + answer] += chance * weight
        totals = longer
    return totals


def _cumulative(chances: Sequence[Fraction], upto: int) -> list[Fraction]:
    below = [Fraction(0)]
    for total in range(upto + 1):
        below.append(below[-1] + (chances[total] if total < len(chances) else 0))
    return below
