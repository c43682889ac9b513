"""What a report says is what its bounds allow."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.kernel.disclosure import Band
from andon.kernel.psychometrics import HeadlineCode, Index, Zone, headline, quadrant, word_for

percent = st.fractions(0, 100, max_denominator=20)
indices = st.tuples(percent, percent).map(lambda ends: Index(*sorted(ends)))
NEIGHBOURS = [
    {Zone.APATHY, Zone.COMFORT},
    {Zone.APATHY, Zone.ANXIETY},
    {Zone.COMFORT, Zone.LEARNING},
    {Zone.ANXIETY, Zone.LEARNING},
]


def at(low, high):
    return Index(Fraction(low), Fraction(high))


@pytest.mark.parametrize(
    ("accountability", "safety", "zone"),
    [
        (at(10, 40), at(10, 40), Zone.APATHY),
        (at(10, 40), at(60, 90), Zone.COMFORT),
        (at(60, 90), at(10, 40), Zone.ANXIETY),
        (at(60, 90), at(60, 90), Zone.LEARNING),
    ],
)
def test_a_box_inside_a_corner_has_its_name(accountability, safety, zone):
    box = quadrant(accountability, safety)
    assert box.zone is zone
    assert box.zones == (zone,)


def test_a_zone_is_named_from_eighty_percent():
    assert quadrant(at(60, 90), at(40, 90)).zone is Zone.LEARNING
    assert quadrant(at(60, 90), at(39, 90)).zone is None


def test_a_box_over_one_edge_names_both_neighbours():
    box = quadrant(at(60, 90), at(30, 60))
    assert box.zone is None
    assert box.zones == (Zone.ANXIETY, Zone.LEARNING)


def test_a_box_across_the_middle_names_no_pair_by_chance():
    assert quadrant(at(40, 60), at(40, 60)).zones == tuple(Zone)


def test_a_point_counts_wholly_and_on_the_split_to_both_sides():
    assert quadrant(at(55, 55), at(60, 90)).zone is Zone.LEARNING
    assert quadrant(at(50, 50), at(60, 90)).zones == (Zone.COMFORT, Zone.LEARNING)


@given(indices, indices)
def test_shares_sum_to_one_and_names_are_earned(accountability, safety):
    box = quadrant(accountability, safety)
    shares = dict(box.shares)
    assert sum(shares.values()) == 1
    assert sum(shares[zone] for zone in box.zones) >= Fraction(4, 5)
    if box.zone:
        assert shares[box.zone] >= Fraction(4, 5)
    else:
        assert max(shares.values()) < Fraction(4, 5)
    if len(box.zones) == 2:
        assert set(box.zones) in NEIGHBOURS


@given(indices, indices)
def test_swapping_the_axes_swaps_comfort_and_anxiety(accountability, safety):
    swapped = {Zone.COMFORT: Zone.ANXIETY, Zone.ANXIETY: Zone.COMFORT}
    one, other = quadrant(accountability, safety), quadrant(safety, accountability)
    assert {swapped.get(zone, zone) for zone in one.zones} == set(other.zones)


# The headline.


def test_a_strong_and_a_weak_facet_are_both_named():
    lines = headline({"inclusion": at(45, 70), "learner": at(62, 90), "challenger": at(30, 44)})
    assert [(line.code, line.facets, line.key) for line in lines] == [
        (HeadlineCode.HIGHEST, ("inclusion", "learner"), "highest.several"),
        (HeadlineCode.LOWEST, ("challenger",), "lowest.mixed-low"),
    ]


def test_the_lowest_are_named_together_when_they_cannot_be_separated():
    lines = headline({"a": at(70, 90), "b": at(20, 40), "c": at(35, 50)})
    assert lines[1].facets == ("b", "c")


def test_a_facet_that_could_be_either_is_in_neither_line():
    lines = headline({"a": at(0, 40), "b": at(30, 70), "c": at(60, 100)})
    assert [line.facets for line in lines] == [("c",), ("a",)]


def test_facets_that_cannot_be_told_apart_are_said_to_be_alike():
    (line,) = headline({"a": at(42, 60), "b": at(50, 70), "c": None})
    assert (line.code, line.facets, line.word) == (HeadlineCode.ALIKE, ("a", "b"), Band.MIXED_HIGH)


def test_facets_that_cannot_be_told_apart_keep_their_own_words():
    (line,) = headline({"a": at(40, 60), "b": at(50, 70)})
    assert (line.words, line.word, line.key) == ((Band.MIXED_LOW, Band.MIXED_HIGH), None, "alike.several")
    lines = headline({"a": at(60, 80), "b": at(50, 70), "c": at(0, 20)})
    assert [line.words for line in lines] == [(Band.HIGH, Band.MIXED_HIGH), (Band.LOW,)]


@given(st.dictionaries(st.sampled_from("abcde"), st.one_of(st.none(), indices), min_size=1))
def test_every_facet_that_is_named_has_its_own_word(facets):
    for line in headline(facets):
        assert list(line.words) == [word_for(facets[facet]) for facet in line.facets]
        assert line.word is None or set(line.words) == {line.word}


@pytest.mark.parametrize("facets", [{}, {"a": None}])
def test_without_a_figure_the_headline_says_so(facets):
    (line,) = headline(facets)
    assert line.key == "no_figure"


@given(st.dictionaries(st.sampled_from("abcde"), st.one_of(st.none(), indices), min_size=1))
def test_no_facet_is_called_low_without_being_surely_below_the_highest(facets):
    lines = {line.code: line for line in headline(facets)}
    if HeadlineCode.LOWEST not in lines:
        return
    known = {facet: index for facet, index in facets.items() if index is not None}
    top = max(index.mid for index in known.values())
    bottom = min(index.mid for index in known.values())
    highest = [index for index in known.values() if index.mid == top]
    lowest = [index for index in known.values() if index.mid == bottom]
    assert lines[HeadlineCode.LOWEST].facets
    assert lines[HeadlineCode.HIGHEST].facets
    for facet in lines[HeadlineCode.LOWEST].facets:
        assert any(known[facet].high < index.low for index in highest)
    for facet in lines[HeadlineCode.HIGHEST].facets:
        assert any(known[facet].low > index.high for index in lowest)
    assert not set(lines[HeadlineCode.LOWEST].facets) & set(lines[HeadlineCode.HIGHEST].facets)
