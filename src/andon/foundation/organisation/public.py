"""The door of `organisation`: the tree and its people, as frozen values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q

from andon.foundation.organisation.days import today, zone
from andon.foundation.organisation.models import Duty, Membership, Node, Organisation
from andon.foundation.organisation.services import AlreadyFounded, create_organisation

__all__ = [
    "AlreadyFounded",
    "Place",
    "TreeNode",
    "below",
    "create_organisation",
    "current",
    "duties_of",
    "leads_of",
    "named_paths",
    "path_of",
    "place_of",
    "today",
    "tree",
    "zone",
]


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A node with those who belong directly to it, by id and label."""

    id: str
    parent_id: str | None
    name: str
    members: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a member belongs: the node, its path from the top, and whether they lead it."""

    node_id: str
    path: tuple[str, ...]
    leads: bool


def current() -> Organisation | None:
    return Organisation.objects.first()


def _valid_on(day: date) -> Q:
    return Q(starts_on__lte=day) & (Q(ends_on=None) | Q(ends_on__gte=day))


def tree(*, root_id: str | None, on: date) -> tuple[TreeNode, ...]:
    """All nodes at and below `root_id` (None: the whole tree) with their active members on that day.

    Three queries, whatever the size.
    """
    nodes = list(Node.objects.order_by("id"))
    if root_id is not None:
        inside = below(root_id, nodes)
        nodes = [node for node in nodes if node.id in inside]
    members: dict[str, list[tuple[str, str]]] = {}
    memberships = (
        Membership.objects.filter(_valid_on(on), member__is_active=True)
        .select_related("member")
        .only("node_id", "member__id", "member__name", "member__email")
    )
    if root_id is not None:
        memberships = memberships.filter(node_id__in=inside)
    for membership in memberships:
        members.setdefault(membership.node_id, []).append((membership.member.key, membership.member.label))
    return tuple(
        TreeNode(
            id=node.id,
            parent_id=node.parent_id if node.id != root_id else None,
            name=node.name,
            members=tuple(sorted(members.get(node.id, []))),
        )
        for node in nodes
    )


def below(root_id: str, nodes: Iterable[Node] | None = None) -> set[str]:
    """The ids of the node and of all nodes below it."""
    children: dict[str | None, list[str]] = {}
    for node in nodes if nodes is not None else Node.objects.only("id", "parent_id"):
        children.setdefault(node.parent_id, []).append(node.id)
    found, waiting = set(), [root_id]
    while waiting:
        node_id = waiting.pop()
        if node_id not in found:
            found.add(node_id)
            waiting.extend(children.get(node_id, []))
    return found


def path_of(node: Node) -> tuple[str, ...]:
    """Names from the top of the tree to the node. One query, however deep it lies."""
    return _path(node.id, _nodes())


def _nodes() -> dict[str, Node]:
    return {node.id: node for node in Node.objects.only("id", "parent_id", "name")}


def _path(node_id: str, nodes: Mapping[str, Node]) -> tuple[str, ...]:
    names: list[str] = []
    step: str | None = node_id
    while step is not None:
        names.append(nodes[step].name)
        step = nodes[step].parent_id
    return tuple(reversed(names))


def place_of(member_id: UUID | str, *, on: date) -> Place | None:
    membership = Membership.objects.filter(_valid_on(on), member_id=member_id).select_related("node").first()
    if membership is None:
        return None
    return Place(membership.node_id, path_of(membership.node), membership.role == Membership.Role.LEAD)


def leads_of(member_id: UUID | str, *, on: date) -> set[str]:
    """The nodes that the member leads: their own and everything below it."""
    led: set[str] = set()
    for node_id in Membership.objects.filter(_valid_on(on), member_id=member_id, role=Membership.Role.LEAD).values_list(
        "node_id", flat=True
    ):
        led |= below(node_id)
    return led


def duties_of(member_id: UUID | str) -> set[str]:
    return set(Duty.objects.filter(member_id=member_id).values_list("role", flat=True))


def named_paths(node_ids: Iterable[str]) -> list[tuple[str, str]]:
    """(id, "Security / Detection") of each of these nodes, in the order of the paths. One query."""
    nodes = _nodes()
    paths = ((node_id, " / ".join(_path(node_id, nodes))) for node_id in node_ids)
    return sorted(paths, key=lambda pair: pair[1].casefold())
