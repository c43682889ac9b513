"""How far a restore has come, in a file beside the data, so that a killed one goes on and nothing is served before."""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAME = "restore-under-way.json"
LAST_BACKUP = "last-backup.json"


def write_json(file: Path, content: Mapping[str, Any]) -> None:
    """Whole or not at all."""
    beside = file.with_name(f"{file.name}.{secrets.token_hex(4)}.new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(json.dumps(content, sort_keys=True) + "\n")
        handle.flush()
        os.fsync(handle.fileno())
    beside.replace(file)
    descriptor = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass
class Progress:
    """Which backup is being restored, and which databases are filled."""

    file: Path
    archive: str
    filled: list[str] = field(default_factory=list)

    def begin(self) -> None:
        write_json(self.file, {"archive": self.archive, "filled": self.filled})

    def fill(self, alias: str) -> None:
        self.filled.append(alias)
        self.begin()

    def end(self) -> None:
        self.file.unlink(missing_ok=True)


def under_way(data_directory: Path) -> Progress | None:
    """The restore that was cut off here, if there was one."""
    file = data_directory / NAME
    try:
        content = json.loads(file.read_text())
        return Progress(file, str(content["archive"]), list(content["filled"]))
    except FileNotFoundError:
        return None
