"""Bringing a database to this version, so that a process that is killed meanwhile can simply be started again."""

from contextlib import ExitStack
from typing import Any

from django.core.management import call_command
from django.core.management.commands import migrate
from django.db import router, transaction
from django.db.migrations.executor import MigrationExecutor


class Executor(MigrationExecutor):
    """Each migration is recorded in the transaction of its change, and one that changes nothing here is only recorded.

    Django records one that adds a foreign key or an index in a transaction of its own, after that of the change. Who is
    killed between the two is left with a column that every later attempt finds in its way. And it makes every model of
    every step anew, also for a database that the step says nothing about, as most say nothing about three of ours.
    """

    def _migrate_all_forwards(self, state: Any, plan: Any, full_plan: Any, fake: bool, fake_initial: bool) -> Any:
        left = {migration for migration, _backwards in plan}
        for migration, _backwards in full_plan:
            if not left:
                break
            is_here = router.allow_migrate(self.connection.alias, migration.app_label)
            if migration in left and is_here:
                state = self.apply_migration(state, migration, fake=fake, fake_initial=fake_initial)
            else:
                # Models that were made for an earlier step would be made anew for this one.
                state.__dict__.pop("apps", None)
                migration.mutate_state(state, preserve=False)
                if migration in left:
                    self.record_migration(migration)  # type: ignore[call-arg]
            left.discard(migration)
        return state

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
