"""What becomes due, and when a failed attempt may be repeated."""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django_tasks.base import Task
from django_tasks.utils import normalize_json
from django_tasks_db.models import DBTaskResult, TaskResultStatus

from andon.foundation.jobs.failures import where_it_failed

log = logging.getLogger("andon.jobs")

Due = Callable[[datetime], Iterable[tuple[str, Task, Sequence[Any]]]]
LEAST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(minutes=10)
_registry: dict[str, Due] = {}


def register_due(name: str, due: Due) -> None:
    """Have the worker ask `due(now)` each second for `(key, task, args)` of what must be done by now.

    What is due is read from the feature's own tables, so nothing is forgotten when the worker was down.
    `key` names the thing in the log (a round's id); arguments must survive JSON and hold no secret.
    """
    if _registry.setdefault(name, due) is not due:
        raise ImproperlyConfigured(f"Two features registered due work under the name {name!r}.")


def enqueue_due(now: datetime) -> int:
    """Enqueue every due task that is neither waiting, nor running, nor resting after a failure; how many.

    Does not: start it. A registered function that fails is logged and keeps nobody else waiting.
    """
    enqueued = 0
    for name, due in tuple(_registry.items()):
        try:
            for key, task, args in due(now):
                if _may_be_enqueued(task, args, now):
                    task.enqueue(*args)
                    enqueued += 1
                    log.info("%s is due: %s", name, key)
        except Exception as error:  # noqa: BLE001
            log.error("Asking what is due for %s failed: %s", name, where_it_failed(error))
    return enqueued


def _may_be_enqueued(task: Task, args: Sequence[Any], now: datetime) -> bool:
    earlier = (
        DBTaskResult.objects.filter(
            task_path=task.module_path, args_kwargs=normalize_json({"args": list(args), "kwargs": {}})
        )
        .order_by("-enqueued_at")
        .values_list("status", "finished_at")
    )
    failures, failed_at = 0, now
    for status, finished_at in earlier[:20]:
        if status in {TaskResultStatus.READY, TaskResultStatus.RUNNING}:
            return False
        if status == TaskResultStatus.SUCCESSFUL:
            break
        failures += 1
        if failures == 1 and finished_at is not None:
            failed_at = finished_at
    return not failures or now >= failed_at + wait_after(failures)


def wait_after(failures: int) -> timedelta:
    """10 s after the first failure, twice as long after each further one, at most 10 minutes."""
    return min(LEAST_WAIT * 2 ** min(failures - 1, 10), LONGEST_WAIT)
