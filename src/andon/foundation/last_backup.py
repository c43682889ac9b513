"""When this installation was last copied, in a small file beside the data: `andon backup` writes it, others ask."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from andon.foundation.whole_files import write_whole

NAME = "last-backup.json"
# As old as the newest one may be.
EVERY = timedelta(days=7)


class Unreadable(Exception):
    """There is a note, and nobody can tell what it says."""


@dataclass(frozen=True, slots=True)
class LastBackup:
    at: datetime
    # A hash of the file's place: tells whether it is always the same one, and not where.
    destination: str


def note(data_directory: Path, *, at: datetime, destination: str) -> None:
    content = {"at": at.isoformat(), "destination": destination}
    write_whole(data_directory / NAME, json.dumps(content, sort_keys=True) + "\n")


def read(data_directory: Path) -> LastBackup | None:
    """None where no backup was ever made here. Does not: know whether the file is still there. Raises: Unreadable."""
    try:
        content = json.loads((data_directory / NAME).read_text())
        return LastBackup(datetime.fromisoformat(content["at"]), str(content.get("destination", "")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable from error
