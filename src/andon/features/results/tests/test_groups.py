"""A group's page: for everybody who was asked, made of the release alone, without a ranking."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from andon.features.instruments import public as instruments
from andon.features.releases.models import Release, ReleasedGroup
from andon.features.results import bars
from andon.features.rounds.models import RoundGroup
from tests.lived_in import LivedIn, absent_id, undone

pytestmark = pytest.mark.django_db(databases="__all__")
MOST_QUERIES = 16
ALL = ("inclusion", "learner", "contributor", "challenger", "accountability")


def page(house: LivedIn, name: str, *, round_name: str = "autumn", node: str = "Lanternworks", query: str = "") -> Any:
    client = Client()
    client.force_login(house.people[name])
    address = reverse("results:group", args=[house.rounds[round_name], house.nodes[node].pk])
    return client.get(address + query)


def text(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


def write(house: LivedIn, **figures: Any) -> None:
    group = {"group": house.nodes["Lanternworks"].pk, "people": 410, "turnout": "half_or_more", **figures}
    ReleasedGroup.objects.filter(round_id=house.rounds["autumn"]).update(figures=json.dumps(group))


@pytest.fixture
def large(lived_in: LivedIn) -> Iterator[LivedIn]:
    core = instruments.load("andon-core")
    weak, strong = ({"low": 5, "mixed-low": 4, "mixed-high": 3, "high": 2}, {"low": 0, "mixed-low": 0})
    facets = {facet.id: strong | {"mixed-high": 4, "high": 10} for facet in core.facets} | {"challenger": weak}
    with undone():
        write(
            lived_in,
            histograms={code: [10, 20, 30, 200, 100, 5] for code in core.codes},
            noise=9165,
            spread={"facets": facets, "statements": dict.fromkeys(core.codes, weak), "units": 14},
        )
        yield lived_in


def test_a_large_group_shows_spread_ranges_and_shares_with_what_the_error_costs(large: LivedIn) -> None:
    answer = page(large, "Bo")
    said = text(answer)
    assert "410 people asked" not in said  # The number asked is that of the day of the rosters, here 37.
    assert "half or more answered" in said
    assert "Hard in more than half of the teams: challenging a plan." in said
    assert "epsilon 5.8" in said
    assert re.search(r"\d+, between \d+ and \d+", said)
    # Five facets of the spread, five ranges, 21 statements.
    assert answer.content.decode().count('class="share-bar"') == 5 + 21
    assert answer.content.decode().count('class="range-mark"') == 5


def test_where_no_stage_is_hard_for_most_none_is_named(large: LivedIn) -> None:
    fine = {"low": 1, "mixed-low": 2, "mixed-high": 3, "high": 8}
    write(large, reason="under_a_hundred", spread={"facets": dict.fromkeys(ALL, fine), "statements": {}, "units": 14})
    assert "No stage is unsafe or leaning unsafe in more than half of the teams." in text(page(large, "Bo"))


def test_a_small_group_says_why_there_is_so_little(lived_in: LivedIn) -> None:
    said = text(page(lived_in, "Bo"))
    assert "There are too few teams here for a spread" in said
    assert "Shares of answers need a hundred people" in said
    assert "37 people asked" in said


def test_whoever_was_asked_or_watches_sees_it_and_nobody_else(lived_in: LivedIn) -> None:
    seen = {name: page(lived_in, name).status_code for name in ("Bo", "Eve", "Gil", "Stella", "Otto", "Cy", "Fay")}
    assert seen == {"Bo": 200, "Eve": 200, "Gil": 200, "Stella": 200, "Otto": 200, "Cy": 404, "Fay": 404}


def test_a_group_of_another_round_an_absent_one_and_one_that_is_not_shown_look_alike(lived_in: LivedIn) -> None:
    client = Client()
    client.force_login(lived_in.people["Bo"])
    autumn, released = lived_in.rounds["autumn"], lived_in.rounds["released"]
    for args in ([released, lived_in.nodes["Lanternworks"].pk], [autumn, absent_id()], [absent_id(), absent_id()]):
        assert client.get(reverse("results:group", args=args)).status_code == 404
    assert client.get(reverse("results:groups", args=[released])).status_code == 404
    with undone():
        Release.objects.filter(round_id=autumn).update(shown=False)
        assert client.get(reverse("results:groups", args=[autumn])).status_code == 404


def test_groups_inside_are_listed_by_name_fifty_on_a_page_in_bounded_queries(lived_in: LivedIn) -> None:
    with undone():
        autumn, top = lived_in.rounds["autumn"], lived_in.nodes["Lanternworks"].pk
        RoundGroup.objects.bulk_create(
            RoundGroup(
                round_id=autumn,
                node_id=absent_id(),
                parent_node=top,
                above=[top],
                name=f"Group {number:03}",
                people=20,
                units=2,
                position=number,
            )
            for number in range(1, 121)
        )
        client = Client()
        client.force_login(lived_in.people["Bo"])
        address = reverse("results:group", args=[autumn, top])
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(f"{address}?page=2")
        assert len(queries) <= MOST_QUERIES
        names = re.findall(r"Group \d{3}", text(answer))
        assert names == [f"Group {number:03}" for number in range(51, 101)]


def test_the_way_there_leads_from_the_report_and_from_the_round(lived_in: LivedIn) -> None:
    autumn = lived_in.rounds["autumn"]
    link = reverse("results:groups", args=[autumn])
    for name, address in (("Bo", "results:report"), ("Stella", "rounds:detail")):
        client = Client()
        client.force_login(lived_in.people[name])
        assert link in client.get(reverse(address, args=[autumn])).content.decode()
        assert link not in client.get(reverse("rounds:detail", args=[lived_in.rounds["open"]])).content.decode()


def test_a_bar_is_whole_says_what_it_shows_and_holds_no_style() -> None:
    bar = bars.share_bar([1, 0, 3, 96], bars.BANDS, said="<b>", labels=["1", "0", "3", "96"])
    widths = [float(width) for width in re.findall(r'width="([\d.]+)"', bar)]
    assert sum(widths) == pytest.approx(bars.WIDTH, abs=0.02)
    assert "&lt;b&gt;" in bar
    assert "style" not in bar
    # A part that is too narrow for its number goes without.
    assert re.findall(r">(\d+)<", bar) == ["96"]
    with pytest.raises(ValueError, match="has parts"):
        bars.share_bar([0, 0], ("low", "high"), said="", labels=["0", "0"])
