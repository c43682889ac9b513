"""The inside of a backup: lines of JSON, which are the same whichever database they come from or go to.

An object says what follows; an array is a row. First a heading, then each database with its tables and their rows,
and last an object with how many rows each table has, the SHA-256 of their lines, and the head of the public log.
"""

import base64
import datetime as dt
import decimal
import hashlib
import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

FORMAT = 1
LONGEST_LINE = 64 * 1024 * 1024
_AS_TEXT = (dt.datetime, dt.date, dt.time, dt.timedelta, uuid.UUID, decimal.Decimal)


class BadArchive(Exception):
    """The file is not a whole backup, or was altered. Nothing of it was used."""


def encode(value: Any) -> Any:
    """A value of a row as JSON; what is JSON already stays as it is."""
    match value:
        case bytes() | memoryview():
            return base64.b64encode(bytes(value)).decode("ascii")
        case _ if isinstance(value, _AS_TEXT):
            return value.isoformat() if hasattr(value, "isoformat") else str(value)
        case _:
            return value


def line(content: Any) -> bytes:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def object_line(**content: Any) -> bytes:
    return line(content)


@dataclass
class Table:
    """What was said of one table, and what came."""

    alias: str
    model: str
    fields: tuple[str, ...]
    rows: int = 0
    digest: Any = field(default_factory=hashlib.sha256)

    @property
    def name(self) -> str:
        return f"{self.alias}/{self.model}"

    def add(self, row_line: bytes) -> None:
        self.rows += 1
        self.digest.update(row_line)

    def sum(self) -> dict[str, Any]:
        return {"rows": self.rows, "sha256": self.digest.hexdigest()}


class Listener:
    """Who reads a backup: called in the order of its lines."""

    def heading(self, heading: dict[str, Any]) -> None: ...
    def secret_key(self, secret_key: str) -> None: ...
    def begin_database(self, alias: str) -> None: ...
    def begin_table(self, table: Table) -> None: ...
    def row(self, table: Table, values: Sequence[Any]) -> None: ...
    def end_database(self, alias: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Summary:
    """What a whole backup said of itself."""

    heading: dict[str, Any]
    head: dict[str, Any] | None
    tables: dict[str, dict[str, Any]]
    has_secret_key: bool

    @property
    def rows(self) -> int:
        return sum(int(table["rows"]) for table in self.tables.values())


class Parser:
    """Takes lines, tells a listener, and holds the backup to its own sums. Raises: BadArchive."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._heading: dict[str, Any] | None = None
        self._alias: str | None = None
        self._table: Table | None = None
        self._sums: dict[str, dict[str, Any]] = {}
        self._end: dict[str, Any] | None = None
        self._has_secret_key = False

    def take(self, raw: bytes) -> None:
        try:
            content = json.loads(raw)
        except (ValueError, RecursionError):
            raise BadArchive("A line of the backup is not JSON.") from None
        if self._end is not None:
            raise BadArchive("There is something behind the end of the backup.")
        match content:
            case list():
                self._take_row(raw, content)
            case {"andon_backup": number, **rest} if self._heading is None:
                if number != FORMAT:
                    raise BadArchive(f"The backup has format {number}, and this version reads {FORMAT}.")
                self._heading = {str(name): value for name, value in rest.items()}
                self._listener.heading(self._heading)
            case _ if self._heading is None:
                raise BadArchive("This is not a backup of Andon.")
            case {"secret_key": str() as secret_key}:
                self._has_secret_key = True
                self._listener.secret_key(secret_key)
            case {"database": str() as alias}:
                self._end_table()
                self._end_database()
                self._alias = alias
                self._listener.begin_database(alias)
            case {"table": str() as model, "fields": list() as fields} if self._alias is not None:
                self._end_table()
                self._table = Table(self._alias, model, tuple(fields))
                self._listener.begin_table(self._table)
            case {"end": {"tables": dict(), "head": dict() | None} as end}:
                self._end_table()
                self._end_database()
                if end["tables"] != self._sums:
                    raise BadArchive("Rows are missing from the backup, or were altered.")
                self._end = end
            case _:
                raise BadArchive("The backup holds something that this version does not know.")

    def finish(self) -> Summary:
        if self._end is None or self._heading is None:
            raise BadArchive("The backup stops before its end.")
        return Summary(self._heading, self._end["head"], self._end["tables"], self._has_secret_key)

    def _take_row(self, raw: bytes, values: list[Any]) -> None:
        if self._table is None or len(values) != len(self._table.fields):
            raise BadArchive("A row of the backup belongs to no table.")
        self._table.add(raw)
        self._listener.row(self._table, values)

    def _end_table(self) -> None:
        if self._table is not None:
            self._sums[self._table.name] = self._table.sum()
        self._table = None

    def _end_database(self) -> None:
        if self._alias is not None:
            self._listener.end_database(self._alias)
        self._alias = None


class Splitter:
    """Bytes in any pieces become whole lines."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take, self._left = take, bytearray()

    def feed(self, piece: bytes) -> None:
        *whole, rest = piece.split(b"\n")
        for one in whole:
            line = bytes(self._left) + one + b"\n"
            self._left.clear()
            self._take(line)
        self._left += rest
        # Packed, a line of any length is a few bytes.
        if len(self._left) > LONGEST_LINE:
            raise BadArchive("A line of the backup is longer than any that Andon writes.")

    def finish(self) -> None:
        if self._left:
            raise BadArchive("The backup stops within a line.")
