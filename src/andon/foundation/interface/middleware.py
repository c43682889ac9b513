"""Headers of every page of the app."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

CONTENT_SECURITY_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'none'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "frame-src {frames}",
    "require-trusted-types-for 'script'",
    # Nothing of ours makes markup or code out of text, so nothing is trusted to.
    "trusted-types 'none'",
)

# What no page of ours needs. Passkeys are left to our own origin.
PERMISSIONS_POLICY = (
    "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(self), usb=(), "
    "xr-spatial-tracking=()"
)


class SecurityHeaders:
    """Sets the policy of what a page may load, and keeps pages out of every cache.

    Guarantees: no inline script, no eval, no foreign origin except the frame of the anonymous door; a response that
    does not say otherwise is not stored, so that the next person at the same computer finds nothing. Static files,
    which say that they may be stored, carry the same policy: one that is opened by itself, or framed, can do nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.policy = "; ".join(CONTENT_SECURITY_POLICY).format(frames=" ".join(settings.FRAME_SOURCES) or "'none'")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.policy)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Cache-Control", "no-store")
        return response
