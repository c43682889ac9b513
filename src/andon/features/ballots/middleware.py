"""Nobody is known at this door."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'; "
)

# What could tell one visitor from another. It is removed before any code of ours sees the request.
_IDENTIFYING = (
    "HTTP_COOKIE",
    "HTTP_AUTHORIZATION",
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_REAL_IP",
    "HTTP_USER_AGENT",
    "HTTP_REFERER",
    "HTTP_ACCEPT_LANGUAGE",
    "REMOTE_ADDR",
    "REMOTE_HOST",
    "REMOTE_PORT",
    "REMOTE_USER",
)


class NobodyIsKnownHere:
    """Takes cookies, addresses and user agents off the request, and sets none.

    Guarantees: no view of this door can read who asks; no response sets a cookie.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        for name in _IDENTIFYING:
            request.META.pop(name, None)
        response = self.get_response(request)
        response.cookies.clear()
        ancestors = settings.APP_ORIGIN if getattr(response, "framed_by_app", False) else "'none'"
        response["Content-Security-Policy"] = f"{_POLICY}frame-ancestors {ancestors}"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Content-Type-Options"] = "nosniff"
        response["Cross-Origin-Opener-Policy"] = "same-origin"
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), browsing-topics=()"
        if settings.BEHIND_TLS:
            response["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains"
        response.headers.setdefault("Cache-Control", "no-store")
        # Without it the server would have to send chunks.
        response.headers.setdefault("Content-Length", str(len(response.content)))
        return response
