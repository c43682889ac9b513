"""The mail server that the steward chose, or that the environment names."""

import contextlib
import smtplib
import socket
import ssl
from typing import Any

from django.core.mail.backends.smtp import EmailBackend

from andon.foundation.configuration import public as configuration

KEYS = ("mail.host", "mail.port", "mail.security", "mail.user", "mail.password", "mail.sender")
TIMEOUT_SECONDS = 20


class ChosenServer(EmailBackend):
    """Django's way to a mail server, with the address and the password that hold when it is opened.

    Guarantees: where TLS is chosen the certificate is checked against the name, and nothing is sent without it.
    """

    def __init__(self, **options: Any) -> None:
        chosen = configuration.read_all(KEYS)
        super().__init__(
            host=chosen["mail.host"],
            port=chosen["mail.port"],
            username=chosen["mail.user"],
            password=chosen["mail.password"],
            use_tls=chosen["mail.security"] == "starttls",
            use_ssl=chosen["mail.security"] == "tls",
            timeout=TIMEOUT_SECONDS,
            fail_silently=bool(options.get("fail_silently")),
        )

    def open(self) -> bool | None:
        try:
            return super().open()
        except Exception:
            # Refused after the connection was there: Django would leave it open until the next attempt.
            with contextlib.suppress(OSError):
                self.close()
            raise


def why_not_sent(error: Exception) -> tuple[str, str]:
    """What went wrong in a sentence, and what to look at. Repeats nothing that the server was told."""
    from django.utils.translation import gettext as _

    match error:
        case socket.gaierror():
            return _("The name of the mail server is not known here."), _("Is it spelled as your provider writes it?")
        case TimeoutError():
            return (
                _("The mail server did not answer within 20 seconds."),
                _("Is the port right, and does a firewall let this machine out to it?"),
            )
        case ConnectionRefusedError():
            return _("Nothing listens at that address and port."), _("Usual ports are 587, 465 and 25.")
        case ssl.SSLCertVerificationError():
            return (
                _("The mail server's certificate is not for that name, or not from anybody known here."),
                _("Use the name that the certificate is made for. There is no way around the check."),
            )
        case ssl.SSLError():
            return (
                _("No encrypted connection could be agreed on."),
                _("TLS from the first byte goes with port 465, STARTTLS with 587."),
            )
        case smtplib.SMTPAuthenticationError():
            return (
                _("The mail server refused the user or the password."),
                _("Some providers want a password made for this one program."),
            )
        case smtplib.SMTPNotSupportedError():
            return (
                _("The mail server does not offer what was asked of it, encryption or signing in."),
                _("Look at the choice of encryption, or leave user and password empty."),
            )
        case smtplib.SMTPRecipientsRefused():
            return (
                _("The mail server refuses to write to your address."),
                _("It may only carry mail for senders that it knows: look at the sender."),
            )
        case smtplib.SMTPSenderRefused(smtp_code=530):
            return (
                _("The mail server takes letters only over an encrypted connection, or from whoever signs in first."),
                _("Choose the encryption that its provider names, and give user and password."),
            )
        case smtplib.SMTPSenderRefused():
            return (
                _("The mail server refuses the sender."),
                _("Use an address that belongs to the user of the mail server."),
            )
        case smtplib.SMTPServerDisconnected():
            return (
                _("The mail server hung up."),
                _("It may expect TLS from the first byte on this port, or want you to sign in."),
            )
        case _:
            return (
                _("The mail server did not take the letter (%(kind)s).") % {"kind": type(error).__name__},
                _("Its own log says why."),
            )
