"""The anonymous door with flaws."""

import json
import logging

from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

log = logging.getLogger("andon.ballots")


@require_POST
def sql_from_a_body(request: HttpRequest) -> HttpResponse:
    wanted = json.loads(request.body)["round"]
    with connections["ballots"].cursor() as cursor:
        cursor.execute("DELETE FROM ballots_ballot WHERE round_id = '" + wanted + "'")
    return HttpResponse()
