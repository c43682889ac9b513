from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from andon.features.rounds import public as rounds

HEADER = ("id", "state", "opens", "closes", "instrument", "asks")


class Command(BaseCommand):
    help = "Show the rounds, newest first. How many have answered is shown to nobody."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--limit", type=int, default=30, metavar="N", help="at most so many; default: 30")

    def handle(self, *args: Any, **options: Any) -> None:
        views = rounds.all_rounds(limit=max(1, options["limit"]))
        if not views:
            self.stdout.write('There is no round yet. Open one: andon rounds open --node "Security/Detection".')
            return
        lines = [HEADER, *(_line(view) for view in views)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            self.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _line(view: rounds.RoundView) -> tuple[str, ...]:
    opens, closes = (
        timezone.localtime(moment).strftime("%Y-%m-%d %H:%M") for moment in (view.opens_at, view.closes_at)
    )
    state = f"{view.state}: {view.void_reason}" if view.void_reason else str(view.state)
    return view.id, state, opens, closes, f"{view.instrument_id} {view.instrument_version}", view.node_name
