"""What must be true of a round, whatever happened to the processes that worked on it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

# A sweep of few points at every change, and of all points in `make test-slow`.
few_points_or_all = pytest.mark.parametrize(
    "step",
    [
        pytest.param(7, id="few points"),
        pytest.param(1, id="all points", marks=[pytest.mark.sweep, pytest.mark.timeout(400)]),
    ],
)

# The same for what matters most: all points on SQLite at every change.
all_points_but_few_on_postgres = pytest.mark.parametrize(
    "step",
    [
        pytest.param(1, id="all points of SQLite", marks=pytest.mark.sqlite_only),
        pytest.param(7, id="few points of PostgreSQL", marks=pytest.mark.postgres_only),
        pytest.param(
            1,
            id="all points of PostgreSQL",
            marks=[pytest.mark.postgres_only, pytest.mark.sweep, pytest.mark.timeout(400)],
        ),
    ],
)


def closed_well(seen: dict[str, Any], prepared: dict[str, Any], uninterrupted: dict[str, Any]) -> None:
    """Nothing lost, nothing doubled, nothing left, and the figures that were drawn first."""
    assert seen["state"] == "released"
    assert (seen["endings"], seen["releases"], seen["finished"]) == (["closed"], 1, [True])
    slots = [slot for unit in seen["units"].values() for slot in unit["slots"]]
    assert sorted(slots) == sorted(prepared["receipts"])
    assert {name: unit["figures"] for name, unit in seen["units"].items()} == uninterrupted
    assert sorted(seen["seen"]) == sorted(uninterrupted)
    assert seen["log"] == ["manifest", "opened", "closed", "released"]
    assert [seen["logged_roots"][kind] for kind in ("closed", "released")] == seen["roots"]
    assert seen["audited"] == ["round.closed", "round.planned"]
    nothing_left(seen)


def nothing_left(seen: dict[str, Any]) -> None:
    # A process that was killed in its very last breath leaves the empty file that it had locked.
    files = [name for name in seen["files"] if not name.endswith(".lock")]
    assert (seen["ballots"], seen["slips"], files) == (0, 0, [])


def nothing_seen_early(seen: dict[str, Any]) -> None:
    """Figures are seen after the last step only, and then the log has their root and the keys are gone."""
    if seen["state"] != "released":
        assert seen["seen"] == []
        assert seen["endings"] == []
    else:
        assert seen["log"][-1] == "released"
        nothing_left(seen)


def void_and_said_so(seen: dict[str, Any], reason: str) -> None:
    assert (seen["state"], seen["reason"], seen["endings"]) == ("void", reason, ["void"])
    assert seen["log"] == ["manifest", "opened", "void"]
    assert seen["audited"] == ["round.planned", "round.void"]
    assert seen["logged_reason"] == [reason]
    assert (seen["seen"], seen["releases"]) == ([], 0)
    nothing_left(seen)


def published_well(before: dict[str, Any] | None, after: dict[str, Any]) -> None:
    """Published once, with the roster, the keys and the manifest that were fixed first."""
    assert (after["manifests"], after["published"], after["box"]) == (1, 1, ["waiting"])
    assert all(after["agrees"].values()), after["agrees"]
    assert sorted(after["keys"]) == ["box", "issuance", "seed"]
    if before is not None:
        assert before["roster"] == after["roster"]
        assert before["keys"].items() <= after["keys"].items()
        assert before.get("manifest", after["manifest"]) == after["manifest"]


@contextmanager
def told_where(*where: object) -> Iterator[None]:
    """A failure in a sweep says at which point of the sweep."""
    try:
        yield
    except AssertionError as error:
        error.add_note(f"at {', '.join(str(part) for part in where)}")
        raise


def kept(promise: Callable[..., None], *seen: Any) -> bool:
    """Whether the promise holds: what tests of planted faults ask."""
    try:
        promise(*seen)
    except AssertionError:
        return False
    return True
