"""Letters about somebody's own account: what was changed, so that a change by somebody else is noticed."""

import logging
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from andon.foundation.notifications.public import MailNotSent, send_mail
from andon.foundation.organisation import days, languages
from andon.foundation.people.models import Member

log = logging.getLogger("andon.people")


def _read_now(member: Member) -> str:
    """Of a letter that somebody just asked for: without a choice of theirs, the language of the page they asked on."""
    return member.language if languages.is_on_offer(member.language) else translation.get_language() or languages.own()


def tell_change(member: Member, what: Promise) -> None:
    """`what` is a sentence that is translated when it is written. A letter that does not leave undoes nothing."""
    with translation.override(_read_now(member)):
        text = "\n\n".join(
            (
                str(what),
                _("If it was you, you need not do anything."),
                _("If it was not you: sign in, end all other sessions on the page “You”, and tell your steward."),
            )
        )
        try:
            send_mail(to=[member.email], subject=_("How you sign in to Andon was changed"), text=text)
        except MailNotSent:
            log.warning("A letter about a changed account did not leave.")


def ask_old_address(member: Member, token: str, counts_from: datetime) -> None:
    """A steward wants this account to have another address, and this one can say no. Raises: MailNotSent."""
    with translation.override(languages.of_letter(member.language)):
        text = "\n\n".join(
            (
                _("A steward wants your account at Andon to have another e-mail address."),
                _("From %(when)s on, whoever reads the new mailbox could sign in as you.")
                % {"when": date_format(timezone.localtime(counts_from, days.zone()), "DATETIME_FORMAT")},
                _("Look at the new address, and refuse it if it is not yours, or use it now:"),
                f"    {settings.APP_ORIGIN}{reverse('account_address', args=[token])}",
                _("If it is yours and you do nothing, it counts from then on. The change log says who asked for it."),
            )
        )
        send_mail(to=[member.email], subject=_("Shall your account at Andon have another address?"), text=text)


def tell_old_address(address: str, language: str) -> None:
    """Somebody's account has another address now: whoever reads the new mailbox can come in as them."""
    with translation.override(languages.of_letter(language)):
        text = "\n\n".join(
            (
                _("Your account at Andon has another e-mail address. Codes go to it from now on."),
                _("If you have a new address, you need not do anything."),
                _(
                    "If not, somebody else could sign in as you: tell another steward, or the auditors. The change log "
                    "says who changed it and when."
                ),
            )
        )
        try:
            send_mail(to=[address], subject=_("Your account at Andon has another address"), text=text)
        except MailNotSent:
            log.warning("A letter about a changed address did not leave.")


def send_new_password_link(member: Member, address: str) -> None:
    """Raises: MailNotSent."""
    with translation.override(_read_now(member)):
        text = "\n\n".join(
            (
                _("Somebody, most likely you, asked to choose a new password for this address. The page for it:"),
                f"    {address}",
                _("It works once, for half an hour."),
                _("If you did not ask for it, you need not do anything: your password stays as it is."),
            )
        )
        send_mail(to=[member.email], subject=_("A new password for Andon"), text=text)


def send_nobody(address: str) -> None:
    """The letter to an address that no member has: without it, the answer would come sooner than for a member.

    Raises: MailNotSent.
    """
    text = "\n\n".join(
        (
            _("Somebody asked to choose a new password for this address. There is no member with it."),
            _("If it was you: try the address that your organisation knows you by, or ask your steward."),
            _("If it was not you, you need not do anything."),
        )
    )
    send_mail(to=[address], subject=_("A new password for Andon"), text=text)


def send_code(member: Member, code: str) -> None:
    """Raises: MailNotSent."""
    with translation.override(_read_now(member)):
        text = "\n\n".join(
            (
                _("Your code to show that it is you:"),
                f"    {code}",
                _("It works once, for ten minutes."),
                _(
                    "If you did not ask for it, somebody else uses a browser in which you are signed in. End its "
                    "session."
                ),
            )
        )
        send_mail(to=[member.email], subject=_("Your code for Andon"), text=text)
