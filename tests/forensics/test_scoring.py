"""The scores know a leak from a guess, and the rule passes a storage that tells nothing."""

import random

import pytest

from tests.forensics import scoring
from tests.forensics.scoring import TEAM

pytestmark = pytest.mark.sqlite_only
TEAMS = 60


def orders(seed: int, teams: int = TEAMS) -> list[list[float]]:
    draw = random.Random(seed)
    return [draw.sample(range(TEAM), TEAM) for _ in range(teams)]


def test_the_order_itself_hits_everybody() -> None:
    known = orders(1)
    score = scoring.score([[10 * one + 3 for one in team] for team in known], known)
    assert (score.hits, score.tau, score.read) == (1.0, 1.0, 1.0)


def test_the_order_turned_round_is_seen_by_its_tau() -> None:
    known = orders(1)
    score = scoring.score([[-one for one in team] for team in known], known)
    assert score.tau == -1
    assert scoring.judge({"turned": score}, TEAMS).failed == ("turned",)


@pytest.mark.parametrize("read", [[None] * TEAM, [7.0] * TEAM, list(map(float, range(TEAM)))])
def test_what_says_nothing_hits_by_chance_in_whatever_order_people_are_handed_in(read: list[float | None]) -> None:
    teams = 1_000
    known = [list(map(float, range(TEAM)))] * teams if None in read or len(set(read)) == 1 else orders(2, teams)
    score = scoring.score([read] * teams, known)
    assert abs(score.above) < 4 * score.error
    assert scoring.judge({"nothing": score}, teams).failed == ()


@pytest.mark.parametrize(("teams", "share"), [(TEAMS, 0.3), (1_000, 0.1)])
def test_a_leak_of_some_teams_is_too_much(teams: int, share: float) -> None:
    known = orders(3, teams)
    read = [team if number < share * teams else [None] * TEAM for number, team in enumerate(known)]
    score = scoring.score(read, known)
    assert score.above == pytest.approx(share * (1 - scoring.CHANCE), abs=0.05)
    assert scoring.judge({"some": score}, teams).failed == ("some",)


def test_each_bound_is_at_the_level_that_holm_gives_it() -> None:
    # The worst of three is held to 1 %, the next to 1/2 %, the clearest to 1/3 %: z of 2.326, 2.576 and 2.713.
    scores = {name: scoring.Score(above, 0.01, 0.0, 1.0) for name, above in (("a", 0.0), ("b", 0.03), ("c", 0.02))}
    verdict = scoring.judge(scores, TEAMS)
    assert verdict.upper == pytest.approx({"b": 0.03 + 0.02326, "c": 0.02 + 0.02576, "a": 0.02713}, abs=1e-5)
    assert verdict.failed == ()


@pytest.mark.parametrize(("teams", "most"), [(60, 0.002), (1_000, 0.002), (5_000, 0.05)])
def test_a_storage_that_tells_nothing_passes(teams: int, most: float) -> None:
    assert scoring.false_alarms(teams, 12, repeats=1_000) <= most


def test_fewer_than_sixty_teams_prove_nothing() -> None:
    with pytest.raises(StopIteration):
        scoring.limits(59)
