"""Leaks that the extractors and scans of this folder must see, each planted into one process and one round.

A plant is up to three things: what goes on while people answer ("fill"), while the round is closed ("close"), and what
is put right afterwards ("end"), for the next plant lies in the same installation.
"""

import contextlib
import dataclasses
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from django.db import connections
from django.utils import timezone

from andon.features.ballots import keys
from andon.features.ballots import services as casting
from andon.features.closing import computing
from andon.features.closing import services as closing
from andon.features.issuance import services as issuing
from andon.foundation.people.sessions import SessionStore, name_of
from andon.kernel import ballot

Stage = Callable[[Path, Sequence[Any]], contextlib.AbstractContextManager[Any]]


@dataclasses.dataclass(frozen=True)
class Plant:
    """`seen_by`: the beginning of the name of an extractor, or of what a scan says, that must notice it. `when`: in the
    image of the open round ("mid") or of the closed one ("after"). `with_keys`: the image holds the key directory.
    `through_pages`: slips are fetched from the pages of the app, with a session. `only`: on this database."""

    seen_by: tuple[str, ...]
    when: str = "after"
    fill: Stage | None = None
    close: Stage | None = None
    end: Stage | None = None
    with_keys: bool = False
    through_pages: bool = False
    only: str = ""


@contextlib.contextmanager
def planted(name: str, stage: str, folder: Path, told: Sequence[Any]) -> Iterator[None]:
    plant: Stage | None = getattr(ALL[name], stage) if name else None
    with contextlib.nullcontext() if plant is None else plant(folder, told):
        yield


def _execute(alias: str, statement: str, values: Sequence[Any] = ()) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement, list(values))


def _type(alias: str, sqlite: str, postgres: str) -> str:
    return sqlite if connections[alias].vendor == "sqlite" else postgres


def _once(*statements: tuple[str, str]) -> Stage:
    @contextlib.contextmanager
    def stage(_folder: Path, _told: Sequence[Any]) -> Iterator[None]:
        for alias, statement in statements:
            _execute(alias, statement)
        yield

    return stage


def _replaced(*targets: tuple[Any, str]) -> Stage:
    """These do nothing."""

    @contextlib.contextmanager
    def stage(_folder: Path, _told: Sequence[Any]) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for target, name in targets:
                stack.enter_context(mock.patch.object(target, name, return_value=None))
            yield

    return stage


def _with_each_cast(prepare: Sequence[tuple[str, str, str]], hook: Callable[[Path, Sequence[Any], Any], None]) -> Stage:
    """`prepare`: an alias and a statement for each database. The hook follows on each ballot that was kept."""

    @contextlib.contextmanager
    def stage(folder: Path, told: Sequence[Any]) -> Iterator[None]:
        keep = casting._keep

        def kept(casts: Sequence[ballot.Cast]) -> Any:
            places = keep(casts)
            for one in casts:
                hook(folder, told, one)
            return places

        for alias, sqlite, postgres in prepare:
            _execute(alias, _type(alias, sqlite, postgres))
        with mock.patch.object(casting, "_keep", kept):
            yield

    return stage


def _slot(cast: ballot.Cast) -> bytes:
    return ballot.slot_of(cast.public_key)


# What a careless developer adds


def _number_it(_folder: Path, _told: Sequence[Any], cast: ballot.Cast) -> None:
    _execute("ballots", "INSERT INTO planted (slot) VALUES (%s) ON CONFLICT DO NOTHING", [_slot(cast)])


def _date_it(_folder: Path, _told: Sequence[Any], cast: ballot.Cast) -> None:
    statement = "INSERT INTO planted VALUES (%s, %s) ON CONFLICT DO NOTHING"
    _execute("ballots", statement, [_slot(cast), timezone.now()])


def _name_it(_folder: Path, told: Sequence[Any], cast: ballot.Cast) -> None:
    email = next(one.member.email for one in told if one.slip and one.slip.public_key == cast.public_key)
    _execute("ballots", "INSERT INTO planted VALUES (%s, %s) ON CONFLICT DO NOTHING", [_slot(cast), email])


def _write_a_line(folder: Path, _told: Sequence[Any], cast: ballot.Cast) -> None:
    with (folder / "logs" / "anonymous.log").open("a") as log:
        log.write(f"INFO andon.ballots kept {_slot(cast).hex()} of {cast.unit_id}\n")


def _write_an_access(folder: Path, _told: Sequence[Any], _cast: ballot.Cast) -> None:
    with (folder / "logs" / "anonymous.log").open("a") as log:
        log.write(f'203.0.113.{secrets.randbelow(255)} - - "POST /cast/ HTTP/1.1" 200 131\n')


def _leave_a_file(folder: Path, _told: Sequence[Any], cast: ballot.Cast) -> None:
    path = folder / "temp" / f"upload-{secrets.token_hex(8)}"
    path.write_bytes(_slot(cast))
    moment = timezone.now().timestamp()
    os.utime(path, (moment, moment))


def _cut_it(_folder: Path, told: Sequence[Any], cast: ballot.Cast) -> None:
    length = next(one.length for one in told if one.slip and one.slip.public_key == cast.public_key)
    _execute("ballots", _type("ballots", _CUT.replace("FROM 1 FOR", ", 1,"), _CUT), [1_000 + length, _slot(cast)])


_CUT = "UPDATE ballots_ballot SET ciphertext = substring(ciphertext FROM 1 FOR %s) WHERE slot = %s"


@contextlib.contextmanager
def _slots_that_follow_each_other(_folder: Path, _told: Sequence[Any]) -> Iterator[None]:
    """As a UUID of version 7 would make them: the moment first."""
    slot_of, known = ballot.slot_of, dict[bytes, bytes]()

    def dated(public_key: bytes) -> bytes:
        moment = round(timezone.now().timestamp() * 1_000).to_bytes(6, "big")
        return known.setdefault(public_key, moment + slot_of(public_key)[6:])

    with mock.patch.object(ballot, "slot_of", dated):
        yield


@contextlib.contextmanager
def _touch_sessions(_folder: Path, _told: Sequence[Any]) -> Iterator[None]:
    load = SessionStore.load
    _execute("default", f"ALTER TABLE people_session ADD COLUMN last_seen {_type('default', 'text', 'timestamptz')}")

    def touched(store: SessionStore) -> Any:
        now, session = timezone.now(), name_of(store.session_key)
        _execute("default", "UPDATE people_session SET last_seen = %s WHERE session_key = %s", [now, session])
        return load(store)

    with mock.patch.object(SessionStore, "load", touched):
        yield


@contextlib.contextmanager
def _date_slips(_folder: Path, _told: Sequence[Any]) -> Iterator[None]:
    keep = issuing._keep_fresh
    _execute("issuance", f"ALTER TABLE issuance_issuedslip ADD issued_at {_type('issuance', 'text', 'timestamptz')}")

    def dated(group: Sequence[Any]) -> Any:
        kept = keep(group)
        for row_key in kept:
            statement = "UPDATE issuance_issuedslip SET issued_at = %s WHERE row_key = %s"
            _execute("issuance", statement, [timezone.now(), row_key])
        return kept

    with mock.patch.object(issuing, "_keep_fresh", dated):
        yield


@contextlib.contextmanager
def _list_slots_as_they_came(_folder: Path, _told: Sequence[Any]) -> Iterator[None]:
    place = "rowid" if connections["ballots"].vendor == "sqlite" else "ctid"
    with connections["ballots"].cursor() as cursor:
        cursor.execute(f"SELECT slot FROM ballots_ballot ORDER BY {place}")
        order = {bytes(slot).hex(): number for number, (slot,) in enumerate(cursor.fetchall())}
    by_arrival = lambda rows: sorted(map(tuple, rows), key=lambda row: order[row[0]])  # noqa: E731
    with mock.patch.object(computing.manifest, "sorted_slots", by_arrival):
        yield


@contextlib.contextmanager
def _write_answers_down(folder: Path, _told: Sequence[Any]) -> Iterator[None]:
    opened = ballot.open_sealed

    def written(*arguments: Any, **options: Any) -> bytes:
        plain = opened(*arguments, **options)
        (folder / "temp" / f"opened-{secrets.token_hex(4)}").write_bytes(plain)
        return plain

    with mock.patch.object(ballot, "open_sealed", written):
        yield


@contextlib.contextmanager
def _sort_the_planted_table(_folder: Path, _told: Sequence[Any]) -> Iterator[None]:
    casting.rewrite_sorted("ballots", table="planted", order="slot")
    yield


_KEEPS_KEYS = (keys.KeyDirectory, "destroy")
_drop = _once(("ballots", "DROP TABLE planted"))
_empty = _once(("ballots", "DELETE FROM ballots_ballot"), ("issuance", "DELETE FROM issuance_issuedslip"))
_DATED = ("ballots", "CREATE TABLE planted (slot blob PRIMARY KEY, created_at text)",
          "CREATE TABLE planted (slot bytea PRIMARY KEY, created_at timestamptz)")  # fmt: skip
_NUMBERED = ("ballots", "CREATE TABLE planted (id integer PRIMARY KEY, slot blob UNIQUE)",
             "CREATE TABLE planted (id serial PRIMARY KEY, slot bytea UNIQUE)")  # fmt: skip
_NAMED = ("ballots", "CREATE TABLE planted (slot blob PRIMARY KEY, email text)",
          "CREATE TABLE planted (slot bytea PRIMARY KEY, email text)")  # fmt: skip

ALL: dict[str, Plant] = {
    "a number for each ballot": Plant(
        ("ballots: planted.id", "ballots: place of the row"), fill=_with_each_cast([_NUMBERED], _number_it), end=_drop
    ),
    "the moment of each ballot": Plant(
        ("ballots: planted.created_at", "a moment"),
        fill=_with_each_cast([_DATED], _date_it),
        close=_sort_the_planted_table,
        end=_drop,
    ),
    "a person beside each ballot": Plant(
        ("a person and a ballot in one block",), fill=_with_each_cast([_NAMED], _name_it), end=_drop
    ),
    "slots that begin with a moment": Plant(("ballots: slot order",), fill=_slots_that_follow_each_other),
    "slots listed as they came": Plant(("ballots: slot list",),
                                       close=_list_slots_as_they_came),
    "a line for each ballot": Plant(("ballots: text in logs",), fill=_with_each_cast([], _write_a_line)),
    "an access log at the anonymous door": Plant(
        ("a line for each visitor",), fill=_with_each_cast([], _write_an_access)
    ),
    "a file for each ballot": Plant(
        ("ballots: times of files", "a ballot after the close"), fill=_with_each_cast([], _leave_a_file)
    ),
    "answers that are not padded": Plant(
        ("ballots: ballots_ballot.ciphertext length", "ballots of different lengths"),
        when="mid",
        fill=_with_each_cast([], _cut_it),
    ),
    "a session that is touched": Plant(("a moment",), fill=_touch_sessions, through_pages=True,
                                       end=_once(("default", "ALTER TABLE people_session DROP COLUMN last_seen"))),
    "the moment of each slip, and slips that stay": Plant(
        ("slips: issuance_issuedslip.issued_at", "a moment", "what was given to whom"),
        fill=_date_slips,
        close=_replaced((closing.issuance, "delete_issuance"), (closing.issuance, "compact")),
        end=_once(
            ("issuance", "ALTER TABLE issuance_issuedslip DROP COLUMN issued_at"),
            ("issuance", "DELETE FROM issuance_issuedslip"),
        ),
    ),
    "ballots that stay": Plant(
        ("ballots: place of the row", "a ballot after the close"),
        close=_replaced((closing.ballots, "delete_ballots"), (closing.ballots, "compact")),
        end=_empty,
    ),
    "keys that stay": Plant(("a key of the round",), close=_replaced(_KEEPS_KEYS), with_keys=True),
    "a log that is not emptied, and its key": Plant(
        ("ballots: write-ahead log", "a key of the round"),
        close=_replaced(_KEEPS_KEYS, (casting, "empty_write_ahead_log")),
        with_keys=True,
        only="sqlite",
    ),
    "a table that is not rewritten": Plant(
        ("ballots: write-ahead log", "a ballot after the close"),
        close=_replaced((casting, "rewrite_sorted"), (closing.ballots, "compact"), (closing.issuance, "compact")),
        # On PostgreSQL its own vacuum may come and do it instead: tests/anomalies holds that off, and looks.
        only="sqlite",
    ),
    "opened answers in a temporary file": Plant(("an answer in plain words",), close=_write_answers_down),
}  # fmt: skip
