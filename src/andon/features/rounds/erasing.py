"""Somebody leaves every roster, and everybody else can go on checking theirs."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from andon.features.rounds.models import NotAsked, RosterEntry, RoundUnit
from andon.foundation.people.models import Member
from andon.kernel import manifest


def erase_member(*, member_id: UUID, at: datetime) -> None:
    """Destroy the label and its salt on every roster, and the rows that say who was asked. May be repeated.

    Guarantees: all or nothing; units, leaves, counts, slot lists, releases and the public log stay as they are. In a
    round published by this version the place keeps its hash, so that the roster opens for everybody else; a roster of
    version 0.1.0 can no longer be opened, and says so.
    Does not: reach what others took home: unit files that were downloaded, and browsers that were shown the roster.
    Works at any time, also while a round is open. A slip that was given stays one: nobody knows whose it is.
    """
    del at  # Nothing that is kept says when.
    with transaction.atomic(using="default"):
        entries = list(RosterEntry.objects.filter(member_id=member_id))
        # In one order, so that two erasures at once wait for each other instead of for ever.
        units = RoundUnit.objects.select_for_update().filter(pk__in=[entry.unit_id for entry in entries]).order_by("pk")
        seat_of = {entry.unit_id: entry.seat for entry in entries}
        for unit in units:
            unit.members = _without(unit, seat_of[unit.pk], member_id)
            unit.save(update_fields=["members"])
        RosterEntry.objects.filter(member_id=member_id).delete()
        NotAsked.objects.filter(member_id=member_id).delete()


def _without(unit: RoundUnit, seat: str, member_id: UUID) -> list[object]:
    if not seat:
        gone = _labels_of(unit, member_id)
        return [None if label in gone else label for label in unit.members]
    seats = map(manifest.Seat.parse, unit.members)
    return [(found.erased() if found.hash == seat else found).to_wire() for found in seats]


def _labels_of(unit: RoundUnit, member_id: UUID) -> set[str]:
    """Which label of a roster of version 0.1.0 is the member's, who may have another name or address by now.

    Where neither fits, it is one of those that nobody else on the roster answers to, and all of these go.
    """
    listed = [label for label in unit.members if label is not None]
    people = Member.objects.filter(pk__in=RosterEntry.objects.filter(unit=unit).values("member_id"))
    claimed: set[str] = set()
    own: set[str] = set()
    for person in people:
        fits = {label for label in listed if label == person.label}
        fits = fits or {label for label in listed if label.endswith(f"<{person.email}>")}
        if person.pk == member_id:
            own = fits
        else:
            claimed |= fits
    return own or set(listed) - claimed
