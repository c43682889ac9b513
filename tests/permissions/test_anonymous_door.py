"""The anonymous door knows nobody: it sets no cookie, reads none, and says the same to everybody, whatever happens."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path

from andon.features.ballots import middleware, services
from andon.features.ballots import public as ballots
from andon.features.rooms import bundle as rooms_bundle
from andon.features.rooms import views as rooms_views
from andon.kernel import ballot, wire
from andon.project import urls_anonymous
from tests.cast_of_people import Slip
from tests.lived_in import ANSWERS, LivedIn, absent_id, undone
from tests.permissions import addresses

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.usefixtures("_quiet")]
DOOR = "andon.project.urls_anonymous"

# What a browser, a proxy or a curious operator could send along to tell one visitor from another.
IDENTIFYING = {
    "HTTP_COOKIE": "andon=planted; andon-csrf=planted; anything=planted",
    "HTTP_AUTHORIZATION": "Bearer planted",
    "HTTP_PROXY_AUTHORIZATION": "Basic planted",
    "HTTP_FORWARDED": "for=192.0.2.7;by=planted",
    "HTTP_X_FORWARDED_FOR": "192.0.2.7, planted",
    "HTTP_X_FORWARDED_HOST": "planted.example",
    "HTTP_X_HEADER_OF_NEXT_YEAR": "planted",
    "SSL_CLIENT_S_DN": "CN=planted",
    "HTTP_X_REAL_IP": "192.0.2.7",
    "HTTP_USER_AGENT": "planted/1.0",
    "HTTP_REFERER": "https://planted.example/",
    "HTTP_ACCEPT_LANGUAGE": "de-planted",
    "HTTP_ACCEPT": "text/planted",
    "HTTP_IF_NONE_MATCH": '"planted"',
    "HTTP_IF_MODIFIED_SINCE": "Mon, 02 Mar 2026 09:00:00 GMT",
    "REMOTE_ADDR": "192.0.2.7",
    "REMOTE_HOST": "planted.example",
    "REMOTE_PORT": "47110",
    "REMOTE_USER": "planted",
}
# Each address by name: what GET and POST without a body are answered. An address without a line fails the test.
TABLE = {
    "publiclog:entries": (200, 405),
    "publiclog:head": (200, 405),
    "publiclog:blob": (200, 405),
    "ballots:front": (302, 405),
    "ballots:cast": (405, 415),
    "ballots:doors": (200, 405),
    "ballots:frame": (200, 405),
    "ballots:answer": (200, 405),
    "ballots:answer_round": (200, 405),
    "ballots:bundle_file": (200, 405),
    "ballots:health": (200, 405),
    "ballots:ready": (200, 405),
    "rooms:phone": (200, 405),
    "rooms:moderate": (200, 405),
    "rooms:self_check": (200, 405),
    "rooms:file": (200, 405),
    "rooms:answer": (405, 415),
}


@pytest.fixture
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL", logger="django.request")
    caplog.set_level("CRITICAL", logger="andon.ballots")


@pytest.fixture
def door(anonymous_client: Any) -> Any:
    anonymous_client.raise_request_exception = False
    return anonymous_client


Ask = Callable[..., Any]
JSON = "application/json"


# The room of the test that runs, and its key: one that nobody comes to is given up after a while.
_room = {"code": "", "key": ""}
# Made once: a member is given one slip.
_bodies: dict[str, tuple[bytes, bytes]] = {}


@pytest.fixture(autouse=True)
def _a_room_of_its_own() -> None:
    _room["code"], _room["key"] = rooms_views.rooms.create()


def bodies(house: LivedIn) -> tuple[bytes, bytes]:
    """A good ballot, and one whose slip was given for another key."""
    round_id = house.rounds["open"]
    if round_id not in _bodies:
        honest = house.slip("Bo", round_id)
        forged = Slip(round_id)
        forged.unit_id, forged.output = honest.unit_id, honest.output
        _bodies[round_id] = house.body(honest, ANSWERS), house.body(forged, ANSWERS)
    return _bodies[round_id]


def every_kind(house: LivedIn) -> Iterator[tuple[str, int, Ask]]:
    """(what it is, the status, how it is asked): each status that this door can answer with."""
    name, file = next(iter(ballots.installed_bundle().items()))
    places = {
        "publiclog:entries": "/log/",
        "publiclog:head": "/log/head",
        "publiclog:blob": f"/blob/{file.sha256}",
        "ballots:front": "/",
        "ballots:cast": "/cast/",
        "ballots:doors": "/doors.json",
        "ballots:frame": "/frame/",
        "ballots:answer": "/answer/",
        "ballots:answer_round": f"/answer/{house.rounds['open']}/",
        "ballots:bundle_file": f"/bundle/{file.sha256}/{name}",
        "ballots:health": "/healthz",
        "ballots:ready": "/readyz",
        "rooms:phone": "/room/",
        "rooms:moderate": "/room/moderate/",
        "rooms:self_check": "/self-check/",
        "rooms:file": f"/room/file/{rooms_bundle.installed()['room.js'].sha256}/room.js",
        "rooms:answer": "/rooms/create",
    }
    assert places.keys() == TABLE.keys() == addresses.named(DOOR).keys()
    for name, (got, posted) in TABLE.items():
        yield f"GET {name}", got, lambda door, address=places[name], **more: door.get(address, **more)
        yield f"POST {name}", posted, lambda door, address=places[name], **more: door.post(address, **more)
    for address in ("/no/such/page", f"/answer/{absent_id()}/", "/blob/none", "/bundle/x/y", "/accounts/login/"):
        yield f"GET {address}", 404, lambda door, address=address, **more: door.get(address, **more)
    yield "another name", 400, lambda door, **more: door.get("/answer/", **{**more, "HTTP_HOST": "planted.example"})
    yield "a bad number", 400, lambda door, **more: door.get("/log/?from=x", **more)

    def cast(body: bytes, content_type: str = JSON) -> Ask:
        return lambda door, **more: door.post("/cast/", data=body, content_type=content_type, **more)

    def of_a_room(deed: str, **fields: object) -> Ask:
        body = wire.canonical(fields)
        return lambda door, **more: door.post(f"/rooms/{deed}", data=body, content_type=JSON, **more)

    good, forged = bodies(house)
    over = good.replace(house.rounds["open"].encode(), house.rounds["released"].encode())
    elsewhere = good.replace(house.rounds["open"].encode(), absent_id().encode())
    yield "a room that there is not", 404, of_a_room("join", code="00000000")
    yield "a room and no key", 404, of_a_room("watch", code=_room["code"], key="A" * 22)
    yield "a room that nobody is in", 409, of_a_room("turn", **_room, turn=1)
    yield "a deed of a room that there is not", 404, of_a_room("dance")
    yield "a deed with a field too many", 400, of_a_room("watch", **_room, name="planted?")
    yield "a deed that is too long", 413, of_a_room("watch", code="x" * 4_000)
    yield "a look into a room", 200, of_a_room("watch", **_room)
    yield "an accepted ballot", 200, cast(good)
    # Without a body there is no kind of body either.
    yield "an empty body", 415, cast(b"")
    yield "a body that is too short", 413, cast(b"{}")
    yield "a body that is too long", 413, cast(bytes(5_000))
    yield "a body far above every limit", 413, cast(bytes(20_000))
    yield "a body of the wrong kind", 415, cast(good, "text/plain")
    yield "a body that is no ballot", 400, cast(b"x" * ballot.CAST_BODY_BYTES)
    yield "a slip that was given for another key", 403, cast(forged)
    yield "a ballot for a closed round", 410, cast(over)
    yield "a ballot for no round", 404, cast(elsewhere)


def faults_of(answer: Any) -> list[str]:
    found = []
    if answer.cookies or "Set-Cookie" in answer.headers:
        found.append("sets a cookie")
    if "Cookie" in answer.headers.get("Vary", ""):
        found.append("varies by cookie")
    if "default-src 'none'" not in answer.headers.get("Content-Security-Policy", ""):
        found.append("has no policy")
    if b"planted" in answer.content or "planted" in str(answer.headers):
        found.append("repeats what identifies")
    return found


def told_apart(house: LivedIn, door: Any) -> list[str]:
    """What of this door says more to one visitor than to another, or keeps something with them."""
    found = []
    for what, status, ask in every_kind(house):
        with undone():
            plain = ask(door)
        with undone():
            known = ask(door, **IDENTIFYING)
        if plain.status_code != status:
            found.append(f"{what}: {plain.status_code} instead of {status}")
        if (plain.status_code, plain.content, dict(plain.headers)) != (
            known.status_code,
            known.content,
            dict(known.headers),
        ):
            found.append(f"{what}: is answered by who asks")
        found += [f"{what}: {fault}" for answer in (plain, known) for fault in faults_of(answer)]
    return found


def test_no_address_tells_one_visitor_from_another(lived_in: LivedIn, door: Any) -> None:
    assert told_apart(lived_in, door) == []


def test_a_door_that_sets_a_cookie_is_seen(lived_in: LivedIn, door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Counting(middleware.NobodyIsKnownHere):
        def __call__(self, request: HttpRequest) -> HttpResponse:
            response = super().__call__(request)
            response.set_cookie("seen", "1")
            return response

    monkeypatch.setattr(middleware, "NobodyIsKnownHere", Counting)
    assert "GET /no/such/page: sets a cookie" in told_apart(lived_in, door)


def test_a_door_that_reads_a_header_is_seen(lived_in: LivedIn, door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Greeting(middleware.NobodyIsKnownHere):
        def __call__(self, request: HttpRequest) -> HttpResponse:
            browser = request.headers.get("User-Agent", "")
            response = super().__call__(request)
            response["X-Welcome"] = browser.partition("/")[0]
            return response

    monkeypatch.setattr(middleware, "NobodyIsKnownHere", Greeting)
    found = told_apart(lived_in, door)
    assert "POST ballots:cast: is answered by who asks" in found
    assert "an accepted ballot: repeats what identifies" in found


def test_a_failure_of_ours_sets_no_cookie_and_repeats_nothing(
    lived_in: LivedIn, door: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(body: bytes) -> services.CastOutcome:
        raise RuntimeError(f"planted {body!r}")

    monkeypatch.setattr(services, "cast", fail)
    answer = door.post("/cast/", data=bodies(lived_in)[0], content_type=JSON, **IDENTIFYING)
    assert answer.status_code == 500
    assert faults_of(answer) == []
    assert answer.json()["error"] == "unavailable"


def test_a_storage_that_is_away_is_told_as_that_and_sets_no_cookie_either(
    lived_in: LivedIn, door: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("planted")

    monkeypatch.setattr("andon.features.publiclog.public.find", fail)
    answer = door.get(f"/answer/{lived_in.rounds['open']}/", **IDENTIFYING)
    assert answer.status_code == 503
    assert faults_of(answer) == []
    assert answer.json()["error"] == "unavailable"


def everything(request: HttpRequest) -> HttpResponse:
    return HttpResponse(repr([sorted(request.META.items(), key=str), request.COOKIES, dict(request.headers)]))


def visible(door: Any, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The headers that name somebody and that a view of this door could read."""
    patterns = [path("everything/", everything), *urls_anonymous.urlpatterns]
    monkeypatch.setattr(urls_anonymous, "urlpatterns", patterns)
    shown = door.get("/everything/", **IDENTIFYING).content.decode()
    assert "REQUEST_METHOD" in shown
    return {name for name, value in IDENTIFYING.items() if re.search(rf"'{name}', {value!r}", shown)}


def test_what_identifies_is_gone_before_any_view_runs(anonymous_client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert visible(anonymous_client, monkeypatch) == set()


def test_a_door_that_keeps_addresses_is_seen(anonymous_client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "_NEEDED", middleware._NEEDED | {"REMOTE_ADDR", "HTTP_X_FORWARDED_FOR"})
    assert visible(anonymous_client, monkeypatch) == {"REMOTE_ADDR", "HTTP_X_FORWARDED_FOR"}


@pytest.mark.django_db(databases="__all__")
def test_a_stale_link_gets_a_page_with_words_and_the_status_of_nothing(anonymous_client: Any) -> None:
    stale = anonymous_client.get(f"/answer/{'0' * 32}/")
    assert stale.status_code == 404
    assert stale.content == anonymous_client.get("/answer/").content
