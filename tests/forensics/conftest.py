"""An installation of this folder's own for a whole run, in memory."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.anomalies.processes import Installation
from tests.forensics.simulated import Simulation

IN_MEMORY = Path("/dev/shm")
FEW_TEAMS = 8


@pytest.fixture(scope="module")
def simulation(postgres_server: Path | None) -> Iterator[Simulation]:
    place = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="andon-forensics-", dir=place) as name:
        folder = Path(name)
        (folder / "installation").mkdir()
        with Installation(folder / "installation", postgres_server) as installation:
            yield Simulation(installation, FEW_TEAMS, folder)
