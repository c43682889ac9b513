"""The talk about a result and the one step that it ends in."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from andon.features.results import debrief, queries, steps
from andon.features.results.models import AgreedStep, StepOutcome
from tests.lived_in import ANSWERS, LivedIn, founded, members

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)
DAY = timedelta(days=1)
STEP = "Whoever hands over a shift says one thing they are unsure of."


@pytest.fixture
def house(tmp_path: Path) -> Iterator[LivedIn]:
    with founded(tmp_path) as made:
        made.add_team("Detection", "Lanternworks", members("Ada", "Bo"))
        made.add_team("Cloud", "Lanternworks", members("Hal"))
        made.add_member("Cy")
        first = made.open_round("first", "Detection", by="Ada", ago=60 * DAY)
        made.answer(first, members("Ada", "Bo"), ANSWERS)
        made.close(first, ago=53 * DAY)
        yield made


def client(house: LivedIn, name: str) -> Client:
    browser = Client()
    browser.force_login(house.people[name])
    return browser


def form(house: LivedIn, owner: str = "Bo", words: str = STEP, days: int = 20) -> dict[str, str]:
    due = (house.now + days * DAY).date().isoformat()
    return {"words": words, "owner": str(house.people[owner].pk), "due_on": due}


def address(house: LivedIn, what: str = "", name: str = "first") -> str:
    return f"/results/{house.rounds[name]}/{what}"


def test_a_step_stands_in_the_report_and_opens_the_next_one(house: LivedIn) -> None:
    ada = client(house, "Ada")
    assert ada.post(address(house, "step/"), form(house))["Location"] == address(house)
    assert STEP in ada.get(address(house)).content.decode()
    AgreedStep.objects.update(at=house.now - 50 * DAY)
    second = house.open_round("second", "Detection", by="Ada", ago=20 * DAY)
    house.answer(second, members("Ada", "Bo"), ANSWERS)
    house.close(second, ago=13 * DAY)
    page = client(house, "Bo").get(address(house, name="second")).content.decode()
    assert "What you agreed on last time" in page
    assert page.index(STEP) < page.index("Statement by statement")
    assert "What you agreed on last time" not in ada.get(address(house)).content.decode()


def test_an_older_step_says_from_which_round_it_is_and_stands_in_the_past(house: LivedIn) -> None:
    ada = client(house, "Ada")
    ada.post(address(house, "step/"), form(house))
    ada.post(address(house, "step/outcome/"), {"kind": "done"})
    AgreedStep.objects.update(at=house.now - 50 * DAY)
    # Last time is when they were asked last, whatever they were asked.
    others: tuple[tuple[str, timedelta, str, Mapping[str, int]], ...] = (
        ("second", 40 * DAY, "andon-security", {"SE1": 5}),
        ("third", 20 * DAY, "andon-core", ANSWERS),
    )
    for name, ago, instrument, answers in others:
        asked = house.open_round(name, "Detection", by="Ada", ago=ago, instrument=instrument)
        house.answer(asked, members("Ada", "Bo"), answers)
        house.close(asked, ago=ago - 7 * DAY)
    pages = [ada.get(address(house, name=name)).content.decode() for name in ("second", "third")]
    day = date_format(timezone.localdate(house.now - 60 * DAY))
    assert ["What you agreed on last time" in page for page in pages] == [True, False]
    assert [f"What you agreed on after the round of {day}" in page for page in pages] == [False, True]
    assert all("saw to it; you wanted to look at it again on" in page for page in pages)
    assert f"after the round of {day}" in ada.get(address(house, "debrief/", "third")).content.decode()


def test_a_step_that_nothing_is_said_of_is_seen_to_though_its_day_has_passed(house: LivedIn) -> None:
    ada = client(house, "Ada")
    ada.post(address(house, "step/"), form(house))
    assert "sees to it; you look at it again on" in ada.get(address(house)).content.decode()
    AgreedStep.objects.update(due_on=house.now.date() - 3 * DAY)
    assert "sees to it; you wanted to look at it again on" in ada.get(address(house)).content.decode()


def test_nobody_else_sees_or_writes_it(house: LivedIn) -> None:
    client(house, "Ada").post(address(house, "step/"), form(house))
    for name in ("Hal", "Cy", "Gil"):
        other = client(house, name)
        for what in ("", "debrief/", "debrief/screen/", "step/", "step/outcome/"):
            assert other.get(address(house, what)).status_code == 404
        assert other.post(address(house, "step/"), form(house, words="Mine")).status_code == 404
        assert other.post(address(house, "step/outcome/"), {"kind": "done"}).status_code == 404
    assert AgreedStep.objects.get().words == STEP


def test_only_somebody_of_the_unit_sees_to_it(house: LivedIn) -> None:
    answer = client(house, "Ada").post(address(house, "step/"), form(house, owner="Hal"))
    assert answer.status_code == 422
    assert not AgreedStep.objects.exists()
    own = queries.own_result(house.people["Ada"], house.rounds["first"])
    with pytest.raises(steps.NotOfThisUnit):
        steps.agree_on_step(
            own=own,
            words=STEP,
            owner_id=house.people["Hal"].pk,
            due_on=house.now.date(),
            by=house.people["Ada"],
            at=house.now,
        )


def test_what_is_missing_is_said_and_what_was_written_is_kept(house: LivedIn) -> None:
    answer = client(house, "Ada").post(address(house, "step/"), form(house, days=-2))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "This day has passed" in page
    assert STEP in page


def test_a_step_is_changed_until_what_became_of_it_is_written(house: LivedIn) -> None:
    ada, bo = client(house, "Ada"), client(house, "Bo")
    ada.post(address(house, "step/"), form(house))
    bo.post(address(house, "step/"), form(house, words="Another."))
    assert AgreedStep.objects.get().words == "Another."
    done = {"kind": "done", "words": "It takes a minute."}
    assert bo.post(address(house, "step/outcome/"), done).status_code == 302
    assert bo.post(address(house, "step/outcome/"), done).status_code == 302
    assert ada.post(address(house, "step/outcome/"), {"kind": "dropped"}).status_code == 422
    assert ada.post(address(house, "step/"), form(house)).status_code == 422
    assert AgreedStep.objects.get().words == "Another."
    assert StepOutcome.objects.get().kind == "done"
    assert "It takes a minute." in ada.get(address(house)).content.decode()


def test_whoever_sees_to_it_reads_it_on_their_first_page_when_it_is_nearly_due(house: LivedIn) -> None:
    ada = client(house, "Ada")
    ada.post(address(house, "step/"), form(house))
    bo = client(house, "Bo")
    assert STEP not in bo.get("/").content.decode()
    ada.post(address(house, "step/"), form(house, days=2))
    assert STEP in bo.get("/").content.decode()
    assert STEP not in ada.get("/").content.decode()
    bo.post(address(house, "step/outcome/"), {"kind": "dropped"})
    assert STEP not in bo.get("/").content.decode()


def test_who_is_erased_leaves_the_step_without_a_name(house: LivedIn) -> None:
    client(house, "Ada").post(address(house, "step/"), form(house))
    house.people["Bo"].delete()
    page = client(house, "Ada").get(address(house)).content.decode()
    assert STEP in page
    assert "Nobody sees to it any more" in page


def test_the_talk_takes_forty_five_minutes_and_asks_about_what_stands_lowest(house: LivedIn) -> None:
    own = queries.own_result(house.people["Ada"], house.rounds["first"])
    report = queries.build_report(own.round, own.unit, own.part)
    talk = debrief.debrief_of(report)
    assert sum(part.minutes for part in talk.parts) == debrief.MINUTES
    lowest = min((line for line in report.safety if line.index), key=lambda line: line.index.mid)
    assert lowest.id in {line.id for line in talk.lowest}
    page = client(house, "Bo").get(address(house, "debrief/")).content.decode()
    assert talk.questions[0][1][0] in page


def test_of_several_that_stand_lowest_one_is_chosen() -> None:
    named: Any = [SimpleNamespace(name=name) for name in ("Learner", "Contributor", "Challenger")]

    def said(number: int) -> list[str]:
        return [words for part in debrief._parts(tuple(named[:number])) for words in part.do if "Choose one" in words]

    assert said(1) == []
    assert said(2) == ["Choose one: Learner or Contributor."]
    assert said(3) == ["Choose one: Learner, Contributor or Challenger."]


def test_a_talk_about_a_round_without_figures_names_no_facet(house: LivedIn) -> None:
    few = house.open_round("few", "Cloud", by="Hal", ago=60 * DAY)
    house.answer(few, members("Hal")[:3], ANSWERS)
    house.close(few, ago=53 * DAY)
    own = queries.own_result(house.people["Hal"], few)
    talk = debrief.debrief_of(queries.build_report(own.round, own.unit, own.part))
    assert talk.lowest == ()
    assert len(talk.questions) == 1
    assert client(house, "Hal").get(address(house, "debrief/", "few")).status_code == 200
