"""The organisation as a page shows it."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from andon.foundation.organisation.models import Membership, Node
from andon.foundation.organisation.public import below

# A tree that is larger than this is shown one level at a time.
NODES_AT_ONCE = 300


@dataclass(frozen=True, slots=True)
class Branch:
    """A node with its people by name and what is below it; `people_below` counts all of them, here and below."""

    id: str
    name: str
    leads: tuple[str, ...]
    members: tuple[str, ...]
    branches: tuple["Branch", ...]
    people_below: int
    is_cut: bool


def branch_of(root: Node, *, on: date) -> Branch:
    """The node and all below it, or only the next level when that is too much for a page."""
    nodes = list(Node.objects.order_by("name", "id"))
    inside = below(root.id, nodes)
    children: dict[str | None, list[Node]] = {}
    for node in nodes:
        if node.id in inside:
            children.setdefault(node.parent_id, []).append(node)
    people: dict[str, list[tuple[str, bool]]] = {}
    valid = Q(starts_on__lte=on) & (Q(ends_on=None) | Q(ends_on__gte=on))
    for node_id, name, role in (
        Membership.objects.filter(valid, member__is_active=True)
        .order_by("member__name")
        .values_list("node_id", "member__name", "role")
    ):
        if node_id in inside:
            people.setdefault(node_id, []).append((name, role == Membership.Role.LEAD))
    deepest = None if len(inside) <= NODES_AT_ONCE else 1

    def grow(node: Node, depth: int) -> Branch:
        branches = tuple(grow(child, depth + 1) for child in children.get(node.id, []))
        here = people.get(node.id, [])
        is_cut = deepest is not None and depth >= deepest and bool(branches)
        return Branch(
            id=node.id,
            name=node.name,
            leads=tuple(name for name, leads in here if leads),
            members=tuple(name for name, leads in here if not leads),
            branches=() if is_cut else branches,
            people_below=len(here) + sum(branch.people_below for branch in branches),
            is_cut=is_cut,
        )

    return grow(root, 0)
