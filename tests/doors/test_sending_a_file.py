"""Who may keep the app waiting with a large body, through real sockets: nobody who may not import people."""

import contextlib
import dataclasses
import json
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from andon.gateways.cli import serve
from tests.stack import Stack

LARGE = 2_000_000
SECONDS = 15.0
STRANGERS = 6
FAULT = "tests.doors.asking_nobody:door"

FOUND = """
import json
from django.test import Client
from django.conf import settings
from andon.foundation.organisation.models import Duty, Node, Organisation
from andon.foundation.people.models import Member
Organisation.objects.create(name="Lanternworks", steward_public_key=b"k" * 32)
Node.objects.create(name="Lanternworks")
cookies = {}
for name in ("Stella", "Sten", "Bo"):
    member = Member.objects.create_user(f"{name.lower()}@example.org", name)
    if name != "Bo":
        Duty.objects.create(member=member, role=Duty.Role.STEWARD)
    client = Client()
    client.force_login(member, "andon.foundation.people.backends.SignInBackend")
    cookies[name] = client.cookies[settings.SESSION_COOKIE_NAME].value
print(json.dumps(cookies))
"""


# Each process of the app counts for itself, so with one of them the numbers below are exact.
@pytest.fixture(scope="module")
def app(make_stack: Callable[..., Any]) -> Stack:
    stack: Stack = make_stack(parts=("app",), ANDON_APP_WORKERS="1")
    stack.cookies = json.loads(stack.manage("shell", "-v", "0", "-c", FOUND).stdout)  # type: ignore[attr-defined]
    return stack


@pytest.fixture
def faulty(app: Stack) -> Iterator[Stack]:
    """The same app behind a door that asks nobody, for one test."""
    app.stop("app")
    [part] = serve.parts(app.env, ("app",))
    wrong = dataclasses.replace(part, argv=(*part.argv[:-1], FAULT))
    environment = app.env | {"PYTHONPATH": str(Path(__file__).parents[2])}
    with (app.logs / "faulty.log").open("ab") as output:
        app.processes["app"] = serve.start(wrong, environment, stdout=output, stderr=subprocess.STDOUT, cwd=app.folder)
    deadline = time.monotonic() + 60
    while not serve.answers(wrong):
        assert time.monotonic() < deadline, (app.logs / "faulty.log").read_text()
        time.sleep(0.05)
    yield app
    app.stop("app")
    app.start("app")


def begin(app: Stack, name: str = "", size: int = LARGE) -> socket.socket:
    """Announce a large file, send a little of it and no more."""
    port = int(app.app_url.rpartition(":")[2])
    connection = socket.create_connection(("localhost", port), timeout=SECONDS)
    cookie = f"Cookie: andon={app.cookies[name]}\r\n" if name else ""  # type: ignore[attr-defined]
    connection.sendall(
        f"POST /people/import/ HTTP/1.1\r\nHost: localhost:{port}\r\n{cookie}Content-Type: text/csv\r\n"
        f"Content-Length: {size}\r\n\r\n".encode()
        + b"x" * 1_000
    )
    return connection


def test_a_file_that_is_too_large_is_answered_in_words(app: Stack) -> None:
    with contextlib.closing(begin(app, "Stella", size=30_200_000)) as connection:
        connection.settimeout(SECONDS)
        said = b""
        while b"andon people import" not in said and (more := connection.recv(4096)):
            said += more
    assert said.split()[1] == b"413"
    assert b"This file is larger than 30 MB. Nothing was changed." in said


# Not a status of HTTP: no answer came.
TURNED_AWAY = 0


def answered(connection: socket.socket, within: float = SECONDS) -> int | None:
    """The status that came although the body did not, or None."""
    connection.settimeout(within)
    try:
        first = connection.recv(4096)
    except TimeoutError:
        return None
    return int(first.split()[1])


def send(app: Stack, name: str) -> tuple[int, str]:
    """A whole large file, as the form of the page sends it: status, and where it leads."""
    port = int(app.app_url.rpartition(":")[2])
    cookie = {"Cookie": f"andon={app.cookies[name]}"}  # type: ignore[attr-defined]
    with contextlib.closing(HTTPConnection("localhost", port, timeout=60)) as http:
        http.request("GET", "/people/import/", headers=cookie)
        page: HTTPResponse = http.getresponse()
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.read().decode())
        assert token is not None
        second = str(page.getheader("Set-Cookie")).partition(";")[0]
        rows = b"email,name,team\n" + b"p@example.org,P,T\n" * (LARGE // 18)
        body = (
            b"--edge\r\nContent-Disposition: form-data; name=csrfmiddlewaretoken\r\n\r\n"
            + token[1].encode()
            + b"\r\n--edge\r\nContent-Disposition: form-data; name=file; filename=p.csv\r\n\r\n"
            + rows
            + b"\r\n--edge--\r\n"
        )
        try:
            http.request(
                "POST",
                "/people/import/",
                body,
                {
                    "Cookie": f"{cookie['Cookie']}; {second}",
                    "Content-Type": "multipart/form-data; boundary=edge",
                    "Origin": app.app_url,
                },
            )
            answer = http.getresponse()
            answer.read()
        except (BrokenPipeError, ConnectionResetError):
            # The door hung up before it had everything; whether its answer still arrives is up to the network.
            return TURNED_AWAY, ""
        return answer.status, answer.getheader("Location") or ""


def is_taken(sent: tuple[int, str]) -> bool:
    status, where = sent
    return status == 302 and bool(re.fullmatch(r"/people/import/[^/]+/", where))


def test_strangers_and_members_without_the_duty_are_answered_before_their_file(app: Stack) -> None:
    with contextlib.ExitStack() as held:
        strangers = [held.enter_context(contextlib.closing(begin(app))) for _ in range(STRANGERS)]
        members = [held.enter_context(contextlib.closing(begin(app, "Bo"))) for _ in range(STRANGERS)]
        assert [answered(one) for one in strangers] == [302] * STRANGERS
        assert [answered(one) for one in members] == [404] * STRANGERS
        assert is_taken(send(app, "Stella"))


def test_a_steward_who_sends_slowly_keeps_nobody_else_waiting_and_not_themselves(app: Stack) -> None:
    with contextlib.ExitStack() as held:
        slow = [held.enter_context(contextlib.closing(begin(app, "Sten"))) for _ in range(STRANGERS)]
        # Each new one ends the one before; the last of them still waits for its file.
        assert [answered(one) for one in slow[:-1]] == [408] * (STRANGERS - 1)
        assert answered(slow[-1], within=0.5) is None
        assert is_taken(send(app, "Stella"))
        assert is_taken(send(app, "Sten"))
        assert answered(slow[-1]) == 408


def test_a_door_that_asks_nobody_would_be_seen(faulty: Stack) -> None:
    """The planted fault: strangers are waited for, and a steward is turned away."""
    with contextlib.ExitStack() as held:
        strangers = [held.enter_context(contextlib.closing(begin(faulty))) for _ in range(4)]
        assert [answered(one, within=0.5) for one in strangers] == [None] * 4
        status, _where = send(faulty, "Stella")
        assert status in {503, TURNED_AWAY}
