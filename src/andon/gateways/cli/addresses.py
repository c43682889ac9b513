"""What the command line says of two addresses that cannot be served.

The rule is in `foundation.configuration.origins`.
"""

from typing import assert_never
from urllib.parse import SplitResult

from andon.foundation.configuration import origins
from andon.foundation.configuration.origins import LOCAL, Fault

__all__ = ["LOCAL", "BadAddresses", "check", "read_origin"]


class BadAddresses(Exception):
    """The two origins cannot be served. Says which, and what to set instead."""


def read_origin(name: str, origin: str) -> SplitResult:
    """Raises: BadAddresses for anything that is more, or less, than scheme, host and port."""
    parts = origins.split(origin)
    if parts is None:
        raise BadAddresses(f"{name} is {origin!r}, which is not an origin such as https://andon.example.org.")
    return parts


def check(app_origin: str, anonymous_origin: str) -> None:
    """Two origins under which the service works: both encrypted or both of this machine, different, of one site.

    Raises: BadAddresses.
    """
    app = read_origin("ANDON_APP_ORIGIN", app_origin)
    anonymous = read_origin("ANDON_ANONYMOUS_ORIGIN", anonymous_origin)
    for wrong in origins.wrong_with(app_origin, anonymous_origin):
        name, parts = ("ANDON_APP_ORIGIN", app) if wrong.door == "app" else ("ANDON_ANONYMOUS_ORIGIN", anonymous)
        raise BadAddresses(_said(wrong.fault, name, parts, app, anonymous))


def _said(fault: Fault, name: str, parts: SplitResult, app: SplitResult, anonymous: SplitResult) -> str:
    match fault:
        case Fault.NOT_AN_ORIGIN:
            return f"{name} is not an origin such as https://andon.example.org."
        case Fault.NO_TLS:
            return (
                f"{name} is {parts.geturl()}, without TLS: browsers refuse to make slips and to seal answers there. "
                "Put TLS in front (docs/operations/tls.md) and name the origin with https, or use http://localhost."
            )
        case Fault.ONE_WITH_TLS:
            return "Of ANDON_APP_ORIGIN and ANDON_ANONYMOUS_ORIGIN one has TLS and the other has not."
        case Fault.NOT_BY_PORT:
            return (
                "On one machine the two doors share a name and differ in their port, such as http://localhost:8000 "
                f"and http://localhost:8001, not {app.geturl()} and {anonymous.geturl()}."
            )
        case Fault.ONE_NAME:
            return (
                f"ANDON_APP_ORIGIN and ANDON_ANONYMOUS_ORIGIN share the host name {app.hostname}. The anonymous door "
                "needs a name of its own, so that no cookie of the app ever reaches it: such as answer.example.org."
            )
        case Fault.TWO_SITES:
            return (
                f"{app.hostname} and {anonymous.hostname} do not belong to one site, so browsers would keep two "
                "wallets. Choose two names below one domain, such as andon.example.org and answer.example.org."
            )
    assert_never(fault)
