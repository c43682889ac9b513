"""The pages on which stewards change people and teams, and who does not have them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from andon.foundation.organisation.days import today
from andon.foundation.organisation.models import Duty, Membership, Node
from andon.foundation.organisation.tests import cast as people
from andon.foundation.people.models import Member

pytestmark = pytest.mark.django_db


def signed_in(member: Member) -> Client:
    client = Client()
    client.force_login(member)
    return client


def text(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


def place_fields(team: str, **more: str) -> dict[str, str]:
    return {"team": team, "role": "member", "starts_on": today().isoformat()} | more


def fill(cast: people.Cast) -> None:
    """Five in the night and five in application security: each is a unit of its own."""
    for team, node, size in (("night", cast.night, 3), ("appsec", cast.appsec, 4)):
        for number in range(size):
            member = Member.objects.create_user(f"{team}{number}@example.org", f"{team} {number}")
            Membership.objects.create(member=member, node=node, starts_on=people.SINCE)


@pytest.mark.parametrize(
    "path", ["people/add/", "people/teams/", "people/{bo}/", "people/{bo}/edit/", "people/{bo}/team/"]
)
@pytest.mark.parametrize("name", ["ada", "bo", "cy"])
def test_nobody_but_a_steward_has_these_pages(name: str, path: str) -> None:
    cast = people.enter()
    address = "/" + path.format(bo=cast.bo.pk)
    assert signed_in(getattr(cast, name)).get(address).status_code == 404
    assert signed_in(cast.stella).get(address).status_code == 200


def test_addresses_are_shown_to_stewards_only() -> None:
    cast = people.enter()
    assert "bo@example.org" in text(signed_in(cast.stella).get("/people/"))
    assert "bo@example.org" not in text(signed_in(cast.ada).get("/people/"))


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("q=lindqvist", {"Bo"}),
        ("q=BO%40example", {"Bo"}),
        ("q=soc+night", {"Ada", "Bo"}),
        ("q=ada+night", {"Ada"}),
        ("q=%00%27+OR+1%3D1", set()),
        ("show=no-team", {"Nia"}),
        ("show=leaves-soon", {"Cy"}),
        ("show=deactivated", {"Otto"}),
        ("show=nothing-like-it", {"Ada", "Bo", "Cy", "Stella", "Nia", "Örjan"}),
        ("show=not-invited", {"Ada", "Bo", "Cy", "Nia", "Örjan"}),
        ("q=ÖRJAN", {"Örjan"}),
        ("page=99", {"Ada", "Bo", "Cy", "Stella", "Nia", "Örjan"}),
    ],
)
@pytest.mark.parametrize("teams_by_id", [200, 0], ids=["few teams fit", "very many teams fit"])
def test_people_are_found_by_words_and_by_what_is_missing(
    query: str, shown: set[str], teams_by_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("andon.foundation.organisation.directory.TEAMS_BY_ID", teams_by_id)
    cast = people.enter()
    Member.objects.create_user("nia@example.org", "Nia Iyer")
    orjan = Member.objects.create_user("orjan@example.org", "Örjan Ek")
    Membership.objects.create(member=orjan, node=cast.appsec, starts_on=people.SINCE)
    Member.objects.create_user("otto@example.org", "Otto Old", is_active=False)
    Membership.objects.filter(member=cast.cy).update(ends_on=today() + timedelta(days=9))
    Member.objects.filter(pk=cast.stella.pk).update(has_signed_in=True)
    answer = signed_in(cast.stella).get(f"/people/?{query}")
    assert {line.name.split()[0] for line in answer.context["lines"]} == shown


def test_a_team_is_found_by_typing_and_several_are_offered() -> None:
    cast = people.enter()
    client, address = signed_in(cast.stella), f"/people/{cast.bo.pk}/team/"
    assert "No team is called like this" in text(client.post(address, place_fields("nowhere")))
    several = client.post(address, place_fields("sec"))
    assert "2 teams fit" in text(several)
    assert several.status_code == 422
    # What was typed anew counts, not the choice that belonged to other words.
    chosen = client.post(address, place_fields("SOC night", team_id=cast.appsec.pk, confirm="yes"))
    assert chosen.status_code == 302
    assert cast.bo.memberships.get(ends_on=None).node == cast.night
    client.post(address, place_fields("sec", team_id=cast.appsec.pk, confirm="yes"))
    assert cast.bo.memberships.get(ends_on=None).node == cast.appsec


def test_a_move_is_shown_with_the_units_that_merge_before_anything_is_written() -> None:
    cast = people.enter()
    fill(cast)
    client, address = signed_in(cast.stella), f"/people/{cast.bo.pk}/team/"
    before = list(Membership.objects.order_by("pk").values())
    shown = client.post(address, place_fields("Application security"))
    said = text(shown)
    assert "counted in another way afterwards" in said
    assert "not asked" in said or "counted together" in said
    assert list(Membership.objects.order_by("pk").values()) == before
    sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown.content.decode()))
    assert client.post(address, sent).status_code == 302
    assert cast.bo.memberships.get(ends_on=None).node == cast.appsec


def test_another_name_and_address_are_shown_together_and_a_name_that_cannot_be_is_refused_first() -> None:
    cast = people.enter()
    stella, address = signed_in(cast.stella), f"/people/{cast.bo.pk}/edit/"
    shown = text(stella.post(address, {"name": "Bo  Ek", "email": "Ek@example.org"}))
    assert "Another name and address for Bo Lindqvist" in shown
    assert "Bo Lindqvist &lt;bo@example.org&gt;" in shown
    assert "Bo Ek &lt;ek@example.org&gt;" in shown
    unseen = {"name": "Bo\u202eEk", "email": "ek@example.org"}
    for form, fields in ((address, unseen), ("/people/add/", unseen | place_fields("SOC night"))):
        refused = stella.post(form, fields)
        assert refused.status_code == 422
        assert "no character that nobody sees" in text(refused)
    only = text(stella.post(address, {"name": "Bo Lindqvist", "email": "ek@example.org"}))
    assert "Another address for Bo Lindqvist" in only


@pytest.mark.parametrize("confirm", [{}, {"confirm": "yes"}])
def test_a_first_day_more_than_two_years_ahead_is_refused(confirm: dict[str, str]) -> None:
    cast = people.enter()
    stella, far = signed_in(cast.stella), {"starts_on": "9999-12-31"} | confirm
    new = {"name": "Nia Iyer", "email": "nia@example.org"}
    for address, fields in ((f"/people/{cast.bo.pk}/team/", {}), ("/people/add/", new)):
        refused = stella.post(address, place_fields("Application security", **fields, **far))
        assert refused.status_code == 422
        assert "more than two years ahead" in text(refused)
    assert not Member.objects.filter(email="nia@example.org").exists()


def test_a_team_that_is_to_move_below_its_own_child_is_told_why_not() -> None:
    cast = people.enter()
    client, address = signed_in(cast.stella), f"/people/teams/{cast.detection.pk}/move/"
    for typed in ("SOC night", "Security / Detection"):
        said = text(client.post(address, {"team": typed}))
        assert "nor below a team that stands below it" in said
        assert "No team is called like this" not in said
    assert "No team is called like this" in text(client.post(address, {"team": "nowhere"}))


def test_the_page_to_retire_a_team_says_that_nobody_is_in_it_only_where_nobody_is() -> None:
    cast = people.enter()
    stella, empty = signed_in(cast.stella), Node.objects.create(name="Empty", parent=cast.detection)
    assert "Nobody is in it" in text(stella.get(f"/people/teams/{empty.pk}/retire/"))
    said = text(stella.get(f"/people/teams/{cast.night.pk}/retire/"))
    assert "Somebody is in this team, or will be." in said
    assert "Nobody is in it" not in said


def test_what_is_confirmed_is_what_was_shown_though_another_team_fits_meanwhile() -> None:
    cast = people.enter()
    client, address = signed_in(cast.stella), f"/people/{cast.bo.pk}/team/"
    shown = client.post(address, place_fields("Application"))
    sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown.content.decode()))
    Node.objects.create(name="Application", parent=cast.detection)
    client.post(address, sent)
    assert cast.bo.memberships.get(ends_on=None).node == cast.appsec


def test_another_address_is_confirmed_first_and_counts_at_once_for_whoever_never_signed_in() -> None:
    cast = people.enter()
    bo, stella = signed_in(cast.bo), signed_in(cast.stella)
    Member.objects.filter(pk=cast.bo.pk).update(has_signed_in=False)
    address, fields = f"/people/{cast.bo.pk}/edit/", {"name": "Bo Lindqvist", "email": "bo2@example.org"}
    assert "has never signed in" in text(stella.post(address, fields))
    assert Member.objects.get(pk=cast.bo.pk).email == "bo@example.org"
    assert bo.get("/people/").status_code == 200
    assert stella.post(address, fields | {"confirm": "yes"}).status_code == 302
    assert Member.objects.get(pk=cast.bo.pk).email == "bo2@example.org"
    assert bo.get("/people/").status_code == 302


def test_another_address_of_somebody_who_signed_in_waits_and_the_page_says_so() -> None:
    cast = people.enter()
    stella = signed_in(cast.stella)
    Member.objects.filter(pk=cast.bo.pk).update(has_signed_in=True)
    address, fields = f"/people/{cast.bo.pk}/edit/", {"name": "Bo Lindqvist", "email": "bo2@example.org"}
    assert "counts in three days" in text(stella.post(address, fields))
    assert stella.post(address, fields | {"confirm": "yes"}).status_code == 302
    assert Member.objects.get(pk=cast.bo.pk).email == "bo@example.org"
    assert "bo2@example.org counts from" in text(stella.get(f"/people/{cast.bo.pk}/"))


def test_who_is_deactivated_is_signed_out_at_once() -> None:
    cast = people.enter()
    bo, stella = signed_in(cast.bo), signed_in(cast.stella)
    address = f"/people/{cast.bo.pk}/deactivate/"
    assert "Answers that were given stay in their round" in text(stella.get(address))
    assert bo.get("/people/").status_code == 200
    stella.post(address)
    assert bo.get("/people/").status_code == 302
    assert "Deactivated" in text(stella.get(f"/people/{cast.bo.pk}/"))


def test_the_last_steward_is_told_before_and_after_trying() -> None:
    cast = people.enter()
    stella = signed_in(cast.stella)
    page = text(stella.get(f"/people/{cast.stella.pk}/deactivate/"))
    assert "Nobody would be steward any more" in page
    stella.post(f"/people/{cast.stella.pk}/deactivate/")
    stella.post(f"/people/{cast.stella.pk}/roles/", {"duties": ["auditor"]})
    assert Duty.objects.filter(member=cast.stella, role=Duty.Role.STEWARD).exists()


def test_a_team_says_what_unit_it_would_be_and_a_move_what_it_changes() -> None:
    cast = people.enter()
    fill(cast)
    stella = signed_in(cast.stella)
    assert "a figure of its own, 5 people" in text(stella.get(f"/people/teams/{cast.night.pk}/"))
    small = Node.objects.create(name="Small", parent=cast.security)
    for number in range(3):
        member = Member.objects.create_user(f"small{number}@example.org", f"Small {number}")
        Membership.objects.create(member=member, node=small, starts_on=people.SINCE)
    shown = stella.get(f"/people/teams/{small.pk}/move/?to={cast.detection.pk}")
    assert "counted in another way afterwards" in text(shown)
    small.refresh_from_db()
    assert small.parent == cast.security
    sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown.content.decode()))
    assert stella.post(f"/people/teams/{small.pk}/move/", sent).status_code == 302
    small.refresh_from_db()
    assert small.parent == cast.detection


def test_the_tree_is_open_along_one_path_and_closed_elsewhere() -> None:
    cast = people.enter()
    stella = signed_in(cast.stella)
    closed = text(stella.get("/people/teams/"))
    assert "Detection" in closed
    assert "SOC night" not in closed
    assert "SOC night" in text(stella.get(f"/people/teams/?at={cast.detection.pk}"))
    assert "Security / Detection / SOC night" in text(stella.get("/people/teams/?q=night"))
    assert stella.get("/people/teams/?at=%00nothing").status_code == 200
