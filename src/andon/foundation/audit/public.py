"""The door of `audit`."""

from datetime import datetime
from typing import Any

from django.utils.functional import Promise

from andon.foundation.audit.models import AuditEntry

__all__ = ["record", "register_words", "words_for"]

_words: dict[str, str | Promise] = {}


def record(*, kind: str, by: object | None, at: datetime, subject: str = "", **facts: Any) -> None:
    """Append one entry, in the caller's transaction on `default`."""
    AuditEntry.objects.create(kind=kind, by_id=getattr(by, "pk", by), at=at, subject=subject, facts=facts)


def register_words(kind: str, words: str | Promise) -> None:
    """Called from `AppConfig.ready`: how entries of this kind read on the page."""
    _words[kind] = words


def words_for(kind: str) -> str | Promise:
    return _words.get(kind, kind.replace(".", ": ").replace("_", " "))
