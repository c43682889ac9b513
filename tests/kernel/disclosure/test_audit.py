"""The auditor agrees with the publisher on everything that may be shown, and finds each way of showing more."""

import ast
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.kernel.disclosure import Band, band, slow
from andon.kernel.disclosure import audit as auditing
from andon.kernel.disclosure.audit import AuditedUnit, Before, Figure, Finding, Sum, audit, excluded
from tests.architecture.repository import SOURCE


def people(count, unit="u"):
    return [f"{unit}{number}" for number in range(count)]


def as_figure(step, counts, before):
    memory = before and Before(
        before.band.value, before.changes, before.silent, before.swaps, before.rounds_with_margin, before.kept
    )
    shown = step.shown
    return Figure(
        shown.band.value, shown.low, shown.high, shown.updated, counts.ballots, counts.joiners, counts.leavers, memory
    )


def publish(total, counts, before=None):
    return slow.following(total, before, counts) if before else slow.first(total, counts)


memories = st.builds(
    slow.Remembered,
    band=st.sampled_from(Band),
    changes=st.integers(0, 2),
    silent=st.integers(0, 3),
    swaps=st.booleans(),
    rounds_with_margin=st.integers(0, 4),
    kept=st.booleans(),
)


@settings(max_examples=400)
@given(st.integers(5, 30), st.integers(0, 3), st.integers(0, 2), st.integers(0, 2), st.none() | memories, st.data())
def test_what_the_publisher_shows_passes(n, silent, joiners, leavers, before, data):
    counts = slow.Counts(n, n + silent, joiners, leavers)
    step = publish(data.draw(st.integers(n, 5 * n)), counts, before)
    if step.shown is None:
        return
    assert audit([AuditedUnit("u", people(counts.roster), {"IN1": as_figure(step, counts, before)})]).passed


@settings(max_examples=400)
@given(st.integers(5, 30), st.integers(0, 3), st.none() | memories, st.data())
def test_whatever_else_is_shown_is_found(n, silent, before, data):
    """Another colour, another bound, another word about being updated: each is either not allowed or found."""
    counts = slow.Counts(n, n + silent)
    allowed = {
        (step.shown.band.value, step.shown.low, step.shown.high, step.shown.updated)
        for total in range(n, 5 * n + 1)
        if (step := publish(total, counts, before)).shown
    }
    claimed = (
        data.draw(st.sampled_from([one.value for one in Band])),
        data.draw(st.integers(n, 5 * n)),
        data.draw(st.integers(n, 5 * n)),
        data.draw(st.booleans()),
    )
    memory = before and Before(
        before.band.value, before.changes, before.silent, before.swaps, before.rounds_with_margin, before.kept
    )
    figure = Figure(*claimed, ballots=n, before=memory)
    assert audit([AuditedUnit("u", people(n + silent), {"IN1": figure})]).passed is (claimed in allowed)


FRESH = Figure("high", 31, 45, updated=True, ballots=9)


def reasons(*units):
    return [finding.reason for finding in audit(units).findings]


def test_a_figure_as_it_should_be_passes():
    assert audit([AuditedUnit("u", people(10), {"IN1": FRESH})]).passed
    assert audit([AuditedUnit("u", people(10), {"IN1": FRESH})]).looked_at == 1


@pytest.mark.parametrize(
    ("figure", "roster", "reason"),
    [
        (Figure("low", 4, 10, updated=True, ballots=4), 10, "too_few_ballots"),
        (FRESH, 8, "more_ballots_than_people"),
        (replace(FRESH, low=33), 10, "other_bounds"),
        (replace(FRESH, low=20), 10, "other_bounds"),
        (replace(FRESH, colour="purple"), 10, "shown_against_the_rule"),
        (replace(FRESH, updated=False), 10, "shown_against_the_rule"),
        (replace(FRESH, before=Before("low", 2, 1, True, 1, False), joiners=1), 10, "shown_against_the_rule"),
    ],
)
def test_each_weakening_is_found(figure, roster, reason):
    assert reasons(AuditedUnit("u", people(roster), {"IN1": figure})) == [reason]


def test_somebody_who_is_counted_twice_is_found():
    units = [
        AuditedUnit("one", people(10), {"IN1": FRESH}),
        AuditedUnit("two", [*people(9, "v"), "u3"], {"IN1": FRESH}),
    ]
    assert reasons(*units) == ["counted_twice", "counted_twice"]
    # Of a unit as a whole, and of none of its statements.
    assert {(one.unit, one.statement) for one in audit(units).findings} == {("one", ""), ("two", "")}


@pytest.mark.parametrize("edges", [[9, 20, 26, 31, 37, 45], [9, 12, 27, 42, 45]])
def test_bands_that_are_too_narrow_are_found(monkeypatch, edges):
    """A rule with other bands, on which publisher and auditor agree: then the arithmetic must find it."""

    def colour(n, total):
        assert n == 9
        place = next(number for number, edge in enumerate(edges[1:]) if total <= edge)
        return auditing.COLOURS[min(place, 3)]

    monkeypatch.setattr(auditing, "_colour", colour)
    auditing._cell.cache_clear()
    found = set()
    for shown in auditing.COLOURS:
        totals = [total for total in range(9, 46) if colour(9, total) == shown]
        figure = Figure(shown, totals[0], totals[-1], updated=True, ballots=9)
        found |= set(reasons(AuditedUnit("u", people(9), {"IN1": figure})))
    auditing._cell.cache_clear()
    assert "answer_excluded" in found


def test_a_margin_without_the_kept_band_is_found(monkeypatch):
    monkeypatch.setattr(slow, "is_wide", lambda n, cell: True)
    before = slow.Remembered(Band.MIXED_LOW, 0, 0, False, 0, False)
    counts = slow.Counts(5, 5, joiners=1)
    step = slow.following(25, before, counts)
    assert reasons(AuditedUnit("u", people(5), {"IN1": as_figure(step, counts, before)})) == ["shown_against_the_rule"]


def test_no_finding_says_who_or_what():
    finding = audit([AuditedUnit("u", people(8), {"IN1": FRESH})]).findings[0]
    assert finding == Finding("u", "IN1", "more_ballots_than_people")


def test_the_auditor_shares_no_code_with_the_publisher():
    tree = ast.parse((SOURCE / "kernel/disclosure/audit.py").read_text())
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not [name for name in imported if name.startswith("andon")]


# Any sums at all.


def by_enumeration(sums, known):
    everybody = sorted({person for one in sums for person in one.people})
    possible = set()
    for answers in product(range(1, 6), repeat=len(everybody)):
        given_answers = dict(zip(everybody, answers, strict=True))
        if all(given_answers.get(person, answer) == answer for person, answer in known.items()) and all(
            one.low <= sum(given_answers[person] for person in one.people) <= one.high for one in sums
        ):
            possible |= {*given_answers.items()}
    others = [person for person in everybody if person not in known]
    return {(person, answer) for person in others for answer in range(1, 6) if (person, answer) not in possible}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_is_excluded_is_what_enumeration_finds(data):
    everybody = people(5)
    truth = {person: data.draw(st.integers(1, 5)) for person in everybody}
    sums = []
    for _ in range(data.draw(st.integers(1, 3))):
        inside = data.draw(st.lists(st.sampled_from(everybody), min_size=2, max_size=5, unique=True))
        total = sum(truth[person] for person in inside)
        sums.append(Sum(inside, total - data.draw(st.integers(0, 3)), total + data.draw(st.integers(0, 3))))
    mine = data.draw(st.sampled_from(everybody))
    known = {mine: truth[mine]}
    assert excluded(sums, known) == by_enumeration(sums, known)


def test_two_overlapping_groups_give_away_what_neither_does_alone():
    """What a hidden remainder is: a department and all but one of its teams."""
    department, team = people(12), people(7)
    rest = department[7:]
    sums = [Sum(department, 36, 36), Sum(team, 12, 12)]
    assert not {person for person, _answer in excluded(sums[:1], {})} & {*rest}
    ruled_out = excluded(sums, {})
    # Five people with 24 of 25 points together: nobody of them said 1, 2 or 3.
    assert {(person, answer) for person in rest for answer in (1, 2, 3)} <= ruled_out


def test_sums_that_contradict_each_other_are_refused():
    with pytest.raises(ValueError, match="contradict"):
        excluded([Sum(people(3), 3, 3), Sum(people(2), 9, 10)], {})


@pytest.mark.parametrize("n", range(5, 13))
def test_the_two_ways_of_writing_the_margins_agree(n):
    for before in Band:
        for margin in (0, 4, 8, 12):
            cells = slow.margin_cells(n, before, margin)
            for total in range(n, 5 * n + 1):
                moved = auditing._moved(n, total, before.value, margin)
                low, high = cells[Band(moved)]
                assert low <= total <= high
            narrow = len(cells) == 1 or not all(slow.is_wide(n, cell) for cell in cells.values())
            assert auditing._too_narrow(n, before.value, margin) is narrow
    for total in range(n, 5 * n + 1):
        assert auditing._colour(n, total) == band(total, n).value
