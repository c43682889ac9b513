"""What becomes due: publications that were cut off, and rounds whose opening has come."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone
from django_tasks import task

from andon.features.rounds import queries, services
from andon.foundation.jobs import public as jobs


@task()
def finish_publication(round_id: str) -> None:
    services.finish_publication(round_id=round_id, at=timezone.now())


@task()
def open_round(round_id: str) -> None:
    services.open_round(round_id=round_id, at=timezone.now())


def _due(now: datetime) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    for round_id in queries.unfinished_publications():
        yield f"publish/{round_id}", finish_publication, (round_id,)
    for round_id in queries.due_to_open(now):
        yield f"open/{round_id}", open_round, (round_id,)


def register() -> None:
    jobs.register_due("rounds", _due)
