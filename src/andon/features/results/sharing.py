"""A unit's colours shown to people above it: proposed by one of the unit, and kept from them by any other."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.paginator import Page, Paginator
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from andon.features.instruments import public as instruments
from andon.features.releases import public as releases
from andon.features.results import queries
from andon.features.results.models import NotShared, SharedColours
from andon.features.rounds import public as rounds
from andon.foundation.audit import public as audit
from andon.foundation.organisation import public as organisation
from andon.foundation.people.models import Member
from andon.kernel import disclosure

# Between the proposal and the day on which others see the colours.
TIME_TO_SAY_NO = timedelta(days=7)
# With fewer ballots a colour is kept as soon as anybody was silent, came or left: a new one says that nobody did.
NEW_WITH_A_MARGIN = 10
# How many units of a spread must stay unshared, so that nothing which is left over tells of fewer.
LEAST_LEFT = disclosure.LEAST_UNITS
# Of what is shared with somebody the newest so many are looked at.
MOST_SHARED = 500
UNITS_ON_A_PAGE = 50


class SharingRefused(ValueError):
    """The colours of this round cannot be proposed for sharing as asked; the text says why, and what to do."""


class ProposedAlready(SharingRefused):
    def __init__(self) -> None:
        super().__init__(_("It was proposed already for this round. Your unit's result says what became of it."))


class TooFewLeft(SharingRefused):
    def __init__(self) -> None:
        super().__init__(
            _(
                "This round also shows how many teams stand where. With more teams sharing, those of the others could "
                "be worked out, so the colours stay with you."
            )
        )


class SharedBeforeRestore(SharingRefused):
    def __init__(self) -> None:
        super().__init__(
            _(
                "This service was restored from a backup since this round. Which teams had shared their colours until "
                "then is not known any more, and with more of them those of the others could be worked out. The "
                "colours stay with you."
            )
        )


@dataclass(frozen=True, slots=True)
class Sharing:
    """What became of the proposal to share one unit's colours, as the unit sees it. `by` is empty where they were
    erased. Holds nothing about who said no."""

    by: str
    node_name: str
    shared_from: date
    is_off: bool
    # Whether the teams of the unit still lie below the node; else nobody there sees the colours.
    is_below: bool
    is_seen: bool


@dataclass(frozen=True, slots=True)
class SharedWithMe:
    """What somebody above sees of a unit: its name, the round, and a colour for each facet. Nothing else."""

    unit_name: str
    round: rounds.RoundView
    title: queries.Wording
    node_name: str
    facets: tuple[tuple[queries.Wording, disclosure.Band], ...]
    # What the four colours are called: see `instruments.Instrument.words`.
    words: str


def colours(
    instrument: instruments.Instrument, release: disclosure.UnitRelease
) -> tuple[tuple[queries.Wording, disclosure.Band], ...]:
    """The colour of each facet that may be shared. Nothing of a facet that the unit itself is shown nothing new about:
    a colour that was kept would need to say so, and thereby that somebody was silent, came or left."""
    lines = queries.facet_lines(instrument, release) if release.reason is None else ()
    return tuple((line.name, line.band) for line in lines if line.index is not None and line.band is not None)


def colours_of(own: queries.Own) -> tuple[tuple[queries.Wording, disclosure.Band], ...]:
    instrument = instruments.load(own.round.instrument_id, own.round.instrument_version)
    return colours(instrument, own.part.release)


def is_by_level(own: queries.Own) -> bool:
    """Whether the four colours are called low to high."""
    return queries.words_of(instruments.load(own.round.instrument_id, own.round.instrument_version)) == "level"


def choices_for(own: queries.Own) -> list[tuple[str, str]]:
    """(id, name) of the nodes above the unit, the nearest first; empty where a team of it was retired. Two queries.

    Where several teams are counted together these are the nodes that all of them belong to.
    """
    node_ids = own.unit.node_ids
    if organisation.in_use(node_ids) != node_ids:
        return []
    lines = list(organisation.paths_of(node_ids).values())
    shared = set.intersection(*({step.id for step in line} for line in lines)) - _itself(node_ids)
    return [(step.id, step.name) for step in reversed(lines[0]) if step.id in shared]


def _itself(node_ids: frozenset[str]) -> frozenset[str]:
    """A team is not above itself. A node whose own people are counted with a team below it is above that team."""
    return node_ids if len(node_ids) == 1 else frozenset()


def sharing_of(own: queries.Own, *, on: date) -> Sharing | None:
    """None while nobody proposed it. One query, three where somebody did."""
    row = SharedColours.objects.select_related("by", "no").filter(unit_id=own.unit.id).first()
    if row is None:
        return None
    paths = organisation.paths_of({*own.unit.node_ids, row.node_id})
    is_off, is_below = hasattr(row, "no"), _lies_below(own.unit.node_ids, row.node_id, paths)
    return Sharing(
        by=(row.by.name or row.by.label) if row.by else "",
        node_name=_name_of(row.node_id, paths),
        shared_from=row.shared_from,
        is_off=is_off,
        is_below=is_below,
        is_seen=not is_off and is_below and row.shared_from <= on,
    )


Paths = Mapping[str, Collection[organisation.Step]]


def _lies_below(node_ids: frozenset[str], node_id: str, paths: Paths) -> bool:
    in_use = organisation.in_use(node_ids)
    return _all_below(node_ids, node_id, paths, in_use)


def _all_below(node_ids: frozenset[str], node_id: str, paths: Paths, in_use: Collection[str]) -> bool:
    return all(one in in_use and any(step.id == node_id for step in paths.get(one, ())) for one in node_ids)


def _name_of(node_id: str, paths: Paths) -> str:
    return next((step.name for step in paths.get(node_id, ()) if step.id == node_id), "")


def may_be_proposed(own: queries.Own) -> bool:
    """Whether there are colours to share and a node to share them with, and nobody proposed it yet."""
    return bool(colours_of(own)) and not SharedColours.objects.filter(unit_id=own.unit.id).exists()


@dataclass(frozen=True, slots=True)
class Room:
    """The lowest group above a unit whose spread is shown, and how many of its units may still share their colours.

    Spreads count every unit of a group. What is shared is subtracted from them, so of the units that are in the group
    and in no shown group of it, ten stay unshared. Colours that were seen once stay subtracted.
    """

    spread_node: str
    places: int | None


def room_for(own: queries.Own) -> Room:
    """At most nine queries."""
    above = rounds.groups_holding(own.unit.id)
    shown = _units_in_spreads(own.round.id, above)
    spread_node = next((node_id for node_id in above if node_id in shown), "")
    if not spread_node:
        return Room("", None)
    inside = _units_in_spreads(own.round.id, rounds.groups_directly_in(own.round.id, spread_node))
    rows = SharedColours.objects.filter(round_id=own.round.id, spread_node=spread_node)
    taken = rows.exclude(no__was_seen=False).count()
    return Room(spread_node, shown[spread_node] - sum(inside.values()) - LEAST_LEFT - taken)


def _was_before_a_restore(own: queries.Own) -> bool:
    """Whether what was shared of this round may have been forgotten: a restore ends every round that is open."""
    restored_at = audit.newest("backup.restored")
    return restored_at is not None and own.round.opens_at <= restored_at


def _units_in_spreads(round_id: str, node_ids: Collection[str]) -> dict[str, int]:
    """How many units each of these groups counts, where its spread is shown."""
    found = releases.groups_shown(round_id, node_ids) if node_ids else {}
    return {node_id: part.release.units for node_id, part in found.items() if part.release.units is not None}


def propose(*, own: queries.Own, node_id: str, by: Member, on: date) -> None:
    """Propose to share this round's colours with the people of a node above, seven days later. One transaction.

    Nothing about it is written into the change log: every member reads that, and would learn from a proposal that
    came to nothing that somebody of the unit said no.
    Raises: Http404 where there are no colours to share, or the node is not above; ProposedAlready;
    SharedBeforeRestore; TooFewLeft.
    """
    if not colours_of(own) or node_id not in dict(choices_for(own)):
        raise Http404
    try:
        with transaction.atomic(using="default"):
            # Two units that propose at once are one after the other: the second counts the first.
            releases.hold(own.round.id)
            room = room_for(own)
            if SharedColours.objects.filter(unit_id=own.unit.id).exists():
                raise ProposedAlready
            if room.places is not None and _was_before_a_restore(own):
                raise SharedBeforeRestore
            if room.places is not None and room.places < 1:
                raise TooFewLeft
            SharedColours.objects.create(
                round_id=own.round.id,
                unit_id=own.unit.id,
                node_id=node_id,
                shared_from=on + TIME_TO_SAY_NO,
                spread_node=room.spread_node,
                by=by,
            )
    except IntegrityError:
        raise ProposedAlready from None


def say_no(*, own: queries.Own, on: date) -> None:
    """Keep this round's colours with the unit, for good; where they were shared, take them back at once.

    Takes nobody: who said no is not known here, so that it cannot be kept. May be repeated.
    Raises: Http404 where nobody proposed it.
    """
    row = SharedColours.objects.filter(unit_id=own.unit.id).first()
    if row is None:
        raise Http404
    NotShared.objects.get_or_create(shared=row, defaults={"was_seen": row.shared_from <= on})


def take_back_all(*, on: date) -> int:
    """Keep all colours that were ever proposed with their units: how many were not, so far. May be repeated.

    For a restore: a no that came after the backup is in nobody's memory but that of whoever said it, and it was for
    good.
    """
    rows = list(SharedColours.objects.filter(no=None))
    NotShared.objects.bulk_create(
        (NotShared(shared=row, was_seen=row.shared_from <= on) for row in rows), batch_size=500, ignore_conflicts=True
    )
    return len(rows)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A proposal in a unit that the member was asked in, which others will see the colours by."""

    round_id: str
    opens_at: datetime
    node_name: str
    shared_from: date


def waiting_for(member: Member, *, on: date) -> Waiting | None:
    """The next proposal that the member may still say no to before anybody sees anything. One query; three if any."""
    rows = SharedColours.objects.filter(unit_id__in=rounds.unit_ids_of(member), shared_from__gt=on, no=None)
    row = rows.order_by("shared_from", "pk").first()
    view = rounds.find(row.round_id) if row else None
    if row is None or view is None:
        return None
    node_name = _name_of(row.node_id, organisation.paths_of([row.node_id]))
    return Waiting(row.round_id, view.opens_at, node_name, row.shared_from)


def _shared_with(line: Collection[str], *, on: date) -> QuerySet[SharedColours]:
    """What people with these nodes above them may see by now, if its teams still lie there."""
    return SharedColours.objects.filter(node_id__in=line, shared_from__lte=on, no=None)


def _line_of(member: Member, *, on: date) -> list[str]:
    """The node that the member belongs to today, and all above it; empty for somebody in no team."""
    place = organisation.place_of(member.pk, on=on)
    return [step.id for step in organisation.paths_of([place.node_id])[place.node_id]] if place else []


def is_shared_with(member: Member, *, on: date) -> bool:
    """Whether it is worth looking. At most four queries."""
    line = _line_of(member, on=on)
    return bool(line) and _shared_with(line, on=on).exists()


@dataclass(frozen=True, slots=True)
class SharedPage:
    """What is shared with somebody, and which of how many pages it is."""

    units: tuple[SharedWithMe, ...]
    page: Page[SharedColours]


def shared_with(member: Member, *, on: date, page: str) -> SharedPage:
    """A page of what is shared with the member, by the names of units, never by colours. A bounded number of queries.

    Guarantees: only of units that still lie below the node they chose, for those who belong there today; computed as
    the unit's own report is, from what is released.
    Does not: reach what somebody saw before it was taken back.
    """
    rows = list(_shared_with(_line_of(member, on=on), on=on).order_by("-shared_from", "-pk")[:MOST_SHARED])
    units = rounds.named_units([row.unit_id for row in rows])
    node_ids = {node_id for unit in units.values() for node_id in unit.node_ids}
    paths = organisation.paths_of({*node_ids, *(row.node_id for row in rows)})
    in_use = organisation.in_use(node_ids)
    kept = [
        row
        for row in rows
        if row.unit_id in units and _all_below(units[row.unit_id].node_ids, row.node_id, paths, in_use)
    ]
    # Sorted twice, since a sort keeps what is equal in its order: of one unit the newest round first.
    kept.sort(key=lambda row: units[row.unit_id].opens_at, reverse=True)
    kept.sort(key=lambda row: units[row.unit_id].name.casefold())
    found: Page[SharedColours] = Paginator(kept, UNITS_ON_A_PAGE).get_page(page)
    views = rounds.find_all([row.round_id for row in found])
    figures = releases.figures_shown({row.unit_id: row.round_id for row in found})
    told = (
        _told(units[row.unit_id].name, views[row.round_id], _name_of(row.node_id, paths), figures[row.unit_id])
        for row in found
        if row.round_id in views and row.unit_id in figures
    )
    return SharedPage(tuple(one for one in told if one.facets), found)


def _told(name: str, view: rounds.RoundView, node_name: str, release: disclosure.UnitRelease) -> SharedWithMe:
    instrument = instruments.load(view.instrument_id, view.instrument_version)
    return SharedWithMe(
        unit_name=name,
        round=view,
        title=queries.in_words(instrument.title),
        node_name=node_name,
        facets=colours(instrument, release),
        words=queries.words_of(instrument),
    )


def traces_of(member: Member) -> list[tuple[str, date]]:
    """(the round in words, day) of each proposal by the member. For what is held about them."""
    rows = list(SharedColours.objects.filter(by=member).order_by("shared_from", "pk"))
    views = rounds.find_all([row.round_id for row in rows])
    return [(views[row.round_id].words, row.shared_from - TIME_TO_SAY_NO) for row in rows if row.round_id in views]
