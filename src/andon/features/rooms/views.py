"""Rooms over HTTP, at the anonymous door: their pages, and one address for each deed."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST, require_safe

from andon.features.rooms import bundle, forwarding, memory, requests
from andon.kernel import wire

rooms = memory.Rooms()

SECONDS_TOO_SOON = 2
SECONDS_AWAY = 30


def refusal(status: int, code: str, message: str) -> JsonResponse:
    response = JsonResponse({"error": code, "message": message}, status=status)
    return _saying_when(response)


def _saying_when(response: HttpResponse) -> Any:
    """Whoever is to come again is told when. For how long all rooms are in use, nobody knows."""
    seconds = {429: SECONDS_TOO_SOON, 503: SECONDS_AWAY}.get(response.status_code)
    if seconds is not None:
        response["Retry-After"] = str(seconds)
    return response


@require_safe
def phone(request: HttpRequest) -> HttpResponse:
    return _page("room.html")


@require_safe
def moderate(request: HttpRequest) -> HttpResponse:
    return _page("moderate.html")


@require_safe
def self_check(request: HttpRequest) -> HttpResponse:
    return _page("check.html")


def _page(name: str) -> HttpResponse:
    found = bundle.installed().get(name)
    if found is None:
        raise Http404
    return HttpResponse(found.content, content_type=found.media_type)


@require_safe
def file(request: HttpRequest, sha256: str, name: str) -> HttpResponse:
    found = bundle.installed().get(name)
    if found is None or found.sha256 != sha256:
        raise Http404
    response = HttpResponse(found.content, content_type=found.media_type)
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@require_POST
def answer(request: HttpRequest, deed: str) -> HttpResponse:
    if deed not in requests.FIELDS:
        raise Http404
    if request.content_type != "application/json":
        return refusal(415, "wrong_content_type", "A room is asked in application/json. Nothing was changed.")
    length = request.headers.get("Content-Length") or ""
    if not (length.isascii() and length.isdigit() and len(length) < 6 and int(length) <= requests.MOST_BYTES):
        return refusal(413, "wrong_size", "This is more than any room is asked. Nothing was changed.")
    body = request.body
    if (keeper := forwarding.keeper()) is not None:
        return _from(keeper, deed, body, request)
    try:
        return JsonResponse(_DEEDS[deed](*requests.read(deed, body)))
    except wire.Malformed:
        return refusal(400, "malformed", "This is not what a room of this version is asked. Nothing was changed.")
    except memory.NoSuchRoom:
        return refusal(404, "no_such_room", "There is no such room, or no longer. Nothing of it was kept.")
    except memory.RoomFull:
        return refusal(409, "room_full", "Thirty phones are in this room, which is all that it holds.")
    except memory.AnotherStatement:
        return refusal(409, "another_statement", "Another statement is on the table, or its cards have turned.")
    except memory.TooFewCards:
        return refusal(409, "too_few_cards", "Cards turn when at least three phones have chosen. Nothing was changed.")
    except memory.NoRoomLeft:
        return refusal(503, "no_room_left", "All rooms of this server are in use. Try again later.")
    except memory.TooSoon:
        return refusal(429, "too_soon", "That was asked too often. Nothing was changed. Ask again in a few seconds.")


def _from(keeper: tuple[str, int], deed: str, body: bytes, request: HttpRequest) -> HttpResponse:
    try:
        status, content = forwarding.ask(keeper, deed, body, host=request.get_host())
    except forwarding.NotReached:
        return refusal(503, "unavailable", "Rooms cannot be reached right now. It is safe to ask again.")
    answered: HttpResponse = _saying_when(HttpResponse(content, status=status, content_type="application/json"))
    return answered


def _create() -> dict[str, object]:
    code, key = rooms.create()
    return {"code": code, "key": key}


def _join(code: str) -> dict[str, object]:
    return {"seat": rooms.join(code)}


def _look(code: str, seat: str) -> dict[str, object]:
    return _seen(rooms.look(code, seat))


def _choose(code: str, seat: str, turn: int, choice: int) -> dict[str, object]:
    return _seen(rooms.choose(code, seat, turn, choice))


def _leave(code: str, seat: str) -> dict[str, object]:
    rooms.leave(code, seat)
    return {}


def _watch(code: str, key: str) -> dict[str, object]:
    return _seen(rooms.watch(code, key))


def _show(code: str, key: str, statement: memory.Statement) -> dict[str, object]:
    return _seen(rooms.show(code, key, statement))


def _turn(code: str, key: str, turn: int) -> dict[str, object]:
    return _seen(rooms.turn(code, key, turn))


def _end(code: str, key: str) -> dict[str, object]:
    rooms.end(code, key)
    return {}


_DEEDS: dict[str, Callable[..., dict[str, Any]]] = {
    "create": _create,
    "join": _join,
    "look": _look,
    "choose": _choose,
    "leave": _leave,
    "watch": _watch,
    "show": _show,
    "turn": _turn,
    "end": _end,
}


def _seen(seen: memory.Seen) -> dict[str, object]:
    """As every screen reads it; times are in whole milliseconds."""
    statement: dict[str, str] | None = None
    if seen.statement is not None:
        statement = {"code": seen.statement.code} if seen.statement.code else {"text": seen.statement.text}
    return {
        "cards": None if seen.cards is None else list(seen.cards),
        "chosen": seen.chosen,
        "look_again_in": round(seen.look_again_in * 1000),
        "mine": seen.mine,
        "phase": seen.phase,
        "phones": seen.phones,
        "statement": statement,
        "turn": seen.turn,
        "turns_in": None if seen.turns_in is None else round(seen.turns_in * 1000),
    }
