"""Casting, and what closing does to the box."""

import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, OperationalError, connections, transaction

from andon.features.ballots.keys import KeyDirectory, KeyDirectoryMissing, KeyGone, KeyKind
from andon.features.ballots.models import Ballot, Box, Generation
from andon.features.ballots.pace import Pace
from andon.kernel import ballot, wire
from andon.kernel.credential import EvaluationKey

ALIAS = "ballots"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The ballot is durable. The receipt is (slot, hash of the ciphertext), both hex."""

    slot: str
    ciphertext: str
    sequence: int


@dataclass(frozen=True, slots=True)
class NoSuchRound:
    pass


@dataclass(frozen=True, slots=True)
class NotOpen:
    pass


@dataclass(frozen=True, slots=True)
class AlreadyClosed:
    pass


@dataclass(frozen=True, slots=True)
class BadSlip:
    pass


@dataclass(frozen=True, slots=True)
class LowerSequence:
    stored: int


@dataclass(frozen=True, slots=True)
class EqualSequence:
    """The same sequence was cast with other bytes: two devices use one wallet."""


@dataclass(frozen=True, slots=True)
class TooOften:
    """This slot was written very often just now. What was accepted before is kept, and this may come again later."""

    seconds: int


CastOutcome = Accepted | NoSuchRound | NotOpen | AlreadyClosed | BadSlip | LowerSequence | EqualSequence | TooOften


def key_directory() -> KeyDirectory:
    return KeyDirectory(Path(settings.KEY_DIRECTORY))


def prepare_key_directory(path: Path) -> None:
    KeyDirectory(path).prepare()


class EvaluationKeys:
    """Derived evaluation keys of open rounds, kept for a short while.

    Guarantees: a key is forgotten at the latest one and a half times `seconds` after it was derived, also in a process
    that nobody asks for anything, so that a closed round's keys do not stay in its memory; at most `most` are kept.
    """

    def __init__(
        self, *, most: int = 20_000, seconds: float = 300, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._seconds, self._clock = most, seconds, clock
        self._keys: OrderedDict[tuple[str, str, str], tuple[float, EvaluationKey]] = OrderedDict()
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def get(self, round_id: str, unit_id: str, purpose: str) -> EvaluationKey:
        """Raises: KeyGone where the round has no seed (never had, or was closed)."""
        place, now = (round_id, unit_id, purpose), self._clock()
        with self._lock:
            self._forget_old(now)
            found = self._keys.get(place)
        if found is not None:
            return found[1]
        seed = key_directory().read(KeyKind.SEED, round_id)
        key = EvaluationKey.derive(seed, round_id=round_id, unit_id=unit_id, purpose=purpose)
        with self._lock:
            self._keys[place] = (now, key)
            while len(self._keys) > self._most:
                self._keys.popitem(last=False)
            self._look_again()
        return key

    def _forget_old(self, now: float) -> None:
        while self._keys and next(iter(self._keys.values()))[0] + self._seconds < now:
            self._keys.popitem(last=False)

    def _look_again(self) -> None:
        # After the close of a round nobody may ask this process for anything for a long while.
        if self._keys and self._timer is None:
            self._timer = threading.Timer(self._seconds / 2, self._tidy)
            self._timer.daemon = True
            self._timer.start()

    def _tidy(self) -> None:
        with self._lock:
            self._timer = None
            self._forget_old(self._clock())
            self._look_again()

    def forget(self, round_id: str) -> None:
        with self._lock:
            for place in [place for place in self._keys if place[0] == round_id]:
                del self._keys[place]


evaluation_keys = EvaluationKeys()
pace = Pace(most=settings.CASTS_A_MINUTE)


def cast(body: bytes) -> CastOutcome:
    """Check a cast body and keep the ballot.

    Guarantees: what is accepted is durable; per slot and purpose the highest sequence is kept; the same bytes
    again are accepted again; nothing is kept of the key, the output or the signature; nothing is logged.
    Raises: wire.Malformed, ballot.WrongSize, KeyDirectoryMissing; KeyGone where an open round has lost its seed.
    """
    handed_in = ballot.parse_cast(body)
    try:
        _check(handed_in)
    except KeyGone:
        # Without a seed the round is over, or there never was one. While the box is open it is neither, and a wallet
        # that is told "closed" would never ask again.
        refusal = _refusal(_box_state(handed_in.round_id))
        if refusal is None:
            raise
        return refusal
    except ballot.BadSlip:
        # A seed is written over before it is gone. Whoever comes at that moment of a close has no bad slip.
        refusal = _refusal(_box_state(handed_in.round_id))
        return refusal if isinstance(refusal, AlreadyClosed) else BadSlip()
    # Only whoever holds the slip comes this far: nobody else can use up what a slot may be written.
    if pace.is_over(_place(handed_in)):
        return TooOften(int(pace.seconds))
    if _keep([handed_in]):
        pace.count(_place(handed_in))
        return _accepted(handed_in)
    return _why_not_kept(handed_in) or _accepted(handed_in)


def cast_together(bodies: Sequence[bytes]) -> list[Accepted | None]:
    """Check cast bodies and keep those that are plainly good, all with one commit.

    Guarantees: as `cast` for every body that is accepted. None stands for a body that has to be handed to `cast`, which
    may accept it too: it is not plainly good, its slot comes twice, or the group as a whole could not be kept.
    Does not: hold the storage while slips are checked.
    """
    checked = [_plainly_good(body) for body in bodies]
    # One statement cannot write to one row twice. Sorted, so that two processes that write the same rows do not wait
    # for each other.
    by_place = {_place(handed_in): handed_in for handed_in in checked if handed_in is not None}
    first = [by_place[place] for place in sorted(by_place)]
    try:
        kept = _keep(first) if first else set()
        for place in kept:
            pace.count(place)
    except DatabaseError:
        # Nothing of the group was kept. Whoever is not to blame is accepted when asked for alone.
        kept = set()
    return [
        _accepted(handed_in)
        if handed_in is not None and by_place[_place(handed_in)] is handed_in and _place(handed_in) in kept
        else None
        for handed_in in checked
    ]


def _plainly_good(body: bytes) -> ballot.Cast | None:
    try:
        handed_in = ballot.parse_cast(body)
        _check(handed_in)
    except (wire.Malformed, ballot.WrongSize, ballot.BadSlip, KeyGone, KeyDirectoryMissing, OSError):
        return None
    return None if pace.is_over(_place(handed_in)) else handed_in


def _check(handed_in: ballot.Cast) -> None:
    """Raises: ballot.BadSlip, KeyGone, KeyDirectoryMissing."""
    ballot.check_cast(handed_in, evaluation_keys.get(handed_in.round_id, handed_in.unit_id, handed_in.purpose))


def _accepted(handed_in: ballot.Cast) -> Accepted:
    slot = ballot.slot_of(handed_in.public_key)
    return Accepted(slot.hex(), ballot.ciphertext_hash(handed_in.ciphertext), handed_in.sequence)


def _box_state(round_id: str) -> str | None:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT state FROM ballots_box WHERE round_id = %s", [round_id])
        row = cursor.fetchone()
    return row[0] if row else None


def _refusal(state: str | None) -> CastOutcome | None:
    match state:
        case Box.State.OPEN:
            return None
        case None:
            return NoSuchRound()
        case Box.State.WAITING:
            return NotOpen()
        case _:
            return AlreadyClosed()


# One statement decides and writes, so that two casts for one slot cannot both believe that they were first, and
# none is kept after the close. On PostgreSQL it holds the box shared with other casts, and waits for whoever closes;
# on SQLite a writer is alone anyway. A whole group is one statement, hence one commit.
_UPSERT = """
INSERT INTO ballots_ballot (round_id, slot, purpose, unit_id, sequence, ciphertext)
SELECT column1, column2, column3, column4, column5, column6
FROM (VALUES {rows}) AS handed_in JOIN ballots_box AS box ON box.round_id = column1 WHERE box.state = 'open' {lock}
ON CONFLICT (round_id, slot, purpose) DO UPDATE
SET sequence = excluded.sequence, ciphertext = excluded.ciphertext
WHERE ballots_ballot.sequence < excluded.sequence
RETURNING round_id, slot, purpose
"""
_ROW = "(%s, %s, %s, %s, %s, %s)"

_Place = tuple[str, bytes, str]


def _place(handed_in: ballot.Cast) -> _Place:
    return handed_in.round_id, ballot.slot_of(handed_in.public_key), handed_in.purpose


def _keep(casts: Sequence[ballot.Cast]) -> set[_Place]:
    """Keep what is new of these casts for different slots. All or nothing of them is durable when it returns."""
    connection = connections[ALIAS]
    lock = "FOR SHARE OF box" if connection.vendor == "postgresql" else ""
    upsert = _UPSERT.format(rows=", ".join([_ROW] * len(casts)), lock=lock)
    values: list[Any] = []
    for handed_in in casts:
        values += (*_place(handed_in), handed_in.unit_id, handed_in.sequence, handed_in.ciphertext)
    # A statement of its own is a transaction of its own; on SQLite it ends when its last row was read.
    with connection.cursor() as cursor:
        cursor.execute(upsert, values)
        return {(round_id, bytes(slot), purpose) for round_id, slot, purpose in cursor.fetchall()}


def _why_not_kept(handed_in: ballot.Cast) -> CastOutcome | None:
    """None when these very bytes are in the box already."""
    refusal = _refusal(_box_state(handed_in.round_id))
    if refusal is not None:
        evaluation_keys.forget(handed_in.round_id)
        return refusal
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT sequence, ciphertext FROM ballots_ballot WHERE round_id = %s AND slot = %s AND purpose = %s",
            list(_place(handed_in)),
        )
        row = cursor.fetchone()
    if row is None:
        # The box was opened, or closed and emptied, between the statements: asking again will tell.
        return NotOpen()
    sequence, ciphertext = row
    if handed_in.sequence < sequence:
        return LowerSequence(sequence)
    return None if bytes(ciphertext) == handed_in.ciphertext else EqualSequence()


@dataclass(frozen=True, slots=True)
class StoredBallot:
    slot: bytes
    purpose: str
    unit_id: str
    sequence: int
    ciphertext: bytes


def generation() -> str:
    """The identity of this ballot database, made at the first call."""
    found = Generation.objects.first()
    if found is None:
        with only_writer(ALIAS, table="ballots_generation"):
            found = Generation.objects.first() or Generation.objects.create()
    return found.id


@contextlib.contextmanager
def only_writer(alias: str, *, table: str) -> Iterator[None]:
    """A transaction in which nobody else writes to the table: what is looked for and not found is not there."""
    connection = connections[alias]
    with transaction.atomic(using=alias):
        # On SQLite the transaction itself keeps every other writer out.
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        yield


def prepare_box(round_id: str) -> None:
    """Make the box of a round, not yet open. May be repeated."""
    Box.objects.get_or_create(round_id=wire.check_id(round_id))


def open_box(round_id: str) -> None:
    """From now on the round's ballots are taken. May be repeated; a closed box stays closed."""
    Box.objects.filter(round_id=round_id, state=Box.State.WAITING).update(state=Box.State.OPEN)


def close_box(round_id: str) -> None:
    """From now on nothing is taken; what was acknowledged before is in the box. May be repeated.

    A box that is void stays void.
    """
    _end_box(round_id, Box.State.CLOSED)


def void_box(round_id: str) -> None:
    _end_box(round_id, Box.State.VOID)


def _end_box(round_id: str, state: Box.State) -> None:
    with transaction.atomic(using=ALIAS):
        # Waits until every cast that holds the row shared has committed.
        box = Box.objects.select_for_update().filter(round_id=round_id).first()
        if box is not None and box.state not in {state, Box.State.VOID}:
            box.state = state
            box.save(update_fields=["state"])
    evaluation_keys.forget(round_id)


def read_box(round_id: str) -> list[StoredBallot]:
    """All ballots of the round. For `closing` alone."""
    # Sorted by slot so that the order of rows says nothing about the order of casting.
    return [
        StoredBallot(bytes(row.slot), row.purpose, row.unit_id, row.sequence, bytes(row.ciphertext))
        for row in Ballot.objects.filter(round_id=round_id).order_by("slot", "purpose").iterator(chunk_size=2_000)
    ]


def delete_ballots(round_id: str) -> None:
    """Remove the round's ballots. May be repeated. `compact` makes the storage forget them."""
    with transaction.atomic(using=ALIAS):
        Ballot.objects.filter(round_id=round_id).delete()


def compact() -> None:
    """Rewrite the ballot table in slot order and drop what is left of deleted rows.

    Guarantees: afterwards neither the main file nor the write-ahead log of SQLite, nor the table's files of
    PostgreSQL, hold a deleted ballot. Does not: reach pg_wal or a copy made earlier; there the destroyed box
    key is what hides the answers.
    """
    rewrite_sorted(ALIAS, table="ballots_ballot", order="round_id, slot, purpose")


# Casts wait for the rewrite, and the rewrite must not wait long for somebody who reads: then it is tried again.
_PATIENCE_POSTGRES = "5s"


def rewrite_sorted(alias: str, *, table: str, order: str) -> None:
    """Write all rows of a table anew in this order, so that its files hold them and nothing else.

    Guarantees: all or nothing; deleted rows are gone from the files even while an old snapshot could still see
    them (which `VACUUM FULL` and `CLUSTER` of PostgreSQL would respect), and so is the order of writing.
    Raises: StorageBusy. Trying again later is safe.
    """
    connection = connections[alias]
    on_postgres = connection.vendor == "postgresql"
    try:
        with transaction.atomic(using=alias), connection.cursor() as cursor:
            if on_postgres:
                cursor.execute(f"SET LOCAL lock_timeout = '{_PATIENCE_POSTGRES}'")
                cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            cursor.execute(f"CREATE TEMPORARY TABLE rows_kept AS SELECT * FROM {table}")  # noqa: S608
            # TRUNCATE gives the table, its indexes and its TOAST table new files.
            cursor.execute(f"TRUNCATE {table}" if on_postgres else f"DELETE FROM {table}")  # noqa: S608
            cursor.execute(f"INSERT INTO {table} SELECT * FROM rows_kept ORDER BY {order}")  # noqa: S608
            cursor.execute("DROP TABLE rows_kept")
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == "55P03":  # lock_not_available
            raise StorageBusy(alias) from None
        raise
    if not on_postgres:
        rewrite_sqlite(alias)


def rewrite_sqlite(alias: str, *, patience: float = 30, sleep: Callable[[float], None] = time.sleep) -> None:
    """Rewrite a SQLite file and empty its write-ahead log. Raises: StorageBusy when others read for too long."""
    with connections[alias].cursor() as cursor:
        cursor.execute("VACUUM")
    empty_write_ahead_log(alias, patience=patience, sleep=sleep)


def empty_write_ahead_log(alias: str, *, patience: float = 30, sleep: Callable[[float], None] = time.sleep) -> None:
    """Leave nothing in SQLite's write-ahead log, which otherwise holds old pages until it is written over.

    Does not: anything on PostgreSQL, whose pages and log keep deleted rows until they are used again.
    Raises: StorageBusy when others read for too long.
    """
    if connections[alias].vendor != "sqlite":
        return
    until = time.monotonic() + patience
    with connections[alias].cursor() as cursor:
        while True:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy, _pages, _moved = cursor.fetchone()
            if not busy:
                return
            if time.monotonic() > until:
                raise StorageBusy(alias)
            sleep(0.05)


class StorageBusy(Exception):
    """The storage could not be made to forget because somebody reads it. Trying again later is safe."""

    def __init__(self, alias: str) -> None:
        super().__init__(
            f"The database {alias} is being read without a pause, so what was deleted could not be removed from its "
            "files yet. It is tried again."
        )
