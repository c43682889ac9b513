"""The anonymous door's description says what the door does: every address, every method, every answer.

Schemathesis, which nobody here wrote, reads it as a stranger would and holds every answer against it. What no stranger
can bring about, such as a ballot that is kept, is asked for by whom tests know.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs
import pytest
import schemathesis
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import OperationalError, connections
from django.http import Http404, HttpResponse
from django.test import Client, override_settings
from django.views.decorators import http as methods
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.transport.wsgi import WSGI_TRANSPORT

from andon.features.ballots import middleware
from andon.features.ballots import public as ballots
from andon.features.ballots import views as ballots_views
from andon.features.publiclog import queries
from andon.features.rooms import views as rooms_views
from andon.kernel import wire
from andon.project.settings import anonymous as door_settings
from tests import described
from tests.anonymous_client import KEPT
from tests.lived_in import ANSWERS, LivedIn, undone
from tests.permissions import addresses, test_anonymous_door
from tests.permissions.test_anonymous_door import DOOR, every_kind

NAME = urlsplit(settings.ANONYMOUS_ORIGIN).netloc
# Another name for the door is no matter of an operation; and methods that are not described have no place of their own.
ELSEWHERE = {"another name"}
ANOTHER_METHOD = {"405"}


@pytest.fixture(scope="module")
def house(lived_in: LivedIn, django_db_blocker: Any) -> Iterator[LivedIn]:
    """On committed rows, which go away with the module: requests are sent by threads of schemathesis."""
    with django_db_blocker.unblock():
        yield lived_in


@pytest.fixture(autouse=True)
def _door(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    for logger in ("django.request", "andon.ballots"):
        caplog.set_level("CRITICAL", logger=logger)
    with override_settings(**{name: getattr(door_settings, name) for name in KEPT}):
        yield


def served() -> Callable[..., Any]:
    """The door, with its description beside it, for threads that leave no connection to a database behind."""
    application = get_wsgi_application()

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if environ["PATH_INFO"] == "/description":
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps(described.description()).encode()]
        try:
            return application(environ, start_response)
        finally:
            connections.close_all()

    return answer


def configured(house: LivedIn, **options: Any) -> Any:
    files = {one.sha256 for one in (*ballots.installed_bundle().values(), *rooms_views.bundle.installed().values())}
    rounds = [house.rounds[name] for name in ("open", "published", "released")]
    known = {"round_id": rounds, "sha256": sorted(files)}
    return described.configuration(known=known, **options)


def graded(
    house: LivedIn, *, examples: int, phases: tuple[str, ...] = described.PHASES, operation: str | None = None
) -> described.Grade:
    load_all_checks()
    schema = schemathesis.openapi.from_wsgi(
        "/description", served(), config=configured(house, examples=examples, phases=phases)
    )
    if operation is not None:
        schema = schema.include(operation_id=operation)
    # Asked for under the door's own name, without which it answers nobody.
    schema.config.update(base_url=settings.ANONYMOUS_ORIGIN)
    with described.canonical_bodies(WSGI_TRANSPORT):
        return described.graded(schema)


def operations() -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": told
        for path, methods in described.description()["paths"].items()
        for method, told in methods.items()
        if method in {"get", "post"}
    }


def test_every_address_is_described_and_no_other() -> None:
    routes = {"/" + re.sub(r"<str:(\w+)>", r"{\1}", str(one.pattern)) for one in addresses.named(DOOR).values()}
    deeds = {f"/rooms/{deed}" for deed in rooms_views.requests.FIELDS}
    assert described.description()["paths"].keys() == routes - {"/rooms/{deed}"} | deeds


def test_every_method_is_described_and_no_other() -> None:
    for path, told in described.description()["paths"].items():
        sample = path.format(round_id="x", sha256="x", name="x")
        answer = Client().generic("OPTIONS", sample, headers={"Host": NAME})
        methods = {method.upper() for method in told if method in {"get", "post"}}
        assert answer.status_code == 405
        assert set(answer["Allow"].split(", ")) == methods | ({"HEAD"} if "GET" in methods else set()), path


def place_of(answer: Any) -> str:
    """The operation that an answer is one of, by the path that was asked for."""
    method, path = answer.request["REQUEST_METHOD"], answer.request["PATH_INFO"]
    for one in described.description()["paths"]:
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one), path):
            return f"{method} {one}"
    return ""


def faults_of(answer: Any, told: dict[str, Any], components: dict[str, Any]) -> list[str]:
    """Where an answer is not as it is described."""
    status = str(answer.status_code)
    if status not in told["responses"]:
        return [f"{status} is not described"]
    one = told["responses"][status]

    def valid(schema: dict[str, Any], value: Any) -> bool:
        return jsonschema_rs.is_valid({**schema, "components": components}, value)

    found = []
    for name, header in one["headers"].items():
        known = components["headers"][name_of(header)] if "$ref" in header else header
        if name not in answer.headers or not valid(known["schema"], answer.headers[name]):
            found.append(f"{status} has another {name}")
    media_type = answer.headers.get("Content-Type", "").partition(";")[0]
    content = one.get("content", {})
    if content and media_type not in content:
        found.append(f"{status} is {media_type}")
    elif content:
        text = answer.content.decode()
        body = json.loads(text) if media_type == "application/json" else text
        if not valid(content[media_type]["schema"], body):
            found.append(f"{status} has another body")
    return found


def name_of(reference: dict[str, str]) -> str:
    return reference["$ref"].rpartition("/")[2]


Met = dict[str, set[str]]


def compared(asked: Iterable[tuple[str, Any]]) -> tuple[list[str], Met]:
    """Where answers are otherwise than they are described, by what was asked for; and the statuses that were met."""
    told, components = operations(), described.description()["components"]
    found, met = [], defaultdict(set)
    for what, answer in asked:
        place = place_of(answer)
        # Another method than those of an address is asked for above.
        if what in ELSEWHERE or place not in told or answer.status_code == 405:
            continue
        met[place].add(str(answer.status_code))
        found += [f"{what}: {fault}" for fault in faults_of(answer, told[place], components)]
    return found, met


def whatever_is_known(house: LivedIn, door: Client) -> Iterator[tuple[str, Any]]:
    """What tests of this door ask for, and whatever else it can answer but by a fault."""
    for what, _status, ask in every_kind(house):
        with undone():
            yield what, ask(door)
    for place in operations():
        if place.startswith("POST /rooms/"):
            yield f"too long, {place}", ask_room(door, place.rpartition("/")[2], more="x" * 4_000)
    yield from _a_room(door)
    for name, file in ballots.installed_bundle().items():
        yield name, door.get(f"/bundle/{file.sha256}/{name}")
    with undone():
        slip = house.slip("Ada", house.rounds["open"])
        older, newer, *more = (
            slip.cast(ANSWERS, box_public_key=house.box_key(slip.round_id), sequence=number) for number in range(1, 13)
        )
        yield "a ballot", cast(door, newer)
        yield "an older one", cast(door, older)
        for one in more:
            yield "one of very many", cast(door, one)


def cast(door: Client, body: bytes) -> Any:
    return door.post("/cast/", data=body, content_type="application/json")


def ask_room(door: Client, deed: str, **fields: object) -> Any:
    return door.post(f"/rooms/{deed}", data=wire.canonical(fields), content_type="application/json")


def _a_room(door: Client) -> Iterator[tuple[str, Any]]:
    """From its making to its end, full in between."""
    made = ask_room(door, "create")
    yield "a room", made
    code, leader = {"code": made.json()["code"]}, made.json()
    joined = [ask_room(door, "join", **code) for _phone in range(30)]
    yield from (("a phone", one) for one in joined)
    yield "a phone too many", ask_room(door, "join", **code)
    phones = [{**code, **one.json()} for one in joined]
    for _time in range(9):
        yield "a look", ask_room(door, "look", **phones[0])
    yield "a statement", ask_room(door, "show", **leader, statement={"code": "CH2"})
    yield "too early", ask_room(door, "turn", **leader, turn=1)
    yield "another statement", ask_room(door, "choose", **phones[0], turn=2, choice=1)
    for phone in phones[:3]:
        yield "a card", ask_room(door, "choose", **phone, turn=1, choice=4)
    yield "the turn", ask_room(door, "turn", **leader, turn=1)
    yield "what leads sees", ask_room(door, "watch", **leader)
    yield "a phone that leaves", ask_room(door, "leave", **phones[1])
    yield "the end", ask_room(door, "end", **leader)
    for _time in range(30):
        yield "a room of many", ask_room(door, "create")


def with_faults(door: Client, house: LivedIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Any]]:
    """What it answers while something does not work."""
    with monkeypatch.context() as patched:
        patched.setattr(ballots_views.services, "cast", raising(OperationalError()))
        yield "a storage that is away", cast(door, b"{}".ljust(described.CAST_BODY_BYTES))
        patched.setattr(ballots_views.readiness, "troubles", lambda _of: ["database"])
        yield "a door that is not ready", door.get("/readyz")
        patched.setattr(queries, "head", lambda: None)
        yield "an empty log", door.get("/log/head")
        patched.setattr(rooms_views.forwarding, "keeper", lambda: ("localhost", 1))
        patched.setattr(rooms_views.forwarding, "ask", raising(rooms_views.forwarding.NotReached()))
        for place in operations():
            if place.startswith("POST /rooms/"):
                yield f"rooms that are away, {place}", ask_room(door, place.rpartition("/")[2])


def raising(error: Exception) -> Callable[..., Any]:
    def answer(*_of: Any, **_what: Any) -> Any:
        raise error

    return answer


@pytest.fixture
def door(house: LivedIn, monkeypatch: pytest.MonkeyPatch) -> Client:
    # Rooms that others made here have used up how many there may be at once.
    monkeypatch.setattr(rooms_views, "rooms", type(rooms_views.rooms)())
    return Client(headers={"Host": NAME}, raise_request_exception=False)


def assert_is_as_described(
    house: LivedIn, door: Client, monkeypatch: pytest.MonkeyPatch, *, examples: int
) -> described.Grade:
    monkeypatch.setattr(test_anonymous_door, "_room", {"code": "", "key": ""} | ask_room(door, "create").json())
    found, met = compared([*whatever_is_known(house, door), *with_faults(door, house, monkeypatch)])
    assert found == []
    monkeypatch.setattr(rooms_views, "rooms", type(rooms_views.rooms)())
    grade = graded(house, examples=examples)
    assert grade.faults == {}
    assert grade.checks == set(CHECKS.get_all_names())
    # Between them they got everywhere: whatever is described was met, and nothing else.
    for place, told in operations().items():
        assert (grade.answers[place] | met[place]) - ANOTHER_METHOD == set(told["responses"]), place
    return grade


# On PostgreSQL the long one asks.
@pytest.mark.sqlite_only
def test_every_answer_is_as_it_is_described(house: LivedIn, door: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    grade = assert_is_as_described(house, door, monkeypatch, examples=5)
    # A stranger gets further than the sizes and forms of a request.
    assert grade.answers["POST /cast/"] >= {"400", "404"}
    done = {place for place, statuses in grade.answers.items() if statuses & {"200", "302"}}
    assert done >= {place for place in operations() if place.startswith("GET ") and "{name}" not in place}
    # How many rooms it gets into depends on how quick the machine is: new ones are given one in two seconds.
    assert "POST /rooms/create" in done


@pytest.mark.sweep
@pytest.mark.timeout(600)
def test_every_answer_is_as_it_is_described_however_often_it_is_asked(
    house: LivedIn, door: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_is_as_described(house, door, monkeypatch, examples=60)


def test_an_answer_that_is_otherwise_than_described_is_seen(
    house: LivedIn, door: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked() -> list[str]:
        return compared([("doors", door.get("/doors.json")), ("absent", door.get("/log/head"))])[0]

    assert asked() == []
    monkeypatch.setattr(middleware, "fixed_headers", lambda **_framed: {})
    assert "doors: 200 has another Referrer-Policy" in asked()
    monkeypatch.setattr(queries, "head", lambda: SimpleNamespace(hash="x", index=-1))
    assert "absent: 200 has another body" in asked()
    monkeypatch.setattr(ballots_views, "settings", SimpleNamespace(ANONYMOUS_ORIGIN="here", APP_ORIGIN=7))
    assert "doors: 200 has another body" in asked()


# What is wrong, where it is planted, the operation, and the check that must say so.
PLANTED = {
    "not_a_server_error": ("log_head", queries, "head", raising(ZeroDivisionError())),
    "status_code_conformance": ("log_entries", queries, "page", raising(Http404())),
    "response_schema_conformance": ("log_head", queries, "head", lambda: SimpleNamespace(hash="x", index=1)),
    "content_type_conformance": ("doors", ballots_views, "JsonResponse", lambda _told: HttpResponse("{}")),
    "response_headers_conformance": ("doors", middleware, "fixed_headers", lambda **_framed: {}),
    "unsupported_method": ("doors", methods, "HttpResponseNotAllowed", lambda _methods: HttpResponse("Done.")),
    "negative_data_rejection": ("create_room", rooms_views.requests, "read", lambda _deed, _body: []),
    "positive_data_acceptance": ("create_room", rooms_views.requests, "read", raising(wire.Malformed("planted"))),
}


@pytest.mark.sqlite_only
@pytest.mark.parametrize("check", PLANTED)
def test_it_finds_a_planted_fault(house: LivedIn, door: Client, monkeypatch: pytest.MonkeyPatch, check: str) -> None:
    operation, place, name, fault = PLANTED[check]
    assert check not in graded(house, examples=1, phases=described.ALONE, operation=operation).faults
    monkeypatch.setattr(place, name, fault)
    assert check in graded(house, examples=1, phases=described.ALONE, operation=operation).faults


def test_an_address_that_is_not_described_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    told = described.description()
    del told["paths"]["/rooms/end"], told["paths"]["/healthz"]
    monkeypatch.setattr(described, "description", lambda: told)
    with pytest.raises(AssertionError):
        test_every_address_is_described_and_no_other()
