"""Colours shared with people above a unit: by its own choice, with a no for each that nobody can be asked about."""

import contextlib
import json
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.apps import apps
from django.contrib import messages
from django.db import connection
from django.http import Http404, HttpRequest
from django.test import Client

from andon.features.releases.models import ReleasedGroup, ReleasedUnit
from andon.features.results import queries, sharing, sharing_views
from andon.features.results.models import NotShared, SharedColours
from andon.features.rounds.models import RosterEntry, RoundGroup, RoundUnit
from andon.foundation.audit import public as audit
from andon.foundation.organisation import public as organisation
from andon.foundation.organisation.models import Membership
from tests.lived_in import ANSWERS, LivedIn, founded, members

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)
DAY = timedelta(days=1)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[LivedIn]:
    """Ada and Bo are of Detection, Hal of Cloud, which answered too little; both lie in Security. Ivy is of Sales."""
    with founded(tmp_path) as made:
        made.add_node("Security", "Lanternworks")
        made.add_team("Detection", "Security", members("Ada", "Bo"))
        made.add_team("Cloud", "Security", members("Hal"))
        made.add_team("Sales", "Lanternworks", members("Ivy"))
        made.add_member("Cy")
        asked = made.open_round("first", "Security", by="Gil", ago=60 * DAY)
        made.answer(asked, members("Ada", "Bo"), ANSWERS)
        made.answer(asked, members("Hal")[:3], ANSWERS)
        made.close(asked, ago=53 * DAY)
        yield made


def client(house: LivedIn, name: str) -> Client:
    browser = Client()
    browser.force_login(house.people[name])
    return browser


def own(house: LivedIn, name: str = "Ada") -> queries.Own:
    return queries.own_result(house.people[name], house.rounds["first"])


def address(house: LivedIn, what: str = "") -> str:
    return f"/results/{house.rounds['first']}/{what}"


def propose(house: LivedIn, node: str = "Security", *, days_ago: int = 0, by: str = "Ada") -> None:
    on = organisation.today() - days_ago * DAY
    sharing.propose(own=own(house, by), node_id=house.nodes[node].pk, by=house.people[by], on=on)


def seen_by(house: LivedIn, name: str) -> list[str]:
    found = sharing.shared_with(house.people[name], on=organisation.today(), page="1")
    return [one.unit_name for one in found.units]


def rows() -> dict[str, set[str]]:
    """Everything that stands in any database, sessions as well."""
    return {
        model._meta.label: {repr(row) for row in model._default_manager.all().values_list()}
        for model in apps.get_models()
        if model._meta.managed
    }


def test_what_is_proposed_is_seen_after_seven_days_by_those_of_the_node_and_by_nobody_else(house: LivedIn) -> None:
    propose(house, days_ago=6)
    assert [seen_by(house, name) for name in ("Hal", "Ada", "Gil", "Ivy")] == [[], [], [], []]
    SharedColours.objects.all().delete()
    propose(house, days_ago=7)
    assert seen_by(house, "Hal") == seen_by(house, "Ada") == ["Detection"]
    # Of those, Gil leads everybody and belongs to the top, Ivy is of another part, Cy of none.
    for name in ("Gil", "Ivy", "Cy"):
        assert seen_by(house, name) == []
        assert "Detection" not in client(house, name).get("/results/shared/").content.decode()
    page = client(house, "Hal").get("/results/shared/").content.decode()
    assert "Detection" in page
    assert "Comparing them says little" in page
    assert "/results/shared/" in client(house, "Hal").get("/results/").content.decode()
    assert "/results/shared/" not in client(house, "Ivy").get("/results/").content.decode()


def test_of_a_facet_its_word_is_shown_and_no_statement_number_or_count(house: LivedIn) -> None:
    propose(house, days_ago=7)
    report = queries.report_for(house.people["Ada"], house.rounds["first"])
    page = client(house, "Hal").get("/results/shared/").content.decode()
    body = page[page.index("<main") : page.index("</main")]
    [one] = sharing.shared_with(house.people["Hal"], on=organisation.today(), page="1").units
    assert one.facets == tuple((line.name, line.band) for line in report.facets)
    assert set(sharing.SharedWithMe.__slots__) == {"unit_name", "round", "title", "node_name", "facets", "words"}
    assert all(str(line.name) in body for line in report.facets)
    assert not any(str(said.wording) in body for _line, found in report.statements for said in found)
    assert "answered" not in body
    tables = re.findall(r"<table.*?</table>", body, re.DOTALL)
    assert len(tables) == 1
    assert not re.search(r"\d", re.sub(r"<[^>]*>", "", tables[0]))


def test_everybody_of_the_unit_is_told_who_proposed_it_on_the_report_and_on_today(house: LivedIn) -> None:
    browser = client(house, "Bo")
    before = browser.get(address(house)).content.decode()
    assert "Propose to share the colours" in before
    answer = browser.post(address(house, "sharing/"), {"node": house.nodes["Security"].pk})
    assert answer["Location"] == address(house) + "#sharing"
    for name in ("Ada", "Bo"):
        page = client(house, name).get(address(house)).content.decode()
        assert f"Proposed by {house.people['Bo'].name}." in page
        assert "No, keep them here" in page
        assert "Your unit&#x27;s colours are to be shared" in client(house, name).get("/").content.decode()
    assert "colours are to be shared" not in client(house, "Hal").get("/").content.decode()
    assert SharedColours.objects.get().shared_from == organisation.today() + 7 * DAY


@pytest.mark.parametrize("days_ago", [0, 30])
def test_one_no_ends_it_at_once_and_for_good(house: LivedIn, days_ago: int) -> None:
    propose(house, days_ago=days_ago)
    was_seen = seen_by(house, "Hal") == ["Detection"]
    assert was_seen is bool(days_ago)
    bo = client(house, "Bo")
    assert bo.post(address(house, "sharing/no/"))["Location"] == address(house) + "#sharing"
    assert bo.post(address(house, "sharing/no/")).status_code == 302
    assert NotShared.objects.get().was_seen is was_seen
    assert seen_by(house, "Hal") == []
    assert "colours are to be shared" not in client(house, "Ada").get("/").content.decode()
    assert "Who said no is kept nowhere" in client(house, "Ada").get(address(house)).content.decode()
    assert client(house, "Ada").get(address(house, "sharing/")).status_code == 404
    assert (
        client(house, "Ada").post(address(house, "sharing/"), {"node": house.nodes["Security"].pk}).status_code == 404
    )
    with pytest.raises(sharing.ProposedAlready):
        propose(house)


def left_by_a_no(house: LivedIn, name: str) -> dict[str, set[str]]:
    """What stands in the databases since somebody said no, and did not before."""
    browser = client(house, name)
    browser.get(address(house))
    before = rows()
    browser.post(address(house, "sharing/no/"))
    return {label: found - before[label] for label, found in rows().items() if found != before[label]}


def test_who_said_no_is_written_nowhere_and_neither_is_when(house: LivedIn, caplog: pytest.LogCaptureFixture) -> None:
    propose(house)
    caplog.clear()
    key = SharedColours.objects.get().pk
    assert left_by_a_no(house, "Bo") == {"results.NotShared": {repr((key, False))}}
    assert caplog.messages == []
    kinds = {field.name: field.get_internal_type() for field in NotShared._meta.concrete_fields}
    assert kinds == {"shared": "OneToOneField", "was_seen": "BooleanField"}


def test_a_no_that_leaves_a_name_in_the_change_log_is_noticed(house: LivedIn) -> None:
    propose(house)
    honest = sharing.say_no

    def noting(*, own: queries.Own, on: Any) -> None:
        honest(own=own, on=on)
        audit.record(kind="planted", by=house.people["Bo"], at=house.now)

    with patch.object(sharing_views.sharing, "say_no", noting):
        assert "audit.AuditEntry" in left_by_a_no(house, "Bo")


def test_a_message_to_whoever_said_no_is_noticed(house: LivedIn) -> None:
    """Where the page that shows it never comes, it would wait in the row of their session."""
    propose(house)
    asked: list[HttpRequest] = []

    def member_of(request: HttpRequest) -> Any:
        asked.append(request)
        return request.user

    def speaking(round_id: str) -> str:
        messages.success(asked[0], "planted")
        return address(house)

    with patch.object(sharing_views, "_section", speaking), patch.object(sharing_views, "current_member", member_of):
        assert left_by_a_no(house, "Bo").keys() == {"results.NotShared", "people.Session"}


def test_nobody_else_proposes_or_says_no(house: LivedIn) -> None:
    for name in ("Ivy", "Cy", "Gil"):
        other = client(house, name)
        assert other.get(address(house, "sharing/")).status_code == 404
        assert other.post(address(house, "sharing/"), {"node": house.nodes["Security"].pk}).status_code == 404
    propose(house, days_ago=7)
    # Hal is of the same round and sees the colours, and is of another unit.
    for name in ("Hal", "Ivy", "Cy", "Gil"):
        assert client(house, name).post(address(house, "sharing/no/")).status_code == 404
    assert not NotShared.objects.exists()


def test_a_unit_without_colours_has_nothing_to_propose(house: LivedIn) -> None:
    hal = client(house, "Hal")
    assert "Who else sees these colours" not in hal.get(address(house)).content.decode()
    assert hal.get(address(house, "sharing/")).status_code == 404
    with pytest.raises(Http404):
        propose(house, by="Hal")


def figures_of(house: LivedIn) -> dict[str, Any]:
    return dict(json.loads(ReleasedUnit.objects.get(unit_id=own(house).unit.id).figures))


def test_colours_that_were_kept_or_rest_are_not_shared(house: LivedIn) -> None:
    figures = figures_of(house)
    kept = {code: value | {"updated": False} for code, value in figures["figures"].items()}
    unit = ReleasedUnit.objects.filter(unit_id=own(house).unit.id)
    unit.update(figures=json.dumps(figures | {"figures": kept}))
    report = queries.report_for(house.people["Ada"], house.rounds["first"])
    assert any(line.band for line in report.facets)
    assert sharing.colours_of(own(house)) == ()
    one_kept = figures["figures"] | {code: kept[code] for code in kept if code.startswith("CH")}
    unit.update(figures=json.dumps(figures | {"figures": one_kept}))
    assert len(sharing.colours_of(own(house))) == len(report.facets) - 1


def test_only_what_lies_above_the_unit_is_chosen(house: LivedIn) -> None:
    assert [name for _pk, name in sharing.choices_for(own(house))] == ["Security", "Lanternworks"]
    for node in ("Detection", "Cloud", "Sales"):
        with pytest.raises(Http404):
            propose(house, node)
    answer = client(house, "Ada").post(address(house, "sharing/"), {"node": house.nodes["Sales"].pk})
    assert answer.status_code == 422
    assert not SharedColours.objects.exists()


def test_where_teams_are_counted_together_what_is_above_all_of_them_is_chosen(house: LivedIn) -> None:
    unit = RoundUnit.objects.get(pk=own(house).unit.id)
    unit.node_ids = [house.nodes["Detection"].pk, house.nodes["Sales"].pk]
    unit.save()
    assert [name for _pk, name in sharing.choices_for(own(house))] == ["Lanternworks"]
    unit.node_ids = [house.nodes["Detection"].pk, house.nodes["Security"].pk]
    unit.save()
    assert [name for _pk, name in sharing.choices_for(own(house))] == ["Security", "Lanternworks"]


def test_teams_that_went_and_people_who_left_the_node_end_it(house: LivedIn) -> None:
    propose(house, days_ago=7)
    detection = house.nodes["Detection"]
    for change in ({"parent": house.nodes["Lanternworks"]}, {"retired_on": organisation.today()}):
        before = {name: getattr(detection, name) for name in change}
        assert seen_by(house, "Hal") == ["Detection"]
        for name, value in change.items():
            setattr(detection, name, value)
        detection.save()
        assert seen_by(house, "Hal") == []
        assert "since its teams changed" in client(house, "Ada").get(address(house)).content.decode()
        for name, value in before.items():
            setattr(detection, name, value)
        detection.save()
    Membership.objects.filter(member=house.people["Hal"]).update(node=house.nodes["Sales"])
    assert seen_by(house, "Hal") == []


def test_who_proposed_it_and_was_erased_leaves_it_without_a_name(house: LivedIn) -> None:
    propose(house, by="Bo")
    assert "proposed to share" in str(client(house, "Bo").get("/verify/me.json").content)
    house.people["Bo"].delete()
    assert SharedColours.objects.get().by is None
    page = client(house, "Ada").get(address(house)).content.decode()
    assert "Whoever proposed it is not here any more." in page
    assert "No, keep them here" in page


def test_a_proposal_stands_in_no_change_log_and_on_no_way_out(house: LivedIn) -> None:
    before = rows()["audit.AuditEntry"]
    propose(house, days_ago=7)
    assert rows()["audit.AuditEntry"] == before
    ada = client(house, "Ada")
    for kind in ("csv", "json"):
        taken = ada.post(address(house, "export/"), {"as": kind}).content.decode()
        assert "shared_from" not in taken
        assert house.nodes["Security"].pk not in taken
    assert "shared" not in ada.get(address(house, "unit.json")).content.decode()


def test_units_stand_by_name_and_of_one_unit_the_newest_round_first(house: LivedIn) -> None:
    propose(house, days_ago=9)
    second = house.open_round("second", "Cloud", by="Hal", ago=20 * DAY)
    house.answer(second, members("Hal"), ANSWERS)
    house.close(second, ago=13 * DAY)
    hal = house.people["Hal"]
    on = organisation.today() - 8 * DAY
    sharing.propose(own=queries.own_result(hal, second), node_id=house.nodes["Security"].pk, by=hal, on=on)
    assert seen_by(house, "Ada") == ["Cloud", "Detection"]
    RoundUnit.objects.filter(round_id=second).update(name="detection")
    assert seen_by(house, "Ada") == ["detection", "Detection"]
    # Also where the older round was proposed later.
    SharedColours.objects.exclude(round_id=second).update(shared_from=organisation.today())
    assert seen_by(house, "Ada") == ["detection", "Detection"]


def spread(house: LivedIn, node: str, units: int, *, of: str = "first") -> None:
    """Let the group of a round show a spread over so many units."""
    key, round_id = house.nodes[node].pk, house.rounds[of]
    bands = dict.fromkeys(("low", "mixed-low", "mixed-high"), 0) | {"high": units}
    shown = {"facets": {"inclusion": bands}, "statements": {"IN1": bands}, "units": units}
    figures = {"group": key, "people": 60, "turnout": "half_or_more", "reason": "under_a_hundred", "spread": shown}
    found = ReleasedGroup.objects.filter(round_id=round_id, node_id=key)
    if not found.update(figures=json.dumps(figures)):
        parent = house.nodes["Security"].pk
        ReleasedGroup.objects.create(
            round_id=round_id, node_id=key, position=9, figures=json.dumps(figures), salt=b"", path=b""
        )
        RoundGroup.objects.create(
            round_id=round_id,
            node_id=key,
            parent_node=parent,
            above=[parent],
            name=node,
            people=60,
            units=9,
            position=9,
        )


def shared_by_another_unit(house: LivedIn) -> None:
    """One of the units of the spread is seen already."""
    SharedColours.objects.create(
        round_id=house.rounds["first"],
        unit_id="e" * 32,
        node_id=house.nodes["Security"].pk,
        shared_from=organisation.today(),
        spread_node=house.nodes["Security"].pk,
    )


def left_over(house: LivedIn) -> int:
    """How many units of the group nobody knows the colours of, who subtracts what was ever shown."""
    seen = SharedColours.objects.filter(shared_from__lte=organisation.today()).exclude(no__was_seen=False)
    return 11 - seen.count()


def test_of_a_spread_ten_units_stay_unshared(house: LivedIn) -> None:
    spread(house, "Security", 10)
    answer = client(house, "Ada").post(address(house, "sharing/"), {"node": house.nodes["Security"].pk})
    assert answer.status_code == 422
    assert "so the colours stay with you" in answer.content.decode()
    spread(house, "Security", 11)
    propose(house, days_ago=7)
    assert left_over(house) == 10


def test_a_place_in_a_spread_is_free_again_only_where_nothing_was_seen(house: LivedIn) -> None:
    spread(house, "Security", 11)
    shared_by_another_unit(house)
    with pytest.raises(sharing.TooFewLeft):
        propose(house)
    no = NotShared.objects.create(shared=SharedColours.objects.get(), was_seen=True)
    with pytest.raises(sharing.TooFewLeft):
        propose(house)
    no.was_seen = False
    no.save()
    propose(house)


def proposed_at_once(house: LivedIn) -> int:
    """How many of two units get the one place, where each looks for it before the other has taken it, if it can."""
    second = house.open_round("second", "Security", by="Gil", ago=20 * DAY)
    for people in (members("Ada", "Bo"), members("Hal")):
        house.answer(second, people, ANSWERS)
    house.close(second, ago=13 * DAY)
    spread(house, "Security", 11, of="second")
    both_looked, honest = threading.Barrier(2, timeout=1.0), sharing.room_for

    def slow(own: queries.Own) -> sharing.Room:
        room = honest(own)
        with contextlib.suppress(threading.BrokenBarrierError):
            both_looked.wait()
        return room

    def one(name: str) -> None:
        member, node = house.people[name], house.nodes["Security"]
        with contextlib.closing(connection), contextlib.suppress(sharing.TooFewLeft):
            sharing.propose(own=queries.own_result(member, second), node_id=node.pk, by=member, on=organisation.today())

    with patch.object(sharing, "room_for", slow), ThreadPoolExecutor(2) as pool:
        list(pool.map(one, ("Ada", "Hal")))
    return SharedColours.objects.filter(round_id=second).count()


@pytest.mark.postgres_only
def test_of_two_units_that_propose_at_once_one_gets_the_last_place(house: LivedIn) -> None:
    assert proposed_at_once(house) == 1


@pytest.mark.postgres_only
def test_two_that_do_not_wait_for_each_other_are_noticed(house: LivedIn) -> None:
    with patch.object(sharing.releases, "hold", lambda round_id: None):
        assert proposed_at_once(house) == 2


def test_what_lies_in_a_shown_group_inside_is_not_what_is_left_over(house: LivedIn) -> None:
    spread(house, "Security", 25)
    spread(house, "Cloud", 15)
    with pytest.raises(sharing.TooFewLeft):
        propose(house)
    spread(house, "Cloud", 14)
    propose(house)


def test_a_count_that_forgets_what_is_left_over_is_noticed(house: LivedIn) -> None:
    spread(house, "Security", 11)
    shared_by_another_unit(house)
    with patch.object(sharing, "LEAST_LEFT", 0):
        propose(house, days_ago=7)
    assert left_over(house) == 9


def test_a_list_by_day_or_one_that_forgets_the_tree_is_noticed(house: LivedIn) -> None:
    propose(house, days_ago=7)
    Membership.objects.filter(member=house.people["Ivy"]).update(node=house.nodes["Sales"])
    with patch.object(sharing, "_line_of", lambda member, *, on: [house.nodes["Security"].pk]):
        assert seen_by(house, "Ivy") == ["Detection"]
    house.nodes["Detection"].retired_on = organisation.today()
    house.nodes["Detection"].save()
    with patch.object(sharing, "_all_below", lambda *args: True):
        assert seen_by(house, "Hal") == ["Detection"]


def test_whoever_left_the_roster_by_being_erased_says_nothing_any_more(house: LivedIn) -> None:
    propose(house)
    RosterEntry.objects.filter(member=house.people["Bo"]).delete()
    assert client(house, "Bo").post(address(house, "sharing/no/")).status_code == 404


def test_a_restore_takes_back_what_was_shared_or_about_to_be_for_a_no_may_be_lost_with_the_backup(
    house: LivedIn,
) -> None:
    today = organisation.today()
    propose(house, days_ago=8)
    assert seen_by(house, "Hal") == ["Detection"]
    assert sharing.take_back_all(on=today) == 1
    assert sharing.take_back_all(on=today) == 0
    assert seen_by(house, "Hal") == []
    assert NotShared.objects.get().was_seen
    with pytest.raises(sharing.ProposedAlready):
        propose(house)
    SharedColours.objects.all().delete()
    propose(house)
    sharing.take_back_all(on=today)
    assert not NotShared.objects.get().was_seen
