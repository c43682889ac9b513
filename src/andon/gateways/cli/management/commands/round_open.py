from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from andon.features.ballots import public as ballots
from andon.features.instruments import public as instruments
from andon.features.rounds import public as rounds
from andon.gateways.cli.asking import member_named, node_named
from andon.gateways.cli.durations import duration

# What keeps a round from being published; each says what happened and what to do.
REFUSALS = (
    rounds.RoundRefused,
    rounds.StewardKeyMissing,
    ballots.KeyDirectoryMissing,
    ballots.BundleNotBuilt,
    instruments.InstrumentError,
)


def when(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M %Z")


class Command(BaseCommand):
    help = (
        "Fix the roster, publish the manifest of a round in the public log, and open it: now, or through the worker "
        "at the time you give. What was published cannot be changed, only closed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--node", required=True, metavar="PATH", help='who is asked, such as "Security/Detection"; "/" is everybody'
        )
        parser.add_argument("--instrument", default="andon-core", metavar="ID", help="default: andon-core")
        parser.add_argument(
            "--opens-in", type=duration, default=timedelta(0), metavar="TIME", help="30m, 2h, 1d; default: now"
        )
        parser.add_argument(
            "--closes-in",
            type=duration,
            default=timedelta(days=7),
            metavar="TIME",
            help="counted from the opening; default: 7d",
        )
        parser.add_argument(
            "--ask",
            choices=("full", "daily", "weekly"),
            default="full",
            help="all at once, or a question a day or a week, whose close follows from the questions; default: full",
        )
        parser.add_argument(
            "--comments",
            action="store_true",
            help="units of eight and more may add comments; only with --ask full",
        )
        parser.add_argument("--no-early-close", action="store_true", help="nobody may close it before its date")
        parser.add_argument("--by", metavar="E-MAIL", help="the member in whose name this is done")

    def handle(self, *args: Any, **options: Any) -> None:
        node = node_named(options["node"])
        by = member_named(options["by"]) if options["by"] else None
        now = timezone.now()
        opens_at = now + options["opens_in"]
        try:
            published = rounds.publish_round(
                node_id=node.pk,
                instrument_id=options["instrument"],
                opens_at=opens_at,
                closes_at=opens_at + options["closes_in"] if options["ask"] == "full" else None,
                kind=options["ask"],
                by=by,
                at=now,
                early_close=not options["no_early_close"],
                asks_comments=options["comments"],
            )
            if opens_at <= now:
                rounds.open_round(round_id=published.pk, at=now)
        except REFUSALS as error:
            raise CommandError(str(error)) from None
        self._say(published.pk)

    def _say(self, round_id: str) -> None:
        view = rounds.find(round_id)
        if view is None:
            raise CommandError("The round was published and could not be read again. See: andon rounds list.")
        is_open = view.state is rounds.State.OPEN
        units = rounds.units_of(round_id)
        self.stdout.write(f"The round {view.id} is {'open' if is_open else 'published'}.")
        self.stdout.write(f"  asks          {view.node_name}, {view.instrument_id} {view.instrument_version}")
        if not is_open:
            self.stdout.write(f"  opens         {when(view.opens_at)}, by the worker")
        self.stdout.write(f"  closes        {when(view.closes_at)}, by the worker")
        self.stdout.write(f"  fingerprint   {view.fingerprint}")
        self.stdout.write(f"  answered at   {rounds.door_address(view.id)}")
        for unit in units:
            self.stdout.write(f"  unit          {unit.name}: {unit.size} people")
        if left := rounds.not_asked_count(round_id):
            self.stdout.write(f"  not asked     {left}, who could not be placed in a unit of five")
