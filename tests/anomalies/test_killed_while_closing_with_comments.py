"""kill -9 at the points of a close in which comments are opened: each is shown once, bound, and none is lost."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from tests.anomalies.processes import Installation
from tests.anomalies.promises import few_points_or_all, kept, nothing_left, told_where

WORDS = ["We wait for the others.", "Ask me before, not after.", "Thanks for saying so."]
# Seconds after the opening of other rounds, by which they are told apart.
FIRST_NUMBER = 300_000
LONGER_THAN_ANY_CLOSE = 400


@pytest.fixture(scope="module")
def commented(installation: Installation) -> Callable[[], str]:
    numbers: Iterator[int] = count(FIRST_NUMBER)

    def take() -> str:
        return str(installation.do("prepare_commented", number=next(numbers), texts=WORDS)["round"])

    return take


def not_read_early(seen: dict[str, Any]) -> None:
    if seen["state"] != "released":
        assert [unit["comments"] for unit in seen["units"].values() if unit["comments"]] == []


def read_well(seen: dict[str, Any]) -> None:
    assert (seen["state"], seen["releases"]) == ("released", 1)
    [crowd] = seen["units"].values()
    assert sorted(crowd["comments"]) == sorted(WORDS)
    assert crowd["comments_are_bound"]
    assert crowd["figures"]["comments"]["count"] == len(WORDS)
    assert len([slot for slot in crowd["slots"] if slot[1] == "comment"]) == len(WORDS)
    nothing_left(seen)


@few_points_or_all
def test_comments_of_a_close_that_is_killed_anywhere_are_all_there_once(
    installation: Installation, commented: Callable[[], str], step: int
) -> None:
    for number in range(1, LONGER_THAN_ANY_CLOSE, step):
        round_id = commented()
        ended = installation.run("close", round_id=round_id, disturb={"kill_before": number})
        assert not ended.raised, ended.trace
        with told_where(number):
            seen = installation.do("be_due", round_id=round_id)
            not_read_early(seen["before"])
            read_well(seen["after"])
        if not ended.killed:
            break
    assert number > 20


@pytest.mark.parametrize(
    ("fault", "kill_at"),
    [
        ("loses_a_comment", ""),
        ("commits_comments_by_themselves", "default: commit of releases_releasedcomment"),
        ("shows_before_forgetting", "ballots: commit of ballots_ballot"),
    ],
)
def test_the_promise_notices(
    installation: Installation, commented: Callable[[], str], fault: str, kill_at: str
) -> None:
    round_id = commented()
    ended = installation.run("close", round_id=round_id, disturb={"kill_at": kill_at}, fault=fault)
    assert ended.killed == bool(kill_at), ended.trace
    seen = installation.do("be_due", round_id=round_id, fault=fault)
    assert not kept(not_read_early, seen["before"]) or not kept(read_well, seen["after"])
