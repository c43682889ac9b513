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


# Of a member no more than their name is read.
_FIELDS = ("pk", "practice_id", "team_id", "team__name", "on", "by_id", "by__name", "settled_on", "outcome")


def _entries(rows: QuerySet[TakenUp]) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            id=entry_id,
            practice=guide().practice(practice_id),
            practice_id=practice_id,
            team_id=team_id,
            team=team,
            on=on,
            by=by or "",
            by_id=by_id.hex if by_id else "",
            settled_on=settled_on,
            outcome=outcome,
        )
        for entry_id, practice_id, team_id, team, on, by_id, by, settled_on, outcome in rows.order_by(
            "-on", "practice_id", "pk"
        ).values_list(*_FIELDS)
    )
