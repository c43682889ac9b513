"""The door of `audit`."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.functional import Promise

from andon.foundation.audit.models import AuditEntry

__all__ = [
    "count_by",
    "fact_in_words",
    "forget_person",
    "is_recorded",
    "last_about",
    "newest",
    "record",
    "register_fact",
    "register_subject",
    "register_values",
    "register_words",
    "subject_in_words",
    "words_for",
]

_words: dict[str, str | Promise] = {}
_facts: dict[str, tuple[str | Promise, Mapping[Any, str | Promise]]] = {}


def record(
    *, kind: str, by: object | None, at: datetime, subject: str = "", about: object | None = None, **facts: Any
) -> None:
    """Append one entry, in the caller's transaction on `default`.

    `about` is the member whom it is about; no name or address of a person belongs into `subject` or a fact, because
    an erased member's would stay there.
    """
    AuditEntry.objects.create(
        kind=kind,
        by_id=getattr(by, "pk", by),
        at=at,
        subject=subject,
        about_id=getattr(about, "pk", about),
        facts=facts,
    )


def is_recorded(kind: str, **facts: Any) -> bool:
    """Whether an entry of this kind with these facts is there, for whoever may have been killed before it was."""
    return AuditEntry.objects.filter(kind=kind, **{f"facts__{name}": value for name, value in facts.items()}).exists()


def count_by(member: object, kind: str, *, since: datetime, **facts: Any) -> int:
    """How many entries of this kind with these facts the member has caused since then. One query."""
    named = {f"facts__{name}": value for name, value in facts.items()}
    return AuditEntry.objects.filter(by_id=getattr(member, "pk", member), kind=kind, at__gt=since, **named).count()


def newest(kind: str) -> datetime | None:
    """When the newest entry of this kind was written. One query."""
    return AuditEntry.objects.filter(kind=kind).values_list("at", flat=True).first()


def last_about(*kinds: str) -> dict[UUID, str]:
    """For each member about whom there is an entry of these kinds, the kind of the newest one."""
    entries = AuditEntry.objects.filter(kind__in=kinds, about__isnull=False).order_by("at", "id")
    return {about: kind for about, kind in entries.values_list("about_id", "kind") if about is not None}


def forget_person(member_id: UUID) -> None:
    """Take a member out of every entry, which then says that somebody was erased. In the caller's transaction."""
    AuditEntry.objects.filter(by_id=member_id).update(by=None, by_was_erased=True)
    AuditEntry.objects.filter(about_id=member_id).update(about=None, about_was_erased=True)


def register_words(kind: str, words: str | Promise) -> None:
    """Called from `AppConfig.ready`: how entries of this kind read on the page."""
    _words[kind] = words


_subjects: dict[str, Callable[[str], str]] = {}


def register_subject(kind: str, in_words: Callable[[str], str]) -> None:
    """Called from `AppConfig.ready`: how the subject of entries of this kind reads, where it is a code."""
    _subjects[kind] = in_words


def subject_in_words(kind: str, subject: str) -> str:
    return _subjects[kind](subject) if kind in _subjects else subject


def words_for(kind: str) -> str | Promise:
    return _words.get(kind, kind.replace(".", ": ").replace("_", " "))


def register_fact(key: str, words: str | Promise, values: Mapping[Any, str | Promise] | None = None) -> None:
    """Called from `AppConfig.ready`: how the fact with this key reads, and its values where they are codes."""
    _facts[key] = (words, values or {})


_values: dict[str, Callable[[str, str], str]] = {}


def register_values(kind: str, in_words: Callable[[str, str], str]) -> None:
    """Called from `AppConfig.ready`: how facts of entries of this kind read, from their subject and their value."""
    _values[kind] = in_words


def fact_in_words(entry: AuditEntry, key: str) -> tuple[str, str]:
    value = entry.facts[key]
    words, values = _facts.get(key, (key.replace("_", " "), {}))
    if entry.kind in _values:
        return str(words), _values[entry.kind](entry.subject, str(value))
    return str(words), str(values.get(value, value))
