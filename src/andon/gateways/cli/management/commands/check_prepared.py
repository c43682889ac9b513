from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from andon.features.ballots import public as ballots


class Command(BaseCommand):
    help = "Succeed when the key directory is there and all databases are at this version."
    # The tests and `andon manage check` do that; here it would only make the start slower.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            ballots.key_directory().check()
        except ballots.KeyDirectoryMissing as error:
            raise CommandError(str(error)) from None
        for alias in connections:
            executor = MigrationExecutor(connections[alias])
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                raise CommandError(
                    f"The database '{alias}' is not at the version of this program. It was not changed. "
                    "Run `andon prepare` (after a backup, for an update)."
                )
