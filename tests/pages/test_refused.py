"""After a form was refused: the title says so first, the focus is where something is wrong, and no code comes back."""

import re
from typing import Any

import pytest
from django import forms
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from andon.foundation.audit.templatetags.audit import in_pieces
from andon.foundation.people.forms import AppCode, EnterCode, ShowAgain
from andon.foundation.people.models import AddressChange
from tests.lived_in import LivedIn, absent_id, undone

pytestmark = pytest.mark.django_db(databases="__all__")


def client_of(house: LivedIn, name: str) -> Client:
    client = Client()
    client.force_login(house.people[name])
    return client


def title_of(answer: Any) -> str:
    found = re.search(r"<title>(.*?)</title>", answer.content.decode(), re.DOTALL)
    assert found is not None
    return found[1]


def focused(answer: Any) -> list[str]:
    return re.findall(r'<(?:input|select|textarea)[^>]*name="(\w+)"[^>]*autofocus', answer.content.decode())


def test_a_refused_form_says_so_in_the_title_and_has_the_focus_in_its_first_wrong_field(lived_in: LivedIn) -> None:
    client = client_of(lived_in, "Stella")
    address = reverse("organisation:add_person")
    fresh = client.get(address)
    assert not title_of(fresh).startswith("Not yet right")
    assert focused(fresh) == []
    refused = client.post(address, {"name": "Zoe", "email": "zoe", "team": "Nowhere at all"})
    assert title_of(refused).startswith("Not yet right: ")
    wrong = re.findall(r'name="(\w+)"[^>]*aria-invalid="true"', refused.content.decode())
    assert len(wrong) > 1
    assert focused(refused) == wrong[:1]


def test_of_buttons_for_one_choice_the_first_has_the_focus(lived_in: LivedIn) -> None:
    share = reverse("results:share", args=[lived_in.rounds["security"]])
    page = client_of(lived_in, "Bo").post(share, {"node": "x"}).content.decode()
    assert page.count('type="radio" name="node"') > 1
    assert re.findall(r' id="(\w+)"', " ".join(re.findall(r"<input[^>]*autofocus[^>]*>", page))) == ["id_node_0"]


class Planted(forms.Form):
    leaves_focus = False
    name = forms.CharField()
    team = forms.CharField(help_text="Any.", widget=forms.HiddenInput)


def test_of_two_forms_on_a_page_one_has_the_focus() -> None:
    first, second = Planted({}), Planted({})
    second.leaves_focus = True
    assert ["autofocus" in str(form["name"]) for form in (first, second)] == [True, False]


def test_what_nobody_sees_is_described_to_nobody() -> None:
    form = Planted({})
    assert "aria-invalid" in str(form["name"])
    assert 'type="hidden"' in str(form["team"])
    assert "aria-" not in str(form["team"])


def test_it_says_so_in_the_readers_language(lived_in: LivedIn) -> None:
    answer = Client().post(reverse("account_login"), {"email": "x"}, headers={"Accept-Language": "de"})
    assert title_of(answer).startswith("Noch nicht richtig: ")
    assert focused(answer) == ["email"]


def test_a_field_that_is_empty_says_so_in_our_words(lived_in: LivedIn) -> None:
    client = client_of(lived_in, "Stella")
    for language, words in (("en", "Please fill this in."), ("de", "Bitte ausfüllen.")):
        answer = client.post(reverse("organisation:add_person"), {}, headers={"Accept-Language": language})
        assert words in answer.content.decode()


def test_a_code_that_counts_once_is_not_shown_again() -> None:
    for form, name in ((AppCode({"code": "123456"}), "code"), (ShowAgain("app", {"answer": "123456"}), "answer")):
        assert "123456" not in str(form[name])
    assert "ABC-DEF" not in str(EnterCode({"code": "ABC-DEF"}, code="XYZ-XYZ")["code"])
    # Planted: a field that keeps what was typed is seen.
    assert "123456" in str(AppCode({"code": "123456"})["code"].as_hidden())


def test_today_tells_of_another_address_to_its_member_alone(lived_in: LivedIn) -> None:
    with undone():
        AddressChange.objects.create(
            key=absent_id(), member=lived_in.people["Bo"], email="bo.new@example.org", counts_from=timezone.now()
        )
        said = client_of(lived_in, "Bo").get("/").content.decode()
        assert "Another address waits" in said
        assert "Another address waits" not in client_of(lived_in, "Eve").get("/").content.decode()


def test_pages_of_ones_own_account_stand_below_you(lived_in: LivedIn) -> None:
    for name in ("account_set_password", "account_reauthenticate"):
        page = client_of(lived_in, "Bo").get(reverse(name), follow=True).content.decode()
        assert re.search(r'<a href="/you/" aria-current="(true|page)">', page), name


def test_the_way_back_says_where_it_leads(lived_in: LivedIn) -> None:
    page = client_of(lived_in, "Stella").get(reverse("organisation:add_person")).content.decode()
    assert re.search(r'<p class="trail"><a href="/people/">.*?People</a>', page, re.DOTALL)


def test_a_long_hash_breaks_in_its_middle_and_words_do_not() -> None:
    assert in_pieces("a" * 64) == "a" * 32 + "<wbr>" + "a" * 32
    assert in_pieces("<b>" + "x" * 60) == "&lt;b&gt;" + "x" * 60
    assert in_pieces("13") == "13"


def test_days_are_told_in_the_readers_way_and_to_programs_in_iso(lived_in: LivedIn) -> None:
    client = client_of(lived_in, "Bo")
    since = lived_in.people["Bo"].memberships.get().starts_on
    page = client.get(reverse("verify:about_me"), headers={"Accept-Language": "de"}).content.decode()
    assert since.isoformat() not in page
    assert since.isoformat() in client.get(reverse("verify:about_me_json")).content.decode()
    assert since.isoformat() not in client.get(reverse("verify:about_me_text")).content.decode()
