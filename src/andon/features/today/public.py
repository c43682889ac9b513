"""The door of `today`: how a room above it puts a word on the home page."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest

from andon.foundation.people.models import Member

__all__ = ["Notice", "notices_for", "register_notice"]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that waits for this member: a heading, a sentence and one action."""

    title: str
    text: str
    action: str
    url: str


_asked: list[Callable[[HttpRequest, Member], Notice | None]] = []


def register_notice(ask: Callable[[HttpRequest, Member], Notice | None]) -> None:
    """Called from `AppConfig.ready`. Asked at every visit of Today, so it must be quick."""
    if ask not in _asked:
        _asked.append(ask)


def notices_for(request: HttpRequest, member: Member) -> list[Notice]:
    return [notice for ask in _asked if (notice := ask(request, member)) is not None]
