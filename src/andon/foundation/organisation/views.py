from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from andon.foundation.organisation.days import today
from andon.foundation.organisation.models import Node
from andon.foundation.organisation.person_views import people_list
from andon.foundation.organisation.queries import branch_of
from andon.foundation.permissions.public import (
    access_node,
    current_member,
    is_steward,
    may_see_tree,
    member_required,
)


@require_safe
@member_required
def people(request: HttpRequest, node_id: str = "") -> HttpResponse:
    """The organisation by name: the same for every member, and nothing for somebody who belongs to no team."""
    member = current_member(request)
    root, steward = Node.objects.filter(parent=None).first(), is_steward(member)
    if node_id:
        root = access_node(member, node_id)
    elif steward:
        return people_list(request)
    elif not may_see_tree(member):
        return render(request, "organisation/no_team.html")
    branch = branch_of(root, on=today()) if root is not None else None
    context = {"branch": branch, "root": root, "is_steward": steward}
    return render(request, "organisation/people.html", context)
