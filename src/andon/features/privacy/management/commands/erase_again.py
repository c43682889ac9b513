"""`andon people erase-again`: for data that came back by another way than `andon restore`, which does it by itself."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from andon.features.privacy import marks, services


class Command(BaseCommand):
    help = "Erase whoever was erased before and is here again, as the list in the data directory and other lists say."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--erasures",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help="a list that a newer backup left beside itself; may be given several times",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        more: set[str] = set()
        try:
            for file in options["erasures"]:
                more |= marks.read(file)
            done = services.erase_again(more=more, at=timezone.now())
        except marks.BadList as error:
            raise CommandError(f"{error} Give one as `andon backup` writes it.") from None
        except OSError as error:
            raise CommandError(f"A list of erased people cannot be read or written: {error}") from None
        self.stdout.write(f"Erased again: {done.erased}.")
        if done.stayed:
            raise CommandError(
                "One more is the only steward and stays. Let them make somebody else a steward, and repeat the command."
            )
