"""The link by which the first steward signs in after a set-up on the command line, printed once.

Guarantees: it works once, for a day, and for somebody who never signed in; a new epoch of the member ends it. Opening
it changes nothing: a scanner that looks at links uses none up. Does not: prove a mailbox.
"""

from datetime import timedelta

from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction
from django.urls import reverse

from andon.foundation.people.models import Member

LASTS = timedelta(days=1)
_SALT = "andon.setup.first-sign-in"


def first_sign_in_link(member: Member, *, origin: str) -> str:
    token = TimestampSigner(salt=_SALT).sign_object([member.key, member.epoch])
    return origin + reverse("setup:arrive", args=[token])


def member_of(token: str) -> Member | None:
    """Whose link this is; None where it is none, was used, or is over."""
    try:
        key, epoch = TimestampSigner(salt=_SALT).unsign_object(token, max_age=LASTS)
    except (BadSignature, ValueError):
        return None
    return Member.objects.filter(pk=key, epoch=epoch, is_active=True, has_signed_in=False).first()


def use(token: str) -> Member | None:
    """The member, who has arrived now: of two uses at once one gets them."""
    with transaction.atomic(using="default"):
        member = member_of(token)
        if member is None or not Member.objects.filter(pk=member.pk, has_signed_in=False).update(has_signed_in=True):
            return None
        member.has_signed_in = True
        return member
