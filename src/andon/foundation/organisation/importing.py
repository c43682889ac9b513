"""People from a file: what it would change, and the change itself.

The plan is made from the file and from what is stored, without writing anything; the preview shows it and the
import carries it out. A file is taken as a whole or not at all.
"""

import hashlib
import hmac
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import AutoField, Model, Q
from django.utils.translation import gettext as _

from andon.foundation.audit import public as audit
from andon.foundation.organisation.models import Duty, Membership, Node
from andon.foundation.organisation.people_file import BadRow, PeopleFile, Progress, Row, read_people
from andon.foundation.organisation.teams import below_top
from andon.foundation.organisation.unit_preview import UnitChange, UnitMap, compare, units_of
from andon.foundation.people.models import Member, random_epoch

BATCH = 1_000
# With more leaving than this share of those who are there, the number has to be typed.
MOST_LEAVING = 0.2

Path = tuple[str, ...]
Thing = TypeVar("Thing")


class What(StrEnum):
    JOINED = "joined"
    RETURNED = "returned"
    MOVED = "moved"
    CHANGED = "changed"
    LEFT = "left"
    KEPT_OUT = "kept_out"


@dataclass(frozen=True, slots=True)
class PersonChange:
    """What the file does to one person: joined, came back, moved, changed (name, role, duties or days), or left.

    Somebody who is kept out was deactivated by hand, and the file does nothing to them. `was` is the team before; it
    is empty for somebody who joins.
    """

    what: What
    name: str
    email: str
    path: Path
    was: Path = ()


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What a file did, or would do; or, with `refused`, why it did nothing at all.

    `returned` are people who had left or were deactivated and come back; `kept_out` those who were deactivated by hand
    and stay so. `closed` are people of the file whose account is closed and who were not here; they do not join.
    `rows` is how many people the file names, `active_before` how many were here. `fingerprint` is the same for the
    same changes, whatever their ids.
    """

    joined: int = 0
    returned: int = 0
    kept_out: int = 0
    moved: int = 0
    changed: int = 0
    left: int = 0
    unchanged: int = 0
    closed: int = 0
    rows: int = 0
    active_before: int = 0
    new_teams: tuple[Path, ...] = ()
    revived_teams: tuple[Path, ...] = ()
    people: tuple[PersonChange, ...] = ()
    columns_not_read: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    refused: tuple[BadRow, ...] = ()
    fingerprint: str = ""
    units_before: UnitMap = field(default_factory=dict, compare=False, repr=False)
    units_after: UnitMap = field(default_factory=dict, compare=False, repr=False)

    @property
    def changes_nothing(self) -> bool:
        people = self.joined or self.returned or self.moved or self.changed or self.left
        return not (people or self.new_teams or self.revived_teams)

    @property
    def many_leave(self) -> bool:
        return self.left > MOST_LEAVING * self.active_before

    def unit_changes(self) -> tuple[UnitChange, ...]:
        """Which teams are counted in another way afterwards, as of the day of the plan."""
        return compare(self.units_before, self.units_after)


class PlanChanged(Exception):
    """What the file would do is no longer what was agreed to. Nothing was changed."""

    def __init__(self, outcome: ImportOutcome) -> None:
        self.outcome = outcome
        super().__init__()


def preview_people(
    content: bytes | PeopleFile,
    *,
    on: date,
    is_complete: bool = False,
    team: str = "",
    seed: str = "",
    takes_back: bool = False,
    progress: Progress | None = None,
) -> ImportOutcome:
    """What `import_people` would do with the same bytes (or what was read of them) now. Writes nothing."""
    file = content if isinstance(content, PeopleFile) else read_people(content, team=team, on=on, progress=progress)
    return _plan(file, on=on, is_complete=is_complete, seed=seed, takes_back=takes_back).outcome


def import_people(
    content: bytes | PeopleFile,
    *,
    by: Member | None,
    at: datetime,
    on: date,
    is_complete: bool = False,
    team: str = "",
    seed: str = "",
    takes_back: bool = False,
    agreed: str | None = None,
    progress: Progress | None = None,
    within: Callable[[ImportOutcome], Callable[[], None]] | None = None,
) -> ImportOutcome:
    """Bring people, teams and roles to what the file says, valid from the day `on`.

    `seed` makes the ids of new teams, so that a preview with the same one foresees the units exactly. `agreed` is the
    fingerprint of the preview that somebody said yes to. `progress` is called between the writes, inside of the
    transaction: what it writes to the database is seen when all is over. What `within` gives back is called as the last
    step.
    Guarantees: all of the file or nothing; the same file again changes nothing; unless the file `is_complete`,
    whoever is not in it stays as they are; a move ends one membership and starts another, so that rounds that are
    open keep their roster; whoever was deactivated by hand stays so, unless it `takes_back` these too.
    Does not: touch role and duties of somebody whose role the file leaves empty.
    Raises: PlanChanged.
    """
    # Read and planned before the transaction begins: nobody else can write while it lasts. Whether the plan still
    # holds is asked inside, of everything that it was made from.
    file = content if isinstance(content, PeopleFile) else read_people(content, team=team, on=on)
    stand = _stand()
    plan = _plan(file, on=on, is_complete=is_complete, seed=seed, takes_back=takes_back)
    plan.make_ready()
    last_step = within(plan.outcome) if within is not None else None
    with transaction.atomic():
        if _stand() != stand:
            plan = _plan(file, on=on, is_complete=is_complete, seed=seed, takes_back=takes_back)
            plan.make_ready()
            last_step = within(plan.outcome) if within is not None else None
        outcome = plan.outcome
        if agreed is not None and outcome.fingerprint != agreed:
            raise PlanChanged(outcome)
        if not (outcome.refused or outcome.changes_nothing):
            plan.carry_out(progress)
            for member_id in plan.taken_back:
                # Else the next file would find that they were deactivated by hand.
                audit.record(kind=_REACTIVATED, by=by, at=at, about=member_id)
            audit.record(
                kind="people.imported",
                by=by,
                at=at,
                subject=plan.top,
                joined=outcome.joined,
                returned=outcome.returned,
                kept_out=outcome.kept_out,
                moved=outcome.moved,
                changed=outcome.changed,
                left=outcome.left,
                new_teams=len(outcome.new_teams),
            )
        if last_step is not None:
            last_step()
    return outcome


# What the change log says of somebody who was deactivated, or let in again, by hand.
_DEACTIVATED, _REACTIVATED = "person.deactivated", "person.reactivated"

# All that a plan is made from. What has no part in it, such as a language, may change meanwhile.
_MADE_FROM = (
    "SELECT id, email, name, is_active FROM people_member ORDER BY id",
    "SELECT id, member_id, node_id, role, starts_on, ends_on FROM organisation_membership ORDER BY id",
    "SELECT id, member_id, role FROM organisation_duty ORDER BY id",
    "SELECT id, parent_id, name, retired_on FROM organisation_node ORDER BY id",
    f"SELECT id, about_id FROM audit_auditentry WHERE kind IN ('{_DEACTIVATED}', '{_REACTIVATED}') ORDER BY id",  # noqa: S608
)


def _stand() -> str:
    """A hash of everything that a plan is made from."""
    made = hashlib.sha256()
    with connection.cursor() as cursor:
        for sql in _MADE_FROM:
            cursor.execute(sql)
            while rows := cursor.fetchmany(BATCH):
                made.update(repr(rows).encode())
    return made.hexdigest()


def _plan(file: PeopleFile, *, on: date, is_complete: bool, seed: str, takes_back: bool) -> "_Plan":
    plan = _Plan(on, seed or secrets.token_hex(16))
    kept_out = [] if takes_back else [row for row in file.rows if plan.is_kept_out(row)]
    rows = [row for row in file.rows if not plan.is_kept_out(row)] if kept_out else file.rows
    refused = (*file.bad_rows, *plan.place_nodes(rows))
    if not refused:
        for row in rows:
            plan.person(row)
        for row in kept_out:
            plan.keep_out(row)
        if is_complete:
            plan.leave_absent({row.email for row in file.rows})
        refused = plan.last_steward_goes(file.rows)
    if refused:
        plan.outcome = ImportOutcome(
            refused=tuple(sorted(refused, key=lambda row: row.line)),
            header=file.header,
            columns_not_read=file.columns_not_read,
            notes=file.notes,
        )
    else:
        plan.conclude(file)
    return plan


@dataclass(slots=True)
class _Place:
    """A membership that is valid today or later."""

    pk: int
    node_id: str
    role: str
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class _Person:
    id: UUID
    name: str
    is_active: bool


class _Stored:
    """What is stored about everybody, read once: four queries, whatever the size."""

    def __init__(self, on: date) -> None:
        self.members = {
            email: _Person(member_id, name, is_active)
            for member_id, email, name, is_active in Member.objects.values_list(
                "id", "email", "name", "is_active"
            ).iterator(BATCH)
        }
        self.places: dict[UUID, list[_Place]] = defaultdict(list)
        valid = Membership.objects.filter(Q(ends_on=None) | Q(ends_on__gte=on)).order_by("starts_on")
        for member_id, pk, node_id, role, starts_on, ends_on in valid.values_list(
            "member_id", "pk", "node_id", "role", "starts_on", "ends_on"
        ).iterator(BATCH):
            self.places[member_id].append(_Place(pk, node_id, role, starts_on, ends_on))
        self.duties: dict[UUID, dict[str, int]] = defaultdict(dict)
        for pk, member_id, role in Duty.objects.values_list("pk", "member_id", "role"):
            self.duties[member_id][role] = pk
        # Whoever left with a file comes back with one. A steward who deactivated somebody knew something else.
        self.by_hand = audit.last_about(_DEACTIVATED, _REACTIVATED)


class _Plan:
    """The writes that a file asks for, as plain values: a file may hold a hundred thousand people."""

    def __init__(self, on: date, seed: str) -> None:
        self.outcome = ImportOutcome()
        self.top = ""
        self.taken_back: list[UUID] = []
        self._on, self._seed = on, seed
        self._stored = _Stored(on)
        self._nodes: dict[str, tuple[str | None, str]] = {}
        self._node_of: dict[Path, str] = {}
        self._path_of: dict[str, Path] = {}
        self._new_nodes: list[tuple[Path, str]] = []
        self._revived: list[str] = []
        self._new_members: list[tuple[UUID, str, str]] = []
        self._renamed: list[tuple[UUID, str]] = []
        self._left: list[UUID] = []
        self._ended: dict[date, list[int]] = defaultdict(list)
        self._corrected: list[_Place] = []
        self._deleted: list[int] = []
        self._new_places: list[tuple[UUID, str, str, date, date | None]] = []
        self._new_duties: list[tuple[UUID, str]] = []
        self._ended_duties: list[tuple[UUID, str]] = []
        self._people: list[PersonChange] = []
        self._member_rows: list[tuple[Any, ...]] = []
        self._place_rows: list[tuple[Any, ...]] = []
        self._unchanged = self._closed = 0
        active = {person.id for person in self._stored.members.values() if person.is_active}
        self._before = {
            member_id: place.node_id
            for member_id, places in self._stored.places.items()
            if member_id in active
            for place in places
            if place.starts_on <= on
        }
        self._after = dict(self._before)

    # Nodes

    def place_nodes(self, rows: Sequence[Row]) -> tuple[BadRow, ...]:
        """Find or plan the node of every path. The organisation is put before a path that does not begin with it.

        Refuses rows only where there is no organisation yet and the file does not agree about its name.
        """
        retired = set()
        for node_id, parent_id, name, retired_on in Node.objects.values_list("id", "parent_id", "name", "retired_on"):
            self._nodes[node_id] = (parent_id, name)
            if retired_on is not None:
                retired.add(node_id)
        for node_id in self._nodes:
            path = self._names(node_id)
            self._path_of[node_id] = path
            self._node_of[_key(path)] = node_id
        top = next((name for parent_id, name in self._nodes.values() if parent_id is None), None)
        if top is None:
            top = next((row.path[0] for row in rows if row.path), "")
            refused = tuple(
                BadRow(row.line, "/".join(row.path) or row.email, _does_not_begin(top))
                for row in rows
                if not row.is_gone and (not row.path or row.path[0].casefold() != top.casefold())
            )
            if refused:
                return refused
        self.top = top
        known: set[Path] = set()
        for row in rows:
            if row.is_gone or row.path in known:
                continue
            known.add(row.path)
            path = self._full(row.path)
            for length in range(1, len(path) + 1):
                self._find_or_plan(path[:length], retired)
        return ()

    def _full(self, path: Path) -> Path:
        below = below_top(self.top, path)
        return (self.top, *(path if below is None else below))

    def _find_or_plan(self, path: Path, retired: set[str]) -> None:
        key = _key(path)
        node_id = self._node_of.get(key)
        if node_id is None:
            # Which teams are counted together may hang on ids, so the preview and the import give the same ones.
            node_id = hmac.new(self._seed.encode(), "/".join(key).encode(), hashlib.sha256).hexdigest()[:32]
            parent_id = self._node_of.get(key[:-1])
            self._node_of[key], self._nodes[node_id] = node_id, (parent_id, path[-1])
            self._path_of[node_id] = path if parent_id is None else (*self._path_of[parent_id], path[-1])
            self._new_nodes.append((self._path_of[node_id], node_id))
        elif node_id in retired:
            retired.discard(node_id)
            self._revived.append(node_id)

    def _names(self, node_id: str) -> Path:
        names: list[str] = []
        step: str | None = node_id
        while step is not None:
            step, name = self._nodes[step]
            names.append(name)
        return tuple(reversed(names))

    # People

    def is_kept_out(self, row: Row) -> bool:
        """Whether the row is about somebody who was deactivated by hand."""
        stored = self._stored.members.get(row.email)
        return not (stored is None or stored.is_active or row.is_gone) and self._is_by_hand(stored)

    def _is_by_hand(self, person: _Person) -> bool:
        return self._stored.by_hand.get(person.id) == _DEACTIVATED

    def keep_out(self, row: Row) -> None:
        name = self._stored.members[row.email].name
        self._people.append(PersonChange(What.KEPT_OUT, name, row.email, self._full(row.path)))

    def person(self, row: Row) -> None:
        stored = self._stored.members.get(row.email)
        if row.is_gone:
            if stored is None or not self._leave(row.email, stored):
                self._closed += 1
            return
        node_id = self._node_of[_key(self._full(row.path))]
        if stored is None:
            member_id = uuid4()
            self._new_members.append((member_id, row.email, row.name))
            self._begin(member_id, node_id, row, row.starts_on or self._on)
            self._duties(member_id, row)
            self._say(What.JOINED, row.name, row.email, node_id)
            return
        places = self._stored.places.get(stored.id, [])
        returned = not stored.is_active
        renamed = stored.name != row.name
        if renamed or returned:
            self._renamed.append((stored.id, row.name))
        was = self._path_of[places[0].node_id] if places else ()
        moved, changed = self._place(stored.id, node_id, row, places)
        new_duties = self._duties(stored.id, row)
        if returned and not moved and places and places[0].starts_on <= self._on:
            self._after[stored.id] = places[0].node_id
        if returned:
            self._say(What.RETURNED, row.name, row.email, node_id)
            if self._is_by_hand(stored):
                self.taken_back.append(stored.id)
        elif not places:
            self._say(What.JOINED, row.name, row.email, node_id)
        elif moved:
            self._say(What.MOVED, row.name, row.email, node_id, was)
        elif renamed or changed or new_duties:
            self._say(What.CHANGED, row.name, row.email, node_id, was)
        else:
            self._unchanged += 1

    def _say(self, what: What, name: str, email: str, node_id: str, was: Path = ()) -> None:
        self._people.append(PersonChange(what, name, email, self._path_of[node_id], was))

    def _begin(self, member_id: UUID, node_id: str, row: Row, starts_on: date) -> None:
        role = row.role or Membership.Role.MEMBER
        self._new_places.append((member_id, node_id, role, starts_on, row.ends_on))
        if starts_on <= self._on:
            self._after[member_id] = node_id

    def _place(self, member_id: UUID, node_id: str, row: Row, places: list[_Place]) -> tuple[bool, bool]:
        """Whether the node changes, and whether role or days do.

        A first day in the future moves somebody on that day. One that has passed says nothing about somebody who is
        here already: who is in another team moves today.
        """
        later = row.starts_on if row.starts_on is not None and row.starts_on > self._on else None
        if not places:
            self._begin(member_id, node_id, row, later or self._on)
            return True, False
        # What is planned by hand for later stays, while the file says what is true today.
        place = places[-1] if later or places[0].starts_on > self._on else places[0]
        stays = place.node_id == node_id
        role = row.role or (place.role if stays else Membership.Role.MEMBER)
        ends_on = row.ends_on or (place.ends_on if stays else None)
        starts_on = later if later and place.starts_on > self._on else place.starts_on
        if stays and (role, ends_on, starts_on) == (place.role, place.ends_on, place.starts_on):
            return False, False
        begins_anew = not stays or role != place.role
        if place.starts_on >= self._on or not begins_anew:
            # It began today or has yet to begin: it is corrected, since a place of no day at all cannot be kept.
            self._drop_after(place, places, ends_on)
            self._end_before(starts_on, place, places)
            self._corrected.append(_Place(place.pk, node_id, role, starts_on, ends_on))
            if starts_on <= self._on:
                self._after[member_id] = node_id
        else:
            starts_on = later or self._on
            self._ended[starts_on - timedelta(days=1)].append(place.pk)
            for other in places:
                if other.starts_on > place.starts_on:
                    self._deleted.append(other.pk)
            self._new_places.append((member_id, node_id, role, starts_on, ends_on))
            if starts_on <= self._on:
                self._after[member_id] = node_id
        return not stays, stays

    def _drop_after(self, place: _Place, places: list[_Place], ends_on: date | None) -> None:
        """Places that follow one which no longer ends before them."""
        for other in places:
            if other.starts_on > place.starts_on and (ends_on is None or ends_on >= other.starts_on):
                self._deleted.append(other.pk)

    def _end_before(self, starts_on: date, place: _Place, places: list[_Place]) -> None:
        """The place before one whose first day is another now ends on the day before it."""
        for other in places:
            if other.starts_on < place.starts_on and other.ends_on != starts_on - timedelta(days=1):
                self._ended[starts_on - timedelta(days=1)].append(other.pk)

    def _duties(self, member_id: UUID, row: Row) -> bool:
        if row.duties is None:
            return False
        held = self._stored.duties.get(member_id, {})
        self._new_duties.extend((member_id, role) for role in sorted(row.duties - held.keys()))
        self._ended_duties.extend((member_id, role) for role in sorted(held.keys() - row.duties))
        return row.duties != held.keys()

    def _leave(self, email: str, person: _Person) -> bool:
        """Whether there was anything to leave. The last day is yesterday: whoever left is on no roster of today."""
        places = self._stored.places.get(person.id, [])
        if not person.is_active and not places:
            return False
        for place in places:
            if place.starts_on >= self._on:
                self._deleted.append(place.pk)
            else:
                self._ended[self._on - timedelta(days=1)].append(place.pk)
        self._left.append(person.id)
        self._after.pop(person.id, None)
        # Whoever comes back one day does not come back as steward.
        self._ended_duties.extend((person.id, role) for role in sorted(self._stored.duties.get(person.id, {})))
        was = self._path_of[places[0].node_id] if places else ()
        self._people.append(PersonChange(What.LEFT, person.name, email, (), was))
        return True

    def leave_absent(self, named: set[str]) -> None:
        for email, person in self._stored.members.items():
            if email not in named:
                self._leave(email, person)

    def last_steward_goes(self, rows: Sequence[Row]) -> tuple[BadRow, ...]:
        """An installation that has a steward keeps one: nobody else could bring one back from a page."""
        active = {person.id for person in self._stored.members.values() if person.is_active}
        steward = Duty.Role.STEWARD
        before = {member_id for member_id, held in self._stored.duties.items() if steward in held} & active
        ended = {member_id for member_id, role in self._ended_duties if role == steward}
        begun = {member_id for member_id, role in self._new_duties if role == steward}
        if not before or (before - ended) | begun:
            return ()
        addresses = {email for email, person in self._stored.members.items() if person.id in ended}
        reason = _("would leave nobody as steward: give the role to somebody in the same file")
        named = tuple(BadRow(row.line, row.email, reason) for row in rows if row.email in addresses)
        return named or tuple(BadRow(0, email, reason) for email in sorted(addresses))

    # What it comes to

    def conclude(self, file: PeopleFile) -> None:
        count = {what: sum(1 for person in self._people if person.what is what) for what in What}
        self.outcome = ImportOutcome(
            joined=count[What.JOINED],
            returned=count[What.RETURNED],
            kept_out=count[What.KEPT_OUT],
            moved=count[What.MOVED],
            changed=count[What.CHANGED],
            left=count[What.LEFT],
            unchanged=self._unchanged,
            closed=self._closed,
            rows=len(file.rows),
            active_before=sum(1 for person in self._stored.members.values() if person.is_active),
            new_teams=tuple(path for path, _node_id in self._new_nodes),
            revived_teams=tuple(self._path_of[node_id] for node_id in self._revived),
            people=tuple(self._people),
            columns_not_read=file.columns_not_read,
            header=file.header,
            notes=file.notes,
            fingerprint=self._fingerprint(),
            units_before=self._units(self._before),
            units_after=self._units(self._after),
        )

    def _units(self, places: dict[UUID, str]) -> UnitMap:
        members: dict[str, list[str]] = defaultdict(list)
        for member_id, node_id in places.items():
            members[node_id].append(member_id.hex)
        return units_of(
            (node_id, parent_id, name, members.get(node_id, [])) for node_id, (parent_id, name) in self._nodes.items()
        )

    def _fingerprint(self) -> str:
        made = hashlib.sha256()
        emails = {person.id: email for email, person in self._stored.members.items()}
        emails.update((member_id, email) for member_id, email, _name in self._new_members)
        for person in self._people:
            stored = self._stored.members.get(person.email)
            made.update(repr((person, stored and (stored.name, stored.is_active))).encode())
        for member_id, node_id, role, starts_on, ends_on in self._new_places:
            told = (emails[member_id], self._path_of[node_id], str(role), starts_on, ends_on)
            made.update(repr(told).encode())
        for place in self._corrected:
            made.update(repr((place.pk, self._path_of[place.node_id], str(place.role), place.starts_on)).encode())
            made.update(repr(place.ends_on).encode())
        for word, duties in (("begin", self._new_duties), ("end", self._ended_duties)):
            for member_id, role in duties:
                made.update(repr((word, emails[member_id], role)).encode())
        made.update(repr([path for path, _node_id in self._new_nodes]).encode())
        made.update(repr([self._path_of[node_id] for node_id in self._revived]).encode())
        return made.hexdigest()

    # Writing

    def make_ready(self) -> None:
        """Turn new rows into what the database takes, before anybody has to wait for them."""
        self._member_rows = _as_stored(
            Member,
            (
                Member(id=member_id, email=email, name=name, password=_no_password())
                for member_id, email, name in self._new_members
            ),
        )
        self._place_rows = _as_stored(
            Membership,
            (
                Membership(member_id=member_id, node_id=node_id, role=role, starts_on=starts_on, ends_on=ends_on)
                for member_id, node_id, role, starts_on, ends_on in self._new_places
            ),
        )

    def carry_out(self, progress: Progress | None) -> None:
        done = 0
        total = sum(
            len(writes)
            for writes in (
                self._new_nodes,
                self._new_members,
                self._renamed,
                self._left,
                self._corrected,
                self._new_places,
            )
        )

        def did(number: int) -> None:
            nonlocal done
            done += number
            if progress is not None:
                progress(done, total)

        did(0)
        by_depth: dict[int, list[Node]] = defaultdict(list)
        for path, node_id in self._new_nodes:
            by_depth[len(path)].append(Node(id=node_id, parent_id=self._nodes[node_id][0], name=path[-1]))
        for depth in sorted(by_depth):
            for nodes in _batches(by_depth[depth]):
                Node.objects.bulk_create(nodes)
                did(len(nodes))
        for ids in _batches(self._revived):
            Node.objects.filter(pk__in=ids).update(retired_on=None)
        for people in _batches(self._member_rows):
            _insert(Member, people)
            did(len(people))
        for renamed in _batches(self._renamed):
            Member.objects.bulk_update(
                [Member(id=member_id, name=name, is_active=True) for member_id, name in renamed], ["name", "is_active"]
            )
            did(len(renamed))
        for left in _batches(self._left):
            Member.objects.filter(pk__in=left).update(is_active=False, epoch=random_epoch())
            did(len(left))
        # Places end before others begin: nobody has two at a time.
        for pks in _batches(self._deleted):
            Membership.objects.filter(pk__in=pks).delete()
        for ends_on, ended in self._ended.items():
            for pks in _batches(ended):
                Membership.objects.filter(pk__in=pks).update(ends_on=ends_on)
        for corrected in _batches(self._corrected):
            Membership.objects.bulk_update(
                [
                    Membership(
                        pk=place.pk,
                        node_id=place.node_id,
                        role=place.role,
                        starts_on=place.starts_on,
                        ends_on=place.ends_on,
                    )
                    for place in corrected
                ],
                ["node", "role", "starts_on", "ends_on"],
            )
            did(len(corrected))
        for places in _batches(self._place_rows):
            _insert(Membership, places)
            did(len(places))
        duties = [self._stored.duties[member_id][role] for member_id, role in self._ended_duties]
        for pks in _batches(duties):
            Duty.objects.filter(pk__in=pks).delete()
        Duty.objects.bulk_create(
            [Duty(member_id=member_id, role=role) for member_id, role in self._new_duties], batch_size=BATCH
        )


def _columns(model: type[Model]) -> list[Any]:
    """The columns of a new row; the database gives the key where it counts them."""
    return [field for field in model._meta.concrete_fields if not isinstance(field, AutoField)]


def _as_stored(model: type[Model], things: Iterable[Model]) -> list[tuple[Any, ...]]:
    """What `bulk_create` would hand to the database."""
    columns = _columns(model)
    return [
        tuple(column.get_db_prep_save(getattr(thing, column.attname), connection) for column in columns)
        for thing in things
    ]


def _insert(model: type[Model], rows: list[tuple[Any, ...]]) -> None:
    columns = _columns(model)
    names = ", ".join(connection.ops.quote_name(column.column) for column in columns)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        # Names of our own models, and placeholders.
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(columns))})", rows)  # noqa: S608


def _does_not_begin(top: str) -> str:
    return _("does not begin with the organisation, which is called “%(top)s” here") % {"top": top}


def _key(path: Iterable[str]) -> Path:
    """Detection and detection are one team."""
    return tuple(step.casefold() for step in path)


def _no_password() -> str:
    """What `make_password(None)` gives, without its cost a hundred thousand times."""
    return "!" + secrets.token_urlsafe(30)


def _batches(things: Iterable[Thing]) -> Iterator[list[Thing]]:
    walked = iter(things)
    while batch := list(islice(walked, BATCH)):
        yield batch
