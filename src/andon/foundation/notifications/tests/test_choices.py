"""The mail server as stewards choose it: real servers, real sockets, and errors that say what to look at."""

import asyncio
import smtplib
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from django.test import Client

from andon.foundation.configuration import public as configuration
from andon.foundation.configuration.models import Choice
from andon.foundation.notifications import public as notifications
from andon.foundation.notifications.smtp import why_not_sent
from andon.foundation.organisation.tests import cast as people
from tests.certificates import certificate_for
from tests.stack import free_ports

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Taker:
    """Takes every letter of whoever knows the password."""

    def __init__(self) -> None:
        self.taken = 0
        self.users: list[str] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.taken += 1
        return "250 taken"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, how: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.users.append(data.login.decode())
        return AuthResult(success=data.password == b"right password", handled=False)


@pytest.fixture
def server(tmp_path: Path, settings: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Taker, int]]:
    """A mail server that wants STARTTLS and a password, with a certificate for `localhost`."""
    authority, certificate, key = certificate_for(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    taker, port = Taker(), free_ports(1)[0]
    controller = Controller(
        taker,
        hostname="localhost",
        port=port,
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=taker.authenticate,
    )
    controller.start()
    settings.EMAIL_BACKEND = "andon.foundation.notifications.smtp.ChosenServer"  # type: ignore[attr-defined]
    yield taker, port
    # The server notices the end of its last connection before it is stopped.
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0.05), controller.loop).result()
    controller.stop()


def choose(usual: int, **values: object) -> None:
    chosen = {"host": "localhost", "port": usual, "security": "starttls", "user": "andon", "password": "right password"}
    configuration.write({f"mail.{key}": value for key, value in (chosen | values).items()}, by=None, at=NOW)


def test_a_test_mail_leaves_encrypted_and_signed_in(server: tuple[Taker, int]) -> None:
    taker, port = server
    choose(port)
    [finding] = notifications.send_test_mail(to="stella@example.org")
    assert finding.ok
    assert "stella@example.org" in str(finding.text)
    assert (taker.taken, taker.users) == (1, ["andon"])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"password": "wrong password"}, "refused the user or the password"),
        ({"security": "none", "user": "", "password": ""}, "only over an encrypted connection"),
        ({"security": "tls"}, "No encrypted connection"),
        ({"port": 1}, "Nothing listens"),
        ({"host": "127.0.0.1"}, "certificate is not for that name"),
    ],
)
def test_what_goes_wrong_is_said_without_the_password(
    server: tuple[Taker, int], values: dict[str, object], words: str
) -> None:
    taker, port = server
    choose(port, **values)
    [finding] = notifications.send_test_mail(to="stella@example.org")
    assert not finding.ok
    assert words in str(finding.text), finding
    assert "password" not in str(finding.text).replace("or the password", "")
    assert finding.advice
    assert taker.taken == 0


@pytest.mark.parametrize(
    "error",
    [
        socket.gaierror(),
        TimeoutError(),
        ssl.SSLError(),
        smtplib.SMTPNotSupportedError(),
        smtplib.SMTPRecipientsRefused({"ada@example.org": (550, b"no")}),
        smtplib.SMTPSenderRefused(550, b"no", "andon@example.org"),
        smtplib.SMTPServerDisconnected(),
        smtplib.SMTPDataError(554, b"secret words"),
    ],
)
def test_every_error_has_words_of_its_own_and_repeats_nothing(error: Exception) -> None:
    happened, advice = why_not_sent(error)
    assert happened
    assert advice
    assert "example.org" not in happened + advice
    assert "secret" not in happened + advice


def test_the_password_is_sealed_in_the_database_and_shown_nowhere(client: Client) -> None:
    cast = people.enter()
    client.force_login(cast.stella)
    client.post(
        "/settings/mail/",
        {
            "mail-host": "smtp.example.org",
            "mail-port": "587",
            "mail-security": "starttls",
            "mail-user": "andon",
            "mail-password": "tulip-canary",
            "mail-sender": "Andon <andon@example.org>",
        },
    )
    assert configuration.read("mail.password") == "tulip-canary"
    assert "tulip" not in str(list(Choice.objects.values()))
    for page in ("/settings/mail/", "/audit/", "/settings/"):
        assert "tulip" not in client.get(page).content.decode()
    # Saving the page again with an empty password keeps it.
    client.post(
        "/settings/mail/",
        {
            "mail-host": "smtp.example.org",
            "mail-port": "465",
            "mail-security": "tls",
            "mail-sender": "Andon <andon@example.org>",
        },
    )
    assert configuration.read_all(["mail.password", "mail.port"]) == {"mail.password": "tulip-canary", "mail.port": 465}


def test_another_secret_key_means_entering_it_again(settings: object) -> None:
    configuration.write({"mail.password": "tulip"}, by=None, at=NOW)
    settings.SECRET_KEY = "another" * 10  # type: ignore[attr-defined]
    assert configuration.read("mail.password") == ""


def test_codes_do_not_travel_in_the_clear_to_another_machine(client: Client) -> None:
    client.force_login(people.enter().stella)
    sent = {"mail-host": "smtp.example.org", "mail-port": "25", "mail-security": "none", "mail-sender": "a@example.org"}
    page = client.post("/settings/mail/", sent)
    assert "Without encryption" in page.content.decode()
    assert configuration.read("mail.host") == "localhost"
    assert client.post("/settings/mail/", sent | {"mail-host": "localhost"}).status_code == 302
    assert "no e-mail address" in client.post("/settings/mail/", sent | {"mail-sender": "Andon"}).content.decode()


def test_a_password_that_is_kept_is_sent_to_no_other_server(
    client: Client, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a steward, or whoever sits at one's browser, learns it by naming a server of their own."""
    client.force_login(people.enter().stella)
    sent = {"mail-port": "587", "mail-security": "starttls", "mail-user": "andon", "mail-sender": "a@example.org"}
    client.post("/settings/mail/", sent | {"mail-host": "smtp.example.org", "mail-password": "tulip"})
    page = client.post("/settings/mail/", sent | {"mail-host": "smtp.evil.example"})
    assert "sent to no other one" in page.content.decode()
    assert configuration.read("mail.host") == "smtp.example.org"
    client.post("/settings/mail/", sent | {"mail-host": "smtp.other.example", "mail-password": "rose"})
    assert configuration.read_all(["mail.host", "mail.password"]) == {
        "mail.host": "smtp.other.example",
        "mail.password": "rose",
    }
    monkeypatch.setitem(settings.ENVIRONMENT, "ANDON_SMTP_PASSWORD", "of the operator")  # type: ignore[attr-defined]
    page = client.post("/settings/mail/", sent | {"mail-host": "smtp.evil.example", "mail-password": "typed"})
    assert "stands in the environment" in page.content.decode()
    assert configuration.read("mail.host") == "smtp.other.example"
