"""kill -9 at every point of a close, again while it is taken up, and at moments that nobody chose."""

import random
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.anomalies.processes import Installation
from tests.anomalies.promises import (
    all_points_but_few_on_postgres,
    closed_well,
    few_points_or_all,
    kept,
    nothing_seen_early,
    told_where,
    void_and_said_so,
)

NewRound = Callable[[], dict[str, Any]]
LONGER_THAN_ANY_CLOSE = 400
DOUBLE_KILLS = 16


@pytest.fixture(scope="module")
def points(installation: Installation, new_round: NewRound) -> list[str]:
    """The points of a close that nobody disturbs, in their order."""
    reached: list[str] = installation.do("close", round_id=new_round()["round"], disturb={"trace": True})
    return reached


def take_up(installation: Installation, prepared: dict[str, Any], uninterrupted: dict[str, Any]) -> None:
    seen = installation.do("be_due", round_id=prepared["round"])
    nothing_seen_early(seen["before"])
    closed_well(seen["after"], prepared, uninterrupted)


@all_points_but_few_on_postgres
def test_a_close_that_is_killed_at_any_point_ends_as_if_it_had_not_been(
    installation: Installation, new_round: NewRound, uninterrupted: dict[str, Any], points: list[str], step: int
) -> None:
    bystander = new_round()
    completed = False
    for number in range(1, LONGER_THAN_ANY_CLOSE, step):
        prepared = new_round()
        ended = installation.run("close", round_id=prepared["round"], disturb={"kill_before": number})
        assert not ended.raised, ended.trace
        with told_where(number, points[number - 1] if number <= len(points) else "the end"):
            take_up(installation, prepared, uninterrupted)
        if not ended.killed:
            completed = True
            break
    assert completed
    assert len(points) < number <= len(points) + step
    # A round that was open all the while, through every rewrite of the storage, has lost nothing.
    installation.do("close", round_id=bystander["round"])
    closed_well(installation.do("look", round_id=bystander["round"]), bystander, uninterrupted)
    assert installation.do("check_log") > 0


def test_a_close_that_is_killed_twice_ends_as_if_it_had_not_been(
    installation: Installation, new_round: NewRound, uninterrupted: dict[str, Any], points: list[str]
) -> None:
    chosen = random.Random(2026)
    for _again in range(DOUBLE_KILLS):
        first, second = chosen.randrange(1, len(points)), chosen.randrange(1, len(points))
        prepared = new_round()
        installation.run("close", round_id=prepared["round"], disturb={"kill_before": first})
        # The second attempt has fewer points left, so this one may be past its end; then it was not killed.
        installation.run("close", round_id=prepared["round"], disturb={"kill_before": 1 + second % (len(points) // 2)})
        with told_where(points[first - 1], f"and then at point {second} of the second attempt"):
            take_up(installation, prepared, uninterrupted)


@pytest.mark.parametrize("kills", [5, pytest.param(30, marks=[pytest.mark.sweep, pytest.mark.timeout(400)])])
def test_a_close_that_is_killed_at_any_moment_ends_as_if_it_had_not_been(
    installation: Installation, new_round: NewRound, uninterrupted: dict[str, Any], kills: int
) -> None:
    began = time.monotonic()
    installation.do("close", round_id=new_round()["round"])
    seconds = time.monotonic() - began
    chosen = random.Random(11)
    for _again in range(kills):
        prepared, after = new_round(), chosen.uniform(0, seconds)
        running = installation.start("close", round_id=prepared["round"])
        # Real time is what this test is about: inside a VACUUM or a commit there is no other way to arrive.
        time.sleep(after)
        installation.kill(running)
        installation.end(running)
        with told_where(f"{after:.3f} of {seconds:.3f} seconds"):
            take_up(installation, prepared, uninterrupted)


def test_every_point_of_a_close_stands_in_its_documentation(points: list[str], postgres_server: Path | None) -> None:
    page = (Path(__file__).parents[2] / "docs" / "protocol" / "close.md").read_text()
    documented = re.findall(r"^\| `(\w+: [^`]+)` \|", page, flags=re.MULTILINE)
    only_sqlite = {
        "ballots: VACUUM",
        "ballots: PRAGMA wal_checkpoint",
        "issuance: VACUUM",
        "issuance: PRAGMA wal_checkpoint",
    }
    if postgres_server is not None:
        documented = [point for point in documented if point not in only_sqlite]
    # In the table each point stands once, where it comes first.
    assert list(dict.fromkeys(points)) == documented


@pytest.mark.parametrize(
    ("fault", "kill_at"),
    [
        ("loses_a_ballot", ""),
        ("counts_a_ballot_twice", ""),
        ("keeps_keys", ""),
        ("keeps_slips", ""),
        ("spools_in_place", "keys: write spool/*.release"),
        ("draws_again", "default: commit of releases_release, releases_releasedunit, releases_releasedgroup"),
        ("shows_before_forgetting", "ballots: commit of ballots_ballot"),
    ],
)
def test_the_promise_notices(
    installation: Installation, new_round: NewRound, uninterrupted: dict[str, Any], fault: str, kill_at: str
) -> None:
    prepared = new_round()
    ended = installation.run("close", round_id=prepared["round"], disturb={"kill_at": kill_at}, fault=fault)
    assert ended.killed == bool(kill_at), ended.trace
    seen = installation.do("be_due", round_id=prepared["round"], fault=fault)
    assert not kept(nothing_seen_early, seen["before"]) or not kept(closed_well, seen["after"], prepared, uninterrupted)


@few_points_or_all
def test_a_round_that_is_killed_while_it_is_made_void_is_void_for_the_first_reason(
    installation: Installation, new_round: NewRound, step: int
) -> None:
    for number in range(1, LONGER_THAN_ANY_CLOSE, step):
        round_id = new_round()["round"]
        installation.do("add_a_ballot_of_nobody", round_id=round_id)
        ended = installation.run("close", round_id=round_id, disturb={"kill_before": number})
        assert not ended.raised, ended.trace
        seen = installation.do("be_due", round_id=round_id)
        with told_where(number):
            assert (seen["before"]["seen"], seen["before"]["releases"]) == ([], 0)
            void_and_said_so(seen["after"], "more_ballots_than_members")
        if not ended.killed:
            break
    assert number > 20
    assert installation.do("check_log") > 0


def test_that_promise_notices_a_reason_that_is_found_anew(installation: Installation, new_round: NewRound) -> None:
    round_id = new_round()["round"]
    installation.do("add_a_ballot_of_nobody", round_id=round_id)
    assert installation.run("close", round_id=round_id, disturb={"kill_at": "keys: remove seed/*.key"}).killed
    seen = installation.do("be_due", round_id=round_id, fault="finds_the_reason_anew")
    assert not kept(void_and_said_so, seen["after"], "more_ballots_than_members")
