"""`andon people import FILE.csv`"""

import secrets
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import ngettext

from andon.foundation.organisation import public as organisation
from andon.foundation.organisation.file_words import foretell, say
from andon.foundation.organisation.importing import ImportOutcome, PlanChanged, What, import_people, preview_people
from andon.foundation.organisation.people_file import Progress, read_people
from andon.foundation.organisation.unit_preview import Standing, TeamStanding
from andon.foundation.organisation.waiting import tell_outcome

SECONDS_BETWEEN_LINES = 5.0
# Of each kind of change; the numbers are always those of all.
NAMED = 20
BESIDE_NAMED = 5
_WHAT = {
    What.LEFT: "leaves",
    What.JOINED: "joins",
    What.RETURNED: "comes back",
    What.KEPT_OUT: "stays deactivated",
    What.MOVED: "moves",
    What.CHANGED: "changes name, role or days",
}


def tell(doing: str, stream: TextIO) -> Progress:
    """A line that renews itself on a terminal; elsewhere, a line every few seconds."""
    renews, told_at = stream.isatty(), time.monotonic()

    def progress(done: int, total: int) -> None:
        nonlocal told_at
        now = time.monotonic()
        if now - told_at < (0.2 if renews else SECONDS_BETWEEN_LINES) and done < total:
            return
        told_at = now
        line = f"{doing}: {done} of {total}"
        stream.write(f"\r{line}\x1b[K" + ("\n" if done >= total else "") if renews else f"{line}\n")
        stream.flush()

    return progress


def _names(outcome: ImportOutcome) -> Iterator[str]:
    """Who changes, and which teams are counted in another way: the first of each, as the page shows them."""
    for what, words in _WHAT.items():
        people = [person for person in outcome.people if person.what is what]
        for person in people[:NAMED]:
            teams = " -> ".join(" / ".join(path) for path in (person.was, person.path) if path)
            yield f"{words}: {person.name} <{person.email}>" + (f", {teams}" if teams else "")
        yield from _more(len(people))
    changes = outcome.unit_changes()
    for change in changes[:NAMED]:
        yield f"counted in another way: {change.path}: {_standing(change.before)} -> {_standing(change.after)}"
    yield from _more(len(changes))


def _more(number: int) -> Iterator[str]:
    if number > NAMED:
        yield f"  and {number - NAMED} more"


def _standing(team: TeamStanding) -> str:
    match team.standing:
        case Standing.OWN:
            return f"a figure of its own, people: {team.size}"
        case Standing.TOGETHER:
            others = ", ".join(team.beside[:BESIDE_NAMED]) + (", ..." if len(team.beside) > BESIDE_NAMED else "")
            return f"counted together with {others}, people in all: {team.unit_size}"
        case Standing.NOT_ASKED:
            return f"not asked, people: {team.size}"
        case Standing.EMPTY:
            return "nobody in it"


class Command(BaseCommand):
    help = "Read people, teams and roles from a CSV file. All of it or, when one row is wrong, none of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", type=Path, help="CSV with the columns e-mail, name, team path and role, or an export"
        )
        parser.add_argument("--complete", action="store_true", help="whoever is not in the file leaves")
        parser.add_argument("--team", default="", help="path of the team, for a file that has no column for it")
        parser.add_argument(
            "--take-back", action="store_true", help="let those come back, too, who were deactivated by hand"
        )
        parser.add_argument("--leaving", type=int, help="how many leave, where these are more than a fifth of all")
        either = parser.add_mutually_exclusive_group()
        either.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
        either.add_argument("--yes", action="store_true", help="do not ask first, on a terminal")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}. Nothing was changed.") from None
        on, seed = organisation.today(), secrets.token_hex(16)
        file = read_people(content, team=options["team"], on=on, progress=tell("Reading", sys.stderr))
        foreseen = preview_people(
            file, on=on, is_complete=options["complete"], seed=seed, takes_back=options["take_back"]
        )
        self._refuse(path, foreseen)
        self._explain(foreseen)
        if options["dry_run"] or foreseen.changes_nothing:
            for line in _names(foreseen):
                self.stdout.write(line)
            self.stdout.write(foretell(tell_outcome(foreseen)))
            return
        self._agree(foreseen, options)
        try:
            outcome = import_people(
                file,
                by=None,
                at=timezone.now(),
                on=on,
                is_complete=options["complete"],
                seed=seed,
                takes_back=options["take_back"],
                agreed=foreseen.fingerprint,
                progress=tell("Writing", sys.stderr),
            )
        except PlanChanged:
            raise CommandError("Something else changed in the meantime. Nothing was changed by the file.") from None
        self.stdout.write(say(tell_outcome(outcome)))

    def _refuse(self, path: Path, outcome: ImportOutcome) -> None:
        if not outcome.refused:
            return
        for row in outcome.refused:
            where = f"{path}:{row.line}" if row.line else str(path)
            self.stderr.write(f"{where}: {row.value} {row.reason}".rstrip())
        number = len(outcome.refused)
        sentence = ngettext(
            "%d thing to put right. Nothing was changed.", "%d things to put right. Nothing was changed.", number
        )
        raise CommandError(sentence % number)

    def _explain(self, outcome: ImportOutcome) -> None:
        for column in outcome.columns_not_read:
            self.stderr.write(f"The column {column!r} was not read.")
        for note in outcome.notes:
            self.stderr.write(note)
        if outcome.closed:
            self.stderr.write(f"Accounts that are closed, whose people do not join: {outcome.closed}.")
        if outcome.kept_out:
            self.stderr.write(f"Deactivated by hand, and stay so without --take-back: {outcome.kept_out}.")
        if changes := outcome.unit_changes():
            self.stderr.write(f"Teams that are counted in another way: {len(changes)}.")

    def _agree(self, outcome: ImportOutcome, options: dict[str, Any]) -> None:
        if outcome.many_leave and options["leaving"] != outcome.left:
            raise CommandError(
                f"{outcome.left} of {outcome.active_before} people would leave. Nothing was changed. "
                f"If that is right, say so with --leaving {outcome.left}."
            )
        if options["yes"] or not sys.stdin.isatty():
            return
        # Where nobody is asked nobody is named: what this prints may be kept as a log.
        for line in _names(outcome):
            self.stderr.write(line)
        self.stderr.write(foretell(tell_outcome(outcome)))
        self.stderr.write("Import? Type yes: ", ending="")
        if input().strip().casefold() not in {"y", "yes"}:
            raise CommandError("Nothing was changed.")
