"""kill -9 at every point of withdrawing a round that is published again: one new round, and the old one is void."""

from typing import Any

import pytest

from tests.anomalies.processes import Installation
from tests.anomalies.promises import few_points_or_all, nothing_left, published_well, told_where

LONGER_THAN_ANY = 100
# See test_killed_while_publishing.py; those of test_at_the_same_time.py come before.
FIRST_NUMBER = 500_000
# Nobody else of these tests asks them, and they are few.
TEAM = "Withdrawn"


@pytest.fixture(scope="module")
def installation(own_installation: Installation) -> Installation:
    return own_installation


@pytest.fixture(scope="module", autouse=True)
def _team(installation: Installation) -> None:
    installation.do("add_team", name=TEAM, size=5)


def withdrawn_well(seen: dict[str, Any]) -> None:
    """The old round never opened and says why, and there is one new round in its place."""
    before, old, new = seen["before"], seen["after"]["old"], seen["after"]["new"]
    assert (old["state"], old["reason"], old["endings"], old["openings"]) == ("void", "withdrawn", ["void"], 0)
    assert old["log"] == ["manifest", "void"]
    assert old["logged_reason"] == ["withdrawn"]
    assert old["audited"] == ["round.planned", "round.void", "round.withdrawn"]
    nothing_left(old)
    assert len(new) == 1
    published_well(before["new"][0] if before["new"] else None, new[0])


def both_or_neither(before: dict[str, Any]) -> None:
    """Nobody is ever left without a round."""
    assert (before["old"]["state"], len(before["new"])) in {("published", 0), ("withdrawing", 1)}


@few_points_or_all
def test_a_withdrawal_that_is_killed_at_any_point_ends_with_one_new_round(
    installation: Installation, step: int
) -> None:
    first = FIRST_NUMBER + step * LONGER_THAN_ANY
    points = installation.do("renew", round_id=publish(installation, first), disturb={"trace": True})
    for number in range(1, LONGER_THAN_ANY, step):
        round_id = publish(installation, first + number)
        ended = installation.run("renew", round_id=round_id, disturb={"kill_before": number})
        assert not ended.raised, ended.trace
        seen = installation.do("renew_again", round_id=round_id)
        with told_where(number, points[number - 1] if ended.killed else "the end"):
            both_or_neither(seen["before"])
            # Sent again it renews where nothing had happened, and says so where it had.
            assert bool(seen["said"]) == (number == 1)
            withdrawn_well(seen)
        if number == 1 or not ended.killed:
            goes_on(installation, seen["after"]["new"][0]["round"])
        if not ended.killed:
            break
    assert len(points) < number <= len(points) + step
    assert installation.do("check_log") > 0


def publish(installation: Installation, number: int) -> str:
    return str(installation.do("publish", number=number, node=TEAM))


def goes_on(installation: Installation, round_id: str) -> None:
    installation.do("open_round", round_id=round_id)
    assert installation.do("cast_once", name=f"{TEAM} 01", round_id=round_id)["outcome"] == "Accepted"


@few_points_or_all
def test_a_withdrawn_round_is_void_wherever_the_worker_was_killed(installation: Installation, step: int) -> None:
    for number in range(1, LONGER_THAN_ANY, step):
        round_id = publish(installation, FIRST_NUMBER + (10 + step) * LONGER_THAN_ANY + number)
        installation.do("renew", round_id=round_id)
        ended = installation.run("close", round_id=round_id, disturb={"kill_before": number})
        assert not ended.raised, ended.trace
        seen = installation.do("renew_again", round_id=round_id)
        with told_where(number):
            assert seen["said"] == ""
            withdrawn_well(seen)
        if not ended.killed:
            break
    assert number > 20


def test_the_promise_notices_a_withdrawal_that_comes_before_what_takes_its_place(installation: Installation) -> None:
    fault = "withdraws_before_it_publishes"
    round_id = publish(installation, FIRST_NUMBER)
    # After the note that withdraws, which is the first of its commits then.
    assert installation.run("renew", round_id=round_id, disturb={"kill_before": 2}, fault=fault).killed
    seen = installation.do("renew_again", round_id=round_id, fault=fault)
    with pytest.raises(AssertionError):
        both_or_neither(seen["before"])
    with pytest.raises(AssertionError):
        withdrawn_well(seen)
