"""Whatever is sent to the two addresses that take answers and ask for slips: never an error of ours, never a row,
never a word of it in the reply."""

import inspect
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from andon.features.ballots import services
from andon.features.ballots import views as cast_views
from andon.features.ballots.models import Ballot
from andon.features.issuance import views as slip_views
from andon.features.issuance.models import IssuedSlip
from andon.kernel import ballot, wire
from tests.anonymous_client import AnonymousClient
from tests.cast_of_people import Slip
from tests.lived_in import ANSWERS, LivedIn

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.usefixtures("_quiet")]
JSON = "application/json"
many = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL", logger="django.request")
    caplog.set_level("CRITICAL", logger="andon.ballots")


@pytest.fixture
def good(lived_in: LivedIn) -> bytes:
    """A ballot that would be accepted."""
    return lived_in.body(lived_in.slip("Bo", lived_in.rounds["open"]), ANSWERS)


@st.composite
def changed(draw: st.DrawFn, body: bytes) -> bytes:
    """The body with something else in it: another value somewhere, bytes moved, cut, doubled or flipped."""
    how = draw(st.sampled_from(["value", "flip", "cut", "double", "raw", "fill"]))
    if how == "value":
        fields = json.loads(body)
        name = draw(st.sampled_from(sorted(fields)))
        fields[name] = draw(anything)
        changed = json.dumps(fields, separators=(",", ":"), sort_keys=True).encode("utf-8", "surrogatepass")
    elif how == "flip":
        place = draw(st.integers(0, len(body) - 1))
        changed = body[:place] + bytes([body[place] ^ draw(st.integers(1, 255))]) + body[place + 1 :]
    elif how == "cut":
        changed = body[: draw(st.integers(0, len(body) - 1))]
    elif how == "double":
        changed = body + body
    elif how == "raw":
        changed = draw(st.binary(max_size=200))
    else:
        changed = draw(st.binary(min_size=1, max_size=8)) * len(body)
    # Mostly of the size that is read at all.
    if draw(st.booleans()):
        changed = changed[: len(body)].ljust(len(body), draw(st.sampled_from([b" ", b"\0", b"x", b"}"])))
    return changed


# The sentences of a door stand whole in its source: whatever else is answered was made of what was sent.
SOURCE = "".join(inspect.getsource(module) for module in (cast_views, slip_views))


def repeats(answer: Any) -> bool:
    said = answer.json()
    return not (set(said) <= {"error", "message"} and all(json.dumps(text)[1:-1] in SOURCE for text in said.values()))


def faults(answer: Any, rows: int) -> Iterator[str]:
    if answer.status_code >= 500:
        yield f"{answer.status_code}"
    if rows:
        yield "kept a row"
    if answer.status_code != 200 and repeats(answer):
        yield f"repeats what was sent: {answer.content!r}"
    if answer.cookies:
        yield "sets a cookie"


def cast_faults(body: bytes, content_type: str = JSON) -> list[str]:
    door = AnonymousClient(raise_request_exception=False)
    answer = door.generic("POST", "/cast/", body, content_type=content_type)
    return list(faults(answer, Ballot.objects.count()))


def slip_faults(client: Client, body: bytes) -> list[str]:
    answer = client.generic("POST", "/slips/", body, content_type=JSON)
    return list(faults(answer, IssuedSlip.objects.count()))


def test_no_body_makes_the_anonymous_door_fail_keep_or_repeat_anything(good: bytes) -> None:
    @many
    @given(st.data())
    def hold(data: st.DataObject) -> None:
        body = data.draw(changed(good))
        if body != good:
            assert cast_faults(body) == []

    hold()
    assert cast_faults(good) == ["kept a row"]


def test_no_body_makes_the_app_fail_or_give_or_repeat_anything(lived_in: LivedIn) -> None:
    round_id = lived_in.rounds["open"]
    good = json.dumps(Slip(round_id).asking).encode()
    clients = {name: Client(raise_request_exception=False) for name in ("Bo", "Eve")}
    for name, client in clients.items():
        client.force_login(lived_in.people[name])

    # Eve is of another team: also what can be read gives her nothing. For Bo another point would be a good request.
    @many
    @given(st.data())
    def hold(data: st.DataObject) -> None:
        body = data.draw(changed(good) | anything.map(lambda value: json.dumps(value).encode()))
        assert slip_faults(clients["Eve"], body) == []

    hold()
    assert slip_faults(clients["Bo"], good) == ["kept a row"]


KINDS = ["", "text/plain", f"{JSON}; charset=x", "a/b\x00", "multipart/form-data", "multipart/form-data; boundary=x"]


@pytest.mark.parametrize("content_type", KINDS)
def test_no_kind_of_body_makes_the_door_fail(good: bytes, content_type: str) -> None:
    kept = ["kept a row"] if content_type.startswith(JSON) else []
    assert cast_faults(good, content_type) == kept


def planted(kind: str) -> Callable[[bytes], services.CastOutcome]:
    def fail(body: bytes) -> services.CastOutcome:
        if kind == "an error":
            raise KeyError(body)
        place = {"round_id": "0" * 32, "slot": b"0" * 32, "purpose": "x", "unit_id": "0" * 32}
        Ballot.objects.create(**place, sequence=1, ciphertext=body)
        raise ballot.WrongSize

    return fail


@pytest.mark.parametrize(("kind", "fault"), [("an error", "500"), ("a row", "kept a row")])
def test_a_door_that_fails_or_keeps_is_seen(
    lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch, kind: str, fault: str
) -> None:
    monkeypatch.setattr(services, "cast", planted(kind))
    assert fault in cast_faults(b"x" * ballot.CAST_BODY_BYTES)


def test_a_door_that_repeats_is_seen(lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    def talkative(body: bytes) -> services.CastOutcome:
        raise wire.Malformed(body[:9].decode())

    honest = cast_views.refusal

    def refusal(status: int, code: str, message: str, **more: object) -> Any:
        return honest(status, code, f"{message} ({sys.exc_info()[1]})", **more)

    monkeypatch.setattr(services, "cast", talkative)
    assert cast_faults(b"x" * ballot.CAST_BODY_BYTES) == []
    monkeypatch.setattr(cast_views, "refusal", refusal)
    [fault] = cast_faults(b"x" * ballot.CAST_BODY_BYTES)
    assert fault.startswith("repeats what was sent")
    assert "xxxxxxxxx" in fault
