"""Reading the log."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from andon.features.publiclog.models import Blob, LogEntry
from andon.kernel import wire

PAGE = 100


@dataclass(frozen=True, slots=True)
class Entry:
    index: int
    hash: str
    kind: str
    content: bytes

    @property
    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.content)["body"]
        return body


@dataclass(frozen=True, slots=True)
class StoredBlob:
    media_type: str
    content: bytes


def as_entry(row: LogEntry) -> Entry:
    return Entry(row.index, row.hash, row.kind, bytes(row.content))


def head() -> Entry | None:
    row = LogEntry.objects.order_by("-index").first()
    return as_entry(row) if row else None


def page(start: int) -> list[Entry]:
    """At most PAGE entries from index `start` on."""
    return [as_entry(row) for row in LogEntry.objects.filter(index__gte=start).order_by("index")[:PAGE]]


def find(kind: str, round_id: str) -> Entry | None:
    """The newest entry of that kind about that round. What cannot be the id of one is about none."""
    if round_id and not _is(wire.check_id, round_id):
        return None
    row = LogEntry.objects.filter(kind=kind, round_id=round_id).order_by("-index").first()
    return as_entry(row) if row else None


def manifests() -> list[Entry]:
    """Every round that was published, in the order of publication."""
    return [as_entry(row) for row in LogEntry.objects.filter(kind="manifest").order_by("index")]


def round_ids(kind: str) -> set[str]:
    """The rounds about which there is an entry of this kind. One query."""
    return set(LogEntry.objects.filter(kind=kind).values_list("round_id", flat=True))


def newest(kind: str) -> Entry | None:
    row = LogEntry.objects.filter(kind=kind).order_by("-index").first()
    return as_entry(row) if row else None


def blob(sha256: str) -> StoredBlob | None:
    if not _is(wire.check_digest, sha256):
        return None
    row = Blob.objects.filter(sha256=sha256).first()
    return StoredBlob(row.media_type, bytes(row.content)) if row else None


def _is(check: Callable[[str], str], text: str) -> bool:
    # Asked before the database is: PostgreSQL refuses a text with a zero byte in it, and that would be a failure here.
    try:
        check(text)
    except wire.Malformed:
        return False
    return True
