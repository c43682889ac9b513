"""Faults that a publisher may have: each is found by an attack, in the table that `make attacks` prints."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock

import pytest

from andon.kernel.disclosure import Band, above, bands, large, release, slow, spread
from andon.kernel.disclosure.noise import OpenDpNoise
from tests.attacks import controls, large_groups, publishing, scoreboard, shapes
from tests.attacks.organisation import TOP, Asked, Shape
from tests.attacks.scoreboard import QUICK, Row, Seasons

pytestmark = pytest.mark.sqlite_only
# One size, and nobody is tried whose loss is only told.
LITTLE = replace(QUICK, sizes=(10,), targets=0, trials=60)


def found_by(part: Callable[[Seasons], Iterator[Row]], extent: scoreboard.Extent = LITTLE) -> set[str]:
    return {row.attack for row in part(Seasons(extent)) if row.holds is False}


@dataclass(frozen=True)
class NarrowBands:
    """A lowest and a highest band that end a little earlier."""

    def edges(self, n: int, band: Band) -> tuple[int, int]:
        upper = 12 * n // 5
        return {
            Band.LOW: (n, upper),
            Band.MIXED_LOW: (upper + 1, 3 * n),
            Band.MIXED_HIGH: (3 * n + 1, 6 * n - upper - 1),
            Band.HIGH: (6 * n - upper, 5 * n),
        }[band]

    def of(self, total: int, n: int) -> Band:
        return next(band for band in Band if self.edges(n, band)[0] <= total <= self.edges(n, band)[1])


def test_narrower_bands_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = NarrowBands()
    monkeypatch.setattr(slow, "band", narrow.of)
    for module in (bands, slow, release):
        monkeypatch.setattr(module, "band_edges", narrow.edges)
    assert "answers that a colleague rules out, one round" in found_by(scoreboard.feasible)


def test_a_margin_that_is_always_0_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = slow._counted
    monkeypatch.setattr(slow, "_counted", lambda *of: replace(counted(*of), changes=0, swaps=False))
    assert found_by(scoreboard.over_time) >= {
        "moves of one person that change a colour",
        "colours a person apart, without a margin",
    }


def test_changes_that_are_not_added_up_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = slow._counted
    monkeypatch.setattr(slow, "_counted", lambda before, counts: counted(replace(before, changes=0), counts))
    assert "moves of one person that change a colour" in found_by(scoreboard.over_time)


def test_people_who_may_have_changed_places_and_are_not_counted_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = slow._counted
    monkeypatch.setattr(slow, "_counted", lambda *of: replace(counted(*of), swaps=False))
    assert found_by(scoreboard.over_time)


def test_colours_that_are_never_kept_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow, "is_wide", lambda n, cell: True)
    assert "answers that a colleague rules out, one round" in found_by(scoreboard.feasible)


def test_a_memory_that_holds_more_than_was_shown_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = slow.first

    def first(total: int, counts: slow.Counts) -> slow.Step:
        step = honest(total, counts)
        assert step.remembered is not None
        return replace(step, remembered=replace(step.remembered, rounds_with_margin=total % 2))

    monkeypatch.setattr(slow, "first", first)
    assert "memories that hold more than was shown (rounds joined)" in found_by(scoreboard.feasible)


def test_a_figure_that_depends_on_another_statement_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = release._step

    def step(code: str, given: Sequence[int | None], *rest: Any) -> slow.Step:
        return honest(code, [5 for _ in given] if code == "IN2" else given, *rest)

    monkeypatch.setattr(release, "_step", step)
    assert "figures that depend on more than their own total" in found_by(scoreboard.feasible)


def test_a_window_that_counts_who_was_not_asked_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = release.WindowAnswers.answers_to

    def answers_to(self: release.WindowAnswers, code: str) -> tuple[int | None, ...]:
        return (*honest(self, code), *[None] * (self.cast - len(honest(self, code))))

    monkeypatch.setattr(release.WindowAnswers, "answers_to", answers_to)
    assert "figures that depend on more than their own total" in found_by(scoreboard.feasible)


def test_a_bad_colour_that_is_withheld_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = slow.first

    def first(total: int, counts: slow.Counts) -> slow.Step:
        step = honest(total, counts)
        is_low = step.shown is not None and step.shown.band is Band.LOW
        return slow.Step(None, slow.Silence.OTHER_RULES, None) if is_low else step

    monkeypatch.setattr(slow, "first", first)
    assert "rounds shown otherwise for other answers" in found_by(scoreboard.everything_else)


def test_teams_that_are_counted_anew_and_set_fresh_at_once_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = publishing.Publisher._pasts

    def pasts(self: publishing.Publisher, *of: Any) -> Any:
        return {
            nodes: replace(past, resting=frozenset()) if past and past.follows else None
            for nodes, past in honest(self, *of).items()
        }

    monkeypatch.setattr(publishing.Publisher, "_pasts", pasts)
    assert "colours a person apart, without a margin" in found_by(scoreboard.over_time)


def test_exact_figures_of_a_parent_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OpenDpNoise, "histogram", lambda self, counts, *, rho: tuple(counts))
    assert found_by(scoreboard.large_figures) >= {
        "which of two ballots, all others known",
        "error of what is left between levels, in noise",
    }


def test_noise_that_is_drawn_at_each_look_is_found() -> None:
    honest = large_groups.two_candidates(statements=3, trials=30)
    assert honest.holds
    assert not large_groups.two_candidates(statements=3, trials=30, reads=controls.drawn_at_each_look).holds


@pytest.mark.parametrize("forgotten", ["statements", "depth"])
def test_a_budget_that_is_given_to_each_statement_or_each_level_is_found(
    forgotten: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rho(self: large.Budget) -> float:
        return large.RHO / (self.depth if forgotten == "statements" else self.statements)

    monkeypatch.setattr(large.Budget, "rho_per_histogram", property(rho))
    assert not large_groups.two_candidates(statements=3, trials=300).holds


def test_a_spread_that_counts_colours_that_were_kept_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        above,
        "_shows_all_anew",
        lambda one, statements: one.figures is not None and set(one.figures) == set(statements),
    )
    assert "spreads that are no count of new colours" in found_by(scoreboard.everything_else)


def test_spreads_that_leave_few_units_over_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    extent = replace(LITTLE, shape=Shape(((6,) * 14, (6,) * 3), ("IN1",)))
    assert "one to nine units left over between spreads" not in found_by(scoreboard.everything_else, extent)
    monkeypatch.setattr(
        spread, "_children_to_show", lambda units, children: [child for child in children if child.units >= 10]
    )
    assert "one to nine units left over between spreads" in found_by(scoreboard.everything_else, extent)


def test_a_turnout_by_which_a_team_knows_that_nobody_else_answered_is_found() -> None:
    teams = tuple(publishing.disclosure.Node(team, TOP, team, tuple(f"{team}{i}" for i in range(5))) for team in "ab")
    tree = (publishing.disclosure.Node(TOP, None, TOP, ()), *teams)
    asked = Asked(1, tree, {who: ({"IN1": 3},) for who in teams[0].members[:4]})
    assert shapes.turnouts_that_tell(publishing.Publisher(("IN1",), {}).close(asked)) == 0
    with mock.patch.object(above, "turnout_of_group", return_value=above.TurnoutStep.UNDER_HALF):
        assert shapes.turnouts_that_tell(publishing.Publisher(("IN1",), {}).close(asked)) == 1


def test_turnouts_of_groups_in_one_another_are_found() -> None:
    extent = replace(LITTLE, shape=Shape(((6,) * 8, (6,) * 8), ("IN1",)))
    closed = Seasons(extent).closed[0]
    assert shapes.turnouts_that_tell(closed) == 0
    told = tuple(replace(group, turnout=above.TurnoutStep.HALF_OR_MORE) for group in closed.groups)
    assert shapes.turnouts_that_tell(replace(closed, groups=told)) >= 2
