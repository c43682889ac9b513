"""Our rules hold against every attack, and every control falls to the same attacks."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.attacks import __main__ as command
from tests.attacks import scoreboard
from tests.attacks.organisation import ROUNDS
from tests.attacks.scoreboard import QUICK, Row, Seasons

pytestmark = pytest.mark.sqlite_only


@pytest.fixture(scope="module")
def seasons() -> Seasons:
    return Seasons(QUICK)


@pytest.mark.parametrize(
    "part",
    [
        scoreboard.feasible,
        scoreboard.guessed,
        scoreboard.over_time,
        scoreboard.large_figures,
        scoreboard.everything_else,
    ],
)
def test_every_attack_stays_under_its_bound(part: Callable[[Seasons], Iterator[Row]], seasons: Seasons) -> None:
    rows = list(part(seasons))
    assert [row for row in rows if row.holds is False] == []
    assert any(row.holds for row in rows)


def test_every_control_is_broken() -> None:
    assert [row for row in scoreboard.broken(QUICK) if not row.holds] == []


def test_the_organisation_that_is_attacked_has_all_that_may_happen_to_one(seasons: Seasons) -> None:
    [rounds] = seasons.lived
    units = [unit for closed in rounds for unit in closed.units]
    figures = [figure for unit in units for figure in (unit.release.figures or {}).values()]
    silences = {silence.value for unit in units for silence in unit.release.silences.values()}
    assert len(rounds) == ROUNDS
    assert silences >= {"other_rules", "too_many_changes", "too_long_with_margin"}
    assert {figure.updated for figure in figures} == {True, False}
    assert any(unit.release.reason for unit in units)
    assert any(unit.past and (unit.past.joiners or unit.past.leavers) for unit in units)
    assert {5, 8} <= {len(unit.people) for unit in units}
    assert max(len(unit.people) for unit in units) >= 30
    assert any(group.figures and group.units for closed in rounds for group in closed.groups)


def test_a_bound_that_is_missed_or_a_control_that_stands_fails_the_run() -> None:
    row = Row("1", "a", "0 of 1", "0", holds=True)
    told = replace(row, holds=None)
    assert scoreboard.passed([row, told])
    missed, standing = replace(row, holds=False), replace(row, part="control", holds=False)
    assert not scoreboard.passed([row, missed])
    assert not scoreboard.passed([row, standing])
    assert [one.verdict for one in (row, told, missed, standing)] == ["holds", "told", "MISSED", "NOT BROKEN"]
    assert len(scoreboard.table([row, told]).splitlines()) == 4


def test_the_command_prints_the_table_writes_it_where_the_page_has_its_place_and_fails_with_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page = tmp_path / "attacks.md"
    page.write_text("before\n<!-- scoreboard -->\nyesterday\n<!-- end of scoreboard -->\nafter\n")
    monkeypatch.setattr(command, "REPORT", page)
    row = Row("1", "a", "0 of 1", "0", holds=True)
    monkeypatch.setattr(scoreboard, "every_row", lambda extent: iter([row]))
    assert command.main(["--report"]) == 0
    written = page.read_text()
    assert written.startswith("before\n<!-- scoreboard -->\n\n| part | attack |")
    assert written.endswith("\n<!-- end of scoreboard -->\nafter\n")
    assert "yesterday" not in written
    monkeypatch.setattr(scoreboard, "every_row", lambda extent: iter([replace(row, holds=False)]))
    assert command.main([]) == 1
    assert "MISSED" in capsys.readouterr().out
    assert "MISSED" not in page.read_text()


def test_an_attack_that_had_nothing_to_try_has_shown_nothing() -> None:
    assert scoreboard._none("1", "a", 0, 0).holds is False
