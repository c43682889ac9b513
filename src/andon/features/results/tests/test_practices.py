"""What a report says of practices: offered from what it shows, laid beside the result before, and never a cause."""

import re
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.test import Client

from andon.features.guide import public as guide
from andon.features.guide.models import TakenUp
from andon.features.instruments import public as instruments
from andon.features.releases import public as releases
from andon.features.results import practices, queries, sentences, trend
from andon.features.rounds import public as rounds
from andon.foundation.organisation.models import Membership
from andon.kernel.disclosure import Band
from andon.kernel.psychometrics import Change, Index, Message
from tests.lived_in import LivedIn

pytestmark = pytest.mark.django_db(databases="__all__")


def page(house: LivedIn, name: str, round_name: str) -> str:
    client = Client()
    client.force_login(house.people[name])
    answer: Any = client.get(f"/results/{house.rounds[round_name]}/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def text(content: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", content).split())


def report(house: LivedIn, name: str, round_name: str) -> queries.Report:
    return queries.report_for(house.people[name], house.rounds[round_name])


def took_up(house: LivedIn, practice: str, *, ago: int, team: str = "Detection", **fields: Any) -> TakenUp:
    day = (house.now - timedelta(days=ago)).date()
    return TakenUp.objects.create(practice_id=practice, team=house.nodes[team], on=day, **fields)


def test_facets_of_the_guide_are_those_of_the_core() -> None:
    assert {facet.id for facet in instruments.load("andon-core").facets} == set(guide.Facet)
    assert queries.SAFETY == guide.STAGES


def test_a_report_offers_for_the_lowest_weak_stage_first_and_links_to_the_guide(lived_in: LivedIn) -> None:
    shown = {line.id: line.band for line in report(lived_in, "Bo", "released").facets}
    weak = [facet for facet in queries.SAFETY if shown[facet] in sentences.WEAK]
    assert weak
    content = page(lived_in, "Bo", "released")
    assert "What to try next" in content
    offered = guide.offered_for(shown)
    assert 1 <= len(offered) <= 3
    assert offered[0].facets[0] == weak[0]
    linked = re.findall(r'href="/guide/practices/([a-z-]+)/"', content)
    assert linked == [one.id for one in offered]


@pytest.mark.parametrize(("name", "round_name"), [("Eve", "few"), ("Bo", "autumn")])
def test_a_report_without_figures_offers_nothing(lived_in: LivedIn, name: str, round_name: str) -> None:
    assert not report(lived_in, name, round_name).has_figures
    assert "What to try next" not in page(lived_in, name, round_name)


def test_colours_that_rest_offer_nothing_and_colours_that_are_shown_do(lived_in: LivedIn) -> None:
    found = report(lived_in, "Bo", "released")
    resting = replace(found, facets=tuple(replace(line, index=None, band=None) for line in found.facets))
    assert practices.beside(resting, lived_in.people["Bo"]).offered == ()
    kept = report(lived_in, "Hal", "kept")
    assert any(line.band in sentences.WEAK and line.index is None for line in kept.facets)
    assert practices.beside(kept, lived_in.people["Hal"]).offered


def test_another_questionnaire_offers_nothing_by_the_name_of_its_facets(lived_in: LivedIn) -> None:
    assert "What to try next" not in page(lived_in, "Bo", "security")
    found = report(lived_in, "Bo", "released")
    only_learner = replace(found, facets=tuple(replace(one, band=Band.LOW) for one in found.facets[1:2]))
    assert practices.beside(only_learner, lived_in.people["Bo"]).offered == ()


def test_what_is_under_way_is_listed_and_not_offered_again(lived_in: LivedIn) -> None:
    first = practices.beside(report(lived_in, "Bo", "released"), lived_in.people["Bo"]).offered[0]
    took_up(lived_in, first.id, ago=5)
    content = page(lived_in, "Bo", "released")
    assert "Taken up since this result" in content
    found = practices.beside(report(lived_in, "Bo", "released"), lived_in.people["Bo"])
    assert [entry.practice_id for entry in found.since] == [first.id]
    assert first not in found.offered


def test_an_entry_stands_between_the_two_results_around_its_day(lived_in: LivedIn) -> None:
    """Detection was asked in "autumn", closed 93 days ago, and in "released", closed 37 days ago."""
    for ago, practice in (
        (120, "first-week"),
        (93, "alert-hand-over"),
        (38, "ask-how-not-why"),
        (37, "near-miss-line"),
    ):
        took_up(lived_in, practice, ago=ago)
    bo = lived_in.people["Bo"]

    def ids(entries: tuple[guide.Entry, ...]) -> set[str]:
        return {entry.practice_id for entry in entries}

    autumn = practices.beside(report(lived_in, "Bo", "autumn"), bo)
    released = practices.beside(report(lived_in, "Bo", "released"), bo)
    assert (autumn.is_first, released.is_first) == (True, False)
    assert ids(autumn.earlier) == {"first-week"}
    assert ids(autumn.since) == ids(released.earlier) == {"alert-hand-over", "ask-how-not-why"}
    assert ids(released.since) == {"near-miss-line"}
    assert "Taken up before this round" in page(lived_in, "Bo", "autumn")
    assert "Taken up since the last round" in page(lived_in, "Bo", "released")


def test_the_page_says_that_nothing_shows_a_cause(lived_in: LivedIn) -> None:
    took_up(lived_in, "alert-hand-over", ago=60)
    said = text(page(lived_in, "Bo", "released"))
    assert "This does not show that a practice caused anything." in said
    # Four of six had answered the round before, which is no figure.
    assert "Not both times a figure, so nothing can be said." in said
    assert "may have" not in said


def test_what_another_team_took_up_is_not_shown(lived_in: LivedIn) -> None:
    took_up(lived_in, "alert-hand-over", ago=60, team="Cloud")
    assert "Taken up since" not in page(lived_in, "Bo", "released")
    assert "Taken up since the last round" in page(lived_in, "Hal", "kept")


def test_whoever_left_the_team_reads_nothing_of_what_it_took_up_afterwards(lived_in: LivedIn) -> None:
    took_up(lived_in, "alert-hand-over", ago=60)
    took_up(lived_in, "near-miss-line", ago=5)
    assert "Taken up since this result" in page(lived_in, "Bo", "released")
    Membership.objects.filter(member=lived_in.people["Bo"]).update(node=lived_in.nodes["Cloud"])
    content = page(lived_in, "Bo", "released")
    assert "Taken up since this result" not in content
    assert "Taken up since the last round" in content


def test_where_several_teams_are_counted_together_each_entry_says_whose_it_is(
    lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    took_up(lived_in, "alert-hand-over", ago=60)
    took_up(lived_in, "near-miss-line", ago=60, team="Cloud")
    own = queries.own_result(lived_in.people["Bo"], lived_in.rounds["released"])
    assert "Detection · Taken up" not in text(page(lived_in, "Bo", "released"))
    both = own.unit.node_ids | {lived_in.nodes["Cloud"].pk}
    together = replace(own, unit=replace(own.unit, node_ids=both))
    monkeypatch.setattr(queries, "own_result", lambda member, round_id: together)
    said = text(page(lived_in, "Bo", "released"))
    assert "Detection · Taken up" in said
    assert "Cloud · Taken up" in said


def test_whoever_is_named_is_named_on_the_report_and_nobody_else(lived_in: LivedIn) -> None:
    took_up(lived_in, "alert-hand-over", ago=60, by=lived_in.people["Ada"])
    took_up(lived_in, "near-miss-line", ago=60)
    said = text(page(lived_in, "Bo", "released"))
    assert said.count(f"by {lived_in.people['Ada'].name}") == 1
    assert said.count("Taken up on") == 2


def test_other_teams_together_are_not_compared(lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    took_up(lived_in, "alert-hand-over", ago=60)
    found = report(lived_in, "Bo", "released")
    before = report(lived_in, "Bo", "autumn")
    others = replace(before, unit=replace(before.unit, node_ids=before.unit.node_ids | {"another"}))
    monkeypatch.setattr(practices, "_report_of", lambda view, member: others)
    beside = practices.beside(found, lived_in.people["Bo"])
    assert (beside.other_teams, beside.moved) == (True, ())
    assert "so the two results are not compared" in page(lived_in, "Bo", "released")


def test_other_people_in_the_same_teams_are_told(lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    took_up(lived_in, "alert-hand-over", ago=60)
    before = report(lived_in, "Bo", "autumn")
    assert not practices.beside(report(lived_in, "Bo", "released"), lived_in.people["Bo"]).other_people
    fewer = replace(before, unit=replace(before.unit, seats=before.unit.seats[1:]))
    monkeypatch.setattr(practices, "_report_of", lambda view, member: fewer)
    said = text(page(lived_in, "Bo", "released"))
    assert "Not all of the people are those of last time, so the two results are not compared." in said


def test_nobody_is_shown_a_result_that_they_were_not_asked_in(lived_in: LivedIn) -> None:
    """Whoever joined after the round before sees what was taken up, and no figure of before."""
    took_up(lived_in, "alert-hand-over", ago=60)
    found = report(lived_in, "Bo", "released")
    unasked = practices.beside(found, lived_in.people["Eve"])
    assert unasked.moved == ()
    assert rounds.unit_of(lived_in.people["Eve"], lived_in.rounds["released"]) is None
    assert releases.is_shown(lived_in.rounds["autumn"])


def line(low: int, high: int) -> queries.FacetLine:
    name = instruments.in_words({"en": "Learner"})
    return queries.FacetLine("learner", name, Index(Fraction(low), Fraction(high)), "", Band.LOW)


def test_what_moved_is_said_by_the_ladder_of_the_staircase_alone() -> None:
    now = replace(line(41, 60), id="learner")
    compared = trend.FacetTrend(
        "learner",
        now.name,
        tuple(trend.Step(date(2026, 1, day), one, begins=False) for day, one in ((1, line(20, 40)), (2, now))),
        Message(Change.NONE_SEEN, 31),
    )
    moved = practices.Moved(line(20, 40), now)
    assert sentences.moved(moved, trend.Trend((compared,), is_assumed=True)) == sentences.change(compared)
    assert "nothing can be said" in sentences.moved(moved, None)
    nothing = practices.Moved(line(20, 40), replace(now, index=None))
    assert "nothing can be said" in sentences.moved(nothing, trend.Trend((compared,), is_assumed=True))
