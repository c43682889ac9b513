"""Whether a worker is there, asked by processes that cannot see it."""

from datetime import datetime, timedelta

from django_tasks_db.models import DBTaskResult

from andon.foundation.jobs.models import Heartbeat

BEATS_EVERY = timedelta(seconds=15)
MISSED_AFTER = timedelta(seconds=90)
# A worker beats between tasks. The longest, a close with many units, takes minutes.
LONGEST_TASK = timedelta(hours=1)


def beat(now: datetime) -> None:
    Heartbeat.objects.update_or_create(id=1, defaults={"at": now})


def worker_is_alive(now: datetime) -> bool:
    """Whether the worker was heard of lately, or has a task in hand that it may still be working on."""
    last = Heartbeat.objects.filter(id=1).values_list("at", flat=True).first()
    if last is None:
        return False
    if now - last <= MISSED_AFTER:
        return True
    return now - last <= LONGEST_TASK and DBTaskResult.objects.running().exists()
