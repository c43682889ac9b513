"""Who left long ago is erased, what was written long ago deleted, and neither left behind in a file."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django_tasks import task
from django_tasks.base import Task

from andon.features.ballots import public as ballots
from andon.features.privacy import services
from andon.foundation.jobs.public import on, register_due


@task()
def erase_left() -> None:
    services.erase_left(timezone.now())


@task()
def forget_comments() -> None:
    services.forget_comments(timezone.now())


@task()
def empty_log() -> None:
    """A log that is read without a pause stays until the database reuses it, or until the next time."""
    ballots.empty_write_ahead_log("default")


def enqueue_emptying() -> None:
    empty_log.enqueue()


def due(now: datetime) -> Iterable[tuple[str, Task, Sequence[Any]]]:
    if any(True for _member in services.left_long_ago(now)):
        yield "retention", erase_left, ()
    if services.comments_of_long_ago(now):
        yield "comments", forget_comments, ()


def register() -> None:
    register_due("privacy.retention", due)
    on("rows.forgotten", enqueue_emptying)
