import re
from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import NoReverseMatch, reverse

from andon.foundation.notifications import public as notifications
from andon.foundation.organisation.tests import cast as people
from andon.foundation.people.models import Member

pytestmark = pytest.mark.django_db
ROLES = ["member", "lead", "steward", "auditor", "facilitator"]
PASSWORD = "several plain words"


@pytest.fixture(autouse=True)
def _nobody_has_tried_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def bo() -> Member:
    return people.enter().bo


def ask_for_code(client: Client, email: str) -> str:
    page = client.post("/accounts/login/", {"email": email}, follow=True)
    assert page.status_code == 200
    return page.content.decode()


def code_in(letter: object) -> str:
    [code] = re.findall(r"^\s{4}(\S+)$", letter.body, flags=re.MULTILINE)  # type: ignore[attr-defined]
    return str(code)


def sign_in_by_code(client: Client, email: str) -> object:
    ask_for_code(client, email)
    return client.post("/accounts/login/code/confirm/", {"code": code_in(mail.outbox[-1])})


def is_signed_in(client: Client) -> bool:
    return client.get("/you/").status_code == 200


def test_a_member_signs_in_with_a_code_by_mail(bo: Member) -> None:
    client = Client()
    answer = sign_in_by_code(client, "BO@example.org")
    assert answer["Location"] == "/"  # type: ignore[index]
    assert is_signed_in(client)
    [letter] = mail.outbox
    assert (letter.to, letter.subject) == (["bo@example.org"], "Your code for Andon")
    assert "http" not in letter.body


def test_a_wrong_code_does_not_sign_in(bo: Member) -> None:
    client = Client()
    ask_for_code(client, bo.email)
    page = client.post("/accounts/login/code/confirm/", {"code": "AAAA-AAAA"})
    assert "not the code that was sent last" in page.content.decode()
    assert not is_signed_in(client)


def test_one_comes_back_to_the_page_that_was_asked_for(bo: Member) -> None:
    client = Client()
    client.post("/accounts/login/?next=/audit/", {"email": bo.email, "next": "/audit/"})
    code = code_in(mail.outbox[-1])
    answer = client.post("/accounts/login/code/confirm/?next=/audit/", {"code": code, "next": "/audit/"})
    assert answer["Location"] == "/audit/"


def test_a_known_and_an_unknown_address_see_the_same_and_get_one_letter_each(bo: Member) -> None:
    def seen(email: str) -> str:
        page = ask_for_code(Client(), email)
        return re.sub(r'(value|content)="\w{64}"', "", page.replace(email, "ADDRESS"))

    assert seen(bo.email) == seen("no@example.org")
    assert [letter.to for letter in mail.outbox] == [["bo@example.org"], ["no@example.org"]]
    assert mail.outbox[0].subject == mail.outbox[1].subject


def test_a_member_who_was_closed_out_looks_unknown(bo: Member) -> None:
    Member.objects.filter(pk=bo.pk).update(is_active=False)
    client = Client()
    ask_for_code(client, bo.email)
    assert "no member with it" in mail.outbox[0].body
    assert not is_signed_in(client)


def test_a_password_is_the_second_way(bo: Member) -> None:
    bo.set_password(PASSWORD)
    bo.save()
    client = Client()
    client.post("/accounts/login/password/", {"login": bo.email, "password": PASSWORD})
    assert is_signed_in(client)


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(bo: Member) -> None:
    def answer(email: str) -> str:
        page = Client().post("/accounts/login/password/", {"login": email, "password": "wrong"}).content.decode()
        return re.sub(r'(value|content)="\w{64}"', "", page.replace(email, "ADDRESS"))

    assert answer(bo.email) == answer("no@example.org")


def test_guessing_is_slowed_down(bo: Member) -> None:
    for _ in range(11):
        page = Client().post("/accounts/login/password/", {"login": bo.email, "password": "wrong"})
    assert "too often" in page.content.decode()


def test_nobody_signs_themselves_up() -> None:
    client = Client()
    assert "added by a steward" in client.get("/accounts/signup/").content.decode()
    fields = {"email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD}
    assert client.post("/accounts/signup/", fields).status_code == 405
    assert not Member.objects.exists()


@pytest.mark.parametrize(
    "name",
    ["account_email", "account_reset_password", "mfa_index", "account_confirm_email", "account_signup_by_passkey"],
)
def test_pages_that_are_not_offered_have_no_address(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_there_is_no_cookie_beside_those_of_session_and_form(bo: Member) -> None:
    client = Client()
    sign_in_by_code(client, bo.email)
    client.get("/you/")
    assert set(client.cookies) == {django_settings.SESSION_COOKIE_NAME, django_settings.CSRF_COOKIE_NAME}


def test_the_time_of_signing_in_is_not_kept_on_the_member(bo: Member) -> None:
    before = Member.objects.filter(pk=bo.pk).values().get()
    sign_in_by_code(Client(), bo.email)
    assert Member.objects.filter(pk=bo.pk).values().get() == before | {"has_signed_in": True}
    assert not [field.name for field in Member._meta.get_fields() if "login" in field.name]


def test_signing_out_is_asked_first_and_then_done(bo: Member) -> None:
    client = Client()
    client.force_login(bo)
    assert "Stay signed in" in client.get("/accounts/logout/").content.decode()
    assert is_signed_in(client)
    assert "Clear-Site-Data" not in client.get("/accounts/logout/").headers
    copied = Client()
    copied.cookies["andon"] = client.cookies["andon"].value
    assert is_signed_in(copied)
    # Cookies of other names of the organisation's, and what other tabs store, are nobody's business here.
    assert client.post("/accounts/logout/")["Clear-Site-Data"] == '"cache"'
    assert not is_signed_in(client)
    # Not only the cookie is gone: a copy of it signs nobody in any more.
    assert not is_signed_in(copied)


def test_a_member_without_a_password_may_set_one(bo: Member) -> None:
    client = Client()
    client.force_login(bo)
    weak = client.post("/accounts/password/set/", {"password1": "short", "password2": "short"})
    assert weak.status_code == 200
    client.post("/accounts/password/set/", {"password1": PASSWORD, "password2": PASSWORD})
    assert Member.objects.get(pk=bo.pk).check_password(PASSWORD)


def test_a_forgotten_password_is_replaced_after_a_code_and_not_otherwise(bo: Member) -> None:
    bo.set_password("the forgotten words")
    bo.save()
    new = {"password1": PASSWORD, "password2": PASSWORD}
    by_password = Client()
    by_password.post("/accounts/login/password/", {"login": bo.email, "password": "the forgotten words"})
    by_password.post("/accounts/password/change/", new)
    assert Member.objects.get(pk=bo.pk).check_password("the forgotten words")
    by_code = Client()
    sign_in_by_code(by_code, bo.email)
    by_code.post("/accounts/password/change/", new)
    assert Member.objects.get(pk=bo.pk).check_password(PASSWORD)


def test_a_mail_server_that_is_away_is_told_in_words(bo: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise notifications.MailNotSent

    monkeypatch.setattr("andon.foundation.people.adapter.send", refuse)
    page = Client().post("/accounts/login/", {"email": bo.email})
    assert page.status_code == 503
    assert "nothing was changed" in page.content.decode()


@pytest.mark.parametrize("role", ROLES)
def test_a_demonstration_has_one_button_for_each_role(role: str, settings: object) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]
    member = Member.objects.create_user(f"demo-{role}@example.org", f"Demo {role}")
    assert f"/demo/sign-in/{role}/" in Client().get("/accounts/login/").content.decode()
    client = Client()
    assert client.post(f"/demo/sign-in/{role}/")["Location"] == "/"
    assert member.name in client.get("/you/").content.decode()


@pytest.mark.parametrize("role", ROLES)
def test_outside_a_demonstration_nobody_signs_in_by_button(role: str, settings: object) -> None:
    settings.DEMO = False  # type: ignore[attr-defined]
    Member.objects.create_user(f"demo-{role}@example.org", f"Demo {role}")
    assert "/demo/" not in Client().get("/accounts/login/").content.decode()
    client = Client()
    assert client.post(f"/demo/sign-in/{role}/").status_code == 404
    assert not is_signed_in(client)


def test_a_demonstration_signs_in_only_its_own_people(settings: object, bo: Member) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]
    client = Client()
    for name in ("member", "bo", "root"):
        assert client.post(f"/demo/sign-in/{name}/").status_code == 404
    Member.objects.create_user("demo-member@example.org", "Demo")
    assert client.get("/demo/sign-in/member/").status_code == 405
    assert not is_signed_in(client)


def test_the_profile_tells_what_the_app_knows(bo: Member) -> None:
    client = Client()
    client.force_login(bo)
    page = client.get("/you/").content.decode()
    for words in ("Bo Lindqvist", "bo@example.org", "Security / Detection / SOC night", "member"):
        assert words in page


def test_a_chosen_language_is_kept_and_used(bo: Member, settings: object) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]  # type: ignore[attr-defined]
    client = Client()
    client.force_login(bo)
    client.post("/you/", {"language": "de"})
    assert Member.objects.get(pk=bo.pk).language == "de"
    assert '<html lang="de">' in client.get("/you/").content.decode()
    assert client.post("/you/", {"language": "xx"}).status_code == 200
    assert Member.objects.get(pk=bo.pk).language == "de"
