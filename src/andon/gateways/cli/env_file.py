"""Settings that are kept beside the data: the file `andon.env` in ANDON_DATA, which `andon setup` writes.

Guarantees: what the environment says comes first; the file is written whole or not at all, for the service's own
account only; a file that others may read or change is refused, and so is a line that is not a setting of ours.
Does not: name ANDON_DATA, since that says where the file is. Needs no Django: `andon serve` reads it too.
"""

import re
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from andon.foundation.whole_files import write_whole

NAME = "andon.env"
_LINE = re.compile(r"(ANDON_[A-Z0-9_]*[A-Z0-9])=(.*)")
_HEADING = "# Kept by `andon setup`. What the environment of the service says comes first."
# It says where the file is, and so cannot stand in it.
_NOT_HERE = "ANDON_DATA"


class BadEnvFile(Exception):
    """The file cannot be used as it is. Nothing was changed. Never holds a value of the file."""


def directory(environment: Mapping[str, str]) -> Path:
    return Path(environment.get(_NOT_HERE) or "var").absolute()


def read(folder: Path) -> dict[str, str]:
    """The settings of the file; none where there is no file. Raises: BadEnvFile."""
    file = folder / NAME
    try:
        if file.stat().st_mode & 0o077:
            raise BadEnvFile(f"Others than the service may read or change {file}. Nothing was read: chmod 600 {file}")
        text = file.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError):
        raise BadEnvFile(f"{file} cannot be read as text by this account. Nothing was changed.") from None
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None or match[1] == _NOT_HERE:
            raise BadEnvFile(
                f"Line {number} of {file} is not a setting such as ANDON_APP_ORIGIN=https://andon.example.org. "
                "Nothing was read."
            )
        found[match[1]] = _without_quotes(match[2].strip())
    return found


def _without_quotes(value: str) -> str:
    """As systemd reads it: a pair of quotes around the whole value is not part of it."""
    return value[1:-1] if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'" else value


def apply(environment: MutableMapping[str, str]) -> None:
    """Add what the file says and the environment does not. Raises: BadEnvFile."""
    for name, value in read(directory(environment)).items():
        # The secret may be given as a file instead; then that is what the environment says.
        if not any(environment.get(said) for said in (name, f"{name}_FILE", name.removesuffix("_FILE"))):
            environment[name] = value


def write(folder: Path, values: Mapping[str, str]) -> Path:
    """Set these lines and keep every other one. Raises: BadEnvFile, OSError."""
    file = folder / NAME
    for name, value in values.items():
        if not _LINE.fullmatch(f"{name}={value}") or name == _NOT_HERE or value != _without_quotes(value.strip()):
            raise BadEnvFile(f"{name} cannot be kept in {file}. Nothing was written.")
    read(folder)
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else [_HEADING]
    left = dict(values)
    for place, line in enumerate(lines):
        match = _LINE.fullmatch(line.strip())
        if match is not None and match[1] in left:
            lines[place] = f"{match[1]}={left.pop(match[1])}"
    lines += [f"{name}={value}" for name, value in left.items()]
    write_whole(file, "\n".join(lines) + "\n")
    return file
