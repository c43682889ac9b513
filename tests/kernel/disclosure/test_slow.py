"""Slow colours: one person cannot move a colour, and no margin lets a colleague rule an answer out."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.kernel.disclosure import Band, ImpossibleTotal, TooFewBallots, band, band_edges, excluded_answers, slow
from andon.kernel.disclosure.slow import (
    MOST_CHANGES,
    MOST_ROUNDS_WITH_MARGIN,
    STEP,
    Counts,
    MalformedCounts,
    MalformedMemory,
    Remembered,
    Silence,
    first,
    following,
    margin_cells,
    too_few,
)


def fresh(shown, silent=0, changes=0, swaps=False, rounds=0, kept=False):
    return Remembered(shown, changes, silent, swaps, rounds, kept)


def single_moves(n, silent, total):
    """Every way in which one person changes what is counted: the new total and the counts that say so."""
    roster = n + silent
    for answer in range(1, 6):
        yield total + answer, Counts(n + 1, roster + 1, joiners=1)
        if silent:
            yield total + answer, Counts(n + 1, roster)
        if n > 5 and n - 1 <= total - answer <= 5 * (n - 1):
            yield total - answer, Counts(n - 1, roster - 1, leavers=1)
            yield total - answer, Counts(n - 1, roster)


def moved_by_one_person(n):
    """How many single moves change the colour, over every total that is compatible with what was shown before."""
    moved = 0
    for before in Band:
        for changes, swaps, silent in ((0, False, 0), (0, True, 1), (1, False, 1), (1, True, 2), (1, True, 0)):
            margin = STEP * (changes + swaps)
            low, high = band_edges(n, before)
            memory = fresh(before, silent, changes, swaps, rounds=int(margin > 0))
            for total in range(max(n, low - margin), min(5 * n, high + margin) + 1):
                for after, counts in single_moves(n, silent, total):
                    step = following(after, memory, counts)
                    moved += step.shown is not None and step.shown.band is not before
    return moved


@pytest.mark.parametrize("n", range(5, 31))
def test_one_person_who_comes_or_goes_does_not_change_a_colour(n):
    assert moved_by_one_person(n) == 0


def test_without_a_margin_one_person_would_change_a_colour(monkeypatch):
    monkeypatch.setattr(slow, "STEP", 0)
    assert moved_by_one_person(8) > 0


def test_a_margin_that_forgets_unseen_swaps_would_let_one_person_change_a_colour(monkeypatch):
    """Four for each change that counts show, four at the least, is not enough: a drift and a joiner add up."""
    counted = slow._counted
    monkeypatch.setattr(
        slow,
        "_counted",
        lambda before, counts: replace(
            after := counted(before, counts),
            changes=max(1, after.changes) if after.swaps else after.changes,
            swaps=False,
        ),
    )
    _low, high = band_edges(10, Band.MIXED_HIGH)
    drifted = following(high + STEP, fresh(Band.MIXED_HIGH, silent=1), Counts(10, 11))
    assert drifted.shown.band is Band.MIXED_HIGH
    memory = replace(drifted.remembered, changes=0)
    joined = [following(high + STEP + answer, memory, Counts(11, 12, joiners=1)).shown.band for answer in range(1, 6)]
    assert Band.HIGH in joined


@given(st.integers(5, 40), st.sampled_from(Band), st.integers(0, MOST_CHANGES), st.booleans(), st.booleans(), st.data())
def test_what_is_shown_never_rules_an_answer_out(n, before, changes, swaps, kept, data):
    """A colleague knows the rule, the counts and what was shown before: the totals that would show this are a cell."""
    memory = fresh(before, silent=0, changes=changes, swaps=swaps, kept=kept)
    shown = {
        total: (step.band, step.updated)
        for total in range(n, 5 * n + 1)
        if (step := following(total, memory, Counts(n, n)).shown)
    }
    cells = []
    for figure in set(shown.values()):
        totals = [total for total, other in shown.items() if other == figure]
        assert totals == list(range(totals[0], totals[-1] + 1))
        cells.append((totals[0], totals[-1]))
    assert not excluded_answers(n, 1, cells)
    assert n < 8 or not excluded_answers(n, 2, cells)


def says_new_without_moving(step_of):
    """Where a colour is said to be new although every total would have shown it."""
    found = []
    for n in range(5, 31):
        for before in Band:
            for changes, swaps in product(range(3), (False, True)):
                memory = fresh(before, changes=changes, swaps=swaps)
                steps = [step_of(total, memory, n) for total in range(n, 5 * n + 1)]
                shown = {(step.shown.band, step.shown.updated) for step in steps if step.shown}
                if len(shown) == 1 and shown.pop()[1]:
                    found.append((n, before, changes, swaps))
    return found


def test_a_colour_that_no_answer_could_have_moved_is_not_said_to_be_new():
    assert says_new_without_moving(lambda total, memory, n: following(total, memory, Counts(n, n))) == []


@pytest.mark.parametrize(("ballots", "can_be_new"), [(5, False), (7, False), (9, False), (10, True)])
def test_with_fewer_than_ten_ballots_no_colour_is_new_with_a_margin(ballots: int, can_be_new: bool) -> None:
    """What the page says on which a small unit proposes to share: a later colour there means that nothing changed."""
    steps = [
        slow.following(total, slow.Remembered(before, 0, 0, False, 0, False), slow.Counts(ballots, ballots, changes))
        for before in Band
        for changes in (1, 2)
        for total in range(ballots, 5 * ballots + 1)
    ]
    assert any(step.shown and step.shown.updated for step in steps) == can_be_new


def test_a_rule_that_looks_at_width_alone_would_say_so(monkeypatch):
    honest = slow.margin_cells
    monkeypatch.setattr(slow, "margin_cells", lambda *numbers: honest(*numbers) | {"none": (0, 10_000)})
    with pytest.raises(AssertionError):
        test_a_colour_that_no_answer_could_have_moved_is_not_said_to_be_new()


def test_a_new_colour_tells_its_margin_by_its_bounds_and_stands_for_one_of_the_sets_that_follow_from_it():
    told = 0
    for n in range(5, 31):
        for before, changes, swaps in product(Band, range(3), (False, True)):
            for total in range(n, 5 * n + 1):
                shown = following(total, fresh(before, changes=changes, swaps=swaps), Counts(n, n)).shown
                if shown is not None and shown.updated:
                    assert slow.margin_of(n, shown.band, shown.low, shown.high) == shown.margin
                    cells = slow.cells_with_margin(n, shown.margin)
                    assert any(low <= total <= high for low, high in cells)
                    told += shown.margin > 0
    assert told > 1000


def test_without_the_kept_band_a_margin_would_rule_answers_out():
    cells = list(margin_cells(5, Band.MIXED_LOW, STEP).values())
    assert excluded_answers(5, 1, cells)


@given(
    st.integers(5, 40),
    st.sampled_from(Band),
    st.integers(0, MOST_CHANGES),
    st.booleans(),
    st.integers(0, MOST_ROUNDS_WITH_MARGIN + 1),
    st.integers(0, 3),
    st.booleans(),
    st.integers(0, 3),
)
def test_whether_and_how_something_is_shown_does_not_depend_on_answers(
    n, before, changes, swaps, rounds, silent, kept, joiners
):
    memory = fresh(before, silent, changes, swaps, rounds, kept)
    steps = [following(total, memory, Counts(n, n + silent, joiners)) for total in range(n, 5 * n + 1)]
    assert (
        len(
            {
                (step.shown is None, step.silence, step.shown and (step.shown.margin, step.shown.updated))
                for step in steps
            }
        )
        == 1
    )
    assert len({replace(step.remembered, band=Band.LOW) if step.remembered else None for step in steps}) == 1


@given(st.integers(5, 40), st.sampled_from(Band), st.integers(0, 2), st.booleans(), st.data())
def test_the_bounds_hold_every_total_that_is_compatible_with_the_band(n, before, changes, swaps, data):
    total = data.draw(st.integers(n, 5 * n))
    step = following(total, fresh(before, changes=changes, swaps=swaps), Counts(n, n))
    assert step.shown.low <= total <= step.shown.high


@given(st.integers(5, 40), st.sampled_from(Band), st.integers(0, 12))
def test_margins_cut_all_totals_without_gap_or_overlap(n, before, margin):
    covered = sorted(total for low, high in margin_cells(n, before, margin).values() for total in range(low, high + 1))
    assert covered == list(range(n, 5 * n + 1))


@pytest.mark.parametrize("n", range(5, 30))
def test_the_same_people_who_all_answer_see_every_move(n):
    for total in range(n, 5 * n + 1):
        for before in Band:
            step = following(total, fresh(before), Counts(n, n))
            assert (step.shown.band, step.shown.margin) == (band(total, n), 0)
            assert step.remembered == fresh(band(total, n))


def test_a_band_set_fresh_is_the_band_of_its_total_and_starts_a_new_count():
    step = first(33, Counts(9, 11))
    assert (step.shown.band, step.shown.low, step.shown.high) == (Band.HIGH, 31, 45)
    assert step.remembered == fresh(Band.HIGH, silent=2)


def test_three_changes_show_nothing_once_and_then_begin_anew():
    step = following(36, fresh(Band.LOW), Counts(12, 12, joiners=2, leavers=1))
    assert (step.shown, step.silence, step.remembered) == (None, Silence.TOO_MANY_CHANGES, None)


def test_changes_add_up_over_rounds_until_the_band_is_set_fresh():
    memory = first(60, Counts(20, 20)).remembered
    for expected in (1, 2):
        memory = following(60, memory, Counts(20, 20, joiners=1)).remembered
        assert memory.changes == expected
    assert following(60, memory, Counts(20, 20, joiners=1)).silence is Silence.TOO_MANY_CHANGES


def test_after_four_rounds_with_a_margin_one_round_shows_nothing():
    memory = first(60, Counts(20, 21)).remembered
    for _ in range(MOST_ROUNDS_WITH_MARGIN):
        step = following(60, memory, Counts(20, 21))
        assert step.shown.margin == STEP
        memory = step.remembered
    assert following(60, memory, Counts(20, 21)) == slow.Step(None, Silence.TOO_LONG_WITH_MARGIN, None)


def test_the_same_people_may_go_on_for_ever():
    memory = first(60, Counts(20, 20)).remembered
    for _ in range(20):
        memory = following(60, memory, Counts(20, 20)).remembered
    assert memory == fresh(Band.MIXED_LOW)


def test_a_band_that_is_kept_stays_until_it_is_set_fresh():
    step = following(25, fresh(Band.LOW), Counts(5, 5, joiners=1, leavers=0))
    assert (step.shown.band, step.shown.updated, step.shown.low, step.shown.high) == (Band.LOW, False, 5, 25)
    # Six answered and none is new: the bands would be wide enough again, and would tell what was kept back.
    later = following(6 * 5, replace(step.remembered, changes=0), Counts(6, 6))
    assert (later.shown.band, later.shown.updated) == (Band.LOW, False)


def test_a_round_with_too_few_ballots_adds_its_changes():
    memory = fresh(Band.HIGH, silent=0)
    step = too_few(memory, Counts(4, 6))
    assert step == slow.Step(None, None, fresh(Band.HIGH, silent=2, changes=2))
    assert too_few(step.remembered, Counts(3, 6)).remembered is None
    assert too_few(None, Counts(3, 6)) == slow.Step(None, None, None)


def test_impossible_counts_and_totals_are_refused():
    for counts in ((6, 5), (-1, 5)):
        with pytest.raises(MalformedCounts):
            Counts(*counts)
    with pytest.raises(MalformedCounts):
        Counts(5, 5, joiners=6)
    with pytest.raises(TooFewBallots):
        following(12, fresh(Band.LOW), Counts(4, 4))
    with pytest.raises(ImpossibleTotal):
        following(26, fresh(Band.LOW), Counts(5, 5))


@given(st.sampled_from(Band), st.integers(0, 2), st.integers(0, 9), st.booleans(), st.integers(0, 4), st.booleans())
def test_what_is_remembered_survives_being_stored(shown, changes, silent, swaps, rounds, kept):
    memory = Remembered(shown, changes, silent, swaps, rounds, kept)
    assert Remembered.from_json(memory.to_json()) == memory


@pytest.mark.parametrize(
    "broken",
    [
        {"band": "purple"},
        {"changes": -1},
        {"silent": True},
        {"kept": 1},
        {"swaps": None},
        {"margin_rounds": "1"},
        {"more": 1},
    ],
)
def test_a_memory_that_these_rules_did_not_write_is_refused(broken):
    with pytest.raises(MalformedMemory):
        Remembered.from_json(fresh(Band.LOW).to_json() | broken)
    with pytest.raises(MalformedMemory):
        Remembered.from_json([])
