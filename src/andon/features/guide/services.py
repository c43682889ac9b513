"""Taking a practice up for a team, and saying what became of it."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from andon.features.guide.models import TakenUp
from andon.features.guide.shipped import guide
from andon.foundation.organisation import public as organisation
from andon.foundation.people.models import Member


class NoSuchPractice(Exception):
    """The guide has no practice of this id. Nothing was changed."""


class NoTeam(Exception):
    """The member belongs to no team on that day, or to another one. Nothing was changed."""


class NotUnderWay(Exception):
    """The entry is absent, of another team, or settled already. Nothing was changed."""


def take_up(*, practice_id: str, by: Member, named: bool, on: date) -> bool:
    """The member's team tries the practice from this day on; False where it does so already, which changes nothing.

    Guarantees: who took it up is stored only where `named` is true.
    Raises: NoSuchPractice, NoTeam.
    """
    if guide().practice(practice_id) is None:
        raise NoSuchPractice
    place = organisation.place_of(by.pk, on=on)
    if place is None:
        raise NoTeam
    _row, is_new = TakenUp.objects.get_or_create(
        practice_id=practice_id,
        team_id=place.node_id,
        settled_on=None,
        defaults={"on": on, "by": by if named else None},
    )
    return is_new


def settle(*, entry_id: str, outcome: TakenUp.Outcome, by: Member, on: date) -> None:
    """The team kept the practice, or ended it. Whoever belongs to it may say so; who did is not stored.

    Raises: NotUnderWay.
    """
    with transaction.atomic(using="default"):
        row = TakenUp.objects.select_for_update().filter(pk=entry_id, settled_on=None).first()
        place = organisation.place_of(by.pk, on=on)
        if row is None or place is None or row.team_id != place.node_id:
            raise NotUnderWay
        row.settled_on, row.outcome = on, outcome
        row.save(update_fields=["settled_on", "outcome"])


def unname(*, entry_id: str, by: Member) -> bool:
    """The member takes their own name off an entry. False where it is not on it."""
    return bool(TakenUp.objects.filter(pk=entry_id, by=by).update(by=None))
