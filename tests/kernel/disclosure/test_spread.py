"""The spread of units over bands: never of fewer than ten, also not by subtraction."""

from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.kernel.disclosure import Band, spread_of
from andon.kernel.disclosure.spread import LEAST_UNITS, Group, MalformedGroups, groups_with_spread


def units_of(groups):
    """Each unit as an element, so that sets can be added and subtracted: its own ones, and those of its children."""
    own = {group.id: {(group.id, number) for number in range(group.units)} for group in groups}
    below = {}
    for group in groups:
        inside = [child for child in groups if child.parent_id == group.id]
        rest = group.units - sum(child.units for child in inside)
        below[group.id] = (set(list(own[group.id])[:rest]), [child.id for child in inside])

    def whole(group_id):
        rest, inside = below[group_id]
        return rest.union(*(whole(child) for child in inside)) if inside else rest

    return {group.id: whole(group.id) for group in groups}


def smallest_by_subtraction(groups, shown):
    """The smallest set of units that any whole combination of shown groups isolates: an atom of the sets they cut."""
    sets = units_of(groups)
    everything = set().union(*sets.values()) if sets else set()
    atoms = {}
    for unit in everything:
        place = frozenset(group for group in shown if unit in sets[group])
        atoms[place] = atoms.get(place, 0) + 1
    return min((size for place, size in atoms.items() if place), default=None)


@st.composite
def trees(draw):
    groups = []

    def grow(parent, units, depth):
        group_id = f"{parent or 'top'}/{len(groups)}"
        groups.append(Group(group_id, parent, units))
        if depth:
            left = units
            for _ in range(draw(st.integers(0, 4))):
                share = draw(st.integers(0, left))
                left -= share
                grow(group_id, share, depth - 1)

    grow(None, draw(st.integers(0, 120)), 3)
    return groups


@given(trees())
def test_nothing_under_ten_units_comes_out_whatever_is_added_and_subtracted(groups):
    shown = groups_with_spread(groups)
    smallest = smallest_by_subtraction(groups, shown)
    assert smallest is None or smallest >= LEAST_UNITS


@given(trees())
def test_two_shown_nested_groups_differ_by_none_or_by_ten(groups):
    shown = groups_with_spread(groups)
    sets = units_of(groups)
    for one, other in combinations(sorted(shown), 2):
        if sets[one] <= sets[other] or sets[other] <= sets[one]:
            assert len(sets[one] ^ sets[other]) not in range(1, LEAST_UNITS)


def test_showing_every_group_of_ten_would_let_six_units_out():
    groups = [Group("top", None, 30), Group("a", "top", 12), Group("b", "top", 12)]
    assert smallest_by_subtraction(groups, {"top", "a", "b"}) == 6
    assert groups_with_spread(groups) == {"top", "a"}


def test_the_order_of_input_does_not_matter():
    groups = [Group("top", None, 35), Group("a", "top", 12), Group("b", "top", 12), Group("c", "top", 11)]
    assert groups_with_spread(groups) == groups_with_spread(groups[::-1]) == {"top", "a", "b", "c"}


@pytest.mark.parametrize(
    "groups",
    [
        [Group("a", "gone", 12)],
        [Group("top", None, 12), Group("a", "top", 13)],
        [Group("top", None, 12), Group("a", "top", 10), Group("b", "top", 10)],
    ],
)
def test_groups_that_are_no_tree_are_refused(groups):
    with pytest.raises(MalformedGroups):
        groups_with_spread(groups)


def test_a_loop_shows_nothing():
    assert groups_with_spread([Group("a", "b", 12), Group("b", "a", 12)]) == frozenset()


def test_the_spread_names_every_band_and_no_unit():
    assert spread_of([Band.LOW, Band.LOW, Band.HIGH]) == {
        Band.LOW: 2,
        Band.MIXED_LOW: 0,
        Band.MIXED_HIGH: 0,
        Band.HIGH: 1,
    }


def test_all_products_of_small_trees():
    """Every tree of one parent with three children of up to 14 units, by hand of the machine."""
    for parent, *children in product((10, 19, 20, 25, 34), (0, 9, 10, 14), (0, 10), (0, 10, 12)):
        if sum(children) > parent:
            continue
        groups = [Group("top", None, parent), *(Group(str(n), "top", units) for n, units in enumerate(children))]
        smallest = smallest_by_subtraction(groups, groups_with_spread(groups))
        assert smallest >= LEAST_UNITS
