"""Who is meant, and which place: what somebody typed, found or refused with what to type instead."""

from django.core.management.base import CommandError

from andon.foundation.organisation.models import Node
from andon.foundation.organisation.teams import below_top
from andon.foundation.people.models import Member


def member_named(email: str) -> Member:
    """The active member with this address. Raises: CommandError."""
    member = Member.objects.filter(email=email.strip().lower(), is_active=True).first()
    if member is None:
        raise CommandError(f"There is no member with the address {email}. Nothing was changed.")
    return member


def node_named(path: str) -> Node:
    """The node at a path of names below the top, such as `Security/Detection`; the top's own name may stand first.

    Raises: CommandError, which says how far the path led and what is there.
    """
    top = Node.objects.filter(parent=None).order_by("id").first()
    if top is None:
        raise CommandError(
            "There is no organisation yet. Nothing was changed. Import people first: andon people import FILE."
        )
    names = [name.strip() for name in path.strip().strip("/").split("/") if name.strip()]
    below = below_top(top.name, names)
    if below is not None and not _child(top, names[0]):
        names = list(below)
    node = top
    for name in names:
        child = _child(node, name)
        if child is None:
            there = ", ".join(node.children.order_by("name").values_list("name", flat=True)) or "nothing"
            raise CommandError(
                f"There is no {name!r} below {node.name!r}. Nothing was changed. What is there: {there}."
            )
        node = child
    return node


def _child(node: Node, name: str) -> Node | None:
    children = list(node.children.all())
    exact = [child for child in children if child.name == name]
    return next(iter(exact or [child for child in children if _is_named(child, name)]), None)


def _is_named(node: Node, name: str) -> bool:
    return node.name.casefold() == name.casefold()
