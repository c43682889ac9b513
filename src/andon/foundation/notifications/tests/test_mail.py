import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage as Received

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from andon.foundation.notifications import public as notifications
from andon.foundation.notifications.models import OutboxMail
from andon.foundation.notifications.outbox import KEPT


class Postbox:
    """A real mail server's memory. Refuses whoever is called `full`."""

    def __init__(self) -> None:
        self.letters: list[tuple[list[str], Received]] = []

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("full@"):
            return "552 mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        self.letters.append((envelope.rcpt_tos, letter))
        return "250 taken"


@pytest.fixture
def postbox(settings: object, db: None) -> Iterator[Postbox]:
    box = Postbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "andon.foundation.notifications.smtp.ChosenServer"  # type: ignore[attr-defined]
    settings.ENVIRONMENT = {  # type: ignore[attr-defined]
        "ANDON_SMTP_HOST": "127.0.0.1",
        "ANDON_SMTP_PORT": str(port),
        "ANDON_MAIL_FROM": "Andon <andon@example.org>",
    }
    yield box
    controller.stop()


@pytest.fixture
def outbox(settings: object, db: None) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]
    settings.EMAIL_BACKEND = "andon.foundation.notifications.outbox.OutboxBackend"  # type: ignore[attr-defined]


def test_each_address_gets_a_letter_of_its_own(postbox: Postbox) -> None:
    notifications.send_mail(to=["ada@example.org", "bo@example.org"], subject="Grüße\nBcc: x@x", text="Zoë,\n\nyes.\n")
    assert [to for to, _ in postbox.letters] == [["ada@example.org"], ["bo@example.org"]]
    letter = postbox.letters[0][1]
    assert letter["Subject"] == "Grüße Bcc: x@x"
    assert letter["Bcc"] is None
    assert letter["To"] == "ada@example.org"
    assert letter["From"] == "Andon <andon@example.org>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content_type() == "text/plain"
    assert letter.get_content().replace("\r\n", "\n") == "Zoë,\n\nyes.\n"


def test_a_letter_that_is_refused_says_neither_address_nor_text(postbox: Postbox) -> None:
    with pytest.raises(notifications.MailNotSent) as refused:
        notifications.send_mail(to=["full@example.org"], subject="Secret", text="Secret")
    assert "full@" not in str(refused.value)
    assert "Secret" not in str(refused.value)


def test_a_server_that_is_away_is_a_letter_not_sent(postbox: Postbox, settings: object) -> None:
    settings.ENVIRONMENT["ANDON_SMTP_PORT"] = "1"  # type: ignore[attr-defined]
    with pytest.raises(notifications.MailNotSent):
        notifications.send_mail(to=["ada@example.org"], subject="S", text="T")


def test_the_letters_of_a_demonstration_are_kept_and_shown_to_everybody(outbox: None) -> None:
    notifications.send_mail(to=["ada@example.org"], subject="Older", text="T")
    notifications.send_mail(to=["bo@example.org"], subject="<b>Newer</b>", text="code\n\n    ABCD-EFGH")
    page = Client().get("/demo/outbox/").content.decode()
    assert page.index("&lt;b&gt;Newer&lt;/b&gt;") < page.index("Older")
    assert "ABCD-EFGH" in page


def test_only_the_newest_letters_are_kept(outbox: None) -> None:
    for number in range(KEPT + 3):
        mail.EmailMessage(f"number {number}", "T", to=["ada@example.org"]).send()
    kept = list(OutboxMail.objects.values_list("subject", flat=True))
    assert (len(kept), kept[0], kept[-1]) == (KEPT, f"number {KEPT + 2}", "number 3")


@pytest.mark.django_db
def test_outside_a_demonstration_there_is_no_outbox(settings: object) -> None:
    settings.DEMO = False  # type: ignore[attr-defined]
    assert Client().get("/demo/outbox/").status_code == 404
    settings.EMAIL_BACKEND = "andon.foundation.notifications.outbox.OutboxBackend"  # type: ignore[attr-defined]
    with pytest.raises(ImproperlyConfigured):
        notifications.send_mail(to=["ada@example.org"], subject="S", text="T")
    assert not OutboxMail.objects.exists()


@pytest.mark.django_db
def test_an_empty_outbox_teaches_what_will_be_there(settings: object) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]
    assert "No mail yet" in Client().get("/demo/outbox/").content.decode()
