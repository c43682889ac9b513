"""A body of one byte more than a door takes, at every address that it has: 413, in words, however it is announced."""

import socket
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from tests.doors.test_sending_a_file import FOUND
from tests.doors.test_whole_requests import Proto, ask, called
from tests.permissions import addresses
from tests.stack import Stack

MOST = {"app": 4_000_000, "anonymous": 8_192}
# At the anonymous door nothing but these takes a body at all.
TAKE_A_BODY = {"ballots:cast", "rooms:answer"}
SECONDS = 20.0
VALUES = {"UUIDConverter": "0" * 8 + "-0000-0000-0000-" + "0" * 12, "IntConverter": 1}


@pytest.fixture(scope="module")
def house(make_stack: Callable[..., Any]) -> Stack:
    stack: Stack = make_stack(parts=("app", "anonymous"), ANDON_APP_WORKERS="1")
    stack.manage("shell", "-v", "0", "-c", FOUND)
    return stack


def places(urlconf: str) -> dict[str, str]:
    """Every address by name, with something in place of what stands between its slashes."""
    found = {}
    for name, pattern in addresses.named(urlconf).items():
        converters = pattern.pattern.converters.values()
        given = [VALUES.get(type(converter).__name__, "0" * 32) for converter in converters]
        found[name] = reverse(name, urlconf=urlconf, args=given)
    return found


APP = places("andon.project.urls_app")
ANONYMOUS = places("andon.project.urls_anonymous")


def status_of(origin: str, address: str, headers: str, *body: bytes, kind: str = "application/json") -> int:
    """What is answered, although perhaps not all of the body was taken."""
    port = int(origin.rpartition(":")[2])
    with socket.create_connection(("localhost", port), timeout=SECONDS) as connection:
        start = f"POST {address} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: {kind}\r\n{headers}\r\n\r\n"
        try:
            connection.sendall(start.encode())
            for piece in body:
                connection.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            # Hung up before it had everything; the answer is there all the same.
            pass
        first = connection.recv(4096)
    return int(first.split()[1]) if first else 0


def announced(origin: str, address: str, most: int) -> int:
    # A few bytes of it come: nothing waits for the others.
    return status_of(origin, address, f"Content-Length: {most + 1}", b"x" * 100)


def in_chunks(origin: str, address: str, most: int) -> int:
    chunk = b"x" * (most + 1)
    return status_of(origin, address, "Transfer-Encoding: chunked", b"%x\r\n" % len(chunk), chunk, b"\r\n0\r\n\r\n")


def test_every_address_of_the_app_refuses_a_byte_too_many(house: Stack) -> None:
    answers = {name: announced(house.app_url, address, MOST["app"]) for name, address in APP.items()}
    # Files of people have a bound of their own, and a stranger is led to the page for signing in before it is read.
    assert answers.pop("organisation:import_preview") == 302
    read_only = {name: status for name, status in answers.items() if name.startswith("rest:")}
    # Programs read there with a key, and nothing can be changed.
    assert set(read_only.values()) <= {404, 405}
    assert {name: status for name, status in answers.items() if status != 413 and name not in read_only} == {}


def test_chunks_are_counted_as_they_come(house: Stack) -> None:
    for name in ("account_login", "issuance:slips", "people:profile"):
        assert in_chunks(house.app_url, APP[name], MOST["app"]) == 413


@pytest.mark.parametrize("send", [announced, in_chunks])
def test_every_address_of_the_anonymous_door_refuses_a_byte_too_many(
    house: Stack, send: Callable[[str, str, int], int]
) -> None:
    answers = {name: send(house.anonymous_url, address, MOST["anonymous"]) for name, address in ANONYMOUS.items()}
    meant = {name: 413 if name in TAKE_A_BODY else 405 for name in ANONYMOUS}
    # There is no deed of that name.
    assert answers == meant | {"rooms:answer": answers["rooms:answer"]}
    assert send(house.anonymous_url, "/rooms/create", MOST["anonymous"]) == 413
    assert "0" * 32 not in house.log("anonymous")


LIES = ["-1", "9" * 30, "1_0", "+5", "5, 5", "0x10", "\u00b2"]


@pytest.mark.parametrize("length", LIES)
@pytest.mark.parametrize("door", ["app", "anonymous"])
def test_a_length_that_is_none_is_refused_without_a_line_in_the_log(house: Stack, door: str, length: str) -> None:
    origin = house.app_url if door == "app" else house.anonymous_url
    before = house.log(door)
    assert status_of(origin, "/cast/" if door == "anonymous" else "/accounts/login/", f"Content-Length: {length}") in (
        400,
        413,
    )
    assert house.log(door) == before


def test_a_query_and_a_header_without_an_end_are_refused_by_either_door(house: Stack) -> None:
    for origin in (house.app_url, house.anonymous_url):
        for address, headers in (("/?" + "a=1&" * 100_000, "X: 1"), ("/", "X: " + "x" * 1_000_000)):
            status = status_of(origin, address, f"{headers}\r\nContent-Length: 0")
            assert 400 <= status < 500 or status == 0, (origin, status)


def test_a_door_that_reads_whatever_comes_is_seen() -> None:
    chunked = ("transfer-encoding", "chunked")
    assert ask(Proto(b"x" * 101), chunked)[1] == [("x-size", "0")]
    assert called[0]["andon.left_out"] is True
    assert ask(Proto(b"x" * 101), chunked, most_bytes=1_000)[1] == [("x-size", "101")]
    assert "andon.left_out" not in called[0]


def of_parts(count: int) -> tuple[str, bytes]:
    part = b'--edge\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\nx\r\n'
    return "multipart/form-data; boundary=edge", part * count + b"--edge--\r\n"


def of_fields(count: int) -> tuple[str, bytes]:
    return "application/x-www-form-urlencoded", b"&".join(b"f%d=1" % number for number in range(count))


@pytest.mark.parametrize(("form", "most"), [(of_parts, 100), (of_fields, 1_000)])
def test_a_form_of_very_many_parts_is_refused_before_it_is_taken_apart(
    house: Stack, form: Callable[[int], tuple[str, bytes]], most: int
) -> None:
    statuses = []
    for count in (most, most + 1):
        kind, body = form(count)
        # Only with the cookie of a form is its token looked for.
        headers = f"Content-Length: {len(body)}\r\nCookie: andon-csrf={'a' * 32}"
        statuses.append(status_of(house.app_url, APP["account_login"], headers, body, kind=kind))
    # The first was read, and has no token of a form.
    assert statuses == [403, 400]
