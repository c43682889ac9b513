"""Whether browsers can keep the two doors apart and still show one within the other: one rule for everybody who asks.

Needs no Django, for commands that run without, and no list of public suffixes: see `site_of`.
"""

import ipaddress
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from urllib.parse import SplitResult, urlsplit

# Browsers allow cryptography there without TLS.
LOCAL = ("localhost", "127.0.0.1", "::1")
# Second labels under which countries register names: a.co.uk and b.co.uk belong to strangers.
SHARED_LABELS = frozenset(["ac", "co", "com", "edu", "gov", "ltd", "me", "ne", "net", "or", "org", "plc", "sch"])

Door = Literal["app", "anonymous"]


class Fault(StrEnum):
    NOT_AN_ORIGIN = "more, or less, than scheme, host and port"
    NO_TLS = "not encrypted, and not of this machine"
    ONE_WITH_TLS = "one has TLS and the other has not"
    NOT_BY_PORT = "on one machine, but not one name with two ports"
    ONE_NAME = "one host name for both"
    TWO_SITES = "names of two sites"


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong, and with which door, where it is one of them."""

    fault: Fault
    door: Door | None = None


def split(origin: str) -> SplitResult | None:
    """The parts of an origin such as https://andon.example.org:8443; None for anything that is more, or less."""
    try:
        parts = urlsplit(origin)
        # Reading it is what finds a number that is none.
        has_port_0 = parts.port == 0
    except ValueError:
        return None
    more = parts.path or parts.query or parts.fragment or parts.username is not None or "@" in parts.netloc
    return None if parts.scheme not in {"http", "https"} or not parts.hostname or more or has_port_0 else parts


def wrong_with(app_origin: str, anonymous_origin: str) -> list[Wrong]:
    """All that keeps these two from being served: nothing, where both are encrypted or of this machine, different,
    and of one site."""
    app, anonymous = split(app_origin), split(anonymous_origin)
    both: tuple[tuple[Door, SplitResult | None], ...] = (("app", app), ("anonymous", anonymous))
    found = [Wrong(Fault.NOT_AN_ORIGIN, door) for door, parts in both if parts is None]
    if app is None or anonymous is None:
        return found
    found += [
        Wrong(Fault.NO_TLS, door)
        for door, parts in both
        if parts is not None and parts.scheme == "http" and parts.hostname not in LOCAL
    ]
    if app.scheme != anonymous.scheme:
        found.append(Wrong(Fault.ONE_WITH_TLS))
    app_host, anonymous_host = str(app.hostname), str(anonymous.hostname)
    if app_host in LOCAL and anonymous_host in LOCAL:
        if app_host != anonymous_host or app.port == anonymous.port:
            found.append(Wrong(Fault.NOT_BY_PORT))
    elif app_host == anonymous_host:
        found.append(Wrong(Fault.ONE_NAME))
    elif not site_of(app_host) or site_of(app_host) != site_of(anonymous_host):
        found.append(Wrong(Fault.TWO_SITES))
    return found


def site_of(host: str) -> str:
    """The last two labels of a name, or three where a country registers below labels such as `co` and `org`.

    "" where there can be none: for a single word and for a number.
    Does not: know public suffixes. A name that is wrongly taken for a site shows in the browser, as a wallet that
    is not there; nothing is less secret by it.
    """
    try:
        ipaddress.ip_address(host)
    except ValueError:
        labels = host.lower().rstrip(".").split(".")
        length = 3 if len(labels) > 1 and len(labels[-1]) == 2 and labels[-2] in SHARED_LABELS else 2
        return ".".join(labels[-length:]) if len(labels) >= length and all(labels) else ""
    return ""
