"""Rounds that are to be closed: those somebody asked for, those whose date has come, and those begun."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone
from django_tasks import task

from andon.features.closing import services
from andon.features.rounds import public as rounds
from andon.foundation.jobs import public as jobs


@task()
def close_round(round_id: str) -> None:
    asked = rounds.close_asked(round_id)
    early = asked.early if asked else False
    services.close_round(round_id=round_id, at=timezone.now(), early=early, by=None)


def _due(now: datetime) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    asked_for = {asked.round_id for asked in rounds.asked_to_close()}
    for round_id in sorted({*asked_for, *rounds.due_to_close(now), *services.unfinished()}):
        yield f"close/{round_id}", close_round, (round_id,)


def register() -> None:
    jobs.register_due("closing", _due)
