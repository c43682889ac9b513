"""The worker: one process that asks what is due and does it, task after task.

Guarantees: one worker per data directory (a lock that the kernel lets go of when the process dies); a task that
was running when the worker died is started again, so tasks are written to be repeated; SIGTERM lets the current
task finish; log and stored results hold no argument, no message of an error, and results go after a day.
Does not: run two tasks at the same time, nor end a task that takes too long (`andon serve` does when it stops).
"""

import fcntl
import logging
import os
import select
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.db import close_old_connections
from django.db.utils import DatabaseError
from django.utils import timezone
from django_tasks_db.management.commands.db_worker import Worker as DatabaseWorker
from django_tasks_db.models import DBTaskResult, TaskResultStatus

from andon.foundation.jobs.failures import trace_without_values, where_it_failed
from andon.foundation.jobs.heartbeat import BEATS_EVERY, beat
from andon.foundation.jobs.schedule import enqueue_due

log = logging.getLogger("andon.jobs")

TICK_SECONDS = 1.0
KEPT_AFTER_FINISH = timedelta(days=1)
PRUNE_EVERY_SECONDS = 3600
# A task that took the worker down this often is set aside as failed, and comes back as slowly as failed tasks do.
MOST_STARTS = 5


class AnotherWorker(Exception):
    """A worker already runs with this data directory."""


@contextmanager
def only_worker(data_directory: Path) -> Iterator[None]:
    """Hold the lock of the one worker. Raises: AnotherWorker."""
    descriptor = os.open(data_directory / "worker.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AnotherWorker from None
        yield
    finally:
        os.close(descriptor)


class Worker(DatabaseWorker):
    def __init__(self) -> None:
        super().__init__(
            queue_names=["*"],
            interval=0,
            batch=True,
            backend_name="default",
            startup_delay=False,
            max_tasks=1,
            worker_id=f"{os.getpid()}",
            excluded_queue_names=[],
        )
        self._wake_reader, self._wake_writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._pruned_at = -float(PRUNE_EVERY_SECONDS)
        self._beat_at = -BEATS_EVERY.total_seconds()

    def work(self) -> None:
        """Until SIGTERM or SIGINT: each second ask what is due, then do everything that waits."""
        # The library logs a failed task with the error's message, which may repeat what the task worked on.
        logging.getLogger("django_tasks").setLevel(logging.CRITICAL + 1)
        logging.getLogger("django_tasks_db").setLevel(logging.CRITICAL + 1)
        signal.set_wakeup_fd(self._wake_writer)
        signal.signal(signal.SIGTERM, self._finish)
        signal.signal(signal.SIGINT, self._finish)
        put_back_interrupted()
        log.info("The worker is ready.")
        while self.running:
            try:
                self._tick()
            except DatabaseError as error:
                # A database that is away comes back; what is due is still due then.
                log.error("The database did not answer: %s", where_it_failed(error))
                close_old_connections()
            if self.running:
                select.select([self._wake_reader], [], [], TICK_SECONDS)
        log.info("The worker has stopped.")

    def _finish(self, signum: int, frame: FrameType | None) -> None:
        if not self.running:
            raise SystemExit(1)
        self.running = False

    def _tick(self) -> None:
        close_old_connections()
        self._beat()
        enqueue_due(timezone.now())
        while self.running and DBTaskResult.objects.ready().exists():
            self._run_tasks = 0
            self.run()
        if time.monotonic() - self._pruned_at >= PRUNE_EVERY_SECONDS:
            forget_finished()
            forget_expired_sessions()
            self._pruned_at = time.monotonic()

    def _beat(self) -> None:
        if time.monotonic() - self._beat_at >= BEATS_EVERY.total_seconds():
            beat(timezone.now())
            self._beat_at = time.monotonic()

    def run_task(self, db_task_result: DBTaskResult) -> None:
        self._beat()

        def set_failed(error: BaseException) -> None:
            record_failure(db_task_result, error)

        # On the instance: the class's own method would store the message of the error.
        db_task_result.set_failed = set_failed
        name, began = db_task_result.task_path.rpartition(".")[2], time.monotonic()
        log.info("%s: started", name)
        super().run_task(db_task_result)
        if db_task_result.status == TaskResultStatus.SUCCESSFUL:
            log.info("%s: done after %.1f s", name, time.monotonic() - began)


def record_failure(task: DBTaskResult, error: BaseException) -> None:
    name = task.task_path.rpartition(".")[2]
    log.error("%s: failed, %s. It is tried again while it is due.", name, where_it_failed(error))
    task.status = TaskResultStatus.FAILED
    task.finished_at = timezone.now()
    task.exception_class_path = f"{type(error).__module__}.{type(error).__qualname__}"
    task.traceback = trace_without_values(error)
    task.return_value = None
    task.save(update_fields=["status", "finished_at", "exception_class_path", "traceback", "return_value"])


class Interrupted(Exception):
    """The worker died while this task was running, several times in a row."""


def put_back_interrupted() -> int:
    """Let every task that a dead worker left running start again; how many. Only under the worker's lock."""
    count = 0
    for task in DBTaskResult.objects.running():
        name = task.task_path.rpartition(".")[2]
        if len(task.worker_ids) >= MOST_STARTS:
            record_failure(task, Interrupted())
            continue
        task.status = TaskResultStatus.READY
        task.started_at = None
        task.save(update_fields=["status", "started_at"])
        log.warning("%s: was interrupted, starts again", name)
        count += 1
    return count


def forget_finished() -> int:
    """Delete the results of tasks that finished more than a day ago; how many."""
    return DBTaskResult.objects.finished().filter(finished_at__lt=timezone.now() - KEPT_AFTER_FINISH).delete()[0]


def forget_expired_sessions() -> None:
    """Delete sessions that have ended: each says who signed in, and its end says when."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
