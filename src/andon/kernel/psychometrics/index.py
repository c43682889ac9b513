"""The facet index, 0 to 100: always a range that is certain, never a point that looks exact.

Reference: docs/protocol/measurement.md, sections 2 to 4.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from andon.kernel.disclosure import LEAST_UNIT, Band, StatementFigure

# The four bands of a large unit reach over 0-40, 40-50, 50-60 and 60-100; their middles are 20, 45, 55 and 80. A facet
# takes the word of the band whose middle is nearest to its own middle, so the cuts lie half-way between these.
_UNSAFE_TO = Fraction(65, 2)
_LEANING_UNSAFE_TO = Fraction(50)
_LEANING_SAFE_TO = Fraction(135, 2)


class MalformedIndex(ValueError):
    """An index has 0 <= low <= high <= 100."""


class TooFewFigures(ValueError):
    """An index needs at least one figure."""


class NoIndex(Enum):
    """Why a facet has no index; the interface turns it into a sentence."""

    TOO_FEW_BALLOTS = "too_few_ballots"
    UNDER_HALF_OF_UNIT = "under_half_of_unit"
    TOO_FEW_STATEMENTS = "too_few_statements"
    NOT_UPDATED = "not_updated"


@dataclass(frozen=True, slots=True, order=True)
class Index:
    """Sure bounds on a scale from 0 to 100: the exact value lies between them whatever was answered."""

    low: Fraction
    high: Fraction

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high <= 100:
            raise MalformedIndex("an index has 0 <= low <= high <= 100")

    @property
    def mid(self) -> Fraction:
        """The middle of the sure bounds: the number that is printed, always beside them."""
        return (self.low + self.high) / 2

    def printed(self) -> tuple[int, int, int]:
        """(low, mid, high) as whole numbers; bounds are rounded outwards, so that they stay sure."""
        return math.floor(self.low), math.floor(self.mid + Fraction(1, 2)), math.ceil(self.high)

    def overlaps(self, other: Index) -> bool:
        """Whether the two cannot be told apart: some value is possible for both."""
        return self.low <= other.high and other.low <= self.high


def facet_index(figures: Sequence[StatementFigure]) -> Index:
    """The index of a facet from the published figures of its statements.

    The mean of a statement lies between its sure bounds divided by its ballots; statements weigh the same; a mean m
    becomes (m - 1) x 25.

    Guarantees: the index of the exact mean (skipped statements as 3) lies in [low, high].
    Does not: say where in the range; the middle is no estimate of anything but the range.
    Raises: TooFewFigures without figures.
    Reference: docs/protocol/measurement.md, section 2.
    """
    if not figures:
        raise TooFewFigures("an index needs the figure of at least one statement")
    return mean_index([_index(figure.low, figure.high, figure.n) for figure in figures])


def facet_figure(figures: Sequence[StatementFigure], roster: int, *, least_statements: int = 1) -> Index | NoIndex:
    """The facet's index, or why there is none. In daily rounds ballots differ between statements.

    A facet needs at least ``least_statements`` figures, each of them five ballots and ballots from at least half of the
    unit, and each of them updated: where a colour was kept whatever was answered, its bounds say nothing, and a range
    made with them would draw every facet towards the middle.

    Guarantees: whether there is an index depends on counts and on what was published before, never on this round's
    answers.
    Raises: ValueError when a figure has more ballots than the roster has people.
    """
    if any(figure.n > roster for figure in figures):
        raise ValueError("a figure cannot have more ballots than the roster has people")
    if len(figures) < max(1, least_statements):
        return NoIndex.TOO_FEW_STATEMENTS
    fewest = min(figure.n for figure in figures)
    if fewest < LEAST_UNIT:
        return NoIndex.TOO_FEW_BALLOTS
    if 2 * fewest < roster:
        return NoIndex.UNDER_HALF_OF_UNIT
    if not all(figure.updated for figure in figures):
        return NoIndex.NOT_UPDATED
    return facet_index(figures)


def last_word(figures: Sequence[StatementFigure]) -> Band:
    """The word of a facet with colours that were kept: what these colours said when they were set. It has no bounds.

    Raises: TooFewFigures without figures.
    """
    return word_for(facet_index([StatementFigure.fresh(figure.band, figure.n) for figure in figures]))


def mean_index(indices: Sequence[Index]) -> Index:
    """The index of several, each weighing the same: statements of a facet, or the four facets of safety.

    Guarantees: if each exact value lies in its bounds, their mean lies in the result's.
    Raises: TooFewFigures.
    """
    if not indices:
        raise TooFewFigures("a mean needs at least one index")
    count = len(indices)
    return Index(
        sum((index.low for index in indices), Fraction(0)) / count,
        sum((index.high for index in indices), Fraction(0)) / count,
    )


def whole_team_bounds(index: Index, ballots: int, roster: int) -> Index:
    """Worst-case bounds for everyone on the roster: the silent could have answered anything.

    Guarantees: whatever the roster - ballots silent members would have answered, the whole unit's index lies inside.
    Does not: assume that the silent are like the others.
    Raises: ValueError unless 1 <= ballots <= roster.
    Reference: docs/protocol/measurement.md, section 4 (Manski's bounds).
    """
    if not 1 <= ballots <= roster:
        raise ValueError("bounds need at least one ballot and no more ballots than people")
    answered = Fraction(ballots, roster)
    return Index(index.low * answered, index.high * answered + 100 * (1 - answered))


def word_for(index: Index) -> Band:
    """The colour and word of a facet, from the middle of its bounds: 32.5, 50 and 67.5 are the cuts.

    Guarantees: a facet whose statements all show one band shows that band, for every n; a value on a cut takes the
    lower word.
    Does not: claim that a cut has been validated: none has.
    Reference: docs/protocol/measurement.md, section 3.
    """
    if index.mid <= _UNSAFE_TO:
        return Band.LOW
    if index.mid <= _LEANING_UNSAFE_TO:
        return Band.MIXED_LOW
    if index.mid <= _LEANING_SAFE_TO:
        return Band.MIXED_HIGH
    return Band.HIGH


def _index(low: int, high: int, n: int) -> Index:
    return Index(Fraction(25 * (low - n), n), Fraction(25 * (high - n), n))
