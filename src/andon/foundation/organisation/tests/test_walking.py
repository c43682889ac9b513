"""What is below, above and how many: asked of the database, and the same as walking the whole tree by hand."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from andon.foundation.organisation import directory, membership, queries, walking
from andon.foundation.organisation import public as organisation
from andon.foundation.organisation.models import Membership, Node
from andon.foundation.organisation.tests import cast as people
from andon.foundation.organisation.walking import few_below, paths_of, people_below, sized_below
from andon.foundation.people.models import Member
from andon.foundation.permissions import public as permissions

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 2)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 30), max_size=12))
def test_the_database_walks_as_one_would_by_hand(parents: list[int]) -> None:
    Membership.objects.all().delete()
    for old in Node.objects.order_by("-pk"):
        Node.objects.filter(pk=old.pk).update(parent=None)
    Node.objects.all().delete()
    nodes: list[Node] = [Node.objects.create(name="0")]
    for number, parent in enumerate(parents, start=1):
        nodes.append(Node.objects.create(name=str(number), parent=nodes[parent % len(nodes)]))

    def up(node: Node | None) -> list[Node]:
        return [] if node is None else [*up(node.parent), node]

    for node in nodes:
        assert organisation.path_of(node) == tuple(step.name for step in up(node))
        assert organisation.below(node.id) == {other.id for other in nodes if node in up(other)}
    assert organisation.named_paths([node.id for node in nodes]) == sorted(
        ((node.id, " / ".join(step.name for step in up(node))) for node in nodes), key=lambda pair: pair[1]
    )


def test_of_very_many_nodes_the_paths_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = people.enter()
    ids = [node.id for node in (cast.security, cast.night, cast.appsec)]
    few = paths_of(ids)
    monkeypatch.setattr("andon.foundation.organisation.walking.AT_ONCE", 1)
    assert paths_of(ids) == few


def test_only_people_who_are_active_and_belong_there_that_day_are_counted() -> None:
    cast = people.enter()
    assert people_below([cast.security.id, cast.detection.id], on=TODAY) == {cast.security.id: 4, cast.detection.id: 2}
    Member.objects.filter(pk=cast.bo.pk).update(is_active=False)
    Membership.objects.filter(member=cast.cy).update(ends_on=date(2026, 3, 1))
    assert people_below([cast.security.id, cast.appsec.id], on=TODAY) == {cast.security.id: 2}


def test_who_leads_a_node_leads_what_is_below_it_and_nothing_above() -> None:
    cast = people.enter()
    Membership.objects.filter(member=cast.ada).update(node=cast.detection)
    assert organisation.leads_of(cast.ada.id, on=TODAY) == {cast.detection.id, cast.night.id}
    assert organisation.leads(cast.ada.id, cast.night.id, on=TODAY)
    assert organisation.leads(cast.ada.id, cast.detection.id, on=TODAY)
    assert not organisation.leads(cast.ada.id, cast.security.id, on=TODAY)
    assert not organisation.leads(cast.bo.id, cast.night.id, on=TODAY)
    assert organisation.leads_of(cast.bo.id, on=TODAY) == set()


@pytest.mark.parametrize("most_walked", [0, 1, 4, 1_500])
def test_a_large_tree_is_counted_as_a_small_one(monkeypatch: pytest.MonkeyPatch, most_walked: int) -> None:
    cast = people.enter()
    roots = [cast.security.id, cast.detection.id, cast.appsec.id]
    walked = {root: sized_below([root], on=TODAY) for root in roots}
    everywhere = people_below(roots, on=TODAY)
    monkeypatch.setattr(walking, "MOST_WALKED", most_walked)
    assert {root: sized_below([root], on=TODAY) for root in roots} == walked
    assert people_below(roots, on=TODAY) == everywhere
    assert (everywhere[cast.security.id], everywhere[cast.detection.id]) == (4, 2)
    with CaptureQueriesContext(connection) as sent:
        assert set(sized_below([cast.detection.id], on=TODAY)) == {cast.detection.id, cast.night.id}
    assert len(sent) <= 3
    # A second top, which no page can make, is not below the first.
    other = Node.objects.create(name="Elsewhere", parent=None)
    assert set(sized_below([cast.security.id], on=TODAY)) == set(walked[cast.security.id])
    assert set(sized_below([other.id], on=TODAY)) == {other.id}
    assert sized_below(["nowhere"], on=TODAY) == {}


@pytest.mark.parametrize("most_walked", [1, 1_500])
def test_a_change_is_counted_at_once(monkeypatch: pytest.MonkeyPatch, most_walked: int) -> None:
    cast = people.enter()
    monkeypatch.setattr(walking, "MOST_WALKED", most_walked)
    roots = [cast.security.id]
    assert people_below(roots, on=TODAY) == {cast.security.id: 4}
    membership.deactivate(member=cast.bo, by=cast.stella, at=timezone.now(), on=TODAY)
    assert people_below(roots, on=TODAY) == {cast.security.id: 3}
    # Also one that no entry of the change log tells of, and another day.
    Membership.objects.filter(member=cast.cy).delete()
    assert people_below(roots, on=TODAY) == people_below(roots, on=TODAY + timedelta(days=1)) == {cast.security.id: 2}


def test_a_walk_ends_where_there_are_too_many() -> None:
    cast = people.enter()
    everything = organisation.below(cast.security.id)
    assert set(few_below(cast.security.id, most=len(everything)) or ()) == everything
    assert few_below(cast.security.id, most=len(everything) - 1) is None
    below = organisation.below(cast.detection.id)
    assert set(few_below(cast.detection.id, most=len(below)) or ()) == below
    assert few_below(cast.detection.id, most=len(below) - 1) is None
    assert few_below("nowhere", most=0) == []


def test_who_was_looked_for_is_shown_a_page_at_a_time_and_not_counted() -> None:
    people.enter()
    found = Member.objects.order_by("name", "pk")
    names = list(found.values_list("name", flat=True))
    first = directory.leaf_of(found, None, at_once=2)
    assert ([member.name for member in first.object_list], first.has_next, first.has_previous) == (
        names[:2],
        True,
        False,
    )
    last = directory.leaf_of(found, str((len(names) + 1) // 2), at_once=2)
    assert (last.object_list[-1].name, last.has_next, last.last) == (names[-1], False, len(names))
    for nonsense in ("0", "-1", "x", "", "999", "99999999999999999999", "²"):
        assert directory.leaf_of(found, nonsense, at_once=2) == first
    with CaptureQueriesContext(connection) as sent:
        directory.leaf_of(found, "2", at_once=2)
    assert [query["sql"] for query in sent if "COUNT(" in query["sql"]] == []
    assert len(sent) == 1


def test_a_page_reads_no_node_outside_of_what_it_shows() -> None:
    cast = people.enter()
    with CaptureQueriesContext(connection) as sent:
        branch = queries.branch_of(cast.detection, on=TODAY)
    assert len(sent) == 3
    assert all("WITH RECURSIVE" in query["sql"] or " IN (" in query["sql"] for query in sent)
    assert (branch.people_below, [below.name for below in branch.branches]) == (2, ["SOC night"])


def visit(member: Member) -> str:
    client = Client()
    client.force_login(member)
    return client.get("/people/").content.decode()


def test_somebody_in_no_team_sees_no_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = people.enter()
    assert "SOC night" in visit(cast.cy)
    Membership.objects.filter(member=cast.cy).delete()
    page = visit(cast.cy)
    assert "You belong to no team yet" in page
    for name in ("Security", "SOC night", "Ada Okafor"):
        assert name not in page
    # The planted fault: everybody may.
    monkeypatch.setattr("andon.foundation.organisation.views.may_see_tree", lambda member: True)
    assert "SOC night" in visit(cast.cy)
    assert permissions.may_see_tree(cast.stella)


def test_a_team_that_was_retired_is_not_shown() -> None:
    cast = people.enter()
    Node.objects.create(name="Old team", parent=cast.security)
    assert "Old team" in visit(cast.bo)
    Node.objects.filter(name="Old team").update(retired_on=TODAY)
    assert "Old team" not in visit(cast.bo)


def test_only_the_top_holds_everything() -> None:
    cast = people.enter()
    assert walking.hold_everything([cast.security.id])
    assert not walking.hold_everything([cast.detection.id, cast.appsec.id])
    # A second top, which no page can make, is not below the first.
    Node.objects.create(name="Elsewhere", parent=None)
    assert not walking.hold_everything([cast.security.id])


@pytest.mark.parametrize("few", [0, 500])
def test_who_stands_nowhere_today_is_found(monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    cast = people.enter()
    monkeypatch.setattr(directory, "FEW_WITHOUT_A_PLACE", few)

    def in_no_team() -> set[str]:
        found = directory.people_found(words="", show=directory.Show.NO_TEAM, below="", on=TODAY)
        return {member.name for member in found}

    before = in_no_team()
    assert not {cast.ada.name, cast.bo.name, cast.cy.name} & before
    Membership.objects.filter(member=cast.ada).update(ends_on=TODAY - timedelta(days=1))
    Membership.objects.filter(member=cast.bo).update(starts_on=TODAY + timedelta(days=1))
    # The last day is a day in the team; and whoever left is in no list but that of those who left.
    Membership.objects.filter(member=cast.cy).update(ends_on=TODAY)
    gone = Member.objects.create_user("gone@example.org", "Gone", is_active=False)
    new = Member.objects.create_user("new@example.org", "New")
    assert in_no_team() == before | {cast.ada.name, cast.bo.name, new.name}
    assert gone.name not in in_no_team()


@pytest.mark.parametrize(("by_id", "walked"), [(200, 1_500), (0, 1_500), (0, 0)])
def test_people_below_a_team_are_found_in_a_tree_of_any_size(
    monkeypatch: pytest.MonkeyPatch, by_id: int, walked: int
) -> None:
    cast = people.enter()
    monkeypatch.setattr(directory, "TEAMS_BY_ID", by_id)
    monkeypatch.setattr(directory, "MOST_WALKED", walked)

    def below(node_id: str) -> set[str]:
        found = directory.people_found(words="", show=directory.Show.EVERYBODY, below=node_id, on=TODAY)
        return {member.name for member in found}

    counts = people_below([cast.security.id, cast.detection.id], on=TODAY)
    assert len(below(cast.security.id)) == counts[cast.security.id]
    assert len(below(cast.detection.id)) == counts[cast.detection.id]
    assert below("nowhere") == set()
