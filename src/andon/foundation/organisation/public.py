"""The door of `organisation`: the tree and its people, as frozen values."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q, Window
from django.db.models.expressions import RawSQL
from django.db.models.functions import RowNumber

from andon.foundation.organisation.days import IsFree, is_weekend, today, work_begins, zone, zone_of
from andon.foundation.organisation.directory import TeamLine, teams_found, trees_around
from andon.foundation.organisation.models import Duty, Membership, Node, Organisation
from andon.foundation.organisation.revision import Memory
from andon.foundation.organisation.services import AlreadyFounded, create_organisation
from andon.foundation.organisation.walking import (
    Step,
    few_below,
    hold_everything,
    ids_below,
    inside,
    paths_of,
    sized_below,
)
from andon.foundation.people.models import Member, label_of
from andon.kernel.disclosure import SizedNode

__all__ = [
    "AlreadyFounded",
    "IsFree",
    "Memory",
    "Place",
    "Step",
    "TeamLine",
    "TreeNode",
    "belongs",
    "below",
    "below_any",
    "create_organisation",
    "current",
    "duties_of",
    "has_teams_below",
    "hold_everything",
    "in_use",
    "is_weekend",
    "labels_in",
    "leads",
    "leads_directly",
    "leads_of",
    "named_paths",
    "path_of",
    "paths_of",
    "place_of",
    "short_list",
    "sizes",
    "stands_below",
    "team_below",
    "teams_found",
    "today",
    "tree",
    "trees_around",
    "work_begins",
    "zone",
    "zone_of",
]

# Up to so many people are read by their ids; of more, the database itself keeps the first of each node.
FEW_NAMED = 2_000


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


def sizes(*, root_id: str, on: date) -> tuple[SizedNode, ...]:
    """The nodes of `tree` with only the number of their people. As many queries as `sized_below`."""
    nodes = dict(sized_below([root_id], on=on))
    root = nodes.get(root_id)
    if root is not None and root.parent_id is not None:
        nodes[root_id] = SizedNode(root.id, None, root.name, root.size)
    return tuple(nodes.values())


def labels_in(node_ids: Iterable[str], *, on: date, most: int) -> dict[str, tuple[str, ...]]:
    """The labels of the first `most` who belong directly to each of these nodes, in the order of names. Two queries."""
    found: dict[str, list[str]] = {}
    here = Membership.objects.filter(_valid_on(on), node_id__in=list(node_ids))
    places = list(here.values_list("member_id", "node_id")[: FEW_NAMED + 1])
    rows: Iterable[tuple[str, str, str]]
    if len(places) <= FEW_NAMED:
        # Few are asked for by their ids, so that no database thinks of reading everybody.
        node_of = dict(places)
        people = Member.objects.filter(pk__in=list(node_of), is_active=True).order_by("name", "pk")
        rows = ((node_of[pk], name, email) for pk, name, email in people.values_list("pk", "name", "email"))
    else:
        by_name = ("member__name", "member_id")
        rows = (
            here.filter(member__is_active=True)
            .annotate(place=Window(RowNumber(), partition_by="node_id", order_by=list(by_name)))
            .filter(place__lte=most)
            .order_by(*by_name)
            .values_list("node_id", "member__name", "member__email")
        )
    for node_id, name, email in rows:
        labels = found.setdefault(node_id, [])
        if len(labels) < most:
            labels.append(label_of(name, email))
    return {node_id: tuple(labels) for node_id, labels in found.items()}


def below_any(roots: Iterable[str]) -> RawSQL:
    """The ids of these nodes and of all below them, as part of a query that asks: `filter(node_id__in=...)`."""
    return inside(*roots)


def has_teams_below(node_id: str) -> bool:
    """Whether there is a team below this one that was not retired. One query."""
    return Node.objects.filter(parent_id=node_id, retired_on=None).exists()


def below(root_id: str) -> set[str]:
    """The ids of the node and of all nodes below it. One query."""
    return ids_below([root_id]) or {root_id}


def in_use(node_ids: Collection[str]) -> set[str]:
    """Those of these nodes that were not retired. One query."""
    return set(Node.objects.filter(pk__in=node_ids, retired_on=None).values_list("pk", flat=True))


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


def leads_directly(member_id: UUID | str, *, on: date) -> list[str]:
    """The nodes that the member leads by a place in them; they lead everything below these, too. One query."""
    own = Membership.objects.filter(_valid_on(on), member_id=member_id, role=Membership.Role.LEAD)
    return list(own.values_list("node_id", flat=True))


def short_list(roots: Collection[str], *, most: int) -> list[tuple[str, str]] | None:
    """(id, path) of these nodes and all below them that are in use; None where there are more than a list may hold.

    At most three queries for each root.
    """
    found: set[str] = set()
    for root in roots:
        # Retired teams stay below their parents, so more are looked at than may be listed.
        few = few_below(root, most=most * 10)
        if few is None:
            return None
        found |= set(few)
    kept = list(Node.objects.filter(pk__in=found, retired_on=None).values_list("pk", flat=True)[: most + 1])
    return named_paths(kept) if len(kept) <= most else None


def team_below(node_id: str, roots: Collection[str]) -> tuple[str, str] | None:
    """(id, path) of the team that is in use and is one of these nodes or lies below one; None where there is none."""
    steps = paths_of([node_id]).get(node_id, ())
    if not any(step.id in roots for step in steps) or not Node.objects.filter(pk=node_id, retired_on=None).exists():
        return None
    return node_id, " / ".join(step.name for step in steps)


def leads_of(member_id: UUID | str, *, on: date) -> set[str]:
    """The nodes that the member leads: their own and everything below it. At most two queries."""
    return ids_below(leads_directly(member_id, on=on))


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
