"""People and teams as a steward reads them, a page at a time. Each function costs the same few queries in any size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import Collate, RowNumber
from django.db.models.lookups import IContains

from andon.foundation import plans
from andon.foundation.organisation.models import Duty, Membership, Node
from andon.foundation.organisation.queries import valid_on
from andon.foundation.organisation.revision import Memory
from andon.foundation.organisation.walking import (
    MOST_WALKED,
    Step,
    few_below,
    hold_everything,
    inside,
    paths_of,
    people_below,
    rolled_up,
)
from andon.foundation.people.models import Member
from andon.kernel.disclosure import SizedNode

SOON = timedelta(days=30)
# More than this many teams are not worth reading through: better words find fewer.
TEAMS_FOUND = 20
# Up to so many teams that a word fits are asked who is in them; of more, each person is asked for the team.
TEAMS_BY_ID = 200
CHILDREN_AT_ONCE = 200


class Show(StrEnum):
    """Which people the list holds."""

    EVERYBODY = ""
    NO_TEAM = "no-team"
    NOT_INVITED = "not-invited"
    LEAVES_SOON = "leaves-soon"
    DEACTIVATED = "deactivated"


@dataclass(frozen=True, slots=True)
class PersonLine:
    """Somebody in the list: where they belong today, and what comes next."""

    id: str
    name: str
    email: str
    is_active: bool
    has_signed_in: bool
    team: str
    leads: bool
    ends_on: date | None
    next_team: str
    next_on: date | None


@dataclass(frozen=True, slots=True)
class Stay:
    """A place that somebody has, had or will have."""

    id: int
    node_id: str
    path: str
    role: str
    starts_on: date
    ends_on: date | None
    when: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page of people who were looked for. How many there are in all is not counted: `has_next` says that more are."""

    object_list: list[Member]
    number: int
    has_next: bool
    first: int

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def has_other_pages(self) -> bool:
        return self.has_previous or self.has_next

    @property
    def previous_page_number(self) -> int:
        return self.number - 1

    @property
    def next_page_number(self) -> int:
        return self.number + 1

    @property
    def last(self) -> int:
        return self.first + len(self.object_list) - 1


def leaf_of(found: QuerySet[Member], number: str | None, *, at_once: int) -> Leaf:
    """The page with that number, or the first. One query, which ends with the page; one more where it is empty."""
    asked = int(number) if number and number.isdecimal() and len(number) <= 3 else 1
    start = (max(asked, 1) - 1) * at_once
    rows = list(found[start : start + at_once + 1])
    if not rows and start:
        return leaf_of(found, None, at_once=at_once)
    return Leaf(rows[:at_once], start // at_once + 1, len(rows) > at_once, start + 1)


def people_found(*, words: str, show: Show, below: str, on: date) -> QuerySet[Member]:
    """Members by name, of whom all these words are in the name, the address or the name of the team."""
    found = Member.objects.filter(is_active=show is not Show.DEACTIVATED).order_by("name", "pk")
    belongs = Membership.objects.filter(valid_on(on), member=OuterRef("pk"))
    # Words that fit few come first, so that the others are asked of few people.
    for _number, fits in sorted((_fits(word, on=on) for word in words.split()[:8]), key=lambda asked: asked[0]):
        found = found.filter(fits)
    if below:
        few = few_below(below, most=MOST_WALKED)
        if few is None:
            # Whoever stands anywhere stands below the top, so there nothing has to be walked.
            is_top = Node.objects.filter(pk=below, parent=None).exists()
            found = found.filter(Exists(belongs if is_top else belongs.filter(node_id__in=inside(below))))
        elif len(few) > TEAMS_BY_ID:
            found = found.filter(Exists(belongs.filter(node__in=few)))
        else:
            found = found.filter(pk__in=Membership.objects.filter(valid_on(on), node__in=few).values("member_id"))
    match show:
        case Show.NO_TEAM:
            found = _in_no_team(found, on=on)
        case Show.NOT_INVITED:
            from andon.foundation.people.invitations import not_invited

            found = found.filter(pk__in=not_invited().values("pk"))
        case Show.LEAVES_SOON:
            goes_on = Membership.objects.filter(Q(ends_on=None) | Q(ends_on__gt=on + SOON), member=OuterRef("pk"))
            leaving = Membership.objects.filter(starts_on__lte=on, ends_on__gte=on, ends_on__lte=on + SOON)
            found = found.filter(~Exists(goes_on), pk__in=leaving.values("member_id"))
    return found


# Both sides come in the order of their indexes, so the database compares them like two sorted lists. On PostgreSQL it
# hashes them.
_WITHOUT_A_PLACE = """
SELECT id FROM people_member WHERE is_active = TRUE
EXCEPT
SELECT member_id FROM organisation_membership WHERE ends_on IS NULL
ORDER BY 1 LIMIT %s
"""
FEW_WITHOUT_A_PLACE = 500


def _in_no_team(found: QuerySet[Member], *, on: date) -> QuerySet[Member]:
    """Those who stand nowhere on that day, without asking each of very many people for their places.

    Whoever has a place without an end stands nowhere only as long as it has not begun. So few are left to ask, unless
    there are many in no team: then a page of them is soon full.
    """
    found = found.filter(~Exists(Membership.objects.filter(valid_on(on), member=OuterRef("pk"))))
    most = FEW_WITHOUT_A_PLACE
    without, later = _may_stand_nowhere.get((on, most), lambda: _read_who_may_stand_nowhere(on, most))
    if max(len(without), len(later)) > most:
        return found
    return found.filter(pk__in=[*without, *later])


# Ids alone, and of few.
_may_stand_nowhere: Memory[tuple[list[Any], list[Any]]] = Memory(most=1)


def _read_who_may_stand_nowhere(on: date, most: int) -> tuple[list[Any], list[Any]]:
    """Active members without a place that goes on, and those with one that begins later: one more than `most` each."""
    with connection.cursor() as cursor:
        cursor.execute(_WITHOUT_A_PLACE, [most + 1])
        without = [row[0] for row in cursor.fetchall()]
    # With or without an end: asked so, one index holds all of the answer.
    begins_later = Membership.objects.filter(starts_on__gt=on).values_list("member_id", flat=True)
    return without, list(begins_later[: most + 1])


def _fits(word: str, *, on: date) -> tuple[int, Q]:
    """Whom the word fits, by name, address or team, and the number of teams, of very many only that they are many."""
    teams = list(Node.objects.filter(holds("name", word)).values_list("pk", flat=True)[: TEAMS_BY_ID + 1])
    stays = Membership.objects.filter(valid_on(on))
    in_team = Q()
    if len(teams) > TEAMS_BY_ID:
        # A word of so many teams is asked of each person in turn: a page of those who fit is soon full.
        # That they are not smaller either says nothing, and keeps PostgreSQL from asking for all of these teams first.
        in_turn = stays.filter(member=OuterRef("pk"), member__gte=OuterRef("pk"))
        in_team = Q(Exists(in_turn.filter(holds("node__name", word))))
    elif teams:
        in_team = Q(pk__in=stays.filter(node__in=teams).values("member_id"))
    return len(teams), holds("name", word) | holds("email", word) | in_team


def holds(field: str, word: str) -> Q:
    """The field holds the word, without regard to capitals: SQLite by itself folds those of English only."""
    if word.isascii():
        if connection.vendor == "postgresql":
            # The same there: by the rules of a language every name would be folded, which takes most of the time.
            return Q(IContains(Collate(F(field), "C"), word))
        return Q(**{f"{field}__icontains": word})
    found = Q()
    for other in (word, word.lower(), word.upper(), word.capitalize()):
        found |= Q(**{f"{field}__icontains": other})
    return found


def lines_of(members: Sequence[Member], *, on: date) -> list[PersonLine]:
    """What the list says of each of these members. Two queries."""
    stays: dict[object, list[Membership]] = {}
    current_or_later = Q(ends_on=None) | Q(ends_on__gte=on)
    for stay in Membership.objects.filter(current_or_later, member__in=members).order_by("starts_on"):
        stays.setdefault(stay.member_id, []).append(stay)
    paths = paths_of(stay.node_id for held in stays.values() for stay in held)
    lines = []
    for member in members:
        held = stays.get(member.pk, [])
        now = next((stay for stay in held if stay.starts_on <= on), None)
        later = next((stay for stay in held if stay.starts_on > on), None)
        lines.append(
            PersonLine(
                id=str(member.pk),
                name=member.name,
                email=member.email,
                is_active=member.is_active,
                has_signed_in=member.has_signed_in,
                team=in_words(paths[now.node_id]) if now else "",
                leads=now is not None and now.role == Membership.Role.LEAD,
                ends_on=now.ends_on if now and not later else None,
                next_team=in_words(paths[later.node_id]) if later else "",
                next_on=later.starts_on if later else None,
            )
        )
    return lines


def stays_of(member: Member, *, on: date) -> list[Stay]:
    """Where the member belongs, belonged and will belong, the newest first. Two queries."""
    rows = list(Membership.objects.filter(member=member).order_by("-starts_on", "-pk"))
    paths = paths_of(row.node_id for row in rows)

    def when(row: Membership) -> str:
        if row.starts_on > on:
            return "planned"
        return "now" if row.ends_on is None or row.ends_on >= on else "past"

    return [
        Stay(row.pk, row.node_id, in_words(paths[row.node_id]), row.role, row.starts_on, row.ends_on, when(row))
        for row in rows
    ]


def duties_of(member: Member) -> list[Duty]:
    return list(Duty.objects.filter(member=member).order_by("role"))


def in_words(path: Sequence[Step]) -> str:
    return " / ".join(step.name for step in path)


@dataclass(frozen=True, slots=True)
class TeamLine:
    """A team in the tree: how many people stand at and below it, and whether anything is below it."""

    id: str
    name: str
    people: int
    has_teams: bool
    is_open: bool = False
    teams: tuple["TeamLine", ...] = ()
    more_teams: int = 0


def tree_around(node: Node, *, on: date) -> TeamLine:
    """The tree as a page shows it: everything on the path to the node is open, the rest is closed."""
    top = paths_of([node.pk])[node.pk][0]
    return trees_around([top.id], node.pk, on=on)[0]


def trees_around(roots: Sequence[str], at: str, *, on: date) -> tuple[TeamLine, ...]:
    """What lies below these nodes, open along the path to the node `at`, or to the first of them.

    A node that lies below another of them is not told twice. Four queries; for a large tree six.
    """
    paths = paths_of({*roots, at})
    tops = [root for root in roots if root in paths and not any(step.id in roots for step in paths[root][:-1])]
    steps = [step.id for step in paths.get(at, ())]
    begin = next((steps.index(top) for top in tops if top in steps), None)
    opened = set(tops[:1]) if begin is None else set(steps[begin:])
    rows = (
        Node.objects.filter(parent__in=opened, retired_on=None)
        .annotate(
            place=Window(RowNumber(), partition_by="parent", order_by=["name", "pk"]),
            beside=Window(Count("pk"), partition_by="parent"),
        )
        # Whoever is on the path stays, however many stand beside it.
        .filter(Q(place__lte=CHILDREN_AT_ONCE) | Q(pk__in=opened))
        .order_by("name", "pk")
    )
    children: dict[str, list[Node]] = {}
    more: dict[str, int] = {}
    for child in rows:
        children.setdefault(child.parent_id or "", []).append(child)
        more[child.parent_id or ""] = max(0, child.beside - CHILDREN_AT_ONCE)
    shown = [*tops, *(child.pk for below in children.values() for child in below)]
    counts = people_below(shown, on=on)
    has_teams = set(
        Node.objects.filter(parent__in=shown, retired_on=None).values_list("parent_id", flat=True).distinct()
    )

    def line(node_id: str, name: str) -> TeamLine:
        below = tuple(line(child.pk, child.name) for child in children.get(node_id, []))
        return TeamLine(
            id=node_id,
            name=name,
            people=counts.get(node_id, 0),
            has_teams=node_id in has_teams,
            is_open=node_id in opened,
            teams=below,
            more_teams=more.get(node_id, 0),
        )

    return tuple(line(top, paths[top][-1].name) for top in tops)


def teams_found(
    words: str, *, without: str = "", within: Sequence[str] = (), limit: int = TEAMS_FOUND
) -> tuple[list[tuple[str, str]], bool]:
    """(id, path) of teams whose path holds all these words, the shortest path first, and whether there are more.

    `without`: leaves out this team and all below it; `within`: only these and all below them. The last word, or all
    after the last slash, is looked for in the team's own name, the others anywhere in its path.
    """
    *above, own = words.rsplit("/", 1)
    steps_above, own_words = " ".join(above).replace("/", " ").split(), own.split()
    if not above:
        steps_above, own_words = own_words[:-1], own_words[-1:]
    if not own_words:
        return [], False
    nodes = Node.objects.filter(retired_on=None)
    if without:
        nodes = nodes.exclude(pk__in=inside(without))
    if within and not hold_everything(within):
        nodes = nodes.filter(pk__in=inside(*within))
    for word in own_words[:8]:
        nodes = nodes.filter(holds("name", word))
    wanted = [word.casefold() for word in (*steps_above[:8], *own_words[:8])]
    with plans.for_these_values():
        candidates = list(nodes.order_by("name", "pk").values_list("pk", flat=True)[:2_000])
    paths = paths_of(candidates)
    found = [
        (node_id, steps)
        for node_id, steps in paths.items()
        if all(word in in_words(steps).casefold() for word in wanted)
    ]
    found.sort(key=lambda pair: (len(pair[1]), in_words(pair[1]).casefold()))
    return [(node_id, in_words(steps)) for node_id, steps in found[:limit]], len(found) > limit


def team_named(path: str) -> str | None:
    """The id of the one team that is called exactly so, by its path or by its name; None where none or several are."""
    wanted = " ".join(path.split()).casefold()
    found, _more = teams_found(path, limit=2_000)
    whole = [node_id for node_id, words in found if words.casefold() == wanted]
    last = [node_id for node_id, words in found if words.rsplit(" / ", 1)[-1].casefold() == wanted]
    exact = whole or last
    return exact[0] if len(exact) == 1 else None


@dataclass(frozen=True, slots=True)
class Teammate:
    """Somebody on a team's page."""

    id: str
    name: str
    email: str
    leads: bool
    ends_on: date | None
    joins_on: date | None


def teammates(node: Node, *, on: date) -> QuerySet[Membership]:
    """Who belongs directly to the team, or will, leads first."""
    now_or_later = Q(ends_on=None) | Q(ends_on__gte=on)
    return (
        Membership.objects.filter(now_or_later, node=node, member__is_active=True)
        .select_related("member")
        .order_by("role", "member__name", "member_id")
    )


def teams_below(node: Node, *, sized: Mapping[str, SizedNode], on: date) -> tuple[list[TeamLine], int]:
    """The teams directly below, with their people, and how many more there are than a page shows. Two queries at most.

    `sized`: what lies below the node, as `sized_below` finds it. Of a large tree it asks for counts, one query more.
    """
    rows = list(Node.objects.filter(parent=node, retired_on=None).order_by("name", "pk")[: CHILDREN_AT_ONCE + 1])
    more = 0
    if len(rows) > CHILDREN_AT_ONCE:
        more = Node.objects.filter(parent=node, retired_on=None).count() - CHILDREN_AT_ONCE
    shown = rows[:CHILDREN_AT_ONCE]
    ids = [row.pk for row in shown]
    counts = rolled_up(sized, ids) if len(sized) <= MOST_WALKED else people_below(ids, on=on)
    return [TeamLine(row.pk, row.name, counts.get(row.pk, 0), False) for row in shown], more
