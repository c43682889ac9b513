"""kill -9 at every point of publishing and opening: the worker finishes it with the same roster and keys."""

import pytest

from tests.anomalies.processes import Installation
from tests.anomalies.promises import all_points_but_few_on_postgres, nothing_left, published_well, told_where

LONGER_THAN_ANY = 200
# Rounds are told apart by the second in which they open; those of the pool of open rounds come long before.
FIRST_NUMBER = 100_000


def take_up(installation: Installation, number: int) -> str | None:
    seen = installation.do("be_due_to_be_published", number=number)
    if seen["before"] is None:
        return None
    assert seen["due"] == ([] if seen["before"]["published"] else ["finish_publication"])
    published_well(seen["before"], seen["after"])
    return str(seen["before"]["round"])


@all_points_but_few_on_postgres
def test_a_publication_that_is_killed_at_any_point_is_finished_with_the_same_roster_and_keys(
    installation: Installation, step: int
) -> None:
    # The first round of an installation also begins the log and keeps the bundle; those after it are alike.
    installation.do("publish", number=FIRST_NUMBER - 1)
    points = installation.do("publish", number=FIRST_NUMBER, disturb={"trace": True})
    for number in range(1, LONGER_THAN_ANY, step):
        ended = installation.run("publish", number=FIRST_NUMBER + number, disturb={"kill_before": number})
        assert not ended.raised, ended.trace
        with told_where(number, points[number - 1] if number <= len(points) else "the end"):
            round_id = take_up(installation, FIRST_NUMBER + number)
            # Before its first commit nothing happened at all; from then on it is a promise.
            assert (round_id is None) == (number == 1)
            if round_id is not None and number % 4 in {0, step}:
                goes_on(installation, round_id)
        if not ended.killed:
            break
    assert len(points) < number <= len(points) + step
    assert installation.do("check_log") > 0


def goes_on(installation: Installation, round_id: str) -> None:
    """It can be opened, answered and closed, and what the killed process left beside the keys goes with them."""
    installation.do("open_round", round_id=round_id)
    cast = installation.do("cast_once", name="Detection 1", round_id=round_id)
    assert cast["outcome"] == "Accepted"
    seen = installation.do("be_due", round_id=round_id)["after"]
    assert seen["state"] == "released"
    assert seen["units"]["Detection"]["slots"] == [[cast["slot"], "ballot", cast["ciphertext"]]]
    nothing_left(seen)


def test_an_opening_that_is_killed_at_any_point_is_finished_once(installation: Installation) -> None:
    for number in range(1, LONGER_THAN_ANY):
        round_id = installation.do("publish", number=2 * FIRST_NUMBER + number)
        ended = installation.run("open_round", round_id=round_id, disturb={"kill_before": number})
        assert not ended.raised, ended.trace
        due = installation.do("do_what_is_due", round_id=round_id, at="2026-03-08T09:00:00+00:00")
        seen = installation.do("look", round_id=round_id)
        assert due == ([] if number > 3 else ["open_round"])
        assert (seen["log"], seen["openings"], seen["box"]) == (["manifest", "opened"], 1, ["open"])
        if not ended.killed:
            break
    assert number == 5
    assert installation.do("cast_once", name="Detection 2", round_id=round_id)["outcome"] == "Accepted"


@pytest.mark.parametrize(
    ("fault", "kill_at"),
    [
        ("publishes_again", "default: commit of rounds_publication"),
        ("writes_keys_again", "ballots: commit of publiclog_logentry"),
    ],
)
def test_the_promise_notices(installation: Installation, fault: str, kill_at: str) -> None:
    number = 3 * FIRST_NUMBER + len(fault)
    assert installation.run("publish", number=number, disturb={"kill_at": kill_at}).killed
    before = installation.do("look_at_publication", number=number)
    installation.run("do_what_is_due", round_id=before["round"], at="2026-03-02T09:00:00+00:00", fault=fault)
    after = installation.do("look_at_publication", number=number)
    with pytest.raises(AssertionError):
        published_well(before, after)
