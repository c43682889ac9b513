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
from andon.foundation.organisation.walking import few_below, paths_of, people_below
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


@pytest.mark.django_db(transaction=True)
def test_counts_of_a_large_branch_are_kept_until_something_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = people.enter()
    monkeypatch.setattr(walking, "KEPT_FROM_NODES", 1)
    monkeypatch.setattr(walking, "_kept", {})
    roots = [cast.security.id]

    def counted() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as sent:
            found = people_below(roots, on=TODAY)
        return found[cast.security.id], sum("organisation_membership" in query["sql"] for query in sent)

    assert counted() == (4, 1)
    assert counted() == (4, 0)
    membership.deactivate(member=cast.bo, by=cast.stella, at=timezone.now(), on=TODAY)
    assert counted() == (3, 1)
    # Another day, and a minute later, it is counted anew; the planted fault is a change that no entry tells of.
    Membership.objects.filter(member=cast.cy).delete()
    assert counted() == (3, 0)
    assert people_below(roots, on=TODAY + timedelta(days=1)) == {cast.security.id: 2}
    monkeypatch.setattr(walking, "_kept", {})
    assert counted() == (2, 1)


def test_a_walk_ends_where_there_are_too_many() -> None:
    cast = people.enter()
    everything = organisation.below(cast.security.id)
    assert set(few_below(cast.security.id, most=len(everything)) or ()) == everything
    assert few_below(cast.security.id, most=len(everything) - 1) is None


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
