"""Every address that a door has, by walking its resolver."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver


def named(urlconf: str | None = None) -> dict[str, URLPattern]:
    """By name with its namespace. Raises: AssertionError for an address without a name, which no table could list."""
    found: dict[str, URLPattern] = {}
    for name, pattern in _walk(get_resolver(urlconf).url_patterns):
        assert pattern.name, f"{pattern.pattern} has no name"
        found[name] = pattern
    return found


def _walk(patterns: Iterable[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix)
        else:
            yield f"{prefix}{pattern.name}", pattern
