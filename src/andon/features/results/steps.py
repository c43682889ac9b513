"""One agreed step: what a unit wants to try before it is asked again, who sees to it, and what became of it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from andon.features.results.models import AgreedStep, StepOutcome
from andon.features.results.queries import Own
from andon.features.rounds import public as rounds
from andon.foundation.organisation import public as organisation
from andon.foundation.people.models import Member


class StepRefused(ValueError):
    """A step cannot be agreed on or ended as asked; the text says why, and what to do."""


class StepEnded(StepRefused):
    def __init__(self) -> None:
        super().__init__(_("What became of this step is written down already, so it stays as it is."))


class NotOfThisUnit(StepRefused):
    def __init__(self) -> None:
        super().__init__(_("Choose somebody who was asked together with you."))


@dataclass(frozen=True, slots=True)
class Step:
    """A step as its unit sees it. `owner` is empty where whoever saw to it was erased."""

    round_id: str
    words: str
    owner: str
    owner_id: UUID | None
    due_on: date
    outcome: str
    outcome_words: str
    ended_on: datetime | None

    @property
    def is_past(self) -> bool:
        """Whether the day on which it was to be looked at again is over, or it is said what became of it."""
        return bool(self.outcome) or self.due_on < organisation.today()


@dataclass(frozen=True, slots=True)
class EarlierStep:
    """What a unit agreed on after an earlier round, which was asked from that day on."""

    step: Step
    asked_on: date
    # Whether that round is the unit's last before this one.
    is_of_last_time: bool


def _told(row: AgreedStep) -> Step:
    outcome: StepOutcome | None = getattr(row, "outcome", None)
    return Step(
        round_id=row.round_id,
        words=row.words,
        owner=(row.owner.name or row.owner.label) if row.owner else "",
        owner_id=row.owner_id,
        due_on=row.due_on,
        outcome=outcome.kind if outcome else "",
        outcome_words=outcome.words if outcome else "",
        ended_on=outcome.at if outcome else None,
    )


def steps_around(own: Own) -> tuple[EarlierStep | None, Step | None]:
    """(what the unit agreed on after an earlier round, after this one). Two queries, and two more for the earlier.

    The earlier one is the newest of those before. A unit is the same where the same teams are counted together.
    """
    rows = AgreedStep.objects.select_related("owner", "outcome").filter(known_by=own.unit.known_by)
    here = rows.filter(round_id=own.round.id, unit_id=own.unit.id).first()
    # A step is written after its round closed, so its moment tells which report it stands in.
    earlier = rows.filter(at__lt=own.round.ended_at or own.round.closes_at).exclude(round_id=own.round.id)
    before = earlier.order_by("-at").first()
    return (_earlier(before, own) if before else None), (_told(here) if here else None)


def _earlier(row: AgreedStep, own: Own) -> EarlierStep:
    asked, last = rounds.find(row.round_id), rounds.last_released_before(own.unit, own.round)
    return EarlierStep(
        _told(row),
        timezone.localdate(asked.opens_at if asked else row.at),
        is_of_last_time=last is not None and last.id == row.round_id,
    )


def agree_on_step(*, own: Own, words: str, owner_id: UUID, due_on: date, by: Member, at: datetime) -> None:
    """Write down the step of this report, or change it while nothing is written about what became of it.

    Raises: NotOfThisUnit, where the owner was not asked in this unit or is not here any more; StepEnded.
    """
    if owner_id not in dict(rounds.asked_with(by, own.round.id)):
        raise NotOfThisUnit
    with transaction.atomic(using="default"):
        row = AgreedStep.objects.select_for_update().filter(round_id=own.round.id, unit_id=own.unit.id).first()
        if row is not None and StepOutcome.objects.filter(step=row).exists():
            raise StepEnded
        values: dict[str, Any] = {"words": words, "owner_id": owner_id, "due_on": due_on, "by": by, "at": at}
        # Two who write at once are one after the other: the unique pair of round and unit holds the second up.
        AgreedStep.objects.update_or_create(
            round_id=own.round.id, unit_id=own.unit.id, defaults={**values, "known_by": own.unit.known_by}
        )


def end_step(*, own: Own, kind: StepOutcome.Kind, words: str, by: Member, at: datetime) -> None:
    """Write down what became of the unit's step of this round. Sent twice, the first stays.

    Raises: Http404 where there is none; StepEnded where something else is written already.
    """
    row = AgreedStep.objects.filter(round_id=own.round.id, unit_id=own.unit.id).first()
    if row is None:
        raise Http404
    outcome, is_new = StepOutcome.objects.get_or_create(
        step=row, defaults={"kind": kind, "words": words, "by": by, "at": at}
    )
    if not is_new and (outcome.kind, outcome.words) != (kind, words):
        raise StepEnded


def open_steps_of(member: Member, *, until: date) -> list[Step]:
    """What the member sees to that is due by then and nothing is written about, the first due first. One query."""
    rows = AgreedStep.objects.select_related("owner").filter(owner=member, outcome=None, due_on__lte=until)
    return [_told(row) for row in rows.order_by("due_on", "pk")]


def traces_of(member: Member) -> list[tuple[str, str, date | datetime]]:
    """(what the member did, the step's words, day) of each step that leads to them. For what is held about them."""
    found: list[tuple[str, str, date | datetime]] = [
        (_("You see to it"), row.words, row.due_on) for row in AgreedStep.objects.filter(owner=member).order_by("at")
    ]
    found += [
        (_("You wrote it down"), row.words, row.at) for row in AgreedStep.objects.filter(by=member).order_by("at")
    ]
    found += [
        (_("You wrote down what became of it"), row.words or row.step.words, row.at)
        for row in StepOutcome.objects.filter(by=member).select_related("step").order_by("at")
    ]
    return found
