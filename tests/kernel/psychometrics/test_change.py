"""Change: "cannot tell" unless it has been earned, and never over a line where people came or went."""

import math
import random
from fractions import Fraction
from statistics import fmean, stdev, variance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.kernel import psychometrics as measure
from andon.kernel.psychometrics import Change, Index, Prior, Window, change_message, control_chart, segments
from andon.kernel.psychometrics.change import (
    BASELINE_WINDOWS,
    WEIGHT,
    WIDTH,
    MalformedHistory,
    MalformedPrior,
    detectable_change,
    difference_variance,
    expected_overlap,
    would_notice,
)

PRIOR = Prior(sd=0.70, retest=0.87)


def window(mid, *, n=8, roster=8, begins=False, half=10):
    return Window(Index(Fraction(mid) - half, Fraction(mid) + half), n, roster, begins)


def history(*mids, **same):
    return [window(mid, begins=number == 0, **same) for number, mid in enumerate(mids)]


def test_a_window_has_a_ballot_and_no_more_than_people():
    assert window(50, n=1).ballots == 1
    for ballots in (0, 9):
        with pytest.raises(MalformedHistory):
            window(50, n=ballots)


@pytest.mark.parametrize(("n", "overlap", "expected"), [(5, 5, 0.31), (5, 0, 0.87), (10, 10, 0.22), (10, 0, 0.61)])
def test_the_golden_values_of_what_can_be_detected(n, overlap, expected):
    assert detectable_change(PRIOR, n1=n, n2=n, overlap=overlap) == pytest.approx(expected, abs=0.005)


def test_the_variance_is_that_of_drawn_people():
    draw = random.Random(4)
    n1, n2, both = 6, 9, 4

    def twice():
        """One person's two means: standard deviation .7, correlation .87."""
        first = draw.gauss(0, 1)
        second = 0.87 * first + math.sqrt(1 - 0.87**2) * draw.gauss(0, 1)
        return 0.7 * first, 0.7 * second

    differences = []
    for _ in range(20_000):
        same = [twice() for _ in range(both)]
        one = [a for a, _ in same] + [twice()[0] for _ in range(n1 - both)]
        other = [b for _, b in same] + [twice()[1] for _ in range(n2 - both)]
        differences.append(fmean(other) - fmean(one))
    assert variance(differences) == pytest.approx(difference_variance(PRIOR, n1=n1, n2=n2, overlap=both), rel=0.05)


@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_a_larger_overlap_never_hides_more(n1, n2, data):
    overlap = data.draw(st.integers(0, min(n1, n2)))
    least = difference_variance(PRIOR, n1=n1, n2=n2, overlap=min(n1, n2))
    assert 0 <= least <= difference_variance(PRIOR, n1=n1, n2=n2, overlap=overlap) + 1e-12


@pytest.mark.parametrize(
    "counts", [{"n1": 0, "n2": 5, "overlap": 0}, {"n1": 5, "n2": 5, "overlap": 6}, {"n1": 5, "n2": 5, "overlap": -1}]
)
def test_counts_that_cannot_be_are_refused(counts):
    with pytest.raises(ValueError, match="overlap"):
        difference_variance(PRIOR, **counts)


@pytest.mark.parametrize("broken", [{"sd": 0, "retest": 0.5}, {"sd": 1, "retest": 1.1}, {"sd": math.nan, "retest": 0}])
def test_a_prior_that_cannot_be_is_refused(broken):
    with pytest.raises(MalformedPrior):
        Prior(**broken)


def test_the_overlap_that_counts_make_sure():
    assert expected_overlap(window(50, n=8, roster=8), window(50, n=8, roster=8)) == 8
    assert expected_overlap(window(50, n=6, roster=8), window(50, n=7, roster=8)) == 5
    assert expected_overlap(window(50, n=3, roster=8), window(50, n=4, roster=8)) == 0


def test_what_we_would_notice_holds_chance_and_the_width_of_both_bands():
    one, other = window(50, half=5), window(50, half=15)
    chance = 25 * detectable_change(PRIOR, n1=8, n2=8, overlap=8)
    assert would_notice(PRIOR, one, other) == math.ceil(chance + 5 + 15)


def test_a_line_is_drawn_where_people_came_or_went():
    windows = [window(50, begins=True), window(50), window(50, begins=True)]
    assert [len(segment) for segment in segments(windows)] == [2, 1]
    with pytest.raises(MalformedHistory):
        segments([window(50)])


def test_the_first_window_of_a_segment_is_compared_with_nothing():
    joined = [*history(20, 20, 20), window(90, begins=True)]
    assert change_message(joined, PRIOR) == measure.Message(Change.FIRST, None)


def test_two_windows_whose_difference_is_within_what_we_would_notice_say_so():
    message = change_message(history(50, 60), PRIOR)
    assert message.change is Change.NONE_SEEN
    assert message.would_notice == would_notice(PRIOR, *history(50, 60))


@pytest.mark.parametrize(("mids", "expected"), [((20, 80), Change.MAY_HAVE_RISEN), ((80, 20), Change.MAY_HAVE_FALLEN)])
def test_without_a_baseline_nothing_more_than_may_have_is_said(mids, expected):
    assert change_message(history(*mids), PRIOR).change is expected
    assert change_message(history(*mids, mids[1]), PRIOR).change is Change.NONE_SEEN


@pytest.mark.parametrize(
    ("step", "may", "did"), [(1, Change.MAY_HAVE_RISEN, Change.ROSE), (-1, Change.MAY_HAVE_FALLEN, Change.FELL)]
)
def test_a_lasting_shift_climbs_the_ladder(step, may, did):
    before = [50] * BASELINE_WINDOWS
    said = [change_message(history(*before, *[50 + 12 * step] * later), PRIOR).change for later in range(1, 6)]
    assert may in said
    assert said[-1] is did
    assert said.index(may) < said.index(did)
    # One outlier does not.
    assert change_message(history(*before, 50 + 8 * step, 50), PRIOR).change is Change.NONE_SEEN


def test_the_chart_says_what_it_compares_with_and_not_what_two_windows_would_show():
    before = history(*[50] * BASELINE_WINDOWS)
    risen = change_message([*before, *[window(62)] * 5], PRIOR)
    assert risen == measure.Message(Change.ROSE, would_notice=None, baseline_ends=5)
    assert change_message([*before, window(50)], PRIOR) == measure.Message(Change.NONE_SEEN, baseline_ends=5)
    # Where people joined, the baseline is theirs.
    joined = change_message([*history(20, 20), *before, *[window(62)] * 5], PRIOR)
    assert joined == measure.Message(Change.ROSE, baseline_ends=7)
    assert change_message(history(50, 60), PRIOR).baseline_ends is None


def test_a_baseline_that_jumps_between_bands_hides_jumps_of_that_size():
    steps = [44, 56, 44, 56, 44, 56]
    quiet, restless = control_chart(history(*[50] * 6, 62), PRIOR), control_chart(history(*steps, 62), PRIOR)
    assert restless[0].limit > quiet[0].limit
    assert restless[0].limit == pytest.approx(WIDTH * stdev(steps) * WEIGHT)


def test_the_chart_begins_after_the_baseline_and_its_limit_settles():
    assert control_chart(history(*[50] * BASELINE_WINDOWS), PRIOR) == ()
    points = control_chart(history(*[50] * 40), PRIOR)
    assert len(points) == 40 - BASELINE_WINDOWS
    limits = [point.limit for point in points]
    assert limits == sorted(limits)
    sd = 25 * math.sqrt(difference_variance(PRIOR, n1=8, n2=8, overlap=8) / 2)
    assert limits[-1] == pytest.approx(WIDTH * sd * math.sqrt(WEIGHT / (2 - WEIGHT)), rel=1e-3)


def test_windows_and_histories_that_cannot_be_are_refused():
    with pytest.raises(MalformedHistory):
        window(50, n=9, roster=8)
    with pytest.raises(MalformedHistory):
        change_message([], PRIOR)


@given(st.lists(st.integers(10, 90), min_size=1, max_size=20))
def test_turning_the_scale_turns_the_message(mids):
    turned = {
        Change.ROSE: Change.FELL,
        Change.FELL: Change.ROSE,
        Change.MAY_HAVE_RISEN: Change.MAY_HAVE_FALLEN,
        Change.MAY_HAVE_FALLEN: Change.MAY_HAVE_RISEN,
    }
    said = change_message(history(*mids), PRIOR).change
    assert change_message(history(*[100 - mid for mid in mids]), PRIOR).change is turned.get(said, said)
