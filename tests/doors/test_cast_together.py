"""The short way of a ballot: the answer of the long way, for what is plainly good and for nothing else."""

import json
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from django.db import DatabaseError

from andon.features.ballots import services, together
from andon.features.ballots.models import Ballot, Box
from andon.kernel import ballot
from tests.lived_in import ANSWERS, LivedIn, undone

pytestmark = pytest.mark.django_db(databases="__all__")
HEADERS = [
    ("content-type", "application/json"),
    ("content-length", str(ballot.CAST_BODY_BYTES)),
    ("host", "testserver"),
]
_bodies: dict[str, list[bytes]] = {}


@pytest.fixture(autouse=True)
def _connection_stays() -> Iterator[None]:
    # A connection of a test is in a transaction, which may not be closed.
    with mock.patch.object(together, "close_old_connections"):
        yield


@pytest.fixture
def bodies(lived_in: LivedIn) -> list[bytes]:
    """A good ballot of each of two members, made once: a member is given one slip."""
    round_id = lived_in.rounds["open"]
    if round_id not in _bodies:
        _bodies[round_id] = [lived_in.body(lived_in.slip(name, round_id), ANSWERS) for name in ("Ada", "Bo")]
    return _bodies[round_id]


def kept(house: LivedIn) -> int:
    return Ballot.objects.filter(round_id=house.rounds["open"]).count()


def test_both_ways_say_the_same(anonymous_client: Any, bodies: list[bytes]) -> None:
    with undone():
        long = anonymous_client.post("/cast/", data=bodies[0], content_type="application/json")
    assert together.read([*HEADERS, ("cookie", "planted")], bodies[0]) is bodies[0]
    [(status, headers, body)] = together.answer([bodies[0]])
    assert (status, dict(headers), body) == (long.status_code, dict(long.items()), long.content)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        HEADERS[:1],
        [("content-type", "text/plain"), *HEADERS[1:]],
        [HEADERS[0], ("content-length", "4095"), HEADERS[2]],
        [HEADERS[0], ("transfer-encoding", "chunked"), HEADERS[2]],
        HEADERS[:2],
        [*HEADERS[:2], ("host", "elsewhere.example")],
        [*HEADERS, ("host", "elsewhere.example")],
    ],
)
def test_other_headers_than_those_of_a_wallet_take_the_long_way(headers: list[tuple[str, str]]) -> None:
    assert together.read(HEADERS, bytes(ballot.CAST_BODY_BYTES)) is not None
    assert together.read(headers, bytes(ballot.CAST_BODY_BYTES)) is None
    assert together.read(HEADERS, b"short") is None


def test_one_bad_ballot_of_a_group_is_kept_apart_from_its_neighbours(lived_in: LivedIn, bodies: list[bytes]) -> None:
    before = kept(lived_in)
    forged = bodies[0].replace(lived_in.rounds["open"].encode(), lived_in.rounds["released"].encode())
    answers = together.answer([b"x" * ballot.CAST_BODY_BYTES, bodies[0], forged, bodies[1], bodies[0]])
    # Of two for one slot the later is kept here; the first takes the long way and finds it.
    assert [answer is not None for answer in answers] == [False, False, False, True, True]
    assert kept(lived_in) == before + 2
    receipts = [json.loads(answer[2])["slot"] for answer in answers if answer is not None]
    assert len(receipts) == len(set(receipts)) == 2


def test_what_is_in_the_box_already_takes_the_long_way(bodies: list[bytes]) -> None:
    assert together.answer([bodies[0]]) != [None]
    assert together.answer([bodies[0]]) == [None]
    assert isinstance(services.cast(bodies[0]), services.Accepted)


@pytest.mark.parametrize("state", [Box.State.WAITING, Box.State.CLOSED, Box.State.VOID])
def test_nothing_is_kept_in_a_box_that_is_not_open(lived_in: LivedIn, bodies: list[bytes], state: str) -> None:
    before = kept(lived_in)
    Box.objects.filter(round_id=lived_in.rounds["open"]).update(state=state)
    assert together.answer(bodies) == [None, None]
    assert kept(lived_in) == before


def test_a_storage_that_fails_acknowledges_nothing(bodies: list[bytes]) -> None:
    with mock.patch.object(services, "_keep", side_effect=DatabaseError):
        assert together.answer(bodies) == [None, None]
    assert None not in together.answer(bodies)
