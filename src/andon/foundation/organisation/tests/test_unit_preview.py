from datetime import date

import pytest
from django.template.loader import render_to_string

from andon.foundation.organisation.models import Membership
from andon.foundation.organisation.tests import cast as people
from andon.foundation.organisation.unit_preview import Standing, UnitMap, compare, units_now, units_of
from andon.foundation.people.models import Member

TODAY = date(2026, 3, 2)


def teams(**sizes: int) -> UnitMap:
    """Teams below one top, and their numbers of people."""
    return units_of(
        [("top", None, "Security", [])]
        + [(name, "top", name.title(), [f"{name}-{n}" for n in range(size)]) for name, size in sizes.items()]
    )


def test_a_team_of_five_has_its_own_figure_and_small_ones_are_counted_together() -> None:
    units = teams(day=5, night=3, dawn=2)
    assert (units["day"].standing, units["day"].beside) == (Standing.OWN, ())
    assert units["night"].standing is Standing.TOGETHER
    assert (units["night"].beside, units["night"].unit_size) == (("Security / Dawn",), 5)
    assert teams(day=4)["day"].standing is Standing.NOT_ASKED
    assert "top" not in units


def test_what_is_counted_as_before_is_no_change() -> None:
    assert compare(teams(day=5, night=7), teams(day=9, night=5)) == ()


def test_who_loses_a_figure_and_who_is_drawn_in_are_both_named() -> None:
    [day, night] = compare(teams(day=5, night=5), teams(day=5, night=4))
    assert (day.path, day.before.standing, day.after.standing) == ("Security / Day", Standing.OWN, Standing.TOGETHER)
    assert (night.after.beside, night.after.unit_size) == (("Security / Day",), 9)


def test_teams_that_appear_vanish_or_are_no_longer_asked_are_changes() -> None:
    [dawn, day] = compare(teams(day=5), teams(dawn=6))
    assert (dawn.before.standing, dawn.after.standing) == (Standing.EMPTY, Standing.OWN)
    assert (day.before.standing, day.after.standing) == (Standing.OWN, Standing.EMPTY)
    [unasked] = compare(teams(day=5), teams(day=3))
    assert unasked.after.standing is Standing.NOT_ASKED


def test_other_companions_are_a_change_and_another_name_is_none() -> None:
    before = teams(day=2, night=3, dawn=9)
    assert [change.node_id for change in compare(before, teams(day=2, night=3, dawn=9, dusk=1))] == [
        "day",
        "dusk",
        "night",
    ]
    renamed = units_of(
        [("top", None, "Sec", []), ("day", "top", "Sun", ["a", "b"]), ("night", "top", "Moon", ["c", "d", "e"])]
    )
    assert compare(teams(day=2, night=3), renamed) == ()


@pytest.mark.django_db
def test_the_teams_of_today_are_read_from_the_rosters() -> None:
    cast = people.enter()
    for number in range(5):
        member = Member.objects.create_user(f"p{number}@example.org", f"P {number}")
        Membership.objects.create(member=member, node=cast.appsec, starts_on=people.SINCE)
    units = units_now(TODAY)
    assert units[cast.appsec.id].size == 6
    assert units[cast.appsec.id].beside == ("Security", "Security / Detection / SOC night")
    assert units[cast.night.id].path == "Security / Detection / SOC night"


def test_the_table_says_it_in_words() -> None:
    changes = compare(teams(day=5, night=5), teams(day=5, night=4))
    page = render_to_string("organisation/unit_changes.html", {"changes": changes})
    assert "a figure of its own, 5 people" in page
    assert "counted together with Security / Day, 9 people in all" in page
