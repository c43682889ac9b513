"""Whether something changed, and how large a change would have to be for us to notice: "cannot tell" by default.

Reference: docs/protocol/measurement.md, section 8.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from statistics import NormalDist, fmean, stdev

from andon.kernel.psychometrics.index import Index

WEIGHT = 0.2
"""Lambda: how much the newest window counts in the running average."""
WIDTH = 2.7
"""L: how many standard deviations of the running average it must be away from the baseline."""
BASELINE_WINDOWS = 6
CONFIDENCE = 0.95
POINTS_PER_ANSWER = 25
"""A step of one on the answer scale of 1 to 5 is 25 points of the index."""


class MalformedPrior(ValueError):
    """A prior has a standard deviation above zero and a retest correlation from 0 to 1."""


class MalformedHistory(ValueError):
    """Windows without ballots, a roster smaller than the ballots, or a history that does not begin anew."""


class Change(Enum):
    """The rungs of the message ladder. FIRST: there is nothing to compare with yet."""

    FIRST = "first"
    NONE_SEEN = "none_seen"
    MAY_HAVE_RISEN = "may_have_risen"
    MAY_HAVE_FALLEN = "may_have_fallen"
    ROSE = "rose"
    FELL = "fell"


@dataclass(frozen=True, slots=True)
class Prior:
    """What is known of a facet before its first window, on the answer scale of 1 to 5: from the instrument's file.

    ``sd`` is the standard deviation of one person's facet mean, ``retest`` its correlation with the same person's mean
    one window later. Raises: MalformedPrior.
    """

    sd: float
    retest: float

    def __post_init__(self) -> None:
        if not (self.sd > 0 and 0 <= self.retest <= 1):
            raise MalformedPrior("a prior has a standard deviation above zero and a retest correlation from 0 to 1")


@dataclass(frozen=True, slots=True)
class Window:
    """A facet of one unit in one window: the sure bounds of its index, counts, and whether people joined or left.

    ``begins`` is true for a unit's first window and whenever somebody joined or left since the window before.
    """

    index: Index
    ballots: int
    roster: int
    begins: bool

    def __post_init__(self) -> None:
        if not 1 <= self.ballots <= self.roster:
            raise MalformedHistory("a window has at least one ballot and no more ballots than people")


@dataclass(frozen=True, slots=True)
class Point:
    """The running average at one window after the baseline, in index points, and where it would be a signal."""

    average: float
    centre: float
    limit: float

    @property
    def signals(self) -> int:
        """1 above the limit, -1 below it, 0 between."""
        if abs(self.average - self.centre) <= self.limit:
            return 0
        return 1 if self.average > self.centre else -1


@dataclass(frozen=True, slots=True)
class Message:
    """What may be said: a rung of the ladder, and what it was compared with.

    ``would_notice`` is the change in index points between two windows that we would notice, where two were compared.
    ``baseline_ends`` is the place in the history of the baseline's last window, where the control chart was asked.
    """

    change: Change
    would_notice: int | None = None
    baseline_ends: int | None = None


def difference_variance(prior: Prior, *, n1: int, n2: int, overlap: int) -> float:
    """The variance of the difference of two means of n1 and n2 people of whom ``overlap`` are the same.

    SD^2 (1/n1 + 1/n2 - 2 m r / (n1 n2)), on the answer scale.

    Raises: ValueError unless 0 <= overlap <= n1, n2 and both are at least 1.
    Reference: docs/protocol/measurement.md, section 8.
    """
    if min(n1, n2) < 1 or not 0 <= overlap <= min(n1, n2):
        raise ValueError("an overlap lies from 0 to the smaller of two groups, and neither is empty")
    return prior.sd**2 * (1 / n1 + 1 / n2 - 2 * overlap * prior.retest / (n1 * n2))


def detectable_change(prior: Prior, *, n1: int, n2: int, overlap: int) -> float:
    """The smallest difference of two means, on the answer scale, that chance alone exceeds one time in twenty.

    Does not: contain the width of bands (see would_notice), or say that a larger one is important.
    """
    return _quantile() * math.sqrt(difference_variance(prior, n1=n1, n2=n2, overlap=overlap))


def expected_overlap(one: Window, other: Window) -> int:
    """How many people may be taken to have answered in both windows of one segment: none for sure beyond the counts.

    With n1 and n2 ballots of the same roster of N at least n1 + n2 - N people answered both times.
    """
    return max(0, one.ballots + other.ballots - max(one.roster, other.roster))


def would_notice(prior: Prior, one: Window, other: Window) -> int:
    """The change between two windows, in whole index points, that we would notice: chance, and the width of bands.

    Rounded up. The middle of a range may be half its width away from the exact value, at both ends.
    """
    chance = detectable_change(prior, n1=one.ballots, n2=other.ballots, overlap=expected_overlap(one, other))
    widths = (one.index.high - one.index.low + other.index.high - other.index.low) / 2
    return min(100, math.ceil(POINTS_PER_ANSWER * chance + float(widths)))


def segments(history: Sequence[Window]) -> tuple[tuple[Window, ...], ...]:
    """The history cut where people joined or left: nothing is compared across such a line, for newcomers begin high.

    Raises: MalformedHistory when the first window does not begin a segment.
    """
    if history and not history[0].begins:
        raise MalformedHistory("the first window of a history begins a segment")
    cut: list[list[Window]] = []
    for window in history:
        if window.begins:
            cut.append([])
        cut[-1].append(window)
    return tuple(tuple(segment) for segment in cut)


def control_chart(segment: Sequence[Window], prior: Prior) -> tuple[Point, ...]:
    """The EWMA chart of one segment: a point for each window after the baseline of six.

    The average starts at the baseline's mean. Its standard deviation is the larger of two: what the prior expects of
    the means of these people, and how much the baseline's own middles differ, since bands move in steps.

    Guarantees: a function of published bands and counts only.
    Does not: see a change inside of a band: a team whose statements are all "safe" cannot be seen to rise.
    Reference: Lucas & Saccucci 1990, doi:10.1080/00401706.1990.10484583; figures in docs/protocol/measurement.md.
    """
    if len(segment) <= BASELINE_WINDOWS:
        return ()
    baseline, later = segment[:BASELINE_WINDOWS], segment[BASELINE_WINDOWS:]
    middles = [float(window.index.mid) for window in baseline]
    centre = fmean(middles)
    own = stdev(middles)
    points: list[Point] = []
    average = centre
    for number, window in enumerate(later, start=1):
        n = window.ballots
        # Half the variance of the difference of two such means belongs to each of them.
        expected = difference_variance(prior, n1=n, n2=n, overlap=max(0, 2 * n - window.roster)) / 2
        sd = max(POINTS_PER_ANSWER * math.sqrt(expected), own)
        average = WEIGHT * float(window.index.mid) + (1 - WEIGHT) * average
        spread = math.sqrt(WEIGHT / (2 - WEIGHT) * (1 - (1 - WEIGHT) ** (2 * number)))
        points.append(Point(average, centre, WIDTH * sd * spread))
    return tuple(points)


def change_message(history: Sequence[Window], prior: Prior) -> Message:
    """The rung of the ladder that the last window has earned.

    With a baseline of six windows of the same people: a signal of the control chart is "may have", two in a row on
    the same side are "rose" or "fell". With fewer: the last two windows are compared, and only a difference larger
    than what we would notice is "may have". Everything else is "no change that we can see".

    Guarantees: never compares over a line where people joined or left. What we would notice belongs to the comparison
    of two windows and is None beside the chart, which may see smaller changes that last.
    Does not: say in which window after the baseline something began; judge single statements, or give a reason.
    Raises: MalformedHistory without windows.
    """
    if not history:
        raise MalformedHistory("a message needs at least one window")
    segment = segments(history)[-1]
    last = segment[-1]
    if len(segment) == 1:
        return Message(Change.FIRST)
    points = control_chart(segment, prior)
    if not points:
        noticed = would_notice(prior, segment[-2], last)
        difference = last.index.mid - segment[-2].index.mid
        return Message(_may_have(difference) if abs(difference) > noticed else Change.NONE_SEEN, noticed)
    ends = len(history) - len(segment) + BASELINE_WINDOWS - 1
    signals = [point.signals for point in points]
    if not signals[-1]:
        return Message(Change.NONE_SEEN, baseline_ends=ends)
    if len(signals) > 1 and signals[-2] == signals[-1]:
        return Message(Change.ROSE if signals[-1] > 0 else Change.FELL, baseline_ends=ends)
    return Message(_may_have(signals[-1]), baseline_ends=ends)


def _may_have(direction: int | Fraction) -> Change:
    return Change.MAY_HAVE_RISEN if direction > 0 else Change.MAY_HAVE_FALLEN


def _quantile() -> float:
    return NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
