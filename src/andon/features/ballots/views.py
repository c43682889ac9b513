"""The anonymous door over HTTP: static pages by hash, and the cast."""

import logging
import sys
from html import escape
from pathlib import Path
from string import Template
from typing import assert_never

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import Resolver404
from django.views.decorators.http import require_POST, require_safe

from andon.features.ballots import bundle, readiness, services
from andon.features.ballots.keys import KeyDirectoryMissing, KeyGone
from andon.features.publiclog import public as publiclog
from andon.kernel import ballot, wire

log = logging.getLogger("andon.ballots")


def refusal(status: int, code: str, message: str, **more: object) -> JsonResponse:
    return JsonResponse({"error": code, "message": message, **more}, status=status)


@require_POST
def cast(request: HttpRequest) -> HttpResponse:
    if request.content_type != "application/json":
        return refusal(415, "wrong_content_type", "A ballot is sent as application/json. Nothing was kept.")
    if request.headers.get("Content-Length") != str(ballot.CAST_BODY_BYTES):
        return refusal(413, "wrong_size", "A ballot has exactly 4,096 bytes. Nothing was kept.")
    try:
        outcome = services.cast(request.body)
    except ballot.WrongSize:
        return refusal(413, "wrong_size", "A ballot has exactly 4,096 bytes. Nothing was kept.")
    except wire.Malformed:
        return refusal(400, "malformed", "This is not a ballot that this version reads. Nothing was kept.")
    except (DatabaseError, KeyDirectoryMissing, KeyGone, OSError) as error:
        # The kind of the error only: its text could hold a value of the request.
        log.error("a ballot could not be kept: %s", type(error).__name__)
        return refusal(503, "unavailable", "The ballot could not be kept right now. It is safe to send it again.")
    return _answer(outcome)


def accepted(outcome: services.Accepted) -> dict[str, object]:
    return {
        "ciphertext": outcome.ciphertext,
        "outcome": "accepted",
        "sequence": outcome.sequence,
        "slot": outcome.slot,
    }


def _answer(outcome: services.CastOutcome) -> JsonResponse:
    match outcome:
        case services.Accepted():
            return JsonResponse(accepted(outcome))
        case services.NoSuchRound():
            return refusal(404, "no_such_round", "There is no such round here. Nothing was kept.")
        case services.NotOpen():
            return refusal(409, "not_open", "This round is not open yet. Nothing was kept; send it again later.")
        case services.AlreadyClosed():
            return refusal(410, "closed", "This round is closed. What you cast before the close counts.")
        case services.BadSlip():
            return refusal(403, "bad_slip", "This slip does not open this round. Nothing was kept.")
        case services.LowerSequence(stored=stored):
            return refusal(409, "lower_sequence", "A newer ballot is in this slot already.", sequence=stored)
        case services.EqualSequence():
            return refusal(409, "equal_sequence", "Another ballot with this number is in this slot already.")
        case services.TooOften(seconds=seconds):
            # The word that pages of every version know for "keep it and try again".
            answer = refusal(
                429,
                "unavailable",
                "This slot was written very often just now. The ballot before this one is kept. Send this one again "
                "in a minute.",
            )
            answer["Retry-After"] = str(seconds)
            return answer
        case _:
            assert_never(outcome)


@require_safe
def doors(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"anonymous_door": settings.ANONYMOUS_ORIGIN, "app": settings.APP_ORIGIN})


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect("/answer/")


@require_safe
def frame(request: HttpRequest) -> HttpResponse:
    response = _page("frame.html", "")
    response.framed_by_app = True  # type: ignore[attr-defined]
    return response


@require_safe
def answer(request: HttpRequest, round_id: str = "") -> HttpResponse:
    if round_id and publiclog.find("manifest", round_id) is None:
        # A person followed a stale or mistyped link: the page can say so in words, and a program reads the status.
        response = _page("answer.html", "")
        response.status_code = 404
        return response
    return _page("answer.html", round_id)


def _page(name: str, round_id: str) -> HttpResponse:
    """The page of the bundle that the round opened with; without a round, that of the newest one."""
    files = _bundle_of(round_id)
    sha256 = files.get(name)
    if sha256 is None:
        raise Http404
    content, media_type = _file(sha256, name)
    return HttpResponse(content, content_type=media_type)


def _bundle_of(round_id: str) -> dict[str, str]:
    if round_id:
        manifest = publiclog.find("manifest", round_id)
        replaced = publiclog.find("bundle", round_id)
        if manifest is None:
            raise Http404
        files: dict[str, str] = replaced.body["files"] if replaced else manifest.body["bundle"]
        return files
    newest = publiclog.newest("manifest")
    if newest is not None:
        return _bundle_of(newest.body["round"])
    return {name: file.sha256 for name, file in bundle.installed().items()}


@require_safe
def bundle_file(request: HttpRequest, sha256: str, name: str) -> HttpResponse:
    content, media_type = _file(sha256, name)
    response = HttpResponse(content, content_type=media_type)
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def _file(sha256: str, name: str) -> tuple[bytes, str]:
    installed = bundle.installed().get(name)
    if installed is not None and installed.sha256 == sha256:
        return installed.content, installed.media_type
    kept = publiclog.blob(sha256)
    if kept is None or kept.media_type != bundle.media_type_of(name):
        raise Http404
    return kept.content, kept.media_type


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """For a balancer or a supervisor: the same to everybody, with nothing of how a round is going."""
    found = readiness.troubles(readiness.OF_THE_ANONYMOUS_DOOR)
    return HttpResponse(
        f"{' '.join(found) or 'ready'}\n", status=503 if found else 200, content_type="text/plain; charset=utf-8"
    )


# In both languages at once: this door does not know which one a browser asks for, for that tells people apart.
_NOTHING_HERE = Template((Path(__file__).parent / "pages" / "nothing_here.html").read_text(encoding="utf-8"))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A page for whoever looks at an address that this door does not have; programs know which ones there are."""
    if isinstance(exception, Resolver404) and request.method == "GET":
        style = bundle.installed()["answer.css"]
        page = _NOTHING_HERE.substitute(
            stylesheet=f"/bundle/{style.sha256}/answer.css", integrity=style.integrity, app=escape(settings.APP_ORIGIN)
        )
        return HttpResponse(page, status=404)
    return refusal(404, "not_found", "There is nothing at this address.")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refusal(400, "malformed", "This request could not be read. Nothing was kept.")


def server_error(request: HttpRequest) -> HttpResponse:
    """503 where the disk or the database is what failed, which is over some time."""
    is_away = isinstance(sys.exc_info()[1], (OperationalError, InterfaceError, OSError))
    status = 503 if is_away else 500
    return refusal(status, "unavailable", "Something went wrong here. Nothing was kept; it is safe to try again.")
