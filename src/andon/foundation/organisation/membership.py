"""Changing one person by hand: who they are, where they belong from which day, what they may, and whether they stay.

Each service is one transaction with one entry in the change log, which names the member by reference only.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from andon.foundation.audit import public as audit
from andon.foundation.organisation.days import FURTHEST_AHEAD
from andon.foundation.organisation.models import Duty, Membership, Node
from andon.foundation.organisation.walking import paths_of
from andon.foundation.people import addresses, letters, names
from andon.foundation.people.models import Member, random_epoch

ONE_DAY = timedelta(days=1)
LONGEST_ADDRESS = 254


class ChangeRefused(Exception):
    """This cannot be. Nothing was changed. The text is for the person who asked."""


class AddressTaken(ChangeRefused):
    def __init__(self) -> None:
        super().__init__(_("Somebody with this address is here already. Nothing was changed."))


class BadAddress(ChangeRefused):
    def __init__(self) -> None:
        super().__init__(_("This is not an e-mail address. Nothing was changed."))


class BadName(ChangeRefused):
    def __init__(self) -> None:
        super().__init__(
            _(
                "A name has at most 150 characters, no angle bracket and no character that nobody sees: on a roster "
                "one person could look like another. Nothing was changed."
            )
        )


class PlaceOverlaps(ChangeRefused):
    def __init__(self) -> None:
        super().__init__(
            _(
                "Another team is planned for some of these days, and nobody belongs to two teams at a time. "
                "Nothing was changed. Cancel what is planned first, or choose other days."
            )
        )


class BadDays(ChangeRefused):
    pass


class TeamIsRetired(ChangeRefused):
    def __init__(self) -> None:
        super().__init__(_("This team was retired and takes nobody. Nothing was changed. Choose another team."))


class LastSteward(ChangeRefused):
    def __init__(self) -> None:
        super().__init__(
            _("Nobody would be steward any more. Nothing was changed. Make somebody else a steward first.")
        )


class MemberIsInactive(ChangeRefused):
    def __init__(self) -> None:
        super().__init__(_("This person was deactivated. Nothing was changed. Reactivate them first."))


@dataclass(frozen=True, slots=True)
class Placing:
    """Where somebody belongs, as what, from a day to a day (both included; None: until further notice)."""

    node: Node
    role: str
    starts_on: date
    ends_on: date | None = None


def team_in_words(node_id: str) -> str:
    return " / ".join(step.name for step in paths_of([node_id]).get(node_id, ()))


def clean_address(address: str) -> str:
    """In lower case, as members are known. Raises: BadAddress."""
    address = address.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise BadAddress from None
    if len(address) > LONGEST_ADDRESS:
        raise BadAddress
    return address


def clean_name(name: str) -> str:
    """On one line. Raises: BadName."""
    name = names.one_line(name)
    if not names.is_good(name):
        raise BadName
    return name


def add_person(*, email: str, name: str, placing: Placing | None, by: Member, at: datetime, on: date) -> Member:
    """Add somebody who is not here yet. They can sign in at once; nobody is written to.

    Raises: ChangeRefused.
    """
    email, name = clean_address(email), clean_name(name)
    with transaction.atomic():
        if addresses.is_taken(email):
            raise AddressTaken
        member = Member.objects.create_user(email, name)
        audit.record(kind="person.added", by=by, at=at, about=member)
        if placing is not None:
            _place(member, placing, by=by, at=at, on=on)
    return member


def edit_person(*, member: Member, email: str, name: str, by: Member, at: datetime) -> bool:
    """Another name or address for the same account; whether anything changed or is to change.

    Guarantees: with another address every session and every link that was sent ends, and codes go to the new address
    only. Of somebody who has signed in before it counts after three days, in which the old address can refuse it
    (`people.addresses`); the old one gets a letter in any case.
    Does not: change rosters that were fixed before; they keep the name and address of their day.
    Raises: ChangeRefused.
    """
    email, name = clean_address(email), clean_name(name)
    waiting = None
    with transaction.atomic():
        member = Member.objects.select_for_update().get(pk=member.pk)
        old_address = member.email
        other_name, other_address = name != member.name, email != old_address
        if other_name:
            member.name = name
            member.save(update_fields=["name"])
            audit.record(kind="person.renamed", by=by, at=at, about=member)
        if other_address:
            try:
                # By itself, so that of two who are given one address at once the second is refused in words.
                with transaction.atomic():
                    waiting = addresses.change(member=member, email=email, by=by, at=at)
            except (addresses.AddressTaken, IntegrityError):
                raise AddressTaken from None
    if waiting is not None:
        addresses.tell(waiting, at=at)
    elif other_address and member.is_active:
        letters.tell_old_address(old_address, member.language)
    return other_name or other_address


def place_person(*, member: Member, placing: Placing, by: Member, at: datetime, on: date) -> None:
    """From a day on the person belongs there. What held before ends the day before.

    Guarantees: nobody belongs to two teams on one day; what is past stays as it was; rounds that are published keep
    their roster. Raises: ChangeRefused.
    """
    with transaction.atomic():
        _place(_locked(member), placing, by=by, at=at, on=on)


def _locked(member: Member) -> Member:
    """The member as stored, held until the end of the transaction, so that two changes at once come one by one."""
    return Member.objects.select_for_update().get(pk=member.pk)


def _place(member: Member, placing: Placing, *, by: Member, at: datetime, on: date) -> None:
    check_placing(member, placing, on=on)
    before = current_or_replaced(member, placing.starts_on)
    if before is not None and before.starts_on == placing.starts_on:
        # It began on that very day: a place of no day at all cannot be kept.
        before.delete()
    elif before is not None:
        before.ends_on = placing.starts_on - ONE_DAY
        before.save(update_fields=["ends_on"])
    Membership.objects.create(
        member=member,
        node=placing.node,
        role=placing.role,
        starts_on=placing.starts_on,
        ends_on=placing.ends_on,
    )
    audit.record(
        kind="person.placed",
        by=by,
        at=at,
        subject=team_in_words(placing.node.id),
        about=member,
        role=str(placing.role),
        starts_on=placing.starts_on.isoformat(),
        ends_on=placing.ends_on.isoformat() if placing.ends_on else "",
    )


def check_placing(member: Member | None, placing: Placing, *, on: date) -> None:
    """Whether this place can be given. Raises: ChangeRefused."""
    if placing.starts_on < on:
        raise BadDays(_("A team begins today or later: what was, stays as it was. Nothing was changed."))
    if placing.starts_on - on > FURTHEST_AHEAD:
        raise BadDays(_("The first day lies more than two years ahead. Nothing was changed. Look at the year."))
    if placing.ends_on is not None and placing.ends_on < placing.starts_on:
        raise BadDays(_("The last day lies before the first. Nothing was changed."))
    if placing.node.retired_on is not None:
        raise TeamIsRetired
    if member is None:
        return
    if not member.is_active:
        raise MemberIsInactive
    later = Membership.objects.filter(member=member, starts_on__gt=placing.starts_on)
    if placing.ends_on is not None:
        later = later.filter(starts_on__lte=placing.ends_on)
    if later.exists():
        raise PlaceOverlaps


def current_or_replaced(member: Member, day: date) -> Membership | None:
    """The membership that holds on that day, which another one from that day on would end."""
    return (
        Membership.objects.filter(Q(ends_on=None) | Q(ends_on__gte=day), member=member, starts_on__lte=day)
        .select_related("node")
        .first()
    )


def end_place(*, member: Member, membership_id: int, ends_on: date | None, by: Member, at: datetime, on: date) -> None:
    """Set the last day of a place that holds now or is planned; None lets it go on.

    Raises: ChangeRefused.
    """
    with transaction.atomic():
        _locked(member)
        place = _own(member, membership_id, on=on)
        if ends_on is not None and ends_on < max(on, place.starts_on):
            raise BadDays(_("The last day lies in the past, or before the first. Nothing was changed."))
        others = Membership.objects.filter(member=member, starts_on__gt=place.starts_on).exclude(pk=place.pk)
        if others.filter(starts_on__lte=ends_on).exists() if ends_on else others.exists():
            raise PlaceOverlaps
        place.ends_on = ends_on
        place.save(update_fields=["ends_on"])
        audit.record(
            kind="person.place_ends",
            by=by,
            at=at,
            subject=team_in_words(place.node_id),
            about=member,
            ends_on=ends_on.isoformat() if ends_on else "",
        )


def cancel_planned(*, member: Member, membership_id: int, by: Member, at: datetime, on: date) -> None:
    """Take back a place that has yet to begin. Whoever would have left another team for it stays there.

    Raises: ChangeRefused.
    """
    with transaction.atomic():
        _locked(member)
        place = _own(member, membership_id, on=on)
        if place.starts_on <= on:
            raise BadDays(_("This has begun already and cannot be taken back. Nothing was changed."))
        before = Membership.objects.filter(member=member, ends_on=place.starts_on - ONE_DAY).first()
        place.delete()
        if before is not None:
            before.ends_on = place.ends_on
            before.save(update_fields=["ends_on"])
        audit.record(kind="person.plan_cancelled", by=by, at=at, subject=team_in_words(place.node_id), about=member)


def _own(member: Member, membership_id: int, *, on: date) -> Membership:
    place = Membership.objects.filter(pk=membership_id, member=member).first()
    if place is None or (place.ends_on is not None and place.ends_on < on):
        raise BadDays(_("This is over and stays as it was. Nothing was changed."))
    return place


def set_duties(*, member: Member, duties: Collection[str], by: Member, at: datetime) -> bool:
    """Give and take roles in the whole organisation; whether anything changed.

    Raises: LastSteward, MemberIsInactive.
    """
    wanted = {str(duty) for duty in Duty.Role if duty in duties}
    with transaction.atomic():
        member = _locked(member)
        if wanted and not member.is_active:
            raise MemberIsInactive
        held = set(Duty.objects.filter(member=member).values_list("role", flat=True))
        if wanted == held:
            return False
        if Duty.Role.STEWARD in held - wanted:
            _keep_a_steward(member)
        Duty.objects.filter(member=member, role__in=held - wanted).delete()
        Duty.objects.bulk_create([Duty(member=member, role=role) for role in sorted(wanted - held)])
        audit.record(
            kind="person.duties_changed",
            by=by,
            at=at,
            about=member,
            given=", ".join(sorted(wanted - held)),
            taken=", ".join(sorted(held - wanted)),
        )
    return True


def _keep_a_steward(leaving: Member) -> None:
    """Hold the rows of all stewards, so that two who leave at once do not each count on the other."""
    stewards = Duty.objects.select_for_update().filter(role=Duty.Role.STEWARD, member__is_active=True).order_by("pk")
    if {duty.member_id for duty in stewards} <= {leaving.pk}:
        raise LastSteward


def is_last_steward(member: Member) -> bool:
    others = Duty.objects.filter(role=Duty.Role.STEWARD, member__is_active=True)
    return others.filter(member=member).exists() and not others.exclude(member=member).exists()


def deactivate(*, member: Member, by: Member | None, at: datetime, on: date) -> None:
    """The person leaves: sessions, links, team and roles in the organisation end at once.

    Guarantees: rosters of days before stay what they were; whatever was planned is gone. May be repeated.
    Raises: LastSteward.
    """
    with transaction.atomic():
        member = _locked(member)
        if not member.is_active:
            return
        if Duty.objects.filter(member=member, role=Duty.Role.STEWARD).exists():
            _keep_a_steward(member)
        Duty.objects.filter(member=member).delete()
        # A place that began today or has yet to begin held on no whole day.
        Membership.objects.filter(member=member, starts_on__gte=on).delete()
        Membership.objects.filter(Q(ends_on=None) | Q(ends_on__gte=on), member=member).update(ends_on=on - ONE_DAY)
        member.is_active, member.epoch = False, random_epoch()
        member.save(update_fields=["is_active", "epoch"])
        audit.record(kind="person.deactivated", by=by, at=at, about=member)


def reactivate(*, member: Member, by: Member, at: datetime) -> None:
    """The person may sign in again. They are in no team and have no role until somebody gives them one."""
    with transaction.atomic():
        member = _locked(member)
        if member.is_active:
            return
        member.is_active = True
        member.save(update_fields=["is_active"])
        audit.record(kind="person.reactivated", by=by, at=at, about=member)
