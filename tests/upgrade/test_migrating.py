"""A migration and the note that it was made are one: whoever is killed between the two has made neither."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from django.db import connections, migrations, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState

from andon.gateways.cli.migrating import Executor
from tests import postgres, prepared


class Killed(BaseException):
    pass


class Added(migrations.Migration):
    """With an index, which Django makes, and records the migration, after everything else."""

    operations = (
        migrations.CreateModel(
            "Thing",
            [("id", models.AutoField(primary_key=True)), ("name", models.CharField(max_length=9, db_index=True))],
        ),
    )


def apply_and_be_killed(executor: type[MigrationExecutor], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the table is there afterwards."""
    connection = connections["default"]

    def die(*_args: Any) -> None:
        raise Killed

    monkeypatch.setattr(MigrationRecorder, "record_applied", die)
    with pytest.raises(Killed):
        executor(connection).apply_migration(ProjectState(), Added("added", "invented"))
    found = "invented_thing" in connection.introspection.table_names()
    if found:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE invented_thing")
    return found


@pytest.mark.django_db(databases="__all__", transaction=True)
@pytest.mark.parametrize(("executor", "is_left"), [(Executor, False), (MigrationExecutor, True)], ids=["ours", "fault"])
def test_a_change_that_was_not_recorded_was_not_made(
    monkeypatch: pytest.MonkeyPatch, executor: type[MigrationExecutor], is_left: bool
) -> None:
    assert apply_and_be_killed(executor, monkeypatch) is is_left


@pytest.mark.sqlite_only
@pytest.mark.django_db(databases="__all__")
@pytest.mark.parametrize("alias", postgres.ALIASES)
def test_every_database_becomes_what_the_command_of_django_makes_of_it(alias: str, tmp_path: Path) -> None:
    """The databases of the tests were made by it."""
    prepared.copy_to(tmp_path / "data", postgres_server=None, prefix="")
    name = {"default": "app"}.get(alias, alias)
    statement = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name"
    recorded = "SELECT app, name FROM django_migrations ORDER BY app, name"
    with contextlib.closing(sqlite3.connect(tmp_path / "data" / f"{name}.sqlite3")) as ours:
        made = ours.execute(statement).fetchall(), ours.execute(recorded).fetchall()
    with connections[alias].cursor() as cursor:
        usual = cursor.execute(statement).fetchall(), cursor.execute(recorded).fetchall()
    assert made == usual
    assert len(made[1]) > 50
