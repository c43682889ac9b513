"""Correcting a round before it opens: it is withdrawn in the public log, and published again with today's people.

A roster that is published is never changed. A round that was opened is never withdrawn.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from heapq import nsmallest

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from andon.features.ballots import public as ballots
from andon.features.publiclog import public as publiclog
from andon.features.rounds import choices, services
from andon.features.rounds.models import NotAsked, RosterEntry, Round, RoundUnit
from andon.foundation.organisation import public as organisation
from andon.foundation.organisation.models import Membership, Node
from andon.foundation.organisation.walking import inside
from andon.foundation.people.models import Member

# Of more people than this, a comparison with today's is made when somebody asks for it, not whenever a page is seen.
COMPARED_AT_ONCE = 2_000
UNITS_SHOWN = 100


class CannotRenew(services.RoundRefused):
    def __init__(self) -> None:
        super().__init__(
            _(
                "Only a round that is published and not yet open can be withdrawn. Nothing was changed. "
                "If you have just published it again, the new one stands under Rounds."
            )
        )


@dataclass(frozen=True, slots=True)
class RosterChanges:
    """How today's people differ from those whom the round asks, in numbers."""

    joined: int
    left: int
    moved: int
    # Nothing says any more who they were, nor whether they had left before.
    erased: int = 0

    def __bool__(self) -> bool:
        return bool(self.joined or self.left or self.moved or self.erased)


@dataclass(frozen=True, slots=True)
class UnitSize:
    """A unit by name, with its people so far and then; None where it is not there."""

    name: str
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Renewal:
    """What would be published instead."""

    # Those that change first; of very many, no more than a page shows, and how many more there are.
    units: tuple[UnitSize, ...]
    more_units: int
    not_asked: int
    opens_at: datetime
    closes_at: datetime
    opens_later: bool
    can_be: bool


# Of a round of everybody. SQLite gets both sides in the order of their indexes and compares two sorted lists, where it
# would otherwise build one; PostgreSQL hashes the second side, where it would otherwise sort both.
_WITHOUT_A_PLACE = {
    "sqlite": """
SELECT member_id FROM rounds_rosterentry WHERE round_id = %s
EXCEPT
SELECT member_id FROM organisation_membership WHERE ends_on IS NULL
ORDER BY 1 LIMIT %s
""",
    "postgresql": """
SELECT member_id FROM rounds_rosterentry WHERE round_id = %s
    AND member_id NOT IN (SELECT member_id FROM organisation_membership WHERE ends_on IS NULL)
LIMIT %s
""",
}
_PRESENT = """
SELECT COUNT(*) FROM organisation_membership membership
WHERE membership.starts_on <= %s AND (membership.ends_on IS NULL OR membership.ends_on >= %s)
    AND membership.member_id NOT IN (SELECT id FROM people_member WHERE is_active = FALSE)
"""
_AND_MOVED = """
AND membership.starts_on > %s AND EXISTS (
    SELECT 1 FROM rounds_rosterentry entry WHERE entry.round_id = %s AND entry.member_id = membership.member_id
)
"""


_changes: organisation.Memory[RosterChanges] = organisation.Memory(most=50)


def changes_since(round_id: str, *, at: datetime, however_many: bool = True) -> RosterChanges | None:
    """Who joined, left, moved or was erased since the roster was fixed: numbers, for which everybody is read.

    None, where more are asked or here than every view of a page may compare, unless it is asked for `however_many`.
    """
    row = Round.objects.get(pk=round_id)
    on, fixed_on = organisation.today(at), organisation.today(row.at)
    here, asked = _here(row, on=on), RosterEntry.objects.filter(round_id=round_id)
    if not however_many and (_are_many(asked) or _are_many(here)):
        return None
    return _changes.get((round_id, on, fixed_on), lambda: _changed(row, on=on, fixed_on=fixed_on))


def _changed(row: Round, *, on: date, fixed_on: date) -> RosterChanges:
    round_id, here = row.pk, _here(row, on=on)
    asked = RosterEntry.objects.filter(round_id=round_id)
    left_out = NotAsked.objects.filter(round_id=round_id)
    number, numbers = asked.count(), None
    if Node.objects.filter(pk=row.node_id, parent=None).exists():
        numbers = _since_of_everybody(round_id, number, on=on, fixed_on=fixed_on)
    present, known, moved = numbers or _since(here, asked, fixed_on=fixed_on)
    # Those whom the round could not ask are fewer than five: of five there would have been a unit.
    left_ids = list(left_out.values_list("member_id", flat=True))
    for starts_on in here.filter(member_id__in=left_ids).values_list("starts_on", flat=True) if left_ids else ():
        known += 1
        moved += starts_on > fixed_on
    counted = RoundUnit.objects.filter(round_id=round_id).aggregate(size=Sum("size"))["size"] or 0
    return RosterChanges(
        joined=present - known, left=number + len(left_ids) - known, moved=moved, erased=counted - number
    )


def _since(here: QuerySet[Membership], asked: QuerySet[RosterEntry], *, fixed_on: date) -> tuple[int, int, int]:
    """How many are here, how many of them are on the roster, and how many of these moved. Looks at each of them."""
    numbers = here.annotate(is_asked=Exists(asked.filter(member=OuterRef("member_id")))).aggregate(
        present=Count("pk"),
        known=Count("pk", filter=Q(is_asked=True)),
        moved=Count("pk", filter=Q(is_asked=True, starts_on__gt=fixed_on)),
    )
    return numbers["present"], numbers["known"], numbers["moved"]


def _since_of_everybody(round_id: str, number: int, *, on: date, fixed_on: date) -> tuple[int, int, int] | None:
    """The same of the whole organisation, by looking at those alone who may have left. None, where these are many.

    `number` is how many the round asks.

    Whoever is on the roster and has a place without an end is here, unless it begins later or they were deactivated.
    """
    asked = RosterEntry.objects.filter(round_id=round_id)
    with connection.cursor() as cursor:
        cursor.execute(_WITHOUT_A_PLACE[connection.vendor], [round_id, COMPARED_AT_ONCE + 1])
        without = {row[0] for row in cursor.fetchall()}
        cursor.execute(
            "SELECT member_id FROM organisation_membership WHERE starts_on > %s LIMIT %s", [on, COMPARED_AT_ONCE + 1]
        )
        later = {row[0] for row in cursor.fetchall()}
        cursor.execute(_PRESENT, [on, on])
        present: int = cursor.fetchone()[0]
        cursor.execute(_PRESENT + _AND_MOVED, [on, on, fixed_on, round_id])
        moved: int = cursor.fetchone()[0]
    if max(len(without), len(later)) > COMPARED_AT_ONCE:
        return None
    stands = Membership.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=on), starts_on__lte=on, member=OuterRef("member_id"), member__is_active=True
    )
    gone = asked.filter(~Exists(stands), member_id__in=without | later)
    deactivated = asked.filter(member__in=Member.objects.filter(is_active=False)).exclude(member_id__in=without | later)
    return present, number - gone.count() - deactivated.count(), moved


def _are_many(rows: QuerySet[RosterEntry] | QuerySet[Membership]) -> bool:
    return rows[: COMPARED_AT_ONCE + 1].count() > COMPARED_AT_ONCE


def _here(row: Round, *, on: date) -> QuerySet[Membership]:
    return Membership.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=on),
        starts_on__lte=on,
        member__is_active=True,
        node_id__in=inside(row.node_id),
    )


def _by_name(unit: tuple[str, int | None, int | None]) -> str:
    return unit[0].casefold()


_ONE_NODE = len(json.dumps(["0" * 32]))


def _units_of(round_id: str) -> Iterator[tuple[tuple[str, ...], str, int]]:
    """(ids of its nodes, name, people) of each unit, by hand: through models ten thousand take most of the time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT node_ids, name, size FROM rounds_roundunit WHERE round_id = %s", [round_id])
        for node_ids, name, size in cursor.fetchall():
            # Nearly all are one node, whose list is read without a parser.
            yield (node_ids[2:-2],) if len(node_ids) == _ONE_NODE else tuple(json.loads(node_ids)), name, size


@dataclass(frozen=True, slots=True)
class _Comparison:
    """The units of today beside those of the round: as much of `Renewal` as follows from rosters and tree."""

    units: tuple[UnitSize, ...]
    more_units: int
    not_asked: int
    can_be: bool


_comparisons: organisation.Memory[_Comparison] = organisation.Memory(most=10)


def plan_renewal(round_id: str, *, at: datetime) -> Renewal:
    """What `renew_round` would publish now. Writes nothing; for looking only, as `outline_round` is."""
    row, on = Round.objects.get(pk=round_id), organisation.today(at)
    compared = _comparisons.get((round_id, on), lambda: _compare(round_id, row.node_id, on))
    opens_at, closes_at = _dates(row, at)
    return Renewal(
        units=compared.units,
        more_units=compared.more_units,
        not_asked=compared.not_asked,
        opens_at=opens_at,
        closes_at=closes_at,
        opens_later=opens_at > row.opens_at,
        can_be=compared.can_be,
    )


def _compare(round_id: str, node_id: str, on: date) -> _Comparison:
    plan = services.outline_round(node_id=node_id, on=on).plan
    then = {unit.node_ids: (unit.name, unit.size) for unit in plan.joined}
    alone = dict(plan.alone)
    # (name, people before, people after) of each unit: those that change, and those that stay.
    changed: list[tuple[str, int | None, int | None]] = []
    same: list[tuple[str, int | None, int | None]] = []
    for node_ids, name, before in _units_of(round_id):
        if len(node_ids) == 1 and (node := alone.pop(node_ids[0], None)):
            (same if before == node.size else changed).append((node.name, before, node.size))
        else:
            new_name, after = then.pop(node_ids, (name, None))
            (same if before == after else changed).append((new_name, before, after))
    changed += [(name, None, after) for name, after in then.values()]
    changed += [(node.name, None, node.size) for node in alone.values()]
    number = len(changed) + len(same)
    if number <= UNITS_SHOWN:
        # All by name where a page has room for all.
        changed, same = changed + same, []
    first = nsmallest(UNITS_SHOWN, changed, key=_by_name)
    first += nsmallest(UNITS_SHOWN - len(first), same, key=_by_name)
    return _Comparison(
        units=tuple(UnitSize(name, before, after) for name, before, after in first),
        more_units=max(0, number - UNITS_SHOWN),
        not_asked=plan.not_asked_size,
        can_be=bool(plan.count),
    )


def _dates(row: Round, at: datetime) -> tuple[datetime, datetime]:
    """The dates of the round; later by as much as the notice that members were promised needs, and as long."""
    opens_at = max(row.opens_at, at + choices.notice())
    return opens_at, opens_at + (row.closes_at - row.opens_at)


def renew_round(*, round_id: str, by: object | None, at: datetime) -> Round:
    """Withdraw the round, which is not open yet, and publish it again with today's people.

    Guarantees: both or neither. The note that withdraws the one and the plan of the other are one transaction; what
    follows from each, `void` in the log and the new manifest, is finished by the worker where this process is killed.
    The withdrawn round never opens. Sent twice, it renews once.
    Raises: RoundRefused, and what `publish_round` raises.
    """
    with ballots.key_directory().alone(round_id):
        row = Round.objects.select_related("publication", "opening", "close_request", "ending").get(pk=round_id)
        stopped = hasattr(row, "opening") or hasattr(row, "close_request") or hasattr(row, "ending")
        # The log first: an opening that was cut off has said so there and nowhere else.
        if stopped or not hasattr(row, "publication") or publiclog.find("opened", round_id) is not None:
            raise CannotRenew
        opens_at, closes_at = _dates(row, at)
        return services.publish_round(
            node_id=row.node_id,
            instrument_id=row.instrument_id,
            opens_at=opens_at,
            closes_at=closes_at,
            by=by,
            at=at,
            kind=row.kind,
            early_close=bool(row.policy["early_close"]),
            asks_comments=row.asks_comments and choices.may_ask_for_comments(),
            replaces=round_id,
        )
