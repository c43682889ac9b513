"""The door of `notifications`: mail that leaves the house."""

import smtplib
from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from andon.foundation.configuration import public as configuration
from andon.foundation.notifications.models import OutboxMail
from andon.foundation.notifications.smtp import why_not_sent

__all__ = ["MailNotSent", "forget_letters", "send_mail", "send_test_mail"]


class MailNotSent(Exception):
    """The mail server did not take the letter. Holds neither the address nor the text."""


def send_mail(*, to: Sequence[str], subject: str, text: str, reply_to: Sequence[str] = ()) -> None:
    """Send one plain letter to each address by itself, so that no recipient sees another.

    Raises: MailNotSent. Letters before the one that failed have left.
    """
    sender = configuration.read("mail.sender")
    # A subject is one line; a line break in it would start a header of somebody else's choosing.
    one_line = " ".join(subject.split())
    for address in to:
        # Says to other mail robots that nobody is here to answer them.
        message = EmailMessage(
            one_line, text, sender, to=[address], reply_to=list(reply_to), headers={"Auto-Submitted": "auto-generated"}
        )
        try:
            message.send()
        except (OSError, smtplib.SMTPException) as refused:
            raise MailNotSent(type(refused).__name__) from None


def send_test_mail(*, to: str) -> list[configuration.Finding]:
    """Send one letter to this address, and say what came of it."""
    chosen = configuration.read_all(["mail.host", "mail.port", "mail.sender"])
    letter = EmailMessage(
        _("A test mail of Andon"),
        _("This letter shows that mail leaves. Nothing else has to be done."),
        chosen["mail.sender"],
        to=[to],
        headers={"Auto-Submitted": "auto-generated"},
    )
    try:
        letter.send()
    except (OSError, smtplib.SMTPException) as refused:
        happened, advice = why_not_sent(refused)
        return [configuration.Finding(False, happened, advice)]
    return [
        configuration.Finding(
            True,
            _("%(host)s took a letter to %(address)s.") % {"host": chosen["mail.host"], "address": to},
            _("If it does not arrive, look among the spam: the sender's domain may have to allow this server."),
        )
    ]


def forget_letters(*, to: str) -> None:
    """Delete what a demonstration kept of the letters to this address. Elsewhere letters are not kept."""
    OutboxMail.objects.filter(to__iexact=to).delete()
