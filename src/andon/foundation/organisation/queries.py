"""The organisation by name, as every member sees it."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from andon.foundation.organisation.models import Membership, Node
from andon.foundation.organisation.walking import few_below, people_below

# A tree that is larger than this is shown one level at a time.
NODES_AT_ONCE = 300
PEOPLE_AT_ONCE = 3_000


@dataclass(frozen=True, slots=True)
class Branch:
    """A node with its people by name and what is below it; `people_below` counts all of them, here and below.

    `more_people` and `more_branches` count those for whom a page has no room.
    """

    id: str
    name: str
    leads: tuple[str, ...]
    members: tuple[str, ...]
    branches: tuple["Branch", ...]
    people_below: int
    is_cut: bool
    more_people: int = 0
    more_branches: int = 0


def valid_on(day: date) -> Q:
    """Memberships that hold on that day."""
    return Q(starts_on__lte=day) & (Q(ends_on=None) | Q(ends_on__gte=day))


def shown_nodes() -> QuerySet[Node]:
    return Node.objects.filter(retired_on=None).order_by("name", "id")


def branch_of(root: Node, *, on: date) -> Branch:
    """The node and all below it, or only the next level when that is too much for a page. Four queries at most."""
    below = few_below(root.id, most=NODES_AT_ONCE)
    if below is None:
        return _level_of(root, on=on)
    nodes = list(shown_nodes().filter(id__in=below))
    people = _people(Membership.objects.filter(node_id__in=below), on=on)
    if sum(map(len, people.values())) > PEOPLE_AT_ONCE:
        return _level_of(root, on=on)
    children: dict[str | None, list[Node]] = {}
    for node in nodes:
        children.setdefault(node.parent_id, []).append(node)

    def grow(node: Node) -> Branch:
        branches = tuple(grow(child) for child in children.get(node.id, []))
        here = people.get(node.id, [])
        return Branch(
            id=node.id,
            name=node.name,
            leads=tuple(name for name, leads in here if leads),
            members=tuple(name for name, leads in here if not leads),
            branches=branches,
            people_below=len(here) + sum(branch.people_below for branch in branches),
            is_cut=False,
        )

    return grow(root)


def _level_of(root: Node, *, on: date) -> Branch:
    """The node, its own people and the names of what is directly below, with counts that the database makes."""
    children = list(shown_nodes().filter(parent=root)[: NODES_AT_ONCE + 1])
    more = shown_nodes().filter(parent=root).count() - NODES_AT_ONCE if len(children) > NODES_AT_ONCE else 0
    counts = people_below([root.id, *(child.id for child in children[:NODES_AT_ONCE])], on=on)
    own = _people(Membership.objects.filter(node=root), on=on).get(root.id, [])
    return Branch(
        id=root.id,
        name=root.name,
        leads=tuple(name for name, leads in own if leads),
        members=tuple(name for name, leads in own[:NODES_AT_ONCE] if not leads),
        branches=tuple(
            Branch(child.id, child.name, (), (), (), counts.get(child.id, 0), is_cut=True)
            for child in children[:NODES_AT_ONCE]
        ),
        people_below=counts.get(root.id, 0),
        is_cut=True,
        more_people=sum(1 for _name, leads in own[NODES_AT_ONCE:] if not leads),
        more_branches=more,
    )


def _people(memberships: QuerySet[Membership], *, on: date) -> dict[str, list[tuple[str, bool]]]:
    """(name, leads) of each node, by name; of more than a page has room for only the first."""
    people: dict[str, list[tuple[str, bool]]] = {}
    rows = memberships.filter(valid_on(on), member__is_active=True).order_by("member__name", "member_id")
    for node_id, name, role in rows.values_list("node_id", "member__name", "role")[: PEOPLE_AT_ONCE + 1]:
        people.setdefault(node_id, []).append((name, role == Membership.Role.LEAD))
    return people
