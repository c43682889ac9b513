"""What a balancer asks the app."""

from django.db import DatabaseError, connections
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from andon.features.ballots import public as ballots
from andon.foundation.jobs import public as jobs


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """The same to everybody: `ready`, or short codes of what is missing."""
    found = list(ballots.troubles(list(connections)))
    try:
        if "database" not in found and not jobs.worker_is_alive(timezone.now()):
            found.append("worker")
    except DatabaseError:
        found.append("database")
    return HttpResponse(
        f"{' '.join(found) or 'ready'}\n", status=503 if found else 200, content_type="text/plain; charset=utf-8"
    )
