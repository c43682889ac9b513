"""No relation leads from a ballot to a person, and nothing in its store says when, where from or in which order."""

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connections, models
from django.test.utils import isolate_apps

from andon.project.routers import ALIAS_OF

# Apps whose tables may hold no date, address, serial or relation.
BLIND = ("ballots", "issuance")
FORBIDDEN_FIELDS = (
    models.DateField,  # also DateTimeField
    models.TimeField,
    models.DurationField,
    models.GenericIPAddressField,
    models.AutoField,
    models.BigAutoField,
    models.SmallAutoField,
    models.FileField,
)
FORBIDDEN_WORDS = re.compile(
    r"(^|_)(ip|addr|address|agent|browser|host|referer|referrer|cookie|session|country|at|on|time|timestamp|date|day|"
    r"created|updated|modified|seen|order|serial|rowid|member|person|people|user|name|email|mail|login)(_|$)"
)


def related(model: type[models.Model]) -> set[type[models.Model]]:
    """Models one step away, forwards and backwards, also by hidden and many-to-many relations and inheritance."""
    found = {field.related_model for field in model._meta.get_fields(include_hidden=True) if field.related_model}
    found |= set(model._meta.get_parent_list())
    found |= {
        field.remote_field.through
        for field in model._meta.get_fields(include_hidden=True)
        if getattr(field, "many_to_many", False) and getattr(field.remote_field, "through", None)
    }
    return {one for one in found if isinstance(one, type)}


def reachable(model: type[models.Model]) -> set[type[models.Model]]:
    found: set[type[models.Model]] = set()
    waiting = [model]
    while waiting:
        step = waiting.pop()
        new = related(step) - found
        found |= new
        waiting.extend(new)
    return found


def faults_of(model: type[models.Model]) -> Iterator[str]:
    """Everything about the model's own fields that a blind store may not have."""
    if model._meta.ordering:
        yield f"{model.__name__} has an order"
    for field in model._meta.get_fields(include_hidden=True):
        if field.is_relation:
            yield f"{model.__name__}.{field.name} is a relation"
        if isinstance(field, FORBIDDEN_FIELDS):
            yield f"{model.__name__}.{field.name} is a {type(field).__name__}"
        if FORBIDDEN_WORDS.search(field.name):
            yield f"{model.__name__}.{field.name} is named like something that is not kept"
        # UUIDs of versions 1, 6 and 7 carry a time, version 1 and 6 also an address.
        if isinstance(field, models.UUIDField):
            yield f"{model.__name__}.{field.name} is a UUID: ids are random text"


def models_of(label: str) -> list[type[models.Model]]:
    found = list(apps.get_app_config(label).get_models(include_auto_created=True))
    assert found, f"{label} has no models: this test looks at nothing"
    return found


def test_no_relation_leads_from_a_ballot_to_a_person():
    from andon.features.ballots.models import Ballot
    from andon.foundation.people.models import Member

    assert Member not in reachable(Ballot)
    assert reachable(Ballot) == set()


def test_the_walker_finds_people_from_a_membership():
    from andon.foundation.organisation.models import Membership, Node
    from andon.foundation.people.models import Member

    assert {Member, Node} <= reachable(Membership)
    assert Membership in reachable(Member)


@pytest.mark.parametrize("label", [*BLIND, "publiclog"])
def test_nobody_is_reachable_from_a_store_that_knows_nobody(label):
    for model in models_of(label):
        assert reachable(model) == set(), model


@pytest.mark.parametrize("label", BLIND)
def test_a_blind_store_keeps_no_date_address_serial_or_relation(label):
    assert [fault for model in models_of(label) for fault in faults_of(model)] == []


def test_a_ballot_is_what_the_protocol_says_and_nothing_else():
    from andon.features.ballots.models import Ballot

    columns = {field.column for field in Ballot._meta.concrete_fields}
    assert columns == {"round_id", "slot", "unit_id", "purpose", "sequence", "ciphertext"}


@pytest.mark.django_db(databases="__all__")
@pytest.mark.parametrize("label", [*BLIND, "publiclog"])
def test_the_tables_are_what_the_models_say(label):
    """A migration written by hand could add what the model does not show."""
    connection = connections[ALIAS_OF[label]]
    with connection.cursor() as cursor:
        tables = {table.name for table in connection.introspection.get_table_list(cursor)}
        own = {model._meta.db_table: model for model in models_of(label)}
        assert {table for table in tables if table.startswith(f"{label}_")} == set(own)
        for table, model in own.items():
            columns = {column.name for column in connection.introspection.get_table_description(cursor, table)}
            assert columns == {field.column for field in model._meta.concrete_fields}
            assert connection.introspection.get_relations(cursor, table) == {}
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type IN ('trigger', 'view')")
            assert cursor.fetchall() == []
            # With AUTOINCREMENT anywhere, SQLite counts insertions in this table.
            assert not {"sqlite_sequence"} & tables or not label_uses_sequence(cursor, set(own))
        else:
            cursor.execute("SELECT sequencename FROM pg_sequences WHERE sequencename LIKE %s", [f"{label}\\_%"])
            assert cursor.fetchall() == []


@pytest.mark.django_db(databases="__all__")
def test_every_change_of_a_model_has_its_migration():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def label_uses_sequence(cursor, tables):
    cursor.execute("SELECT name FROM sqlite_sequence")
    return {name for (name,) in cursor.fetchall()} & tables


@isolate_apps("andon.features.ballots")
def test_planted_faults_are_seen():
    class Planted(models.Model):
        slot = models.BinaryField(primary_key=True)
        cast = models.DateTimeField()
        week = models.DateField()
        origin = models.GenericIPAddressField()
        user_agent = models.TextField()
        created_at = models.BigIntegerField()
        key = models.UUIDField()

        class Meta:
            app_label = "ballots"
            ordering = ("slot",)

    seen = "\n".join(faults_of(Planted))
    for name in ("cast", "week", "origin", "user_agent", "created_at", "key"):
        assert f"Planted.{name} " in seen
    assert "has an order" in seen


@isolate_apps("andon.features.ballots")
def test_a_planted_serial_is_seen():
    class Planted(models.Model):
        class Meta:
            app_label = "ballots"

    assert "Planted.id is a BigAutoField" in list(faults_of(Planted))


@isolate_apps("andon.features.ballots")
def test_a_planted_relation_is_seen_from_both_ends_and_over_a_step():
    class Person(models.Model):
        class Meta:
            app_label = "ballots"

    class Wallet(models.Model):
        person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")

        class Meta:
            app_label = "ballots"

    class Planted(models.Model):
        wallet = models.ManyToManyField(Wallet)

        class Meta:
            app_label = "ballots"

    assert Person in reachable(Planted)
    assert Planted in reachable(Person)
    assert any("is a relation" in fault for fault in faults_of(Planted))


@isolate_apps("andon.features.ballots")
def test_a_sound_model_has_no_fault():
    class Sound(models.Model):
        slot = models.BinaryField(primary_key=True)
        round_id = models.CharField(max_length=32)
        sequence = models.BigIntegerField()
        location = models.CharField(max_length=3)

        class Meta:
            app_label = "ballots"

    assert list(faults_of(Sound)) == []
