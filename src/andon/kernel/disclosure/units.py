"""Units: the groups of at least five that share a key and for which a figure may exist.

Reference: docs/protocol/disclosure.md, section 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import NamedTuple

LEAST_UNIT = 5


class MalformedTree(ValueError):
    """The nodes do not describe a tree of rosters."""


class DuplicateNode(MalformedTree):
    """Two nodes have the same id."""


class UnknownParent(MalformedTree):
    """A node names a parent that is not among the nodes."""


class TreeHasLoop(MalformedTree):
    """Following parents from some node never reaches a top node."""


class MemberInTwoNodes(MalformedTree):
    """A member is listed twice; a member has exactly one unit, so exactly one node."""


class ReasonNotAsked(Enum):
    """Why a member is not asked in this round; the interface turns it into a sentence."""

    ORGANISATION_TOO_SMALL = "organisation_too_small"
    NO_UNIT_BESIDE = "no_unit_beside"


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the organisation with its direct members only."""

    id: str
    parent_id: str | None
    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """A group of at least five. ``node_ids`` is its identity across rounds; both tuples are sorted."""

    node_ids: tuple[str, ...]
    name: str
    members: tuple[str, ...]


class SizedNode(NamedTuple):
    """A node of the organisation with the number of its direct members: units follow from sizes alone.

    A tuple, because a page about everybody makes ten thousand, and a frozen dataclass takes about twice as long.
    """

    id: str
    parent_id: str | None
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class SizedUnit:
    """A unit as its nodes and how many people they hold; ``node_ids`` is sorted, as in ``Unit``."""

    node_ids: tuple[str, ...]
    name: str
    size: int


@dataclass(frozen=True)
class SizedPlan:
    """Which nodes are counted together, and the nodes whose direct members are not asked.

    `alone`: the nodes that are a unit by themselves, by id; `joined`: the units of several nodes, and what they hold.
    Nearly all teams of a large organisation are alone, so they are told as units only when somebody asks for them.
    """

    alone: Mapping[str, SizedNode]
    joined: tuple[SizedUnit, ...]
    not_asked: tuple[str, ...]
    not_asked_size: int

    @property
    def count(self) -> int:
        return len(self.alone) + len(self.joined)

    @property
    def units(self) -> tuple[SizedUnit, ...]:
        """All units in the order of their ids."""
        return self.some(0, self.count)

    def some(self, first: int, beyond: int) -> tuple[SizedUnit, ...]:
        """The units at these places in the order of all."""
        joined = self._joined_by_first
        return tuple(
            joined[node_id] if node_id in joined else self._single(node_id) for node_id in self._order[first:beyond]
        )

    @cached_property
    def _joined_by_first(self) -> dict[str, SizedUnit]:
        # A node is in one unit, so the first of its ids tells each from all others.
        return {unit.node_ids[0]: unit for unit in self.joined}

    @cached_property
    def _order(self) -> list[str]:
        return sorted([*self.alone, *self._joined_by_first])

    def _single(self, node_id: str) -> SizedUnit:
        node = self.alone[node_id]
        return SizedUnit((node.id,), node.name, node.size)


@dataclass(frozen=True, slots=True)
class NotAsked:
    member: str
    reason: ReasonNotAsked


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """Who is asked in which unit, and who is not asked and why."""

    units: tuple[Unit, ...]
    not_asked: tuple[NotAsked, ...]

    @property
    def opens_round(self) -> bool:
        """A round needs at least one unit; without one there is conversation mode only."""
        return bool(self.units)


@dataclass(slots=True)
class _Group:
    """People that move together while units are being formed: one node, or several that were pooled."""

    nodes: list[SizedNode]
    size: int

    @property
    def key(self) -> tuple[int, str]:
        return self.size, min(node.id for node in self.nodes)

    def take(self, other: _Group) -> None:
        self.nodes += other.nodes
        self.size += other.size

    def unit(self) -> SizedUnit:
        return SizedUnit(
            node_ids=tuple(sorted(node.id for node in self.nodes)),
            name=" + ".join(node.name for node in sorted(self.nodes, key=lambda node: (node.name, node.id))),
            size=self.size,
        )


def units_from_rosters(tree: Sequence[Node]) -> UnitPlan:
    """Form the units of a round from the rosters of an organisation's tree.

    Working from the leaves up, at every node:

    1. a team (a child without children) of at least five is a unit;
    2. the smaller ones are pooled; a pool of at least five is a unit;
    3. a pool still under five joins the smallest sibling unit (ties by id), else the parent's direct members;
    4. the direct members of the node itself are then placed like one more team beside the children: a unit when
       they are five, else they join the smallest sibling unit;
    5. whoever is left goes up as one small sibling of the node's own siblings. Who is left at the top is not asked.

    Direct members come last, so that a head shares a unit with the people of a small team only where the rule leaves
    no other way. A sibling unit is one that was formed among these siblings, or that holds the direct members of a
    sibling; a unit deeper down is no sibling: the head of an organisation is not put into a team two floors below.

    Guarantees: every member is in exactly one unit or in ``not_asked``; every unit has at least five members; the
    result depends on ids, parents and who is listed where, not on the order of the input, and on nothing about
    answers. Names are labels and move nobody.
    Does not: split a team, or keep a unit's identity when its set of nodes changes.
    Raises: DuplicateNode, UnknownParent, TreeHasLoop, MemberInTwoNodes.
    Reference: docs/protocol/disclosure.md, section 1.
    """
    plan = units_from_sizes([SizedNode(node.id, node.parent_id, node.name, len(node.members)) for node in tree])
    members = _members_of(tree)
    everyone = sum(map(len, members.values()))
    reason = ReasonNotAsked.ORGANISATION_TOO_SMALL if everyone < LEAST_UNIT else ReasonNotAsked.NO_UNIT_BESIDE

    def listed(node_ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(member for node_id in node_ids for member in members[node_id]))

    return UnitPlan(
        units=tuple(Unit(unit.node_ids, unit.name, listed(unit.node_ids)) for unit in plan.units),
        not_asked=tuple(NotAsked(member, reason) for member in listed(plan.not_asked)),
    )


def units_from_sizes(tree: Sequence[SizedNode]) -> SizedPlan:
    """The units of ``units_from_rosters`` where only the number of people in each node is known, or needed.

    Guarantees: the same nodes are counted together, and the same are not asked, as with rosters of these sizes.
    Raises: DuplicateNode, UnknownParent, TreeHasLoop.
    """
    by_id = _checked(tree)
    children: dict[str | None, list[SizedNode]] = {}
    for node in by_id.values():
        children.setdefault(node.parent_id, []).append(node)
    down = _from_the_top(children)
    if len(down) != len(by_id):
        raise TreeHasLoop("some nodes are their own ancestors")

    forming = _Forming()
    for node in reversed(down):
        below = children.get(node.id)
        if below is None:
            # A team without teams below it, as nearly all are: a unit, or left over.
            if node.size >= LEAST_UNIT:
                forming.alone[node.id] = node
            elif node.size:
                forming.left_over[node.id] = _Group([node], node.size)
        else:
            forming.place(node, below)
    # Several top nodes are siblings of each other under a top that has nobody of its own.
    rest = forming.place(None, children.get(None, ()))
    return SizedPlan(
        alone=forming.alone,
        joined=tuple(sorted((group.unit() for group in forming.units), key=lambda unit: unit.node_ids)),
        not_asked=tuple(sorted(node.id for node in rest.nodes)) if rest else (),
        not_asked_size=rest.size if rest else 0,
    )


def _members_of(tree: Iterable[Node]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    listed: set[str] = set()
    for node in tree:
        found[node.id] = node.members
        before = len(listed)
        listed.update(node.members)
        if len(listed) != before + len(node.members):
            raise MemberInTwoNodes(f"a member of node {node.id!r} is listed twice")
    return found


def _checked(tree: Iterable[SizedNode]) -> dict[str, SizedNode]:
    by_id: dict[str, SizedNode] = {}
    for node in tree:
        if node.id in by_id:
            raise DuplicateNode(f"two nodes have the id {node.id!r}")
        by_id[node.id] = node
    for node in by_id.values():
        if node.parent_id is not None and node.parent_id not in by_id:
            raise UnknownParent(f"node {node.id!r} names the parent {node.parent_id!r}, which is not in the tree")
    return by_id


def _from_the_top(children: dict[str | None, list[SizedNode]]) -> list[SizedNode]:
    # A list instead of recursion: an organisation may be deeper than the interpreter's stack.
    reached = list(children.get(None, ()))
    for node in reached:
        reached += children.get(node.id, ())
    return reached


class _Forming:
    """Units in the making, and what each node hands to the level above."""

    def __init__(self) -> None:
        # Teams that are a unit, as long as nobody joined them.
        self.alone: dict[str, SizedNode] = {}
        self.units: list[_Group] = []
        # People still without a unit, and the unit that holds a node's direct members, where it is not alone.
        self.left_over: dict[str, _Group] = {}
        self.own_unit: dict[str, _Group] = {}

    def place(self, node: SizedNode | None, below: Sequence[SizedNode]) -> _Group | None:
        """Place one node's children and its direct members; whoever is left over, who also goes up.

        A team without teams below it would come out as its caller places it: a unit from five people, else left over.
        """
        pool, pooled = _Group([], 0), None
        for child in below:
            if child.id in self.left_over:
                pool.take(self.left_over[child.id])
        if pool.size >= LEAST_UNIT:
            self.units.append(pool)
            pool, pooled = _Group([], 0), pool
        elif pool.size and (host := self._smallest(below, pooled)):
            host.take(pool)
            pool = _Group([], 0)

        if node is not None and node.size:
            direct = _Group([node], node.size)
            direct.take(pool)
            if direct.size >= LEAST_UNIT:
                if len(direct.nodes) == 1:
                    self.alone[node.id] = node
                else:
                    self.units.append(direct)
                    self.own_unit[node.id] = direct
                return None
            if host := self._smallest(below, pooled):
                host.take(direct)
                self.own_unit[node.id] = host
                return None
            pool = direct
        if not pool.size:
            return None
        if node is not None:
            self.left_over[node.id] = pool
        return pool

    def _smallest(self, below: Sequence[SizedNode], pooled: _Group | None) -> _Group | None:
        """The smallest unit beside: one that holds a child's direct members, or the one pooled of the small ones."""
        found: tuple[tuple[int, str], SizedNode | _Group] | None = (pooled.key, pooled) if pooled else None
        for child in below:
            unit: SizedNode | _Group | None = self.alone.get(child.id) or self.own_unit.get(child.id)
            if unit is None:
                continue
            key = (unit.size, unit.id) if isinstance(unit, SizedNode) else unit.key
            if found is None or key < found[0]:
                found = key, unit
        if found is None:
            return None
        joined = found[1]
        if isinstance(joined, _Group):
            return joined
        del self.alone[joined.id]
        self.own_unit[joined.id] = group = _Group([joined], joined.size)
        self.units.append(group)
        return group
