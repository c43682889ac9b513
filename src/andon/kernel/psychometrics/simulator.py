"""Teams with known truth: made-up answers that behave like those of real teams.

Reference: docs/protocol/measurement.md, section 7.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class World:
    """Graded response with a team, a person and an item part that sum to a variance of one.

    ``icc1``: the team's share of a latent answer's variance. ``person_share``: the person's share of what is left
    within a team; the rest belongs to the single answer. ``thresholds``: the latent value above which an answer is
    2, 3, 4, 5.
    """

    icc1: float = 0.195
    person_share: float = 0.40
    thresholds: tuple[float, float, float, float] = (-2.2, -1.3, -0.5, 0.9)

    def __post_init__(self) -> None:
        if not (0 <= self.icc1 < 1 and 0 <= self.person_share < 1):
            raise ValueError("shares of variance lie from 0 to below 1")
        if list(self.thresholds) != sorted(set(self.thresholds)):
            raise ValueError("thresholds rise")


def simulate_team(
    random: Random,
    size: int,
    statements: Sequence[str],
    *,
    world: World | None = None,
    team_level: float | None = None,
    shifts: Mapping[str, float] | None = None,
    skip_rate: float = 0.0,
) -> tuple[dict[str, int], ...]:
    """The keyed ballots of one team, one per member; statements are skipped at random with ``skip_rate``.

    ``team_level`` fixes how the team stands (in latent standard deviations, 0 is average) instead of drawing it, for a
    demonstration or a test that needs to know. ``shifts`` moves single statements by as many, so that a team can be
    strong in one facet and weak in another.

    Guarantees: the same ``random`` state gives the same ballots.
    Does not: model people who agree with everything, or silence that depends on what would have been said.
    """
    if size < 0 or not 0 <= skip_rate <= 1:
        raise ValueError("a team has a size from 0 and a skip rate from 0 to 1")
    world = world or World()
    team = random.gauss(0, math.sqrt(world.icc1)) if team_level is None else team_level
    return tuple(
        answer_once(random, team + simulate_person(random, world), statements, world, shifts, skip_rate)
        for _ in range(size)
    )


def simulate_person(random: Random, world: World) -> float:
    """How one person differs from their team, which stays with them from window to window."""
    return random.gauss(0, math.sqrt((1 - world.icc1) * world.person_share))


def answer_once(
    random: Random,
    level: float,
    statements: Sequence[str],
    world: World,
    shifts: Mapping[str, float] | None = None,
    skip_rate: float = 0.0,
) -> dict[str, int]:
    """One keyed ballot of a person at ``level`` (team and person together); the rest is drawn anew each time.

    So the same person's mean over seven statements correlates at about .86 from one time to the next, near the
    published .87 of a month (docs/protocol/measurement.md).
    """
    item_sd = math.sqrt((1 - world.icc1) * (1 - world.person_share))
    shifts = shifts or {}
    ballot = {}
    for code in statements:
        answer = 1 + bisect_left(world.thresholds, level + shifts.get(code, 0.0) + random.gauss(0, item_sd))
        if random.random() >= skip_rate:
            ballot[code] = answer
    return ballot
