from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from andon.features.ballots import public as ballots
from andon.features.closing import public as closing
from andon.features.publiclog import public as publiclog
from andon.features.rounds import public as rounds
from andon.gateways.cli.asking import member_named


class Command(BaseCommand):
    help = (
        "Ask for a round to be closed; the worker closes it within seconds. After the close the figures are shown and "
        "its keys and ballots are gone. There is no way back."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("round_id", metavar="ID", help="the round's id, or its first characters")
        parser.add_argument("--by", metavar="E-MAIL", help="the member in whose name this is done")
        parser.add_argument("--now", action="store_true", help="close it in this process, without the worker")

    def handle(self, *args: Any, **options: Any) -> None:
        view = _round_named(options["round_id"])
        by = member_named(options["by"]) if options["by"] else None
        if view.state in {rounds.State.RELEASED, rounds.State.VOID}:
            self.stdout.write(f"The round {view.id} has ended already ({view.state}). Nothing was changed.")
            return
        now = timezone.now()
        try:
            asked = rounds.ask_to_close(round_id=view.id, by=by, at=now)
            if options["now"]:
                closing.close_round(round_id=view.id, at=now, early=asked.early, by=by)
        except (
            rounds.RoundRefused,
            closing.CannotClose,
            ballots.KeyDirectoryMissing,
            ballots.StorageBusy,
            publiclog.LogLost,
        ) as error:
            raise CommandError(str(error)) from None
        self._say(view.id)

    def _say(self, round_id: str) -> None:
        view = rounds.find(round_id)
        match view.state if view else None:
            case rounds.State.RELEASED:
                self.stdout.write(f"The round {round_id} is closed and its figures are shown.")
            case rounds.State.VOID:
                reason = view.void_reason if view else ""
                raise CommandError(f"The round {round_id} is void ({reason}): no figures will ever be shown of it.")
            case _:
                self.stdout.write(f"The round {round_id} will be closed by the worker. See: andon rounds list.")


def _round_named(text: str) -> rounds.RoundView:
    wanted = text.strip().lower()
    exact = rounds.find(wanted)
    found = [exact] if exact else [view for view in rounds.all_rounds() if wanted and view.id.startswith(wanted)]
    match found:
        case [view]:
            return view
        case []:
            raise CommandError(f"There is no round {text!r}. Nothing was changed. See: andon rounds list.")
        case _:
            raise CommandError(f"{len(found)} rounds begin with {text!r}. Nothing was changed. Type more of the id.")
