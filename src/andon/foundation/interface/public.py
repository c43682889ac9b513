"""The door of `interface`: how a feature gets into the navigation without being imported by it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import Promise

__all__ = ["NavigationItem", "register_navigation", "registered_navigation"]


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """One line of the navigation.

    `icon` names a file in `interface/icons/`, without its ending. `visible` is asked at every page; None
    means that every member sees the line. `order` puts the lines in a row, lowest first. `also` names pages at other
    addresses that belong below this line.
    """

    label: str | Promise
    url_name: str
    icon: str
    order: int
    visible: Callable[[HttpRequest], bool] | None = None
    also: Callable[[], Iterable[str]] = tuple


_items: dict[str, NavigationItem] = {}


def register_navigation(item: NavigationItem) -> None:
    """Called from `AppConfig.ready`. A second item with the same URL name replaces the first."""
    _items[item.url_name] = item


def registered_navigation() -> tuple[NavigationItem, ...]:
    return tuple(sorted(_items.values(), key=lambda item: (item.order, item.url_name)))
