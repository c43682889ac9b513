"""Today shows what is open, what comes, what is being counted, and the latest result."""

import re

import pytest
from django.conf import settings
from django.test import Client

from tests.lived_in import LivedIn

pytestmark = pytest.mark.django_db(databases="__all__")


def today(house: LivedIn, name: str) -> str:
    client = Client()
    client.force_login(house.people[name])
    return client.get("/").content.decode()


def test_an_open_round_leads_to_the_anonymous_door_with_the_wallet_where_no_server_sees_it(lived_in: LivedIn) -> None:
    page = today(lived_in, "Bo")
    [address] = re.findall(r'<a class="button" href="([^"]+)" rel="noreferrer">Answer</a>', page)
    origin, _, fragment = address.partition("#")
    assert origin == f"{settings.ANONYMOUS_ORIGIN}/answer/{lived_in.rounds['open']}/"
    assert re.fullmatch(r"w=[0-9a-f]{32}", fragment)
    assert "bo@example.org" not in address


def test_two_members_have_two_wallets_and_each_keeps_its_own(lived_in: LivedIn) -> None:
    wallets = [re.findall(r"#w=(\w+)", today(lived_in, name)) for name in ("Bo", "Ada", "Bo")]
    assert wallets[0] == wallets[2] != wallets[1]


def test_a_round_that_comes_says_that_there_is_nothing_to_do(lived_in: LivedIn) -> None:
    page = today(lived_in, "Hal")
    assert "There is nothing to do yet" in page
    assert ">Answer<" not in page


def test_a_round_that_is_being_counted_can_no_longer_be_answered(lived_in: LivedIn) -> None:
    page = today(lived_in, "Ivy")
    assert "being counted" in page
    assert ">Answer<" not in page


def test_without_a_round_a_lead_is_offered_to_open_one_and_a_member_is_told_to_wait(lived_in: LivedIn) -> None:
    assert 'href="/rounds/new/">Open a round</a>' in today(lived_in, "Dee")
    page = today(lived_in, "Eve")
    assert "No round is open" in page
    assert "Open a round" not in page


def test_the_latest_result_opens_with_its_headline(lived_in: LivedIn) -> None:
    page = today(lived_in, "Bo")
    assert "What is safe here: belonging" in page
    assert f"/results/{lived_in.rounds['released']}/" in page
    assert f"/results/{lived_in.rounds['autumn']}/" not in page


def test_a_void_round_and_one_that_is_being_prepared_offer_nothing(lived_in: LivedIn) -> None:
    for name in ("Joe", "Kai"):
        page = today(lived_in, name)
        assert ">Answer<" not in page
        assert "No round is open" in page


def test_there_is_one_wallet_frame_and_it_is_shown(lived_in: LivedIn) -> None:
    page = today(lived_in, "Bo")
    assert page.count("data-wallet-frame") == 1
    assert 'class="wallet shown"' in page


def test_whoever_belongs_to_no_team_gets_a_page_that_says_so_without_an_error(lived_in: LivedIn) -> None:
    assert "No round is open" in today(lived_in, "Cy")


def test_stewards_and_nobody_else_see_that_somebody_asked_to_be_erased(lived_in: LivedIn) -> None:
    assert "asked to be erased" not in today(lived_in, "Stella")
    bo = Client()
    bo.force_login(lived_in.people["Bo"])
    bo.post("/privacy/erase-me/")
    assert "1 member asked to be erased" in today(lived_in, "Stella")
    for name in ("Ada", "Bo", "Gil", "Otto"):
        assert "asked to be erased" not in today(lived_in, name)
    bo.post("/privacy/erase-me/")
    assert "asked to be erased" not in today(lived_in, "Stella")
