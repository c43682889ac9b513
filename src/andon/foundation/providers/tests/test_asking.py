"""What leaves this server for an address that somebody typed."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from andon.foundation.providers import asking


@pytest.fixture
def server() -> Iterator[str]:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            match self.path:
                case "/redirect":
                    self.send_response(302)
                    self.send_header("Location", "http://169.254.169.254/")
                    self.end_headers()
                case "/endless":
                    self.send_response(200)
                    self.end_headers()
                    self.wfile.write(b"x" * (asking.MOST_BYTES + 50_000))
                case _:
                    self.send_response(200)
                    self.end_headers()
                    self.wfile.write(b'{"good": true}')

        def log_message(self, *_: Any) -> None:
            return None

    running = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield f"localhost:{running.server_address[1]}"
    running.shutdown()
    running.server_close()


def test_a_host_that_a_steward_has_seen_is_asked_and_no_other(server: str) -> None:
    with asking.session() as session, asking.asking_only([server]):
        assert session.get(f"http://{server}/good").json() == {"good": True}
    with asking.session() as session, asking.asking_only(["localhost:1"]), pytest.raises(asking.NotAsked):
        session.get(f"http://{server}/good")
    with asking.session() as session, pytest.raises(asking.NotAsked):
        session.get(f"http://{server}/good")


def test_no_redirect_is_followed(server: str) -> None:
    with asking.session() as session, asking.asking_only([server]), pytest.raises(asking.NotAsked, match="redirect"):
        session.get(f"http://{server}/redirect")


def test_not_more_is_read_than_a_provider_would_say(server: str) -> None:
    with asking.session() as session, asking.asking_only([server]), pytest.raises(asking.NotAsked, match="too long"):
        session.get(f"http://{server}/endless")


def test_nobody_who_answers_is_an_error_that_signing_in_expects() -> None:
    with asking.session() as session, asking.asking_only(["localhost:1"]), pytest.raises(requests.RequestException):
        session.get("http://localhost:1/")


@pytest.mark.parametrize(
    "url",
    [
        "http://id.example.org/", "ftp://localhost/", "file:///etc/passwd", "https://", "https://user@localhost/", "x",
        "https://169.254.169.254/", "https://[fe80::1]/", "https://0.0.0.0/", "https://224.0.0.1/",
        "https://[::ffff:169.254.169.254]/", "https://127.0.0.2/", "https://localhost:99999/",
    ],
)  # fmt: skip
def test_addresses_that_are_no_provider_are_not_asked(url: str) -> None:
    with pytest.raises(asking.NotAsked):
        asking.check(url)


def test_a_name_that_leads_to_this_machine_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443))]
    monkeypatch.setattr(asking.socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(asking.NotAsked):
        asking.check("https://rebound.example.org/")
    asking.check("https://localhost/")


def test_plain_http_to_this_machine_is_for_trying_only(settings: Any) -> None:
    asking.check("http://localhost:8080/realms/one")
    settings.BEHIND_TLS = True
    with pytest.raises(asking.NotAsked):
        asking.check("http://localhost:8080/realms/one")
