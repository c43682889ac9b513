"""From what a provider says to the member who it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from andon.foundation.audit import public as audit
from andon.foundation.organisation import public as organisation
from andon.foundation.organisation.models import Membership
from andon.foundation.people import names
from andon.foundation.people.models import Member
from andon.foundation.providers import rules
from andon.foundation.providers.models import Identity, IdentityProvider


class WhyNot(StrEnum):
    UNKNOWN = "unknown"
    NOT_VERIFIED = "not verified"
    ANOTHER_ACCOUNT = "another account"


@dataclass(frozen=True, slots=True)
class Refused:
    why: WhyNot


def member_for(provider: IdentityProvider, claims: Mapping[str, Any]) -> Member | Refused:
    """The member whom these verified claims are about, with the place and duties that their groups give.

    Guarantees: an account of the provider that is known leads to its member whatever its address says now; an
    account that is not known leads to a member by a verified address only, and never to one who has another account
    there. Does not: store a claim, or when this was.
    """
    try:
        with transaction.atomic():
            found = _find(provider, claims)
            if isinstance(found, Member):
                rules.apply(provider, found, rules.groups_in(provider, claims))
            return found
    except IntegrityError:
        # Two sign-ins of the same account at once, or of two accounts of one member: the first one counts.
        return Refused(WhyNot.ANOTHER_ACCOUNT)


def _find(provider: IdentityProvider, claims: Mapping[str, Any]) -> Member | Refused:
    subject = str(claims["sub"])
    known = Identity.objects.filter(provider=provider, subject=subject).select_related("member").first()
    if known is not None:
        return known.member if known.member.is_active else Refused(WhyNot.UNKNOWN)
    address = address_in(claims)
    if address is None:
        return Refused(WhyNot.UNKNOWN)
    if not is_verified(provider, claims):
        return Refused(WhyNot.NOT_VERIFIED)
    member = Member.objects.filter(email=address).first()
    if member is None:
        member = _join(provider, address, claims)
    elif Identity.objects.filter(provider=provider, member=member).exists():
        return Refused(WhyNot.ANOTHER_ACCOUNT)
    if member is None or not member.is_active:
        return Refused(WhyNot.UNKNOWN)
    Identity.objects.create(provider=provider, subject=subject, member=member)
    return member


def address_in(claims: Mapping[str, Any]) -> str | None:
    address = claims.get("email")
    if not isinstance(address, str):
        return None
    address = address.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        return None
    return address


def is_verified(provider: IdentityProvider, claims: Mapping[str, Any]) -> bool:
    """Whether the address is the account's own. Where the provider says that it is not, no trust helps."""
    said = claims.get("email_verified")
    if said is None:
        return provider.trusts_addresses
    return said is True or said == "true"


def had_two_factors(provider: IdentityProvider, claims: Mapping[str, Any]) -> bool:
    """Whether the provider asked for more than one factor: a steward knows that it always does, or the token says so.

    Reference: RFC 8176, section 2. Where neither is known, one factor is assumed.
    """
    said = claims.get("amr")
    return provider.asks_second_factor or (isinstance(said, list) and "mfa" in said)


def _join(provider: IdentityProvider, address: str, claims: Mapping[str, Any]) -> Member | None:
    """A new member, where the provider may add some and a rule says into which team."""
    if not provider.adds_members:
        return None
    groups = rules.groups_in(provider, claims)
    outcome = rules.outcome(provider, groups or frozenset())
    if outcome.node is None:
        return None
    said = claims.get("name")
    member = Member.objects.create_user(address, names.made_good(said if isinstance(said, str) else "") or address)
    Membership.objects.create(member=member, node=outcome.node, role=outcome.role, starts_on=organisation.today())
    audit.record(kind="member.by_provider", by=None, at=start_of_today(), subject=outcome.node.name, about=member)
    return member


def start_of_today() -> datetime:
    """For the change log, which everybody reads: on which day a group took effect, not when somebody signed in."""
    return datetime.combine(organisation.today(), time.min, tzinfo=organisation.zone())
