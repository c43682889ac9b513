"""How often one slot is written in a minute, through the door and its short way: by whoever has its slip."""

from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from django.core.exceptions import ImproperlyConfigured

from andon.features.ballots import services, together
from andon.features.ballots.models import Ballot
from andon.features.ballots.pace import Pace
from andon.project.settings import base
from tests.lived_in import ANSWERS, LivedIn

pytestmark = pytest.mark.django_db(databases="__all__")
MOST = 3


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(services, "pace", Pace(most=MOST, clock=clock))
    return clock


@pytest.fixture(autouse=True)
def _connection_stays() -> Iterator[None]:
    # A connection of a test is in a transaction, which may not be closed.
    with mock.patch.object(together, "close_old_connections"):
        yield


_slips: dict[str, Any] = {}


@pytest.fixture
def bodies(lived_in: LivedIn) -> dict[str, list[bytes]]:
    """Ten ballots of each of two members, each newer than the one before it."""
    round_id, made = lived_in.rounds["open"], {}
    for name in ("Ada", "Bo"):
        if (round_id, name) not in _slips:
            _slips[round_id, name] = lived_in.slip(name, round_id)
        key = lived_in.box_key(round_id)
        made[name] = [
            _slips[round_id, name].cast(ANSWERS, box_public_key=key, sequence=number) for number in range(1, 11)
        ]
    return made


def by_the_door(client: Any, body: bytes, **headers: str) -> Any:
    return client.post("/cast/", data=body, content_type="application/json", **headers)


def by_the_short_way(body: bytes) -> bool:
    [answer] = together.answer([body])
    return answer is not None


def sequence_kept(house: LivedIn) -> int:
    return Ballot.objects.get(round_id=house.rounds["open"]).sequence


def test_a_slot_is_written_so_often_and_keeps_the_last_one(
    anonymous_client: Any, lived_in: LivedIn, bodies: dict[str, list[bytes]], clock: Clock
) -> None:
    answers = [
        # Somebody else by all that a request says; the slot is the same.
        by_the_door(anonymous_client, body, REMOTE_ADDR=f"192.0.2.{number}", HTTP_USER_AGENT=f"agent/{number}")
        for number, body in enumerate(bodies["Ada"][: MOST + 1])
    ]
    assert [answer.status_code for answer in answers] == [200] * MOST + [429]
    refused = answers[-1]
    assert (refused["Retry-After"], refused.json()["error"]) == ("60", "unavailable")
    assert sequence_kept(lived_in) == MOST
    # It may come again as it is, and counts then.
    clock.now += 60
    assert by_the_door(anonymous_client, bodies["Ada"][MOST]).status_code == 200
    assert sequence_kept(lived_in) == MOST + 1


def test_the_short_way_counts_the_same_and_leaves_the_refusal_to_the_door(
    anonymous_client: Any, bodies: dict[str, list[bytes]], clock: Clock
) -> None:
    assert [by_the_short_way(body) for body in bodies["Ada"][: MOST + 1]] == [True] * MOST + [False]
    assert by_the_door(anonymous_client, bodies["Ada"][MOST]).status_code == 429


def test_nobody_uses_up_the_slot_of_somebody_else(
    anonymous_client: Any, bodies: dict[str, list[bytes]], clock: Clock
) -> None:
    for body in bodies["Ada"][:MOST]:
        assert by_the_door(anonymous_client, body).status_code == 200
        # Without the slip's own key nothing is counted of a slot.
        assert (
            by_the_door(anonymous_client, bodies["Bo"][0].replace(b'"sequence":1', b'"sequence":2')).status_code == 403
        )
    assert by_the_door(anonymous_client, bodies["Bo"][0]).status_code == 200


def test_the_same_bytes_again_write_nothing_and_count_nothing(
    anonymous_client: Any, bodies: dict[str, list[bytes]], clock: Clock
) -> None:
    for _time in range(2):
        assert by_the_door(anonymous_client, bodies["Ada"][0]).status_code == 200
    assert [by_the_door(anonymous_client, body).status_code for body in bodies["Ada"][1 : MOST + 1]] == [200, 200, 429]


def test_a_door_that_counts_nothing_is_seen(
    anonymous_client: Any, bodies: dict[str, list[bytes]], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.pace, "count", lambda place: None)
    assert [by_the_door(anonymous_client, body).status_code for body in bodies["Ada"][: MOST + 1]] == [200] * (MOST + 1)


def test_nothing_but_how_often_is_kept_and_that_for_a_minute() -> None:
    clock = Clock()
    pace = Pace(most=2, clock=clock, most_slots=3)
    place = ("r", b"slot", "ballot")
    pace.count(place)
    clock.now += 59
    pace.count(place)
    assert pace.is_over(place)
    # One moment for all of them, and neither a slot nor a round by its name.
    assert all(type(count) is int and len(name) == 8 for name, count in pace._counts.items())
    key = pace._key
    clock.now += 1
    pace._tidy()
    assert (dict(pace._counts), pace._key == key) == ({}, False)
    for number in range(100):
        pace.count(("r", bytes([number]), "ballot"))
        assert len(pace._counts) <= 3


@pytest.mark.parametrize("value", ["0", "-1", "ten", "1.5", "²", "9" * 10])
def test_a_number_that_is_none_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("ANDON_CASTS_A_MINUTE", value)
    with pytest.raises(ImproperlyConfigured, match=r"ANDON_CASTS_A_MINUTE is .*, which is not a number from 1"):
        base.read_count("ANDON_CASTS_A_MINUTE", 10)


@pytest.mark.parametrize(("value", "count"), [("", 10), ("25", 25)])
def test_an_operator_may_allow_more(monkeypatch: pytest.MonkeyPatch, value: str, count: int) -> None:
    monkeypatch.setenv("ANDON_CASTS_A_MINUTE", value)
    assert base.read_count("ANDON_CASTS_A_MINUTE", 10) == count
