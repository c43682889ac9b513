"""What teams took up, as frozen values."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from andon.features.guide.model import Practice
from andon.features.guide.models import TakenUp
from andon.features.guide.shipped import guide
from andon.foundation.people.models import Member


@dataclass(frozen=True, slots=True)
class Entry:
    """A practice that a team took up. `practice` is None where the guide no longer has it.

    `by` is the name of whoever began it and chose to be named, else empty; `by_id` is who that is, so that they can
    take it back.
    `settled_on` is None while the team tries it; then `outcome` is empty, and "kept" or "ended" afterwards.
    """

    id: str
    practice: Practice | None
    practice_id: str
    team_id: str
    team: str
    on: date
    by: str
    by_id: str
    settled_on: date | None
    outcome: str

    @property
    def is_running(self) -> bool:
        return self.settled_on is None


def taken_up_in(team_ids: Collection[str]) -> tuple[Entry, ...]:
    """Everything that these teams took up, the newest first. One query, none where there are no teams."""
    if not team_ids:
        return ()
    return _entries(TakenUp.objects.filter(team_id__in=list(team_ids)))


def named_in(member: Member) -> tuple[Entry, ...]:
    """The entries under which the member is named."""
    return _entries(TakenUp.objects.filter(by=member))


def _entries(rows: QuerySet[TakenUp]) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            id=row.pk,
            practice=guide().practice(row.practice_id),
            practice_id=row.practice_id,
            team_id=row.team_id,
            team=row.team.name,
            on=row.on,
            by=row.by.name or row.by.email if row.by else "",
            by_id=row.by.key if row.by else "",
            settled_on=row.settled_on,
            outcome=row.outcome,
        )
        for row in rows.select_related("team", "by").order_by("-on", "practice_id", "pk")
    )
