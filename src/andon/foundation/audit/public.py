"""The door of `audit`."""

from datetime import datetime
from typing import Any

from andon.foundation.audit.models import AuditEntry

__all__ = ["record"]


def record(*, kind: str, by: object | None, at: datetime, subject: str = "", **facts: Any) -> None:
    """Append one entry, in the caller's transaction on `default`."""
    AuditEntry.objects.create(
        kind=kind, by_id=getattr(by, "pk", by), at=at, subject=subject, facts=facts
    )
