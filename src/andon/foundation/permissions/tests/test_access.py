import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.test import RequestFactory

from andon.foundation.organisation.tests import cast as people
from andon.foundation.people.models import Member
from andon.foundation.permissions import public as permissions

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("who", "where", "needs", "may"),
    [
        ("ada", "night", "lead", True),
        ("ada", "appsec", "lead", False),
        ("ada", "detection", "lead", False),
        ("bo", "night", "lead", False),
        ("bo", "night", "member", True),
        ("bo", "detection", "member", True),
        ("bo", "appsec", "member", False),
        ("cy", "night", "member", False),
        ("cy", "night", "see", True),
        ("stella", "night", "lead", False),
    ],
)
def test_a_node_is_reached_in_one_way_only(who: str, where: str, needs: permissions.Need, may: bool) -> None:
    cast = people.enter()
    member, node = getattr(cast, who), getattr(cast, where)
    if may:
        assert permissions.access_node(member, node.id, needs) == node
    else:
        with pytest.raises(Http404):
            permissions.access_node(member, node.id, needs)


def test_whoever_belongs_nowhere_sees_nothing() -> None:
    cast = people.enter()
    stranger = Member.objects.create_user("dee@example.org", "Dee")
    with pytest.raises(Http404):
        permissions.access_node(stranger, cast.security.id, "see")


def test_absent_and_forbidden_are_the_same_error() -> None:
    cast = people.enter()
    with pytest.raises(Http404) as absent:
        permissions.access_node(cast.cy, "nothing", "lead")
    with pytest.raises(Http404) as forbidden:
        permissions.access_node(cast.cy, cast.night.id, "lead")
    assert str(absent.value) == str(forbidden.value)


def test_duties_are_known() -> None:
    cast = people.enter()
    assert permissions.is_steward(cast.stella)
    assert not permissions.is_steward(cast.bo)
    assert not permissions.is_auditor(cast.stella)
    assert not permissions.is_facilitator(cast.stella)
    assert [str(role) for role in permissions.roles_of(cast.stella)] == ["member", "steward"]
    assert [str(role) for role in permissions.roles_of(cast.ada)] == ["lead"]


def test_nobody_is_not_a_member() -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    with pytest.raises(Http404):
        permissions.current_member(request)
