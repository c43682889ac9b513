"""People from a file: what it would change, and the change itself.

The plan is made from the file and from what is stored, without writing anything; the preview shows it and the
import carries it out. A file is taken as a whole or not at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from andon.foundation.audit import public as audit
from andon.foundation.organisation.models import Duty, Membership, Node
from andon.foundation.organisation.people_file import BadRow, Row, read_people
from andon.foundation.people.models import Member

BATCH = 1_000


class What(StrEnum):
    JOINED = "joined"
    MOVED = "moved"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class PersonChange:
    """What the file does to one person: joined, moved to another team, or changed name, role or duties."""

    what: What
    name: str
    email: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What a file did, or would do; or, with `refused`, why it did nothing at all."""

    joined: int = 0
    moved: int = 0
    changed: int = 0
    unchanged: int = 0
    new_teams: tuple[tuple[str, ...], ...] = ()
    people: tuple[PersonChange, ...] = ()
    columns_not_read: tuple[str, ...] = ()
    refused: tuple[BadRow, ...] = ()

    @property
    def changes_nothing(self) -> bool:
        return not (self.joined or self.moved or self.changed or self.new_teams)


@dataclass(slots=True)
class _Plan:
    """The writes that a file asks for. Paths stand for nodes, because some nodes do not exist yet."""

    nodes: dict[tuple[str, ...], Node] = field(default_factory=dict)
    new_nodes: list[Node] = field(default_factory=list)
    new_members: list[Member] = field(default_factory=list)
    renamed: list[Member] = field(default_factory=list)
    ended: list[Membership] = field(default_factory=list)
    replaced: list[Membership] = field(default_factory=list)
    new_memberships: list[Membership] = field(default_factory=list)
    new_duties: list[Duty] = field(default_factory=list)
    ended_duties: list[Duty] = field(default_factory=list)
    outcome: ImportOutcome = field(default_factory=ImportOutcome)


def preview_people(content: bytes, *, on: date) -> ImportOutcome:
    """What `import_people` would do with the same bytes now. Writes nothing."""
    return _plan(content, on=on).outcome


def import_people(content: bytes, *, by: Member | None, at: datetime, on: date) -> ImportOutcome:
    """Bring people, teams and roles to what the file says, valid from the day `on`.

    Guarantees: all of the file or nothing; the same file again changes nothing; whoever is not in the file stays as
    they are; a move ends one membership and starts another, so that rounds that are open keep their roster.
    Does not: remove anybody, nor touch role and duties of somebody whose role the file leaves empty.
    """
    with transaction.atomic():
        plan = _plan(content, on=on)
        outcome = plan.outcome
        if outcome.refused or outcome.changes_nothing:
            return outcome
        _carry_out(plan)
        audit.record(
            kind="people.imported",
            by=by,
            at=at,
            subject=next(iter(plan.nodes))[0],
            joined=outcome.joined,
            moved=outcome.moved,
            changed=outcome.changed,
            new_teams=len(outcome.new_teams),
        )
    return outcome


def _plan(content: bytes, *, on: date) -> _Plan:
    file = read_people(content)
    plan = _Plan()
    refused = (*file.bad_rows, *_place_nodes(plan, file.rows))
    if refused:
        return _refuse(refused)
    stored = _Stored(on)
    people: list[PersonChange] = []
    for row in file.rows:
        what = _plan_person(plan, stored, row, on=on)
        if what is not None:
            people.append(PersonChange(what, row.name, row.email, row.path))
    last_steward = _last_steward_goes(plan, stored, file.rows)
    if last_steward:
        return _refuse(last_steward)
    count = {what: sum(1 for person in people if person.what is what) for what in What}
    paths = {node.id: path for path, node in plan.nodes.items()}
    plan.outcome = ImportOutcome(
        joined=count[What.JOINED],
        moved=count[What.MOVED],
        changed=count[What.CHANGED],
        unchanged=len(file.rows) - len(people),
        new_teams=tuple(paths[node.id] for node in plan.new_nodes),
        people=tuple(people),
        columns_not_read=file.columns_not_read,
    )
    return plan


def _refuse(bad_rows: Iterable[BadRow]) -> _Plan:
    return _Plan(outcome=ImportOutcome(refused=tuple(sorted(bad_rows, key=lambda row: row.line))))


def _key(path: Iterable[str]) -> tuple[str, ...]:
    """Detection and detection are one team."""
    return tuple(step.casefold() for step in path)


def _place_nodes(plan: _Plan, rows: tuple[Row, ...]) -> tuple[BadRow, ...]:
    """Find or plan the node of every path. Refuses rows whose path begins elsewhere than at the organisation."""
    nodes = list(Node.objects.all())
    by_id = {node.id: node for node in nodes}
    found: dict[tuple[str, ...], Node] = {}
    for node in nodes:
        found[_key(_names(node, by_id))] = node
    top = next((node.name for node in nodes if node.parent_id is None), rows[0].path[0] if rows else "")
    refused = tuple(
        BadRow(
            row.line,
            "/".join(row.path),
            _("does not begin with the organisation, which is called “%(top)s” here") % {"top": top},
        )
        for row in rows
        if row.path[0].casefold() != top.casefold()
    )
    if refused:
        return refused
    for row in rows:
        for length in range(1, len(row.path) + 1):
            path = row.path[:length]
            key = _key(path)
            if key not in found:
                found[key] = Node(parent=found.get(key[:-1]), name=path[-1])
                plan.new_nodes.append(found[key])
            plan.nodes[path] = found[key]
    return ()


def _names(node: Node, by_id: dict[str, Node]) -> list[str]:
    names = [node.name]
    while node.parent_id is not None:
        node = by_id[node.parent_id]
        names.append(node.name)
    return names[::-1]


class _Stored:
    """What is stored about everybody, read once: four queries, whatever the size."""

    def __init__(self, on: date) -> None:
        self.members = {member.email: member for member in Member.objects.all()}
        self.memberships = {
            membership.member_id: membership
            for membership in Membership.objects.filter(Q(ends_on=None) | Q(ends_on__gte=on)).order_by("starts_on")
        }
        self.duties: dict[object, dict[str, Duty]] = {}
        for duty in Duty.objects.all():
            self.duties.setdefault(duty.member_id, {})[duty.role] = duty


def _plan_person(plan: _Plan, stored: _Stored, row: Row, *, on: date) -> What | None:
    member = stored.members.get(row.email)
    is_new = member is None
    if member is None:
        member = Member(email=row.email, name=row.name, password=make_password(None))
        plan.new_members.append(member)
    membership = stored.memberships.get(member.id)
    returned = not is_new and not member.is_active
    renamed = member.name != row.name
    if renamed or returned:
        member.name, member.is_active = row.name, True
        plan.renamed.append(member)
    moved, new_role = _plan_place(plan, membership, member, row, on=on)
    new_duties = _plan_duties(plan, stored, member, row)
    if is_new or returned or membership is None:
        return What.JOINED
    if moved:
        return What.MOVED
    return What.CHANGED if renamed or new_role or new_duties else None


def _plan_place(plan: _Plan, membership: Membership | None, member: Member, row: Row, *, on: date) -> tuple[bool, bool]:
    """Whether the node changes, and whether the role does."""
    node = plan.nodes[row.path]
    # In another team, a role that the file leaves open is that of a member: nobody leads a team by moving there.
    stays = membership is not None and membership.node_id == node.id
    before = membership.role if membership is not None and stays else Membership.Role.MEMBER
    role = row.role or before
    if membership is not None and stays and role == membership.role:
        return False, False
    if membership is not None and membership.starts_on >= on:
        # It began today or has yet to begin: it is corrected, since a place of no day at all cannot be kept.
        membership.node, membership.role, membership.ends_on = node, role, None
        plan.replaced.append(membership)
    else:
        if membership is not None:
            membership.ends_on = on - timedelta(days=1)
            plan.ended.append(membership)
        plan.new_memberships.append(Membership(member=member, node=node, role=role, starts_on=on))
    return not stays, stays


def _plan_duties(plan: _Plan, stored: _Stored, member: Member, row: Row) -> bool:
    if row.duties is None:
        return False
    held = stored.duties.get(member.id, {})
    plan.new_duties.extend(Duty(member=member, role=role) for role in sorted(row.duties - held.keys()))
    plan.ended_duties.extend(held[role] for role in sorted(held.keys() - row.duties))
    return row.duties != held.keys()


def _last_steward_goes(plan: _Plan, stored: _Stored, rows: tuple[Row, ...]) -> tuple[BadRow, ...]:
    """An installation that has a steward keeps one: nobody else could bring one back from a page."""
    before = {member_id for member_id, duties in stored.duties.items() if Duty.Role.STEWARD in duties}
    ended = {duty.member_id for duty in plan.ended_duties if duty.role == Duty.Role.STEWARD}
    begun = {duty.member_id for duty in plan.new_duties if duty.role == Duty.Role.STEWARD}
    if not before or (before - ended) | begun:
        return ()
    addresses = {member.email for member in stored.members.values() if member.id in ended}
    reason = _("would leave nobody as steward: give the role to somebody in the same file")
    return tuple(BadRow(row.line, row.email, reason) for row in rows if row.email in addresses)


def _carry_out(plan: _Plan) -> None:
    # Parents stand before their children in the list, and each batch is one statement in that order.
    for node in plan.new_nodes:
        node.save(force_insert=True)
    Member.objects.bulk_create(plan.new_members, batch_size=BATCH)
    Member.objects.bulk_update(plan.renamed, ["name", "is_active"], batch_size=BATCH)
    Membership.objects.bulk_update(plan.ended, ["ends_on"], batch_size=BATCH)
    Membership.objects.bulk_update(plan.replaced, ["node", "role", "ends_on"], batch_size=BATCH)
    Membership.objects.bulk_create(plan.new_memberships, batch_size=BATCH)
    Duty.objects.filter(pk__in=[duty.pk for duty in plan.ended_duties]).delete()
    Duty.objects.bulk_create(plan.new_duties, batch_size=BATCH)
