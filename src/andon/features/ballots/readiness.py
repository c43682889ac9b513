"""Whether what this process needs is there: its databases, at this version, and the key volume."""

import time
from collections.abc import Sequence
from functools import cache

from django.db import DatabaseError, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from andon.features.ballots import services
from andon.features.ballots.keys import KeyDirectoryMissing

# What the anonymous door has.
OF_THE_ANONYMOUS_DOOR = ("ballots", "mailboxes")
# Whoever may ask need not make us look more often.
SECONDS_REMEMBERED = 1.0
_last: dict[tuple[str, ...], tuple[float, tuple[str, ...]]] = {}


def troubles(aliases: Sequence[str]) -> tuple[str, ...]:
    """Short codes, empty where all is well: `database`, `migrations`, `keys`. Never which, nor why."""
    now, asked = time.monotonic(), tuple(aliases)
    if asked not in _last or now - _last[asked][0] >= SECONDS_REMEMBERED:
        _last[asked] = (now, tuple(sorted(set(by_name(asked).values()))))
    return _last[asked][1]


def by_name(aliases: Sequence[str]) -> dict[str, str]:
    """What is wrong, by the database or `keys`: for whoever runs this."""
    found = {}
    for alias in aliases:
        try:
            if _known_migrations() - set(MigrationRecorder(connections[alias]).applied_migrations()):
                found[alias] = "migrations"
        except (DatabaseError, OSError):
            found[alias] = "database"
    try:
        services.key_directory().check()
    except (KeyDirectoryMissing, OSError):
        found["keys"] = "keys"
    return found


@cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)
