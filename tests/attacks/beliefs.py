"""How often somebody guesses an answer right because it is in the figure: exactly, and by simulation for all together.

The baseline is leave-one-out: the same figure, in which somebody else of the same team answered in the target's place.
So what a colour says about the team, and thereby about everybody in it, is in the baseline already.
"""

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from andon.kernel import disclosure, psychometrics
from tests.attacks.seen import ANSWERS

Partition = frozenset[frozenset[int]]
"""Which totals show the same."""

SKEWED = (0.04, 0.08, 0.18, 0.40, 0.30)
UNIFORM = (0.2, 0.2, 0.2, 0.2, 0.2)


@dataclass(frozen=True)
class World:
    """What the attacker takes for true: levels of a team with weights, and the answers at each level."""

    weights: tuple[float, ...]
    answers: tuple[tuple[float, ...], ...]

    @classmethod
    def independent(cls, prior: Sequence[float]) -> "World":
        return cls((1.0,), (tuple(prior),))

    @classmethod
    def simulated(cls, world: psychometrics.World = psychometrics.World(), *, levels: int = 31) -> "World":  # noqa: B008
        """The simulator's own distribution of one statement: a team's level, and people who differ around it."""
        points, weights = np.polynomial.hermite_e.hermegauss(levels)
        team, around = math.sqrt(world.icc1), math.sqrt(1 - world.icc1)
        return cls(
            tuple(weights / weights.sum()), tuple(answer_chances(team * point, around, world) for point in points)
        )


def answer_chances(level: float, sd: float, world: psychometrics.World) -> tuple[float, ...]:
    below = [0.0, *(NormalDist(level, sd).cdf(edge) for edge in world.thresholds), 1.0]
    return tuple(high - low for low, high in itertools.pairwise(below))


@lru_cache(maxsize=4096)
def lift(n: int, partition: Partition, world: World) -> float:
    """By how much the best guess at one other's answer is right more often, for somebody who knows their own.

    Guarantees: exact up to the levels of the world; 0 where the figure says nothing.
    """
    answers, weights = np.array(world.answers), np.array(world.weights)
    without_two, without_one = _totals(world, n - 2), _totals(world, n - 1)
    guessed = guessed_without = 0.0
    for cell in partition:
        for own in ANSWERS:
            mine = weights * answers[:, own - 1]
            of_others = _chance(without_one, cell, own)
            with_target = [
                float((mine * answers[:, answer - 1] * _chance(without_two, cell, own + answer)).sum())
                for answer in ANSWERS
            ]
            without = [float((mine * answers[:, answer - 1] * of_others).sum()) for answer in ANSWERS]
            guessed += max(with_target)
            guessed_without += max(without)
    return guessed - guessed_without


def fresh_partition(n: int) -> Partition:
    return frozenset(frozenset(range(low, high + 1)) for low, high in disclosure.wide_cells(n))


def exact_partition(n: int) -> Partition:
    return frozenset(frozenset({total}) for total in range(n, 5 * n + 1))


def mean_lift(figures: Iterable[tuple[int, Partition]], world: World) -> float:
    """Over all people in all figures."""
    people, lifted = 0, 0.0
    for n, partition in figures:
        people += n
        lifted += n * lift(n, partition, world)
    return lifted / people


@lru_cache(maxsize=256)
def _totals(world: World, count: int) -> NDArray[np.float64]:
    """The chance of each total of so many answers, by level."""
    answers = np.array(world.answers)
    totals = np.ones((len(world.weights), 1))
    for _ in range(count):
        longer = np.zeros((totals.shape[0], totals.shape[1] + len(ANSWERS)))
        for answer in ANSWERS:
            longer[:, answer : answer + totals.shape[1]] += totals * answers[:, answer - 1 : answer]
        totals = longer
    return totals


def _chance(totals: NDArray[np.float64], cell: frozenset[int], known: int) -> NDArray[np.float64]:
    places = [total - known for total in sorted(cell) if 0 <= total - known < totals.shape[1]]
    return totals[:, places].sum(axis=1) if places else np.zeros(totals.shape[0])


@dataclass(frozen=True)
class Together:
    """How often guesses were right with all statements of all rounds together, and with the target's left out."""

    guesses: int
    right: float
    without: float

    @property
    def lift(self) -> float:
        return self.right - self.without


def together(sizes: Sequence[int], *, statements: int, trials: int, seed: int = 0) -> Together:
    """One who knows how the team stands, the model, and every colour set fresh, guesses all answers of one colleague.

    All statements hang together by how the colleague answers in general; the others are taken to answer each by itself.
    The attacker's own answers are left out: to know them is worth one answer of n.

    Does not: the best that could be done, which would model every colleague at once.
    """
    world, random = psychometrics.World(), np.random.default_rng(seed)
    around, person_share = 1 - world.icc1, world.person_share
    people = np.linspace(-3.5, 3.5, 57) * math.sqrt(around * person_share)
    weights = np.exp(-(people**2) / (2 * around * person_share))
    right = without = 0
    for trial in range(trials):
        n = sizes[trial % len(sizes)]
        level = random.normal(0, math.sqrt(world.icc1))
        of_person = np.array(
            [answer_chances(level + one, math.sqrt(around * (1 - person_share)), world) for one in people]
        )
        alone = World((1.0,), (answer_chances(level, math.sqrt(around), world),))
        others = _totals(alone, n - 1)[0]
        seen = np.array(
            [
                [others[max(0, low - answer) : max(0, high - answer + 1)].sum() for answer in ANSWERS]
                for low, high in disclosure.wide_cells(n)
            ]
        )
        target = random.choice(people, p=weights / weights.sum())
        truth = _answers(random, target, level, world, statements)
        rest = random.choice(len(others), statements, p=others / others.sum())
        cells = [_place(disclosure.wide_cells(n), int(total)) for total in rest + truth]
        # seen[cell, answer] is the chance of a colour for each answer, of_person[person, answer] that of the answer.
        chance = np.array([of_person @ seen[cell] for cell in cells])
        person = weights * np.prod(chance / chance.max(axis=1, keepdims=True), axis=0)
        guesses = [
            1 + int(np.argmax(((person / chance[at]) @ of_person) * seen[cell])) for at, cell in enumerate(cells)
        ]
        right += int((np.array(guesses) == truth).sum())
        # Colours without the target say how the team stands, which is known here already.
        without += int((truth == 1 + int(np.argmax(weights @ of_person))).sum())
    return Together(trials * statements, right / (trials * statements), without / (trials * statements))


def _answers(
    random: np.random.Generator, person: float, level: float, world: psychometrics.World, statements: int
) -> NDArray[np.int64]:
    sd = math.sqrt((1 - world.icc1) * (1 - world.person_share))
    latent = level + person + random.normal(0, sd, statements)
    return 1 + np.searchsorted(np.array(world.thresholds), latent)


def _place(cells: Sequence[disclosure.Cell], total: int) -> int:
    return next(place for place, (low, high) in enumerate(cells) if low <= total <= high)


def partition_of(outcomes: Mapping[int, object]) -> Partition:
    """Which totals show the same, from what the publisher would have shown for each."""
    by_figure: dict[object, set[int]] = {}
    for total, figure in outcomes.items():
        by_figure.setdefault(figure, set()).add(total)
    return frozenset(frozenset(totals) for totals in by_figure.values())
