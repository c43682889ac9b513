import base64

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from andon.foundation.organisation import public as organisation
from andon.foundation.organisation import queries
from andon.foundation.organisation.tests import cast as people
from andon.foundation.people.models import Member

pytestmark = pytest.mark.django_db
GOOD = b"email,name,team\nnew@example.org,New One,Security/Detection/SOC dawn\n"


def signed_in(member: Member) -> Client:
    client = Client()
    client.force_login(member)
    return client


def upload(client: Client, content: bytes) -> object:
    return client.post("/people/import/", {"file": SimpleUploadedFile("people.csv", content)})


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


@pytest.mark.parametrize("name", ["ada", "bo"])
def test_only_a_steward_imports(name: str) -> None:
    client = signed_in(getattr(people.enter(), name))
    assert client.get("/people/import/").status_code == 404
    assert upload(client, GOOD).status_code == 404  # type: ignore[attr-defined]
    packed = base64.b64encode(GOOD).decode()
    assert client.post("/people/import/confirm/", {"content": packed}).status_code == 404
    assert not Member.objects.filter(email="new@example.org").exists()


def test_a_steward_sees_what_would_change_and_then_confirms_it() -> None:
    client = signed_in(people.enter().stella)
    preview = upload(client, GOOD)
    assert "SOC dawn" in preview.content.decode()  # type: ignore[attr-defined]
    assert not Member.objects.filter(email="new@example.org").exists()
    packed = preview.context["form"].initial["content"]  # type: ignore[attr-defined]
    done = client.post("/people/import/confirm/", {"content": packed}, follow=True)
    assert "1 person joined" in done.content.decode()
    assert Member.objects.filter(email="new@example.org").exists()


def test_a_refused_file_lists_its_rows_and_escapes_them() -> None:
    page = upload(signed_in(people.enter().stella), b"email,name,team\n<b>x</b>,X,Security\n")
    assert page.status_code == 422  # type: ignore[attr-defined]
    assert "&lt;b&gt;x&lt;/b&gt;" in page.content.decode()  # type: ignore[attr-defined]


@pytest.mark.parametrize("content", [b"", b"x" * 1_600_000])
def test_a_file_that_is_empty_or_too_large_is_refused_before_it_is_read(content: bytes) -> None:
    page = upload(signed_in(people.enter().stella), content)
    assert "Nothing was changed" in page.content.decode()  # type: ignore[attr-defined]


def test_a_confirmation_that_arrives_broken_changes_nothing() -> None:
    client = signed_in(people.enter().stella)
    page = client.post("/people/import/confirm/", {"content": "%%%"}, follow=True)
    assert "did not arrive whole" in page.content.decode()


def test_an_organisation_is_founded_once() -> None:
    from datetime import UTC, datetime

    now = datetime(2026, 3, 2, tzinfo=UTC)
    founded = organisation.create_organisation(name="Lanternworks", steward_public_key="k" * 43, at=now)
    assert organisation.current() == founded
    [top] = organisation.tree(root_id=None, on=now.date())
    assert (top.name, top.parent_id) == ("Lanternworks", None)
    with pytest.raises(organisation.AlreadyFounded):
        organisation.create_organisation(name="Another", steward_public_key="k" * 43, at=now)
