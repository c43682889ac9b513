"""What was counted may be remembered, for as long as the database says that nothing of it has changed.

The table `organisation_revision` holds a random value. Triggers of the database set another one with each insert,
update, delete and truncation of the tables on which counts, units and comparisons depend, whoever writes and however:
services, imports, plain SQL, another process. It is random and no counter, so that what was rolled back or restored
never meets a value again that stood for something else. The table says that people changed; not who, when or how.

On SQLite it has one row. On PostgreSQL a writer takes whichever row nobody else holds, or adds one, so no writer waits
for another; once in a transaction, however many statements it has. What the transaction itself sees is told apart by a
setting that ends with it, and goes back with its savepoints.

Reference: docs/decisions/0040-kept-by-revision.md
"""

import gc
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Any, Generic, TypeVar

from django.db import connection, transaction

T = TypeVar("T")
TABLE = "organisation_revision"
_RANDOM = {"sqlite": "hex(randomblob(16))", "postgresql": "gen_random_uuid()::text"}


@dataclass(frozen=True, slots=True)
class Watched:
    """A table, and those of its columns on which something that is remembered depends."""

    table: str
    columns: tuple[str, ...]


_watched: dict[str, Watched] = {}


def watch(table: str, *columns: str) -> None:
    """From the next migration on, a change of these columns, or of the number of rows, is another revision."""
    _watched[table] = Watched(table, columns)


def watched() -> tuple[Watched, ...]:
    return tuple(_watched.values())


_READ = {
    "sqlite": "SELECT value FROM organisation_revision",
    "postgresql": """
SELECT string_agg(value, ' ' ORDER BY slot) || ' ' || COALESCE(current_setting('andon.revision', true), '')
FROM organisation_revision
""",
}


def current() -> str | None:
    """What stands for all people, teams and rosters as this connection sees them now; None where nothing does.

    One query.
    """
    with connection.cursor() as cursor:
        cursor.execute(_READ[connection.vendor])
        row = cursor.fetchone()
    return row[0] if row else None


@dataclass(frozen=True, slots=True)
class Seen(Generic[T]):
    """What was remembered, and for which revision it was looked for."""

    revision: str | None
    key: Hashable
    value: T | None


class Reach:
    """What the garbage collector looks through, in a process that remembers a lot.

    A large round over everything that is remembered takes a tenth of a second and falls into somebody's request, so
    what lives when something is remembered is put out of reach. Rubbish that lies in circles goes with it; it all
    comes back and is collected after so many times. What is dropped and lies in no circle is freed as ever.
    """

    TIMES_UNTIL_COLLECTED = 256

    def __init__(self) -> None:
        self._times = 0
        self._alone = Lock()

    def put_out(self) -> None:
        """Put out of reach what lives now. Threads may share it."""
        with self._alone:
            self._times += 1
            is_due = self._times % self.TIMES_UNTIL_COLLECTED == 0
        if is_due:
            gc.unfreeze()
            gc.collect()
        gc.freeze()


_reach = Reach()


class Memory(Generic[T]):
    """What this process counted last, for as long as it is so. `make` reads from the database all that it looks at.

    Guarantees: `get` returns what `make` would return now, in every process, at once after a change, also inside a
    transaction and after one that was rolled back. Of `most` values the one longest unused is dropped; threads may
    share it. Nothing is remembered where a trigger is missing, or where something changed while it was counted.
    Does not: know of anything but the watched tables, so all else that `make` depends on stands in the key, the day
    above all; copy, so nobody changes what they got; notice a trigger that is dropped after something was remembered.
    Never decides who is asked: what is published is read from the tables themselves, and a test holds that.
    """

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._values: OrderedDict[tuple[str, Hashable], T] = OrderedDict()
        self._alone = Lock()

    def look(self, key: Hashable) -> Seen[T]:
        """What is remembered of this, if anything. One query."""
        revision = current()
        if revision is None:
            return Seen(None, key, None)
        with self._alone:
            value = self._values.get((revision, key))
            if value is not None:
                self._values.move_to_end((revision, key))
        return Seen(revision, key, value)

    def keep(self, seen: Seen[T], value: T) -> T:
        """Remember what was counted after this look, unless something changed meanwhile. Two queries."""
        # Each statement of PostgreSQL may see a later state than the one before. Where the revision is the same before
        # and after, all between saw the same.
        if seen.revision is not None and not missing() and current() == seen.revision:
            with self._alone:
                self._values[seen.revision, seen.key] = value
                while len(self._values) > self._most:
                    self._values.popitem(last=False)
            _reach.put_out()
        return value

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` returns: remembered, or made now."""
        seen = self.look(key)
        return seen.value if seen.value is not None else self.keep(seen, make())


_EVENTS = ("insert", "update", "delete")
_ROW_BY_ROW = """
CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN
    UPDATE organisation_revision SET value = hex(randomblob(16));
END
"""
# What the transaction itself sees begins with its number, by which it knows that it has taken a row.
_FUNCTION = """
CREATE OR REPLACE FUNCTION organisation_revise() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    fresh text := gen_random_uuid()::text;
    mine text := pg_current_xact_id()::text || ' ';
BEGIN
    IF NOT starts_with(COALESCE(current_setting('andon.revision', true), ''), mine) THEN
        UPDATE organisation_revision SET value = fresh WHERE slot = (
            SELECT slot FROM organisation_revision ORDER BY slot LIMIT 1 FOR UPDATE SKIP LOCKED
        );
        IF NOT FOUND THEN
            INSERT INTO organisation_revision (value) VALUES (fresh);
        END IF;
    END IF;
    PERFORM set_config('andon.revision', mine || fresh, true);
    RETURN NULL;
END
$$
"""
# ALWAYS: also in a session that switches triggers off, as some tools do that copy rows.
_BY_STATEMENT = """
CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION organisation_revise();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}
"""
_PRESENT = {
    "sqlite": r"SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'revise\_%' ESCAPE '\'",
    "postgresql": r"""
SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE tgname LIKE 'revise\_%' AND tgenabled = 'A' AND pg_table_is_visible(tgrelid)
""",
}


def _wanted(vendor: str) -> dict[str, tuple[Watched, str]]:
    """What makes each trigger, by its name, which says what it does: one that does something else is another one."""
    on_postgres = vendor == "postgresql"
    events = (*_EVENTS, "truncate") if on_postgres else _EVENTS
    template, besides = (_BY_STATEMENT, _FUNCTION) if on_postgres else (_ROW_BY_ROW, "")
    made = {}
    for each in watched():
        for event in events:
            what = f"UPDATE OF {', '.join(each.columns)}" if event == "update" else event.upper()
            does = hashlib.sha256(f"{template}{what}{besides}".encode()).hexdigest()[:8]
            name = f"revise_{each.table}_{event}_{does}"
            made[name] = each, template.format(name=name, event=what, table=each.table)
    return made


def _present(using: Any) -> dict[str, str]:
    """The table of each trigger that fires, by its name. One query."""
    with using.cursor() as cursor:
        cursor.execute(_PRESENT[using.vendor])
        return dict(cursor.fetchall())


def missing() -> set[str]:
    """The names of triggers that are not there, or do not fire. One query."""
    return _wanted(connection.vendor).keys() - _present(connection).keys()


def install(using: Any) -> None:
    """Make the triggers that are not there, of the tables that are, and drop those of earlier versions.

    After each migration, because one that changes a table on SQLite makes it anew, and its triggers go with the old.
    """
    wanted, present = _wanted(using.vendor), _present(using)
    if wanted.keys() == present.keys():
        return
    with transaction.atomic(using=using.alias), using.cursor() as cursor:
        tables = set(using.introspection.table_names(cursor))
        if TABLE not in tables:
            return
        for name, table in present.items():
            on_table = f" ON {table}" if using.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER {name}{on_table}")
        if using.vendor == "postgresql":
            cursor.execute(_FUNCTION)
        for each, statement in wanted.values():
            if each.table in tables and _has_columns(using, cursor, each):
                cursor.execute(statement)
        # What changed while a trigger was not there is noticed now.
        cursor.execute(f"UPDATE {TABLE} SET value = {_RANDOM[using.vendor]}")  # noqa: S608


def _has_columns(using: Any, cursor: Any, each: Watched) -> bool:
    """Not in a database that is only brought to an earlier version."""
    return set(each.columns) <= {found.name for found in using.introspection.get_table_description(cursor, each.table)}
