from datetime import UTC, datetime

import pytest
from django.test import Client

from andon.foundation.audit import public as audit
from andon.foundation.organisation.tests import cast as people

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def read(client: Client, page: str = "") -> str:
    return client.get(f"/audit/{page}").content.decode()


def test_every_member_reads_what_was_changed_by_whom_and_when() -> None:
    cast = people.enter()
    audit.record(kind="people.imported", by=cast.stella, at=NOW, subject="Security", joined=3, empty="")
    audit.record(kind="unheard_of.thing", by=None, at=NOW)
    client = Client()
    client.force_login(cast.bo)
    page = read(client)
    for words in (
        "People were imported from a file",
        "Stella Marin",
        "joined: 3",
        "unheard of: thing",
        "the service itself",
    ):
        assert words in page
    assert "empty" not in page


def test_nobody_else_does() -> None:
    assert Client().get("/audit/").status_code == 302


def test_the_log_has_pages_and_an_empty_one_teaches_what_it_is() -> None:
    cast = people.enter()
    client = Client()
    client.force_login(cast.bo)
    assert "Nothing was changed yet" in read(client)
    for number in range(51):
        audit.record(kind="a.change", by=None, at=NOW, subject=f"number {number}")
    assert "number 50" in read(client)
    assert "number 0" not in read(client)
    assert "number 0" in read(client, "?page=2")
    assert "number 0" in read(client, "?page=nonsense2") or "number 50" in read(client, "?page=nonsense2")


def test_the_page_does_not_promise_that_an_erased_name_stays() -> None:
    cast = people.enter()
    audit.record(kind="a.change", by=cast.stella, at=NOW)
    audit.forget_person(cast.stella.pk)
    client = Client()
    client.force_login(cast.bo)
    assert "Stella Marin" not in read(client)
    assert "their name goes, and the entry says that somebody was erased" in read(client)
