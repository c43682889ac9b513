"""Changing the tree by hand: a team more, another name, another place, and a team that is retired."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from andon.foundation.audit import public as audit
from andon.foundation.organisation.membership import ChangeRefused, team_in_words
from andon.foundation.organisation.models import Membership, Node
from andon.foundation.organisation.walking import inside, paths_of
from andon.foundation.people.models import Member
from andon.foundation.people.names import is_text, one_line

LONGEST_NAME = 200


class BadName(ChangeRefused):
    pass


class NameTaken(ChangeRefused):
    def __init__(self) -> None:
        super().__init__(_("There is a team with this name in the same place already. Nothing was changed."))


class BadPlace(ChangeRefused):
    pass


class NotEmpty(ChangeRefused):
    pass


def clean_top_name(name: str) -> str:
    """The organisation's own name. Raises: BadName.

    Companies are called A/S, so it may hold a slash: `below_top` knows it at the beginning of a path all the same.
    """
    name = one_line(name)
    if not name:
        raise BadName(_("An organisation needs a name. Nothing was changed."))
    if not is_text(name):
        raise BadName(_("This name has a character that nobody sees. Nothing was changed."))
    if len(name) > LONGEST_NAME:
        raise BadName(_("A name has at most 200 characters. Nothing was changed."))
    if not all(_steps(name)):
        raise BadName(
            _("A slash stands inside a name, as in A/S, neither at its ends nor beside another. Nothing was changed.")
        )
    return name


def below_top(top: str, path: Sequence[str]) -> tuple[str, ...] | None:
    """The path below the organisation, where it begins with the organisation's name (capitals do not matter)."""
    steps = _steps(top)
    begins = tuple(step.casefold() for step in path[: len(steps)]) == tuple(step.casefold() for step in steps)
    return tuple(path[len(steps) :]) if begins else None


def _steps(name: str) -> tuple[str, ...]:
    """How the name reads where a slash parts the steps of a path."""
    return tuple(step.strip() for step in name.split("/"))


def clean_name(name: str) -> str:
    """Raises: BadName. A slash would be a step of a path in a file of people."""
    name = one_line(name)
    if not name:
        raise BadName(_("A team needs a name. Nothing was changed."))
    if not is_text(name):
        raise BadName(_("This name has a character that nobody sees. Nothing was changed."))
    if "/" in name or len(name) > LONGEST_NAME:
        raise BadName(_("A name has no slash and at most 200 characters. Nothing was changed."))
    return name


def add_team(*, parent: Node, name: str, by: Member, at: datetime) -> Node:
    """A new team, with nobody in it, below another. Raises: ChangeRefused."""
    name = clean_name(name)
    with transaction.atomic():
        _alone()
        _check_in_use(parent)
        _check_free(parent.pk, name)
        team = Node.objects.create(parent=parent, name=name)
        audit.record(kind="team.added", by=by, at=at, subject=team_in_words(team.id))
    return team


def rename_team(*, node: Node, name: str, by: Member, at: datetime) -> bool:
    """Another name, everywhere from now on; whether it is another. Rounds keep the name of their day.

    Raises: ChangeRefused.
    """
    name = clean_top_name(name) if node.parent_id is None else clean_name(name)
    with transaction.atomic():
        _alone()
        node = Node.objects.get(pk=node.pk)
        if name == node.name:
            return False
        _check_free(node.parent_id, name, but=node.pk)
        before = team_in_words(node.id)
        node.name = name
        node.save(update_fields=["name"])
        audit.record(kind="team.renamed", by=by, at=at, subject=before, name=name)
    return True


def check_move(node: Node, parent: Node) -> None:
    """Whether the team can stand there. Raises: ChangeRefused."""
    if node.parent_id is None:
        raise BadPlace(_("The organisation itself stands on top and cannot be moved. Nothing was changed."))
    _check_in_use(parent)
    if node.parent_id == parent.pk:
        raise BadPlace(_("The team stands there already. Nothing was changed."))
    if any(step.id == node.pk for step in paths_of([parent.pk]).get(parent.pk, ())):
        raise BadPlace(_("A team cannot stand below itself. Nothing was changed."))
    _check_free(parent.pk, node.name, but=node.pk)


def move_team(*, node: Node, parent: Node, by: Member, at: datetime) -> None:
    """The team, with all that is below it, stands below another one. Nobody changes team. Raises: ChangeRefused."""
    with transaction.atomic():
        _alone()
        node, parent = Node.objects.get(pk=node.pk), Node.objects.get(pk=parent.pk)
        check_move(node, parent)
        before = team_in_words(node.id)
        node.parent = parent
        node.save(update_fields=["parent"])
        audit.record(kind="team.moved", by=by, at=at, subject=before, to=team_in_words(parent.id))


def check_retire(node: Node, *, on: date) -> None:
    """Whether the team can be retired. Raises: ChangeRefused."""
    if node.parent_id is None:
        raise BadPlace(_("The organisation itself stands on top and cannot be retired. Nothing was changed."))
    if Node.objects.filter(parent=node, retired_on=None).exists():
        raise NotEmpty(_("There are teams below this one. Nothing was changed. Retire or move them first."))
    held = Q(ends_on=None) | Q(ends_on__gte=on)
    if Membership.objects.filter(held, node_id__in=inside(node.pk), member__is_active=True).exists():
        raise NotEmpty(
            _("Somebody is in this team, or will be. Nothing was changed. Move everybody to another team first.")
        )


def retire_team(*, node: Node, by: Member, at: datetime, on: date) -> None:
    """The team is gone from every list and takes nobody; rounds that were held in it stay. Raises: ChangeRefused."""
    with transaction.atomic():
        _alone()
        node = Node.objects.get(pk=node.pk)
        if node.retired_on is not None:
            return
        check_retire(node, on=on)
        node.retired_on = on
        node.save(update_fields=["retired_on"])
        audit.record(kind="team.retired", by=by, at=at, subject=team_in_words(node.id))


def revive_team(*, node: Node, by: Member, at: datetime) -> None:
    """A retired team is a team again, with nobody in it. Raises: ChangeRefused."""
    with transaction.atomic():
        _alone()
        node = Node.objects.select_related("parent").get(pk=node.pk)
        if node.retired_on is None:
            return
        if node.parent is not None:
            _check_in_use(node.parent)
        node.retired_on = None
        node.save(update_fields=["retired_on"])
        audit.record(kind="team.revived", by=by, at=at, subject=team_in_words(node.id))


def _check_in_use(node: Node) -> None:
    if node.retired_on is not None:
        raise BadPlace(_("That team was retired. Nothing was changed. Choose another place."))


def _check_free(parent_id: str | None, name: str, but: str = "") -> None:
    # Without regard to capitals, as a file of people reads names. Compared here: SQLite lowers ASCII letters only.
    names = Node.objects.filter(parent_id=parent_id).exclude(pk=but).values_list("name", flat=True)
    if name.casefold() in {other.casefold() for other in names}:
        raise NameTaken


# An arbitrary number that names this lock among PostgreSQL's advisory locks ("andontre" as a number).
_TREE_LOCK = 0x616E646F6E747265


def _alone() -> None:
    """Until the end of the transaction nobody else changes the tree: two moves at once could make a loop."""
    # SQLite's transaction keeps every other writer out anyway.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TREE_LOCK])
