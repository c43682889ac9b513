"""Correcting a round before it opens: it is withdrawn in the public log, and published again with today's people.

A roster that is published is never changed. A round that was opened is never withdrawn.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from andon.features.ballots import public as ballots
from andon.features.publiclog import public as publiclog
from andon.features.rounds import choices, services
from andon.features.rounds.models import NotAsked, RosterEntry, Round, RoundUnit
from andon.foundation.organisation import public as organisation
from andon.foundation.organisation.models import Membership
from andon.foundation.organisation.walking import inside

# Of more people than this, a comparison with today's is made when somebody asks for it, not whenever a page is seen.
COMPARED_AT_ONCE = 2_000
UNITS_SHOWN = 200


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

    def __bool__(self) -> bool:
        return bool(self.joined or self.left or self.moved)


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


def changes_since(round_id: str, *, at: datetime, however_many: bool = True) -> RosterChanges | None:
    """Who joined, left or changed team or role since the roster was fixed: three counts, which read everybody.

    None, where more are asked or here than every view of a page may compare, unless it is asked for `however_many`.
    """
    row = Round.objects.get(pk=round_id)
    on, fixed_on = organisation.today(at), organisation.today(row.at)
    here = _here(row, on=on)
    asked = RosterEntry.objects.filter(round_id=round_id)
    left_out = NotAsked.objects.filter(round_id=round_id)
    if not however_many and (_are_many(asked) or _are_many(here)):
        return None

    def gone(entries: QuerySet[RosterEntry] | QuerySet[NotAsked]) -> int:
        return entries.filter(~Exists(here.filter(member=OuterRef("member_id")))).count()

    this = {"member": OuterRef("member_id")}
    numbers = here.annotate(known=Q(Exists(asked.filter(**this))) | Q(Exists(left_out.filter(**this)))).aggregate(
        joined=Count("pk", filter=Q(known=False)),
        moved=Count("pk", filter=Q(known=True, starts_on__gt=fixed_on)),
    )
    return RosterChanges(joined=numbers["joined"], left=gone(asked) + gone(left_out), moved=numbers["moved"])


def _are_many(rows: QuerySet[RosterEntry] | QuerySet[Membership]) -> bool:
    return rows[: COMPARED_AT_ONCE + 1].count() > COMPARED_AT_ONCE


def _here(row: Round, *, on: date) -> QuerySet[Membership]:
    return Membership.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=on),
        starts_on__lte=on,
        member__is_active=True,
        node_id__in=inside(row.node_id),
    )


def plan_renewal(round_id: str, *, at: datetime) -> Renewal:
    """What `renew_round` would publish now. Writes nothing."""
    row = Round.objects.get(pk=round_id)
    plan = services.plan_round(node_id=row.node_id, on=organisation.today(at))
    before = {
        tuple(sorted(node_ids)): (name, people)
        for node_ids, name, people in RoundUnit.objects.filter(round_id=round_id)
        .annotate(people=Count("roster"))
        .values_list("node_ids", "name", "people")
    }
    after = {unit.node_ids: (unit.name, len(unit.members)) for unit in plan.units}
    units = [
        UnitSize(
            name=(after.get(key) or before[key])[0],
            before=before[key][1] if key in before else None,
            after=after[key][1] if key in after else None,
        )
        for key in before.keys() | after.keys()
    ]
    # All by name where a page has room for all.
    many = len(units) > UNITS_SHOWN
    units.sort(key=lambda unit: (many and unit.before == unit.after, unit.name.casefold()))
    opens_at, closes_at = _dates(row, at)
    return Renewal(
        units=tuple(units[:UNITS_SHOWN]),
        more_units=max(0, len(units) - UNITS_SHOWN),
        not_asked=len(plan.not_asked),
        opens_at=opens_at,
        closes_at=closes_at,
        opens_later=opens_at > row.opens_at,
        can_be=bool(after),
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
            early_close=bool(row.policy["early_close"]),
            replaces=round_id,
        )
