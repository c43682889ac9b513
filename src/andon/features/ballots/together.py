"""The short way of a good ballot: `POST /cast/` without Django, many with one commit.

Only the plainest case is answered here. Whatever is refused, or needs a second look, is left to `views.cast`, so each
refusal has one place and one wording.
"""

import json
from collections.abc import Sequence
from functools import cache
from http import HTTPStatus

from django.db import close_old_connections

from andon.features.ballots import middleware, services, views
from andon.kernel import ballot

PATH = "/cast/"
_JSON = "application/json"
_NEEDED = {"content-type": _JSON, "content-length": str(ballot.CAST_BODY_BYTES)}

Headers = list[tuple[str, str]]
Answer = tuple[int, Headers, bytes]


def read(headers: Headers, body: bytes) -> bytes | None:
    """The body, which is all that is looked at of a cast; None where the headers are not those of every wallet."""
    if len(body) != ballot.CAST_BODY_BYTES:
        return None
    if {name: value for name, value in headers if name in _NEEDED} != _NEEDED:
        return None
    hosts = [value for name, value in headers if name == "host"]
    return body if len(hosts) == 1 and middleware.is_our_name(hosts[0]) else None


def answer(bodies: Sequence[bytes]) -> list[Answer | None]:
    # Django does it before and after each request: a connection that has failed is not used again.
    close_old_connections()
    outcomes = services.cast_together(bodies)
    return [None if outcome is None else _respond(outcome) for outcome in outcomes]


def _respond(outcome: services.Accepted) -> Answer:
    body = json.dumps(views.accepted(outcome)).encode()
    return HTTPStatus.OK, [*_headers(), ("Content-Length", str(len(body)))], body


@cache
def _headers() -> tuple[tuple[str, str], ...]:
    """Made once: they say the same to everybody."""
    always = {"Content-Type": _JSON, "Cache-Control": middleware.NOT_STORED} | middleware.fixed_headers()
    return tuple(always.items())
