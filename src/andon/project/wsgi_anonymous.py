"""Entry of the anonymous door: `application` for WSGI, `door` for the server that `andon serve` starts."""

import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

from andon.project.whole_requests import ShortWay, WholeRequests

os.environ["DJANGO_SETTINGS_MODULE"] = "andon.project.settings.anonymous"
application = get_wsgi_application()
door = WholeRequests(
    application,
    most_bytes=8_192,
    threads=int(os.environ.get("ANDON_ANONYMOUS_THREADS") or 1),
    with_address=False,
    short=ShortWay.of("andon.features.ballots.together"),
    # Loaded here, because there are no applications before the line above.
    always=list(import_module("andon.features.ballots.public").fixed_headers().items()),
)
