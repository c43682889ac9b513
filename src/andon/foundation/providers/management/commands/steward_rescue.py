from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from andon.foundation.providers import rescue


class Command(BaseCommand):
    help = (
        "Print a link that signs a steward in once, within fifteen minutes, whatever the identity provider does. "
        "It stands in the change log, which every member reads, and every steward gets a letter."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True, metavar="ADDRESS", help="the address of the steward")
        parser.add_argument(
            "--without-second-factor",
            action="store_true",
            help="do not ask for the second factor, if it is what was lost",
        )

    def handle(self, *args: Any, email: str, without_second_factor: bool, **options: Any) -> None:
        try:
            link = rescue.make(email=email, at=timezone.now(), second_factor=not without_second_factor)
        except rescue.NotASteward:
            raise CommandError(
                "No active steward has this address. Nothing was done. `andon people import` can make somebody steward."
            ) from None
        self.stdout.write(link)
        self.stderr.write("It works once, for fifteen minutes. Open it in the browser of that steward.")
        failed = rescue.tell_stewards()
        if failed:
            self.stderr.write(
                f"The letter about it did not leave for {failed} stewards. The change log shows it all the same."
            )
