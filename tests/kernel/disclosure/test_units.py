"""Units come from rosters, never from answers, and nobody is alone in one."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.kernel.disclosure import (
    LEAST_UNIT,
    DuplicateNode,
    MemberInTwoNodes,
    Node,
    NotAsked,
    ReasonNotAsked,
    SizedNode,
    TreeHasLoop,
    UnknownParent,
    units_from_rosters,
    units_from_sizes,
)


def people(prefix: str, count: int) -> tuple[str, ...]:
    return tuple(f"{prefix}{index:02}" for index in range(count))


def node(node_id: str, parent: str | None, count: int) -> Node:
    return Node(node_id, parent, node_id.title(), people(node_id, count))


def groups(tree: list[Node]) -> list[tuple[str, ...]]:
    return [unit.node_ids for unit in units_from_rosters(tree).units]


def test_a_team_of_five_is_a_unit_of_its_own():
    plan = units_from_rosters([node("top", None, 0), node("blue", "top", 5), node("red", "top", 6)])
    assert [unit.node_ids for unit in plan.units] == [("blue",), ("red",)]
    assert plan.units[0].name == "Blue"
    assert plan.units[0].members == people("blue", 5)
    assert plan.opens_round


def test_small_siblings_are_pooled():
    assert groups([node("top", None, 0), node("a", "top", 3), node("b", "top", 2), node("c", "top", 9)]) == [
        ("a", "b"),
        ("c",),
    ]


def test_a_pool_under_five_joins_the_smallest_sibling_unit():
    tree = [node("top", None, 0), node("a", "top", 4), node("b", "top", 7), node("c", "top", 6)]
    assert groups(tree) == [("a", "c"), ("b",)]


def test_siblings_of_the_same_size_are_told_apart_by_id():
    tree = [node("top", None, 0), node("a", "top", 4), node("c", "top", 6), node("b", "top", 6)]
    assert groups(tree) == [("a", "b"), ("c",)]


def test_a_pool_without_a_sibling_unit_joins_the_parents_direct_members():
    assert groups([node("top", None, 2), node("a", "top", 3)]) == [("a", "top")]


def test_a_head_joins_the_smallest_team_when_there_is_one():
    assert groups([node("top", None, 1), node("a", "top", 5), node("b", "top", 8)]) == [("a", "top"), ("b",)]


def test_a_head_does_not_complete_a_small_team_that_can_join_another():
    tree = [node("top", None, 1), node("a", "top", 4), node("b", "top", 8), node("c", "top", 20)]
    assert groups(tree) == [("a", "b", "top"), ("c",)]


def test_five_direct_members_are_a_unit_beside_the_teams():
    assert groups([node("top", None, 5), node("a", "top", 5), node("b", "top", 3)]) == [("a", "b"), ("top",)]


def test_a_small_department_goes_up_as_one_sibling():
    tree = [node("top", None, 0), node("dept", "top", 1), node("a", "dept", 3), node("b", "top", 2)]
    assert groups(tree) == [("a", "b", "dept")]


def test_heads_of_departments_whose_people_have_units_are_pooled_one_level_up():
    tree = [node("top", None, 2)]
    for letter in "abc":
        tree += [node(letter, "top", 1), node(f"{letter}1", letter, 0), node(f"{letter}2", f"{letter}1", 6)]
    assert groups(tree) == [("a", "b", "c", "top"), ("a2",), ("b2",), ("c2",)]


def test_a_head_with_no_group_beside_is_not_asked_and_told_why():
    tree = [node("top", None, 1), node("dept", "top", 0), node("a", "dept", 6)]
    plan = units_from_rosters(tree)
    assert [unit.node_ids for unit in plan.units] == [("a",)]
    assert plan.not_asked == (NotAsked("top00", ReasonNotAsked.NO_UNIT_BESIDE),)


def test_an_organisation_under_five_opens_no_round():
    plan = units_from_rosters([node("top", None, 1), node("a", "top", 3)])
    assert not plan.opens_round
    assert {entry.reason for entry in plan.not_asked} == {ReasonNotAsked.ORGANISATION_TOO_SMALL}
    assert len(plan.not_asked) == 4


def test_an_empty_organisation_opens_no_round():
    assert not units_from_rosters([]).opens_round


def test_a_very_deep_organisation_is_no_trouble():
    tree = [Node(f"n{depth:05}", f"n{depth - 1:05}" if depth else None, "deep", ()) for depth in range(5000)]
    tree.append(node("team", "n04999", 5))
    assert groups(tree) == [("team",)]


@pytest.mark.parametrize(
    ("tree", "refusal"),
    [
        ([node("a", None, 1), node("a", None, 2)], DuplicateNode),
        ([node("a", "nowhere", 1)], UnknownParent),
        ([node("top", None, 1), node("a", "b", 1), node("b", "a", 1)], TreeHasLoop),
        ([node("a", None, 1), Node("b", "a", "B", ("a00",))], MemberInTwoNodes),
        ([Node("a", None, "A", ("bo", "bo"))], MemberInTwoNodes),
    ],
)
def test_what_is_no_tree_of_rosters_is_refused(tree, refusal):
    with pytest.raises(refusal):
        units_from_rosters(tree)


@st.composite
def organisations(draw):
    size = draw(st.integers(1, 14))
    nodes = []
    for index in range(size):
        parent = draw(st.one_of(st.none(), st.integers(0, index - 1))) if index else None
        members = draw(st.integers(0, 8))
        nodes.append(node(f"n{index:02}", None if parent is None else f"n{parent:02}", members))
    return nodes


@settings(max_examples=300, deadline=None)
@given(organisations(), st.randoms(use_true_random=False))
def test_units_keep_their_promises_on_any_tree(tree, shuffler):
    plan = units_from_rosters(tree)
    asked = [member for unit in plan.units for member in unit.members]
    silent = [entry.member for entry in plan.not_asked]
    everyone = sorted(member for item in tree for member in item.members)

    assert all(len(unit.members) >= LEAST_UNIT for unit in plan.units)
    assert sorted(asked + silent) == everyone, "each member is in exactly one unit, or told why not"
    assert len(silent) < LEAST_UNIT, "five people that are left over would be a unit"
    for unit in plan.units:
        direct = sorted(member for item in tree if item.id in unit.node_ids for member in item.members)
        assert list(unit.members) == direct, "nodes move whole"

    shuffled = random.Random(shuffler.random()).sample(tree, len(tree))
    turned = [Node(item.id, item.parent_id, item.name, item.members[::-1]) for item in shuffled]
    assert units_from_rosters(turned) == plan, "the order of the input says nothing"


@settings(max_examples=100, deadline=None)
@given(organisations())
def test_who_the_members_are_and_what_teams_are_called_moves_nobody(tree):
    others = [Node(item.id, item.parent_id, "x", tuple(f"z{member}" for member in item.members)) for item in tree]
    assert groups(others) == groups(tree)


@settings(max_examples=300, deadline=None)
@given(organisations())
def test_the_sizes_of_rosters_give_the_units_that_the_rosters_give(tree):
    plan = units_from_rosters(tree)
    sized = units_from_sizes([SizedNode(item.id, item.parent_id, item.name, len(item.members)) for item in tree])
    assert [(unit.node_ids, unit.name, unit.size) for unit in sized.units] == [
        (unit.node_ids, unit.name, len(unit.members)) for unit in plan.units
    ]
    silent = {item.id for item in tree for entry in plan.not_asked if entry.member in item.members}
    assert (set(sized.not_asked), sized.not_asked_size) == (silent, len(plan.not_asked))
