"""What becomes due: rounds of schedules, and letters."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone
from django_tasks import task

from andon.features.cadence import choices, letters, services
from andon.features.cadence.models import LetterKind, Schedule
from andon.foundation.jobs import public as jobs
from andon.foundation.organisation import public as organisation


@task()
def carry_out(schedule_id: str) -> None:
    services.carry_out(schedule_id=schedule_id, now=timezone.now())


@task()
def write_letters(round_id: str, kind: str) -> None:
    letters.write_letters(round_id=round_id, kind=LetterKind(kind))


@task()
def send_letters() -> None:
    letters.send_some(timezone.now())


def _due(now: datetime) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    looked_at = Schedule.objects.filter(look_on__lte=organisation.today(now))
    for schedule_id in looked_at.values_list("pk", flat=True)[:100]:
        yield f"schedule/{schedule_id}", carry_out, (schedule_id,)
    if not choices.letters_are_sent():
        return
    for round_id, kind in letters.wanted(now):
        yield f"letters/{round_id}", write_letters, (round_id, kind.value)
    if letters.may_be_sent(now):
        yield "letters", send_letters, ()


def register() -> None:
    jobs.register_due("cadence", _due)
