"""Four wide bands: where they begin and end, and what a colleague can exclude."""

from fractions import Fraction
from itertools import product

import pytest

from andon.kernel.disclosure import (
    Band,
    ImpossibleTotal,
    MalformedPrior,
    TooFewBallots,
    TurnoutStep,
    band,
    band_edges,
    excluded_answers,
    turnout_of_group,
    turnout_step,
    wide_cells,
    worst_likelihood_ratio,
)

UNIFORM = [Fraction(1, 5)] * 5
SKEWED = [Fraction(weight, 100) for weight in (4, 8, 18, 40, 30)]


def exact_means(n):
    return [(total, total) for total in range(n, 5 * n + 1)]


def narrower(n):
    """Six bands of about equal width: a plausible design, and a leak."""
    edges = [n + (4 * n * step) // 6 for step in range(7)]
    return [(low, high - 1) for low, high in zip(edges, [*edges[1:-1], 5 * n + 1], strict=False)]


@pytest.mark.parametrize("n", range(5, 200))
def test_the_four_bands_cut_all_totals_without_gap_or_overlap(n):
    shown = [band(total, n) for total in range(n, 5 * n + 1)]
    covered = []
    for one in Band:
        low, high = band_edges(n, one)
        assert low <= high
        assert set(shown[low - n : high - n + 1]) == {one}
        covered += range(low, high + 1)
    assert covered == list(range(n, 5 * n + 1))


def test_the_edges_are_those_of_the_rule():
    assert [band_edges(5, one) for one in Band] == [(5, 13), (14, 15), (16, 16), (17, 25)]
    assert [band_edges(8, one) for one in Band] == [(8, 20), (21, 24), (25, 27), (28, 40)]
    assert [band_edges(15, one) for one in Band] == [(15, 39), (40, 45), (46, 50), (51, 75)]


@pytest.mark.parametrize("n", range(5, 60))
def test_turning_all_answers_turns_the_colour(n):
    turned = dict(zip(Band, reversed(Band), strict=True))
    for total in range(n, 5 * n + 1):
        if total != 3 * n:
            assert band(6 * n - total, n) is turned[band(total, n)]
    assert band(3 * n, n) is Band.MIXED_LOW


def test_there_is_no_band_under_five_ballots():
    with pytest.raises(TooFewBallots):
        band(12, 4)
    with pytest.raises(TooFewBallots):
        band_edges(4, Band.LOW)


@pytest.mark.parametrize("total", [4, 26])
def test_an_impossible_total_is_refused_without_being_repeated(total):
    with pytest.raises(ImpossibleTotal) as refusal:
        band(total, 5)
    assert str(total) not in str(refusal.value)


# What a coalition can exclude.


def by_enumeration(n, coalition, cells):
    """Every data set of 1..5 answers: the coalition's known answers, one other member's answer, everyone else's."""
    possible, seen = set(), set()
    rest = n - coalition - 1
    for known in product(range(1, 6), repeat=coalition):
        for answer in range(1, 6):
            for others in product(range(1, 6), repeat=rest):
                total = sum(known) + answer + sum(others)
                cell = next(cell for cell in cells if cell[0] <= total <= cell[1])
                seen.add((known, cell))
                possible.add((known, cell, answer))
    return {(cell, answer) for known, cell in seen for answer in range(1, 6) if (known, cell, answer) not in possible}


@pytest.mark.parametrize(("n", "coalition"), [(5, 1), (6, 1), (5, 2), (6, 2), (5, 3)])
@pytest.mark.parametrize("cells_of", [wide_cells, exact_means, narrower])
def test_the_closed_form_is_what_enumeration_finds(n, coalition, cells_of):
    cells = cells_of(n)
    assert excluded_answers(n, coalition, cells) == by_enumeration(n, coalition, cells)


def by_sets_of_totals(n, coalition, cells):
    """All data sets again, for larger n: the set of reachable totals, built one answer after the other."""

    def totals(count):
        reached = {0}
        for _ in range(count):
            reached = {total + answer for total in reached for answer in range(1, 6)}
        return reached

    excluded, rest = set(), totals(n - coalition - 1)
    for cell in cells:
        inside = set(range(cell[0], cell[1] + 1))
        for known in totals(coalition):
            fits = {answer for answer in range(1, 6) if inside & {known + answer + other for other in rest}}
            if fits:
                excluded |= {(cell, answer) for answer in set(range(1, 6)) - fits}
    return excluded


@pytest.mark.parametrize("n", range(5, 41))
def test_one_colleague_can_never_exclude_an_answer(n):
    assert excluded_answers(n, 1) == by_sets_of_totals(n, 1, wide_cells(n)) == set()
    assert excluded_answers(n, 0) == set()


@pytest.mark.parametrize("n", range(5, 41))
def test_two_who_collude_can_exclude_nothing_from_eight_ballots(n):
    found = excluded_answers(n, 2)
    assert found == by_sets_of_totals(n, 2, wide_cells(n))
    assert bool(found) == (n < 8)


@pytest.mark.parametrize("n", range(8, 200))
def test_the_general_condition_holds_for_larger_units(n):
    for coalition in (1, 2):
        low, high = band_edges(n, Band.LOW)[1], band_edges(n, Band.HIGH)[0]
        assert low >= n + 4 * (coalition + 1)
        assert high <= 5 * n - 4 * (coalition + 1)


@pytest.mark.parametrize("n", range(5, 41))
def test_the_checker_breaks_exact_means_and_narrower_bands(n):
    assert excluded_answers(n, 1, exact_means(n))
    if n < 12:
        assert excluded_answers(n, 1, narrower(n))


def test_a_coalition_of_all_but_one_is_no_question():
    with pytest.raises(ValueError, match="at least two"):
        excluded_answers(5, 4)


# How far beliefs can shift.


@pytest.mark.parametrize(
    ("prior", "n", "printed"),
    [(UNIFORM, 5, 35), (UNIFORM, 8, 12), (UNIFORM, 15, 5), (SKEWED, 5, 382), (SKEWED, 8, 143)],
)
def test_the_worst_likelihood_ratio_is_the_printed_one(prior, n, printed):
    ratio = worst_likelihood_ratio(n, prior)
    assert ratio is not None
    assert round(ratio) == printed


def test_the_worst_ratio_is_exact_and_floats_agree():
    assert worst_likelihood_ratio(5, UNIFORM) == 35
    assert float(worst_likelihood_ratio(5, [0.04, 0.08, 0.18, 0.4, 0.3])) == pytest.approx(381.75)


def test_the_worst_ratio_is_what_enumeration_finds():
    n, worst = 5, Fraction(1)
    for own in range(1, 6):
        chance = {}
        for answer in range(1, 6):
            for others in product(range(1, 6), repeat=n - 2):
                weight = Fraction(1)
                for other in others:
                    weight *= SKEWED[other - 1]
                key = band(own + answer + sum(others), n), answer
                chance[key] = chance.get(key, 0) + weight
        for one in Band:
            of_band = [chance.get((one, answer), Fraction(0)) for answer in range(1, 6)]
            worst = max(worst, max(of_band) / min(of_band))
    assert worst_likelihood_ratio(n, SKEWED) == worst


def test_exact_means_have_no_bounded_ratio():
    assert worst_likelihood_ratio(8, UNIFORM, exact_means(8)) is None


@pytest.mark.parametrize("prior", [[0.2] * 4, [0.5, 0.5, 0, 0, 0], [0.3] * 5])
def test_a_prior_is_five_positive_weights_that_sum_to_one(prior):
    with pytest.raises(MalformedPrior):
        worst_likelihood_ratio(8, prior)


# Turnout for others.


@pytest.mark.parametrize("roster", range(5, 120))
def test_no_turnout_step_means_everyone_or_nobody(roster):
    steps = [turnout_step(ballots, roster) for ballots in range(roster + 1)]
    assert steps.count(TurnoutStep.UNDER_HALF) >= 2, "not only nobody"
    assert steps.count(TurnoutStep.THREE_QUARTERS_OR_MORE) >= 2, "not only everyone"
    assert [list(TurnoutStep).index(step) for step in steps] == sorted(list(TurnoutStep).index(step) for step in steps)


def pinned(people, largest, step_of):
    """Whether somebody of the largest unit, who knows how many of it answered, can tell that all or none else did."""
    others = people - largest
    for own in range(largest + 1):
        answered = {}
        for count in range(others + 1):
            answered.setdefault(step_of(own + count, people), set()).add(count)
        if any(step is not None and counts in ({0}, {others}) for step, counts in answered.items()):
            return True
    return False


@pytest.mark.parametrize("people", range(10, 130))
def test_from_a_group_and_their_own_unit_nobody_can_tell_that_all_or_none_of_the_rest_answered(people):
    shown = 0
    for largest in range(5, people - 4):
        assert not pinned(people, largest, lambda n, of, size=largest: turnout_of_group(n, of, largest=size))
        shown += turnout_of_group(0, people, largest=largest) is not None
    assert (shown > 0) is (people >= 24)


def test_a_step_for_every_group_would_tell_that():
    assert pinned(10, 5, turnout_step)
    assert pinned(101, 30, turnout_step)


def test_turnout_steps_begin_at_half_and_three_quarters():
    assert turnout_step(3, 8) is TurnoutStep.UNDER_HALF
    assert turnout_step(4, 8) is TurnoutStep.HALF_OR_MORE
    assert turnout_step(6, 8) is TurnoutStep.THREE_QUARTERS_OR_MORE


@pytest.mark.parametrize(("ballots", "roster"), [(6, 5), (-1, 5), (0, 0)])
def test_an_impossible_turnout_is_refused(ballots, roster):
    with pytest.raises(ValueError, match="turnout"):
        turnout_step(ballots, roster)
