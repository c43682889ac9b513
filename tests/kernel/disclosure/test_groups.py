"""Groups above units: fixed by rosters, whole units only, and a depth that nobody is deeper than."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.kernel.disclosure import MalformedTree, UnitPlace, groups_above

TREE = {"top": None, "soc": "top", "day": "soc", "night": "soc", "cloud": "top", "lab": "cloud"}


def test_a_unit_is_in_the_lowest_node_that_holds_all_of_it_and_in_all_above():
    grouping = groups_above(
        TREE, [UnitPlace("a", ["day"], 8), UnitPlace("b", ["night"], 7), UnitPlace("c", ["lab", "soc"], 6)]
    )
    assert [(group.id, group.parent_id, group.people, group.units) for group in grouping.groups] == [
        ("top", None, 21, 3),
        ("soc", "top", 15, 2),
    ]
    assert grouping.home == {"a": "soc", "b": "soc", "c": "top"}
    assert grouping.depth == 0


def test_a_hundred_people_are_a_group_also_as_one_unit_and_what_holds_the_same_is_one_group():
    grouping = groups_above(TREE, [UnitPlace("a", ["lab"], 120), UnitPlace("b", ["day"], 30)])
    assert [(group.id, group.people) for group in grouping.groups] == [("top", 150), ("cloud", 120)]
    assert grouping.home == {"a": "cloud", "b": "top"}
    assert grouping.depth == 2


def test_one_small_unit_is_in_no_group():
    grouping = groups_above(TREE, [UnitPlace("a", ["day"], 9)])
    assert grouping.groups == ()
    assert grouping.home == {}
    assert grouping.depth == 0


@pytest.mark.parametrize(
    ("tree", "nodes"),
    [({"a": "b", "b": "a"}, ["a"]), ({"a": None}, ["b"]), ({"a": None, "b": None}, ["a", "b"]), ({"a": None}, [])],
)
def test_what_is_no_tree_is_refused(tree, nodes):
    with pytest.raises(MalformedTree):
        groups_above(tree, [UnitPlace("u", nodes, 5)])


@st.composite
def trees(draw):
    parents = {"0": None}
    for number in range(1, draw(st.integers(1, 14))):
        parents[str(number)] = str(draw(st.integers(0, number - 1)))
    left = list(parents)
    units = []
    while left:
        nodes = [left.pop() for _ in range(min(len(left), draw(st.integers(1, 3))))]
        units.append(UnitPlace(f"u{len(units)}", nodes, draw(st.integers(5, 60))))
    return parents, units


@given(trees())
def test_nobody_is_in_more_large_groups_than_the_depth_and_groups_hold_whole_units(given_tree):
    parents, units = given_tree
    grouping = groups_above(parents, units)
    by_id = {group.id: group for group in grouping.groups}
    people = dict.fromkeys(by_id, 0)
    deepest = 0
    for unit in units:
        step, large = grouping.home.get(unit.id), 0
        while step is not None:
            people[step] += unit.people
            large += by_id[step].is_large
            step = by_id[step].parent_id
        deepest = max(deepest, large)
    assert deepest == grouping.depth
    assert people == {group.id: group.people for group in grouping.groups}
    seen = set()
    for group in grouping.groups:
        assert group.parent_id is None or group.parent_id in seen
        seen.add(group.id)


@given(trees())
def test_no_two_groups_hold_the_same_units(given_tree):
    parents, units = given_tree
    grouping = groups_above(parents, units)
    by_id = {group.id: group for group in grouping.groups}
    for group in grouping.groups:
        assert group.parent_id is None or by_id[group.parent_id].units > group.units
