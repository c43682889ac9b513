"""The door of `permissions`: who is asking, and may they.

One rule for all of it: what is absent and what is forbidden look the same, a 404.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Literal, ParamSpec

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import Promise

from andon.foundation.organisation import public as organisation
from andon.foundation.organisation.models import Duty, Membership, Node
from andon.foundation.people.models import Member

__all__ = [
    "access_node",
    "current_member",
    "has_duty",
    "is_auditor",
    "is_facilitator",
    "is_steward",
    "may_see_tree",
    "member_required",
    "needs_duty",
    "roles_at",
    "roles_of",
    "stewards",
]

Need = Literal["see", "member", "lead"]
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def current_member(request: HttpRequest) -> Member:
    """The member who is signed in. Raises: Http404 when nobody is, for a view that forgot to ask."""
    if not request.user.is_authenticated:
        raise Http404
    return request.user


def member_required(view: View[P]) -> View[P]:
    """For pages: whoever is not signed in is sent to sign in, and comes back afterwards."""
    return login_required(view)


def needs_duty(duty: str) -> Callable[[View[P]], View[P]]:
    """For pages that only a steward, auditor or facilitator has: a 404 for every other member."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def asked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not has_duty(current_member(request), duty):
                raise Http404
            return view(request, *args, **kwargs)

        return member_required(asked)

    return decorate


def has_duty(member: Member, duty: str) -> bool:
    return duty in organisation.duties_of(member.id)


def is_steward(member: Member) -> bool:
    return has_duty(member, Duty.Role.STEWARD)


def stewards() -> QuerySet[Member]:
    """Everybody who can act as one now."""
    return Member.objects.filter(is_active=True, duties__role=Duty.Role.STEWARD).distinct()


def is_auditor(member: Member) -> bool:
    return has_duty(member, Duty.Role.AUDITOR)


def is_facilitator(member: Member) -> bool:
    return has_duty(member, Duty.Role.FACILITATOR)


def roles_of(member: Member) -> tuple[str | Promise, ...]:
    """The roles in words: the one in the team, then the duties in the whole organisation."""
    return roles_at(organisation.place_of(member.id, on=organisation.today()), member)


def roles_at(place: organisation.Place | None, member: Member) -> tuple[str | Promise, ...]:
    """The same, for a page that has asked already where the member belongs."""
    role = Membership.Role.LEAD if place is not None and place.leads else Membership.Role.MEMBER
    held = organisation.duties_of(member.id)
    return (role.label, *(duty.label for duty in Duty.Role if duty in held))


def may_see_tree(member: Member) -> bool:
    """Whoever belongs to a team or has a duty sees the organisation by name; somebody in no team sees none of it."""
    if organisation.duties_of(member.id):
        return True
    return organisation.belongs(member.id, on=organisation.today())


def access_node(member: Member, node_id: str, needs: Need = "see") -> Node:
    """The node, if the member may.

    "see": everybody of the organisation sees its tree. "member": belongs to the node or to something below it, or
    leads it. "lead": leads the node, or one above it.

    Raises: Http404 when the node is absent, and just the same when the member may not.
    """
    node = Node.objects.filter(pk=node_id).first()
    if node is None or not _may(member, node, needs):
        raise Http404
    return node


def _may(member: Member, node: Node, needs: Need) -> bool:
    if needs == "see":
        return may_see_tree(member)
    today = organisation.today()
    place = organisation.place_of(member.id, on=today)
    match needs:
        case "member":
            belongs = place is not None and organisation.stands_below(place.node_id, node.id)
            return belongs or organisation.leads(member.id, node.id, on=today)
        case "lead":
            return organisation.leads(member.id, node.id, on=today)
