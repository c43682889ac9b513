"""How many rooms there can be, through the door: the same for everybody, and never at the cost of a conversation."""

from typing import Any

import pytest

from andon.features.rooms import memory, views
from andon.kernel import wire
from tests.permissions.test_anonymous_door import IDENTIFYING


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(views, "rooms", memory.Rooms(made))
    return made


def ask(door: Any, deed: str, fields: dict[str, object] | None = None, **more: Any) -> Any:
    return door.post(f"/rooms/{deed}", data=wire.canonical(fields or {}), content_type="application/json", **more)


def after_many(door: Any, **more: Any) -> Any:
    """The answer to somebody who asks for a room after twenty others did at one moment."""
    for number in range(memory.ROOMS_AT_ONCE):
        assert ask(door, "create", REMOTE_ADDR=f"192.0.2.{number}").status_code == 200
    return ask(door, "create", **more)


def test_who_asks_for_one_room_too_many_waits_whoever_they_are(anonymous_client: Any, clock: Clock) -> None:
    plain = after_many(anonymous_client)
    assert (plain.status_code, plain.json()["error"], plain["Retry-After"]) == (429, "too_soon", "2")
    known = ask(anonymous_client, "create", **IDENTIFYING)
    assert (plain.content, dict(plain.headers)) == (known.content, dict(known.headers))
    clock.now += int(plain["Retry-After"])
    assert ask(anonymous_client, "create").status_code == 200


def test_a_door_without_that_limit_is_seen(
    anonymous_client: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "SECONDS_PER_ROOM", 1e-9)
    monkeypatch.setattr(views.rooms, "_clock", lambda: (setattr(clock, "now", clock.now + 1), clock.now)[1])
    assert after_many(anonymous_client).status_code == 200


def flooded(door: Any, clock: Clock) -> list[int]:
    """What a phone in a conversation is told when somebody asks for more rooms than there are."""
    room = ask(door, "create").json()
    seats = [ask(door, "join", {"code": room["code"]}).json()["seat"] for _ in range(memory.LEAST_PHONES)]
    for _ in range(2 * memory.MOST_ROOMS):
        clock.now += memory.SECONDS_PER_ROOM
        ask(door, "create")
    return [ask(door, "look", {"code": room["code"], "seat": seat}).status_code for seat in seats]


def test_a_flood_of_rooms_ends_no_conversation(anonymous_client: Any, clock: Clock) -> None:
    assert flooded(anonymous_client, clock) == [200, 200, 200]
    assert len(views.rooms._rooms) == memory.MOST_ROOMS


def test_a_flood_that_pushes_out_whatever_is_oldest_is_seen(
    anonymous_client: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up_the_oldest(rooms: memory.Rooms) -> None:
        del rooms._rooms[min(rooms._rooms, key=lambda code: rooms._rooms[code].last_deed)]

    monkeypatch.setattr(memory.Rooms, "_give_up_an_empty_one", give_up_the_oldest)
    assert flooded(anonymous_client, clock) == [404, 404, 404]


def test_when_all_rooms_are_in_use_the_next_is_told_when_to_come_again(
    anonymous_client: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "MOST_ROOMS", 1)
    code = ask(anonymous_client, "create").json()["code"]
    for _ in range(memory.LEAST_PHONES):
        ask(anonymous_client, "join", {"code": code})
    answer = ask(anonymous_client, "create")
    assert (answer.status_code, answer.json()["error"], answer["Retry-After"]) == (503, "no_room_left", "30")
