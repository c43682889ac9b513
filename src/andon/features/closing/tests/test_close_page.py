"""Closing before the date: by whoever leads the round, after a page that says what will happen, and once."""

import re
from typing import Any

import pytest
from django.test import Client

from andon.features.rounds.models import CloseRequest, Round
from andon.foundation.audit.models import AuditEntry
from andon.kernel import wire
from tests.lived_in import LivedIn

pytestmark = pytest.mark.django_db(databases="__all__")


def client_of(house: LivedIn, name: str) -> Client:
    client = Client()
    client.force_login(house.people[name])
    return client


def address(house: LivedIn, name: str = "open") -> str:
    return f"/rounds/{house.rounds[name]}/close/"


def asked(house: LivedIn, name: str = "open") -> list[Any]:
    return list(CloseRequest.objects.filter(round_id=house.rounds[name]).values_list("by__name", "early", "at"))


def text(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


def test_reading_the_page_says_what_will_happen_and_changes_nothing(lived_in: LivedIn) -> None:
    client = client_of(lived_in, "Ada")
    for _again in range(2):
        said = text(client.get(address(lived_in)))
    assert "Nobody can answer or change an answer after this" in said
    assert "The public log says that the round was closed early" in said
    assert asked(lived_in) == []


def test_before_a_window_is_closed_it_is_said_that_answers_which_wait_in_browsers_are_lost(lived_in: LivedIn) -> None:
    client = client_of(lived_in, "Ada")
    assert "it is lost" not in text(client.get(address(lived_in)))
    question = {"code": "IN1", "from": wire.utc_text(lived_in.now)}
    Round.objects.filter(pk=lived_in.rounds["open"]).update(kind="daily", questions=[question])
    assert "What has not left yet is not counted: it is lost." in text(client.get(address(lived_in)))


@pytest.mark.parametrize("name", ["Ada", "Gil"])
def test_whoever_leads_the_round_asks_for_its_close_under_their_name(lived_in: LivedIn, name: str) -> None:
    answer = client_of(lived_in, name).post(address(lived_in), follow=True)
    assert "The round is being closed" in text(answer)
    [(by, early, _at)] = asked(lived_in)
    assert (by, early) == (lived_in.people[name].name, True)
    [entry] = AuditEntry.objects.filter(kind="round.close_asked", facts__round=lived_in.rounds["open"])
    assert entry.by == lived_in.people[name]


@pytest.mark.parametrize("name", ["Bo", "Eve", "Dee", "Cy", "Stella", "Otto", "Fay"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_else_finds_the_page(lived_in: LivedIn, name: str, method: str) -> None:
    assert getattr(client_of(lived_in, name), method)(address(lived_in)).status_code == 404
    assert asked(lived_in) == []


def test_asking_twice_is_asking_once(lived_in: LivedIn) -> None:
    client_of(lived_in, "Ada").post(address(lived_in))
    first = asked(lived_in)
    answer = client_of(lived_in, "Gil").post(address(lived_in), follow=True)
    assert answer.status_code == 200
    assert asked(lived_in) == first
    assert AuditEntry.objects.filter(kind="round.close_asked", facts__round=lived_in.rounds["open"]).count() == 1


@pytest.mark.parametrize(
    ("round_name", "lead"), [("published", "Hal"), ("released", "Ada"), ("void", "Joe"), ("preparing", "Kai")]
)
def test_a_round_that_is_not_open_is_left_as_it_is_and_the_lead_is_told(
    lived_in: LivedIn, round_name: str, lead: str
) -> None:
    answer = client_of(lived_in, lead).post(address(lived_in, round_name), follow=True)
    assert "Only an open round can be closed. Nothing was changed." in text(answer)
    assert asked(lived_in, round_name) == []


def test_a_round_that_was_published_to_stay_open_stays_open_and_offers_no_close(lived_in: LivedIn) -> None:
    row = Round.objects.get(pk=lived_in.rounds["open"])
    row.policy["early_close"] = False
    row.save(update_fields=["policy"])
    client = client_of(lived_in, "Ada")
    assert "Close it now" not in client.get(f"/rounds/{row.pk}/").content.decode()
    answer = client.post(address(lived_in), follow=True)
    assert "published to stay open until its date" in text(answer)
    assert asked(lived_in) == []


def test_whoever_waits_sees_how_far_the_count_is_and_of_nothing_how_many(lived_in: LivedIn) -> None:
    round_id, client = lived_in.rounds["closing"], client_of(lived_in, "Ivy")
    CloseRequest.objects.filter(round_id=round_id).update(counted_percent=35)
    page = client.get(f"/rounds/{round_id}/").content.decode()
    assert 'value="35" max="100"' in page
    assert client.get(f"/rounds/{round_id}/counted/").json() == {
        "step": "closing",
        "done": 35,
        "total": 100,
        "number": "35 % are counted",
        "words": "35 % are counted",
    }
    assert client_of(lived_in, "Bo").get(f"/rounds/{round_id}/counted/").status_code == 404
