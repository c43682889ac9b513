"""Groups of a hundred and more: what the noise costs, what it hides, and what intervals hold."""

import ast
import math
import random
from statistics import pstdev

import opendp.prelude as dp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.kernel.disclosure.large import (
    ANSWERS,
    CELLS,
    MOST_NOISE_IN_A_MEAN,
    RHO,
    Budget,
    LargeFigure,
    MalformedBudget,
    MalformedHistogram,
    NotShown,
    epsilon,
    may_show,
    noise_in_a_mean,
    publish_group,
)
from andon.kernel.disclosure.noise import CannotPrivatise, OpenDpNoise, _mechanism
from tests.architecture.repository import SOURCE


class Gauss:
    """Noise of the right size from a seed, so that a test can be repeated."""

    def __init__(self, seed):
        self.draw = random.Random(seed)

    def histogram(self, counts, *, rho):
        return [count + round(self.draw.gauss(0, 1 / math.sqrt(rho))) for count in counts]


@given(st.integers(1, 40), st.integers(1, 6))
def test_all_histograms_of_everybody_cost_one_budget(statements, depth):
    assert Budget(statements, depth).rho_per_histogram * statements * depth == pytest.approx(RHO)


def test_the_budget_of_a_round_in_the_usual_terms():
    assert epsilon(RHO) == pytest.approx(5.8, abs=0.05)


def test_opendp_itself_says_that_a_histogram_costs_no_more_than_its_share():
    for budget in (Budget(21, 1), Budget(21, 4), Budget(5, 2), Budget(1, 1)):
        cost = _mechanism(budget.rho_per_histogram).map(math.sqrt(2))
        assert cost == pytest.approx(budget.rho_per_histogram, rel=1e-9)


def test_too_little_noise_would_be_refused(monkeypatch):
    make = dp.m.make_gaussian
    monkeypatch.setattr(dp.m, "make_gaussian", lambda *space, scale: make(*space, scale=scale * 0.99))
    with pytest.raises(CannotPrivatise):
        _mechanism.__wrapped__(Budget(21, 1).rho_per_histogram)


def test_the_noise_has_the_size_that_was_promised_and_differs_each_time():
    budget = Budget(21, 2)
    opendp = OpenDpNoise()
    draws = [opendp.histogram([100] * 6, rho=budget.rho_per_histogram) for _ in range(1_500)]
    assert len({tuple(draw) for draw in draws}) > 1_490
    assert pstdev([count - 100 for draw in draws for count in draw]) == pytest.approx(budget.noise_sd, rel=0.05)


def test_published_means_are_off_by_no_more_than_was_promised():
    """The worst case that is let through: as few ballots as may be shown, a mean at the edge of the promise."""
    budget = Budget(5, 1)
    ballots = next(n for n in range(100, 2_000, 10) if may_show(n, n, budget) is None)
    counts = [ballots // 2, 0, ballots - ballots // 2, 0, 0, 0]
    errors = [
        publish_group({"IN1": counts}, people=ballots, budget=budget, noise=Gauss(seed))["IN1"].mean().middle - 2
        for seed in range(2_000)
    ]
    assert pstdev(errors) <= MOST_NOISE_IN_A_MEAN * 1.05
    assert pstdev(errors) >= MOST_NOISE_IN_A_MEAN * 0.8


@pytest.mark.parametrize(("people", "ballots"), [(99, 99), (500, 99), (100, 99)])
def test_under_a_hundred_nothing_is_drawn(people, ballots):
    refused = NeverAsked()
    counts = [ballots, 0, 0, 0, 0, 0]
    assert publish_group({"IN1": counts}, people=people, budget=Budget(1, 1), noise=refused) is NotShown.UNDER_A_HUNDRED


class NeverAsked:
    def histogram(self, counts, *, rho):
        raise AssertionError("nothing may be drawn for a group that is not shown")


def test_where_the_noise_would_drown_a_mean_nothing_is_drawn():
    assert may_show(150, 150, Budget(21, 3)) is NotShown.TOO_MUCH_NOISE
    assert (
        publish_group({"IN1": [150, 0, 0, 0, 0, 0]}, people=150, budget=Budget(21, 3), noise=NeverAsked())
        is NotShown.TOO_MUCH_NOISE
    )
    assert may_show(5_000, 5_000, Budget(21, 3)) is None


@given(st.integers(100, 5_000), st.integers(1, 30), st.integers(1, 5), st.integers(0, 9))
def test_one_person_more_or_less_decides_only_at_a_rounded_count(ballots, statements, depth, more):
    budget = Budget(statements, depth)
    rounded = ballots // 10 * 10
    assert may_show(9_999, rounded, budget) is may_show(9_999, rounded + more, budget)
    assert noise_in_a_mean(rounded, budget) == noise_in_a_mean(rounded + more, budget)


@given(
    st.lists(st.sampled_from([1, 2, 3, 4, 5, 6]), min_size=120, max_size=120), st.integers(0, 119), st.integers(1, 6)
)
def test_whether_figures_exist_does_not_depend_on_an_answer(cells, person, other):
    def shown(answers):
        counts = [answers.count(cell) for cell in range(1, 7)]
        return isinstance(publish_group({"IN1": counts}, people=130, budget=Budget(1, 1), noise=Gauss(1)), NotShown)

    changed = [*cells]
    changed[person] = other
    assert shown(cells) is shown(changed)


def test_replacing_one_person_moves_a_histogram_by_the_step_that_noise_is_made_for():
    before, after = [50, 20, 30, 40, 10, 0], [49, 20, 30, 41, 10, 0]
    assert math.dist(before, after) == pytest.approx(math.sqrt(2))


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_intervals_hold_the_truth_as_often_as_they_say(confidence):
    draw = random.Random(7)
    truth = [0.04, 0.08, 0.18, 0.40, 0.30]
    mean = sum(answer * share for answer, share in zip(ANSWERS, truth, strict=True))
    budget = Budget(21, 2)
    held = held_shares = asked = 0
    for seed in range(600):
        answers = draw.choices(ANSWERS, truth, k=600)
        counts = [*(answers.count(answer) for answer in ANSWERS), 0]
        figure = publish_group({"IN1": counts}, people=700, budget=budget, noise=Gauss(seed))["IN1"]
        interval = figure.mean(confidence)
        held += interval.low <= mean <= interval.high
        for share, true in zip(figure.shares(confidence), truth, strict=True):
            held_shares += share.low <= true <= share.high
            asked += 1
    assert held / 600 >= confidence - 0.04
    assert held_shares / asked >= confidence - 0.04
    # And not because they hold everything.
    assert held / 600 <= confidence + 0.04


def test_an_interval_without_the_noise_would_be_too_narrow():
    counts = (40, 80, 180, 400, 300, 0)
    with_noise, without = LargeFigure(counts, 11.0), LargeFigure(counts, 0.0)
    assert with_noise.mean().high - with_noise.mean().low > without.mean().high - without.mean().low


def test_noise_can_empty_a_cell_and_nothing_impossible_is_said():
    figure = LargeFigure((-7, 3, 20, 70, -2, -4), 6.5)
    assert all(0 <= share.low <= share.middle <= share.high <= 1 for share in figure.shares())
    assert 1 <= figure.mean().low <= figure.mean().middle <= figure.mean().high <= 5
    assert LargeFigure((-3, 0, 1, 1, 0, 5), 6.5).mean() is None


@pytest.mark.parametrize("broken", [[1, 2, 3, 4, 5], [1, 2, 3, 4, 5, -1], [1, 2, 3, 4, 5, 1.0], [1, 2, 3, 4, 5, True]])
def test_what_is_no_histogram_is_refused(broken):
    with pytest.raises(MalformedHistogram):
        publish_group({"IN1": broken}, people=500, budget=Budget(1, 1), noise=NeverAsked())


def test_every_ballot_is_in_every_histogram_once():
    two = {"IN1": [200, 0, 0, 0, 0, 0], "IN2": [199, 0, 0, 0, 0, 0]}
    with pytest.raises(MalformedHistogram):
        publish_group(two, people=500, budget=Budget(2, 1), noise=NeverAsked())
    with pytest.raises(MalformedBudget):
        publish_group(two, people=500, budget=Budget(1, 1), noise=NeverAsked())
    with pytest.raises(MalformedBudget):
        Budget(0, 1)


def test_only_one_module_of_the_kernel_draws_and_nothing_that_auditors_need_imports_it():
    """An auditor installs neither OpenDP nor scipy: what they import must work without."""
    importing = []
    for path in sorted((SOURCE / "kernel").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            if any(
                name.split(".")[0] in {"opendp", "random", "secrets"} or name == "andon.kernel.disclosure.noise"
                for name in names
            ):
                importing.append(path.relative_to(SOURCE / "kernel").as_posix())
    assert importing == ["disclosure/noise.py", "psychometrics/simulator.py"]


def test_a_histogram_has_a_cell_for_each_answer_and_one_for_skipping():
    assert [*map(str, ANSWERS), "skip"] == list(CELLS)
