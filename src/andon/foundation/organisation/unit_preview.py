"""Which teams get a figure of their own, now and after a change: said before the change is made.

It speaks of rounds of the whole organisation. Roster sizes are no secret to leads and stewards, so they are exact.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property

from andon.foundation.organisation import public as organisation
from andon.kernel import disclosure


class Standing(StrEnum):
    """How a team's people are counted in a round."""

    OWN = "own"
    TOGETHER = "together"
    NOT_ASKED = "not_asked"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class TeamStanding:
    """A team with direct members: how many, and with which other teams (paths and ids) it is counted together."""

    path: str
    size: int
    standing: Standing
    beside: tuple[str, ...] = ()
    beside_ids: frozenset[str] = frozenset()
    unit_size: int = 0


UnitMap = Mapping[str, TeamStanding]
NOBODY = TeamStanding(path="", size=0, standing=Standing.EMPTY)


@dataclass(frozen=True, slots=True)
class UnitChange:
    """A team that is counted in another way after the change than before it."""

    node_id: str
    path: str
    before: TeamStanding
    after: TeamStanding


def units_now(on: date) -> UnitMap:
    """How every team that has people would be counted in a round of the whole organisation on that day.

    Three queries, whatever the size.
    """
    return units_of(
        (node.id, node.parent_id, node.name, [key for key, _label in node.members])
        for node in organisation.tree(root_id=None, on=on)
    )


def units_of(tree: Iterable[tuple[str, str | None, str, Sequence[str]]]) -> UnitMap:
    """The same for rosters that are only planned: (id, parent's id, name, keys of the direct members) of each node."""
    nodes = {
        node_id: disclosure.SizedNode(node_id, parent_id, name, len(members))
        for node_id, parent_id, name, members in tree
    }
    units = Units(nodes)
    return {node_id: units.of(node_id) for node_id in units.groups}


class Units:
    """Which of these nodes are counted together. Of each team it is told only when somebody asks."""

    def __init__(self, nodes: Mapping[str, disclosure.SizedNode]) -> None:
        self._nodes = nodes
        self._plan = disclosure.units_from_sizes(list(nodes.values()))
        self._joined = {node_id: unit for unit in self._plan.joined for node_id in unit.node_ids}

    @cached_property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """For each node with people, all that it is counted together with; nothing where its people are not asked."""
        return {node_id: self.group_of(node_id) for node_id, node in self._nodes.items() if node.size}

    @property
    def not_asked(self) -> tuple[str, ...]:
        return self._plan.not_asked

    def group_of(self, node_id: str) -> tuple[str, ...]:
        if node_id in self._joined:
            return self._joined[node_id].node_ids
        return (node_id,) if node_id in self._plan.alone else ()

    def size_of(self, group: Iterable[str]) -> int:
        return sum(self._nodes[node_id].size for node_id in group)

    def of(self, node_id: str) -> TeamStanding:
        """How the team is counted; `NOBODY` where nobody belongs directly to it."""
        node = self._nodes.get(node_id)
        if node is None or not node.size:
            return NOBODY
        path, group = self._path(node_id), self.group_of(node_id)
        if not group:
            return TeamStanding(path, node.size, Standing.NOT_ASKED)
        return TeamStanding(
            path=path,
            size=node.size,
            standing=Standing.OWN if len(group) == 1 else Standing.TOGETHER,
            beside=tuple(sorted(self._path(other) for other in group if other != node_id)),
            beside_ids=frozenset(group) - {node_id},
            unit_size=self.size_of(group),
        )

    def _path(self, node_id: str) -> str:
        names: list[str] = []
        step: str | None = node_id
        while step is not None:
            names.append(self._nodes[step].name)
            step = self._nodes[step].parent_id
        return " / ".join(reversed(names))


def compare(before: UnitMap, after: UnitMap) -> tuple[UnitChange, ...]:
    """The teams whose people are counted in another way afterwards, in the order of their paths.

    A team that only grows or shrinks is not among them. Who it is counted with is compared by team, not by name, so
    renaming a team changes nothing.
    """
    changes = []
    for node_id in before.keys() | after.keys():
        was, will_be = before.get(node_id, NOBODY), after.get(node_id, NOBODY)
        if (was.standing, was.beside_ids) != (will_be.standing, will_be.beside_ids):
            changes.append(UnitChange(node_id, will_be.path or was.path, was, will_be))
    return tuple(sorted(changes, key=lambda change: (change.path.casefold(), change.node_id)))
