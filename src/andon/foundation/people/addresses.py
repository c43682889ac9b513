"""Another address for a member: it waits three days in which the old one can say no.

Whoever reads the mailbox of an account without a second factor comes in as its member. So an address that a steward
changes counts at once only for somebody who has never signed in; for everybody else the old address gets a letter with
a link, and until the change counts nothing about the account is different.

Guarantees: before `counts_from`, or the yes of whoever reads the old mailbox or is signed in, no code, link or provider
leads from the new address to the account; a no ends the change; asking again begins the three days anew. A letter that
did not leave, because no mail left or because the process was killed, is tried again, and the three days begin when it
leaves.
Does not: help whoever reads neither the letter nor the change log nor their own page for three days. Nor wait for ever
for a letter to a mailbox that is gone.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django_tasks import task

from andon.foundation.audit import public as audit
from andon.foundation.notifications.public import MailNotSent
from andon.foundation.people import letters
from andon.foundation.people.models import AddressChange, Member, random_epoch

WAITS = timedelta(hours=72)
# So long a letter may be on its way by whoever asked, before it is taken for one that did not leave.
ON_ITS_WAY = timedelta(minutes=2)
TRIED_AGAIN_AFTER = timedelta(hours=1)
_signer = Signer(salt="andon.people.addresses")


class AddressTaken(Exception):
    """Another member has this address, or is to have it. Nothing was changed."""


def has_to_wait(member: Member) -> bool:
    return member.has_signed_in


def is_taken(email: str, *, but_for: Member | None = None) -> bool:
    members, waiting = Member.objects.filter(email=email), AddressChange.objects.filter(email=email)
    if but_for is not None:
        members, waiting = members.exclude(pk=but_for.pk), waiting.exclude(member=but_for)
    return members.exists() or waiting.exists()


def change(*, member: Member, email: str, by: Member, at: datetime) -> AddressChange | None:
    """Give a locked member another address, in the caller's transaction; the change, where it has to wait.

    Raises: AddressTaken.
    """
    if is_taken(email, but_for=member):
        raise AddressTaken
    AddressChange.objects.filter(member=member).delete()
    if not has_to_wait(member):
        _take(member, email)
        audit.record(kind="person.address_changed", by=by, at=at, about=member)
        return None
    waiting = AddressChange.objects.create(
        key=secrets.token_hex(16), member=member, email=email, counts_from=at + WAITS, letter_due=at + ON_ITS_WAY
    )
    audit.record(kind="person.address_asked", by=by, at=at, about=member)
    return waiting


def tell(waiting: AddressChange, *, at: datetime) -> bool:
    """Write to the address that still counts; whether the letter left. It has three days from then on to say no."""
    row, counts_from = AddressChange.objects.filter(pk=waiting.pk), at + WAITS
    try:
        letters.ask_old_address(waiting.member, token_of(waiting), counts_from)
    except MailNotSent:
        row.update(letter_due=at + TRIED_AGAIN_AFTER)
        return False
    row.update(counts_from=counts_from, letter_due=None)
    return True


def _take(member: Member, email: str) -> None:
    from allauth.account.models import EmailAddress

    member.email, member.epoch = email, random_epoch()
    member.save(update_fields=["email", "epoch"])
    # What the library for signing in keeps about addresses: an old one must not sign anybody in.
    EmailAddress.objects.filter(user_id=member.pk).delete()


def waiting_for(member: Member) -> AddressChange | None:
    return AddressChange.objects.filter(member=member).first()


def token_of(waiting: AddressChange) -> str:
    return _signer.sign(waiting.key)


def read(token: str) -> AddressChange | None:
    """The change that the link is about, while it waits. Bound to nothing that ending sessions would end."""
    try:
        key = _signer.unsign(token)
    except BadSignature:
        return None
    return AddressChange.objects.filter(pk=key).select_related("member").first()


def refuse(waiting: AddressChange, *, by: Member | None, at: datetime) -> bool:
    """Everything stays as it is; whether it was still waiting."""
    with transaction.atomic(using="default"):
        if not AddressChange.objects.filter(pk=waiting.pk).delete()[0]:
            return False
        audit.record(kind="person.address_refused", by=by, at=at, about=waiting.member_id)
    return True


def let_count(waiting: AddressChange, *, at: datetime) -> bool:
    """The new address counts from now on; whether it was still waiting and nobody else has the address by now."""
    with transaction.atomic(using="default"):
        member = Member.objects.select_for_update().filter(pk=waiting.member_id).first()
        # Erased meanwhile, or answered.
        if member is None or not AddressChange.objects.filter(pk=waiting.pk).delete()[0]:
            return False
        if Member.objects.filter(email=waiting.email).exists():
            audit.record(kind="person.address_refused", by=None, at=at, about=member)
            return False
        old_address = member.email
        _take(member, waiting.email)
        audit.record(kind="person.address_changed", by=None, at=at, about=member)
    letters.tell_old_address(old_address, member.language)
    return True


@task()
def let_those_count_whose_time_has_come() -> None:
    now = timezone.now()
    for waiting in AddressChange.objects.filter(counts_from__lte=now):
        let_count(waiting, at=now)


@task()
def write_letters_that_did_not_leave() -> None:
    now = timezone.now()
    for waiting in _untold(now).select_related("member"):
        tell(waiting, at=now)


def _untold(now: datetime) -> QuerySet[AddressChange]:
    return AddressChange.objects.filter(letter_due__lte=now, counts_from__gt=now)


def due(now: datetime) -> Any:
    if AddressChange.objects.filter(counts_from__lte=now).exists():
        yield "addresses", let_those_count_whose_time_has_come, ()
    if _untold(now).exists():
        yield "letters", write_letters_that_did_not_leave, ()
