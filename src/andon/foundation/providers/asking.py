"""Requests that leave this server for an identity provider, whose address a steward has typed.

Guarantees: only to hosts that a steward has seen and confirmed, by https (plain http to this very machine, and only
while Andon itself is not served by https), never after a redirect, never to link-local or reserved addresses, to this
machine only under its own name, within fifteen seconds, and not more than half a megabyte is read. Answers are shown
to nobody.
Does not: keep a steward from reaching a host of the internal network that speaks https, since that is where many
providers are; nor use a proxy. A name that resolves to another address between the look and the connection meets
https, whose certificate must be for that name.
"""

import ipaddress
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings

LONGEST_SECONDS = 15.0
MOST_BYTES = 512 * 1024
OURSELVES = {"localhost", "127.0.0.1", "::1"}

_hosts: ContextVar[frozenset[str]] = ContextVar("andon_providers_hosts", default=frozenset())


class NotAsked(requests.RequestException):
    """The request was not made, or its answer was not taken."""


@contextmanager
def asking_only(hosts: Iterable[str]) -> Iterator[None]:
    """Inside, sessions of `session()` reach these hosts (`name` or `name:port`) and no other."""
    token = _hosts.set(frozenset(hosts))
    try:
        yield
    finally:
        _hosts.reset(token)


def host_of(url: str) -> str:
    """`name` or `name:port`, in lower case. Raises: NotAsked."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotAsked("not an address") from None
    if not parts.hostname or "@" in parts.netloc:
        raise NotAsked("not an address")
    return parts.hostname if port is None else f"{parts.hostname}:{port}"


def check_scheme(url: str) -> None:
    """Whether it is https, or plain http to this very machine in a trial. Raises: NotAsked."""
    host_of(url)
    parts = urlsplit(url)
    here = parts.hostname in OURSELVES
    if parts.scheme != "https" and not (parts.scheme == "http" and here and not settings.BEHIND_TLS):
        raise NotAsked("not https")


def check(url: str) -> None:
    """Whether this address may be asked at all, whoever confirmed it. Raises: NotAsked."""
    host_of(url)
    parts = urlsplit(url)
    name = str(parts.hostname)
    here = name in OURSELVES
    check_scheme(url)
    try:
        found = socket.getaddrinfo(
            name, parts.port or (443 if parts.scheme == "https" else 80), type=socket.SOCK_STREAM
        )
    except (OSError, UnicodeError):
        raise NotAsked("no such host") from None
    for *_more, address in found:
        _check_address(str(address[0]), here=here)


def _check_address(text: str, *, here: bool) -> None:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_loopback:
        if not here:
            raise NotAsked("another name for this machine")
    elif address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved:
        raise NotAsked("not an address of a provider")


class _Guarded(requests.Session):
    def __init__(self) -> None:
        super().__init__()
        # No proxy, password file or certificates that the environment of the service happens to name.
        self.trust_env = False

    def request(self, method: Any, url: Any, **options: Any) -> requests.Response:  # type: ignore[override]
        check(str(url))
        if host_of(str(url)) not in _hosts.get():
            raise NotAsked("a host that no steward has confirmed")
        options |= {"timeout": (5, 10), "allow_redirects": False, "stream": True, "verify": True}
        deadline = time.monotonic() + LONGEST_SECONDS
        response = super().request(method, url, **options)
        try:
            if response.is_redirect or 300 <= response.status_code < 400:
                raise NotAsked("a redirect")
            body = bytearray()
            for part in response.iter_content(16 * 1024):
                body += part
                if len(body) > MOST_BYTES or time.monotonic() > deadline:
                    raise NotAsked("too long an answer")
        finally:
            response.close()
        response._content = bytes(body)
        return response


def session() -> requests.Session:
    """For allauth and for the check: a session that keeps to all of the above."""
    return _Guarded()
