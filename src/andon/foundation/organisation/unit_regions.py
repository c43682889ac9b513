"""Which teams are counted in another way after a change, computed on the part of the tree that the change can reach.

The units rule works from the leaves up, so a change below a node is felt above it only through two things: the people
whom the node hands on without a unit, and the unit that holds the node's own people. Where both are the same before
and after, nothing outside can tell the difference, and nothing outside needs to be read. Otherwise the next node above
is asked, up to the top.

Reference: docs/protocol/disclosure.md, section 1; `kernel.disclosure.units_from_rosters`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from andon.foundation.organisation.revision import Memory
from andon.foundation.organisation.unit_preview import (
    NOBODY,
    TeamStanding,
    UnitChange,
    Units,
    compare,
)
from andon.foundation.organisation.walking import MOST_WALKED, Step, paths_of, sized_below
from andon.kernel.disclosure import SizedNode


class Tree(Protocol):
    """A tree of teams, of which only what is asked for is read."""

    def below(self, node_id: str) -> Mapping[str, SizedNode]:
        """The node and everything below it, by id; nothing where the node is not in this tree."""

    def path(self, node_id: str) -> tuple[Step, ...]:
        """From the top to the node."""


class StoredTree:
    """The tree as it is stored, with the people of one day. Reads each branch once."""

    def __init__(self, on: date) -> None:
        self.on = on
        self._branches: dict[str, Mapping[str, SizedNode]] = {}
        self._paths: dict[str, tuple[Step, ...]] = {}

    def below(self, node_id: str) -> Mapping[str, SizedNode]:
        if node_id not in self._branches:
            self._branches[node_id] = sized_below([node_id], on=self.on)
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

    def below(self, node_id: str) -> Mapping[str, SizedNode]:
        return {
            team.id: team._replace(size=max(0, team.size + self.by.get(team.id, 0)))
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

    def below(self, node_id: str) -> Mapping[str, SizedNode]:
        branch = self.tree.below(self.node_id)
        if node_id in branch:
            return self.tree.below(node_id)
        found = {team_id: team for team_id, team in self.tree.below(node_id).items() if team_id not in branch}
        if self.parent_id in found:
            found |= branch
            found[self.node_id] = branch[self.node_id]._replace(parent_id=self.parent_id)
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
    regions: dict[str, tuple[_Region, _Region]] = {}
    waiting = [node_id for node_id in changed if before.path(node_id) or after.path(node_id)]
    waiting += [node_id for node_id in touched if before.path(node_id) or after.path(node_id)]
    while waiting:
        root_id = waiting.pop()
        if any(_lies_in(root_id, region, before, after) for region in regions):
            continue
        was = _region(before, root_id)
        will_be = was if after is before else _region(after, root_id)
        inside = was.ids | will_be.ids
        settled = was.outside == will_be.outside and not any(
            was.is_open(team) or will_be.is_open(team) for team in touched if team in inside
        )
        parent_before, parent_after = _parent(before, root_id), _parent(after, root_id)
        if not settled and (parent_before or parent_after):
            waiting += {parent for parent in (parent_before, parent_after) if parent}
        else:
            regions = {region: pair for region, pair in regions.items() if region not in inside}
            regions[root_id] = (was, will_be)
    pairs = list(regions.values())

    def told(team: str) -> tuple[TeamStanding, TeamStanding]:
        was = next((was for was, _will_be in pairs if team in was.ids), None)
        will_be = next((will_be for _was, will_be in pairs if team in will_be.ids), None)
        return was.units.of(team) if was else NOBODY, will_be.units.of(team) if will_be else NOBODY

    others = {team: told(team) for team in _counted_otherwise(pairs)}
    return Comparison(
        compare(
            {team: was for team, (was, _will_be) in others.items() if was is not NOBODY},
            {team: will_be for team, (_was, will_be) in others.items() if will_be is not NOBODY},
        ),
        tuple(UnitChange(team, _name(team, before, after), *told(team)) for team in touched),
    )


def _counted_otherwise(pairs: list[tuple["_Region", "_Region"]]) -> list[str]:
    """Whoever is counted with others than before. Only of them it is then told how: of a whole tree that is much."""
    before: dict[str, tuple[str, ...]] = {}
    after: dict[str, tuple[str, ...]] = {}
    for was, will_be in pairs:
        if was is not will_be:
            before |= was.units.groups
            after |= will_be.units.groups
    return [team for team in before.keys() | after.keys() if before.get(team) != after.get(team)]


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
        nodes = {
            step.id: SizedNode(step.id, above[level - 1].id if level else None, step.name, 0)
            for level, step in enumerate(above)
        }
        nodes |= teams
        if teams:
            nodes[root_id] = teams[root_id]._replace(parent_id=above[-1].id if above else None)
        self.ids = set(teams)
        self.units = Units(nodes)
        handed_on = {team_id: teams[team_id].size for team_id in self.units.not_asked}
        held = self.units.group_of(root_id)
        self._open = handed_on.keys() | set(held)
        # A unit's size decides who joins it, and so does its smallest id; both follow from these.
        self.outside = (handed_on, held, self.units.size_of(held))

    def is_open(self, team_id: str) -> bool:
        """Whether the rest of the tree may still join somebody to this team, or this team to somebody."""
        return team_id in self._open


# That of the whole tree, which takes longest.
_regions: Memory[_Region] = Memory(most=2)


def _region(tree: Tree, root_id: str) -> _Region:
    """The branch as a region; a large tree as it is stored is made into one once, until it changes."""
    if isinstance(tree, StoredTree) and len(tree.path(root_id)) == 1 and len(tree.below(root_id)) > MOST_WALKED:
        # Read anew: what this tree has read may be of before the look at the revision.
        return _regions.get((tree.on, root_id), lambda: _Region(StoredTree(tree.on), root_id))
    return _Region(tree, root_id)


def _parent(tree: Tree, node_id: str) -> str | None:
    path = tree.path(node_id)
    return path[-2].id if len(path) > 1 else None


def _lies_in(node_id: str, region: str, before: Tree, after: Tree) -> bool:
    return all(region in {step.id for step in tree.path(node_id)} for tree in (before, after) if tree.path(node_id))


def _name(team: str, before: Tree, after: Tree) -> str:
    return " / ".join(step.name for step in after.path(team) or before.path(team))
