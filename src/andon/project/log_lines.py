"""Log lines that say what failed and where, and never repeat what it was working on."""

import json
import logging
import os
import re
import time
from datetime import UTC, datetime
from types import TracebackType

from andon.foundation.jobs.failures import trace_without_values

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


# Django names the path of a request that failed, and the last part of these paths signs somebody in or speaks for them.
_LINKS = re.compile(r"(/(?:rescue|invitation|first-sign-in|password/new|accounts/address)/)[^/\s]+")


def without_links(message: str) -> str:
    """The message without what a link that was sent to one person holds."""
    return _LINKS.sub(r"\1...", message)


class WithoutValues(logging.Formatter):
    """Prints the classes and frames of an error. Its message may hold a row of a database, or an address.

    A message is one line, whatever was sent, and times are UTC: Django gives the process the organisation's zone.
    """

    converter = staticmethod(time.gmtime)
    default_msec_format = "%s.%03dZ"

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        said = without_links(super().formatMessage(record))
        return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in said)

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802
        return trace_without_values(ei[1]) if ei[1] is not None else ""

    def formatStack(self, stack_info: str) -> str:  # noqa: N802
        return ""


class JsonLines(WithoutValues):
    """One object a line: time, level, logger, message, part and, for an error, its classes and places.

    Nothing else of a record is written, also not what a library hangs on it, such as a request.
    """

    has_time = True

    def format(self, record: logging.LogRecord) -> str:
        said = {"level": record.levelname, "logger": record.name, "message": without_links(record.getMessage())}
        if self.has_time:
            said = {"time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")} | said
        said["part"] = os.environ.get("PART_OF_ANDON", "command")
        if record.exc_info:
            said["error"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False)


class JsonLinesWithoutTime(JsonLines):
    """For the anonymous door: that a ballot could not be kept says, with a time, when somebody answered."""

    has_time = False
