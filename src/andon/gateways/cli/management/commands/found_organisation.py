"""`andon found NAME`"""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from andon.features.rounds import public as rounds
from andon.foundation.organisation import public as organisation
from andon.foundation.organisation import teams


class Command(BaseCommand):
    help = "Found the organisation of this installation and make the steward's signing key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="what the organisation is called")
        parser.add_argument("--steward-key", type=Path, help="where the signing key is written (not overwritten)")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["steward_key"] or Path(settings.DATA_DIRECTORY) / "steward.key"
        if organisation.current() is not None:
            raise CommandError("This installation has an organisation already. Nothing was changed.")
        try:
            name = teams.clean_top_name(options["name"])
        except teams.BadName as refused:
            raise CommandError(str(refused)) from None
        private, public = rounds.new_steward_key()
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise CommandError(
                f"{file} is there already and is never overwritten. Nothing was changed. "
                "Move it away, or name another file with --steward-key."
            ) from None
        with os.fdopen(descriptor, "w") as handle:
            handle.write(private + "\n")
            handle.flush()
            os.fsync(handle.fileno())
        organisation.create_organisation(name=name, steward_public_key=public, at=timezone.now())
        rounds.begin_log(key_file=file)
        self.stdout.write(f"Founded {name}. The steward's signing key is in {file}.")
        self.stdout.write("Whoever has it can publish rounds in the organisation's name. Set ANDON_STEWARD_KEY_FILE")
        self.stdout.write("to it, and keep a copy offline. Next: andon people import FILE.csv")
