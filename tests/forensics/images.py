"""Images of an installation: copies of every file at one moment, and what its tables held then."""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.forensics import pages

# What knows slips and ballots, and where slot lists stand, by the beginning of the names of tables; of all else the
# files are searched.
DUMPED = {"ballots": "", "issuance": "", "default": "releases_"}
_KINDS = {"r": "heap", "t": "toast", "i": "index", "m": "heap"}
# They hold numbers of transactions and statistics, beside the folders of databases and the log.
_REST = ("global", "pg_xact", "pg_multixact", "pg_stat", "pg_logical", "pg_commit_ts", "pg_replslot", "pg_twophase")


@dataclass(frozen=True)
class File:
    """`kind`: sqlite, sqlite log, heap, index, toast, pg_wal, log, temp, backup, key or other."""

    name: str
    kind: str
    path: Path
    changed: float
    door: str = ""

    def read(self) -> bytes:
        return self.path.read_bytes()


@dataclass(frozen=True)
class Row:
    """A live row, with the place by which its database names it: a rowid, or block and line."""

    table: str
    place: float | None
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Image:
    name: str
    files: tuple[File, ...]
    rows: tuple[Row, ...]
    log_from: str = ""


@dataclass(frozen=True)
class Storage:
    """Where everything lies that one with root would take along. `log_from`: where in pg_wal the run began."""

    data: Path
    postgres: Path | None = None
    urls: Mapping[str, str] = field(default_factory=dict)
    logs: Path | None = None
    temp: Path | None = None
    backup: Path | None = None
    log_from: str = ""
    with_keys: bool = False

    def freeze(self, name: str, to: Path) -> Image:
        """Copy all files; times of files stay. Nobody may be writing meanwhile."""
        to.mkdir(parents=True)
        files = list(self._data_files(to / "data"))
        for kind, folder in (("log", self.logs), ("temp", self.temp)):
            if folder is not None and folder.exists():
                files += _copied(folder, to / kind, kind)
        if self.backup is not None:
            files += _copied(self.backup.parent, to / "backup", "backup", only=self.backup.name)
        if self.postgres is None:
            rows = tuple(_sqlite_rows(to))
        else:
            rows = tuple(self._postgres_rows())
            files += self._postgres_files(to)
        return Image(name, tuple(files), rows, self.log_from)

    def _data_files(self, to: Path) -> Iterator[File]:
        for file in _copied(self.data, to, "other", without="" if self.with_keys else "keys"):
            kind = file.kind
            if pages.is_sqlite(file.read()):
                kind = "sqlite"
            elif file.name.endswith("-wal"):
                kind = "sqlite log"
            elif file.name.startswith("keys/"):
                kind = "key"
            yield File(file.name, kind, file.path, file.changed)

    def _postgres_files(self, to: Path) -> Iterator[File]:
        assert self.postgres is not None
        for alias, url in self.urls.items():
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("CHECKPOINT")
                [oid] = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()
                relations = connection.execute(
                    "SELECT pg_relation_filenode(oid), relkind::text FROM pg_class WHERE relfilenode <> 0"
                ).fetchall()
            kinds = {str(node): _KINDS.get(kind, "other") for node, kind in relations}
            for file in _copied(self.postgres / "base" / str(oid), to / alias, "other"):
                kind = kinds.get(file.path.name.split(".")[0].split("_")[0], "other")
                # The maps of free space and visibility lie beside a table.
                yield File(f"{alias}/{file.name}", "other" if "_" in file.path.name else kind, file.path, file.changed)
        for folder in _REST:
            yield from _copied(self.postgres / folder, to / folder, "other")
        with psycopg.connect(next(iter(self.urls.values())), autocommit=True) as connection:
            ask = "SELECT pg_walfile_name(%s)"
            [first] = connection.execute(ask, [self.log_from or "0/1000000"]).fetchone()
        for file in sorted((self.postgres / "pg_wal").iterdir()):
            # What is set aside for reuse has a later name, and still holds what was written before.
            if file.is_file() and len(file.name) == len(first) and file.name >= first:
                yield from _copied(file.parent, to / "pg_wal", "pg_wal", only=file.name)

    def _postgres_rows(self) -> Iterator[Row]:
        for alias, prefix in DUMPED.items():
            with psycopg.connect(self.urls[alias], row_factory=psycopg.rows.dict_row) as connection:
                tables = connection.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = "
                                            "'public'::regnamespace").fetchall()  # fmt: skip
                for table in sorted(row["relname"] for row in tables if row["relname"].startswith(prefix)):
                    for row in connection.execute(f"SELECT ctid::text, * FROM {table}"):
                        block, line = row.pop("ctid").strip("()").split(",")
                        yield Row(f"{alias}.{table}", int(block) * 65_536 + int(line), row)


def log_position(url: str) -> str:
    """Where PostgreSQL's log is now; what is written from here on belongs to the run."""
    with psycopg.connect(url, autocommit=True) as connection:
        return str(connection.execute("SELECT pg_current_wal_lsn()").fetchone()[0])


def _copied(folder: Path, to: Path, kind: str, *, without: str = "", only: str = "") -> Iterator[File]:
    for path in sorted(folder.rglob(only or "*")):
        name = path.relative_to(folder)
        if not path.is_file() or (without and name.parts[0] == without):
            continue
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        # A table that was just removed is removed from the disk while we look.
        with contextlib.suppress(FileNotFoundError):
            shutil.copy2(path, to / name)
            yield File(str(name), kind, to / name, path.stat().st_mtime, door=path.stem if kind == "log" else "")


def _sqlite_rows(image: Path) -> Iterator[Row]:
    # Opened as a copy of the copy: to open a database moves its log into it.
    scratch = image.with_name(f"{image.name}-opened")
    scratch.mkdir()
    for alias, prefix in DUMPED.items():
        name = "app" if alias == "default" else alias
        for path in (image / "data").glob(f"{name}.sqlite3*"):
            if not path.name.endswith("-shm"):
                shutil.copy2(path, scratch)
        with contextlib.closing(sqlite3.connect(scratch / f"{name}.sqlite3")) as connection:
            yield from sqlite_rows(connection, alias, prefix)
    shutil.rmtree(scratch)


def sqlite_rows(connection: sqlite3.Connection, alias: str, prefix: str = "") -> Iterator[Row]:
    """Of all tables whose names begin so."""
    connection.row_factory = sqlite3.Row
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    for [table] in connection.execute(tables).fetchall():
        if not table.startswith(prefix):
            continue
        try:
            found = connection.execute(f"SELECT rowid AS place_of_row, * FROM {table}").fetchall()
        except sqlite3.OperationalError:
            # WITHOUT ROWID.
            found = connection.execute(f"SELECT NULL AS place_of_row, * FROM {table}").fetchall()
        for row in found:
            values = {key: row[key] for key in row.keys()}  # noqa: SIM118
            yield Row(f"{alias}.{table}", values.pop("place_of_row"), values)
