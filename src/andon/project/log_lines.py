"""Log lines that say what failed and where, and never repeat what it was working on."""

import logging
from types import TracebackType

from andon.foundation.jobs.failures import trace_without_values

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class WithoutValues(logging.Formatter):
    """Prints the classes and frames of an error. Its message may hold a row of a database, or an address."""

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802
        return trace_without_values(ei[1]) if ei[1] is not None else ""
