"""The people of these tests: Ada leads the SOC night, Bo is a member of it, Cy is outside, Stella is steward."""

from dataclasses import dataclass
from datetime import date

from andon.foundation.organisation.models import Duty, Membership, Node
from andon.foundation.people.models import Member

SINCE = date(2026, 1, 5)


@dataclass(frozen=True)
class Cast:
    ada: Member
    bo: Member
    cy: Member
    stella: Member
    security: Node
    detection: Node
    night: Node
    appsec: Node


def enter() -> Cast:
    def member(name: str, node: Node, role: str = "member") -> Member:
        somebody = Member.objects.create_user(f"{name.split()[0].lower()}@example.org", name)
        Membership.objects.create(member=somebody, node=node, role=role, starts_on=SINCE)
        return somebody

    security = Node.objects.create(name="Security")
    detection = Node.objects.create(name="Detection", parent=security)
    night = Node.objects.create(name="SOC night", parent=detection)
    appsec = Node.objects.create(name="Application security", parent=security)
    cast = Cast(
        ada=member("Ada Okafor", night, "lead"),
        bo=member("Bo Lindqvist", night),
        cy=member("Cy Tanaka", appsec),
        stella=member("Stella Marin", security),
        security=security,
        detection=detection,
        night=night,
        appsec=appsec,
    )
    Duty.objects.create(member=cast.stella, role=Duty.Role.STEWARD)
    return cast
