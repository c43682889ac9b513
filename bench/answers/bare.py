"""The least that a request can cost here: read the body, answer a few bytes. No framework, no database."""

from collections.abc import Callable, Iterable
from typing import Any

ANSWER = b'{"outcome":"accepted"}'


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(ANSWER)))])
    return [ANSWER]
