"""The staircase: what is compared with what, on the real databases."""

import re
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext

from andon.features.results import export_views, exports, paper, queries, sentences, tasks, trend, views
from andon.features.results.bars import Stair, staircase
from andon.features.rounds import public as rounds
from andon.kernel.disclosure import Band
from andon.kernel.psychometrics import Change
from tests.cast_of_people import NOW, WEEK, found_organisation
from tests.seasons import SEASON, House

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


@pytest.fixture
def house(tmp_path: Any, settings: Any, key_directory: Any) -> House:
    return House(found_organisation(tmp_path, settings, teams={"Detection": 6, "Cloud": 6}))


def seen(house: House, team: str) -> trend.Trend | None:
    """By the first of the team, who was there from the beginning."""
    member = house.people[f"{team} 1"]
    own = queries.own_result(member, house.round_id)
    return trend.trend_of(own.round, own.unit, asked=member)


def inclusion(house: House, team: str = "Detection") -> trend.FacetTrend:
    found = seen(house, team)
    assert found is not None
    return next(facet for facet in found.facets if facet.id == "inclusion")


def test_a_first_round_has_no_trend(house: House) -> None:
    house.ask({"Detection": 5, "Cloud": 5})
    assert seen(house, "Detection") is None


def test_the_same_people_are_compared_and_a_small_difference_is_no_change(house: House) -> None:
    house.ask({"Detection": 5, "Cloud": 5})
    house.ask({"Detection": 1, "Cloud": 5})
    facet = inclusion(house)
    assert [step.begins for step in facet.steps] == [True, False]
    assert facet.steps[0].line.index != facet.steps[1].line.index
    assert facet.message is not None
    assert facet.message.change is Change.NONE_SEEN
    assert "±" in sentences.change(facet)


def test_nothing_is_compared_across_a_line_that_somebody_crossed(house: House) -> None:
    house.ask({"Detection": 5, "Cloud": 5})
    house.ask({"Detection": 5, "Cloud": 5})
    house.join("ann", "Detection")
    house.ask({"Detection": 1, "Cloud": 1})
    assert [step.begins for step in inclusion(house).steps] == [True, False, True]
    assert [step.begins for step in inclusion(house, "Cloud").steps] == [True, False, False]
    cloud = inclusion(house, "Cloud")
    assert cloud.message is not None
    assert cloud.message.change is Change.NONE_SEEN


def test_a_round_that_shows_nothing_new_is_a_gap_and_what_was_crossed_in_it_still_counts(house: House) -> None:
    house.ask({"Detection": 5})
    for name in ("ann", "bob", "eve"):
        house.join(name, "Detection")
    house.ask({"Detection": 1})
    house.ask({"Detection": 1})
    facet = inclusion(house)
    assert [step.line.index is None for step in facet.steps] == [False, True, False]
    assert facet.message is not None
    assert facet.message.change is Change.FIRST
    assert "begins anew" in sentences.change(facet)


def test_a_colour_that_was_kept_is_compared_with_nothing(house: House) -> None:
    house.ask({"Detection": 5, "Cloud": 5})
    house.ask({"Detection": 5, "Cloud": 5})
    house.ask({"Detection": 1}, node="Detection", silent=1)
    facet = inclusion(house)
    assert facet.steps[-1].line.band is not None
    assert facet.steps[-1].line.index is None
    assert facet.message is None
    browser = Client()
    browser.force_login(house.of("Detection")[0])
    page = browser.get(f"/results/{house.round_id}/").content.decode()
    [table] = re.findall(r'<caption class="only-spoken">Round by round.*?</table>', page, re.DOTALL)
    assert table.count("not updated") == 5
    own = queries.own_result(house.of("Detection")[0], house.round_id)
    line = trend.trend_of(own.round, own.unit, asked=house.of("Detection")[0])
    context = views.shown(own, line)
    document = exports.unit_document(own, context["report"], line)
    on_paper = render_to_string(paper.TEMPLATE, export_views._on_paper(own, context, document))
    assert "A ring stands where nothing new was shown." in on_paper
    assert "has not been measured for this wording" in on_paper
    assert "At a dashed line" not in on_paper


def test_other_teams_counted_together_are_another_unit(house: House) -> None:
    house.ask({"Detection": 5, "Cloud": 5})
    for member in house.of("Cloud")[3:]:
        house.leave(member)
    house.ask({"Detection": 1, "Cloud": 1})
    assert seen(house, "Detection") is None


def test_an_older_report_does_not_know_of_what_came_later(house: House) -> None:
    house.ask({"Detection": 5})
    first = house.round_id
    house.ask({"Detection": 5})
    house.ask({"Detection": 5})
    member = house.of("Detection")[0]
    own = queries.own_result(member, first)
    assert trend.trend_of(own.round, own.unit, asked=member) is None


def test_whoever_joined_sees_no_colour_of_the_rounds_before(house: House) -> None:
    house.ask({"Detection": 5})
    house.ask({"Detection": 5})
    house.join("zoe", "Detection")
    house.ask({"Detection": 5})
    joined = next(member for member in house.of("Detection") if member.name == "zoe")
    own = queries.own_result(joined, house.round_id)
    assert trend.trend_of(own.round, own.unit, asked=joined) is None
    assert seen(house, "Detection") is not None


def test_twelve_rounds_cost_as_many_queries_as_two(house: House) -> None:
    browser = Client()
    browser.force_login(house.of("Detection")[0])

    def queries_now() -> int:
        address = f"/results/{house.round_id}/"
        browser.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert "Round by round" in browser.get(address).content.decode()
        return len(captured)

    house.ask({"Detection": 5})
    house.ask({"Detection": 5})
    of_two = queries_now()
    house.ask({"Detection": 5})
    assert queries_now() == of_two


def test_units_of_earlier_versions_are_known_by_the_same_name(house: House) -> None:
    from django.apps import apps

    from andon.features.rounds.models import RoundUnit

    house.ask({"Detection": 5})
    named = dict(RoundUnit.objects.values_list("pk", "known_by"))
    RoundUnit.objects.update(known_by="")
    migration = __import__("importlib").import_module("andon.features.rounds.migrations.0005_known_by")
    migration.name_units(apps, type("Editor", (), {"connection": connection})())
    assert dict(RoundUnit.objects.values_list("pk", "known_by")) == named
    assert all(named.values())


def test_a_staircase_breaks_its_line_where_the_history_begins_anew() -> None:
    low, high = (20.0, 25.0, 30.0), (60.0, 65.0, 70.0)
    joined = staircase([Stair(low, "low", True), Stair(high, "high", False)], first="a", last="b", said="up")
    broken = staircase([Stair(low, "low", True), Stair(high, "high", True)], first="a", last="b", said="up")
    # Two lines that lie, and one that rises between them.
    assert joined.count('class="middle"') == 3
    assert broken.count('class="middle"') == 2
    assert 'class="begins"' in broken
    assert 'class="begins"' not in joined
    assert "style" not in joined


def test_a_staircase_shows_no_height_where_nothing_is_known() -> None:
    drawn = staircase([Stair(None, Band.HIGH.value, True)], first="a", last="a", said="nothing")
    assert "<rect" not in drawn
    assert "<circle" in drawn
    with pytest.raises(ValueError, match="steps"):
        staircase([], first="", last="", said="")


def test_a_round_that_was_closed_early_stands_at_the_day_on_which_it_was(house: House) -> None:
    house.ask({"Detection": 5}, node="Detection")
    house.ask({"Detection": 5}, node="Detection", early=timedelta(days=2))
    found = seen(house, "Detection")
    assert found is not None
    assert found.days == ((NOW + WEEK).date(), (NOW + SEASON + WEEK - timedelta(days=2)).date())


def parts_of(drawn: str, tag: str) -> list[dict[str, str]]:
    root = ET.fromstring(drawn)
    return [dict(part.attrib) | {"said": part.text or ""} for part in root.iter() if part.tag.endswith(tag)]


def test_a_staircase_holds_its_numbers_and_keeps_rings_off_its_scale() -> None:
    known, none = Stair((20.0, 25.0, 30.0), "low", True), Stair(None, "low", False)
    drawn = staircase([known, none], first="a", last="b", said="x")
    labels = {one["said"]: one for one in parts_of(drawn, "text")}
    # A digit of 12 units is about 9 high and 8 wide.
    assert float(labels["100"]["y"]) >= 9
    assert float(labels["100"]["x"]) >= 3 * 8
    lowest = max(float(one["y1"]) for one in parts_of(drawn, "line") if one["class"] == "scale")
    [ring] = parts_of(drawn, "circle")
    assert lowest < float(ring["cy"]) - float(ring["r"])
    assert float(ring["cy"]) + float(ring["r"]) < float(labels["a – b"]["y"]) - 9


def test_what_is_said_of_every_facet_alike_is_said_once_where_none_is_compared(house: House) -> None:
    browser = Client()
    browser.force_login(house.of("Detection")[0])

    def said() -> list[int]:
        page = browser.get(f"/results/{house.round_id}/").content.decode()
        return [page.count(words) for words in ("the line begins anew", "No change that we can see")]

    house.ask({"Detection": 5})
    house.ask({"Detection": 5})
    assert said() == [0, 5]
    house.join("ann", "Detection")
    for name in ("bob", "eve"):
        house.join(name, "Detection")
    house.ask({"Detection": 5})
    house.ask({"Detection": 5})
    assert said() == [1, 0]


def test_rounds_of_others_are_no_business_of_a_stranger(house: House) -> None:
    from django.http import Http404

    house.ask({"Detection": 5}, node="Detection")
    with pytest.raises(Http404):
        queries.own_result(house.of("Cloud")[0], house.round_id)
    assert rounds.find(house.round_id) is not None


def test_the_newest_result_is_drawn_first(house: House) -> None:
    asked = []
    for _season in range(3):
        house.ask({"Detection": 5, "Cloud": 5})
        asked.append(house.round_id)
    assert [args for _key, _task, args in tasks._due(house.at)] == [(round_id,) for round_id in reversed(asked)]
