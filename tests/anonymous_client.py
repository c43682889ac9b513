"""A test client of the anonymous door: the door's addresses, middleware and aliases, beside an ordinary client.

A query on an alias that the door does not have fails, as it does in the door's own process.
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from django.db import connections
from django.test import Client, override_settings

from andon.project.settings import anonymous as door

KEPT = ("ROOT_URLCONF", "MIDDLEWARE", "TEMPLATES", "DATA_UPLOAD_MAX_MEMORY_SIZE")


def _refuse(alias: str) -> Callable[..., Any]:
    def wrapper(*_: Any) -> Any:
        raise AssertionError(f"The anonymous door asked the database {alias!r}, which it does not have.")

    return wrapper


class AnonymousClient(Client):
    def request(self, **request: Any) -> Any:
        with ExitStack() as stack:
            stack.enter_context(override_settings(**{name: getattr(door, name) for name in KEPT}))
            for alias in connections:
                if not door.DATABASES.get(alias):
                    stack.enter_context(connections[alias].execute_wrapper(_refuse(alias)))
            return super().request(**request)
