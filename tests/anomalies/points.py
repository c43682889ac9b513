"""Every point at which a process that is killed leaves something else behind than one killed before.

What outlives a process here is what it did to a database, to the key directory or to the data directory around it.
All go through few doors, so the points are found by watching those doors and not by naming them: a step that is added
tomorrow is killed tomorrow. Statements inside a transaction are no points of their own; its commit is one.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

Reach = Callable[[str], None]

_WRITES = re.compile(
    r"\s*(INSERT INTO|UPDATE|DELETE FROM|TRUNCATE|CREATE TEMPORARY TABLE|DROP TABLE|VACUUM|PRAGMA wal_checkpoint)"
    r"\s*\"?(\w*)\"?",
    re.IGNORECASE,
)
_ROUND = re.compile(r"[0-9a-f]{32}")
_BESIDE = re.compile(r"\.[0-9a-f]{8,16}\.new$")


@contextmanager
def watched(reach: Reach, folders: Mapping[str, Path], glimpse: Reach) -> Iterator[None]:
    """Call `reach(name)` just before each such point, in the order in which they come.

    `folders` are watched under their names; what lies in several belongs to the first.
    `glimpse(name)` is called before what leaves nothing by itself: a write inside a transaction.
    """
    with ExitStack() as stack:
        _watch_databases(stack, reach, glimpse)
        _watch_files(stack, reach, folders)
        yield


def _watch_databases(stack: ExitStack, reach: Reach, glimpse: Reach) -> None:
    written: dict[str, list[str]] = {}

    def watch(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        connection = context["connection"]
        match = _WRITES.match(sql)
        if match:
            what = " ".join(word for word in match.groups() if word).replace("INSERT INTO", "INSERT")
            if connection.in_atomic_block:
                written.setdefault(connection.alias, []).append(match.group(2))
                glimpse(f"{connection.alias}: write of {match.group(2)}")
            else:
                reach(f"{connection.alias}: {what.replace('DELETE FROM', 'DELETE')}")
        return execute(sql, params, many, context)

    commit = BaseDatabaseWrapper._commit

    def watched_commit(connection: Any) -> Any:
        tables = [table for table in dict.fromkeys(written.pop(connection.alias, [])) if table not in _OWN_BOOKKEEPING]
        if tables:
            reach(f"{connection.alias}: commit of {', '.join(tables)}")
        return commit(connection)

    for alias in connections:
        stack.enter_context(connections[alias].execute_wrapper(watch))
    stack.enter_context(mock.patch.object(BaseDatabaseWrapper, "_commit", watched_commit))


_OWN_BOOKKEEPING = {"rows_kept"}


def _watch_files(stack: ExitStack, reach: Reach, folders: Mapping[str, Path]) -> None:
    def name(path: Any) -> tuple[str, str] | None:
        if isinstance(path, int):
            path = Path(f"/proc/self/fd/{path}").readlink()
        path = Path(os.fspath(path))
        for folder, root in folders.items():
            if path.is_relative_to(root):
                said = _BESIDE.sub(".new", str(path.relative_to(root)))
                return folder, _ROUND.sub("*", said) + ("/" if path.is_dir() else "")
        return None

    def before(function: str, verb: str, which: int = 0, after: bool = False) -> None:
        original = getattr(os, function)

        def call(*args: Any, **options: Any) -> Any:
            said = name(args[which])
            if said is None or (function == "open" and not args[1] & os.O_CREAT):
                return original(*args, **options)
            folder, file = said
            reach(f"{folder}: {verb} {file}")
            result = original(*args, **options)
            if after:
                # Made and still empty: the bytes follow, without passing a door that we watch.
                reach(f"{folder}: write {file}")
            return result

        stack.enter_context(mock.patch.object(os, function, call))

    before("open", "make", after=True)
    before("fsync", "sync")
    before("link", "link to", which=1)
    before("replace", "rename to", which=1)
    before("unlink", "remove")
