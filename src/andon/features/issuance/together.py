"""The short way of a slip: `POST /slips/` past most of Django, many with one commit.

Only the plainest case is answered here: a member who is signed in, with a good CSRF token, asks for what nobody has
asked for yet. Everything else is left to the application with all its layers, so each refusal has one place and one
wording. What decides is Django's own code: its request, its CSRF check, its session, its way from there to a member.
"""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import get_user
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest
from django.db import DatabaseError, close_old_connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.security import SecurityMiddleware
from django.utils.module_loading import import_string

from andon.features.issuance import services, views
from andon.foundation.interface.middleware import SecurityHeaders
from andon.foundation.organisation import languages
from andon.kernel import wire

PATH = "/slips/"
_JSON = "application/json"
# All that is read of a request here. One that says something of this twice is left to the application.
_NEEDED = {
    "accept-language": "HTTP_ACCEPT_LANGUAGE",
    "content-length": "CONTENT_LENGTH",
    "content-type": "CONTENT_TYPE",
    "cookie": "HTTP_COOKIE",
    "host": "HTTP_HOST",
    "origin": "HTTP_ORIGIN",
    "referer": "HTTP_REFERER",
    "x-csrftoken": "HTTP_X_CSRFTOKEN",
    "x-forwarded-proto": "HTTP_X_FORWARDED_PROTO",
}

Headers = list[tuple[str, str]]
Answer = tuple[int, Headers, bytes]


def read(headers: Headers, body: bytes) -> tuple[dict[str, str], bytes] | None:
    found = [(_NEEDED[name], value) for name, value in headers if name in _NEEDED]
    meta = dict(found)
    is_plain = (
        len(meta) == len(found)
        and meta.get("CONTENT_TYPE") == _JSON
        and meta.get("CONTENT_LENGTH") == str(len(body))
        and len(body) <= views.LARGEST_BODY
        and "HTTP_HOST" in meta
        and "HTTP_COOKIE" in meta
        # A session that was signed with an older key is written anew, which is not done here.
        and not settings.SECRET_KEY_FALLBACKS
    )
    return (meta, body) if is_plain else None


@dataclass(frozen=True, slots=True)
class _Admitted:
    asked: services.Asked
    is_secure: bool
    language: str


def answer(requests: Sequence[tuple[dict[str, str], bytes]]) -> list[Answer | None]:
    # Django does it before and after each request: a connection that has failed is not used again.
    close_old_connections()
    admitted = [_admit(meta, body) for meta, body in requests]
    outcomes = iter(services.issue_together([one.asked for one in admitted if one is not None]))
    return [None if one is None else _respond(one, next(outcomes)) for one in admitted]


def _no_response(request: HttpRequest) -> HttpResponse:
    raise AssertionError("The check is asked, it does not answer.")


_csrf = CsrfViewMiddleware(_no_response)


def _admit(meta: dict[str, str], body: bytes) -> _Admitted | None:
    """Who asks for what; None where anything at all is unusual."""
    environ: dict[str, Any] = {
        **meta,
        "PATH_INFO": PATH,
        "QUERY_STRING": "",
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
    }
    try:
        request = WSGIRequest(environ)
        request.get_host()
        if _csrf.process_request(request) or _csrf.process_view(request, views.slips, (), {}):  # type: ignore[func-returns-value]
            return None
        if "CSRF_COOKIE_NEEDS_UPDATE" in request.META:
            return None
        request.session = _session_store()(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
        member = get_user(request)
        if not member.is_authenticated or request.session.modified:
            return None
        round_id, blinded = views.read_asked(body)
    except (SuspiciousOperation, UnicodeError, wire.Malformed, DatabaseError):
        return None
    return _Admitted(
        services.Asked(member, round_id, blinded), request.is_secure(), languages.of_page(request, member.language)
    )


@lru_cache(maxsize=1)
def _session_store() -> Any:
    return import_string(f"{settings.SESSION_ENGINE}.SessionStore")


def _respond(one: _Admitted, outcome: services.Issued | None) -> Answer | None:
    if outcome is None:
        return None
    body = json.dumps(outcome.to_json(wire.b64u)).encode()
    headers = _headers(one.is_secure, one.language)
    return HTTPStatus.OK, [*headers, ("Content-Length", str(len(body)))], body


@lru_cache(maxsize=64)
def _headers(is_secure: bool, language: str) -> tuple[tuple[str, str], ...]:
    """What the layers of the application add to such an answer, asked of these layers themselves."""
    request = HttpRequest()
    request.is_secure = lambda: is_secure  # type: ignore[method-assign]
    response: HttpResponse = JsonResponse({})
    # Each of them answers a call with what the one inside it answered, and its own headers.
    for layer in (XFrameOptionsMiddleware, SecurityHeaders, SecurityMiddleware):
        response = cast(HttpResponse, layer(lambda _request, inner=response: inner)(request))  # type: ignore[misc]
    headers = dict(response.items())
    headers |= {"Content-Language": language, "Vary": "Accept-Language, Cookie"}
    return tuple(headers.items())
