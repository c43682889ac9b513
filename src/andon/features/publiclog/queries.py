"""Reading the log."""

import json
from dataclasses import dataclass
from typing import Any

from andon.features.publiclog.models import Blob, LogEntry

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
    """The newest entry of that kind about that round."""
    row = LogEntry.objects.filter(kind=kind, round_id=round_id).order_by("-index").first()
    return as_entry(row) if row else None


def newest(kind: str) -> Entry | None:
    row = LogEntry.objects.filter(kind=kind).order_by("-index").first()
    return as_entry(row) if row else None


def blob(sha256: str) -> StoredBlob | None:
    row = Blob.objects.filter(sha256=sha256).first()
    return StoredBlob(row.media_type, bytes(row.content)) if row else None
