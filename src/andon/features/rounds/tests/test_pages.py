"""Opening a round: who is asked is shown before anything is opened, and nothing is opened twice."""

import inspect
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from andon.features.closing import services as closing_services
from andon.features.publiclog import public as publiclog
from andon.features.rounds import sentences, services, views
from andon.features.rounds.models import Ending, Round
from andon.foundation.configuration import public as configuration
from andon.foundation.organisation import public as organisation
from andon.foundation.organisation.models import Membership, Node
from andon.foundation.people.models import Member
from tests.lived_in import LivedIn, members

pytestmark = pytest.mark.django_db(databases="__all__")


def client_of(house: LivedIn, name: str) -> Client:
    client = Client()
    client.force_login(house.people[name])
    return client


def choice(house: LivedIn, team: str = "Application security", **other: str) -> dict[str, str]:
    return {"node": house.nodes[team].pk, "instrument": "andon-core", "opens": "3d", "closes": "7d"} | other


def text(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


def test_a_lead_sees_who_is_asked_and_nothing_is_opened_by_looking(lived_in: LivedIn) -> None:
    before = Round.objects.count()
    answer = client_of(lived_in, "Dee").post("/rounds/new/", choice(lived_in))
    said = text(answer)
    assert answer.status_code == 200
    assert "Application security 6 people" in said
    for name in members("Dee", "Eve"):
        assert lived_in.people[name].name in said
    assert "Ada" not in said
    assert Round.objects.count() == before


def add_people(house: LivedIn, team: str, *names: str) -> Node:
    """In the database of this test only; the first leads."""
    node = Node.objects.create(name=team, parent=house.nodes["Security"])
    for number, name in enumerate(names):
        member = Member.objects.create_user(f"{name.lower()}@example.org", name)
        since = house.now - timedelta(days=30)
        role = "member" if number else "lead"
        Membership.objects.create(member=member, node=node, role=role, starts_on=since.date())
    return node


def test_the_preview_says_which_teams_are_counted_together_and_who_is_not_asked(lived_in: LivedIn) -> None:
    add_people(lived_in, "Pair", "Lou", "Max")
    said = text(client_of(lived_in, "Gil").post("/rounds/new/", choice(lived_in, "Lanternworks")))
    assert re.search(r"(\w \+ Pair|Pair \+ [\w ]+) (8|9) people", said)
    assert re.search(r"Not asked.*Gil Abara", said)


def test_the_preview_says_how_many_have_to_answer_for_comments_to_be_read(lived_in: LivedIn) -> None:
    def said() -> str:
        return text(client_of(lived_in, "Dee").post("/rounds/new/", choice(lived_in) | {"comments": "on"}))

    assert "in a group of 8 or more may add a comment" in said()
    configuration.write({"policy.least_ballots": 10}, by=None, at=lived_in.now)
    assert "in a group of 10 or more may add a comment" in said()
    assert "Where fewer than 10 people of a group answer" in said()


@pytest.mark.parametrize("few_named", [0, 2_000])
def test_a_preview_of_very_many_shows_a_page_of_units_and_the_numbers_of_all(
    lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch, few_named: int
) -> None:
    monkeypatch.setattr("andon.foundation.organisation.public.FEW_NAMED", few_named)
    client, asked = client_of(lived_in, "Gil"), choice(lived_in, "Lanternworks")
    whole = client.post("/rounds/new/", asked)
    assert "Next groups" not in text(whole)
    units = [name for name, _size, _members in whole.context["units"]]
    first = {name: tuple(members[:2]) for name, _size, members in whole.context["units"]}
    monkeypatch.setattr("andon.features.rounds.views.UNITS_A_PAGE", 1)
    monkeypatch.setattr("andon.features.rounds.views.PEOPLE_A_UNIT", 2)
    shown = []
    for number in range(1, len(units) + 1):
        page = client.post("/rounds/new/", {**asked, "page": str(number)})
        assert f"Groups {number} to {number} of {len(units)}" in text(page)
        assert all(tuple(members) == first[name] for name, _size, members in page.context["units"])
        assert page.context["asked"] == whole.context["asked"]
        shown += [name for name, _size, _members in page.context["units"]]
    assert shown == units


def test_too_few_people_are_told_so_and_cannot_be_asked_anyway(lived_in: LivedIn) -> None:
    pair = add_people(lived_in, "Pair", "Lou", "Max")
    client, before = client_of(lived_in, "Gil"), Round.objects.count()
    answer = client.post("/rounds/new/", choice(lived_in, node=pair.pk))
    assert "A round needs at least five people" in text(answer)
    assert "Publish the round" not in text(answer)
    confirmed = client.post("/rounds/new/", choice(lived_in, node=pair.pk, confirm="yes"))
    assert confirmed.status_code == 422
    assert "fewer than five people here" in text(confirmed)
    assert Round.objects.count() == before


def test_a_round_in_three_days_is_published_with_these_people_and_dates(lived_in: LivedIn) -> None:
    answer = client_of(lived_in, "Dee").post("/rounds/new/", choice(lived_in, confirm="yes"))
    opened = Round.objects.get(pk=answer["Location"].split("/")[2])
    assert abs(opened.opens_at - timezone.now() - timedelta(days=3)) < timedelta(minutes=1)
    assert opened.closes_at - opened.opens_at == timedelta(days=7)
    assert opened.by == lived_in.people["Dee"]
    asked = {entry.member.name.split()[0] for entry in opened.roster.select_related("member")}
    assert asked == {"Dee", "Eve"}
    assert opened.roster.count() == 6
    said = text(client_of(lived_in, "Eve").get(answer["Location"]))
    assert "Your slip is fetched now" in said
    assert len(opened.publication.fingerprint.split()) == 12
    assert opened.publication.fingerprint in said
    assert publiclog.find("opened", opened.pk) is None


def test_a_round_that_opens_now_can_be_answered_at_once(lived_in: LivedIn) -> None:
    answer = client_of(lived_in, "Dee").post("/rounds/new/", choice(lived_in, opens="now", confirm="yes"))
    page = client_of(lived_in, "Eve").get(answer["Location"]).content.decode()
    assert f"/answer/{answer['Location'].split('/')[2]}/" in page


def confirm_twice(house: LivedIn) -> tuple[int, Any]:
    """How many rounds the same confirmation opened when it was sent twice, and what the second was told."""
    client, before = client_of(house, "Dee"), Round.objects.count()
    client.post("/rounds/new/", choice(house, confirm="yes"))
    second = client.post("/rounds/new/", choice(house, confirm="yes"))
    return Round.objects.count() - before, second


def test_a_confirmation_that_is_sent_twice_opens_one_round_and_the_second_is_told_where_it_is(
    lived_in: LivedIn,
) -> None:
    opened, second = confirm_twice(lived_in)
    assert opened == 1
    assert second.status_code == 422
    assert "No other round was opened" in text(second)
    assert "it stands under Rounds" in text(second)


def test_without_the_rest_a_second_round_would_be_seen(lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "_check_rests", lambda *_: None)
    opened, _second = confirm_twice(lived_in)
    assert opened == 2


def test_people_have_28_days_of_rest_after_a_close_and_may_then_be_asked_again(lived_in: LivedIn) -> None:
    ending = Ending.objects.get(round_id=lived_in.rounds["few"])
    for days, status in ((27, 422), (29, 302)):
        Ending.objects.filter(pk=ending.pk).update(at=timezone.now() - timedelta(days=days))
        answer = client_of(lived_in, "Dee").post("/rounds/new/", choice(lived_in, confirm="yes"))
        assert answer.status_code == status


def test_a_look_at_who_would_be_asked_says_already_that_they_rest(lived_in: LivedIn) -> None:
    ending = Ending.objects.get(round_id=lived_in.rounds["few"])
    for days, rest in ((27, True), (29, False)):
        Ending.objects.filter(pk=ending.pk).update(at=timezone.now() - timedelta(days=days))
        look = text(client_of(lived_in, "Dee").post("/rounds/new/", choice(lived_in)))
        assert "Counted together" in look
        assert ("within the last 28 days" in look, "Publish the round" in look) == (rest, not rest)


def test_a_void_round_asks_for_no_rest(lived_in: LivedIn) -> None:
    Ending.objects.filter(round_id=lived_in.rounds["void"]).update(at=timezone.now())
    answer = client_of(lived_in, "Joe").post("/rounds/new/", choice(lived_in, "Forensics", confirm="yes"))
    assert answer.status_code == 302


@pytest.mark.parametrize("team", ["Detection", "Security", "Lanternworks"])
def test_a_lead_opens_nothing_for_people_whom_they_do_not_lead(lived_in: LivedIn, team: str) -> None:
    before = Round.objects.count()
    answer = client_of(lived_in, "Dee").post("/rounds/new/", choice(lived_in, team, confirm="yes"))
    assert answer.status_code == 422
    assert "Select a valid choice" in text(answer)
    assert Round.objects.count() == before


@pytest.mark.parametrize(
    "bad",
    [
        {"node": ""},
        {"node": "' OR 1=1 --"},
        {"instrument": "none"},
        {"opens": "-1d"},
        {"opens": "2020-01-01"},
        {"closes": "0d"},
        {"closes": "999d"},
        {"opens": "now\x00"},
    ],
    ids=str,
)
def test_a_bad_value_opens_nothing_and_keeps_the_rest_of_the_form(lived_in: LivedIn, bad: dict[str, str]) -> None:
    before = Round.objects.count()
    answer = client_of(lived_in, "Dee").post("/rounds/new/", choice(lived_in, confirm="yes") | bad)
    assert answer.status_code == 422
    assert Round.objects.count() == before
    assert lived_in.nodes["Application security"].pk in answer.content.decode()


@pytest.mark.parametrize(
    ("opens", "closes", "words"),
    [
        (timedelta(days=-1), timedelta(days=5), "cannot open in the past"),
        (timedelta(days=7), timedelta(days=14), "at most six days before"),
        (timedelta(), timedelta(minutes=4), "at least five minutes"),
        (timedelta(), timedelta(days=61), "at most 60 days"),
    ],
)
def test_dates_that_cannot_be_are_refused_in_words(
    lived_in: LivedIn, opens: timedelta, closes: timedelta, words: str
) -> None:
    now, before = timezone.now(), Round.objects.count()
    with pytest.raises(services.RoundRefused, match=words):
        services.publish_round(
            node_id=lived_in.nodes["Application security"].pk,
            instrument_id="andon-core",
            opens_at=now + opens,
            closes_at=now + closes,
            by=None,
            at=now,
        )
    assert Round.objects.count() == before


def test_an_installation_without_its_key_opens_nothing_and_says_so(lived_in: LivedIn, settings: Any) -> None:
    settings.STEWARD_KEY_FILE = "/nowhere"
    before = Round.objects.count()
    answer = client_of(lived_in, "Dee").post("/rounds/new/", choice(lived_in, confirm="yes"))
    assert answer.status_code == 503
    assert "Nothing was opened" in text(answer)
    assert "/nowhere" not in text(answer)
    assert Round.objects.count() == before


def test_a_member_who_is_not_asked_is_told_why(lived_in: LivedIn) -> None:
    said = text(client_of(lived_in, "Gil").get(f"/rounds/{lived_in.rounds['autumn']}/"))
    assert "You are not asked in this round" in said


def test_a_void_round_says_in_words_why_it_has_no_result(lived_in: LivedIn) -> None:
    said = text(client_of(lived_in, "Joe").get(f"/rounds/{lived_in.rounds['void']}/"))
    assert "The reason: the key that opens the ballots was lost." in said


def test_every_reason_that_closing_can_give_has_its_words() -> None:
    source = inspect.getsource(closing_services)
    reasons = set(re.findall(r'_Void\("(\w+)"\)|(?:reason|FIGURES_LOST) ?= ?"(\w+)"', source))
    assert {one or other for one, other in reasons} == set(sentences.VOID_REASONS)


def test_the_unit_is_shown_with_names_to_its_members_only(lived_in: LivedIn) -> None:
    address = f"/rounds/{lived_in.rounds['autumn']}/"
    assert lived_in.people["Ada"].name not in text(client_of(lived_in, "Eve").get(address))
    shown = text(client_of(lived_in, "Bo").get(address))
    for name in members("Ada", "Bo"):
        assert lived_in.people[name].email in shown or lived_in.people[name].name in shown
    for name in ("Stella", "Otto"):
        assert "is counted together" not in text(client_of(lived_in, name).get(address))
        assert "@example.org" not in text(client_of(lived_in, name).get(address))


def test_only_whoever_leads_the_round_is_offered_to_close_it(lived_in: LivedIn) -> None:
    address = f"/rounds/{lived_in.rounds['open']}/"
    offered = {
        name: "Close it now" in client_of(lived_in, name).get(address).content.decode()
        for name in ("Ada", "Gil", "Bo", "Stella", "Otto")
    }
    assert offered == {"Ada": True, "Gil": True, "Bo": False, "Stella": False, "Otto": False}


def test_who_leads_many_teams_walks_the_tree_or_searches_it(lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of(lived_in, "Gil")
    assert "<select" in client.get("/rounds/new/").content.decode(), "a short list where it holds all teams"
    monkeypatch.setattr(views, "SHORT_LIST", 2)
    top, team = lived_in.nodes["Lanternworks"], lived_in.nodes["Detection"]
    first = client.get("/rounds/new/").content.decode()
    assert "<select" not in first
    assert f'href="?node={top.pk}"' in first
    assert f"?at={team.parent_id}#" in first or f"?node={team.pk}" in first
    opened = client.get(f"/rounds/new/?at={team.pk}").content.decode()
    assert f'href="?node={team.pk}"' in opened
    found = client.get("/rounds/new/?q=detec").content.decode()
    assert f'href="?node={team.pk}"' in found
    assert "called like this" in client.get("/rounds/new/?q=nowhere").content.decode()
    chosen = client.get(f"/rounds/new/?node={team.pk}").content.decode()
    assert f'<input type="hidden" name="node" value="{team.pk}"' in chosen
    assert "Show who is asked" in chosen
    preview = client.post("/rounds/new/", choice(lived_in, "Application security"))
    assert preview.status_code == 200
    assert "Publish the round" in text(preview)


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_chooses_a_team_in_the_tree_that_they_do_not_lead(
    lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """Ways around the list: an address, a form, words, a place in the tree. The planted fault: everybody leads all."""
    monkeypatch.setattr(views, "SHORT_LIST", 0)
    client, other = client_of(lived_in, "Dee"), lived_in.nodes["Forensics"]
    sent = choice(lived_in, "Forensics")

    def answer() -> Any:
        return client.get("/rounds/new/", {"node": other.pk}) if method == "get" else client.post("/rounds/new/", sent)

    before = Round.objects.count()
    refused = answer()
    assert (refused.status_code, refused["Location"]) == (302, "/rounds/new/")
    assert "do not lead it" in text(client.get("/rounds/new/"))
    for address in ("?q=forensics", f"?at={other.pk}", ""):
        page = client.get(f"/rounds/new/{address}").content.decode()
        assert other.pk not in page
    gone = lived_in.nodes["Application security"]
    assert client.get("/rounds/new/", {"node": gone.pk}).status_code == 200
    Node.objects.filter(pk=gone.pk).update(retired_on=organisation.today())
    assert client.get("/rounds/new/", {"node": gone.pk}).status_code == 302
    assert Round.objects.count() == before
    monkeypatch.setattr(
        "andon.foundation.organisation.public.leads_directly",
        lambda *_who, **_when: [lived_in.nodes["Lanternworks"].pk],
    )
    assert answer().status_code == 200
