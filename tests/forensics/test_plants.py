"""Each planted leak is seen by the extractor or the scan that is meant to see it, and nothing is seen without one."""

import pytest
from django.conf import settings

from tests.forensics import plants
from tests.forensics.simulated import Simulation, Taken

ON = "postgres" if settings.ON_POSTGRES else "sqlite"
# One each for extractors and scans at every change; all in `make test` on SQLite, and in `make test-slow` on both.
FEW = ("a number for each ballot", "keys that stay")
# Surely more hits than a storage of sixty teams may give away.
SURELY = 0.15


def noticed(taken: Taken) -> list[str]:
    """Extractors that surely tell more than they may, and what the scans say."""
    telling = [name for name, score in taken.gated.items() if score.at_least > SURELY]
    return [*telling, *taken.refused]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in FEW else pytest.mark.slow)
        for name, plant in plants.ALL.items()
        if plant.only in {"", ON}
    ],
)
def test_the_leak_is_seen(simulation: Simulation, name: str) -> None:
    plant = plants.ALL[name]
    if plant.when == "mid":
        taken, _after = simulation.round(name, images="mid after")
    else:
        [taken] = simulation.round(name, images=plant.when)
    seen = noticed(taken)
    for expected in plant.seen_by:
        assert any(one.startswith(expected) for one in seen), seen


def test_without_a_leak_nothing_is_seen(simulation: Simulation) -> None:
    mid, after, following = simulation.round(through_pages=True)
    # That the order of casting can be read while a round is open shows that what is read afterwards would be read.
    assert "ballots: place of the row" in noticed(mid)
    assert mid.refused == []
    assert noticed(after) == []
    assert noticed(following) == []
