"""A team takes a practice up: without a name unless somebody ticks a box, and nobody of another team can touch it."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from andon.features.guide import queries, services
from andon.features.guide.models import TakenUp
from andon.features.privacy import public as privacy
from andon.foundation.organisation import public as organisation
from andon.foundation.people.models import Member
from tests.lived_in import LivedIn

pytestmark = pytest.mark.django_db(databases="__all__")
PRACTICE = "alert-hand-over"
OTHER = "say-i-do-not-know"


def client_of(house: LivedIn, name: str) -> Client:
    client = Client()
    client.force_login(house.people[name])
    return client


def post(house: LivedIn, name: str, path: str, **fields: str) -> Any:
    return client_of(house, name).post(f"/guide/{path}", fields, follow=True)


def text(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


def of(house: LivedIn, team: str = "Detection") -> tuple[queries.Entry, ...]:
    return queries.taken_up_in([house.nodes[team].pk])


def test_a_member_takes_a_practice_up_for_the_team_and_nobody_is_named(lived_in: LivedIn) -> None:
    answer = post(lived_in, "Bo", f"practices/{PRACTICE}/take-up/")
    [entry] = of(lived_in)
    assert (entry.practice_id, entry.team, entry.by) == (PRACTICE, "Detection", "")
    assert (entry.on, entry.settled_on, entry.outcome) == (organisation.today(), None, "")
    assert TakenUp.objects.get().by is None
    assert "Taken up on" in text(answer)
    assert "Bo" not in text(answer)


def test_who_ticks_the_box_is_named_and_can_take_it_back(lived_in: LivedIn) -> None:
    answer = post(lived_in, "Bo", f"practices/{PRACTICE}/take-up/", named="on")
    [entry] = of(lived_in)
    assert f"by {lived_in.people['Bo'].name}" in text(answer)
    # Ada leads the team and is not the one who is named.
    assert "Take my name off" not in text(client_of(lived_in, "Ada").get("/guide/taken-up/"))
    assert post(lived_in, "Ada", f"taken-up/{entry.id}/", do="unname").status_code == 404
    assert of(lived_in)[0].by
    answer = post(lived_in, "Bo", f"taken-up/{entry.id}/", do="unname")
    assert of(lived_in)[0].by == ""
    assert lived_in.people["Bo"].name not in text(answer)


def test_the_box_is_empty(lived_in: LivedIn) -> None:
    page = client_of(lived_in, "Bo").get(f"/guide/practices/{PRACTICE}/take-up/").content.decode()
    [box] = re.findall(r"<input[^>]*type=\"checkbox\"[^>]*>", page)
    assert "checked" not in box


def test_twice_at_a_time_is_once_and_after_the_end_it_can_be_taken_up_again(lived_in: LivedIn) -> None:
    post(lived_in, "Bo", f"practices/{PRACTICE}/take-up/")
    assert "tries this already" in text(post(lived_in, "Ada", f"practices/{PRACTICE}/take-up/", named="on"))
    [entry] = of(lived_in)
    assert entry.by == ""
    # Anybody of the team may say what became of it.
    assert "ended on" in text(post(lived_in, "Ada", f"taken-up/{entry.id}/", do="ended"))
    assert of(lived_in)[0].outcome == "ended"
    post(lived_in, "Ada", f"practices/{PRACTICE}/take-up/")
    assert [one.is_running for one in of(lived_in)].count(True) == 1
    assert len(of(lived_in)) == 2


@pytest.mark.parametrize("name", ["Eve", "Gil", "Cy", "Stella"])
def test_nobody_of_another_team_settles_it_or_sees_it_among_theirs(lived_in: LivedIn, name: str) -> None:
    post(lived_in, "Bo", f"practices/{PRACTICE}/take-up/", named="on")
    [entry] = of(lived_in)
    absent = post(lived_in, name, "taken-up/absent/", do="kept")
    forbidden = post(lived_in, name, f"taken-up/{entry.id}/", do="kept")
    assert (absent.status_code, forbidden.status_code) == (404, 404)
    assert text(absent) == text(forbidden)
    assert of(lived_in)[0].is_running
    page = text(client_of(lived_in, name).get("/guide/taken-up/"))
    assert "Hand over what you are not sure of" not in page


def test_what_is_settled_stays_as_it_is(lived_in: LivedIn) -> None:
    post(lived_in, "Bo", f"practices/{PRACTICE}/take-up/")
    [entry] = of(lived_in)
    assert post(lived_in, "Bo", f"taken-up/{entry.id}/", do="forget").status_code == 404
    assert post(lived_in, "Bo", f"taken-up/{entry.id}/", do="kept").status_code == 200
    assert post(lived_in, "Bo", f"taken-up/{entry.id}/", do="ended").status_code == 404
    assert of(lived_in)[0].outcome == "kept"


def test_whoever_belongs_to_no_team_is_offered_nothing_to_take_up(lived_in: LivedIn) -> None:
    assert "Take it up" not in text(client_of(lived_in, "Cy").get(f"/guide/practices/{PRACTICE}/"))
    assert "Take it up" in text(client_of(lived_in, "Bo").get(f"/guide/practices/{PRACTICE}/"))
    assert post(lived_in, "Cy", f"practices/{PRACTICE}/take-up/").status_code == 404
    with pytest.raises(services.NoTeam):
        services.take_up(practice_id=PRACTICE, by=lived_in.people["Cy"], named=False, on=organisation.today())


def test_what_is_not_in_the_guide_cannot_be_taken_up_or_read(lived_in: LivedIn) -> None:
    for path in ("practices/absent/", "practices/absent/take-up/", "moments/absent/"):
        assert client_of(lived_in, "Bo").get(f"/guide/{path}").status_code == 404
    with pytest.raises(services.NoSuchPractice):
        services.take_up(practice_id="absent", by=lived_in.people["Bo"], named=False, on=organisation.today())


def test_an_entry_of_a_practice_that_is_not_shipped_any_more_stays(lived_in: LivedIn) -> None:
    TakenUp.objects.create(practice_id="gone", team=lived_in.nodes["Detection"], on=date(2026, 5, 3))
    assert "A practice that the guide no longer has" in text(client_of(lived_in, "Bo").get("/guide/taken-up/"))


@pytest.mark.parametrize(
    "fields", [{"settled_on": date(2026, 5, 3)}, {"outcome": "kept"}], ids=["a day alone", "an outcome alone"]
)
def test_half_settled_cannot_be_stored(lived_in: LivedIn, fields: dict[str, Any]) -> None:
    team = lived_in.nodes["Detection"]
    with pytest.raises(IntegrityError), transaction.atomic():
        TakenUp.objects.create(practice_id=PRACTICE, team=team, on=date(2026, 5, 3), **fields)


def test_whoever_is_erased_leaves_the_entry_and_takes_the_name(lived_in: LivedIn) -> None:
    post(lived_in, "Bo", f"practices/{PRACTICE}/take-up/", named="on")
    post(lived_in, "Ada", f"practices/{OTHER}/take-up/", named="on")
    bo = Member.objects.get(pk=lived_in.people["Bo"].pk)
    privacy.erase(member=bo, by=None, at=timezone.now())
    assert {entry.practice_id: entry.by for entry in of(lived_in)} == {
        PRACTICE: "",
        OTHER: lived_in.people["Ada"].name,
    }


def test_a_member_is_told_where_they_are_named_and_nobody_else_is(lived_in: LivedIn) -> None:
    post(lived_in, "Bo", f"practices/{PRACTICE}/take-up/", named="on")
    post(lived_in, "Ada", f"practices/{OTHER}/take-up/")
    told = text(client_of(lived_in, "Bo").get("/verify/me/"))
    assert "Hand over what you are not sure of" in told
    assert "Say “I don't know” first" not in told
    assert "Say “I don't know” first" not in text(client_of(lived_in, "Ada").get("/verify/me/"))


def test_entries_come_with_the_newest_first_and_cost_one_query(
    lived_in: LivedIn, django_assert_num_queries: Any
) -> None:
    team, today = lived_in.nodes["Detection"], organisation.today()
    for ago, practice in enumerate((PRACTICE, OTHER, "first-week")):
        TakenUp.objects.create(
            practice_id=practice, team=team, on=today - timedelta(days=ago), by=lived_in.people["Bo"]
        )
    with django_assert_num_queries(1):
        found = of(lived_in)
    assert [entry.practice_id for entry in found] == [PRACTICE, OTHER, "first-week"]
    with django_assert_num_queries(0):
        assert queries.taken_up_in([]) == ()


def test_practices_are_chosen_by_what_is_hard_and_by_who_does_it(lived_in: LivedIn) -> None:
    def titles(query: str) -> set[str]:
        page = client_of(lived_in, "Bo").get(f"/guide/{query}").content.decode()
        return set(re.findall(r'href="/guide/practices/([a-z-]+)/"', page))

    everything = titles("")
    assert len(everything) >= 24
    assert "share-criticism" in titles("?stage=learner&who=lead")
    assert "share-criticism" not in titles("?who=member")
    assert "stop-a-risky-release" not in titles("?stage=learner")
    assert titles("?stage=nowhere&who=nobody") == everything
