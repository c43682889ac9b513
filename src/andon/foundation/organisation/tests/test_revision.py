"""What is remembered of people is what would be counted now, whoever changed something, how, and wherever."""

import gc
import re
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from queue import Queue
from threading import Thread
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from andon.foundation.organisation import directory, membership, revision, teams, walking
from andon.foundation.organisation.membership import Placing
from andon.foundation.organisation.models import Membership, Node
from andon.foundation.organisation.revision import Memory
from andon.foundation.organisation.tests import cast as people
from andon.foundation.organisation.unit_preview import Units
from andon.foundation.organisation.unit_regions import StoredTree, standing_of
from andon.foundation.organisation.walking import people_below, sized_below
from andon.foundation.people.models import Member
from andon.kernel.disclosure import SizedNode

TODAY = date(2026, 3, 2)
DAYS = (TODAY, TODAY + timedelta(days=1))
ON_POSTGRES = connection.vendor == "postgresql"


@pytest.fixture(autouse=True)
def _everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "MOST_WALKED", 0)
    monkeypatch.setattr("andon.foundation.organisation.unit_regions.MOST_WALKED", 0)


def by_hand(day: date) -> dict[str, SizedNode]:
    """Every node with its people, counted in the simplest way there is."""
    active = set(Member.objects.filter(is_active=True).values_list("pk", flat=True))
    stays = [
        stay.node_id
        for stay in Membership.objects.all()
        if stay.member_id in active and stay.starts_on <= day and (stay.ends_on is None or stay.ends_on >= day)
    ]
    return {node.pk: SizedNode(node.pk, node.parent_id, node.name, stays.count(node.pk)) for node in Node.objects.all()}


def counted(day: date, top: str) -> dict[str, SizedNode]:
    return dict(sized_below([top], on=day))


def run(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)


def hexed(member: Member) -> object:
    return member.pk if ON_POSTGRES else member.pk.hex


# Each way to change something: through services, in bulk, and in the words of the database.
Change = Callable[[people.Cast], object]
LATER = TODAY + timedelta(days=1)


def place(cast: people.Cast, member: Member, node: Node, day: date) -> None:
    placing = Placing(node, "member", day)
    membership.place_person(member=member, placing=placing, by=cast.stella, at=timezone.now(), on=day)


CHANGES: dict[str, Change] = {
    "placed today": lambda cast: place(cast, cast.bo, cast.appsec, TODAY),
    "placed tomorrow": lambda cast: place(cast, cast.bo, cast.detection, LATER),
    "deactivated": lambda cast: membership.deactivate(member=cast.ada, by=None, at=timezone.now(), on=TODAY),
    "renamed": lambda cast: teams.rename_team(
        node=Node.objects.get(pk=cast.night.pk), name="Night", by=cast.stella, at=timezone.now()
    ),
    "added": lambda cast: membership.add_person(
        email=f"new{Member.objects.count()}@example.org",
        name="New",
        placing=Placing(cast.appsec, "member", TODAY),
        by=cast.stella,
        at=timezone.now(),
        on=TODAY,
    ),
    "in bulk": lambda cast: Membership.objects.bulk_create(
        [
            Membership(member=made, node=cast.night, starts_on=TODAY)
            for made in Member.objects.bulk_create(
                Member(email=f"b{Member.objects.count()}-{number}@example.org", password="!") for number in range(3)
            )
        ]
    ),
    "ignoring conflicts": lambda cast: Node.objects.bulk_create(
        [Node(name=f"Team {Node.objects.count()}", parent=cast.security)], ignore_conflicts=True
    ),
    "switched off": lambda cast: Member.objects.filter(pk=cast.cy.pk).update(is_active=False),
    "switched on": lambda cast: Member.objects.update(is_active=True),
    "ended": lambda cast: Membership.objects.filter(member=cast.cy).update(ends_on=TODAY),
    "person deleted": lambda cast: Member.objects.filter(email__startswith="b").exclude(pk=cast.bo.pk).delete(),
    "memberships deleted": lambda cast: Membership.objects.filter(node=cast.appsec).delete(),
    "moved": lambda cast: run(
        "UPDATE organisation_node SET parent_id = %s WHERE id = %s", cast.appsec.pk, cast.detection.pk
    ),
    "moved back": lambda cast: run(
        "UPDATE organisation_node SET parent_id = %s WHERE id = %s", cast.security.pk, cast.detection.pk
    ),
    "plain update": lambda cast: run(
        "UPDATE organisation_membership SET node_id = %s WHERE member_id = %s", cast.appsec.pk, hexed(cast.stella)
    ),
    "plain delete": lambda cast: run("DELETE FROM organisation_membership WHERE member_id = %s", hexed(cast.ada)),
}


@pytest.mark.django_db
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(sorted(CHANGES)), st.booleans(), st.sampled_from(DAYS)), max_size=8))
def test_what_is_remembered_is_what_would_be_counted(changes: list[tuple[str, bool, date]]) -> None:
    with undone():
        cast = people.enter()
        for name, is_undone, day in changes:
            # Remembered before, so that a change that is not noticed is seen.
            assert counted(day, cast.security.pk) == by_hand(day)
            assert walking._wholes.look(day).value is not None
            with undone() if is_undone else transaction.atomic():
                with_refusals(CHANGES[name], cast)
                assert counted(day, cast.security.pk) == by_hand(day), name
            for other in DAYS:
                assert counted(other, cast.security.pk) == by_hand(other), name


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def with_refusals(change: Change, cast: people.Cast) -> None:
    """A service may refuse, after what came before; nothing is changed then."""
    try:
        with transaction.atomic():
            change(cast)
    except membership.ChangeRefused:
        pass


@pytest.mark.django_db
@pytest.mark.parametrize("name", CHANGES)
def test_each_way_to_change_something_is_noticed(name: str) -> None:
    """That none of the above does nothing at all."""
    cast = people.enter()
    if name in {"switched on", "person deleted"}:
        CHANGES["in bulk" if name == "person deleted" else "switched off"](cast)
    if name == "moved back":
        CHANGES["moved"](cast)
    before = revision.current()
    CHANGES[name](cast)
    assert revision.current() != before


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("table", "event", "change"),
    [
        ("organisation_node", "insert", "ignoring conflicts"),
        ("organisation_node", "update", "moved"),
        ("organisation_membership", "insert", "in bulk"),
        ("organisation_membership", "update", "plain update"),
        ("organisation_membership", "delete", "plain delete"),
        ("people_member", "update", "switched off"),
    ],
)
def test_without_its_trigger_a_change_would_not_be_noticed(table: str, event: str, change: str) -> None:
    """The planted fault, after something was remembered. Before, nothing is remembered at all."""
    cast = people.enter()
    if change == "in bulk":
        # The people are there before.
        Member.objects.bulk_create(Member(email=f"{number}@example.org", password="!") for number in range(3))
        change_it: Change = lambda cast: Membership.objects.bulk_create(  # noqa: E731
            Membership(member=made, node=cast.night, starts_on=TODAY)
            for made in Member.objects.filter(memberships=None)
        )
    else:
        change_it = CHANGES[change]
    assert counted(TODAY, cast.security.pk) == by_hand(TODAY)
    drop(table, event)
    with undone():
        change_it(cast)
        assert counted(TODAY, cast.security.pk) != by_hand(TODAY)
    run(f"UPDATE {revision.TABLE} SET value = 'another'")
    assert counted(TODAY, cast.security.pk) == by_hand(TODAY)
    assert walking._wholes.look(TODAY).value is None
    change_it(cast)
    assert counted(TODAY, cast.security.pk) == by_hand(TODAY)


def drop(table: str, event: str) -> None:
    [name] = [name for name in revision._wanted(connection.vendor) if name.startswith(f"revise_{table}_{event}_")]
    run(f"DROP TRIGGER {name} ON {table}" if ON_POSTGRES else f"DROP TRIGGER {name}")


@pytest.mark.django_db
def test_after_a_migration_every_trigger_is_there_again() -> None:
    assert revision.missing() == set()
    drop("organisation_membership", "update")
    before = revision.current()
    assert {name[:30] for name in revision.missing()} == {"revise_organisation_membership"}
    revision.install(connection)
    assert revision.missing() == set()
    assert revision.current() != before
    before = revision.current()
    revision.install(connection)
    assert revision.current() == before


@pytest.mark.django_db
def test_a_trigger_of_another_version_is_no_trigger(monkeypatch: pytest.MonkeyPatch) -> None:
    other = revision.Watched("organisation_node", ("id", "parent_id", "name", "retired_on"))
    monkeypatch.setitem(revision._watched, "organisation_node", other)
    assert {name.split("_")[3] for name in revision.missing()} == {"update"}
    revision.install(connection)
    assert revision.missing() == set()
    before = revision.current()
    people.enter()
    Node.objects.update(retired_on=TODAY)
    assert revision.current() != before


@pytest.mark.django_db
def test_what_changes_while_it_is_counted_is_not_remembered() -> None:
    cast, memory = people.enter(), Memory[int](most=2)

    def count_and_change() -> int:
        found = Membership.objects.count()
        Membership.objects.filter(member=cast.bo).delete()
        return found

    assert memory.get("people", count_and_change) == 4
    assert memory.get("people", Membership.objects.count) == 3
    assert memory.get("people", lambda: 0) == 3


@pytest.mark.django_db
def test_without_a_value_nothing_is_remembered() -> None:
    memory = Memory[int](most=2)
    run(f"DELETE FROM {revision.TABLE}")
    assert [memory.get("people", lambda number=number: number) for number in (1, 2)] == [1, 2]


@pytest.mark.django_db
def test_of_many_the_longest_unused_is_dropped() -> None:
    memory = Memory[str](most=2)
    assert [memory.get(key, lambda key=key: key) for key in "abac"] == ["a", "b", "a", "c"]
    assert [memory.look(key).value for key in "abc"] == ["a", None, "c"]


class Circle:
    """Rubbish that only the collector frees, once nobody else holds it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def _reach_of_before() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.freeze()


@pytest.mark.django_db
@pytest.mark.usefixtures("_reach_of_before")
def test_the_collector_does_not_look_through_what_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory[list[list[int]]](most=1)
    kept = memory.get("many", lambda: [[number] for number in range(1000)])
    within = {id(one) for one in gc.get_objects()}
    assert not within & {id(kept), *map(id, kept)}
    # The planted fault: a memory that leaves it to the collector.
    monkeypatch.setattr(revision.Reach, "put_out", lambda reach: None)
    kept = memory.get("others", lambda: [[number] for number in range(1000)])
    assert {id(kept), *map(id, kept)} <= {id(one) for one in gc.get_objects()}


@pytest.mark.usefixtures("_reach_of_before")
def test_rubbish_in_circles_comes_back_and_is_collected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revision.Reach, "TIMES_UNTIL_COLLECTED", 3)
    reach, circle = revision.Reach(), Circle()
    gone = weakref.ref(circle)
    reach.put_out()
    del circle
    reach.put_out()
    gc.collect()
    assert gone() is not None
    reach.put_out()
    assert gone() is None


@pytest.mark.django_db
def test_how_a_team_is_counted_is_remembered_and_right() -> None:
    cast = people.enter()
    for _again in range(2):
        whole = Units(by_hand(TODAY))
        for node in (cast.security, cast.detection, cast.night, cast.appsec):
            assert standing_of(node.pk, StoredTree(TODAY)) == whole.of(node.pk)
        CHANGES["in bulk"](cast)


def elsewhere(work: Callable[[], Any]) -> Any:
    """What it returns on a connection of its own."""
    said: Queue[Any] = Queue()

    def do() -> None:
        try:
            said.put(work())
        finally:
            connection.close()

    thread = Thread(target=do)
    thread.start()
    thread.join(30)
    return said.get(timeout=1)


@pytest.mark.django_db(transaction=True)
def test_what_another_connection_wrote_is_seen_as_soon_as_it_is_there() -> None:
    cast = people.enter()
    assert counted(TODAY, cast.security.pk) == by_hand(TODAY)
    elsewhere(lambda: CHANGES["in bulk"](cast))
    assert counted(TODAY, cast.security.pk)[cast.night.pk].size == 5
    if ON_POSTGRES:
        with transaction.atomic():
            Membership.objects.filter(node=cast.appsec).delete()
            assert counted(TODAY, cast.security.pk)[cast.appsec.pk].size == 0
            # Whoever looks from outside sees nothing of it yet; and both are remembered beside each other.
            outside = elsewhere(lambda: counted(TODAY, cast.security.pk)[cast.appsec.pk].size)
            assert outside == 1
            assert counted(TODAY, cast.security.pk)[cast.appsec.pk].size == 0
        assert elsewhere(lambda: counted(TODAY, cast.security.pk)[cast.appsec.pk].size) == 0
        assert counted(TODAY, cast.security.pk) == by_hand(TODAY)


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_no_writer_waits_for_another() -> None:
    cast = people.enter()
    with transaction.atomic():
        CHANGES["switched off"](cast)
        seen = revision.current()
        # Waits for nothing, though this transaction has not ended.
        elsewhere(lambda: CHANGES["in bulk"](cast))
        assert revision.current() != seen
    assert counted(TODAY, cast.security.pk) == by_hand(TODAY)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {revision.TABLE}")
        assert cursor.fetchone() == (2,)


@pytest.mark.postgres_only
@pytest.mark.django_db
def test_a_truncation_is_noticed_and_so_is_a_session_that_switches_triggers_off() -> None:
    before = revision.current()
    run("TRUNCATE organisation_membership")
    emptied = revision.current()
    assert emptied != before
    run("SET LOCAL session_replication_role = replica")
    people.enter()
    assert revision.current() != emptied


@pytest.mark.postgres_only
@pytest.mark.django_db
def test_a_transaction_of_many_statements_writes_one_value() -> None:
    cast = people.enter()

    def value() -> Any:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT value FROM {revision.TABLE}")
            return cursor.fetchall()

    before, seen = value(), revision.current()
    CHANGES["moved"](cast)
    assert value() == before
    assert revision.current() != seen


# Columns of the watched tables on which nothing depends that is remembered.
OF_NO_ACCOUNT = {
    "organisation_node": {"retired_on"},
    "organisation_membership": {"id", "role"},
    "people_member": {
        "email", "name", "language", "time_zone", "password", "epoch", "has_signed_in", "second_factor_by",
        "wants_letters",
    },
    # Who asks and who is asked decides; a roster's hashes, salts and leaves are read by nobody who compares.
    "rounds_rosterentry": {"id", "unit_id", "seat"},
    "rounds_notasked": {"id", "reason"},
    "rounds_roundunit": {
        "id", "known_by", "members", "salt", "group_node", "leaf", "position", "path",
    },
}  # fmt: skip


def test_of_each_column_it_is_said_whether_something_depends_on_it() -> None:
    tables = {model._meta.db_table: model for model in apps.get_models()}
    for each in revision.watched():
        columns = {field.column for field in tables[each.table]._meta.concrete_fields}
        assert columns == {*each.columns, *OF_NO_ACCOUNT[each.table]}, each.table
        assert not OF_NO_ACCOUNT[each.table] & set(each.columns)


def tables_in(statements: list[str]) -> set[str]:
    known = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    return {table for table in known for sent in statements if re.search(rf"\b{table}\b", sent)}


@pytest.mark.django_db
def test_all_that_is_counted_from_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    cast, sent = people.enter(), list[str]()

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        sent.append(sql)
        return execute(sql, params, many, context)

    def look_again(walked: date) -> None:
        with connection.execute_wrapper(note):
            walking._read_whole(walked)
            people_below([cast.security.pk], on=walked)
            standing_of(cast.security.pk, StoredTree(walked))
            directory._read_who_may_stand_nowhere(walked, 5)

    look_again(TODAY)
    watched = {each.table for each in revision.watched()}
    assert {"organisation_node", "organisation_membership", "people_member"} == tables_in(sent)
    assert tables_in(sent) <= watched
    # The planted fault: counts depend on one more table.
    monkeypatch.setattr(walking, "_STANDS", walking._STANDS + " AND 1 NOT IN (SELECT 0 FROM organisation_duty)")
    look_again(LATER)
    assert tables_in(sent) - watched == {"organisation_duty"}
