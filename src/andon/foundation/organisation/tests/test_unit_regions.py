"""A change is compared on the part of the tree that it can reach, and the outcome is that of the whole tree."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.foundation.organisation import unit_regions
from andon.foundation.organisation.models import Membership, Node
from andon.foundation.organisation.tests import cast as people
from andon.foundation.organisation.tests.test_walking import TODAY
from andon.foundation.organisation.unit_preview import Standing, UnitChange, UnitMap, compare, units_now, units_of
from andon.foundation.organisation.unit_regions import (
    Moved,
    Resized,
    StoredTree,
    Tree,
    compare_trees,
    standing_of,
)
from andon.foundation.organisation.walking import Step
from andon.foundation.people.models import Member
from andon.kernel.disclosure import SizedNode


@dataclass
class Planted:
    """A tree in memory that notes which branches were read."""

    teams: Mapping[str, SizedNode]
    read: set[str] = field(default_factory=set)

    def below(self, node_id: str) -> Mapping[str, SizedNode]:
        found, waiting = {}, [node_id]
        while waiting:
            here = waiting.pop()
            if here in self.teams:
                found[here] = self.teams[here]
                waiting += [team.id for team in self.teams.values() if team.parent_id == here]
        self.read |= found.keys()
        return found

    def path(self, node_id: str) -> tuple[Step, ...]:
        steps: list[Step] = []
        step: str | None = node_id
        while step is not None:
            steps.append(Step(step, self.teams[step].name))
            step = self.teams[step].parent_id
        return tuple(reversed(steps))


def whole(tree: Tree) -> UnitMap:
    return units_of(
        (team.id, team.parent_id, team.name, [f"{team.id}/{number}" for number in range(team.size)])
        for team in tree.below("n0").values()
    )


def wholly(before: Tree, after: Tree) -> tuple[UnitChange, ...]:
    return compare(whole(before), whole(after))


# Sizes around the least unit, which is where a change is felt far away.
trees = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from([0, 0, 1, 2, 3, 4, 5, 5, 6, 9])), min_size=1, max_size=14
)


def planted(rows: list[tuple[int, int]]) -> Planted:
    teams = {}
    for number, (parent, size) in enumerate(rows):
        parent_id = f"n{parent % number}" if number else None
        teams[f"n{number}"] = SizedNode(f"n{number}", parent_id, f"T{number}", size)
    return Planted(teams)


def outcome(tree: Planted, after: Tree, changed: list[str], touched: list[str]) -> None:
    found = compare_trees(tree, after, changed=changed, touched=touched)
    assert found.changes == wholly(tree, after)
    before_all, after_all = whole(tree), whole(after)
    for told in found.touched:
        assert told.before == before_all.get(told.node_id, told.before)
        assert told.after == after_all.get(told.node_id, told.after)
        assert (told.before.standing is Standing.EMPTY) == (told.node_id not in before_all)


@settings(max_examples=600, deadline=None)
@given(trees, st.data())
def test_somebody_who_moves_changes_what_the_whole_tree_says(rows: list[tuple[int, int]], data: st.DataObject) -> None:
    tree = planted(rows)
    filled = [team.id for team in tree.teams.values() if team.size]
    source = data.draw(st.sampled_from([*filled, None]))
    target = data.draw(st.sampled_from([*tree.teams, None]))
    by: dict[str, int] = {}
    for node_id, more in ((source, -1), (target, 1)):
        if node_id is not None:
            by[node_id] = by.get(node_id, 0) + more
    outcome(tree, Resized(tree, by), list(by), list(by))


@settings(max_examples=600, deadline=None)
@given(trees, st.data())
def test_a_team_that_moves_changes_what_the_whole_tree_says(rows: list[tuple[int, int]], data: st.DataObject) -> None:
    tree = planted(rows)
    node_id = data.draw(st.sampled_from(sorted(tree.teams)))
    places = sorted(tree.teams.keys() - tree.below(node_id).keys())
    if node_id == "n0" or not places:
        return
    parent_id = data.draw(st.sampled_from(places))
    old = tree.teams[node_id].parent_id or ""
    outcome(tree, Moved(tree, node_id, parent_id), [old, parent_id], [node_id])


@settings(max_examples=200, deadline=None)
@given(trees)
def test_a_team_stands_as_the_whole_tree_says(rows: list[tuple[int, int]]) -> None:
    tree = planted(rows)
    for node_id, told in whole(tree).items():
        assert standing_of(node_id, tree) == told


def department() -> Planted:
    """Two departments of two large teams each. Five people stand directly in the second, a unit beside the first."""
    rows: dict[str, tuple[str | None, int]] = {"n0": (None, 0), "d1": ("n0", 0), "d2": ("n0", 5)}
    rows |= {f"d{d}t{t}": (f"d{d}", 8) for d in (1, 2) for t in (1, 2)}
    return Planted({node_id: SizedNode(node_id, parent, node_id, size) for node_id, (parent, size) in rows.items()})


def test_the_other_department_is_not_read() -> None:
    tree = department()
    found = compare_trees(tree, Resized(tree, {"d1t1": -1, "d1t2": 1}), changed=["d1t1", "d1t2"])
    assert found.changes == ()
    assert tree.read == {"d1", "d1t1", "d1t2"}


def test_a_comparison_that_stops_too_early_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = department()
    after = Resized(tree, {"d1t1": -8, "d1t2": -6})
    assert compare_trees(tree, after, changed=["d1t1", "d1t2"]).changes == wholly(tree, after)
    honest = unit_regions._Region.__init__

    def careless(self: unit_regions._Region, tree: Tree, root_id: str) -> None:
        honest(self, tree, root_id)
        self.outside = ({}, frozenset(), 0)

    monkeypatch.setattr(unit_regions._Region, "__init__", careless)
    assert compare_trees(tree, after, changed=["d1t1", "d1t2"]).changes != wholly(tree, after)


@pytest.mark.django_db
def test_the_stored_tree_is_compared_as_the_whole_of_it() -> None:
    cast = people.enter()
    for number in range(5):
        member = Member.objects.create_user(f"cy{number}@example.org", f"Cy {number}")
        Membership.objects.create(member=member, node=cast.appsec, starts_on=TODAY)
    before = units_now(TODAY)
    stored = StoredTree(TODAY)
    found = compare_trees(
        stored,
        Resized(stored, {cast.appsec.id: -2, cast.night.id: 1}),
        changed=[cast.appsec.id, cast.night.id],
        touched=[cast.appsec.id],
    )
    Membership.objects.filter(member__name__in=["Cy 0", "Cy 1"]).delete()
    moved = Member.objects.create_user("new@example.org", "New")
    Membership.objects.create(member=moved, node=cast.night, starts_on=TODAY)
    assert found.changes == compare(before, units_now(TODAY))
    assert [change.path for change in found.touched] == ["Security / Application security"]
    Node.objects.filter(pk=cast.night.pk).update(parent=cast.appsec)
    stored = StoredTree(TODAY)
    assert standing_of(cast.night.id, stored) == units_now(TODAY)[cast.night.id]
