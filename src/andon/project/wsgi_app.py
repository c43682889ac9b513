"""Entry of the app: `application` for WSGI, `door` for the server that `andon serve` starts."""

import os

from django.core.wsgi import get_wsgi_application

from andon.project.whole_requests import LargeBody, ShortWay, WholeRequests

os.environ["DJANGO_SETTINGS_MODULE"] = "andon.project.settings.app"
application = get_wsgi_application()
# A file of people is the one large thing that is sent here, with its form around it, and the page of that form says
# who may. The address is needed to slow down guessing at sign-in.
door = WholeRequests(
    application,
    most_bytes=4_000_000,
    threads=int(os.environ.get("ANDON_APP_THREADS") or 1),
    with_address=True,
    short=ShortWay.of("andon.features.issuance.together"),
    large=LargeBody("/people/import/", most_bytes=30_100_000, sender="andon.sender"),
)
