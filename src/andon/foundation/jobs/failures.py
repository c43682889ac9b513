"""Saying where something failed without repeating what it was working on."""

import traceback
from collections.abc import Iterator
from types import TracebackType


def _frames(walked: TracebackType | None) -> Iterator[str]:
    for frame in traceback.extract_tb(walked):
        yield f"{frame.filename}:{frame.lineno} {frame.name}"


def where_it_failed(error: BaseException) -> str:
    """The error's class and the innermost frame, on one line. Never its message: a database puts values into it."""
    innermost = list(_frames(error.__traceback__))[-1:] or ["unknown place"]
    return f"{type(error).__qualname__} at {innermost[0]}"


def trace_without_values(error: BaseException) -> str:
    """The classes and frames of the error and of what caused it, without messages."""
    lines: list[str] = []
    step: BaseException | None = error
    while step is not None:
        lines += [type(step).__qualname__, *(f"  {frame}" for frame in _frames(step.__traceback__))]
        step = step.__cause__ or step.__context__
    return "\n".join(lines)
