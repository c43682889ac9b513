"""Invitations: a letter with a link that signs its member in for the first time."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from andon.foundation.audit import public as audit
from andon.foundation.invitations.models import Invitation
from andon.foundation.notifications.public import MailNotSent, send_mail
from andon.foundation.organisation import languages
from andon.foundation.people import links
from andon.foundation.people.models import Member, random_epoch

LASTS = timedelta(days=7)
PURPOSE = "invitation"
BATCH = 1_000


class AlreadyJoined(Exception):
    """This member has signed in before and needs no invitation. Nothing was sent."""


class InvitationState(StrEnum):
    NOT_INVITED = "not invited"
    INVITED = "invited"
    JOINED = "joined"


def invitation_state(member: Member) -> InvitationState:
    """Whether a letter is out or no longer needed; never when anything happened."""
    if member.has_signed_in:
        return InvitationState.JOINED
    sent = Invitation.objects.filter(member=member, step=Invitation.Step.SENT, epoch=member.epoch)
    return InvitationState.INVITED if sent.exists() else InvitationState.NOT_INVITED


def invite(member: Member, *, by: Member, at: datetime) -> None:
    """Send the member a link that signs them in once within seven days; links that were sent before end.

    Raises: AlreadyJoined, MailNotSent.
    """
    if member.has_signed_in or not member.is_active:
        raise AlreadyJoined
    Invitation.objects.update_or_create(member=member, defaults={"by_id": by.pk, "step": Invitation.Step.WAITING})
    if not deliver(member.pk):
        raise MailNotSent
    audit.record(kind="invitations.asked", by=by, at=at, count=1)


def invite_many(members: Iterable[Member], *, by: Member, at: datetime) -> int:
    """Have the worker send these members their letters, one after the other; to how many.

    Guarantees: whoever has signed in, waits already, or holds a link that still counts gets none.
    """
    wanted = [member.pk for member in members if member.is_active and not member.has_signed_in]
    asked = 0
    with transaction.atomic():
        for start in range(0, len(wanted), BATCH):
            part = wanted[start : start + BATCH]
            held = set(
                Invitation.objects.filter(member__in=part)
                .filter(Q(step__in=[Invitation.Step.WAITING, Invitation.Step.LEAVING]) | _still_counts())
                .values_list("member_id", flat=True)
            )
            new = [Invitation(member_id=pk, by_id=by.pk, step=Invitation.Step.WAITING) for pk in part if pk not in held]
            Invitation.objects.bulk_create(
                new, update_conflicts=True, unique_fields=["member"], update_fields=["by", "step"]
            )
            asked += len(new)
        if asked:
            audit.record(kind="invitations.asked", by=by, at=at, count=asked)
    return asked


def _still_counts() -> Q:
    return Q(step=Invitation.Step.SENT, epoch=F("member__epoch"))


def not_invited() -> QuerySet[Member]:
    """Active members who have not signed in and to whom no letter is out, waits or failed."""
    return Member.objects.filter(is_active=True, has_signed_in=False).exclude(
        pk__in=Invitation.objects.filter(
            Q(step__in=[Invitation.Step.WAITING, Invitation.Step.LEAVING, Invitation.Step.FAILED]) | _still_counts()
        ).values("member_id")
    )


def invited() -> QuerySet[Invitation]:
    return Invitation.objects.filter(_still_counts(), member__is_active=True, member__has_signed_in=False)


def in_step(*steps: Invitation.Step) -> QuerySet[Invitation]:
    """Letters in this step, to members who still need one."""
    return Invitation.objects.filter(step__in=steps, member__is_active=True, member__has_signed_in=False)


def deliver(member_id: UUID) -> bool:
    """Send the letter that waits for this member; whether it left.

    Guarantees: at most one letter for each asking, also when this process is killed in between: what was being handed
    over then is never handed over again by itself.
    """
    epoch = random_epoch()
    with transaction.atomic():
        taken = Invitation.objects.filter(member_id=member_id, step=Invitation.Step.WAITING).update(
            step=Invitation.Step.LEAVING, epoch=epoch
        )
        if not taken:
            return False
        # Whoever signed in meanwhile keeps their session and gets no letter.
        if not Member.objects.filter(pk=member_id, has_signed_in=False, is_active=True).update(epoch=epoch):
            Invitation.objects.filter(member_id=member_id).delete()
            return False
    invitation = Invitation.objects.select_related("member", "by").get(member_id=member_id)
    member = invitation.member
    try:
        with translation.override(languages.of_letter(member.language)):
            send_mail(to=[member.email], subject=_subject(), text=_text(member, invitation.by))
    except MailNotSent:
        Invitation.objects.filter(member_id=member_id).update(step=Invitation.Step.FAILED)
        return False
    Invitation.objects.filter(member_id=member_id, step=Invitation.Step.LEAVING).update(step=Invitation.Step.SENT)
    return True


def organisation_name() -> str:
    from andon.foundation.organisation.public import current

    founded = current()
    return founded.name if founded else _("your organisation")


def _subject() -> str:
    return _("Invitation to Andon at %(organisation)s") % {"organisation": organisation_name()}


def _text(member: Member, by: Member | None) -> str:
    link = reverse("invitations:accept", args=[links.make(PURPOSE, member)])
    context = {
        "by": by,
        "organisation": organisation_name(),
        "origin": settings.APP_ORIGIN,
        "link": f"{settings.APP_ORIGIN}{link}",
        "verify": f"{settings.APP_ORIGIN}{reverse('verify:index')}",
    }
    return render_to_string("invitations/letter.txt", context)


def invited_by_link(token: str) -> tuple[Member, Member | None] | None:
    """Whom the link is for and who sent it; None when it is foreign, expired, replaced or used."""
    member = links.read(PURPOSE, token, lasts=LASTS)
    if member is None or member.has_signed_in:
        return None
    invitation = Invitation.objects.filter(member=member).select_related("by").first()
    return member, invitation.by if invitation else None


def accept(token: str) -> Member | None:
    """Use the link up; the member whom it signs in."""
    found = invited_by_link(token)
    return found[0] if found is not None and links.use_up(found[0]) else None
