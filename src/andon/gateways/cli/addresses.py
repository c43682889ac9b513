"""Whether browsers can keep the two doors apart and still show one within the other.

Needs no Django, and no list of public suffixes: see `site_of`.
"""

import ipaddress
from urllib.parse import SplitResult, urlsplit

# Browsers allow cryptography there without TLS.
LOCAL = ("localhost", "127.0.0.1", "::1")
# Second labels under which countries register names: a.co.uk and b.co.uk belong to strangers.
SHARED_LABELS = frozenset(["ac", "co", "com", "edu", "gov", "ltd", "me", "ne", "net", "or", "org", "plc", "sch"])


class BadAddresses(Exception):
    """The two origins cannot be served. Says which, and what to set instead."""


def read_origin(name: str, origin: str) -> SplitResult:
    """Raises: BadAddresses for anything that is more, or less, than scheme, host and port."""
    try:
        parts = urlsplit(origin)
        # Reading it is what finds a number that is none.
        has_port_0 = parts.port == 0
    except ValueError:
        parts, has_port_0 = SplitResult("", "", "", "", ""), True
    more = parts.path or parts.query or parts.fragment or parts.username is not None or "@" in parts.netloc
    if parts.scheme not in {"http", "https"} or not parts.hostname or more or has_port_0:
        raise BadAddresses(f"{name} is {origin!r}, which is not an origin such as https://andon.example.org.")
    return parts


def check(app_origin: str, anonymous_origin: str) -> None:
    """Two origins under which the service works: both encrypted or both of this machine, different, of one site.

    Raises: BadAddresses.
    """
    app = read_origin("ANDON_APP_ORIGIN", app_origin)
    anonymous = read_origin("ANDON_ANONYMOUS_ORIGIN", anonymous_origin)
    for name, parts in (("ANDON_APP_ORIGIN", app), ("ANDON_ANONYMOUS_ORIGIN", anonymous)):
        if parts.scheme == "http" and parts.hostname not in LOCAL:
            raise BadAddresses(
                f"{name} is {parts.geturl()}, without TLS: browsers refuse to make slips and to seal answers there. "
                "Put TLS in front (docs/operations/tls.md) and name the origin with https, or use http://localhost."
            )
    if app.scheme != anonymous.scheme:
        raise BadAddresses("Of ANDON_APP_ORIGIN and ANDON_ANONYMOUS_ORIGIN one has TLS and the other has not.")
    app_host, anonymous_host = str(app.hostname), str(anonymous.hostname)
    if app_host in LOCAL and anonymous_host in LOCAL:
        if app_host != anonymous_host or app.port == anonymous.port:
            raise BadAddresses(
                "On one machine the two doors share a name and differ in their port, such as http://localhost:8000 "
                f"and http://localhost:8001, not {app.geturl()} and {anonymous.geturl()}."
            )
        return
    if app_host == anonymous_host:
        raise BadAddresses(
            f"ANDON_APP_ORIGIN and ANDON_ANONYMOUS_ORIGIN share the host name {app_host}. The anonymous door needs "
            "a name of its own, so that no cookie of the app ever reaches it: such as answer.example.org."
        )
    if not site_of(app_host) or site_of(app_host) != site_of(anonymous_host):
        raise BadAddresses(
            f"{app_host} and {anonymous_host} do not belong to one site, so browsers would keep two wallets. "
            "Choose two names below one domain, such as andon.example.org and answer.example.org."
        )


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
