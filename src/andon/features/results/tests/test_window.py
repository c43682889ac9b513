"""A window as its people see it: opened on a page, asked on Today, and told in words when it is over."""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from andon.features.closing import public as closing
from andon.features.instruments import public as instruments
from andon.features.results import queries, sentences, shifts
from andon.features.rounds import public as rounds
from andon.kernel import disclosure
from tests.lived_in import LivedIn, founded

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)
ANSWERING = ("Ada", "Bo", "Abe", "Ben", "Cat")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[LivedIn]:
    with founded(tmp_path) as made:
        made.add_team("Detection", "Lanternworks", [*ANSWERING, "Dot"])
        yield made


def client(house: LivedIn, name: str) -> Client:
    browser = Client()
    browser.force_login(house.people[name])
    return browser


def text(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


def open_on_the_page(house: LivedIn, kind: str = "daily", **other: str) -> rounds.RoundView:
    told = {
        "node": house.nodes["Detection"].pk,
        "instrument": "andon-core",
        "opens": "now",
        "asking": kind,
        "confirm": "yes",
        **other,
    }
    answer = client(house, "Ada").post("/rounds/new/", told)
    assert answer.status_code == 302, text(answer)
    view = rounds.find(answer["Location"].strip("/").rsplit("/", 1)[-1])
    assert view is not None
    return view


def codes_of(view: rounds.RoundView) -> list[str]:
    return [question.code for question in view.questions]


def answer(house: LivedIn, view: rounds.RoundView, code: str, people: tuple[str, ...], value: int = 5) -> None:
    from andon.features.ballots import services as casting
    from andon.features.issuance import public as issuance
    from andon.kernel import wire
    from tests.cast_of_people import Slip

    for name in people:
        slip = Slip(view.id, f"ballot/{code}")
        issued = issuance.issue(member=house.people[name], round_id=view.id, blinded=[(slip.purpose, slip.blinded)])
        assert isinstance(issued, issuance.Issued)
        slip.finish(issued.to_json(wire.b64u))
        assert isinstance(casting.cast(house.body(slip, {code: value})), casting.Accepted)


def close(view: rounds.RoundView) -> None:
    closing.close_round(round_id=view.id, at=view.closes_at, early=False, by=None)


def wording_of(code: str) -> str:
    core = instruments.load("andon-core")
    return next(str(instruments.in_words(one.wording)) for one in core.statements if one.code == code)


@pytest.mark.parametrize(
    ("kind", "said"), [("daily", "One question on the first day and on each working day"), ("weekly", "each week")]
)
def test_whoever_opens_it_sees_what_is_asked_and_until_when(house: LivedIn, kind: str, said: str) -> None:
    told = {"node": house.nodes["Detection"].pk, "instrument": "andon-core", "opens": "3d", "asking": kind}
    page = client(house, "Ada").post("/rounds/new/", told)
    assert page.status_code == 200
    assert said in text(page)
    assert (wording_of("AC1") in text(page).replace("&quot;", '"')) is (kind == "daily")


def test_a_round_that_is_asked_at_once_still_needs_its_close(house: LivedIn) -> None:
    told = {"node": house.nodes["Detection"].pk, "instrument": "andon-core", "opens": "3d"}
    refused = client(house, "Ada").post("/rounds/new/", told)
    assert refused.status_code == 422
    assert "Choose when the round closes" in text(refused)


def test_today_shows_the_question_of_the_day_and_one_way_to_answer_it(house: LivedIn) -> None:
    view = open_on_the_page(house)
    page = client(house, "Bo").get("/")
    content = page.content.decode()
    assert "Question of the day" in text(page)
    assert wording_of(codes_of(view)[0]) in text(page).replace("&quot;", '"').replace("&#x27;", "'")
    [address] = re.findall(r'<a class="button" href="([^"]+)" rel="noreferrer">Answer with one tap</a>', content)
    assert address.startswith(f"{settings.ANONYMOUS_ORIGIN}/answer/{view.id}/#w=")
    assert "It takes about four minutes" not in content


def test_today_says_the_same_whether_the_question_was_answered_or_not(house: LivedIn) -> None:
    """The app cannot know it. But for the wallet's own name, the page of somebody who answered is that of another."""
    view = open_on_the_page(house)
    answer(house, view, codes_of(view)[0], ("Bo",))

    def main(name: str) -> str:
        content = client(house, name).get("/").content.decode()
        return re.sub(r"#w=\w+", "", re.sub(r"\s+", " ", content[content.index("<main") : content.index("</main")]))

    assert main("Bo") == main("Abe")


def test_the_report_says_when_it_was_asked_and_how_many_answered_each_question(house: LivedIn) -> None:
    view = open_on_the_page(house)
    answer(house, view, "IN1", ANSWERING)
    answer(house, view, "LE1", ANSWERING[:4])
    close(view)
    page = client(house, "Bo").get(f"/results/{view.id}/")
    said = text(page)
    assert "asked one a day from" in said
    assert "of 6 people" in said
    assert (said.count("5 of 6 answered"), said.count("4 of 6 answered"), said.count("0 of 6 answered")) == (1, 1, 19)
    words = re.findall(r'<td>\s*<span class="band[^"]*">([a-z ]+)<', page.content.decode())
    assert (words.count("safe"), words.count("no figure")) == (1, 20)
    assert "Fewer than five people answered some of the questions" in said
    assert "Where a statement has a colour of this round, every answer to it was counted once" in said


@pytest.mark.parametrize("kind", ["daily", "weekly"])
def test_a_window_that_was_closed_early_says_how_much_of_it_was_asked(house: LivedIn, kind: str) -> None:
    view = open_on_the_page(house, kind)
    planned, third = len(view.questions), view.questions[2].asked_from

    def said(ended_at: datetime) -> str:
        ended = replace(view, ended_at=ended_at)
        report: Any = SimpleNamespace(round=ended, roster=6)
        return sentences.how_it_was_asked(report)

    assert "closed early" not in said(view.closes_at)
    cut = said(third + timedelta(hours=1))
    assert cut.startswith(f"closed early after 3 of {planned} questions, asked one a")
    assert f"to {date_format(timezone.localtime(third))}, of 6 people" in cut
    assert f"closed early after 1 of {planned} questions, asked on" in said(view.opens_at + timedelta(minutes=1))
    assert said(view.opens_at) == ""


def test_a_question_whose_turn_never_came_is_not_told_as_one_that_nobody_answered(house: LivedIn) -> None:
    view = open_on_the_page(house)
    first, second = codes_of(view)[:2]
    answer(house, view, first, ANSWERING)
    closing.close_round(round_id=view.id, at=view.questions[1].asked_from + timedelta(hours=1), early=True, by=None)
    bo = client(house, "Bo")
    said = text(bo.get(f"/results/{view.id}/"))
    assert (said.count("was not asked any more"), said.count("0 of 6 answered")) == (19, 1)
    assert queries.report_for(house.people["Bo"], view.id).never_asked == set(codes_of(view)) - {first, second}


def test_a_facet_has_an_index_when_all_of_its_questions_have_a_figure(house: LivedIn) -> None:
    view = open_on_the_page(house, "weekly")
    assert {code[:2] for code in codes_of(view)} == {"IN"}
    for code in codes_of(view)[:-1]:
        answer(house, view, code, ANSWERING)
    answer(house, view, codes_of(view)[-1], ANSWERING[:4])
    close(view)
    said = text(client(house, "Bo").get(f"/results/{view.id}/"))
    assert "under five answered" in said
    assert "surely between" not in said


def test_a_weekly_report_speaks_of_what_was_asked_and_of_nothing_else(house: LivedIn) -> None:
    view = open_on_the_page(house, "weekly")
    for code in codes_of(view):
        answer(house, view, code, ANSWERING, value=1 if code == "IN3" else 5)
    close(view)
    bo = client(house, "Bo")
    said = text(bo.get(f"/results/{view.id}/"))
    assert "asked one a week from" in said
    assert "surely between" in said
    assert "Challenger" not in said
    for path in ("debrief/", "debrief/screen/", "receipt/", "unit.json"):
        assert bo.get(f"/results/{view.id}/{path}").status_code in {200, 404}, path
    exported = bo.post(f"/results/{view.id}/export/", {"as": "json"})
    document = json.loads(b"".join(exported.streaming_content) if exported.streaming else exported.content)
    assert {one["code"] for one in document["statements"]} == set(codes_of(view))
    assert {one["ballots"] for one in document["statements"]} == {5}


def test_the_list_of_ballots_says_which_question_each_is_of(house: LivedIn) -> None:
    view = open_on_the_page(house)
    answer(house, view, "IN1", ANSWERING)
    answer(house, view, "LE1", ANSWERING[:2])
    close(view)
    answered = client(house, "Bo").get(f"/results/{view.id}/receipt/")
    content = answered.content.decode()
    assert (content.count("<td>IN1</td>"), content.count("<td>LE1</td>")) == (5, 2)
    assert "7 sealed answers are in your unit's list: at most one to each question" in html.unescape(text(answered))


def test_without_any_figure_the_report_says_so(house: LivedIn) -> None:
    view = open_on_the_page(house)
    answer(house, view, "IN1", ANSWERING[:3])
    close(view)
    assert "No question was answered by five people" in text(client(house, "Bo").get(f"/results/{view.id}/"))


def test_how_far_a_belief_shifts_is_told_of_the_question_that_the_fewest_answered(house: LivedIn) -> None:
    """The planted fault looks at the question that most answered, which shifts less."""
    from andon.features.results import queries

    view = open_on_the_page(house)
    answer(house, view, "IN1", (*ANSWERING, "Dot"))
    answer(house, view, "IN2", ANSWERING)
    close(view)
    report = queries.report_for(house.people["Bo"], view.id)
    fewest = min(one.ballots for _line, found in report.statements for one in found if one.band and one.ballots)
    assert (report.ballots, fewest) == (6, 5)
    of_one = [shift.of_one for shift in shifts.shifts_of(report)]
    assert of_one == [round(ratio) for ratio in shifts.ratios_of(5)]
    assert of_one != [round(ratio) for ratio in shifts.ratios_of(6)]


def test_a_statement_has_too_few_by_the_rule_of_its_round_and_not_by_the_number_five() -> None:
    statement = instruments.load("andon-core").statements[0]
    release = disclosure.UnitRelease(
        "unit", 9, 9, {}, None, {statement.code: disclosure.Silence.TOO_FEW_BALLOTS}, {statement.code: 6, "IN2": 9}
    )
    assert queries._statement_line(statement, release).has_too_few
    rests = replace(release, silences={statement.code: disclosure.Silence.OTHER_RULES})
    assert not queries._statement_line(statement, rests).has_too_few
