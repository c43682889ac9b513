"""The log over HTTP, on the anonymous door, for browsers and verifiers."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from andon.features.publiclog import queries


@require_safe
def head(request: HttpRequest) -> HttpResponse:
    entry = queries.head()
    if entry is None:
        raise Http404
    return JsonResponse({"hash": entry.hash, "index": entry.index})


@require_safe
def entries(request: HttpRequest) -> HttpResponse:
    start = request.GET.get("from", "0")
    if not (start.isascii() and start.isdigit() and len(start) < 10):
        return JsonResponse(
            {"error": "malformed", "message": "from must be a number, such as /log/?from=0."}, status=400
        )
    page = b",".join(entry.content for entry in queries.page(int(start)))
    return HttpResponse(b'{"entries":[' + page + b"]}", content_type="application/json")


@require_safe
def blob(request: HttpRequest, sha256: str) -> HttpResponse:
    found = queries.blob(sha256)
    if found is None:
        raise Http404
    response = HttpResponse(found.content, content_type=found.media_type)
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
