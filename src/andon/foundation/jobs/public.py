"""The door of `jobs`: what becomes due, and events.

A task is a function under `django_tasks.task`, in the feature's `tasks.py`, that may be repeated.
"""

from andon.foundation.jobs.events import emit, on
from andon.foundation.jobs.schedule import Due, enqueue_due, register_due

__all__ = ["Due", "emit", "enqueue_due", "on", "register_due"]
