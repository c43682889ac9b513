"""`andon steward accept`"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from andon.features.rounds import public as rounds

_MAX_BYTES = 20_000


class Command(BaseCommand):
    help = "Take what the steward signed into the public log. From then on this machine's key publishes rounds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="what andon steward sign wrote")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with options["file"].open("rb") as file:
                signed = file.read(_MAX_BYTES)
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}. Nothing was changed.") from None
        try:
            until = rounds.accept_delegation(signed, at=timezone.now())
        except (rounds.DelegationRefused, rounds.StewardKeyMissing) as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"This machine may publish rounds that open until {until:%Y-%m-%d %H:%M} UTC.")
        self.stdout.write(
            "Everybody can see it in the public log. A file named by ANDON_STEWARD_KEY_FILE is not needed"
        )
        self.stdout.write("any more: keep the steward's key elsewhere, and unset the variable.")
