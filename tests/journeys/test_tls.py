"""Over TLS, under two names: by a proxy in front, and by the doors themselves. The wallet works in both."""

import http.client
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from andon.gateways.cli import serve
from tests.certificates import certificate_for
from tests.journeys import people
from tests.journeys.conftest import ACT_WITHIN_MILLISECONDS, CHROMIUM, FLAGS
from tests.journeys.mailbox import Mailbox
from tests.journeys.watching import Watcher
from tests.proxied import ANONYMOUS, APP, caddy
from tests.stack import Stack, free_ports

pytestmark = pytest.mark.timeout(300)

ROSTER = "e-mail,name,team,role\n" + "".join(
    f"{name.lower()}@example.org,{name} Example,Lanternworks/Detection,{'lead' if name == 'Ada' else 'member'}\n"
    for name in ("Ada", "Bo", "Cleo", "Dan", "Eve")
)


def head_over_tls(port: int, name: str) -> str:
    """The lines above the answer to a request of the log's head, in small letters."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), 5) as plain,
        context.wrap_socket(plain, server_hostname=name) as connection,
    ):
        connection.sendall(f"GET /log/head HTTP/1.1\r\nHost: {name}:{port}\r\nConnection: close\r\n\r\n".encode())
        with connection.makefile("rb") as answer:
            return answer.read().partition(b"\r\n\r\n")[0].decode("latin-1").lower()


def status_without_tls(port: int, name: str, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": name})
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.fixture(params=["proxy", "doors"])
def served(
    request: pytest.FixtureRequest, make_stack: Callable[..., Any], mailbox: Mailbox, tmp_path: Path
) -> Iterator[tuple[Stack, list[Path]]]:
    """A team of five over TLS, and files in which nobody's deeds may stand."""
    ports = free_ports(2)
    if request.param == "proxy":
        ports[1] = ports[0]
        more = {"ANDON_BEHIND_PROXY": "1"}
    else:
        _authority, certificate, key = certificate_for(tmp_path, APP, ANONYMOUS)
        more = {"ANDON_TLS_CERTIFICATE": str(certificate), "ANDON_TLS_KEY": str(key)}
        more |= {"ANDON_APP_BIND": f"127.0.0.1:{ports[0]}", "ANDON_ANONYMOUS_BIND": f"127.0.0.1:{ports[1]}"}
    steward_key, roster = tmp_path / "steward.key", tmp_path / "roster.csv"
    roster.write_text(ROSTER)
    stack: Stack = make_stack(
        before=(("found", "Lanternworks", "--steward-key", str(steward_key)), ("people", "import", str(roster))),
        ANDON_APP_ORIGIN=f"https://{APP}:{ports[0]}",
        ANDON_ANONYMOUS_ORIGIN=f"https://{ANONYMOUS}:{ports[1]}",
        ANDON_SMTP_HOST="127.0.0.1",
        ANDON_SMTP_PORT=str(mailbox.port),
        ANDON_STEWARD_KEY_FILE=str(steward_key),
        **more,
    )
    stack.app_url, stack.anonymous_url = stack.env["ANDON_APP_ORIGIN"], stack.env["ANDON_ANONYMOUS_ORIGIN"]
    if request.param == "proxy":
        http_port = free_ports(1)[0]
        with caddy(tmp_path, stack, ports[0], plain_port=http_port) as log:
            assert status_without_tls(http_port, APP, "/accounts/login/") == 301
            assert status_without_tls(http_port, ANONYMOUS, "/answer/") == 301
            # Read by people too, and nothing secret is sent to it.
            assert status_without_tls(http_port, ANONYMOUS, "/log/head") == 301
            for name, path in (
                (APP, "/api/v1/rounds"),
                (APP, "/slips/"),
                (ANONYMOUS, "/cast/"),
                (ANONYMOUS, "/rooms/create"),
            ):
                assert status_without_tls(http_port, name, path) == 403
            yield stack, [log]
    else:
        yield stack, []


@pytest.fixture
def visitor(browser: Browser, watcher: Watcher) -> Iterator[Page]:
    """A browser of its own, for which both names are this machine."""
    flags = [*FLAGS, f"--host-resolver-rules=MAP {APP} 127.0.0.1, MAP {ANONYMOUS} 127.0.0.1"]
    own = browser.browser_type.launch(executable_path=CHROMIUM, args=flags)
    context = own.new_context(ignore_https_errors=True, locale="en-GB", reduced_motion="reduce")
    context.set_default_timeout(ACT_WITHIN_MILLISECONDS)
    watcher.watch(context)
    yield context.new_page()
    own.close()


def test_a_member_signs_in_and_answers_over_tls(
    served: tuple[Stack, list[Path]], mailbox: Mailbox, visitor: Page, watcher: Watcher
) -> None:
    stack, logs = served
    watcher.origins |= {stack.app_url, stack.anonymous_url}
    people.sign_in(visitor, stack, mailbox, "ada@example.org")
    people.open_round(visitor, stack, "Lanternworks / Detection")
    people.fetch_slip(visitor, stack)

    cookies = {cookie["name"]: cookie for cookie in visitor.context.cookies()}
    assert set(cookies) == {"__Host-andon", "__Host-andon-csrf"}
    assert all(cookie["secure"] and cookie["domain"] == APP for cookie in cookies.values())

    people.answer(visitor, [4] * people.STATEMENTS)
    assert visitor.url.startswith(f"{stack.anonymous_url}/answer/")

    for door in ("app", "anonymous"):
        part = serve.parts(stack.env, (door,))[0]
        answers = {name: serve.ask(part, "/healthz", host=name) for name in (APP, ANONYMOUS, "elsewhere.example")}
        good = {name for name, answer in answers.items() if answer.split(b" ")[1:2] == [b"200"]}
        assert good == {APP if door == "app" else ANONYMOUS}
        assert b"elsewhere" not in answers["elsewhere.example"]
    # Browsers keep an offer of another protocol, and `andon doctor` calls it a problem.
    head = head_over_tls(int(stack.env["ANDON_ANONYMOUS_ORIGIN"].rpartition(":")[2]), ANONYMOUS)
    assert head.startswith("http/1.1 200")
    assert "\nalt-svc:" not in head
    for kept in [*(log.read_text() for log in logs), stack.log("anonymous")]:
        assert not re.search(r"/answer/|/cast/|/frame/|Mozilla", kept)
