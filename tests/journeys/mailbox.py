"""A real SMTP server for journeys: what the service sends arrives here over the wire."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.stack import free_ports

# Letters about rounds come by day only, at a moment of the worker's own: no journey waits for them.
ABOUT_ROUNDS = ("A round is open", "A round closes soon", "The result is there", "Eine Runde", "Das Ergebnis ist da")


class Mailbox:
    """Keeps what it is handed, letters about rounds apart, and tells the port it listens on."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.received: list[EmailMessage] = []
        self.about_rounds: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        is_about_rounds = str(message["Subject"]).startswith(ABOUT_ROUNDS)
        (self.about_rounds if is_about_rounds else self.received).append(message)
        return "250 Kept"

    def newest_to(self, address: str, *, within_seconds: float = 10, after: int = 0) -> EmailMessage:
        """The newest mail to the address that came after the first `after` mails; waits for it."""
        deadline = time.monotonic() + within_seconds
        while time.monotonic() < deadline:
            for message in reversed(self.received[after:]):
                if address in str(message["To"]):
                    return message
            time.sleep(0.05)
        raise AssertionError(f"no mail to {address} arrived")

    def code_for(self, address: str, *, after: int) -> str:
        text = self.newest_to(address, after=after).get_content()
        found = re.search(r"^\s*([A-Z0-9]{3,}(?:-[A-Z0-9]{3,})*)\s*$", text, re.MULTILINE)
        assert found is not None, text
        return found.group(1)


@contextmanager
def open_mailbox() -> Iterator[Mailbox]:
    [port] = free_ports(1)
    mailbox = Mailbox(port)
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
