"""A way in for a steward when the identity provider is down: a link that is made at the server."""

from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from andon.foundation.audit import public as audit
from andon.foundation.notifications.public import MailNotSent, send_mail
from andon.foundation.organisation import languages
from andon.foundation.organisation.models import Duty
from andon.foundation.people import links
from andon.foundation.people.models import Member

LASTS = timedelta(minutes=15)
# The second purpose asks for no second factor; whoever is at the server could take that away as well.
WITH_SECOND, WITHOUT_SECOND = "rescue", "rescue-alone"


class NotASteward(Exception):
    """No active steward has this address. Nothing was done."""


def make(*, email: str, at: datetime, second_factor: bool = True) -> str:
    """A link that signs this steward in once within fifteen minutes; every member can see that it was made.

    Raises: NotASteward.
    """
    member = Member.objects.filter(email=email.strip().lower(), is_active=True, duties__role=Duty.Role.STEWARD).first()
    if member is None:
        raise NotASteward
    audit.record(
        kind="rescue.made", by=None, at=at, about=member, second_factor="asked" if second_factor else "not asked"
    )
    token = links.make(WITH_SECOND if second_factor else WITHOUT_SECOND, member)
    return f"{settings.APP_ORIGIN}{reverse('rescue', args=[token])}"


def tell_stewards() -> int:
    """Write to every steward that a link was made; how many letters did not leave."""
    failed = 0
    for steward in Member.objects.filter(is_active=True, duties__role=Duty.Role.STEWARD):
        try:
            with translation.override(languages.of_letter(steward.language)):
                _tell(steward)
        except MailNotSent:
            failed += 1
    return failed


def _tell(steward: Member) -> None:
    send_mail(
        to=[steward.email],
        subject=_("A rescue link was made for Andon"),
        text=_(
            "Somebody at the server has made a link with which a steward can sign in without the identity "
            "provider. It works once, for fifteen minutes. The change log says for whom:\n\n%(link)s\n\n"
            "If none of you knows of it, ask whoever looks after the server."
        )
        % {"link": f"{settings.APP_ORIGIN}{reverse('audit:changes')}"},
    )


def read(token: str) -> tuple[Member, bool] | None:
    """Whom the link signs in, and whether the second factor is asked."""
    for purpose in (WITH_SECOND, WITHOUT_SECOND):
        member = links.read(purpose, token, lasts=LASTS)
        if member is not None and Duty.objects.filter(member=member, role=Duty.Role.STEWARD).exists():
            return member, purpose == WITH_SECOND
    return None


def use(token: str, *, at: datetime) -> tuple[Member, bool] | None:
    """Use the link up."""
    found = read(token)
    if found is None or not links.use_up(found[0]):
        return None
    audit.record(kind="rescue.used", by=found[0], at=at, about=found[0])
    return found
