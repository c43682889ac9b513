"""Making a backup while the service runs.

Guarantees: each database is read as it was in one moment, and no entry came to the public log between the moments of
the people's database and of the log's; nobody who writes waits for it; memory is bounded.
Does not: copy what `contents` leaves out; notice a round whose keys are on their way.
"""

import contextlib
import time
from collections.abc import Iterator
from datetime import datetime
from importlib import metadata
from typing import Any

from django.conf import settings
from django.db import connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from andon.features.publiclog import public as publiclog
from andon.gateways.backup import contents, lines

CHUNK = 2_000
_TRIES = 40
_WAIT_SECONDS = 0.25


class NotPrepared(Exception):
    """A database is not at the version of this program, so nobody could say what its rows mean."""


class NeverQuiet(Exception):
    """The public log grew all the time. Nothing was written."""


@contextlib.contextmanager
def _moments() -> Iterator[None]:
    """Inside, every database that is copied is as it was in one moment."""
    with contextlib.ExitStack() as stack:
        for alias in contents.ALIASES:
            stack.enter_context(_only_reading(alias))
        for _again in range(_TRIES):
            before = _head_hash()
            held = stack.enter_context(contextlib.ExitStack())
            for alias in contents.ALIASES:
                held.enter_context(_moment(alias))
            # What a round says of itself follows its entry in the log: with an entry between the two moments one of
            # them would be about something the other has never heard of.
            if _head_hash() == before:
                break
            held.close()
            time.sleep(_WAIT_SECONDS)
        else:
            raise NeverQuiet("The public log grew all the time, so nothing was written. Try again in a minute.")
        yield


def _head_hash() -> str:
    head = publiclog.head()
    return head.hash if head else ""


@contextlib.contextmanager
def _only_reading(alias: str) -> Iterator[None]:
    """A connection of its own that cannot write: on SQLite the usual one would keep every writer out."""
    usual = connections[alias]
    own: Any = usual.copy()
    if own.vendor == "sqlite":
        options = own.settings_dict["OPTIONS"]
        commands = f"{options.get('init_command', '')} PRAGMA query_only=ON;"
        own.settings_dict["OPTIONS"] = {**options, "transaction_mode": "DEFERRED", "init_command": commands}
    connections[alias] = own
    try:
        yield
    finally:
        own.close()
        connections[alias] = usual


@contextlib.contextmanager
def _moment(alias: str) -> Iterator[None]:
    with transaction.atomic(using=alias):
        with connections[alias].cursor() as cursor:
            if connections[alias].vendor == "postgresql":
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # The first statement that reads fixes the moment.
            cursor.execute("SELECT COUNT(*) FROM django_migrations")
            cursor.fetchone()
        yield


def check_migrated() -> None:
    """Raises: NotPrepared."""
    for alias in contents.ALIASES:
        executor = MigrationExecutor(connections[alias])
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise NotPrepared(
                f"The database '{alias}' is not at the version of this program. Nothing was written. "
                "Make the backup with the version that wrote it, or run `andon prepare` first."
            )


def backup_lines(*, at: datetime, with_secret_key: bool) -> Iterator[bytes]:
    """The lines of a backup of this installation. Raises: NotPrepared, NeverQuiet."""
    check_migrated()
    with _moments():
        sums: dict[str, dict[str, Any]] = {}
        applied = {
            alias: sorted(map(list, MigrationRecorder(connections[alias]).applied_migrations()))
            for alias in contents.ALIASES
        }
        yield lines.object_line(
            andon_backup=lines.FORMAT, version=metadata.version("andon"), at=at.isoformat(), migrations=applied
        )
        if with_secret_key:
            yield lines.object_line(secret_key=settings.SECRET_KEY)
        for alias in contents.ALIASES:
            yield lines.object_line(database=alias)
            for model in contents.models_of(alias):
                table, rows = _table(alias, model)
                yield lines.object_line(table=table.model, fields=table.fields)
                yield from rows
                sums[table.name] = table.sum()
        head = publiclog.head()
        yield lines.object_line(
            end={"head": {"hash": head.hash, "index": head.index} if head else None, "tables": sums}
        )


def _table(alias: str, model: Any) -> tuple[lines.Table, Iterator[bytes]]:
    names = tuple(field.attname for field in model._meta.local_concrete_fields)
    table = lines.Table(alias, model._meta.label, names)

    def rows() -> Iterator[bytes]:
        # By key, so that the order of the rows says nothing about the order in which they were written.
        found = model._base_manager.using(alias).order_by("pk").values_list(*names)
        for values in found.iterator(chunk_size=CHUNK):
            row = lines.line([lines.encode(value) for value in values])
            table.add(row)
            yield row

    return table, rows()
