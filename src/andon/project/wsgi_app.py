"""Entry of the app: `application` for WSGI, `door` for the server that `andon serve` starts."""

import os

from django.core.wsgi import get_wsgi_application

from andon.project.whole_requests import ShortWay, WholeRequests

os.environ["DJANGO_SETTINGS_MODULE"] = "andon.project.settings.app"
application = get_wsgi_application()
# More than a file of people may hold inside its form. The address is needed to slow down guessing at sign-in.
door = WholeRequests(
    application,
    most_bytes=4_000_000,
    threads=int(os.environ.get("ANDON_APP_THREADS") or 1),
    with_address=True,
    short=ShortWay.of("andon.features.issuance.together"),
)
