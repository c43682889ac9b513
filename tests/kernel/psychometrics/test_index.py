"""Indices are sure bounds: the truth is inside, and a word is earned."""

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.kernel.disclosure import (
    Band,
    Policy,
    StatementFigure,
    TooFewBallots,
    UnitAnswers,
    band_edges,
    publish_unit,
    slow,
)
from andon.kernel.psychometrics import (
    Index,
    MalformedIndex,
    NoIndex,
    NotAnAnswer,
    TooFewFigures,
    UnknownCode,
    facet_figure,
    facet_index,
    key_answer,
    key_ballot,
    last_word,
    mean_index,
    whole_team_bounds,
    word_for,
)

bands = st.sampled_from(Band)
fresh = StatementFigure.fresh
percent = st.fractions(0, 100, max_denominator=50)
indices = st.tuples(percent, percent).map(lambda ends: Index(*sorted(ends)))


# Keying.


@given(st.integers(1, 5), st.sampled_from("+-"))
def test_turning_twice_is_identity(value, direction):
    assert key_answer(key_answer(value, direction), direction) == value


def test_only_reversed_statements_turn():
    assert [key_answer(value, "-") for value in range(1, 6)] == [5, 4, 3, 2, 1]
    assert [key_answer(value, "+") for value in range(1, 6)] == [1, 2, 3, 4, 5]


def test_a_ballot_is_turned_statement_by_statement_and_skips_stay_skips():
    assert key_ballot({"IN1": 5, "IN3": 5}, {"IN1": "+", "IN2": "+", "IN3": "-"}) == {"IN1": 5, "IN3": 1}
    assert key_ballot({"IN1": 2, "IN2": 2}, {"IN1": "+", "IN2": "-"}) == {"IN1": 2, "IN2": 4}


@pytest.mark.parametrize("value", [0, 6, True, 2.0, "4", None])
def test_what_is_no_answer_is_refused(value):
    with pytest.raises(NotAnAnswer):
        key_answer(value, "+")


def test_an_unknown_direction_or_code_is_refused():
    with pytest.raises(ValueError, match="direction"):
        key_answer(3, "R")
    with pytest.raises(UnknownCode):
        key_ballot({"ZZ1": 3}, {"IN1": "+"})


# The index.


def test_the_index_of_four_safe_statements_at_eight_ballots():
    assert facet_index([fresh(Band.HIGH, 8)] * 4) == Index(Fraction(125, 2), Fraction(100))
    assert facet_index([fresh(Band.HIGH, 8)] * 4).printed() == (62, 81, 100)


def test_a_mixed_facet_is_the_mean_of_its_statements():
    index = facet_index([fresh(band, 5) for band in Band])
    assert index == Index(Fraction(0 + 45 + 55 + 60, 4), Fraction(40 + 50 + 55 + 100, 4))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.lists(st.integers(1, 5), min_size=4, max_size=4), min_size=5, max_size=16),
    st.randoms(use_true_random=False),
)
def test_the_exact_mean_is_always_inside_the_published_index(rows, random):
    codes = ["IN1", "IN2", "IN3", "IN4"]
    ballots = tuple(
        {code: value for code, value in zip(codes, row, strict=True) if random.random() < 0.9} for row in rows
    )
    release = publish_unit(UnitAnswers("u", len(rows), ballots), policy=Policy(), statements=codes).release
    index = facet_index(list(release.figures.values()))
    exact = Fraction(sum(ballot.get(code, 3) for ballot in ballots for code in codes), 4 * len(rows))
    assert index.low <= (exact - 1) * 25 <= index.high


@given(st.lists(bands, min_size=1, max_size=6), st.integers(5, 60))
def test_bounds_are_in_order_and_the_middle_between_them(shown, n):
    index = facet_index([fresh(band, n) for band in shown])
    assert 0 <= index.low <= index.mid <= index.high <= 100
    low, mid, high = index.printed()
    assert low <= index.low
    assert index.high <= high
    assert abs(mid - index.mid) <= Fraction(1, 2)
    assert 0 <= low <= mid <= high <= 100


@given(st.lists(bands, min_size=1, max_size=6), st.integers(5, 60))
def test_an_index_is_that_of_turned_answers_turned(shown, n):
    turned = [list(Band)[3 - list(Band).index(band)] for band in shown]
    index, mirror = (facet_index([fresh(band, n) for band in both]) for both in (shown, turned))
    # The exact middle belongs to mixed-low, so a mirror may reach one answer step further on that side.
    assert abs(index.low - (100 - mirror.high)) <= Fraction(25, n)
    assert abs(index.high - (100 - mirror.low)) <= Fraction(25, n)


def test_no_index_from_nothing_or_under_five_ballots():
    with pytest.raises(TooFewFigures):
        facet_index([])
    with pytest.raises(TooFewFigures):
        mean_index([])
    with pytest.raises(TooFewBallots):
        fresh(Band.LOW, 4)
    for low, high in [(-1, 5), (5, 4), (5, 101)]:
        with pytest.raises(MalformedIndex):
            Index(Fraction(low), Fraction(high))


# When a facet has an index at all.


def test_half_of_the_unit_is_enough_and_less_is_not():
    assert isinstance(facet_figure([fresh(Band.HIGH, 6)] * 4, 12, least_statements=4), Index)
    assert facet_figure([fresh(Band.HIGH, 6)] * 4, 13, least_statements=4) is NoIndex.UNDER_HALF_OF_UNIT


def test_a_facet_needs_five_ballots_and_its_statements():
    assert facet_figure([fresh(Band.HIGH, 5)] * 3 + [StatementFigure(Band.LOW, 4, 4, 20)], 6) is NoIndex.TOO_FEW_BALLOTS
    assert facet_figure([fresh(Band.HIGH, 6)] * 3, 6, least_statements=4) is NoIndex.TOO_FEW_STATEMENTS
    assert facet_figure([], 6) is NoIndex.TOO_FEW_STATEMENTS
    with pytest.raises(ValueError, match="more ballots"):
        facet_figure([fresh(Band.HIGH, 7)], 6)


@given(st.lists(st.tuples(bands, bands, st.integers(5, 20)), min_size=1, max_size=5), st.integers(20, 40))
def test_whether_there_is_an_index_depends_on_counts_only(pairs, roster):
    one = facet_figure([fresh(first, n) for first, _, n in pairs], roster)
    other = facet_figure([fresh(second, n) for _, second, n in pairs], roster)
    assert isinstance(one, Index) == isinstance(other, Index)


@given(st.lists(bands, min_size=1, max_size=5), st.integers(5, 30))
def test_a_full_round_gives_the_plain_facet_index(shown, n):
    figures = [fresh(band, n) for band in shown]
    assert facet_figure(figures, n) == facet_index(figures)


def test_a_colour_that_was_kept_has_a_word_and_no_index():
    kept = StatementFigure(Band.HIGH, 8, 8, 40, updated=False)
    assert facet_figure([fresh(Band.HIGH, 8)] * 3 + [kept], 8) is NoIndex.NOT_UPDATED
    assert last_word([kept] * 4) is Band.HIGH
    with pytest.raises(TooFewFigures):
        last_word([])


@given(bands, st.integers(10, 60), st.integers(1, 2))
def test_wider_bounds_leave_a_facet_of_one_colour_its_word(band, n, changes):
    """What slow colours widen: by four for each change, both ways, unless some colour would be too narrow."""
    margin = 4 * changes
    if not all(slow.is_wide(n, cell) for cell in slow.margin_cells(n, band, margin).values()):
        return
    low, high = band_edges(n, band)
    wider = StatementFigure(band, n, max(n, low - margin), min(5 * n, high + margin))
    assert word_for(facet_index([wider] * 4)) is band


# The whole team.


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=5, max_size=12), st.lists(st.integers(1, 5), max_size=8))
def test_whatever_the_silent_would_have_said_is_inside_the_bounds(spoken, silent):
    release = publish_unit(
        UnitAnswers("u", len(spoken) + len(silent), tuple({"IN1": value} for value in spoken)),
        policy=Policy(),
        statements=["IN1"],
    ).release
    n, everyone = len(spoken), len(spoken) + len(silent)
    bounds = whole_team_bounds(facet_index([release.figures["IN1"]]), n, everyone)
    exact = (Fraction(sum(spoken) + sum(silent), everyone) - 1) * 25
    assert bounds.low <= exact <= bounds.high


@given(indices, st.integers(1, 30))
def test_full_turnout_adds_no_doubt(index, roster):
    assert whole_team_bounds(index, roster, roster) == index


def test_half_of_a_team_leaves_half_of_the_scale_open():
    assert whole_team_bounds(Index(Fraction(60), Fraction(80)), 5, 10) == Index(Fraction(30), Fraction(90))
    with pytest.raises(ValueError, match="at least one ballot"):
        whole_team_bounds(Index(Fraction(0), Fraction(1)), 0, 5)


# The word.


@given(bands, st.integers(1, 6), st.integers(5, 500))
def test_a_facet_of_one_colour_has_that_colour(band, statements, n):
    assert word_for(facet_index([fresh(band, n)] * statements)) is band


@given(indices, indices)
def test_a_higher_middle_never_has_a_lower_word(one, other):
    if one.mid <= other.mid:
        assert list(Band).index(word_for(one)) <= list(Band).index(word_for(other))


@pytest.mark.parametrize(
    ("mid", "word"),
    [
        (Fraction(65, 2), Band.LOW),
        (33, Band.MIXED_LOW),
        (50, Band.MIXED_LOW),
        (51, Band.MIXED_HIGH),
        (Fraction(135, 2), Band.MIXED_HIGH),
        (68, Band.HIGH),
    ],
)
def test_a_value_on_a_cut_takes_the_lower_word(mid, word):
    assert word_for(Index(Fraction(mid), Fraction(mid))) is word


def test_one_unsafe_statement_among_safe_ones_is_not_called_safe():
    assert word_for(facet_index([fresh(Band.HIGH, 8)] * 3 + [fresh(Band.LOW, 8)])) is Band.MIXED_HIGH


def test_random_bands_give_every_word():
    random = Random(7)
    words = {word_for(facet_index([fresh(band, 9) for band in random.choices(list(Band), k=4)])) for _ in range(200)}
    assert words == set(Band)
