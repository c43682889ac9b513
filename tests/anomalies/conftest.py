"""An installation for the whole run, and as many open rounds in it as the tests use up."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.register_assert_rewrite("tests.anomalies.promises")

from tests.anomalies.processes import Installation  # noqa: E402

AT_ONCE = 12


# What a killed process loses is the same in memory, and a thousand forced writes are quicker there.
IN_MEMORY = Path("/dev/shm")


@contextmanager
def made(postgres_server: Path | None, *, founded: bool) -> Iterator[Installation]:
    place = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None
    with (
        tempfile.TemporaryDirectory(prefix="andon-anomalies-", dir=place) as folder,
        Installation(Path(folder), postgres_server, founded=founded) as installation,
    ):
        yield installation


@pytest.fixture(scope="session")
def installation(postgres_server: Path | None) -> Iterator[Installation]:
    with made(postgres_server, founded=True) as installation:
        yield installation


@pytest.fixture(scope="module")
def own_installation(postgres_server: Path | None) -> Iterator[Installation]:
    """For tests that change who is in which team: rounds of everybody that others compare would change with it."""
    with made(postgres_server, founded=True) as installation:
        yield installation


@pytest.fixture(scope="module")
def nobodys(postgres_server: Path | None) -> Iterator[Installation]:
    """An installation that is prepared and that nobody has founded."""
    with made(postgres_server, founded=False) as installation:
        yield installation


@pytest.fixture(scope="session")
def new_round(installation: Installation) -> Callable[[], dict[str, Any]]:
    """An open round in which everybody gave the same answers as in every other one."""
    prepared: list[dict[str, Any]] = []
    numbers = iter(range(1, 100_000, AT_ONCE))

    def take() -> dict[str, Any]:
        if not prepared:
            prepared.extend(installation.do("prepare_rounds", first=next(numbers), count=AT_ONCE))
        return prepared.pop(0)

    return take


@pytest.fixture(scope="session")
def uninterrupted(installation: Installation, new_round: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The figures of the same ballots where nothing happened to the process that closed."""
    prepared = new_round()
    installation.do("close", round_id=prepared["round"])
    seen = installation.do("look", round_id=prepared["round"])
    assert [seen["units"][team]["figures"]["ballots"] for team in ("Detection", "Response", "Crowd")] == [5, 2, 0]
    return {name: unit["figures"] for name, unit in seen["units"].items()}
