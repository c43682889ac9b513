import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from andon.foundation.audit.models import AuditEntry
from andon.foundation.organisation import file_views, forms, importing, membership, tasks, waiting
from andon.foundation.organisation.file_words import bad_rows_csv
from andon.foundation.organisation.models import Membership, PeopleFile
from andon.foundation.organisation.tests import cast as people
from andon.foundation.people.models import Member

pytestmark = pytest.mark.django_db
GOOD = b"email,name,team\nnew@example.org,New One,Security/Detection/SOC dawn\n"
BAD = b"email,name,team\n<b>x</b>,=cmd,Security\n"
COMPLETE = b"email,name,team\nstella@example.org,Stella Marin,Security\n"


@pytest.fixture(autouse=True)
def _data(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.DATA_DIRECTORY = tmp_path
    yield
    assert list(tmp_path.iterdir()) == [], "no progress is left behind"


def signed_in(member: Member) -> Client:
    client = Client()
    client.force_login(member)
    return client


def upload(client: Client, content: bytes, **fields: str) -> Any:
    return client.post("/people/import/", {"file": SimpleUploadedFile("people.csv", content), **fields}, follow=True)


def work() -> None:
    """What the worker does within a second or two."""
    for _key, task, args in list(tasks._due(timezone.now())):
        task.func(*args)


def page_of(client: Client) -> str:
    work()
    [file] = PeopleFile.objects.all()
    return client.get(f"/people/import/{file.pk}/").content.decode()


def answer(client: Client, word: str, **fields: object) -> str:
    [file] = PeopleFile.objects.all()
    return client.post(f"/people/import/{file.pk}/{word}/", fields, follow=True).content.decode()


@pytest.mark.parametrize("name", ["ada", "bo"])
def test_only_a_steward_imports_or_sees_a_file(name: str) -> None:
    cast = people.enter()
    client = signed_in(getattr(cast, name))
    assert client.get("/people/import/").status_code == 404
    assert upload(client, GOOD).status_code == 404
    assert not PeopleFile.objects.exists()
    file = waiting.start(content=GOOD, is_complete=False, team="", by=cast.stella, at=timezone.now())
    work()
    for address in ("", "progress/", "bad-rows.csv"):
        assert client.get(f"/people/import/{file.pk}/{address}").status_code == 404
    for address in ("yes/", "cancel/"):
        assert client.post(f"/people/import/{file.pk}/{address}").status_code == 404
    work()
    assert not Member.objects.filter(email="new@example.org").exists()
    assert signed_in(cast.stella).get(f"/people/import/{file.pk}/").status_code == 200


def test_a_steward_sees_what_would_change_and_nothing_is_changed_before_a_yes() -> None:
    client = signed_in(people.enter().stella)
    assert "The file is being read." in upload(client, GOOD).content.decode()
    page = page_of(client)
    assert "1 person joins" in page
    assert "Security / Detection / SOC dawn" in page
    assert not Member.objects.filter(email="new@example.org").exists()
    assert "The people are being imported." in answer(client, "yes")
    assert not Member.objects.filter(email="new@example.org").exists()
    assert "1 person joined" in page_of(client)
    assert Member.objects.filter(email="new@example.org").exists()
    file = PeopleFile.objects.get()
    assert bytes(file.content) == b""
    assert "new@example.org" not in str(file.outcome)
    assert AuditEntry.objects.get(kind="people.imported").by is not None


def test_a_yes_that_comes_twice_counts_once() -> None:
    client = signed_in(people.enter().stella)
    upload(client, GOOD)
    work()
    answer(client, "yes")
    answer(client, "yes")
    work()
    work()
    answer(client, "yes")
    work()
    assert AuditEntry.objects.filter(kind="people.imported").count() == 1


def test_a_file_that_is_cancelled_is_gone() -> None:
    client = signed_in(people.enter().stella)
    upload(client, GOOD)
    work()
    assert "Nothing was changed" in answer(client, "cancel")
    assert not PeopleFile.objects.exists()
    work()
    assert not Member.objects.filter(email="new@example.org").exists()


def test_what_has_begun_is_not_cancelled() -> None:
    client = signed_in(people.enter().stella)
    upload(client, GOOD)
    work()
    answer(client, "yes")
    assert "cannot be stopped" in answer(client, "cancel")
    work()
    assert Member.objects.filter(email="new@example.org").exists()


def test_a_file_is_forgotten_after_a_day_but_not_while_it_is_carried_out() -> None:
    stella = people.enter().stella
    day = timedelta(days=1, minutes=1)
    for step in PeopleFile.Step:
        PeopleFile.objects.create(by=stella, at=timezone.now() - day, content=GOOD, step=step)
    PeopleFile.objects.create(by=stella, at=timezone.now(), content=GOOD, step=PeopleFile.Step.READY)
    for _key, task, args in list(tasks._due(timezone.now())):
        if task is tasks.forget_people_file:
            task.func(*args)
    assert sorted(PeopleFile.objects.values_list("step", flat=True)) == ["ready", "writing"]


def test_a_refused_file_lists_its_rows_escaped_and_is_deleted() -> None:
    client = signed_in(people.enter().stella)
    upload(client, BAD)
    page = page_of(client)
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    file = PeopleFile.objects.get()
    assert (file.step, bytes(file.content)) == ("refused", b"")
    assert "Nothing was changed" in page


def test_what_is_wrong_is_said_in_the_language_of_the_page_on_which_the_file_was_chosen() -> None:
    client = signed_in(people.enter().stella)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    upload(client, BAD)
    assert "ist keine E-Mail-Adresse" in page_of(client)


def test_bad_rows_are_downloaded_with_their_reasons_and_without_formulas() -> None:
    client = signed_in(people.enter().stella)
    upload(client, BAD)
    work()
    got = client.get(f"/people/import/{PeopleFile.objects.get().pk}/bad-rows.csv")
    lines = got.content.decode("utf-8-sig").splitlines()
    assert got["Content-Disposition"].startswith("attachment")
    assert lines[0] == "line,reason,value,email,name,team"
    assert lines[1].endswith(",<b>x</b>,'=cmd,Security")


def test_rows_that_stand_twice_are_downloaded_whole() -> None:
    client = signed_in(people.enter().stella)
    upload(client, GOOD + b"new@example.org,New Two,Security\nother@example.org,Other,Security\n")
    work()
    got = client.get(f"/people/import/{PeopleFile.objects.get().pk}/bad-rows.csv").content.decode("utf-8-sig")
    assert [line.partition("new@example.org,")[2] for line in got.splitlines()] == [
        "",
        "new@example.org,New One,Security/Detection/SOC dawn",
        "new@example.org,New Two,Security",
    ]


def test_a_complete_file_without_the_steward_is_not_blamed_on_a_line() -> None:
    client = signed_in(people.enter().stella)
    upload(client, b"email,name,team\nbo@example.org,Bo Lindqvist,Security\n", is_complete="on")
    page = page_of(client)
    assert "would leave nobody as steward" in page
    assert "In no line" in page
    got = client.get(f"/people/import/{PeopleFile.objects.get().pk}/bad-rows.csv").content.decode("utf-8-sig")
    assert got.splitlines()[1].startswith(",would leave nobody")


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1", " =1"])
def test_no_cell_of_a_download_is_a_formula(cell: str) -> None:
    written = bad_rows_csv({"header": [cell], "bad_rows": [[1, cell, "wrong", [cell]]]}).decode("utf-8-sig")
    assert written.count(f"'{cell}") == 3


def test_a_complete_file_of_which_many_leave_asks_for_their_number() -> None:
    cast = people.enter()
    client = signed_in(cast.stella)
    upload(client, COMPLETE, is_complete="on")
    page = page_of(client)
    assert "3 people leave" in page
    assert "3 of 4 people, 75 %." in page
    for wrong in ({}, {"leaving": "2"}, {"leaving": "x"}):
        assert "The number is not right" in answer(client, "yes", **wrong)
        work()
        assert Member.objects.filter(is_active=True).count() == 4
    answer(client, "yes", leaving="3")
    work()
    assert list(Member.objects.filter(is_active=True)) == [cast.stella]
    # Whoever leaves is signed out at once.
    bo = signed_in(Member.objects.get(pk=cast.bo.pk))
    assert bo.get("/people/").status_code == 302


@pytest.mark.parametrize("rotates", [True, False], ids=["", "the planted fault: the epoch stays"])
def test_sessions_of_those_who_leave_end(monkeypatch: pytest.MonkeyPatch, rotates: bool) -> None:
    cast = people.enter()
    bo, stella = signed_in(cast.bo), signed_in(cast.stella)
    assert bo.get("/people/").status_code == 200
    if not rotates:
        monkeypatch.setattr(importing, "random_epoch", lambda: cast.bo.epoch)
    upload(stella, COMPLETE, is_complete="on")
    work()
    answer(stella, "yes", leaving="3")
    work()
    assert bo.get("/people/").status_code == 302
    # Somebody who is let in again does not find the old session alive.
    Member.objects.filter(pk=cast.bo.pk).update(is_active=True)
    assert bo.get("/people/").status_code == (302 if rotates else 200)


@pytest.mark.parametrize("rotates", [True, False], ids=["", "the planted fault: the epoch stays"])
def test_sessions_of_who_is_closed_by_hand_end_too(monkeypatch: pytest.MonkeyPatch, rotates: bool) -> None:
    cast = people.enter()
    bo = signed_in(cast.bo)
    assert bo.get("/people/").status_code == 200
    if not rotates:
        monkeypatch.setattr(membership, "random_epoch", lambda: cast.bo.epoch)
    now = timezone.now()
    membership.deactivate(member=cast.bo, by=cast.stella, at=now, on=now.date())
    assert bo.get("/people/").status_code == 302
    membership.reactivate(member=cast.bo, by=cast.stella, at=now)
    assert bo.get("/people/").status_code == (302 if rotates else 200)


def test_who_was_deactivated_by_hand_is_shown_and_comes_back_only_after_a_box_and_another_yes() -> None:
    cast = people.enter()
    now = timezone.now()
    membership.deactivate(member=cast.bo, by=cast.stella, at=now, on=now.date())
    client = signed_in(cast.stella)
    upload(client, b"email,name,team\nbo@example.org,Bo Lindqvist,Security/Detection/SOC night\n")
    page = page_of(client)
    assert "1 person was deactivated by hand and stays so" in page
    assert "Bo Lindqvist" in page
    assert "Also take back 1 person who was deactivated" in page
    answer(client, "yes", take_back="on")
    page = page_of(client)
    assert "1 person who had left or was deactivated comes back" in page
    assert not Member.objects.get(pk=cast.bo.pk).is_active
    answer(client, "yes")
    assert "stays so" in page_of(client), "the box was taken away again, so it is shown once more"
    answer(client, "yes", take_back="on")
    work()
    answer(client, "yes", take_back="on")
    assert "1 came back." in page_of(client)
    assert Member.objects.get(pk=cast.bo.pk).is_active


def test_without_the_box_a_file_leaves_out_who_was_deactivated_by_hand() -> None:
    cast = people.enter()
    now = timezone.now()
    membership.deactivate(member=cast.bo, by=cast.stella, at=now, on=now.date())
    client = signed_in(cast.stella)
    upload(client, GOOD + b"bo@example.org,Bo Lindqvist,Security\n")
    work()
    answer(client, "yes")
    assert "1 person joined. 1 person was deactivated by hand and stays so." in page_of(client)
    assert not Member.objects.get(pk=cast.bo.pk).is_active


def test_one_team_is_chosen_for_a_file_without_a_column_for_it() -> None:
    client = signed_in(people.enter().stella)
    upload(client, b"email,name\nnew@example.org,New One\n")
    assert "There is no column for the team" in page_of(client)
    PeopleFile.objects.all().delete()
    upload(client, b"email,name\nnew@example.org,New One\n", team="Detection")
    assert "Security / Detection" in page_of(client)


def test_what_changed_in_the_meantime_is_shown_again() -> None:
    cast = people.enter()
    client = signed_in(cast.stella)
    upload(client, b"email,name,team\nbo@example.org,Bo Lindqvist,Security/Detection\n")
    work()
    Membership.objects.filter(member=cast.bo).update(node=cast.appsec)
    answer(client, "yes")
    page = page_of(client)
    assert "Something else changed in the meantime" in page
    assert Membership.objects.get(member=cast.bo).node_id == cast.appsec.pk
    answer(client, "yes")
    work()
    assert Membership.objects.get(member=cast.bo, ends_on=None).node_id == cast.detection.pk


def test_a_failure_while_writing_leaves_everything_and_is_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in(people.enter().stella)
    upload(client, GOOD)
    work()
    answer(client, "yes")

    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(waiting, "_conclude", fail)
    with pytest.raises(RuntimeError):
        work()
    monkeypatch.undo()
    assert not Member.objects.filter(email="new@example.org").exists()
    assert PeopleFile.objects.get().step == "writing"
    work()
    assert Member.objects.filter(email="new@example.org").exists()


def test_the_page_says_how_far_it_is_while_the_database_says_nothing(tmp_path: Path) -> None:
    cast = people.enter()
    client = signed_in(cast.stella)
    file = waiting.start(content=GOOD, is_complete=False, team="", by=cast.stella, at=timezone.now())
    PeopleFile.objects.update(done=3, total=9)
    assert client.get(f"/people/import/{file.pk}/progress/").json()["words"] == "The file is being read. 3 of 9"
    PeopleFile.objects.update(step="writing")
    waiting._write_progress(file.pk, 5, 7)
    assert client.get(f"/people/import/{file.pk}/progress/").json()["done"] == 5
    assert 'value="5" max="7"' in client.get(f"/people/import/{file.pk}/").content.decode()
    waiting._progress_file(file.pk).unlink()
    assert client.get(f"/people/import/{file.pk}/progress/").json()["total"] == 0


def test_a_file_that_is_empty_or_too_large_is_refused_before_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "LARGEST_FILE_BYTES", 10)
    client = signed_in(people.enter().stella)
    for content in (b"", b"x" * 11):
        assert "Nothing was changed" in upload(client, content).content.decode()
    assert not PeopleFile.objects.exists()


def test_a_file_that_the_door_left_out_is_not_blamed_on_cookies() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.enter().stella)
    refused = client.post("/people/import/", headers={"Accept-Language": "en"}, **{"andon.left_out": True})
    assert refused.status_code == 413
    page = refused.content.decode()
    assert "This file is larger than 30 MB. Nothing was changed." in page
    assert "cookies" not in page
    assert client.post("/people/import/").status_code == 403


def test_a_file_that_waits_is_found_again() -> None:
    client = signed_in(people.enter().stella)
    upload(client, GOOD)
    work()
    assert "waiting for your yes" in client.get("/people/import/").content.decode()


def test_files_that_wait_are_told_apart_by_name_time_and_number_of_people() -> None:
    client = signed_in(people.enter().stella)
    for name, content in (("june.csv", GOOD), ("ju\u202ely<.csv", GOOD + b"two@example.org,Two,Security\n")):
        client.post("/people/import/", {"file": SimpleUploadedFile(name, content)})
    work()
    said = client.get("/people/import/").content.decode()
    day = date_format(timezone.localtime(), "DATE_FORMAT")
    for file, number in (("june.csv", "1 person in it"), ("july.csv", "2 people in it")):
        assert re.search(rf"<q class=.breaks.>{file}</q>, chosen by Stella Marin on {day}[^<]*, {number}\.", said)
    page = client.get(f"/people/import/{PeopleFile.objects.get(name='june.csv').pk}/").content.decode()
    assert "june.csv" in page


def test_a_file_of_another_kind_is_refused_before_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in(people.enter().stella)

    def said_of(name: str) -> str:
        answer = client.post("/people/import/", {"file": SimpleUploadedFile(name, GOOD)}, follow=True)
        return str(answer.content.decode())

    for name in ("people.xlsx", "people.csv.exe", "people", ".csv"):
        assert "does not end in .csv, .tsv or .txt. Nothing was changed" in said_of(name)
    assert not PeopleFile.objects.exists()
    # The twins: another of the three endings, in capitals, and a form that looks at no name.
    said_of("PEOPLE.TSV")
    assert PeopleFile.objects.count() == 1
    monkeypatch.setattr(forms.ChooseFile.base_fields["file"], "validators", [])
    said_of("people.exe")
    assert PeopleFile.objects.count() == 2


def test_the_same_file_again_would_change_nothing() -> None:
    client = signed_in(people.enter().stella)
    upload(client, b"email,name,team\nbo@example.org,Bo Lindqvist,Security/Detection/SOC night\n")
    assert "Nothing would change" in page_of(client)


def test_few_of_many_rows_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_views, "BAD_ROWS_SHOWN", 2)
    client = signed_in(people.enter().stella)
    upload(client, b"email,name,team\n" + b"x,X,Security\n" * 5)
    assert "And 8 more rows." in page_of(client)
