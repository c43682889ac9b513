"""Who was erased, as marks in a file beside the data, so that an older backup does not bring them back.

Guarantees: a mark is a hash of an id that was random and is kept nowhere else once its member is erased: alone it
names nobody, and the file tells how many were erased. The file is sorted, so its order says nothing about when; it only
grows, also when several processes write, and is whole after a kill.
Does not: keep somebody who has a backup from before an erasure from seeing, with the file, which of its people were
erased since. See docs/security/what-the-server-knows.md.
"""

import fcntl
import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from andon.foundation.whole_files import write_whole

NAME = "erased-people"
_FIRST_LINE = "people erased from Andon, 1"
_MARK = re.compile(r"[0-9a-f]{64}")


class BadList(Exception):
    """The file is not a list of marks. Nothing was changed."""


def mark_of(member_id: UUID) -> str:
    return hashlib.sha256(b"andon/erased/v1" + member_id.bytes).hexdigest()


def read(file: Path) -> frozenset[str]:
    """Raises: BadList, OSError."""
    try:
        first, *marks = file.read_text("ascii").splitlines()
    except ValueError:
        raise BadList(f"{file} is not a list of erased people.") from None
    if first != _FIRST_LINE or not all(map(_MARK.fullmatch, marks)):
        raise BadList(f"{file} is not a list of erased people.")
    return frozenset(marks)


def read_or_none(file: Path) -> frozenset[str]:
    """Nobody, where there is no file yet. Raises: BadList, OSError."""
    try:
        return read(file)
    except FileNotFoundError:
        return frozenset()


def add(file: Path, marks: Iterable[str]) -> None:
    """Raises: BadList, OSError."""
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        # App and worker both erase: what one wrote, the other has to read before it writes.
        fcntl.flock(folder, fcntl.LOCK_EX)
        before = read_or_none(file)
        after = before.union(marks)
        if after != before or not file.exists():
            write_whole(file, "\n".join([_FIRST_LINE, *sorted(after)]) + "\n")
    finally:
        os.close(folder)
