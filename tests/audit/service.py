"""What graders look at: Andon as it is installed, the people of its demonstration, and pages that are broken."""

import http.cookiejar
import os
import re
import signal
import ssl
import subprocess
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.architecture.repository import ROOT
from tests.audit.grading import Finding
from tests.proxied import ANONYMOUS, APP, AUTHORITY, caddy
from tests.stack import Stack, free_ports

TOOLS = ROOT / ".tools" / "audit-web" / "bin"
WEB = ROOT / "tests" / "audit" / "web"
MODULES = WEB / "node_modules"
ROLES = ("member", "lead", "steward", "auditor", "facilitator")


def run(
    *words: str | Path, within_seconds: float, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a tool to its end, and everything that it starts no longer. Raises: subprocess.TimeoutExpired."""
    process = subprocess.Popen(
        words,
        env={**os.environ, **(env or {})},
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        said = process.communicate(timeout=within_seconds)
    finally:
        # A browser or a crawler that a tool left behind would go on looking, at the next grader's service.
        _end_group(process)
    return subprocess.CompletedProcess(words, process.returncode, *said)


def _end_group(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def demonstration(folder: Path, **environment: str) -> Iterator[Stack]:
    """An invented organisation with rounds in every state, as `make run` has it."""
    with Stack(folder, None, before=(("demo",),), ANDON_DEMO="1", **environment) as stack:
        yield stack


@dataclass(frozen=True)
class Behind:
    """A founded organisation behind Caddy. `authority`: the file of the certificate that vouches for it."""

    stack: Stack
    port: int
    plain_port: int
    authority: Path

    @property
    def places(self) -> dict[str, int]:
        return {f"{name}:443": self.port for name in (APP, ANONYMOUS)} | {
            f"{name}:80": self.plain_port for name in (APP, ANONYMOUS)
        }


@contextmanager
def behind_caddy(folder: Path) -> Iterator[Behind]:
    """Both doors as docs/operations/tls.md says, under the names and ports that they have in the world."""
    port, plain_port = free_ports(2)
    key = folder / "steward.key"
    with (
        Stack(
            folder / "stack",
            None,
            before=(("found", "Lanternworks", "--steward-key", str(key)),),
            ANDON_APP_ORIGIN=f"https://{APP}",
            ANDON_ANONYMOUS_ORIGIN=f"https://{ANONYMOUS}",
            ANDON_BEHIND_PROXY="1",
            ANDON_STEWARD_KEY_FILE=str(key),
        ) as stack,
        caddy(folder, stack, port, plain_port=plain_port),
    ):
        yield Behind(stack, port, plain_port, folder / AUTHORITY)


def sign_in(stack: Stack, role: str) -> dict[str, str]:
    """The cookies of somebody who signed in through the demonstration's page, by their name."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = browser.open(f"{stack.app_url}/accounts/login/", timeout=20).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None, page
    assert set(re.findall(r'action="/demo/sign-in/([a-z-]+)/"', page)) == set(ROLES), "somebody here is not looked at"
    sent = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1]}).encode()
    asked = urllib.request.Request(
        f"{stack.app_url}/demo/sign-in/{role}/", data=sent, headers={"Origin": stack.app_url}
    )
    assert browser.open(asked, timeout=20).url == f"{stack.app_url}/"
    return {cookie.name: cookie.value or "" for cookie in jar}


def header_of(cookies: Mapping[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


def is_signed_in(stack: Stack, cookies: Mapping[str, str]) -> bool:
    """Whether the first page is shown and not the one for signing in."""
    asked = urllib.request.Request(f"{stack.app_url}/", headers={"Cookie": header_of(cookies)})
    with urllib.request.urlopen(asked, timeout=20) as answer:
        return bool(answer.url == f"{stack.app_url}/")


def failures(stack: Stack) -> list[Finding]:
    """What stands in the logs of a service that was looked at and should stand in none."""
    return [
        Finding("a failure in the log", name, line.strip()[:300])
        for name in stack.parts
        if (stack.logs / f"{name}.log").exists()
        for line in stack.log(name).splitlines()
        if re.search(r"Traceback \(most recent|Internal Server Error|\bERROR\b|\bCRITICAL\b|Warning: ", line)
    ]


@dataclass(frozen=True)
class Answer:
    """What a broken page is answered with."""

    body: str = "<!doctype html><html lang='en'><head><title>A page</title></head><body><h1>A page</h1></body></html>"
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


@dataclass
class Broken:
    """A site made to be found fault with; `asked` holds the paths that were asked for."""

    port: int
    asked: list[str] = field(default_factory=list)


# Where the whole body stands among the fields of a request.
BODY = ""
Answering = Callable[[str, dict[str, str]], Answer]


@contextmanager
def broken_site(
    answering: Answering, *, certificate: tuple[Path, Path] | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[Broken]:
    """Serve what `answering` says for a path and the fields of its query and body."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            where = urllib.parse.urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode(errors="replace")
            fields = {name: values[0] for name, values in urllib.parse.parse_qs(f"{where.query}&{body}").items()}
            site.asked.append(where.path)
            answer = answering(where.path, {**fields, BODY: body})
            content = answer.body.encode()
            self.send_response(answer.status)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_HEAD = do_POST = do_OPTIONS = do_GET  # noqa: N815

        def log_message(self, *_words: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_of: object) -> None:
            # Whoever tries every cipher is refused most of them.
            pass

    server = Server(("127.0.0.1", 0), Handler)
    if certificate is not None and tls is None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*certificate)
    if tls is not None:
        # The handshake of a visitor who breaks off would otherwise hold up all others.
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    site = Broken(server.server_address[1])
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        serving.join()
