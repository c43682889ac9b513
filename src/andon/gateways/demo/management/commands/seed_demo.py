from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from andon.features.ballots import public as ballots
from andon.features.rounds import public as rounds
from andon.foundation.jobs import public as jobs
from andon.foundation.people.demo import demo_address, demo_roles
from andon.gateways.demo import lanternworks, seeding


class Command(BaseCommand):
    help = (
        "Fill a new installation with an invented organisation and the rounds of 18 months, through the real protocol. "
        "Only with ANDON_DEMO=1. A second run changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        most = lanternworks.ROUNDS
        parser.add_argument(
            "--rounds",
            type=int,
            choices=range(1, most + 1),
            default=most,
            metavar="N",
            help=f"only the last N of the {most} rounds, which takes less time",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            # A worker would find a round whose date is long past and close it today, half answered.
            with jobs.only_worker(settings.DATA_DIRECTORY):
                seeded = seeding.seed_demo(now=timezone.now(), rounds_asked=options["rounds"])
        except jobs.AnotherWorker:
            raise CommandError("Andon is running here. Nothing was changed. Stop it, and repeat the command.") from None
        except (
            seeding.DemoRefused,
            rounds.RoundRefused,
            rounds.StewardKeyMissing,
            ballots.BundleNotBuilt,
            ballots.KeyDirectoryMissing,
        ) as error:
            raise CommandError(str(error)) from None
        if not seeded.is_new:
            self.stdout.write("The demonstration is here already. Nothing was changed.")
            return
        count = "one closed round" if seeded.rounds == 1 else f"{seeded.rounds} closed rounds"
        self.stdout.write(
            f"Lanternworks is here: {seeded.people} people in {seeded.teams} teams, "
            f"and {count}, the last with {seeded.units} units ({seeded.round_id})."
        )
        self.stdout.write(f"Sign in on {settings.APP_ORIGIN}/ with one button, as:")
        for role in demo_roles():
            self.stdout.write(f"  {demo_address(role.name):<34} {role.sees}")
