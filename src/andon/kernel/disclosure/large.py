"""Figures of a hundred people and more: one noisy histogram per group and statement, drawn once.

Everything that is said of a large group is computed from these histograms, so that saying more costs nothing more.

Reference: docs/protocol/disclosure.md, section 6 (rule R4).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import NormalDist
from typing import Protocol

CELLS = ("1", "2", "3", "4", "5", "skip")
"""A histogram's cells: the five answers after keying, and how many skipped the statement."""
ANSWERS = (1, 2, 3, 4, 5)
LEAST_GROUP = 100
RHO = 0.5
"""The budget of one person in one round, over all statements and all groups they are in (zero-concentrated DP)."""
DELTA = 1e-6
MOST_NOISE_IN_A_MEAN = 0.10
ROUNDED_TO = 10
REPLACING_ONE = math.sqrt(2)
"""How far a histogram moves, as a Euclidean distance, when one person's answer is replaced: one cell less, one more."""
# The means a noise bound must hold for; outside of them nearly everybody has given the same answer.
MEANS = (2.0, 4.0)


class MalformedBudget(ValueError):
    """A budget needs at least one statement and one group."""


class MalformedHistogram(ValueError):
    """A histogram is six counts from 0. Never says what they are."""


class Noise(Protocol):
    """Draws a histogram's published counts. ``rho`` is what each draw costs one person."""

    def histogram(self, counts: Sequence[int], *, rho: float) -> Sequence[int]: ...


class NotShown(Enum):
    """Why a group of any size has no figures of its own beyond its units' bands."""

    UNDER_A_HUNDRED = "under_a_hundred"
    TOO_MUCH_NOISE = "too_much_noise"


@dataclass(frozen=True, slots=True)
class Budget:
    """What one histogram of a round may cost, fixed in the manifest.

    ``statements``: how many the round asks. ``depth``: the most groups of a hundred and more that any one person is in.
    Raises: MalformedBudget.
    """

    statements: int
    depth: int

    def __post_init__(self) -> None:
        if self.statements < 1 or self.depth < 1:
            raise MalformedBudget("a budget needs at least one statement and one group")

    @property
    def rho_per_histogram(self) -> float:
        return RHO / (self.statements * self.depth)

    @property
    def noise_sd(self) -> float:
        """The standard deviation of the noise in one cell: for replacing one person it costs exactly that rho."""
        return REPLACING_ONE / math.sqrt(2 * self.rho_per_histogram)


@dataclass(frozen=True, slots=True)
class Share:
    """An estimate with its interval. Shares lie from 0 to 1, means from 1 to 5."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True)
class LargeFigure:
    """One statement of a large group: the histogram as published, and nothing else that came from answers."""

    histogram: tuple[int, ...]
    noise_sd: float

    def mean(self, confidence: float = 0.95) -> Share | None:
        """The mean of those who answered, with what both chance and the noise may do to it; None if nothing is left.

        Does not: correct for people who did not answer.
        """
        counts = self.histogram[: len(ANSWERS)]
        n = sum(counts)
        if n < 1:
            return None
        mean = sum(answer * count for answer, count in zip(ANSWERS, counts, strict=True)) / n
        mean = min(max(mean, ANSWERS[0]), ANSWERS[-1])
        spread = sum((answer - mean) ** 2 * max(count, 0) for answer, count in zip(ANSWERS, counts, strict=True)) / n
        of_noise = self.noise_sd**2 * sum((answer - mean) ** 2 for answer in ANSWERS) / n**2
        width = NormalDist().inv_cdf((1 + confidence) / 2) * math.sqrt(spread / n + of_noise)
        return Share(max(ANSWERS[0], mean - width), mean, min(ANSWERS[-1], mean + width))

    def shares(self, confidence: float = 0.95) -> tuple[Share, ...] | None:
        """The share of each answer among those who answered, each with its own interval."""
        counts = self.histogram[: len(ANSWERS)]
        n = sum(counts)
        if n < 1:
            return None
        quantile = NormalDist().inv_cdf((1 + confidence) / 2)
        found = []
        for count in counts:
            share = min(max(count / n, 0.0), 1.0)
            of_noise = self.noise_sd**2 * ((1 - share) ** 2 + (len(ANSWERS) - 1) * share**2) / n**2
            # An empty cell is no certainty: at the edges the sampling error is that of one answer.
            of_chance = max(share * (1 - share), (1 - 1 / n) / n) / n
            width = quantile * math.sqrt(of_chance + of_noise)
            found.append(Share(max(0.0, share - width), share, min(1.0, share + width)))
        return tuple(found)


def noise_in_a_mean(ballots: int, budget: Budget) -> float:
    """The most that noise alone does to a mean of 2 to 4, as a standard deviation, from the rounded ballot count."""
    rounded = ballots // ROUNDED_TO * ROUNDED_TO
    if rounded == 0:
        return math.inf
    most = max(sum((answer - mean) ** 2 for answer in ANSWERS) for mean in MEANS)
    return budget.noise_sd * math.sqrt(most) / rounded


def may_show(people: int, ballots: int, budget: Budget) -> NotShown | None:
    """Whether a group's histograms are drawn at all; None means that they are.

    Guarantees: depends on the roster, the ballot count rounded down to ten, and the budget; never on answers.
    """
    if people < LEAST_GROUP or ballots < LEAST_GROUP:
        return NotShown.UNDER_A_HUNDRED
    if noise_in_a_mean(ballots, budget) > MOST_NOISE_IN_A_MEAN:
        return NotShown.TOO_MUCH_NOISE
    return None


def publish_group(
    histograms: Mapping[str, Sequence[int]], *, people: int, budget: Budget, noise: Noise, is_window: bool = False
) -> Mapping[str, LargeFigure] | NotShown:
    """One noisy histogram per statement, or why there is none. To be called once per group and round.

    In a window each statement has ballots of its own, and one that too few answered is left out.

    Guarantees: what is returned is, for everybody's answers together, ``budget.rho_per_histogram`` x statements
    zero-concentrated differentially private against replacing one person's whole ballot (with the guarantee of
    ``noise``); whether there are figures depends on counts only.
    Does not: cover the bands of units, which are exact; cover a second call.
    Raises: MalformedHistogram; MalformedBudget when there are more statements than the budget pays for.
    Reference: docs/protocol/disclosure.md, R4; Bun & Steinke 2016, doi:10.1007/978-3-662-53641-4_24.
    """
    if len(histograms) > budget.statements:
        raise MalformedBudget("there are more statements than the budget pays for")
    for counts in histograms.values():
        if len(counts) != len(CELLS) or any(type(count) is not int or count < 0 for count in counts):
            raise MalformedHistogram("a histogram is six counts from 0")
    totals = {sum(counts) for counts in histograms.values()}
    if not totals or (len(totals) != 1 and not is_window):
        raise MalformedHistogram("every ballot is in each statement's histogram once")
    # Of the statement with the most ballots, so that there is one reason where no statement is shown.
    reason = may_show(people, max(totals), budget)
    if reason is not None:
        return reason
    return {
        code: LargeFigure(tuple(noise.histogram(counts, rho=budget.rho_per_histogram)), budget.noise_sd)
        for code, counts in sorted(histograms.items())
        if may_show(people, sum(counts), budget) is None
    }


def epsilon(rho: float, delta: float = DELTA) -> float:
    """The epsilon of (epsilon, delta) differential privacy that rho-zCDP gives: rho + 2 sqrt(rho ln(1 / delta)).

    Rounds add up in rho: a year's epsilon is that of the sum. Reference: Bun & Steinke 2016, proposition 1.3.
    """
    return rho + 2 * math.sqrt(rho * math.log(1 / delta))
