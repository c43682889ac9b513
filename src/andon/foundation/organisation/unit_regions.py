"""Which teams are counted in another way after a change, computed on the part of the tree that the change can reach.

The units rule works from the leaves up, so a change below a node is felt above it only through two things: the people
whom the node hands on without a unit, and the unit that holds the node's own people. Where both are the same before
and after, nothing outside can tell the difference, and nothing outside needs to be read. Otherwise the next node above
is asked, up to the top.

Reference: docs/protocol/disclosure.md, section 1; `kernel.disclosure.units_from_rosters`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from django.db import connection

from andon.foundation.organisation.unit_preview import (
    NOBODY,
    Standing,
    TeamStanding,
    UnitChange,
    UnitMap,
    compare,
    units_of,
)
from andon.foundation.organisation.walking import Step, paths_of


@dataclass(frozen=True, slots=True)
class Team:
    """A node of the tree, and how many belong directly to it."""

    id: str
    parent_id: str | None
    name: str
    size: int


class Tree(Protocol):
    """A tree of teams, of which only what is asked for is read."""

    def below(self, node_id: str) -> Mapping[str, Team]:
        """The node and everything below it, by id; nothing where the node is not in this tree."""

    def path(self, node_id: str) -> tuple[Step, ...]:
        """From the top to the node."""


_BELOW_WITH_SIZES = """
WITH RECURSIVE below(id, parent_id, name) AS (
    SELECT id, parent_id, name FROM organisation_node WHERE id = %s
    UNION
    SELECT node.id, node.parent_id, node.name FROM organisation_node node JOIN below ON node.parent_id = below.id
)
SELECT below.id, below.parent_id, below.name, (
    SELECT COUNT(*) FROM organisation_membership membership
    WHERE membership.node_id = below.id AND membership.starts_on <= %s
        AND (membership.ends_on IS NULL OR membership.ends_on >= %s)
        AND membership.member_id NOT IN (SELECT id FROM people_member WHERE NOT is_active)
) FROM below
"""


class StoredTree:
    """The tree as it is stored, with the people of one day. Reads each branch once."""

    def __init__(self, on: date) -> None:
        self._on = on
        self._branches: dict[str, Mapping[str, Team]] = {}
        self._paths: dict[str, tuple[Step, ...]] = {}

    def below(self, node_id: str) -> Mapping[str, Team]:
        if node_id not in self._branches:
            with connection.cursor() as cursor:
                cursor.execute(_BELOW_WITH_SIZES, [node_id, self._on, self._on])
                self._branches[node_id] = {row[0]: Team(*row) for row in cursor.fetchall()}
        return self._branches[node_id]

    def path(self, node_id: str) -> tuple[Step, ...]:
        if node_id not in self._paths:
            self._paths[node_id] = paths_of([node_id]).get(node_id, ())
        return self._paths[node_id]


@dataclass(frozen=True, slots=True)
class Resized:
    """The tree with so many more (or fewer) people in some teams."""

    tree: Tree
    by: Mapping[str, int]

    def below(self, node_id: str) -> Mapping[str, Team]:
        return {
            team.id: replace(team, size=max(0, team.size + self.by.get(team.id, 0)))
            for team in self.tree.below(node_id).values()
        }

    def path(self, node_id: str) -> tuple[Step, ...]:
        return self.tree.path(node_id)


@dataclass(frozen=True, slots=True)
class Moved:
    """The tree with one team, and all below it, under another parent."""

    tree: Tree
    node_id: str
    parent_id: str

    def below(self, node_id: str) -> Mapping[str, Team]:
        branch = self.tree.below(self.node_id)
        if node_id in branch:
            return self.tree.below(node_id)
        found = {team_id: team for team_id, team in self.tree.below(node_id).items() if team_id not in branch}
        if self.parent_id in found:
            found |= branch
            found[self.node_id] = replace(branch[self.node_id], parent_id=self.parent_id)
        return found

    def path(self, node_id: str) -> tuple[Step, ...]:
        steps = self.tree.path(node_id)
        ids = [step.id for step in steps]
        if self.node_id not in ids:
            return steps
        return (*self.tree.path(self.parent_id), *steps[ids.index(self.node_id) :])


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a change does to units: the teams counted in another way, and how the teams that it touches are counted."""

    changes: tuple[UnitChange, ...]
    touched: tuple[UnitChange, ...]


def compare_trees(before: Tree, after: Tree, *, changed: Iterable[str], touched: Iterable[str] = ()) -> Comparison:
    """Compare the units of two trees that differ only in what lies at the nodes `changed`.

    `changed`: the nodes whose own people, or whose children, are others afterwards. `touched`: teams whose counting
    is told even where it stays as it was.
    Guarantees: the changes are those of `compare` over both trees as a whole.
    """
    touched = tuple(touched)
    regions: dict[str, tuple[UnitMap, UnitMap]] = {}
    waiting = [node_id for node_id in changed if before.path(node_id) or after.path(node_id)]
    waiting += [node_id for node_id in touched if before.path(node_id) or after.path(node_id)]
    while waiting:
        root_id = waiting.pop()
        if any(_lies_in(root_id, region, before, after) for region in regions):
            continue
        was, will_be = _Region(before, root_id), _Region(after, root_id)
        inside = was.ids | will_be.ids
        settled = was.outside == will_be.outside and not any(
            was.is_open(team) or will_be.is_open(team) for team in touched if team in inside
        )
        parent_before, parent_after = _parent(before, root_id), _parent(after, root_id)
        if not settled and (parent_before or parent_after):
            waiting += {parent for parent in (parent_before, parent_after) if parent}
        else:
            regions = {region: maps for region, maps in regions.items() if region not in inside}
            regions[root_id] = (was.units, will_be.units)
    units_before: dict[str, TeamStanding] = {}
    units_after: dict[str, TeamStanding] = {}
    for was_units, will_be_units in regions.values():
        units_before |= was_units
        units_after |= will_be_units
    return Comparison(
        compare(units_before, units_after),
        tuple(
            UnitChange(team, _name(team, before, after), units_before.get(team, NOBODY), units_after.get(team, NOBODY))
            for team in touched
        ),
    )


def standing_of(node_id: str, tree: Tree) -> TeamStanding:
    """How this team would be counted in a round of the whole organisation."""
    [told] = compare_trees(tree, tree, changed=(), touched=[node_id]).touched
    return told.after


class _Region:
    """The units of the branch below one node, and what the rest of the tree notices of them."""

    def __init__(self, tree: Tree, root_id: str) -> None:
        teams = tree.below(root_id)
        above = tree.path(root_id)[:-1] if teams else ()
        # Empty nodes above it, which change no unit, so that paths are told from the top.
        rows: list[tuple[str, str | None, str, list[str]]] = [
            (step.id, above[level - 1].id if level else None, step.name, []) for level, step in enumerate(above)
        ]
        for team in teams.values():
            parent_id = (above[-1].id if above else None) if team.id == root_id else team.parent_id
            rows.append((team.id, parent_id, team.name, [f"{team.id}/{number}" for number in range(team.size)]))
        self.ids = set(teams)
        self.units = units_of(rows)
        handed_on = {
            team_id: standing.size
            for team_id, standing in self.units.items()
            if standing.standing is Standing.NOT_ASKED
        }
        own = self.units.get(root_id)
        held = frozenset() if own is None or own.standing is Standing.NOT_ASKED else own.beside_ids | {root_id}
        self._open = handed_on.keys() | held
        # A unit's size decides who joins it, and so does its smallest id; both follow from these.
        self.outside = (handed_on, held, own.unit_size if own and held else 0)

    def is_open(self, team_id: str) -> bool:
        """Whether the rest of the tree may still join somebody to this team, or this team to somebody."""
        return team_id in self._open


def _parent(tree: Tree, node_id: str) -> str | None:
    path = tree.path(node_id)
    return path[-2].id if len(path) > 1 else None


def _lies_in(node_id: str, region: str, before: Tree, after: Tree) -> bool:
    return all(region in {step.id for step in tree.path(node_id)} for tree in (before, after) if tree.path(node_id))


def _name(team: str, before: Tree, after: Tree) -> str:
    return " / ".join(step.name for step in after.path(team) or before.path(team))
