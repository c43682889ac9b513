"""What `make forensics` says, and by what it fails."""

from pathlib import Path

import pytest

from tests.forensics import report, scoring
from tests.forensics.simulated import Taken

pytestmark = pytest.mark.sqlite_only

GUESSED = scoring.Score(0.001, 0.004, 0.01, 1.0)
TOLD = scoring.Score(0.875, 0.004, 1.0, 1.0)
PAGE = Path(__file__).resolve().parents[2] / "docs" / "security" / "forensics.md"


def run(after: dict[str, scoring.Score], refused: list[str]) -> report.Run:
    open_round = Taken("mid", {"ballots: place of the row": TOLD}, [], {})
    return report.Run("postgres", 1_000, 60, (open_round, Taken("after", after, refused, {})))


def test_the_order_that_an_open_round_and_pg_wal_show_is_told_and_fails_nothing() -> None:
    made = run({"ballots: slot order": GUESSED, "ballots: pg_wal": TOLD}, [])
    assert report.failures([made]) == []
    lines = report.table([made]).splitlines()
    assert [line.split(" | ")[5] for line in lines[2:]] == ["told", "told", "+0.0103"]


@pytest.mark.parametrize(
    ("after", "refused"),
    [({"ballots: heap": TOLD}, []), ({"ballots: slot order": GUESSED}, ["a key of the round: other"])],
)
def test_what_tells_after_the_close_fails_and_stands_on_the_page(
    after: dict[str, scoring.Score], refused: list[str]
) -> None:
    [failure] = report.failures([run(after, refused)])
    assert failure.startswith("FAILED PostgreSQL, closed: ")
    assert failure in report.page([run(after, refused)])


def test_the_page_that_is_published_is_one_of_a_run_that_passed_on_both_databases() -> None:
    text = PAGE.read_text()
    assert f"| {' | '.join(report.HEAD)} |" in text
    assert "Nothing told more than the rule allows." in text
    for database in report.DATABASES.values():
        assert f"{database} 5,000 teams" in text
