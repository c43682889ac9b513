"""The door of `organisation`: the tree and its people, as frozen values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q

from andon.foundation.organisation.days import today, zone
from andon.foundation.organisation.models import Duty, Membership, Node, Organisation
from andon.foundation.organisation.services import AlreadyFounded, create_organisation
from andon.foundation.organisation.walking import ids_below, inside, paths_of
from andon.foundation.people.models import label_of

__all__ = [
    "AlreadyFounded",
    "Place",
    "TreeNode",
    "belongs",
    "below",
    "create_organisation",
    "current",
    "duties_of",
    "leads",
    "leads_of",
    "named_paths",
    "path_of",
    "place_of",
    "stands_below",
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

    Two queries, whatever the size; both read only what lies below.
    """
    nodes = Node.objects.order_by("id")
    memberships = Membership.objects.filter(_valid_on(on), member__is_active=True)
    if root_id is not None:
        nodes = nodes.filter(id__in=inside(root_id))
        memberships = memberships.filter(node_id__in=inside(root_id))
    members: dict[str, list[tuple[str, str]]] = {}
    # Values, not models: there may be a hundred thousand.
    for node_id, key, name, email in memberships.values_list("node_id", "member_id", "member__name", "member__email"):
        members.setdefault(node_id, []).append((key.hex, label_of(name, email)))
    return tuple(
        TreeNode(
            id=node.id,
            parent_id=node.parent_id if node.id != root_id else None,
            name=node.name,
            members=tuple(sorted(members.get(node.id, []))),
        )
        for node in nodes
    )


def below(root_id: str) -> set[str]:
    """The ids of the node and of all nodes below it. One query."""
    return ids_below([root_id]) or {root_id}


def path_of(node: Node) -> tuple[str, ...]:
    """Names from the top of the tree to the node. One query, however deep it lies."""
    return tuple(step.name for step in paths_of([node.id])[node.id])


def place_of(member_id: UUID | str, *, on: date) -> Place | None:
    membership = Membership.objects.filter(_valid_on(on), member_id=member_id).select_related("node").first()
    if membership is None:
        return None
    return Place(membership.node_id, path_of(membership.node), membership.role == Membership.Role.LEAD)


def belongs(member_id: UUID | str, *, on: date) -> bool:
    """Whether the member is in any team on that day."""
    return Membership.objects.filter(_valid_on(on), member_id=member_id).exists()


def leads_of(member_id: UUID | str, *, on: date) -> set[str]:
    """The nodes that the member leads: their own and everything below it. At most two queries."""
    own = Membership.objects.filter(_valid_on(on), member_id=member_id, role=Membership.Role.LEAD)
    return ids_below(list(own.values_list("node_id", flat=True)))


def leads(member_id: UUID | str, node_id: str, *, on: date) -> bool:
    """Whether the member leads this node or one above it. Two queries, however much lies below."""
    above = {step.id for path in paths_of([node_id]).values() for step in path}
    led = Membership.objects.filter(_valid_on(on), member_id=member_id, role=Membership.Role.LEAD, node_id__in=above)
    return led.exists()


def stands_below(node_id: str, root_id: str) -> bool:
    """Whether the node is this root or lies below it. One query."""
    return any(step.id == root_id for path in paths_of([node_id]).values() for step in path)


def duties_of(member_id: UUID | str) -> set[str]:
    return set(Duty.objects.filter(member_id=member_id).values_list("role", flat=True))


def named_paths(node_ids: Iterable[str]) -> list[tuple[str, str]]:
    """(id, "Security / Detection") of each of these nodes, in the order of the paths. One query for up to 500 nodes."""
    paths = ((node_id, " / ".join(step.name for step in path)) for node_id, path in paths_of(node_ids).items())
    return sorted(paths, key=lambda pair: pair[1].casefold())
