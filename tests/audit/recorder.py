"""A proxy between a grader and a door: it ends TLS, signs in, signs in again when that was lost, and counts."""

import http.client
import re
import ssl
import threading
import urllib.parse
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.audit.service import ROLES

_SESSION, _FORMS = "__Host-andon", "__Host-andon-csrf"
_SIGN_IN = "/accounts/login/"
# What is between two machines and no matter of who asks.
_OF_THE_WAY = {"connection", "keep-alive", "transfer-encoding", "host", "content-length"}


@dataclass(frozen=True)
class Said:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def cookies(self) -> dict[str, str]:
        told = SimpleCookie()
        for key, value in self.headers:
            if key.lower() == "set-cookie":
                told.load(value)
        return {name: one.value for name, one in told.items()}


@dataclass
class Recorder:
    """`role`: who all requests are made as; nobody where it is empty.

    `addresses`: the paths that were answered to whom was signed in (to anybody, without a role), by how often;
    `statuses`; `losses`: how often it had to be signed in again; `failed`: what was answered with a failure of ours.
    """

    origin: str
    upstream: str
    role: str = ""
    session: str = ""
    addresses: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    losses: int = 0
    # Sent to sign in although it had just been signed in.
    outside: int = 0
    failed: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Said:
        session, is_shown = self.session, True
        said = self.ask(method, target, self._with_session(headers, session), body)
        if self.role and self._sent_to_sign_in(said):
            self._sign_in_again(session)
            said = self.ask(method, target, self._with_session(headers, self.session), body)
            is_shown = not self._sent_to_sign_in(said)
        with self._lock:
            self.statuses[said.status] += 1
            self.outside += not is_shown
            if is_shown:
                self.addresses[urllib.parse.urlsplit(target).path] += 1
            if said.status in {500, 502, 503}:
                self.failed.append(f"{method} {target}"[:200] + f" answered {said.status}")
        return said

    def _sent_to_sign_in(self, said: Said) -> bool:
        return said.status in {301, 302, 303} and urllib.parse.urlsplit(said.header("Location")).path == _SIGN_IN

    def _with_session(self, headers: Mapping[str, str], session: str) -> dict[str, str]:
        if not self.role:
            return dict(headers)
        cookies = SimpleCookie(headers.get("Cookie", ""))
        cookies[_SESSION] = session
        return {**headers, "Cookie": "; ".join(f"{name}={one.value}" for name, one in cookies.items())}

    def sign_in(self) -> None:
        page = self.ask("GET", _SIGN_IN, {}, b"")
        offered = re.findall(rb'action="/demo/sign-in/([a-z-]+)/"', page.body)
        assert {one.decode() for one in offered} == set(ROLES), "somebody here is not looked at"
        token = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', page.body)
        assert token is not None, page.body
        said = self.ask(
            "POST",
            f"/demo/sign-in/{self.role}/",
            {
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": f"{_FORMS}={page.cookies[_FORMS]}",
                "Origin": self.origin,
                "Referer": f"{self.origin}{_SIGN_IN}",
            },
            urllib.parse.urlencode({"csrfmiddlewaretoken": token[1].decode()}).encode(),
        )
        assert said.status == 302, (said.status, said.body)
        self.session = said.cookies[_SESSION]

    def _sign_in_again(self, lost: str) -> None:
        with self._lock:
            # Another request may have noticed it first.
            if self.session == lost:
                self.sign_in()
                self.losses += 1

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Said:
        """Ask the door itself, as the proxies of deploy/proxy do."""
        connection = http.client.HTTPConnection(self.upstream, timeout=30)
        sent = {name: value for name, value in headers.items() if name.lower() not in _OF_THE_WAY}
        sent |= {"Host": self.origin.removeprefix("https://"), "X-Forwarded-Proto": "https"}
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in sent.items():
                connection.putheader(name, value)
            if body or method in {"POST", "PUT", "PATCH"}:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            answer = connection.getresponse()
            content = answer.read()
            return Said(answer.status, answer.getheaders(), content)
        finally:
            connection.close()


@contextmanager
def recording(origin: str, upstream: str, certificate: tuple[Path, Path], *, role: str = "") -> Iterator[Recorder]:
    """Serve `origin`, which says the port, with what `upstream` answers."""
    recorder = Recorder(origin, upstream, role)
    if role:
        recorder.sign_in()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            length = self.headers.get("Content-Length") or "0"
            body = self.rfile.read(int(length)) if length.isdigit() else b""
            try:
                said = recorder.answer(self.command, self.path, dict(self.headers), body)
            except (OSError, http.client.HTTPException, ValueError) as error:
                # Such as a path that no client may send: then no server is asked.
                said = Said(400, [("Content-Type", "text/plain")], type(error).__name__.encode())
            self.send_response_only(said.status)
            for name, value in said.headers:
                if name.lower() not in _OF_THE_WAY:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(said.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(said.body)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = handle_any  # noqa: N815

        def log_message(self, *_words: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_of: object) -> None:
            # A visitor who breaks off.
            pass

    server = Server(("127.0.0.1", int(origin.rpartition(":")[2])), Handler)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*certificate)
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield recorder
    finally:
        server.shutdown()
        server.server_close()
        serving.join()
