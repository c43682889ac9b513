"""How well somebody who knows people tells whose ballot is whose from what was read of a storage.

Each person of a team has something that the attacker knows (when they were seen to answer, or how long what they sent
was), each ballot something that was read (a place, a number, a moment). Both are turned into ranks, and the assignment
that fits best is taken. A hit is a ballot that was given to the person who cast it.

Reference: linear sum assignment (Hungarian method); Holm 1979, a simple sequentially rejective multiple test procedure.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.stats import rankdata

from tests.forensics.teams import TEAM

CHANCE = 1 / TEAM
ERROR = 0.01
# By the least number of teams: what the upper bound of hits above chance must be below, and what |tau| must be below.
LIMITS = ((5_000, 0.01, math.inf), (1_000, 0.03, math.inf), (60, 0.15, 0.2))


@dataclass(frozen=True)
class Score:
    """`above` is the share of hits less 1/8, `error` its standard error, `read` the share of ballots read at all."""

    above: float
    error: float
    tau: float
    read: float

    @property
    def hits(self) -> float:
        return self.above + CHANCE

    @property
    def at_least(self) -> float:
        """The lower 99 % bound of hits above chance."""
        return self.above - NormalDist().inv_cdf(1 - ERROR) * self.error


def score(read: Sequence[Sequence[float | None]], known: Sequence[Sequence[float]], *, seed: int = 1) -> Score:
    """Team by team: what was read of each ballot, None where nothing was, and what is known of the one who cast it.

    Guarantees: the order in which teams, ballots and people are handed in says nothing, so that reading nothing hits
    by chance alone; the error is at least that of guessing.
    """
    draw = np.random.default_rng(seed)
    hits, taus, seen = [], [], 0
    for of_ballots, of_people in zip(read, known, strict=True):
        values = np.array([math.nan if one is None else one for one in of_ballots], dtype=float)
        seen += int(np.count_nonzero(~np.isnan(values)))
        hits.append(_hits(values, np.array(of_people, dtype=float), draw))
        taus.append(kendall_tau(values, np.array(of_people, dtype=float)))
    count = sum(len(team) for team in read)
    spread = max(1.0, float(np.std(hits, ddof=1)) if len(hits) > 1 else 1.0)
    return Score(
        above=sum(hits) / count - CHANCE,
        error=spread * math.sqrt(len(hits)) / count,
        tau=float(np.mean(taus)),
        read=seen / count,
    )


def _hits(values: np.ndarray, people: np.ndarray, draw: np.random.Generator) -> int:
    ballots, persons = draw.permutation(len(values)), draw.permutation(len(people))
    ranks = _ranks(values)[ballots]
    # A ballot of which nothing was read fits everybody.
    costs = np.nan_to_num(np.abs(ranks[:, None] - _ranks(people)[persons][None, :]))
    rows, columns = linear_sum_assignment(costs)
    return int(np.count_nonzero(ballots[rows] == persons[columns]))


def _ranks(values: np.ndarray) -> np.ndarray:
    """From 0 to 1; equal values share the middle of their ranks."""
    known = ~np.isnan(values)
    ranks = np.full(len(values), math.nan)
    if known.any():
        ranks[known] = (rankdata(values[known]) - 0.5) / np.count_nonzero(known)
    return ranks


def kendall_tau(values: np.ndarray, known: np.ndarray) -> float:
    """Over the pairs of which both were read; 0 where there is none. Equal values count as neither order."""
    there = ~np.isnan(values)
    left, right = values[there], known[there]
    pairs = len(left) * (len(left) - 1)
    if not pairs:
        return 0.0
    return float(np.sum(np.sign(left[:, None] - left) * np.sign(right[:, None] - right)) / pairs)


def limits(teams: int) -> tuple[float, float]:
    """What hits above chance and |tau| must stay below. Fewer than 60 teams prove nothing, and raise."""
    return next((above, tau) for least, above, tau in LIMITS if teams >= least)


@dataclass(frozen=True)
class Verdict:
    """By name of an extractor the upper bound at the level that Holm gives it, and who is not below the limit."""

    upper: Mapping[str, float]
    failed: tuple[str, ...]


def judge(scores: Mapping[str, Score], teams: int) -> Verdict:
    """The rule of a storage that must tell nothing.

    Guarantees: that every extractor stays below the limit is said wrongly in at most 1 % of runs in which any is not.
    Holm divides the 1 %: the clearest extractor carries the hardest level, the worst one the plain 99 %.
    """
    most, most_tau = limits(teams)
    order = sorted(scores, key=lambda name: (scores[name].above - most) / scores[name].error)
    upper = {}
    for place, name in enumerate(order):
        level = ERROR / (len(order) - place)
        upper[name] = scores[name].above + NormalDist().inv_cdf(1 - level) * scores[name].error
    failed = [name for name in order if upper[name] >= most or abs(scores[name].tau) >= most_tau]
    return Verdict(upper, tuple(failed))


def false_alarms(teams: int, extractors: int, *, repeats: int = 2_000, seed: int = 1) -> float:
    """In what share of runs a storage that tells nothing at all is failed by the rule, by simulation."""
    draw = np.random.default_rng(seed)
    fixed, turned = _fixed_points(), _inversions()
    taus = 1 - 4 * np.arange(len(turned)) / (TEAM * (TEAM - 1))
    alarms = 0
    for _ in range(repeats):
        hits = draw.multinomial(teams, fixed, size=extractors) @ np.arange(TEAM + 1)
        tau = draw.multinomial(teams, turned, size=extractors) @ taus / teams
        scores = {
            str(number): Score(float(hits[number]) / (teams * TEAM) - CHANCE, math.sqrt(teams) / (teams * TEAM),
                               float(tau[number]), 1.0)
            for number in range(extractors)
        }  # fmt: skip
        alarms += bool(judge(scores, teams).failed)
    return alarms / repeats


def _fixed_points() -> np.ndarray:
    """How many of a team a guess hits: the chance of each number of fixed points of a permutation."""
    none = [1, 0]
    for size in range(2, TEAM + 1):
        none.append((size - 1) * (none[size - 1] + none[size - 2]))
    return np.array([math.comb(TEAM, k) * none[TEAM - k] for k in range(TEAM + 1)]) / math.factorial(TEAM)


def _inversions() -> np.ndarray:
    """The chance of each number of pairs that a random order turns round."""
    chances = np.array([1.0])
    for size in range(2, TEAM + 1):
        chances = np.convolve(chances, np.full(size, 1 / size))
    return chances
