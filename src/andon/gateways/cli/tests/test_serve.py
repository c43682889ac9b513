"""`andon serve` with its real processes: all of it runs, or none of it does."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from andon.gateways.cli import serve
from andon.gateways.cli.refusal import Refusal
from tests.stack import Stack

pytestmark = pytest.mark.timeout(120)


class Service:
    """`andon serve` on the data of a stack whose own parts do not run."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.log = stack.folder / f"serve-{secrets.token_hex(4)}.log"
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "andon.gateways.cli", "serve"],
                env=stack.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self):
        until(lambda: "Andon is running" in self.log.read_text() or self.process.poll() is not None, 60)
        assert self.process.poll() is None, self.log.read_text()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)

    def processes(self):
        """Every process of this service, by what its environment says: also one that lost its parent."""
        wanted = f"ANDON_DATA={self.stack.data_directory}".encode()
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != self.process.pid:
                try:
                    if wanted in (entry / "environ").read_bytes().split(b"\0"):
                        found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                except OSError:
                    continue
        return found

    def pid_of(self, word):
        # On PostgreSQL the rooms are a part of their own, of the same program at another address.
        rooms = self.stack.env["ANDON_ROOMS_BIND"].rpartition(":")[2]
        groups = {os.getpgid(pid) for pid, line in self.processes().items() if word in line and rooms not in line}
        assert len(groups) == 1
        return groups.pop()


def until(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "this did not happen in time"
        time.sleep(0.05)


def status_of(url):
    try:
        with urlopen(url, timeout=10) as answer:
            return answer.status
    except HTTPError as error:
        return error.code


def assert_nothing_is_left(service):
    until(lambda: not service.processes(), 5)
    for variable in ("ANDON_APP_BIND", "ANDON_ANONYMOUS_BIND"):
        host, port = service.stack.env[variable].split(":")
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, int(port)))


@pytest.fixture(scope="module")
def idle(make_stack):
    """Prepared data and free ports, nothing running."""
    return make_stack(parts=())


def test_both_doors_answer_and_sigterm_stops_everything_with_status_0(idle):
    with Service(idle) as service:
        assert status_of(f"{idle.app_url}/.well-known/andon") == 200
        assert status_of(f"{idle.anonymous_url}/log/head") in {200, 404}
        began = time.monotonic()
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(15) == 0
        assert time.monotonic() - began < serve.GRACE_SECONDS
    assert_nothing_is_left(service)


@pytest.mark.sqlite_only
def test_requests_that_never_end_keep_nobody_waiting(idle):
    with Service(idle), contextlib.ExitStack() as held:
        for url, path in ((idle.app_url, "/accounts/login/"), (idle.anonymous_url, "/cast/")):
            port = int(url.rpartition(":")[2])
            for _ in range(20):
                connection = held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
                connection.sendall(
                    f"POST {path} HTTP/1.1\r\nHost: localhost\r\nCookie: andon-csrf={'x' * 32}\r\n"
                    "Content-Type: application/json\r\nContent-Length: 4096\r\n\r\n{".encode()
                )
            time.sleep(0.5)
            began = time.monotonic()
            assert status_of(f"{url}/healthz") == 200
            assert time.monotonic() - began < 5
        # Nor does it stay forever with whoever did it.
        assert b" 408 " in connection.recv(1_000).splitlines()[0]


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("word", "name"), [("wsgi_app", "app"), ("wsgi_anonymous", "anonymous"), (".cli worker", "worker")]
)
def test_when_a_part_is_killed_all_end_with_status_1_and_it_is_named(idle, word, name):
    with Service(idle) as service:
        os.kill(service.pid_of(word), signal.SIGKILL)
        assert service.process.wait(20) == 1
    assert f"The part '{name}' ended by itself (SIGKILL)" in service.log.read_text()
    assert_nothing_is_left(service)


@pytest.mark.sqlite_only
def test_when_the_supervisor_is_killed_its_parts_stop_too(idle):
    with Service(idle) as service:
        service.process.kill()
        service.process.wait(10)
        until(lambda: not service.processes(), 15)
    assert_nothing_is_left(service)


def test_an_address_that_is_taken_is_refused_before_anything_starts(idle):
    host, port = idle.env["ANDON_APP_BIND"].split(":")
    with socket.socket() as taken:
        # Connections of an earlier test may still be fading out.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, int(port)))
        taken.listen()
        done = idle.andon("serve", check=False)
    assert done.returncode == 1
    assert "ANDON_APP_BIND" in done.stderr
    assert "Nothing was started" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_installation_that_was_not_prepared_is_refused(idle, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "andon.gateways.cli", "serve"],
        env=idle.env | {"ANDON_DATA": str(tmp_path), "ANDON_SECRET_KEY": "x" * 50},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "andon prepare" in done.stderr
    assert "Nothing was started" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.sqlite_only
def test_neither_the_log_nor_a_file_knows_who_asked_the_anonymous_door(idle):
    with Service(idle) as service:
        status_of(f"{idle.anonymous_url}/log/head?canary-in-the-address")
    assert "canary" not in service.log.read_text()
    for path in idle.data_directory.rglob("*"):
        if path.is_file():
            assert b"canary-in-the-address" not in path.read_bytes()


@pytest.mark.parametrize("value", ["8000", "localhost", ":8000", "127.0.0.1:0", "127.0.0.1:70000", "127.0.0.1:x"])
def test_what_is_not_an_address_is_refused(value):
    with pytest.raises(Refusal, match="ANDON_APP_BIND"):
        serve.parts({"ANDON_APP_BIND": value})


def test_one_worker_writes_to_sqlite_and_two_to_postgresql():
    def workers(environment):
        app = serve.parts(environment, ("app",))[0].argv
        return app[app.index("--workers") + 1]

    assert workers({}) == "1"
    assert workers({"ANDON_DATABASE_DEFAULT_URL": "postgresql://db/andon"}) == "2"
    assert workers({"ANDON_DATABASE_DEFAULT_URL_FILE": "/run/secrets/url"}) == "2"
    assert workers({"ANDON_APP_WORKERS": "3"}) == "3"
    with pytest.raises(Refusal, match="ANDON_APP_WORKERS"):
        workers({"ANDON_APP_WORKERS": "0"})


def test_where_the_anonymous_door_is_several_processes_rooms_have_one_of_their_own():
    assert [part.name for part in serve.parts({}, ("anonymous",))] == ["anonymous"]
    several = {"ANDON_ANONYMOUS_WORKERS": "2", "ANDON_TLS_CERTIFICATE": "", "ANDON_ROOMS_BIND": "127.0.0.1:9002"}
    [door, rooms] = serve.parts(several, ("anonymous",))
    assert (door.name, rooms.name, rooms.bind) == ("anonymous", "rooms", ("127.0.0.1", 9002))
    assert rooms.argv[rooms.argv.index("--workers") + 1] == "1"
    assert [part.name for part in serve.parts(several, ("app", "worker"))] == ["app", "worker"]
    with pytest.raises(Refusal, match="ANDON_ROOMS_BIND"):
        serve.parts(several | {"ANDON_ROOMS_BIND": "0.0.0.0:8002"}, ("anonymous",))


def test_no_variable_can_turn_an_access_log_on():
    assert "GRANIAN_LOG_ACCESS_ENABLED" not in serve.part_environment({"GRANIAN_LOG_ACCESS_ENABLED": "1"})
    for part in serve.parts({}, ("app", "anonymous")):
        assert "--no-access-log" in part.argv


def test_ipv6_addresses_have_brackets():
    assert serve.parts({"ANDON_APP_BIND": "[::1]:8000"}, ("app",))[0].bind == ("::1", 8000)
