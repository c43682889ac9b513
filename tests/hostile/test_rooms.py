"""Whatever is sent to a room: never an error of ours, never a word of it in the reply, never a change of the room."""

import inspect
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from andon.features.rooms import memory, requests, views
from andon.kernel import wire
from tests.anonymous_client import AnonymousClient

JSON = "application/json"
many = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), database=None)
SOURCE = inspect.getsource(views)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    """A good value for every field of every deed, in a room with a statement and three phones."""
    caplog.set_level("CRITICAL", logger="django.request")
    monkeypatch.setattr(views, "rooms", memory.Rooms())
    monkeypatch.setattr(memory, "LEAST_SECONDS_BETWEEN_LOOKS", 0.0)
    code, key = views.rooms.create()
    seats = [views.rooms.join(code) for _phone in range(3)]
    statement = {"text": "We say it early."}
    views.rooms.show(code, key, memory.Statement(**statement))
    return {"choice": 5, "code": code, "key": key, "seat": seats[0], "statement": statement, "turn": 1}


def good(deed: str, room: dict[str, Any]) -> dict[str, Any]:
    return {name: room[name] for name in requests.FIELDS[deed]}


def ask(deed: str, body: bytes, content_type: str = JSON) -> Any:
    door = AnonymousClient(raise_request_exception=False)
    return door.generic("POST", f"/rooms/{deed}", body, content_type=content_type)


def faults(answer: Any) -> Iterator[str]:
    if answer.status_code >= 500:
        yield f"{answer.status_code}"
    if answer.cookies:
        yield "sets a cookie"
    said = answer.json()
    if answer.status_code != 200 and not (
        set(said) == {"error", "message"} and all(json.dumps(text)[1:-1] in SOURCE for text in said.values())
    ):
        yield f"repeats what was sent: {answer.content!r}"


@pytest.mark.parametrize("deed", sorted(requests.FIELDS))
def test_what_is_meant_is_answered(room: dict[str, Any], deed: str) -> None:
    answer = ask(deed, wire.canonical(good(deed, room)))
    # Nobody has chosen yet.
    assert answer.status_code == (409 if deed == "turn" else 200)
    assert list(faults(answer)) == []


@st.composite
def changed(draw: st.DrawFn, fields: dict[str, Any]) -> bytes:
    how = draw(st.sampled_from(["value", "more", "less", "flip", "cut", "raw", "long", "spaced", "twice"]))
    body = wire.canonical(fields)
    if how == "value" and fields:
        body = json.dumps({**fields, draw(st.sampled_from(sorted(fields))): draw(anything)}, sort_keys=True).encode()
    elif how == "more":
        body = json.dumps({**fields, draw(st.text(min_size=1, max_size=8)): draw(anything)}, sort_keys=True).encode()
    elif how == "less" and fields:
        left_out = draw(st.sampled_from(sorted(fields)))
        body = wire.canonical({name: value for name, value in fields.items() if name != left_out})
    elif how == "flip":
        place = draw(st.integers(0, len(body) - 1))
        body = body[:place] + bytes([body[place] ^ draw(st.integers(1, 255))]) + body[place + 1 :]
    elif how == "cut":
        body = body[: draw(st.integers(0, len(body) - 1))]
    elif how == "raw":
        body = draw(st.binary(max_size=200))
    elif how == "long":
        body = body.ljust(draw(st.integers(1_000, 9_000)), b" ")
    elif how == "spaced":
        body = b" " + body
    else:
        body = body + body
    return body


@pytest.mark.parametrize("deed", sorted(set(requests.FIELDS) - {"create", "turn"}))
def test_no_body_makes_a_room_fail_change_or_repeat_anything(room: dict[str, Any], deed: str) -> None:
    meant = wire.canonical(good(deed, room))
    before = repr(views.rooms._rooms[room["code"]].choices), len(views.rooms._rooms[room["code"]].seats)

    def is_meant(body: bytes) -> bool:
        try:
            requests.read(deed, body)
        except wire.Malformed:
            return False
        return True

    @many
    @given(st.data())
    def hold(data: st.DataObject) -> None:
        body = data.draw(changed(good(deed, room)))
        answer = ask(deed, body)
        assert list(faults(answer)) == []
        if body != meant and not is_meant(body):
            # Without a body there is no kind of body either.
            assert answer.status_code in ({400, 413} if body else {415})
            now = views.rooms._rooms[room["code"]]
            assert (repr(now.choices), len(now.seats)) == before

    # A good one by chance, such as another answer from 1 to 5, may change the room: that is no fault of its reading.
    hold()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " led by a space",
        "x" * 201,
        "two\nlines",
        "nul\x00",
        "turned \u202e around",
        "\ufeffmark",
        "private \ue000",
    ],
)
def test_own_words_are_one_line_of_letters(room: dict[str, Any], text: str) -> None:
    body = wire.canonical({**good("show", room), "statement": {"text": text}})
    assert ask("show", body).status_code == 400


@pytest.mark.parametrize("text", ["x" * 200, "Wir sagen es früh.", "می\u200cگوییم", "🎉" * 200, '"<b>&'])
def test_own_words_of_any_script_are_fine(room: dict[str, Any], text: str) -> None:
    body = wire.canonical({**good("show", room), "statement": {"text": text}})
    assert ask("show", body).json()["statement"] == {"text": text}


@pytest.mark.parametrize("content_type", ["", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded"])
def test_a_form_of_another_site_reaches_no_room(room: dict[str, Any], content_type: str) -> None:
    """Browsers send these without asking first; JSON they do not."""
    assert ask("create", b"{}", content_type).status_code == 415


def test_a_door_that_fails_or_repeats_is_seen(room: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(views._DEEDS, "watch", lambda code, key: {}[code])
    assert "500" in list(faults(ask("watch", wire.canonical(good("watch", room)))))
    honest = views.refusal
    monkeypatch.setattr(views, "refusal", lambda status, code, message: honest(status, code, f"{message} 00000000"))
    [fault] = faults(ask("join", wire.canonical({"code": "00000000"})))
    assert fault.startswith("repeats what was sent")
