"""Where a request ends is never left to two opinions: what stands behind one is no request of somebody else's."""

import contextlib
import re
import socket
from collections.abc import Callable
from typing import Any

import pytest

from tests.stack import Stack


@pytest.fixture(scope="module")
def doors(make_stack: Callable[..., Any]) -> Stack:
    stack: Stack = make_stack(parts=("app", "anonymous"))
    return stack


HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: localhost:%d\r\n\r\n"
SIZE = len(HIDDEN % 10_000)
ENDS = b"0\r\n\r\n"
# What one reader takes for the end and another one does not.
TWO_LENGTHS = {
    "a length and chunks": (f"Content-Length: {SIZE + len(ENDS)}\r\nTransfer-Encoding: chunked", ENDS),
    "chunks and a length": (f"Transfer-Encoding: chunked\r\nContent-Length: {SIZE + len(ENDS)}", ENDS),
    "nothing and a length": (f"Content-Length: 0\r\nContent-Length: {SIZE}", b""),
    "a length and nothing": (f"Content-Length: {SIZE}\r\nContent-Length: 0", b""),
    "two lengths in one line": (f"Content-Length: 0, {SIZE}", b""),
    "a length with a sign": (f"Content-Length: +{SIZE}", b""),
    "a length that is no number": ("Content-Length: 0x0", b""),
    "chunks that are not last": ("Transfer-Encoding: chunked, identity", ENDS),
    "a blank before the colon": ("Transfer-Encoding : chunked", ENDS),
    "a line that goes on": ("Transfer-Encoding:\r\n chunked", ENDS),
    "a line that ends otherwise": ("X-A: b\nContent-Length: 0\r\nContent-Length: 5", b""),
}


def statuses(url: str, lengths: str, before: bytes) -> list[int]:
    """Of the answers to a request with these lengths, behind whose end another one is hidden."""
    port = int(url.rpartition(":")[2])
    head = f"POST /cast/ HTTP/1.1\r\nHost: localhost:{port}\r\n{lengths}\r\n\r\n"
    said = b""
    with (
        contextlib.closing(socket.create_connection(("localhost", port), timeout=2)) as connection,
        contextlib.suppress(TimeoutError, ConnectionError),
    ):
        connection.sendall(head.encode() + before + HIDDEN % port)
        while more := connection.recv(4096):
            said += more
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3})", said)]


@pytest.mark.parametrize("door", ["app_url", "anonymous_url"])
@pytest.mark.parametrize("name", TWO_LENGTHS)
def test_a_request_with_two_lengths_hides_no_other(doors: Stack, door: str, name: str) -> None:
    found = statuses(getattr(doors, door), *TWO_LENGTHS[name])
    assert len(found) == 1
    assert found[0] >= 300


@pytest.mark.parametrize("door", ["app_url", "anonymous_url"])
def test_one_that_was_hidden_would_be_seen(doors: Stack, door: str) -> None:
    assert statuses(getattr(doors, door), "Content-Length: 0", b"")[1:] == [200]
    assert statuses(getattr(doors, door), "Transfer-Encoding: chunked", ENDS)[1:] == [200]
