from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from andon.features.ballots import public as ballots
from andon.foundation.organisation import public as organisation
from andon.gateways.demo import seeding


def is_the_demo() -> bool:
    """Whether there is no organisation yet, or the one that `andon demo` made. Before a first migration: yes."""
    try:
        here = organisation.current()
    except DatabaseError:
        return True
    return here is None or seeding.is_the_demo(here)


class Command(BaseCommand):
    help = "Succeed when the key directory is there and all databases are at this version."
    # The tests and `andon manage check` do that; here it would only make the start slower.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            ballots.key_directory().check()
        except ballots.KeyDirectoryMissing as error:
            raise CommandError(str(error)) from None
        if settings.DEMO and not is_the_demo():
            raise CommandError(
                "ANDON_DEMO is set, and this installation has an organisation of its own: anybody could sign in as "
                "anybody. Nothing was started. Unset ANDON_DEMO, or name an empty ANDON_DATA."
            )
        for alias in connections:
            executor = MigrationExecutor(connections[alias])
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                raise CommandError(
                    f"The database '{alias}' is not at the version of this program. It was not changed. "
                    "Run `andon prepare` (after a backup, for an update)."
                )
