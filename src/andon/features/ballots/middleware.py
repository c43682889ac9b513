"""Nobody is known at this door."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port, validate_host

from andon.features.ballots import views

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'; "
)

# All that a view of this door needs of a request. The rest goes before any code of ours sees it, also headers that
# nobody has thought of yet: a list of what identifies would never be complete.
_NEEDED = {
    "CONTENT_LENGTH",
    "CONTENT_TYPE",
    "HTTP_HOST",
    "PATH_INFO",
    "QUERY_STRING",
    "REQUEST_METHOD",
    "SCRIPT_NAME",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
}
_OF_THE_SERVER = "wsgi."


NOT_STORED = "no-store"


def fixed_headers(*, framed_by_app: bool = False) -> dict[str, str]:
    """What every answer of this door says, whoever asks and whatever it answers."""
    ancestors = settings.APP_ORIGIN if framed_by_app else "'none'"
    headers = {
        "Content-Security-Policy": f"{_POLICY}frame-ancestors {ancestors}",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
    }
    if settings.BEHIND_TLS:
        headers["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains"
    return headers


def is_our_name(host: str) -> bool:
    """Whether a Host header names this door. Another site's name for our address is a page that steals the door's."""
    domain, _port = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


class NobodyIsKnownHere:
    """Takes cookies, addresses and every header but what a view needs off the request, and sets no cookie.

    Guarantees: no view of this door can read who asks, or is asked under another name; no response sets a cookie.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        for name in list(request.META):
            if name not in _NEEDED and not name.startswith(_OF_THE_SERVER):
                del request.META[name]
        is_ours = is_our_name(request.META.get("HTTP_HOST") or request.META.get("SERVER_NAME", ""))
        response = self.get_response(request) if is_ours else views.bad_request(request)
        response.cookies.clear()
        for name, value in fixed_headers(framed_by_app=getattr(response, "framed_by_app", False)).items():
            response[name] = value
        response.headers.setdefault("Cache-Control", NOT_STORED)
        # Without it the server would have to send chunks.
        response.headers.setdefault("Content-Length", str(len(response.content)))
        return response
