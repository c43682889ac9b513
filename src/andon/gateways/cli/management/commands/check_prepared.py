from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from andon.features.ballots import public as ballots
from andon.features.setup import public as setup
from andon.foundation.organisation import public as organisation
from andon.gateways.backup import marker
from andon.gateways.cli import addresses
from andon.gateways.demo import seeding


def is_the_demo() -> bool:
    """Whether there is no organisation yet, or the one that `andon demo` made. Before a first migration: yes."""
    try:
        here = organisation.current()
    except DatabaseError:
        return True
    return here is None or seeding.is_the_demo(here)


def refuse_leftovers(here: organisation.Organisation) -> None:
    """Raises: CommandError where real people would be served with what a demonstration left, or examples hold."""
    if seeding.is_the_demo(here):
        raise CommandError(
            "This installation holds the demonstration, and ANDON_DEMO is not set. Nothing was started. Set it again, "
            "or name an empty ANDON_DATA for real people."
        )
    if setup.is_guessable(settings.SECRET_KEY):
        raise CommandError(
            "The secret key is short, or one of an example: whoever knows it signs in as anybody. Nothing was started. "
            "Remove ANDON_SECRET_KEY and run `andon prepare`, which writes a good one."
        )


class Command(BaseCommand):
    help = "Succeed when the key directory is there and all databases are at this version."
    # The tests and `andon manage check` do that; here it would only make the start slower.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--announce",
            action="store_true",
            help="without an organisation: show the set-up code, or make it",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            addresses.check(settings.APP_ORIGIN, settings.ANONYMOUS_ORIGIN)
        except addresses.BadAddresses as error:
            raise CommandError(f"{error} Nothing was changed.") from None
        try:
            ballots.key_directory().check()
        except ballots.KeyDirectoryMissing as error:
            raise CommandError(str(error)) from None
        if settings.DEMO and not is_the_demo():
            raise CommandError(
                "ANDON_DEMO is set, and this installation has an organisation of its own: anybody could sign in as "
                "anybody. Nothing was started. Unset ANDON_DEMO, or name an empty ANDON_DATA."
            )
        if marker.under_way(Path(settings.DATA_DIRECTORY)) is not None:
            raise CommandError(
                "A restore was cut off here. Nothing was started and nothing is lost. "
                "Run the same `andon restore` again."
            )
        for alias in connections:
            executor = MigrationExecutor(connections[alias])
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                raise CommandError(
                    f"The database '{alias}' is not at the version of this program. It was not changed. "
                    "Run `andon prepare` (after a backup, for an update)."
                )
        here = organisation.current()
        if here is not None and not settings.DEMO:
            refuse_leftovers(here)
        if here is None and not settings.DEMO and options["announce"]:
            code = setup.code_in_groups(setup.make_code(settings.DATA_DIRECTORY))
            self.stdout.write(f"There is no organisation here yet. Open {settings.APP_ORIGIN}/setup/ and type: {code}")
