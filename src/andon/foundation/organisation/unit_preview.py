"""Which teams get a figure of their own, now and after a change: said before the change is made.

It speaks of rounds of the whole organisation. Roster sizes are no secret to leads and stewards, so they are exact.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

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
        node_id: disclosure.Node(node_id, parent_id, name, tuple(members)) for node_id, parent_id, name, members in tree
    }
    units = disclosure.units_from_rosters(list(nodes.values())).units
    with_people = {node.id: node for node in nodes.values() if node.members}
    paths = {node_id: _path(nodes, node_id) for node_id in with_people}
    standings = {
        node_id: TeamStanding(paths[node_id], len(node.members), Standing.NOT_ASKED)
        for node_id, node in with_people.items()
    }
    for unit in units:
        for node_id in unit.node_ids:
            standings[node_id] = TeamStanding(
                path=paths[node_id],
                size=len(nodes[node_id].members),
                standing=Standing.OWN if len(unit.node_ids) == 1 else Standing.TOGETHER,
                beside=tuple(sorted(paths[other] for other in unit.node_ids if other != node_id)),
                beside_ids=frozenset(unit.node_ids) - {node_id},
                unit_size=len(unit.members),
            )
    return standings


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


def _path(nodes: Mapping[str, disclosure.Node], node_id: str) -> str:
    names: list[str] = []
    step: str | None = node_id
    while step is not None:
        names.append(nodes[step].name)
        step = nodes[step].parent_id
    return " / ".join(reversed(names))
