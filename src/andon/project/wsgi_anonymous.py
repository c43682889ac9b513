"""Entry of the anonymous door: `application` for WSGI, `door` for the server that `andon serve` starts."""

import gc
import os

from django.core.wsgi import get_wsgi_application

from andon.project.whole_requests import ShortWay, WholeRequests

os.environ["DJANGO_SETTINGS_MODULE"] = "andon.project.settings.anonymous"
application = get_wsgi_application()
# What was loaded stays for good: no large garbage collection has to walk it again while somebody waits for a page.
gc.freeze()
door = WholeRequests(
    application,
    most_bytes=8_192,
    threads=int(os.environ.get("ANDON_ANONYMOUS_THREADS") or 1),
    with_address=False,
    short=ShortWay.of("andon.features.ballots.together"),
)
