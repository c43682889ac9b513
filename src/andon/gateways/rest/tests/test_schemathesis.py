"""The interface for programs, graded by somebody else: schemathesis reads its description as a stranger would.

It makes requests from the description alone, well formed and not, and holds every answer against it, with every check
that it has. It is told a key, and some rounds and groups of the organisation, so that it gets past the door. What it
draws is drawn alike in each run. Reference: docs/guide/programs.md, How it is graded.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.http import HttpResponse
from django.utils import timezone
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.operation import PathView
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.transport.wsgi import WSGITransport

from andon.features.results import public as results
from andon.foundation.tokens import public as tokens
from andon.gateways.rest import api, problems
from tests import described
from tests.lived_in import LivedIn, absent_id

BOTH = (results.UNIT_SCOPE, results.GROUPS_SCOPE)
# What no request can bring about while everything works: it would need a thousand parameters, or a fault of ours.
UNMET = {"400", "500", "503"}
# Of requests by a method that is not described, so it has no place of its own in the description.
ANOTHER_METHOD = {"405"}


@pytest.fixture(scope="module")
def house(lived_in: LivedIn, django_db_blocker: Any) -> Iterator[LivedIn]:
    """On committed rows, which go away with the module: requests are sent by threads of schemathesis."""
    with django_db_blocker.unblock():
        yield lived_in


def key_of(house: LivedIn, *allowed: str) -> str:
    today = timezone.localdate()
    ends_on = today + timedelta(days=30)
    return tokens.make_key(
        member=house.people["Bo"], name="grader", allowed=allowed, ends_on=ends_on, at=house.now, on=today
    )


def configuration(house: LivedIn, key: str, *, examples: int, phases: Collection[str]) -> SchemathesisConfig:
    rounds = [house.rounds["released"], house.rounds["autumn"], house.rounds["open"], absent_id()]
    groups = [str(house.nodes[name].pk) for name in ("Lanternworks", "Security")]
    return described.configuration(
        examples=examples,
        phases=phases,
        known={"round_id": rounds, "node_id": groups},
        auth={"openapi": {"ByKey": {"bearer": key}}},
    )


def app_door() -> Callable[..., Any]:
    """The app, for threads that leave no connection to a database behind."""
    application = get_wsgi_application()

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        try:
            return application(environ, start_response)
        finally:
            connections.close_all()

    return answer


def send_in_process(transport: WSGITransport, case: Any, *, send: Any = WSGITransport.send, **options: Any) -> Any:
    # Schemathesis 4.32 does not take these out where it looks whether a key is needed at all (`ignored_auth`), and the
    # client that it uses in process fails on them.
    for about_sockets in ("max_redirects", "verify", "cert", "proxies"):
        options.pop(about_sockets, None)
    return send(transport, case, **options)


def schema_for(
    house: LivedIn, key: str, *, examples: int, phases: Collection[str], operation: str | None = None
) -> Any:
    config = configuration(house, key, examples=examples, phases=phases)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app_door(), config=config)
    return schema if operation is None else schema.include(operation_id=operation)


def graded(schema: Any) -> described.Grade:
    with patch.object(WSGITransport, "send", send_in_process):
        return described.graded(schema)


def operations(schema: Any) -> dict[str, set[str]]:
    """The statuses that each is described with."""
    return {
        f"{method.upper()} {path}": set(told["responses"])
        for path, methods in schema.raw_schema["paths"].items()
        for method, told in methods.items()
    }


def assert_is_as_described(house: LivedIn, *, examples: int) -> None:
    """With a key for everything, and with one for each scope, which is refused the rest."""
    load_all_checks()
    met: dict[str, set[str]] = defaultdict(set)
    told: dict[str, set[str]] = {}
    for allowed, phases in ((BOTH, described.PHASES), (BOTH[:1], described.ALONE), (BOTH[1:], described.ALONE)):
        schema = schema_for(house, key_of(house, *allowed), examples=examples, phases=phases)
        told = operations(schema)
        grade = graded(schema)
        assert grade.faults == {}, allowed
        assert grade.checks == set(CHECKS.get_all_names())
        for operation, statuses in grade.answers.items():
            met[operation] |= statuses
    # It got everywhere: whatever is described was met, and nothing else.
    assert met.keys() == told.keys()
    for operation, statuses in met.items():
        assert statuses - ANOTHER_METHOD == told[operation] - UNMET, operation


# On PostgreSQL the long one asks.
@pytest.mark.sqlite_only
def test_every_answer_is_as_it_is_described(house: LivedIn) -> None:
    assert_is_as_described(house, examples=10)


@pytest.mark.sweep
@pytest.mark.timeout(600)
def test_every_answer_is_as_it_is_described_however_often_it_is_asked(house: LivedIn) -> None:
    assert_is_as_described(house, examples=100)


def raising(error: Exception) -> Callable[..., Any]:
    def answer(*_grant: Any, **_what: Any) -> Any:
        raise error

    return answer


def without_headers(status: int, detail: str = "") -> HttpResponse:
    return HttpResponse(problems.body_of(status, detail), status=status, content_type=problems.MEDIA_TYPE)


# What is wrong, where it is planted, and the check that must say so.
PLANTED = {
    "not_a_server_error": (results, "unit_for_program", raising(ZeroDivisionError())),
    "status_code_conformance": (results, "unit_for_program", raising(HttpError(410, "It is gone."))),
    "response_schema_conformance": (problems, "body_of", lambda status, detail="": b'{"detail": "no more than this"}'),
    # As it was before somebody else read it.
    "content_type_conformance": (api.Described, "get_openapi_schema", NinjaAPI.get_openapi_schema),
    "response_headers_conformance": (api, "_problem", without_headers),
    "ignored_auth": (tokens, "grant_for", None),
    "unsupported_method": (PathView, "_not_allowed", lambda _view: HttpResponse("Done.")),
    "negative_data_rejection": (api.api, "_exception_handlers", None),
}


@pytest.mark.parametrize("check", PLANTED)
def test_it_finds_a_planted_fault(house: LivedIn, monkeypatch: pytest.MonkeyPatch, check: str) -> None:
    key = key_of(house, *BOTH)
    place, name, fault = PLANTED[check]
    match check:
        case "ignored_auth":
            grant = tokens.grant_for(key, on=timezone.localdate())
            monkeypatch.setattr(tokens, "grant_for", lambda _sent, *, on: grant)
        case "negative_data_rejection":
            monkeypatch.setitem(place._exception_handlers, ValidationError, lambda *_: HttpResponse("{}"))
        case _:
            monkeypatch.setattr(place, name, fault)
    schema = schema_for(house, key, examples=1, phases=described.ALONE, operation="read_unit")
    assert check in graded(schema).faults
