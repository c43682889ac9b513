"""Small files that are there whole or not at all."""

import os
import secrets
from pathlib import Path


def write_whole(file: Path, text: str) -> None:
    """Write the file anew, in UTF-8, for this account alone.

    Guarantees: whoever reads it finds what was there before or all of the text, also after a kill or a loss of power;
    when it returns the text is on the disk. What a kill leaves beside it ends in `.new` and is never read.
    Raises: OSError; the file is then as it was.
    """
    beside = file.with_name(f"{file.name}.{secrets.token_hex(4)}.new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    beside.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        # The name too: without this a loss of power may bring the old file back.
        os.fsync(folder)
    finally:
        os.close(folder)
