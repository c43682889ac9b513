"""A key volume that is unmounted at any point makes the round wait. It never voids it, and nothing is lost."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.anomalies.processes import Installation
from tests.anomalies.promises import closed_well, told_where

NewRound = Callable[[], dict[str, Any]]
# The sweep that kills meets every point; here the volume goes away at every third.
EVERY = 3


def test_a_volume_that_is_away_from_any_point_on_makes_the_round_wait(
    installation: Installation, new_round: NewRound, uninterrupted: dict[str, Any]
) -> None:
    waited = 0
    for number in range(1, 200, EVERY):
        prepared = new_round()
        ended = installation.run("close", round_id=prepared["round"], disturb={"unmount_before": number})
        reached_the_point = installation.do("is_unmounted")
        if reached_the_point:
            installation.do("mount")
        with told_where(number, ended.raised):
            # Either it noticed, or it had nothing to do with the volume any more.
            assert ended.raised in {"", "KeyDirectoryMissing", "FileNotFoundError"}, ended.trace
            seen = installation.do("be_due", round_id=prepared["round"])
            assert "void" not in seen["before"]["log"]
            assert (seen["before"]["state"] == "released") == (not ended.raised)
            closed_well(seen["after"], prepared, uninterrupted)
        waited += bool(ended.raised)
        if not reached_the_point:
            break
    assert waited > 8


def test_a_close_that_begins_without_the_volume_says_what_is_missing_and_changes_nothing(
    installation: Installation, new_round: NewRound, uninterrupted: dict[str, Any]
) -> None:
    prepared = new_round()
    before = installation.do("look", round_id=prepared["round"])
    installation.do("unmount")
    ended = installation.run("close", round_id=prepared["round"])
    installation.do("mount")
    assert ended.raised == "KeyDirectoryMissing"
    assert "is not mounted" in ended.message
    assert prepared["round"] not in ended.message
    assert installation.do("look", round_id=prepared["round"]) == before
    closed_well(installation.do("be_due", round_id=prepared["round"])["after"], prepared, uninterrupted)


@pytest.mark.parametrize("fault", ["takes_an_empty_mount_point_for_the_volume"])
def test_the_promise_notices(
    installation: Installation, new_round: NewRound, uninterrupted: dict[str, Any], fault: str
) -> None:
    prepared = new_round()
    installation.run("close", round_id=prepared["round"], disturb={"unmount_before": 3}, fault=fault)
    installation.do("mount")
    seen = installation.do("be_due", round_id=prepared["round"])
    assert "void" in seen["before"]["log"]
    with pytest.raises(AssertionError):
        closed_well(seen["after"], prepared, uninterrupted)
