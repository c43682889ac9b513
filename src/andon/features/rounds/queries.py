"""Reading rounds, as frozen values."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import Q, QuerySet, Subquery
from django.http import Http404

from andon.features.instruments import public as instruments
from andon.features.releases import public as releases
from andon.features.rounds import choices, sentences, windows
from andon.features.rounds.models import (
    CloseRequest,
    Ending,
    NotAsked,
    RosterEntry,
    Round,
    RoundGroup,
    RoundUnit,
    known_by,
)
from andon.features.rounds.services import in_words, parsed_leaf, purposes_of
from andon.foundation.organisation import public as organisation
from andon.foundation.people.models import Member
from andon.kernel import disclosure, manifest, wire

GROUPS_ON_A_PAGE = 50


class State(StrEnum):
    PREPARING = "preparing"
    PUBLISHED = "published"
    OPEN = "open"
    CLOSING = "closing"
    # To be closed without having been open: being withdrawn.
    WITHDRAWING = "withdrawing"
    RELEASED = "released"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class RoundView:
    """A round as its people may see it. Holds nothing that says how many have answered."""

    id: str
    kind: str
    node_id: str
    node_name: str
    instrument_id: str
    instrument_version: str
    opens_at: datetime
    closes_at: datetime
    state: State
    fingerprint: str
    early_close: bool
    words: str
    ended_at: datetime | None
    void_reason: str
    # What slips are for.
    purposes: tuple[str, ...]
    # How many ballots a figure of this round needs.
    least_ballots: int
    # The questions of a window, in their order; empty where all is asked at once.
    questions: tuple[windows.Question, ...] = ()
    # How many hundredths of the units are counted, while it is being closed.
    counted_percent: int = 0

    @property
    def is_window(self) -> bool:
        return bool(self.questions)

    @property
    def answered_until(self) -> datetime:
        """From when on nobody could answer: its date, or when it was closed before."""
        return min(self.closes_at, self.ended_at) if self.ended_at else self.closes_at

    @property
    def asked_questions(self) -> tuple[windows.Question, ...]:
        """Those of a window that came up before it ended, in their order; empty where all is asked at once."""
        return tuple(question for question in self.questions if question.asked_from < self.answered_until)

    @property
    def last_asked_at(self) -> datetime | None:
        return self.questions[-1].asked_from if self.questions else None

    def question_at(self, now: datetime) -> windows.Question | None:
        """The newest question of a window; None before its opening, and where all is asked at once."""
        return windows.question_at(self.questions, now)


@dataclass(frozen=True, slots=True)
class UnitView:
    """A unit as its own members see it: by name, with everybody on its roster."""

    id: str
    name: str
    # As they open the commitment; `members` are those of them that can be shown.
    seats: tuple[Any, ...]
    leaf: dict[str, Any]
    position: int
    path: tuple[bytes, ...]
    salt: bytes
    # The teams that are counted together: what a unit is known by from round to round.
    node_ids: frozenset[str] = frozenset()

    @property
    def members(self) -> tuple[str, ...]:
        """Everybody on the roster who was not erased since, as they were called when it was fixed."""
        labels = (seat if isinstance(seat, str) else seat.get("label") for seat in self.seats if seat is not None)
        return tuple(manifest.sorted_members([label for label in labels if label is not None]))

    @property
    def size(self) -> int:
        """How many were counted together, also those who were erased since."""
        return len(self.seats)

    @property
    def erased(self) -> int:
        return self.size - len(self.members)

    @property
    def can_be_opened(self) -> bool:
        """False where a roster of version 0.1.0, which opens whole or not at all, lost somebody."""
        return None not in self.seats

    @property
    def known_by(self) -> str:
        return known_by(self.node_ids)

    @property
    def opening(self) -> dict[str, Any]:
        return {"members": list(self.seats), "name": self.name, "salt": wire.b64u(self.salt)}


def _rounds() -> QuerySet[Round]:
    return Round.objects.select_related("node", "publication", "opening", "close_request", "ending")


def _view(row: Round) -> RoundView:
    ending: Ending | None = getattr(row, "ending", None)
    publication = getattr(row, "publication", None)
    close_request: CloseRequest | None = getattr(row, "close_request", None)
    if ending is not None:
        state = State.RELEASED if ending.kind == Ending.Kind.CLOSED else State.VOID
    elif publication is None:
        state = State.PREPARING
    elif close_request is not None:
        state = State.CLOSING if getattr(row, "opening", None) else State.WITHDRAWING
    else:
        state = State.OPEN if getattr(row, "opening", None) else State.PUBLISHED
    return RoundView(
        id=row.pk,
        kind=row.kind,
        node_id=row.node_id,
        node_name=row.node.name,
        instrument_id=row.instrument_id,
        instrument_version=row.instrument_version,
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        state=state,
        fingerprint=publication.fingerprint if publication else "",
        early_close=bool(row.policy["early_close"]),
        words=in_words(row),
        ended_at=ending.at if ending else None,
        void_reason=ending.reason if ending else "",
        purposes=purposes_of(row),
        least_ballots=row.policy["least_ballots"],
        questions=tuple(
            windows.Question(question["code"], manifest.read_time(question["from"])) for question in row.questions
        ),
        counted_percent=close_request.counted_percent if close_request else 0,
    )


def find(round_id: str) -> RoundView | None:
    row = _rounds().filter(pk=round_id).first()
    return _view(row) if row else None


def find_all(round_ids: Collection[str]) -> dict[str, RoundView]:
    """Those of these rounds that there are. One query; none where none is asked for."""
    return {row.pk: _view(row) for row in _rounds().filter(pk__in=round_ids)} if round_ids else {}


def newest_question(view: RoundView, now: datetime) -> instruments.Wording | None:
    """What a window asks now, the first question before its opening; None where all is asked at once."""
    if not view.is_window:
        return None
    code = (view.question_at(now) or view.questions[0]).code
    instrument = instruments.load(view.instrument_id, view.instrument_version)
    return instruments.in_words(next(one.wording for one in instrument.statements if one.code == code))


def rounds_of(member: Member, *, limit: int = 50) -> list[RoundView]:
    """The rounds that the member is on the roster of, newest first. One query."""
    return [_view(row) for row in _rounds().filter(roster__member=member).order_by("-opens_at", "pk")[:limit]]


def rounds_led_by(member: Member, *, on: date, limit: int = 50) -> list[RoundView]:
    """The rounds of nodes that the member leads, newest first."""
    return rounds_below(organisation.leads_directly(member.pk, on=on), limit=limit)


def rounds_below(led: Collection[str], *, limit: int = 50) -> list[RoundView]:
    """The rounds of these nodes and of all below them, newest first. Two queries; none where there are no nodes."""
    if not led:
        return []
    rows = _rounds()
    if not organisation.hold_everything(led):
        rows = rows.filter(node_id__in=organisation.below_any(led))
    return [_view(row) for row in rows.order_by("-opens_at", "pk")[:limit]]


def may_ask_in(member: Member, *, on: date) -> list[str]:
    """The nodes whose rounds the member may open: those they lead, and their own team where everybody may.

    Own means that there is no team below: a round of a node asks all of those, too, and these are not theirs to ask.
    """
    led = organisation.leads_directly(member.pk, on=on)
    if not choices.anybody_may_ask():
        return led
    place = organisation.place_of(member.pk, on=on)
    if place is None or place.node_id in led or organisation.has_teams_below(place.node_id):
        return led
    return [*led, place.node_id]


def all_rounds(*, limit: int = 200) -> list[RoundView]:
    return [_view(row) for row in _rounds().order_by("-opens_at", "pk")[:limit]]


def open_rounds() -> list[RoundView]:
    """Rounds that take ballots now. One query."""
    rows = _rounds().filter(opening__isnull=False, close_request=None, ending=None)
    return [_view(row) for row in rows.order_by("closes_at", "pk")]


def released_since(moment: datetime) -> list[str]:
    """The ids of rounds that closed since then with a result. One query."""
    ended = Ending.objects.filter(kind=Ending.Kind.CLOSED, at__gte=moment)
    return list(ended.order_by("at", "round_id").values_list("round_id", flat=True))


def released_until(moment: datetime) -> list[str]:
    """The ids of rounds that closed before that moment with a result. One query."""
    ended = Ending.objects.filter(kind=Ending.Kind.CLOSED, at__lt=moment)
    return list(ended.order_by("at", "round_id").values_list("round_id", flat=True))


def asked_ids(round_id: str) -> QuerySet[RosterEntry, UUID]:
    """The ids of everybody on the roster who was not erased: part of the query that asks."""
    return RosterEntry.objects.filter(round_id=round_id).values_list("member_id", flat=True)


def count_not_ended() -> int:
    """How many rounds may still need their keys: also to be published as it was begun, or to have them destroyed."""
    return Round.objects.filter(ending=None).count()


def unit_of(member: Member, round_id: str) -> UnitView | None:
    """The member's unit in this round; None for everybody who is not on its roster."""
    seat = _seats_of(member).filter(round_id=round_id).select_related("unit").first()
    return _unit_view(seat.unit) if seat else None


def _seats_of(member: Member) -> QuerySet[RosterEntry]:
    """On the rosters of rounds that are published."""
    return RosterEntry.objects.filter(member=member, round__publication__isnull=False)


def purposes_for(member: Member, views: Iterable[RoundView]) -> dict[str, tuple[str, ...]]:
    """For what of each of these rounds the member's unit has keys: not for comments where it is small.

    One query; none where no round asks for comments.
    """
    purposes = {view.id: view.purposes for view in views}
    asking = [round_id for round_id, named in purposes.items() if wire.COMMENT in named]
    if asking:
        seats = _seats_of(member).filter(round_id__in=asking).select_related("unit")
        keys = {seat.round_id: parsed_leaf(seat.unit)["keys"] for seat in seats.defer("unit__members")}
        for round_id in asking:
            purposes[round_id] = tuple(one for one in purposes[round_id] if one in keys.get(round_id, ()))
    return purposes


def asked_with(member: Member, round_id: str) -> list[tuple[UUID, str]]:
    """(id, label) of everybody who was asked in the member's unit and is still here, by label. One query."""
    unit = RosterEntry.objects.filter(round_id=round_id, member=member).values("unit_id")
    people = Member.objects.filter(pk__in=RosterEntry.objects.filter(unit_id__in=unit).values("member_id"))
    return sorted(
        ((person.pk, person.label) for person in people.filter(is_active=True)), key=lambda one: one[1].casefold()
    )


@dataclass(frozen=True, slots=True)
class Seat:
    """A member's place in a published round: the unit, and whether slips are given now."""

    unit: UnitView
    is_issuing: bool


# By hand, because every slip waits for it: the same through models takes ten times as long as the database itself.
_SEAT = """
SELECT unit.id, unit.name, unit.members, unit.salt, unit.leaf, unit.position, unit.path,
    NOT EXISTS (SELECT 1 FROM rounds_closerequest WHERE round_id = entry.round_id)
    AND NOT EXISTS (SELECT 1 FROM rounds_ending WHERE round_id = entry.round_id)
FROM rounds_rosterentry entry
JOIN rounds_roundunit unit ON unit.id = entry.unit_id
JOIN rounds_publication publication ON publication.round_id = entry.round_id
WHERE entry.round_id = %s AND entry.member_id = %s
"""


def seat_of(member: Member, round_id: str) -> Seat | None:
    """The member's place in this round; None for everybody who is not on its roster. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_SEAT, [round_id, member.key])
        row = cursor.fetchone()
    if row is None:
        return None
    unit_id, name, members, salt, leaf, position, path, is_issuing = row
    unit = UnitView(
        id=unit_id,
        name=name,
        seats=tuple(json.loads(members)),
        leaf=json.loads(leaf),
        position=position,
        path=releases.split_path(bytes(path)),
        salt=bytes(salt),
    )
    return Seat(unit, bool(is_issuing))


def unit_count(round_id: str) -> int:
    return RoundUnit.objects.filter(round_id=round_id).count()


def units_of(round_id: str) -> list[UnitView]:
    """All units of a round in the order of their positions. For `closing`."""
    return [_unit_view(unit) for unit in RoundUnit.objects.filter(round_id=round_id).order_by("position")]


def not_asked_count(round_id: str) -> int:
    return NotAsked.objects.filter(round_id=round_id).count()


def why_not_asked(member: Member, round_id: str) -> str | None:
    left = NotAsked.objects.filter(member=member, round_id=round_id).first()
    return left.reason if left else None


def _unit_view(unit: RoundUnit) -> UnitView:
    return UnitView(
        id=unit.pk,
        name=unit.name,
        seats=tuple(unit.members),
        leaf=parsed_leaf(unit),
        position=unit.position or 0,
        path=releases.split_path(bytes(unit.path)),
        salt=bytes(unit.salt),
        node_ids=frozenset(unit.node_ids),
    )


@dataclass(frozen=True, slots=True)
class NamedUnit:
    """A unit by name, with its round's opening and the teams that were counted together; nothing about anybody."""

    name: str
    node_ids: frozenset[str]
    opens_at: datetime


def named_units(unit_ids: Collection[str]) -> dict[str, NamedUnit]:
    """The units of any rounds by their ids, at most some hundreds. One query."""
    rows = RoundUnit.objects.filter(pk__in=unit_ids).values_list("pk", "name", "node_ids", "round__opens_at")
    return {pk: NamedUnit(name, frozenset(node_ids), opens_at) for pk, name, node_ids, opens_at in rows}


def unit_ids_of(member: Member) -> QuerySet[RosterEntry, str]:
    """The ids of all units that the member was asked in: part of the query that asks."""
    return RosterEntry.objects.filter(member=member).values_list("unit_id", flat=True)


def groups_holding(unit_id: str) -> tuple[str, ...]:
    """The groups of its round that a unit is in, the lowest first. Two queries."""
    unit = RoundUnit.objects.filter(pk=unit_id).values_list("round_id", "group_node").first()
    group = RoundGroup.objects.filter(round_id=unit[0], node_id=unit[1]).first() if unit and unit[1] else None
    return (group.node_id, *reversed(group.above)) if group else ()


def groups_directly_in(round_id: str, node_id: str) -> list[str]:
    """The groups of a round that lie directly in this one. One query."""
    return list(RoundGroup.objects.filter(round_id=round_id, parent_node=node_id).values_list("node_id", flat=True))


@dataclass(frozen=True, slots=True)
class CountedUnit:
    """Who was counted together, by member key. ``size`` also counts those who were erased since."""

    node_ids: frozenset[str]
    size: int
    people: frozenset[str]


def counted_units(unit_ids: Collection[str]) -> dict[str, CountedUnit]:
    """The units of any rounds by their ids. Two queries for each five hundred. For `closing`."""
    found: dict[str, CountedUnit] = {}
    wanted = sorted(unit_ids)
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        people: dict[str, set[str]] = defaultdict(set)
        for unit_id, member in RosterEntry.objects.filter(unit_id__in=some).values_list("unit_id", "member_id"):
            people[unit_id].add(member.hex)
        for unit in RoundUnit.objects.filter(pk__in=some).values("pk", "node_ids", "size"):
            found[unit["pk"]] = CountedUnit(
                frozenset(unit["node_ids"]), unit["size"], frozenset(people.get(unit["pk"], ()))
            )
    return found


@dataclass(frozen=True, slots=True)
class AskedBefore:
    """A released round, and the teams (`known_by`) with which each of some people was counted in it, and in which unit.

    `by_another`: by another questionnaire, which may say the same in other words.
    """

    round: RoundView
    policy: disclosure.Policy
    counted_with: Mapping[str, str]
    unit_of: Mapping[str, str]
    by_another: bool


def asked_before(
    people: Collection[str], view: RoundView, *, since: Collection[str] = (), by_others: bool = False
) -> list[AskedBefore]:
    """The released rounds of the same instrument in which any of these people were asked, the newest first. A query,
    and one for each five hundred people if there was such a round. For `closing`.

    `since`: rounds, of which the first to end is the bound: only what ended later is looked at.
    `by_others`: also those by another instrument, where it or this one is somebody's own.
    """
    if not people:
        return []
    rows = _rounds().filter(ending__kind=Ending.Kind.CLOSED)
    if not by_others:
        rows = rows.filter(instrument_id=view.instrument_id)
    elif not view.instrument_id.startswith(instruments.OWN):
        rows = rows.filter(Q(instrument_id=view.instrument_id) | Q(instrument_id__startswith=instruments.OWN))
    if since:
        ends = Ending.objects.filter(round_id__in=list(since)).order_by("at").values("at")
        rows = rows.filter(ending__at__gt=Subquery(ends[:1]))
    released = {row.pk: row for row in rows.order_by("-ending__at", "pk") if row.pk != view.id}
    counted: dict[str, dict[str, str]] = {round_id: {} for round_id in released}
    units: dict[str, dict[str, str]] = {round_id: {} for round_id in released}
    wanted = sorted(people) if released else []
    for start in range(0, len(wanted), 500):
        entries = RosterEntry.objects.filter(member_id__in=wanted[start : start + 500], round_id__in=list(released))
        for member, round_id, known, unit_id in entries.values_list(
            "member_id", "round_id", "unit__known_by", "unit_id"
        ):
            counted[round_id][member.hex] = known
            units[round_id][member.hex] = unit_id
    return [
        AskedBefore(
            _view(row),
            disclosure.Policy.from_json(row.policy),
            counted[round_id],
            units[round_id],
            by_another=row.instrument_id != view.instrument_id,
        )
        for round_id, row in released.items()
        if counted[round_id]
    ]


@dataclass(frozen=True, slots=True)
class PastUnit:
    """A unit in one of its released rounds."""

    round: RoundView
    unit_id: str
    counted: CountedUnit


def released_before(unit: UnitView, view: RoundView, *, asked: Member, most: int) -> list[PastUnit]:
    """The unit's released rounds of the same version of the same instrument in which the member was asked, too.

    Oldest first, the given one last, at most so many. The same unit is the same teams counted together, whoever was in
    them; what it was shown before somebody came is shown to those who were there. Three queries.
    """
    rows = (
        RoundUnit.objects.filter(
            known_by=known_by(unit.node_ids),
            round__instrument_id=view.instrument_id,
            round__instrument_version=view.instrument_version,
            round__ending__kind=Ending.Kind.CLOSED,
            round__opens_at__lte=view.opens_at,
            pk__in=unit_ids_of(asked),
        )
        .select_related("round__node", "round__publication", "round__opening", "round__close_request", "round__ending")
        .defer("members", "leaf", "path", "salt")
        .order_by("-round__opens_at", "-round__at")[:most]
    )
    found = list(reversed(rows))
    counted = counted_units([row.pk for row in found])
    return [PastUnit(_view(row.round), row.pk, counted[row.pk]) for row in found]


def last_released_before(unit: UnitView, view: RoundView) -> RoundView | None:
    """The unit's round with a result that ended last before this one, whatever was asked in it. One query."""
    found = (
        Round.objects.filter(
            units__known_by=known_by(unit.node_ids),
            ending__kind=Ending.Kind.CLOSED,
            ending__at__lt=view.ended_at or view.closes_at,
        )
        .exclude(pk=view.id)
        .order_by("-ending__at", "-pk")
    )
    row = found.select_related("node", "publication", "opening", "close_request", "ending").first()
    return _view(row) if row else None


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group of a round by name. ``people`` were asked in ``units`` units."""

    node_id: str
    name: str
    people: int
    units: int


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group, those it lies in (the topmost first), and a page of those that lie directly in it, by name."""

    group: GroupLine
    above: tuple[GroupLine, ...]
    below: "Page[RoundGroup]"

    @property
    def lines(self) -> list[GroupLine]:
        return [_group_line(row) for row in self.below]


def group_of(round_id: str, node_id: str, *, page: str = "1") -> GroupView | None:
    """A group of a round, the top one without a node; None where there is no such group. Four queries."""
    groups = RoundGroup.objects.filter(round_id=round_id)
    row = groups.filter(node_id=node_id).first() if node_id else groups.filter(parent_node="").first()
    if row is None:
        return None
    above = {one.node_id: one for one in groups.filter(node_id__in=row.above)} if row.above else {}
    below = groups.filter(parent_node=row.node_id).order_by("name", "node_id")
    return GroupView(
        _group_line(row),
        tuple(_group_line(above[one]) for one in row.above),
        Paginator(below, GROUPS_ON_A_PAGE).get_page(page),
    )


def has_groups(round_id: str) -> bool:
    return RoundGroup.objects.filter(round_id=round_id).exists()


def rounds_with_depth(member: Member, *, since: datetime) -> int:
    """How many of the member's rounds that ended since then drew histograms of groups they are in, at most."""
    asked = Round.objects.filter(roster__member=member, ending__at__gte=since, ending__kind=Ending.Kind.CLOSED)
    return sum(policy.get("depth", 0) > 0 for policy in asked.values_list("policy", flat=True))


def _group_line(row: RoundGroup) -> GroupLine:
    return GroupLine(row.node_id, row.name, row.people, row.units)


def grouping_of(round_id: str) -> disclosure.Grouping:
    """The groups above the round's units, as they were fixed with its rosters. Two queries."""
    groups = RoundGroup.objects.filter(round_id=round_id).order_by("position")
    home = RoundUnit.objects.filter(round_id=round_id).exclude(group_node="").values_list("pk", "group_node")
    return disclosure.Grouping(
        tuple(
            disclosure.GroupAbove(group.node_id, group.parent_node or None, group.people, group.units)
            for group in groups
        ),
        dict(home),
    )


def is_issuing(view: RoundView) -> bool:
    """Slips are given from publishing to close."""
    return view.state in {State.PUBLISHED, State.OPEN}


def due_to_open(now: datetime) -> list[str]:
    rows = Round.objects.filter(
        opens_at__lte=now,
        publication__isnull=False,
        opening__isnull=True,
        close_request__isnull=True,
        ending__isnull=True,
    )
    return list(rows.values_list("pk", flat=True))


def due_to_close(now: datetime) -> list[str]:
    rows = Round.objects.filter(closes_at__lte=now, opening__isnull=False, ending__isnull=True)
    return list(rows.values_list("pk", flat=True))


def unfinished_publications() -> list[str]:
    return list(Round.objects.filter(publication__isnull=True, ending__isnull=True).values_list("pk", flat=True))


def access_round(member: Member, round_id: str, *, needs: str) -> RoundView:
    """The round, if the member may `see` it (roster, lead, steward, auditor) or `lead` it.

    Raises: Http404, for a round that is absent and for one that is none of the member's business alike.
    """
    view, leads = see_round(member, round_id)
    if needs == "lead" and not leads:
        raise Http404
    return view


def may_lead(member: Member, view: RoundView) -> bool:
    return organisation.leads(member.pk, view.node_id, on=organisation.today())


def see_round(member: Member, round_id: str) -> tuple[RoundView, bool]:
    """The round, if the member may see it, and whether they lead it. Raises: Http404, as `access_round` does."""
    view = find(round_id)
    leads = view is not None and may_lead(member, view)
    if view is None or not (leads or _may_see(member, view)):
        raise Http404
    return view, leads


def _may_see(member: Member, view: RoundView) -> bool:
    if RosterEntry.objects.filter(round_id=view.id, member=member).exists():
        return True
    return bool(organisation.duties_of(member.pk) & {"steward", "auditor"})


def asked_in(member: Member) -> list[tuple[str, str]]:
    """(round in words, name of the unit) of each roster that the member is on, newest first. One query."""
    entries = RosterEntry.objects.filter(member=member).select_related("round__node", "unit")
    return [
        (in_words(entry.round), entry.unit.name)
        for entry in entries.defer("unit__members").order_by("-round__opens_at", "round_id")
    ]


def left_out_of(member: Member) -> list[tuple[str, str]]:
    """(round, reason), in words, of each round in which the member could not be asked."""
    return [
        (in_words(left.round), sentences.say(left.reason, sentences.NOT_ASKED))
        for left in NotAsked.objects.filter(member=member)
        .select_related("round__node")
        .order_by("round__opens_at", "pk")
    ]


def acts_of(member: Member) -> list[tuple[str, str]]:
    """(round, act), in words, of what the member did to rounds."""
    act = {code: str(words) for code, words in sentences.ACTS.items()}
    opened = [
        (in_words(row), act["opened"])
        for row in Round.objects.filter(by=member).select_related("node").order_by("at", "pk")
    ]
    closed = [
        (in_words(asked.round), act["closed"])
        for asked in CloseRequest.objects.filter(by=member).select_related("round__node").order_by("at", "pk")
    ]
    return opened + closed
