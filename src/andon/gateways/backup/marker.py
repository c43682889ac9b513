"""How far a restore has come, in a file beside the data, so that a killed one goes on and nothing is served before."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from andon.foundation.whole_files import write_whole

NAME = "restore-under-way.json"


def write_json(file: Path, content: Mapping[str, Any]) -> None:
    write_whole(file, json.dumps(content, sort_keys=True) + "\n")


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
