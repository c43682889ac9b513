"""The door of `jobs`: what becomes due, and events.

A task is a function under `django_tasks.task`, in the feature's `tasks.py`, that may be repeated.
"""

from andon.foundation.jobs.events import emit, on
from andon.foundation.jobs.heartbeat import worker_is_alive
from andon.foundation.jobs.schedule import Due, enqueue_due, register_due
from andon.foundation.jobs.worker import AnotherWorker, only_worker

__all__ = ["AnotherWorker", "Due", "emit", "enqueue_due", "on", "only_worker", "register_due", "worker_is_alive"]
