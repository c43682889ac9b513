"""Units: the groups of at least five that share a key and for which a figure may exist.

Reference: docs/protocol/disclosure.md, section 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

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

    nodes: list[Node] = field(default_factory=list)
    size: int = 0

    @property
    def key(self) -> tuple[int, str]:
        return self.size, min(node.id for node in self.nodes)

    def take(self, other: _Group) -> None:
        self.nodes += other.nodes
        self.size += other.size

    def unit(self) -> Unit:
        return Unit(
            node_ids=tuple(sorted(node.id for node in self.nodes)),
            name=" + ".join(node.name for node in sorted(self.nodes, key=lambda node: (node.name, node.id))),
            members=tuple(sorted(member for node in self.nodes for member in node.members)),
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
    by_id = _checked(tree)
    children: dict[str | None, list[Node]] = {}
    for node in by_id.values():
        children.setdefault(node.parent_id, []).append(node)
    down = _from_the_top(children)
    if len(down) != len(by_id):
        raise TreeHasLoop("some nodes are their own ancestors")

    units: list[_Group] = []
    # What a node hands to the level above: people still without a unit, and the unit that holds its direct members.
    left_over: dict[str, _Group] = {}
    own_unit: dict[str, _Group] = {}
    for node in reversed(down):
        below = sorted(children.get(node.id, ()), key=lambda child: child.id)
        formed, rest, holder = _place(_Group([node], len(node.members)), below, left_over, own_unit)
        units += formed
        if rest is not None:
            left_over[node.id] = rest
        if holder is not None:
            own_unit[node.id] = holder
    # Several top nodes are siblings of each other under a top that has nobody of its own.
    top = sorted(children.get(None, ()), key=lambda child: child.id)
    formed, rest, _ = _place(_Group(), top, left_over, own_unit)
    units += formed

    everyone = sum(len(node.members) for node in by_id.values())
    reason = ReasonNotAsked.ORGANISATION_TOO_SMALL if everyone < LEAST_UNIT else ReasonNotAsked.NO_UNIT_BESIDE
    nobody_beside = sorted(member for node in rest.nodes for member in node.members) if rest else []
    return UnitPlan(
        units=tuple(sorted((group.unit() for group in units), key=lambda unit: unit.node_ids)),
        not_asked=tuple(NotAsked(member, reason) for member in nobody_beside),
    )


def _checked(tree: Iterable[Node]) -> dict[str, Node]:
    by_id: dict[str, Node] = {}
    listed: set[str] = set()
    for node in tree:
        if node.id in by_id:
            raise DuplicateNode(f"two nodes have the id {node.id!r}")
        by_id[node.id] = node
        before = len(listed)
        listed.update(node.members)
        if len(listed) != before + len(node.members):
            raise MemberInTwoNodes(f"a member of node {node.id!r} is listed twice")
    for node in by_id.values():
        if node.parent_id is not None and node.parent_id not in by_id:
            raise UnknownParent(f"node {node.id!r} names the parent {node.parent_id!r}, which is not in the tree")
    return by_id


def _from_the_top(children: dict[str | None, list[Node]]) -> list[Node]:
    # A list instead of recursion: an organisation may be deeper than the interpreter's stack.
    reached = list(children.get(None, ()))
    for node in reached:
        reached += children.get(node.id, ())
    return reached


def _place(
    direct: _Group, below: Sequence[Node], left_over: dict[str, _Group], own_unit: dict[str, _Group]
) -> tuple[list[_Group], _Group | None, _Group | None]:
    """Place one node's children and its direct members: units formed here, who is left, who holds the direct members.

    A team is treated by the same three lines as any other node: its people are its direct members, and when they are
    under five they are left over for its parent.
    """
    formed: list[_Group] = []
    siblings = [own_unit[child.id] for child in below if child.id in own_unit]
    pool = _Group()
    for child in below:
        if child.id in left_over:
            pool.take(left_over[child.id])

    if pool.size >= LEAST_UNIT:
        formed.append(pool)
        siblings.append(pool)
        pool = _Group()
    elif pool.size and siblings:
        min(siblings, key=lambda group: group.key).take(pool)
        pool = _Group()

    if not direct.size:
        return formed, pool if pool.size else None, None
    direct.take(pool)
    if direct.size >= LEAST_UNIT:
        formed.append(direct)
        return formed, None, direct
    if siblings:
        host = min(siblings, key=lambda group: group.key)
        host.take(direct)
        return formed, None, host
    return formed, direct, None
