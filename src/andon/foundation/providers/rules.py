"""What the groups of a provider mean here: a team, and duties."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from andon.foundation.audit import public as audit
from andon.foundation.organisation import public as organisation
from andon.foundation.organisation.models import Duty, Membership, Node
from andon.foundation.people.models import Member
from andon.foundation.providers.models import DutyByRule, GroupRule, IdentityProvider


@dataclass(frozen=True, slots=True)
class Outcome:
    """The team of the first rule that names one, and the duties of all rules that hold."""

    matched: tuple[GroupRule, ...]
    node: Node | None
    role: str
    duties: frozenset[str]
    # A rule gives the duty of steward, and this provider may not.
    steward_withheld: bool


def groups_in(provider: IdentityProvider, claims: Mapping[str, Any]) -> frozenset[str] | None:
    """The groups that the claims name; None where the provider says that they did not fit, so that none are known.

    A claim that is missing means no groups: providers leave an empty list out, and a duty must not outlive its group.
    """
    name = provider.groups_claim
    if not name:
        return None
    elsewhere = claims.get("_claim_names")
    if name not in claims and (claims.get("hasgroups") or (isinstance(elsewhere, dict) and name in elsewhere)):
        return None
    match claims.get(name):
        case str(one):
            return frozenset({one})
        case list(several):
            return frozenset(group for group in several if isinstance(group, str))
    return frozenset()


def outcome(provider: IdentityProvider, groups: frozenset[str]) -> Outcome:
    """What these groups lead to. Writes nothing; the preview shows it."""
    matched = tuple(rule for rule in provider.rules.select_related("node") if rule.value in groups)
    first = next((rule for rule in matched if rule.node is not None and rule.node.retired_on is None), None)
    duties = frozenset(rule.duty for rule in matched if rule.duty)
    withheld = Duty.Role.STEWARD in duties and not provider.may_give_steward
    return Outcome(
        matched=matched,
        node=first.node if first else None,
        role=first.role if first else Membership.Role.MEMBER,
        duties=duties - {Duty.Role.STEWARD} if withheld else duties,
        steward_withheld=withheld,
    )


def apply(provider: IdentityProvider, member: Member, groups: frozenset[str] | None) -> None:
    """Bring place and duties of the member to what their groups say, from today on.

    Guarantees: a move ends one membership and starts another, so that rounds that are open keep their roster; a duty
    that came with a group goes with it; a duty that was given in another way stays; the last steward stays steward.
    Does not: move anybody for whom no rule names a team, or anything at all when the groups are not known.
    """
    if groups is None:
        return
    with transaction.atomic():
        found = outcome(provider, groups)
        if found.node is not None:
            _move(member, found.node, found.role)
        _set_duties(provider, member, found.duties)


def _move(member: Member, node: Node, role: str) -> None:
    from andon.foundation.providers.accounts import start_of_today

    on = organisation.today()
    now = (
        Membership.objects.select_for_update()
        .filter(Q(ends_on=None) | Q(ends_on__gte=on), member=member)
        .order_by("starts_on")
        .last()
    )
    if now is not None and now.node_id == node.id and now.role == role and now.ends_on is None:
        return
    if now is not None and now.starts_on >= on:
        # It began today or has yet to begin: it is corrected, since a place of no day at all cannot be kept.
        now.node, now.role, now.ends_on = node, role, None
        now.save(update_fields=["node", "role", "ends_on"])
    else:
        if now is not None:
            now.ends_on = on - timedelta(days=1)
            now.save(update_fields=["ends_on"])
        Membership.objects.create(member=member, node=node, role=role, starts_on=on)
    audit.record(kind="membership.by_group", by=None, at=start_of_today(), subject=node.name, about=member, role=role)


def _set_duties(provider: IdentityProvider, member: Member, wanted: frozenset[str]) -> None:
    from andon.foundation.providers.accounts import start_of_today

    held = {duty.role: duty for duty in Duty.objects.filter(member=member)}
    given = {
        mark.duty.role: mark
        for mark in DutyByRule.objects.filter(duty__member=member, provider=provider).select_related("duty")
    }
    for role in sorted(wanted - held.keys()):
        duty = Duty.objects.create(member=member, role=role)
        DutyByRule.objects.create(duty=duty, provider=provider)
        audit.record(kind="duty.by_group", by=None, at=start_of_today(), about=member, duty=role)
    for role in sorted(given.keys() - wanted):
        if role == Duty.Role.STEWARD and is_last_steward(member):
            continue
        given[role].duty.delete()
        audit.record(kind="duty.by_group.ended", by=None, at=start_of_today(), about=member, duty=role)


def is_last_steward(member: Member) -> bool:
    """Asked inside a transaction: of two who go at once, the second sees that the first has gone."""
    stewards = Duty.objects.select_for_update().filter(role=Duty.Role.STEWARD, member__is_active=True)
    return not [duty for duty in stewards if duty.member_id != member.pk]
