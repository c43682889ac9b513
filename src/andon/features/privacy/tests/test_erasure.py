"""A person is erased from every room, also while a round is open, and nothing that others can check breaks."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connections
from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone

from andon.features.privacy import services
from andon.features.privacy.models import ErasureRequest
from andon.foundation.audit import public as audit
from andon.foundation.audit.models import AuditEntry
from andon.foundation.configuration import public as configuration
from andon.foundation.organisation.models import Duty, Membership
from andon.foundation.people.models import Member
from tests.lived_in import ALIASES, ANSWERS, LivedIn

pytestmark = pytest.mark.django_db(databases="__all__")


def everything_stored() -> str:
    """Every cell of every table of all four databases, as text."""
    cells = []
    for alias in ALIASES:
        with connections[alias].cursor() as cursor:
            for table in connections[alias].introspection.table_names(cursor):
                cursor.execute(f'SELECT * FROM "{table}"')
                for row in cursor.fetchall():
                    cells += [as_text(cell) for cell in row]
    return "\n".join(cells)


def log_entries() -> list[tuple[int, str]]:
    return list(apps.get_model("publiclog", "LogEntry").objects.order_by("index").values_list("index", "hash"))


def all_released() -> list[Any]:
    found = apps.get_model("releases", "ReleasedUnit").objects.order_by("round_id", "unit_id")
    return list(found.values_list("round_id", "unit_id", "figures", "slots"))


def as_text(cell: object) -> str:
    return bytes(cell).decode("latin-1") if isinstance(cell, (bytes, memoryview)) else str(cell)


def stored(house: LivedIn, name: str) -> Member:
    """The member, read anew: deleting one empties the id of the value that it was asked with."""
    return Member.objects.get(pk=house.people[name].pk)


def traces_of(member: Member, stored: str) -> list[str]:
    """What of the member stands in the text: name, address, id in each of its spellings."""
    spellings = (member.name, member.email, str(member.pk), member.pk.hex)
    return [words for words in spellings if words.lower() in stored.lower()]


def test_nothing_of_an_erased_member_is_left_in_any_table(lived_in: LivedIn) -> None:
    bo = stored(lived_in, "Bo")
    audit.record(kind="person.changed", by=bo, at=lived_in.now, about=bo)
    services.ask(member=bo, on=lived_in.now.date())
    assert len(traces_of(bo, everything_stored())) >= 3
    services.erase(member=stored(lived_in, "Bo"), by=lived_in.people["Stella"], at=lived_in.now)
    assert traces_of(bo, everything_stored()) == []


def test_the_look_into_the_tables_would_see_a_name_that_stayed(lived_in: LivedIn) -> None:
    """The planted fault: a name in a fact of the change log, which erasing cannot find."""
    eve = stored(lived_in, "Eve")
    audit.record(kind="person.changed", by=None, at=lived_in.now, subject=eve.name)
    services.erase(member=stored(lived_in, "Eve"), by=None, at=lived_in.now)
    assert traces_of(eve, everything_stored()) == [eve.name]


def test_log_releases_and_figures_stay_as_they_were(lived_in: LivedIn) -> None:
    reader = Client()
    reader.force_login(lived_in.people["Ada"])
    report = f"/results/{lived_in.rounds['released']}/"
    entries = log_entries()
    released = all_released()
    before = re.sub(r"csrf[^>]*", "", reader.get(report).content.decode())
    services.erase(member=stored(lived_in, "Bo"), by=None, at=lived_in.now)
    assert log_entries() == entries
    after = all_released()
    assert after == released
    figures = re.findall(r'class="band[^"]*"[^<]*', before)
    assert figures
    assert re.findall(r'class="band[^"]*"[^<]*', reader.get(report).content.decode()) == figures


def test_an_answer_of_an_open_round_stays_counted_and_no_second_slip_is_given(lived_in: LivedIn) -> None:
    opened = lived_in.rounds["open"]
    lived_in.answer(opened, ["Bo", "Ada", *[f"Ada {n}" for n in range(1, 5)]], ANSWERS)
    count = apps.get_model("ballots", "Ballot").objects.filter(round_id=opened).count()
    browser = Client()
    browser.force_login(lived_in.people["Bo"])
    services.erase(member=stored(lived_in, "Bo"), by=None, at=lived_in.now)
    assert apps.get_model("ballots", "Ballot").objects.filter(round_id=opened).count() == count
    assert browser.get("/").status_code == 302
    assert browser.get("/slips/offer/").status_code == 401
    # What the close then counts is what is in the box (rounds/tests/test_erasing.py closes such a round).
    with pytest.raises(AssertionError):
        lived_in.slip("Bo", opened)


def test_the_change_log_keeps_its_entries_and_says_that_somebody_was_erased(lived_in: LivedIn) -> None:
    ada = stored(lived_in, "Ada")
    entries = AuditEntry.objects.count()
    assert AuditEntry.objects.filter(by=ada).exists()
    services.erase(member=stored(lived_in, "Ada"), by=lived_in.people["Stella"], at=lived_in.now)
    assert AuditEntry.objects.count() == entries + 1
    reader = Client()
    reader.force_login(lived_in.people["Eve"])
    page = reader.get("/audit/").content.decode()
    assert "somebody who was erased" in page
    assert "A person was erased" in page
    assert ada.name not in page


def test_the_only_steward_stays(lived_in: LivedIn) -> None:
    stella = stored(lived_in, "Stella")
    with pytest.raises(services.LastSteward):
        services.erase(member=stella, by=stella, at=lived_in.now)
    assert Member.objects.filter(pk=stella.pk).exists()
    Duty.objects.create(member=lived_in.people["Eve"], role=Duty.Role.STEWARD)
    services.erase(member=stella, by=stella, at=lived_in.now)
    assert AuditEntry.objects.filter(kind="person.erased", by=None).exists()


def test_two_stewards_who_are_erased_at_once_look_one_after_the_other(
    lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite has one writer anyway. On PostgreSQL each would see the other still there, and nobody would be left."""
    held: list[str] = []
    lock = QuerySet.select_for_update

    def noting(query: Any, *args: Any, **more: Any) -> Any:
        held.append(query.model.__name__)
        return lock(query, *args, **more)

    monkeypatch.setattr(QuerySet, "select_for_update", noting)
    services.erase(member=stored(lived_in, "Bo"), by=None, at=lived_in.now)
    assert "Duty" in held


def test_a_member_asks_a_steward_erases_and_the_member_may_take_it_back(lived_in: LivedIn) -> None:
    bo, stella = Client(), Client()
    bo.force_login(lived_in.people["Bo"])
    stella.force_login(lived_in.people["Stella"])
    bo.post("/privacy/erase-me/")
    assert lived_in.people["Bo"].email in stella.get("/privacy/requests/").content.decode()
    assert "Take back your request" in bo.get("/verify/me/").content.decode()
    bo.post("/privacy/erase-me/")
    assert "Nobody asked" in stella.get("/privacy/requests/").content.decode()
    bo.post("/privacy/erase-me/")
    address = f"/privacy/erase/{lived_in.people['Bo'].pk}/"
    assert "at once and for ever" in stella.get(address).content.decode()
    # A name is typed: nobody is erased by one click, nor because the page of somebody else was open.
    for typed in ("", "Stella Marin", "stella@example.org", "erase"):
        page = stella.post(address, {"person": typed})
        assert page.status_code == 200
        assert Member.objects.filter(pk=lived_in.people["Bo"].pk).exists()
    assert "Nobody was erased" in page.content.decode()
    assert stella.post(address, {"person": f"  {lived_in.people['Bo'].email.upper()} "}).status_code == 302
    assert not ErasureRequest.objects.exists()
    assert stella.get(address).status_code == 404


def test_who_left_is_erased_when_the_organisation_says_so_and_not_before(lived_in: LivedIn) -> None:
    bo, eve = lived_in.people["Bo"], lived_in.people["Eve"]
    for member, days in ((bo, 400), (eve, 20)):
        Membership.objects.filter(member=member).update(ends_on=(lived_in.now - timedelta(days=days)).date())
        Member.objects.filter(pk=member.pk).update(is_active=False)
    assert services.erase_left(lived_in.now) == 0
    configuration.write({"retention.left_months": 12}, by=None, at=lived_in.now)
    assert services.erase_left(lived_in.now) == 1
    assert not Member.objects.filter(email=bo.email).exists()
    assert Member.objects.filter(email=eve.email).exists()
    # Nobody who is here, and nobody who came back.
    assert Member.objects.filter(is_active=True).count() == len(lived_in.people) + 1 - 2
    assert services.erase_left(lived_in.now) == 0


def test_before_people_are_erased_by_themselves_it_is_said_how_many_that_is_now(lived_in: LivedIn) -> None:
    for name, days in (("Bo", 400), ("Eve", 60)):
        Membership.objects.filter(member=lived_in.people[name]).update(
            ends_on=(timezone.now() - timedelta(days=days)).date()
        )
        Member.objects.filter(pk=lived_in.people[name].pk).update(is_active=False)
    client = Client()
    client.force_login(lived_in.people["Stella"])
    sent = {"retention-left_months": "1", "retention-comments_months": "12"}
    page = client.post("/settings/retention/", sent).content.decode()
    assert "nobody can bring them back. It begins at once, with 2 people." in page
    assert configuration.read("retention.left_months") == 0
    [agreed] = re.findall(r'name="agreed" value="(\w+)"', page)
    # One of them came back meanwhile: what was read is not what would happen.
    Member.objects.filter(pk=lived_in.people["Eve"].pk).update(is_active=True)
    page = client.post("/settings/retention/", sent | {"agreed": agreed}).content.decode()
    assert "It begins at once, with 1 person." in page
    [agreed] = re.findall(r'name="agreed" value="(\w+)"', page)
    assert client.post("/settings/retention/", sent | {"agreed": agreed}).status_code == 302
    assert configuration.read("retention.left_months") == 1
    # Keeping them for longer takes nothing from anybody.
    for months in ("24", "0"):
        assert client.post("/settings/retention/", sent | {"retention-left_months": months}).status_code == 302
    asked = client.post("/settings/retention/", {"retention-left_months": "0", "retention-comments_months": "3"})
    assert "Comments are deleted by themselves" in asked.content.decode()


def test_everything_is_rolled_back_together(lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_named: Any) -> None:
        raise RuntimeError

    before = traces_of(lived_in.people["Bo"], everything_stored())
    monkeypatch.setattr(services.audit, "record", fail)
    with pytest.raises(RuntimeError):
        services.erase(member=Member.objects.get(email="bo@example.org"), by=None, at=lived_in.now)
    assert traces_of(lived_in.people["Bo"], everything_stored()) == before


def test_the_notice_says_what_the_organisation_wrote_and_admits_when_it_wrote_nothing(lived_in: LivedIn) -> None:
    client = Client()
    assert "has not written its part yet" in client.get("/privacy/").content.decode()
    configuration.write(
        {"privacy.controller": "Lanternworks <b>Ltd</b>", "privacy.ground": "interest", "retention.left_months": 6},
        by=None,
        at=lived_in.now,
    )
    page = client.get("/privacy/").content.decode()
    assert "Lanternworks &lt;b&gt;Ltd&lt;/b&gt;" in page
    assert "legitimate interest" in page
    assert "after 6 months" in page


def test_what_is_held_comes_as_a_text_too(lived_in: LivedIn) -> None:
    client = Client()
    client.force_login(lived_in.people["Bo"])
    answer = client.get("/verify/me/text/")
    assert answer["Content-Type"].startswith("text/plain")
    text = answer.content.decode()
    for words in ("Your account", "bo@example.org", "Where you belong", "Detection", "Nothing."):
        assert words in text
    assert "eve@example.org" not in text


def test_erasing_needs_no_file_of_the_key_directory(lived_in: LivedIn, settings: Any, tmp_path: Path) -> None:
    settings.KEY_DIRECTORY = tmp_path / "not-mounted"
    services.erase(member=stored(lived_in, "Bo"), by=None, at=lived_in.now)
