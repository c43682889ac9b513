"""A page costs the same few queries in an organisation of 14 people and in one of 121 with more rounds behind it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client

from andon.features.results import queries as results_queries
from andon.features.results.models import SharedColours
from andon.features.results.tasks import draw_release
from andon.features.rounds import public as rounds
from andon.features.rounds import queries as rounds_queries
from andon.features.rounds import services as rounds_services
from andon.features.rounds import views as rounds_views
from andon.foundation.organisation import public as organisation
from tests.anonymous_client import AnonymousClient
from tests.cast_of_people import Slip
from tests.lived_in import ANSWERS, LivedIn, founded, members, queries

DAY = timedelta(days=1)
# The most that each may cost, over all databases, with session, member, settings and the member's duties.
MOST = {
    "GET /": 15,
    "GET /rounds/": 11,
    "GET /instruments/": 9,
    "GET a questionnaire": 9,
    # Three of each: what is on offer.
    "GET /rounds/new/": 11,
    "GET the choice of a team": 13,
    "GET a search for a team": 10,
    "GET a chosen team": 12,
    "GET a round": 15,
    "GET a comparison": 20,
    "GET a withdrawal": 14,
    "POST /rounds/new/": 21,
    "GET /results/": 10,
    # Five for the rounds before, however many they were, and two for agreed steps.
    "GET a report": 22,
    "GET what is shared": 15,
    "GET a proposal to share": 15,
    "GET a debrief": 12,
    "GET a step": 13,
    "GET /guide/": 5,
    "GET a practice": 10,
    "GET a moment": 5,
    "GET /guide/taken-up/": 10,
    "GET a receipt": 10,
    "GET a unit file": 10,
    "GET /verify/": 7,
    # One for each of the twenty-odd kinds of thing that a server can hold about somebody, whatever their number.
    "GET /verify/me/": 37,
    "GET /people/": 11,
    "GET people by hand": 12,
    "GET a person": 14,
    "GET the teams": 13,
    "GET a team": 17,
    "GET people in no team": 11,
    "GET the top": 15,
    "POST a place": 27,
    "GET a move of a team": 31,
    "GET /you/": 11,
    "GET /audit/": 7,
    "GET /slips/offer/": 7,
    "POST /slips/": 10,
    "POST /cast/": 4,
    "GET /log/": 2,
    "GET /answer/": 3,
}
# Which small team joins which is decided by their ids, which are random: the part of the tree that a move touches may
# need one look further up, which asks first whether it was counted already.
MAY_DIFFER = {"GET a move of a team": 2}


@dataclass(frozen=True, slots=True)
class Size:
    teams: int
    past: int
    open: int
    levels: int


SMALL, LARGE = Size(teams=2, past=1, open=1, levels=1), Size(teams=15, past=3, open=4, levels=4)


def grow(house: LivedIn, size: Size) -> None:
    """Teams of six to eight, the first below several levels; Ada leads it. Every round asks everybody."""
    parent = "Lanternworks"
    for level in range(1, size.levels):
        house.add_node(f"Level {level}", parent)
        parent = f"Level {level}"
    house.add_team("Detection", parent, members("Ada", "Bo"))
    house.add_member("Stella", duty="steward")
    for number in range(1, size.teams):
        lead = f"Lead {number}"
        house.add_team(f"Team {number}", parent, [lead, *(f"{lead} {other}" for other in range(1, 8))])
    # More rounds at the same time than there are questionnaires.
    with patch.object(rounds_services, "_check_rests"):
        for number in range(size.past):
            name = f"past {number}"
            past = house.open_round(name, "Lanternworks", by="Gil", ago=(30 + number) * DAY)
            house.answer(past, members("Ada", "Bo")[:5], ANSWERS)
            house.close(past, ago=(23 + number) * DAY)
            draw_release.func(past)
    share_all(house, house.rounds["past 0"])
    with patch.object(rounds_services, "_check_rests"):
        for number in range(size.open):
            house.open_round(f"open {number}", "Detection", by="Ada", ago=DAY, asks_comments=True)
        house.open_round("coming", "Lanternworks", by="Gil", ago=timedelta(0), opens_in=3 * DAY)


def share_all(house: LivedIn, round_id: str) -> None:
    """Every unit but Ada's, whose proposal is looked at, shares its colours with everybody."""
    own = results_queries.own_result(house.people["Ada"], round_id)
    for unit in rounds.units_of(round_id):
        if unit.id != own.unit.id:
            SharedColours.objects.create(
                round_id=round_id,
                unit_id=unit.id,
                node_id=house.nodes["Lanternworks"].pk,
                shared_from=house.now.date() - DAY,
            )


def visits(house: LivedIn, door: Any) -> Mapping[str, Callable[[], Any]]:
    bo, ada, gil = Client(), Client(), Client()
    stella = Client()
    gil.force_login(house.people["Gil"])
    stella.force_login(house.people["Stella"])
    bo.force_login(house.people["Bo"])
    ada.force_login(house.people["Ada"])
    past, opened = house.rounds["past 0"], house.rounds["open 0"]
    slip = Slip(opened)
    cast = house.body(house.slip("Ada 1", opened), ANSWERS)
    form = {"node": house.nodes["Detection"].pk, "instrument": "andon-core", "opens": "now", "closes": "7d"}
    place = {"team": "Team 1", "role": "member", "starts_on": organisation.today().isoformat()}
    paths = {
        "GET a round": f"/rounds/{opened}/",
        "GET a questionnaire": "/instruments/andon-core/1.1.0/",
        "GET a practice": "/guide/practices/alert-hand-over/",
        "GET a moment": "/guide/moments/after-an-incident/",
        "GET a report": f"/results/{past}/",
        "GET what is shared": "/results/shared/",
        "GET a proposal to share": f"/results/{past}/sharing/",
        "GET a debrief": f"/results/{past}/debrief/",
        "GET a step": f"/results/{past}/step/",
        "GET a receipt": f"/results/{past}/receipt/",
        "GET a unit file": f"/results/{past}/unit.json",
    }
    plain = {name: name.removeprefix("GET ") for name in MOST if name.startswith("GET /")}
    return {
        name: lambda path=path, client=door if path in {"/log/", "/answer/"} else ada: client.get(path)
        for name, path in (paths | plain).items()
    } | {
        "GET people by hand": lambda: stella.get("/people/?q=e"),
        "GET a person": lambda: stella.get(f"/people/{house.people['Bo'].pk}/"),
        "GET the teams": lambda: stella.get(f"/people/teams/?at={house.nodes['Lanternworks'].pk}"),
        "GET a team": lambda: stella.get(f"/people/teams/{house.nodes['Detection'].pk}/"),
        "POST a place": lambda: stella.post(f"/people/{house.people['Bo'].pk}/team/", place),
        "GET a move of a team": lambda: stella.get(
            f"/people/teams/{house.nodes['Team 1'].pk}/move/?to={house.nodes['Detection'].pk}"
        ),
        "GET people in no team": lambda: stella.get("/people/?show=no-team"),
        "GET the top": lambda: stella.get(f"/people/teams/{house.nodes['Lanternworks'].pk}/"),
        "GET the choice of a team": lambda: in_a_tree(lambda: gil.get("/rounds/new/")),
        "GET a search for a team": lambda: in_a_tree(lambda: gil.get("/rounds/new/?q=detection")),
        "GET a chosen team": lambda: in_a_tree(lambda: gil.get(f"/rounds/new/?node={house.nodes['Detection'].pk}")),
        "GET a comparison": lambda: gil.get(f"/rounds/{house.rounds['open 0']}/?compare=yes"),
        "GET a withdrawal": lambda: gil.get(f"/rounds/{house.rounds['coming']}/again/"),
        "POST /rounds/new/": lambda: ada.post("/rounds/new/", form),
        "POST /slips/": lambda: bo.post("/slips/", slip.asking, content_type="application/json"),
        "POST /cast/": lambda: door.post("/cast/", data=cast, content_type="application/json"),
    }


def in_a_tree(visit: Callable[[], Any]) -> Any:
    """As whoever leads more teams than a list holds sees it."""
    with patch.object(rounds_views, "SHORT_LIST", 0):
        return visit()


def cost(visits: Mapping[str, Callable[[], Any]]) -> dict[str, list[str]]:
    """The statements of each visit, the second time: what a process keeps in its memory it keeps for everybody."""
    found = {}
    for name, visit in visits.items():
        visit()
        with queries() as sent:
            answer = visit()
        assert answer.status_code == 200, name
        found[name] = list(sent)
    return found


honest_view = rounds_queries._view


def one_by_one(row: Any) -> rounds_queries.RoundView:
    """The planted fault: a query for each round of a list."""
    assert row.units.exists()
    return honest_view(row)


@pytest.fixture(scope="module")
def costs(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> dict[Size, dict[str, list[str]]]:
    found: dict[Size, dict[str, list[str]]] = {}
    with django_db_blocker.unblock():
        for size in (SMALL, LARGE):
            folder: Path = tmp_path_factory.mktemp("organisation")
            with founded(folder) as house:
                grow(house, size)
                made = visits(house, AnonymousClient())
                found[size] = cost(made)
                with patch.object(rounds_queries, "_view", one_by_one):
                    found[size] |= cost({"planted": made["GET /rounds/"]})
    return found


@pytest.mark.parametrize("name", MOST)
def test_a_visit_costs_the_same_few_queries_in_every_organisation(costs: Any, name: str) -> None:
    small, large = costs[SMALL][name], costs[LARGE][name]
    assert abs(len(large) - len(small)) <= MAY_DIFFER.get(name, 0), "\n".join(large)
    assert len(large) <= MOST[name], "\n".join(large)


def test_a_query_for_each_round_is_seen(costs: Any) -> None:
    assert len(costs[LARGE]["planted"]) > len(costs[SMALL]["planted"])
