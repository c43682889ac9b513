"""A round of sixty teams of eight through real processes: what is left of it tells nobody whose ballot is whose."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.forensics import scoring
from tests.forensics.through_doors import ThroughDoors

# Whatever else the machine does meanwhile.
pytestmark = pytest.mark.timeout(600)
TEAMS = 60


@pytest.fixture(scope="module")
def taken(make_stack: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("forensics")
    stack = make_stack(parts=("app", "anonymous", "worker"), ANDON_STEWARD_KEY_FILE=str(folder / "steward.key"))
    with contextlib.closing(ThroughDoors(stack, TEAMS)) as doors:
        yield {one.name: one for one in doors.round(folder)}


def test_while_it_is_open_nothing_stands_where_it_must_not(taken: dict[str, Any]) -> None:
    assert taken["mid"].refused == []
    # By design (A2), and the twin of the next test. Whoever casts twice has a row written later.
    assert {"ballots: place of the row", "slips: place of the row"} <= {
        name for name, score in taken["mid"].scores.items() if score.at_least > 0.6
    }
    # The backup holds the people, and was read.
    assert taken["mid"].counts[("address", "backup")] >= TEAMS * scoring.TEAM


@pytest.mark.parametrize("image", ["after", "next"])
def test_after_the_close_no_extractor_tells_more_than_guessing(taken: dict[str, Any], image: str) -> None:
    assert taken[image].refused == []
    assert scoring.judge(taken[image].gated, TEAMS).failed == ()
    assert {"ballots: slot list", "ballots: slot order"} <= set(taken[image].gated)
