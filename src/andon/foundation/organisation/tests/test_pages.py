import pytest
from django.test import Client

from andon.foundation.organisation import public as organisation
from andon.foundation.organisation import queries
from andon.foundation.organisation.tests import cast as people
from andon.foundation.people.models import Member

pytestmark = pytest.mark.django_db


def signed_in(member: Member) -> Client:
    client = Client()
    client.force_login(member)
    return client


def test_every_member_sees_the_organisation_by_name() -> None:
    page = signed_in(people.enter().bo).get("/people/").content.decode()
    for words in ("Ada Okafor", "(leads)", "SOC night", "Application security", "Cy Tanaka"):
        assert words in page
    assert "Import people" not in page


def test_who_is_not_signed_in_is_sent_to_sign_in() -> None:
    assert Client().get("/people/")["Location"] == "/accounts/login/?next=/people/"


def test_a_large_tree_is_shown_one_level_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = people.enter()
    monkeypatch.setattr(queries, "NODES_AT_ONCE", 2)
    client = signed_in(cast.bo)
    page = client.get("/people/").content.decode()
    assert "Ada Okafor" not in page
    assert f"/people/in/{cast.detection.id}/" in page
    assert "SOC night" in client.get(f"/people/in/{cast.detection.id}/").content.decode()


def test_a_node_that_is_absent_is_not_found() -> None:
    assert signed_in(people.enter().bo).get("/people/in/nothing/").status_code == 404


def test_an_organisation_is_founded_once() -> None:
    from datetime import UTC, datetime

    now = datetime(2026, 3, 2, tzinfo=UTC)
    founded = organisation.create_organisation(name="Lanternworks", steward_public_key="k" * 43, at=now)
    assert organisation.current() == founded
    [top] = organisation.tree(root_id=None, on=now.date())
    assert (top.name, top.parent_id) == ("Lanternworks", None)
    with pytest.raises(organisation.AlreadyFounded):
        organisation.create_organisation(name="Another", steward_public_key="k" * 43, at=now)
