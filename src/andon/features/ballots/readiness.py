"""Whether what this process needs is there: its databases, at this version, and the key volume."""

import time
from functools import cache

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from andon.features.ballots import services
from andon.features.ballots.keys import KeyDirectoryMissing

# Whoever may ask need not make us look more often.
SECONDS_REMEMBERED = 1.0
_last: tuple[float, tuple[str, ...]] | None = None


def troubles() -> tuple[str, ...]:
    """Short codes, empty where all is well: `database`, `migrations`, `keys`. Never which, nor why."""
    global _last
    now = time.monotonic()
    if _last is None or now - _last[0] >= SECONDS_REMEMBERED:
        _last = (now, tuple(sorted(set(by_name().values()))))
    return _last[1]


def by_name() -> dict[str, str]:
    """What is wrong, by the database or `keys`: for whoever runs this."""
    found = {}
    close_old_connections()
    for alias in (alias for alias in connections if settings.DATABASES.get(alias, {}).get("NAME")):
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
    return frozenset(MigrationLoader(None, ignore_no_initial=True).disk_migrations)
