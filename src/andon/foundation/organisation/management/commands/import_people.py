"""`andon people import FILE.csv`"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import ngettext

from andon.foundation.organisation import public as organisation
from andon.foundation.organisation.importing import ImportOutcome, import_people, preview_people
from andon.foundation.organisation.views import say


class Command(BaseCommand):
    help = "Read people, teams and roles from a CSV file. All of it or, when one row is wrong, none of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV with the columns e-mail, name, team path and role")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        try:
            content = file.read_bytes()
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}. Nothing was changed.") from None
        today = organisation.today()
        if options["dry_run"]:
            outcome = preview_people(content, on=today)
        else:
            outcome = import_people(content, by=None, at=timezone.now(), on=today)
        self._report(file, outcome)

    def _report(self, file: Path, outcome: ImportOutcome) -> None:
        if outcome.refused:
            for row in outcome.refused:
                self.stderr.write(f"{file}:{row.line}: {row.value} {row.reason}".rstrip())
            number = len(outcome.refused)
            sentence = ngettext(
                "%d thing to put right. Nothing was changed.", "%d things to put right. Nothing was changed.", number
            )
            raise CommandError(sentence % number)
        for column in outcome.columns_not_read:
            self.stderr.write(f"The column {column!r} was not read.")
        self.stdout.write(say(outcome))
