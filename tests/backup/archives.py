"""Reading a backup as its owner would, and looking in it for what must never be there."""

import base64
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from andon.gateways.backup import envelope, lines
from tests import starting


class Reading(lines.Listener):
    """Every row by table, and every line as it was written."""

    def __init__(self) -> None:
        self.tables: dict[str, list[dict[str, Any]]] = {}
        self.text = ""

    def begin_table(self, table: lines.Table) -> None:
        self.tables[table.name] = []

    def row(self, table: lines.Table, values: Any) -> None:
        self.tables[table.name].append(dict(zip(table.fields, values, strict=True)))
        self.text += json.dumps(values, ensure_ascii=False) + "\n"


def read(file: Path, identity: Path) -> Reading:
    reading = Reading()
    envelope.read(file, envelope.identities_from(identity), reading)
    return reading


def spellings(canary: bytes) -> set[str]:
    """The ways in which these bytes may stand in text."""
    urlsafe = base64.urlsafe_b64encode(canary).decode().rstrip("=")
    return {canary.hex(), base64.b64encode(canary).decode().rstrip("="), urlsafe} | (
        {canary.decode()} if canary.isascii() else set()
    )


def found_in(text: str, canaries: Mapping[str, Iterable[bytes]]) -> list[str]:
    """The names of the secrets that stand in the text, in whatever spelling."""
    return [
        name
        for name, values in canaries.items()
        if any(spelling in text for value in values for spelling in spellings(value))
    ]


KILLED = """
import os, signal, sys
left = int(sys.argv.pop(1))

def count(*_args):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def before(owner, name):
    original = getattr(owner, name)
    def counted(*args, **options):
        count()
        return original(*args, **options)
    setattr(owner, name, counted)

for name in ("open", "fsync", "link", "replace", "unlink"):
    before(os, name)
from django.db.backends.base.base import BaseDatabaseWrapper
for name in ("_commit", "cursor"):
    before(BaseDatabaseWrapper, name)
from andon.gateways.backup import lines
before(lines, "line")
from andon.gateways.cli import main
status = main(sys.argv[1:])
sys.stdout.flush()
if left > 0:
    print("NOT REACHED")
sys.exit(status)
"""


# Few points at every change, each three times as far on as the one before, and many in `make test-slow`.
few_or_many_points = pytest.mark.parametrize(
    "nearness",
    [
        pytest.param(0.3, id="few points"),
        pytest.param(3, id="many points", marks=[pytest.mark.sweep, pytest.mark.timeout(1200)]),
    ],
)


def after(point: int, nearness: float) -> int:
    """The point at which to kill next: the first ones are tried most closely, for each is a step of its own."""
    return point + 1 + int(point / nearness)


def killed_at(point: int, stack: Any, *words: str, **environment: str) -> bool:
    """Run `andon WORDS`, killed with -9 at the so-manieth thing that it does to a disk or a database; False when it
    came to its end before."""
    done = starting.program(KILLED, str(point), *words, env=stack.env | environment, timeout=300)
    if done.returncode == -9:
        return True
    assert done.returncode == 0, done.stderr
    return False
