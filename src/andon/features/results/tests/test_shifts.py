"""The ratios that a report prints, against the kernel that they come from."""

import dataclasses
import re
from typing import Any

import pytest
from django.test import Client

from andon.features.results import queries, shifts
from andon.kernel.disclosure import cells_with_margin, worst_likelihood_ratio
from tests.cast_of_people import found_organisation
from tests.seasons import House

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


@pytest.fixture
def house(tmp_path: Any, settings: Any, key_directory: Any) -> House:
    return House(found_organisation(tmp_path, settings, teams={"Detection": 6, "Cloud": 3}))


def report_of(house: House) -> queries.Report:
    own = queries.own_result(house.of("Detection")[0], house.round_id)
    return queries.build_report(own.round, own.unit, own.part)


def test_a_report_prints_the_ratios_of_its_ballots(house: House) -> None:
    house.ask({"Detection": 5})
    report = report_of(house)
    unknown, content = shifts.shifts_of(report)
    assert (unknown.of_one, content.of_one) == (24, 298)
    # Five statements hold the largest facet, 21 all of them.
    largest = max(len(statements) for _line, statements in report.statements)
    assert unknown.of_facet is None or unknown.of_facet == pytest.approx(24.4**largest, rel=0.05)
    assert (unknown.of_all, content.of_all) == (None, None)
    client = Client()
    client.force_login(house.of("Detection")[0], "andon.foundation.people.backends.MemberBackend")
    page = client.get(f"/results/{house.round_id}/", follow=True).content.decode()
    assert re.search(r'class="number">24<.*class="number">298<', page, re.DOTALL)


def test_where_nothing_is_shown_nothing_is_printed(house: House) -> None:
    house.ask({"Detection": 5})
    report = report_of(house)
    assert shifts.shifts_of(dataclasses.replace(report, reason="too_few_ballots")) == ()


def test_a_colour_that_was_kept_is_no_part_of_what_is_printed(house: House) -> None:
    house.ask({"Detection": 5})
    house.ask({"Detection": 1}, silent=1)
    report = report_of(house)
    assert report.has_colours
    assert not report.has_new_colours
    assert shifts.shifts_of(report) == ()


def test_a_margin_counts_beside_the_ballots_of_its_own_statement(house: House) -> None:
    """With the fewest of all, as in a window once, this margin would stand for no colour, and for no shift at all."""
    house.ask({"Detection": 5})
    report = report_of(house)
    [(line, (first, second, *_others)), *_more] = report.statements
    moved = dataclasses.replace(first, ballots=16, margin=8)
    few = dataclasses.replace(second, ballots=10, margin=0)
    found = shifts.shifts_of(dataclasses.replace(report, statements=((line, (moved, few)),)))
    assert cells_with_margin(10, 8) == ()
    assert [shift.of_one for shift in found] == [
        round(max(one, other)) for one, other in zip(shifts.ratios_of(16, 8), shifts.ratios_of(10), strict=True)
    ]
    assert found[0].of_one > round(shifts.ratios_of(10)[0])


@pytest.mark.parametrize("ballots", [22, 23, 26, 31, 46])
def test_what_is_printed_for_many_is_not_too_little(ballots: int) -> None:
    for printed, (_belief, prior) in zip(shifts.ratios_of(ballots), shifts.PRIORS, strict=True):
        exact = worst_likelihood_ratio(ballots, prior)
        assert exact is not None
        assert exact <= printed


def test_a_large_number_is_two_digits_or_none() -> None:
    ratio = shifts.ratios_of(8)[0]
    assert shifts._in_short(ratio**2) == 140
    assert shifts._in_short(ratio**4) == 20_000
    assert shifts._in_short(ratio**21) is None


@pytest.mark.parametrize(
    ("ballots", "margin"), [(ballots, margin) for ballots in (22, 30, 46) for margin in (4, 8, 12)]
)
def test_a_colour_that_moved_slowly_shifts_more_and_many_ballots_less(ballots: int, margin: int) -> None:
    for place, (_belief, prior) in enumerate(shifts.PRIORS):
        exact = worst_likelihood_ratio(ballots, prior, cells_with_margin(ballots, margin))
        assert exact is not None
        assert exact <= shifts.ratios_of(ballots, margin)[place]
        assert shifts.ratios_of(ballots, margin)[place] > shifts.ratios_of(ballots)[place]


def test_the_ratio_of_a_colour_that_moved_slowly_is_printed_for_it(house: House) -> None:
    for number in range(10):
        house.join(f"more{number}", "Detection")
    house.ask({"Detection": 5})
    fresh = shifts.shifts_of(report_of(house))
    house.join("one", "Detection")
    # Cloud is counted with them and was silent both times: two of its people may have changed places.
    house.ask({"Detection": 1})
    report = report_of(house)
    assert {one.margin for _line, found in report.statements for one in found if one.band and one.updated} == {8}
    slow = shifts.shifts_of(report)
    assert [line.of_one for line in slow] == [round(ratio) for ratio in shifts.ratios_of(report.ballots, 8)]
    assert all(line.of_one > before.of_one for line, before in zip(slow, fresh, strict=True))
