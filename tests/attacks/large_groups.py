"""What noisy figures of a hundred people and more give away: two candidates, and reconstruction by least squares."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from statistics import NormalDist

import numpy as np

from andon.kernel import disclosure, psychometrics
from andon.kernel.disclosure import Node, large
from tests.attacks.organisation import Asked
from tests.attacks.publishing import Closed, CountedUnit, Publisher

MOST_RIGHT = NormalDist().cdf(math.sqrt(2 * large.RHO) / 2)
"""How often one who must choose between two ballots is right at the most, by the budget alone."""

Reads = Callable[[Closed], Sequence[Sequence[disclosure.GroupRelease]]]
"""All that can be read of the groups of a round, however often somebody looks."""


def as_released(closed: Closed) -> Sequence[Sequence[disclosure.GroupRelease]]:
    """A release is drawn once and kept: whoever looks again sees the same."""
    return [closed.groups]


@dataclass(frozen=True)
class Candidates:
    """Who knows every ballot but one, and of that one that it is this or that, was right so often.

    ``distance``: how far apart the two stand in what was published, squared and in standard deviations; for the budget
    it is twice its rho at most. ``error`` is the standard error of its estimate.
    """

    trials: int
    right: float
    distance: float
    error: float

    @property
    def most_right(self) -> float:
        """How often the budget lets one be right, and what chance may add to that in so many trials."""
        return MOST_RIGHT + 4 * math.sqrt(0.25 / self.trials)

    @property
    def holds(self) -> bool:
        return self.right <= self.most_right and self.distance <= 2 * large.RHO + 4 * self.error


def nested(statements: int) -> Asked:
    """Three groups, one in the other, as small as still show histograms: three times the budget of one is at stake."""
    least = 20 + 10 * math.ceil(large.Budget(statements, 3).noise_sd * math.sqrt(15) / large.MOST_NOISE_IN_A_MEAN / 10)
    random = Random(0)
    tree: list[Node] = []
    cast: dict[str, tuple[Mapping[str, int], ...]] = {}
    codes = tuple(f"AA{number}" for number in range(1, statements + 1))
    for group, above_it, people in (("top", None, 40), ("area", "top", 40), ("field", "area", least)):
        tree.append(Node(group, above_it, group, ()))
        for team in range(people // 10):
            members = tuple(f"{group}.{team}.{number}" for number in range(10))
            tree.append(Node(f"{group}.{team}", group, "team", members))
            ballots = psychometrics.simulate_team(random, 10, codes)
            cast |= {who: (ballot,) for who, ballot in zip(members, ballots, strict=True)}
    return Asked(1, tuple(tree), cast)


def two_candidates(
    *, statements: int, trials: int, reads: Reads = as_released, noise: large.Noise | None = None
) -> Candidates:
    """Everybody but one answered as is known; that one gave the lowest answer to everything, or the highest.

    The strongest attack that a budget promises against: all statements, all levels, everything read as often as one
    likes, and the likelihood of both candidates compared.
    """
    asked = nested(statements)
    codes = tuple(f"AA{number}" for number in range(1, statements + 1))
    target, random = "field.0.0", Random(1)
    lowest, highest = dict.fromkeys(codes, 1), dict.fromkeys(codes, 5)
    right, weighed = 0.0, []
    known = _closed(asked, codes, target, lowest, noise)
    counts = {
        group.id: {code: _counts(known, group.id, code, without=target) for code in codes}
        for group in known.grouping.groups
    }
    for _ in range(trials):
        is_highest = random.random() < 0.5
        closed = _closed(asked, codes, target, highest if is_highest else lowest, noise)
        evidence = 0.0
        for read in reads(closed):
            for group in read:
                for code, figure in (group.figures or {}).items():
                    off = np.array(figure.histogram) - counts[group.group_id][code]
                    # |off - lowest|^2 - |off - highest|^2, over twice the variance that is printed beside it.
                    evidence += float(off[4] - off[0]) / figure.noise_sd**2
        right += (evidence > 0) == is_highest if evidence else 0.5
        weighed.append(evidence if is_highest else -evidence)
    distance = 2 * float(np.mean(weighed))
    return Candidates(trials, right / trials, distance, 2 * float(np.std(weighed)) / math.sqrt(trials))


def _closed(
    asked: Asked, codes: tuple[str, ...], target: str, ballot: Mapping[str, int], noise: large.Noise | None
) -> Closed:
    publisher = Publisher(codes, {}, noise=noise) if noise else Publisher(codes, {})
    return publisher.close(Asked(asked.number, asked.tree, {**asked.cast, target: (ballot,)}))


def _counts(closed: Closed, group: str, code: str, *, without: str) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    found = np.zeros(len(large.CELLS), dtype=np.int64)
    for unit in closed.units:
        if group in _above(closed, unit.id):
            for who, ballot in zip(unit.voters, unit.answers.ballots, strict=True):
                if who != without:
                    found[ballot.get(code, 6) - 1] += 1
    return found


def _above(closed: Closed, unit: str) -> list[str]:
    parents = {group.id: group.parent_id for group in closed.grouping.groups}
    found, step = [], closed.grouping.home.get(unit)
    while step is not None:
        found.append(step)
        step = parents[step]
    return found


@dataclass(frozen=True)
class Rebuilt:
    """What least squares make of everything that was published of a round.

    ``right`` and ``without``: how many of the people in large groups were guessed right from the rebuilt histogram of
    their unit, with the noisy figures and with the colours of units alone. ``error``: the root of the mean squared
    error of a cell of what is in a group and in no shown group below it; ``noise_sd``: that of one published cell.
    """

    people: int
    right: float
    without: float
    error: float
    noise_sd: float

    @property
    def lift(self) -> float:
        return self.right - self.without


def rebuild(closed: Closed) -> Rebuilt:
    """Solve for every unit's histogram: ballot counts, colours, and all noisy histograms weighed by their errors."""
    shown = [group for group in closed.groups if group.figures]
    inside = {
        group.group_id: [one for one in closed.units if group.group_id in _above(closed, one.id)] for group in shown
    }
    covered = {one.id: one for units in inside.values() for one in units}
    people = right = without = 0
    squares, sds = [], []
    for code in closed.statements:
        figures = {group.group_id: group.figures[code] for group in shown if group.figures}
        system = _Equations([unit.id for unit in closed.units])
        system.add_units(closed.units, code, _shares(figures.values()))
        by_colours = system.solved()
        system.add_groups(figures, inside)
        by_all = system.solved()
        for unit in covered.values():
            given = [ballot.get(code, len(large.CELLS)) for ballot in unit.answers.ballots]
            people += len(given)
            right += given.count(by_all[unit.id])
            without += given.count(by_colours[unit.id])
        for group, figure in figures.items():
            off = np.array(figure.histogram, dtype=float) - _counts(closed, group, code, without="")
            for child in closed.grouping.groups:
                if child.parent_id == group and child.id in figures:
                    off -= np.array(figures[child.id].histogram) - _counts(closed, child.id, code, without="")
            squares += list(off**2)
            sds.append(figure.noise_sd)
    if not people:
        return Rebuilt(0, 0.0, 0.0, math.inf, 0.0)
    return Rebuilt(people, right / people, without / people, math.sqrt(float(np.mean(squares))), float(np.mean(sds)))


def _shares(figures: Iterable[large.LargeFigure]) -> list[float]:
    """What everybody answers, in all that is shown: the first guess of what a unit does."""
    counts = np.sum([figure.histogram[: len(large.ANSWERS)] for figure in figures], axis=0)
    return [*np.clip(counts / max(1, int(counts.sum())), 0, 1), 0.0]


class _Equations:
    """What is known of the cells of all units' histograms, each line weighed by how well it is known."""

    cells = len(large.CELLS)
    worth = np.array([1, 2, 3, 4, 5, 3])
    """What each cell adds to a total: a skipped statement is 3."""

    def __init__(self, units: Sequence[str]) -> None:
        self.place = {unit: number * self.cells for number, unit in enumerate(units)}
        self.rows: list[np.ndarray[tuple[int], np.dtype[np.float64]]] = []
        self.values: list[float] = []

    def add_units(self, units: Sequence[CountedUnit], code: str, shares: Sequence[float]) -> None:
        for unit in units:
            at, n = self.place[unit.id], unit.answers.cast
            for cell, share in enumerate(shares):
                self._add({at + cell: 1.0}, share * n, sd=math.sqrt(max(n, 1)))
            self._add({at + cell: 1.0 for cell in range(self.cells)}, n, sd=1e-3)
            figure = (unit.release.figures or {}).get(code)
            if figure is not None and figure.updated:
                # A total that may be anything between two bounds.
                sd = (figure.high - figure.low + 1) / math.sqrt(12)
                weights = {at + cell: float(worth) for cell, worth in enumerate(self.worth)}
                self._add(weights, (figure.low + figure.high) / 2, sd=sd)

    def add_groups(self, figures: Mapping[str, large.LargeFigure], inside: Mapping[str, Sequence[CountedUnit]]) -> None:
        for group, figure in figures.items():
            for cell, count in enumerate(figure.histogram):
                self._add({self.place[unit.id] + cell: 1.0 for unit in inside[group]}, count, sd=figure.noise_sd)

    def solved(self) -> dict[str, int]:
        """The answer that most of each unit gave."""
        matrix, target = np.array(self.rows), np.array(self.values)
        # Normal equations: there is a first guess of every cell, which keeps them well away from singular.
        found = np.linalg.solve(matrix.T @ matrix, matrix.T @ target)
        return {unit: 1 + int(np.argmax(found[at : at + self.cells])) for unit, at in self.place.items()}

    def _add(self, weights: Mapping[int, float], value: float, *, sd: float) -> None:
        row = np.zeros(len(self.place) * self.cells)
        for place, weight in weights.items():
            row[place] = weight / sd
        self.rows.append(row)
        self.values.append(value / sd)
