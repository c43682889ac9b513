"""The people of a demonstration, who sign in with one button. They exist only where ANDON_DEMO is set."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from andon.foundation.people.models import Member


@dataclass(frozen=True, slots=True)
class DemoRole:
    name: str
    label: str | Promise
    sees: str | Promise


DEMO_ROLES = (
    DemoRole("member", _("Member"), _("answers rounds and reads the results of the team")),
    DemoRole("lead", _("Lead"), _("opens a round for a team and reads its results with everybody else")),
    DemoRole("steward", _("Steward"), _("runs the service and can read no answer")),
    DemoRole("auditor", _("Auditor"), _("checks that the promises are kept")),
    DemoRole("facilitator", _("Facilitator"), _("helps teams talk about results")),
)


def demo_address(role: str) -> str:
    return f"demo-{role}@example.org"


def demo_roles() -> tuple[DemoRole, ...]:
    """The roles that somebody in the demonstration has; none outside of it."""
    if not settings.DEMO:
        return ()
    there = set(
        Member.objects.filter(email__in=[demo_address(role.name) for role in DEMO_ROLES], is_active=True).values_list(
            "email", flat=True
        )
    )
    return tuple(role for role in DEMO_ROLES if demo_address(role.name) in there)


def demo_member(role: str) -> Member | None:
    if role not in {known.name for known in demo_roles()}:
        return None
    return Member.objects.filter(email=demo_address(role), is_active=True).first()
