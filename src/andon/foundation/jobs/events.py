"""Events inside one process: a feature says what happened, features above it listen."""

from collections.abc import Callable
from typing import Any

Handler = Callable[..., None]
_handlers: dict[str, list[Handler]] = {}


def on(event: str, handler: Handler) -> None:
    """Call `handler(**facts)` whenever `event` is emitted. Said twice, it is still called once."""
    known = _handlers.setdefault(event, [])
    if handler not in known:
        known.append(handler)


def emit(event: str, **facts: Any) -> None:
    """Tell every listener, in the order in which they came, in the caller's transaction.

    A listener's error is the emitter's error: what must not fail together is not told by an event
    but enqueued as a task.
    """
    for handler in tuple(_handlers.get(event, ())):
        handler(**facts)
