"""Entry of the app: `application` for WSGI, `door` for the server that `andon serve` starts."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from andon.project.whole_requests import LargeBody, ShortWay, WholeRequests

os.environ["DJANGO_SETTINGS_MODULE"] = "andon.project.settings.app"
application = get_wsgi_application()
ALWAYS = [
    ("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", str(settings.SECURE_REFERRER_POLICY)),
    ("Cross-Origin-Opener-Policy", str(settings.SECURE_CROSS_ORIGIN_OPENER_POLICY)),
    ("Cross-Origin-Resource-Policy", "same-origin"),
]
if settings.SECURE_HSTS_SECONDS:
    ALWAYS.append(("Strict-Transport-Security", f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains"))
# A file of people is the one large thing that is sent here, with its form around it, and the page of that form says
# who may. The address is needed to slow down guessing at sign-in.
door = WholeRequests(
    application,
    most_bytes=4_000_000,
    threads=int(os.environ.get("ANDON_APP_THREADS") or 1),
    with_address=True,
    short=ShortWay.of("andon.features.issuance.together"),
    large=LargeBody("/people/import/", most_bytes=30_100_000, sender="andon.sender"),
    always=ALWAYS,
)
