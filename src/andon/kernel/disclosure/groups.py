"""The groups above units of one round: fixed with its rosters, so that no later look at the tree can add one.

Reference: docs/protocol/disclosure.md, sections 6 and 7.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from andon.kernel.disclosure.large import LEAST_GROUP


class MalformedTree(ValueError):
    """A node is its own ancestor, or a unit has no node, or one that is not in the tree."""


@dataclass(frozen=True, slots=True)
class UnitPlace:
    """A unit as groups see it: its nodes, and how many people it has."""

    id: str
    nodes: Collection[str]
    people: int


@dataclass(frozen=True, slots=True)
class GroupAbove:
    """A node with several units in it, or with a hundred people. ``units`` and ``people`` count all below it too."""

    id: str
    parent_id: str | None
    people: int
    units: int

    @property
    def is_large(self) -> bool:
        return self.people >= LEAST_GROUP


@dataclass(frozen=True, slots=True)
class Grouping:
    """The groups of a round, each after its parent, and the lowest group of each unit that is in one."""

    groups: tuple[GroupAbove, ...]
    home: Mapping[str, str]

    @property
    def depth(self) -> int:
        """The most groups of a hundred and more that anybody is in: what a person's budget is divided by."""
        above: dict[str | None, int] = {None: 0}
        for group in self.groups:
            above[group.id] = above[group.parent_id] + group.is_large
        return max(above.values())


def groups_above(parents: Mapping[str, str | None], units: Iterable[UnitPlace]) -> Grouping:
    """The groups that the units of a round are in. ``parents`` has every node of the round's tree.

    A unit is in the lowest node that holds all of its nodes, and in everything above that. A node is a group when it
    has two units or more, or a hundred people; of nodes that hold the very same units only the topmost is one.

    Guarantees: depends on the tree and on the units, never on a ballot; a unit is in a group wholly or not at all.
    Raises: MalformedTree.
    """
    lines: dict[str, tuple[str, ...]] = {}
    counted: dict[str, tuple[int, int]] = {}
    at: dict[str, str] = {}
    for unit in units:
        place = _common([_line(node, parents, lines) for node in unit.nodes])
        at[unit.id] = place
        for node in _line(place, parents, lines):
            people, number = counted.get(node, (0, 0))
            counted[node] = (people + unit.people, number + 1)
    found: dict[str, GroupAbove] = {}
    for node in sorted(counted, key=lambda one: (len(lines[one]), one)):
        people, number = counted[node]
        above = next((one for one in reversed(lines[node][:-1]) if one in found), None)
        same = above is not None and found[above].units == number
        if (number > 1 or people >= LEAST_GROUP) and not same:
            found[node] = GroupAbove(node, above, people, number)
    home = {
        unit: group
        for unit, place in at.items()
        if (group := next((one for one in reversed(lines[place]) if one in found), None)) is not None
    }
    return Grouping(tuple(found.values()), home)


def _line(node: str, parents: Mapping[str, str | None], known: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The node and all above it, from the top down."""
    waiting: list[str] = []
    step: str | None = node
    while step is not None and step not in known:
        if step not in parents or step in waiting:
            raise MalformedTree("every node lies in the tree, below another or at its top")
        waiting.append(step)
        step = parents[step]
    line = known[step] if step is not None else ()
    for one in reversed(waiting):
        line = known[one] = (*line, one)
    return line


def _common(lines: list[tuple[str, ...]]) -> str:
    common: str | None = None
    for steps in zip(*lines, strict=False):
        if len(set(steps)) > 1:
            break
        common = steps[0]
    if common is None:
        raise MalformedTree("the nodes of a unit lie in one tree")
    return common
