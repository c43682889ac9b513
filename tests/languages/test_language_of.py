"""Who reads which language: the reader's choice, else what the browser asks for, else the organisation's."""

from datetime import UTC, datetime

import pytest
from django.core import mail
from django.test import Client
from django.utils import formats, timezone, translation

from andon.foundation.configuration import public as configuration
from andon.foundation.organisation import languages
from andon.foundation.people import invitations, letters
from andon.foundation.people.models import Member
from tests.lived_in import LivedIn

pytestmark = pytest.mark.django_db(databases="__all__")


def organisation_speaks(language: str) -> None:
    configuration.write({"organisation.language": language}, by=None, at=datetime(2026, 3, 2, tzinfo=UTC))


def language_of(page: object) -> str:
    answer = page.content.decode()
    said = page.headers["Content-Language"]
    assert f'<html lang="{said}"' in answer
    return said


def chooses(house: LivedIn, language: str) -> Client:
    client = Client()
    Member.objects.filter(pk=house.people["Bo"].pk).update(language=language)
    client.force_login(house.people["Bo"])
    return client


@pytest.mark.parametrize(
    ("chosen", "asked", "own", "shown"),
    [
        ("de", "en", "en", "de"),
        ("en", "de", "de", "en"),
        ("", "de-AT,de;q=0.8,en;q=0.5", "en", "de"),
        ("", "fr,de;q=0.1", "en", "de"),
        ("", "fr", "de", "de"),
        ("", "fr,*;q=0.5", "de", "de"),
        ("", "", "de", "de"),
        ("", "", "en", "en"),
        ("xx", "fr", "de", "de"),
        ("", "not a language at all;;q=x", "de", "de"),
    ],
)
def test_the_readers_choice_comes_first_then_the_browser_then_the_organisation(
    lived_in: LivedIn, chosen: str, asked: str, own: str, shown: str
) -> None:
    organisation_speaks(own)
    client = chooses(lived_in, chosen)
    page = client.get("/", headers={"Accept-Language": asked})
    assert language_of(page) == shown
    assert "Accept-Language" in page.headers["Vary"]


def test_nobody_signed_in_reads_what_the_browser_asks_for(lived_in: LivedIn) -> None:
    organisation_speaks("de")
    for asked, shown in (("en", "en"), ("de", "de"), ("fr", "de"), ("", "de")):
        assert language_of(Client().get("/accounts/login/", headers={"Accept-Language": asked})) == shown


def test_a_language_that_this_version_does_not_have_is_english(lived_in: LivedIn) -> None:
    organisation_speaks("de")
    configuration.write({"organisation.language": "xx"}, by=None, at=timezone.now())
    assert languages.own() == "en"


def test_a_cookie_chooses_no_language(lived_in: LivedIn) -> None:
    client = Client()
    client.cookies["django_language"] = "de"
    assert language_of(client.get("/accounts/login/", headers={"Accept-Language": "en"})) == "en"


def test_what_programs_ask_for_needs_no_database_for_its_language(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):
        Client().get("/healthz")
        Client().get("/.well-known/andon")


def test_on_you_a_member_chooses_german_and_english_again(lived_in: LivedIn) -> None:
    client = chooses(lived_in, "")
    page = client.get("/you/").content.decode()
    assert ">Deutsch</option>" in page
    assert ">English</option>" in page
    client.post("/you/", {"language": "de", "time_zone": ""})
    assert language_of(client.get("/", headers={"Accept-Language": "en"})) == "de"
    client.post("/you/", {"language": "en", "time_zone": ""})
    page = client.get("/you/", headers={"Accept-Language": "de"})
    assert language_of(page) == "en"
    # What is said of the choice is said in the language that was chosen.
    assert "Your choice is saved." in page.content.decode()


def test_letters_go_out_in_the_language_of_who_gets_them(lived_in: LivedIn) -> None:
    """Also when somebody with another language caused them."""
    bo, stella = lived_in.people["Bo"], lived_in.people["Stella"]
    Member.objects.filter(pk=bo.pk).update(language="de", has_signed_in=False)
    bo.refresh_from_db()
    with translation.override("en"):
        invitations.invite(bo, by=stella, at=timezone.now())
        letters.tell_old_address("bo@old.example.org", bo.language)
        letters.send_code(bo, "ABC")
        Client().post("/accounts/login/", {"email": bo.email}, headers={"Accept-Language": "en"})
    assert len(mail.outbox) == 4
    for letter in mail.outbox:
        assert is_german(letter), letter.subject
    mail.outbox.clear()
    Member.objects.filter(pk=bo.pk).update(language="en")
    bo.refresh_from_db()
    with translation.override("de"):
        letters.send_code(bo, "ABC")
        letters.tell_old_address("bo@old.example.org", bo.language)
    assert not any(is_german(letter) for letter in mail.outbox)


def test_without_a_choice_a_letter_that_was_asked_for_has_the_language_of_the_page(lived_in: LivedIn) -> None:
    organisation_speaks("en")
    for address in (lived_in.people["Bo"].email, "stranger@example.org"):
        Client().post("/accounts/login/", {"email": address}, headers={"Accept-Language": "de"})
    assert len(mail.outbox) == 2
    assert all(is_german(letter) for letter in mail.outbox)


def test_without_a_choice_a_letter_that_others_caused_has_the_organisations(lived_in: LivedIn) -> None:
    organisation_speaks("de")
    bo = lived_in.people["Bo"]
    Member.objects.filter(pk=bo.pk).update(has_signed_in=False)
    with translation.override("en"):
        invitations.invite(bo, by=lived_in.people["Stella"], at=timezone.now())
    [letter] = mail.outbox
    assert is_german(letter)


def is_german(letter: mail.EmailMessage) -> bool:
    words = set(str(letter.body).lower().split())
    return len(words & {"du", "dein", "deine", "und", "nicht", "der", "die", "das"}) > len(words & {"you", "the", "it"})


@pytest.mark.parametrize(
    ("language", "date", "moment", "number"),
    [
        ("en", "2 March 2026", "2 March 2026, 15:04 UTC", "1,234.5"),
        ("de", "2. März 2026", "2. März 2026, 15:04 UTC", "1.234,5"),
    ],
)
def test_dates_and_numbers_are_written_as_the_language_writes_them(
    language: str, date: str, moment: str, number: str
) -> None:
    at = datetime(2026, 3, 2, 15, 4, tzinfo=UTC)
    with translation.override(language), timezone.override(UTC):
        assert formats.date_format(at) == date
        assert formats.date_format(at, "DATETIME_FORMAT") == moment
        assert formats.number_format(1234.5, use_l10n=True, force_grouping=True) == number
