"""Links that sign one member in, once and for a while: nothing about them is stored.

Guarantees: a link is bound to the member, to the purpose and to the member's epoch, so that a new epoch ends it; it
expires. Does not: protect a link that somebody else reads first, which is why each is short-lived and says for whom.
"""

import uuid
from datetime import timedelta

from django.core.signing import BadSignature, TimestampSigner

from andon.foundation.people.models import Member, random_epoch


def _signer(purpose: str, epoch: str) -> TimestampSigner:
    # The epoch is in the key, not in the link: who sees an old link learns nothing about the sessions of today.
    return TimestampSigner(salt=f"andon.people.links:{purpose}:{epoch}")


def make(purpose: str, member: Member) -> str:
    """The part of the address that only this member's letter holds."""
    return _signer(purpose, member.epoch).sign(member.key)


def read(purpose: str, token: str, *, lasts: timedelta) -> Member | None:
    """The active member whom the link is for, or None when it is foreign, expired or was ended."""
    try:
        key = uuid.UUID(hex=token.partition(":")[0])
    except ValueError:
        return None
    member = Member.objects.filter(pk=key, is_active=True).first()
    if member is None:
        return None
    try:
        _signer(purpose, member.epoch).unsign(token, max_age=lasts)
    except BadSignature:
        return None
    return member


def use_up(member: Member) -> bool:
    """End this link, and with it every other and every session of the member; False if somebody was faster."""
    epoch = random_epoch()
    taken = Member.objects.filter(pk=member.pk, epoch=member.epoch, is_active=True).update(epoch=epoch)
    if taken:
        member.epoch = epoch
    return bool(taken)
