"""The benchmark itself: it runs to its end and measures what it says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
# It starts the server that it measures.
@pytest.mark.sqlite_only
@pytest.mark.timeout(300)
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.sweep)])
def test_the_benchmark_of_answers_measures_all_four_things(database: str, tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    subprocess.run(
        [
            *(sys.executable, "bench/ballots.py", "--quick", "--seconds", "0.3", "--clients", "2"),
            *("--database", database, "--write", str(file)),
        ],
        cwd=ROOT,
        check=True,
        timeout=280,
    )
    result = json.loads(file.read_text())
    assert all(rate > 0 for rate in result["limits"].values())
    rows = result["databases"][database]["rows"]
    assert {row["what"] for row in rows} == {"issue", "cast", "server", "whole"}
    assert all(row["done"] > 0 and row["milliseconds"]["complete"]["p95"] > 0 for row in rows)
    assert all(share > 0 for share in result["databases"][database]["shares"].values())
