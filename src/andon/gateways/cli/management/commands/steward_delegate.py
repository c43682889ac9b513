"""`andon steward delegate`"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from andon.features.rounds import public as rounds


class Command(BaseCommand):
    help = "Write the request that the steward signs elsewhere, so that this machine may publish rounds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--out", type=Path, metavar="FILE", help="where it is written; default: shown here")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            request = rounds.delegation_request(at=timezone.now())
        except (rounds.DelegationRefused, rounds.StewardKeyMissing) as refused:
            raise CommandError(str(refused)) from None
        body = json.loads(request)["body"]
        if options["out"] is None:
            self.stdout.write(request.decode(), ending="")
            return
        try:
            with options["out"].open("xb") as file:
                file.write(request)
        except FileExistsError:
            raise CommandError(
                f"{options['out']} is there already and is not overwritten. Name another file."
            ) from None
        except OSError as error:
            raise CommandError(f"{options['out']} cannot be written: {error.strerror}. Nothing was changed.") from None
        self.stdout.write(f"Request: {options['out']}. It holds nothing secret.")
        self.stdout.write(f"  signs then     {body['delegate']}")
        self.stdout.write(f"  until          {body['until']}")
        self.stdout.write("Next, on the machine with the steward's key: andon steward sign FILE --key KEYFILE")
        self.stdout.write("Then here: andon steward accept FILE.signed")
