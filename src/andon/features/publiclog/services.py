"""Appending to the log: one writer at a time, each entry once."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db import connections, transaction

from andon.features.publiclog.models import Blob, LogEntry
from andon.features.publiclog.queries import Entry, as_entry, find, head, newest
from andon.kernel import manifest, wire

ALIAS = "ballots"
GENESIS_PREVIOUS = "0" * 64

# Kinds of which there may be several about the same round, or about none.
_MANY = frozenset({"bundle", "delegation"})

# An arbitrary number that names this lock among PostgreSQL's advisory locks ("andonlog" as a number).
_APPEND_LOCK = 0x616E646F6E6C6F67

SignedBody = tuple[Mapping[str, Any], str | None]


class LogLost(Exception):
    """The log is empty although something happened before. A second beginning would hide the first."""

    def __init__(self) -> None:
        super().__init__(
            "The public log is empty although rounds were published. Nothing was written, nothing was destroyed. "
            "Put back the log that the last published head belongs to."
        )


def append(kind: str, *, round_id: str = "", body: Callable[[str], SignedBody] | Mapping[str, Any]) -> Entry:
    """Append one entry, or return the one that says the same already.

    `body` is the entry's body, or a function from the hash of the entry before to (body, signature), for
    bodies that name or sign their place in the chain.

    Guarantees: entries are chained without gaps, durable before this returns; the same (kind, round) is
    appended once, and a delegation to the key that may sign already not again, so a caller that was killed may
    simply ask again. Does not: check a signature, nor compare the body of an entry that is there already; a caller
    to whom it matters compares what it gets.
    Raises: LogLost, for anything but the first entry of an empty log; manifest.BadDelegation, for a delegation that
    would leave a log behind that nobody can verify any more.
    """
    with transaction.atomic(using=ALIAS):
        connection = connections[ALIAS]
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_APPEND_LOCK])
        present = find(kind, round_id) if kind not in _MANY else None
        if present is not None:
            return present
        last = head()
        if last is None and kind != "genesis":
            raise LogLost
        previous = last.hash if last else GENESIS_PREVIOUS
        index = last.index + 1 if last else 0
        content, signature = body(previous) if callable(body) else (body, None)
        if kind == "delegation":
            current = newest("delegation")
            if current is not None and current.body["delegate"] == content["delegate"]:
                return current
            _check_delegation(content, after=current)
        entry = manifest.make_entry(index=index, previous=previous, kind=kind, body=dict(content), signature=signature)
        row = LogEntry.objects.create(
            index=index,
            hash=manifest.entry_hash(entry),
            kind=kind,
            round_id=round_id,
            content=wire.canonical(entry),
        )
        return as_entry(row)


def _check_delegation(body: Mapping[str, Any], *, after: Entry | None) -> None:
    genesis = find("genesis", "")
    if genesis is None:
        raise LogLost
    start = after.index if after else genesis.index
    manifest.check_delegation(
        body,
        organisation=genesis.body["organisation"],
        steward_public_key=wire.unb64u(genesis.body["steward_key"], 32),
        known=set(LogEntry.objects.filter(index__gte=start).values_list("hash", flat=True)),
    )


def restore_entry(entry: Mapping[str, Any]) -> None:
    """Put back an entry of this very log that was kept elsewhere. May be repeated. For a restore alone.

    Does not: check the chain; whoever restores has checked the whole log against a head that is known outside.
    Raises: LogLost, where the entry does not follow the newest one.
    """
    index, hashed = int(entry["index"]), manifest.entry_hash(entry)
    with transaction.atomic(using=ALIAS):
        if LogEntry.objects.filter(index=index, hash=hashed).exists():
            return
        last = head()
        if last is None or (last.index + 1, last.hash) != (index, entry["previous"]):
            raise LogLost
        LogEntry.objects.create(
            index=index,
            hash=hashed,
            kind=entry["kind"],
            round_id=str(entry["body"].get("round", "")),
            content=wire.canonical(dict(entry)),
        )


def put_blob(content: bytes, *, media_type: str) -> str:
    """Keep the bytes under their hash, once, and return the hash."""
    sha256 = wire.sha256_hex(content)
    Blob.objects.get_or_create(sha256=sha256, defaults={"media_type": media_type, "content": content})
    return sha256
