"""The anonymous door is killed under load, over HTTP: what it acknowledged is in the box."""

import contextlib
import dataclasses
import http.client
import json
import os
import secrets
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from andon.gateways.cli import serve
from bench.answers import load
from tests.anomalies.under_load.playing import made_world
from tests.stack import Stack

CLIENTS, MEMBERS, KILLS = 6, 192, 3
# A door that says "accepted" first and writes a moment later.
HASTY = """
import threading, time
from andon.project.wsgi_anonymous import door
from andon.features.ballots import services
keep = services._keep
def later(casts):
    time.sleep(0.5)
    keep(casts)
def hasty(casts):
    threading.Thread(target=later, args=[casts], daemon=True).start()
    return {services._place(handed_in) for handed_in in casts}
services._keep = hasty
"""


def postgres_server() -> Path | None:
    server = os.environ.get("ANDON_TEST_POSTGRES")
    return Path(server) if server else None


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("killed")
    with Stack(
        folder, postgres_server(), parts=("app",), ANDON_STEWARD_KEY_FILE=str(folder / "steward.key")
    ) as running:
        yield running


@pytest.fixture(scope="module")
def casts(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """The bodies of as many ballots as there are members, with slips that the app gave them."""
    made = made_world(stack, tmp_path_factory.mktemp("world") / "world.json", MEMBERS)
    address = ("127.0.0.1", urlsplit(stack.app_url).port or 0)
    bodies = []
    connection = http.client.HTTPConnection(*address, timeout=30)
    for session in made["sessions"]:
        wallet = load.Wallet(made, session, address, address)
        head, _, body = wallet.issue_request.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        connection.request("POST", "/slips/", body, headers)
        wallet.issued = connection.getresponse().read()
        bodies.append(wallet.cast_request().partition(b"\r\n\r\n")[2])
    connection.close()
    return bodies


def start(stack: Stack, folder: Path, *, hasty: bool) -> None:
    if not hasty:
        stack.start("anonymous")
        return
    (folder / "hasty_door.py").write_text(HASTY)
    part = serve.parts(stack.env, ["anonymous"])[0]
    part = dataclasses.replace(part, argv=(*part.argv[:-1], "hasty_door:door"))
    stack.processes["anonymous"] = serve.start(part, stack.env | {"PYTHONPATH": str(folder)}, cwd=stack.folder)
    until = time.monotonic() + 30
    while not serve.answers(part):
        assert time.monotonic() < until
        time.sleep(0.05)


def cast_until_killed(stack: Stack, bodies: list[bytes], *, after: float) -> set[str]:
    """Slots that were acknowledged before the door was killed, so many seconds after the first was."""
    acknowledged: set[str] = set()
    first = threading.Event()
    waiting = iter(bodies)
    lock = threading.Lock()

    def client() -> None:
        connection = http.client.HTTPConnection("localhost", urlsplit(stack.anonymous_url).port, timeout=30)
        with contextlib.closing(connection):
            send_all(connection)

    def send_all(connection: http.client.HTTPConnection) -> None:
        while True:
            with lock:
                body = next(waiting, None)
            if body is None:
                return
            try:
                connection.request("POST", "/cast/", body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                said = json.loads(answer.read())
            except (OSError, http.client.HTTPException, ValueError):
                return
            assert answer.status == 200, said
            acknowledged.add(said["slot"])
            first.set()

    clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in clients:
        thread.start()
    assert first.wait(30)
    time.sleep(after)
    stack.kill("anonymous")
    for thread in clients:
        thread.join(30)
    return acknowledged


def in_the_box(stack: Stack) -> set[str]:
    program = (
        "from andon.features.ballots.models import Ballot\n"
        "print('SLOTS', *[bytes(slot).hex() for slot in Ballot.objects.values_list('slot', flat=True)])"
    )
    [line] = [line for line in stack.manage("shell", "-c", program).stdout.splitlines() if line.startswith("SLOTS")]
    return set(line.split()[1:])


@pytest.mark.timeout(180)
def test_what_a_killed_door_acknowledged_is_in_the_box(stack: Stack, casts: list[bytes], tmp_path: Path) -> None:
    share = len(casts) // (KILLS + 1)
    acknowledged: set[str] = set()
    for kill in range(KILLS):
        start(stack, tmp_path, hasty=False)
        bodies = casts[kill * share : (kill + 1) * share]
        acknowledged |= cast_until_killed(stack, bodies, after=secrets.randbelow(40) / 1_000)
        assert acknowledged <= in_the_box(stack)
    # A door that acknowledges too early is caught by the same means.
    start(stack, tmp_path, hasty=True)
    hasty = cast_until_killed(stack, casts[KILLS * share :], after=0.02)
    assert hasty - in_the_box(stack)
