"""Bringing a database to this version, so that a process that is killed meanwhile can simply be started again."""

from contextlib import ExitStack
from typing import Any

from django.core.management import call_command
from django.core.management.commands import migrate
from django.db import transaction
from django.db.migrations.executor import MigrationExecutor


class Executor(MigrationExecutor):
    """Each migration is recorded in the transaction of its change.

    Django records one that adds a foreign key or an index in a transaction of its own, after that of the change. Who is
    killed between the two is left with a column that every later attempt finds in its way.
    """

    def apply_migration(self, state: Any, migration: Any, *args: Any, **options: Any) -> Any:
        if not migration.atomic:
            return super().apply_migration(state, migration, *args, **options)
        with ExitStack() as stack:
            if self.connection.vendor == "sqlite":
                # Which it would do by itself, and cannot inside of a transaction.
                stack.enter_context(self.connection.constraint_checks_disabled())
            stack.enter_context(transaction.atomic(using=self.connection.alias))
            return super().apply_migration(state, migration, *args, **options)


def bring_to_this_version(alias: str) -> None:
    # The command has no other way to be given one.
    names = vars(migrate)
    usual = names["MigrationExecutor"]
    names["MigrationExecutor"] = Executor
    try:
        call_command("migrate", database=alias, interactive=False, verbosity=0)
    finally:
        names["MigrationExecutor"] = usual
