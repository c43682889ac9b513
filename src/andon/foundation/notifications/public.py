"""The door of `notifications`: mail that leaves the house."""

import smtplib
from collections.abc import Sequence

from django.core.mail import EmailMessage

__all__ = ["MailNotSent", "send_mail"]


class MailNotSent(Exception):
    """The mail server did not take the letter. Holds neither the address nor the text."""


def send_mail(*, to: Sequence[str], subject: str, text: str, reply_to: Sequence[str] = ()) -> None:
    """Send one plain letter to each address by itself, so that no recipient sees another.

    Raises: MailNotSent. Letters before the one that failed have left.
    """
    # A subject is one line; a line break in it would start a header of somebody else's choosing.
    one_line = " ".join(subject.split())
    for address in to:
        # Says to other mail robots that nobody is here to answer them.
        message = EmailMessage(
            one_line, text, to=[address], reply_to=list(reply_to), headers={"Auto-Submitted": "auto-generated"}
        )
        try:
            message.send()
        except (OSError, smtplib.SMTPException) as refused:
            raise MailNotSent(type(refused).__name__) from None
