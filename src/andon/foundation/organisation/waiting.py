"""A file of people between its upload and its end: read by the worker, shown, agreed to, carried out.

    READING -> READY or REFUSED (or DONE, where nothing would change) -> WRITING -> DONE

From READY it goes back to READING where somebody wants those back who were deactivated by hand.

Guarantees: each step is repeated when the worker died in it, and the file is carried out once, as a whole or not at
all; what was agreed to is what is done, else it is shown again; the bytes go with the last step, and everything that
names people after a day.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max
from django.utils import translation

from andon.foundation.organisation import languages
from andon.foundation.organisation.days import today
from andon.foundation.organisation.importing import (
    ImportOutcome,
    PlanChanged,
    What,
    import_people,
    preview_people,
)
from andon.foundation.organisation.models import PeopleFile
from andon.foundation.organisation.unit_preview import Standing, UnitChange, UnitMap
from andon.foundation.people import names
from andon.foundation.people.models import Member

KEPT_FOR = timedelta(days=1)
# What a page shows of each kind; the numbers are always those of all.
SHOWN = 100
# What a download of bad rows holds.
BAD_ROWS_KEPT = 10_000
SECONDS_BETWEEN_PROGRESS = 0.5
Step = PeopleFile.Step


class NumberNotTyped(Exception):
    """Many would leave, and the number that was typed is another one. Nothing was changed."""


def start(*, content: bytes, is_complete: bool, team: str, by: Member, at: datetime, name: str = "") -> PeopleFile:
    """Keep the file for the worker, which finds it within a second and speaks the language that is spoken here."""
    return PeopleFile.objects.create(
        by_id=by.pk,
        at=at,
        name=names.made_good(name),
        content=content,
        is_complete=is_complete,
        team=team,
        language=translation.get_language() or "",
    )


def read(file_id: str) -> None:
    """Find out what the file would change. Does nothing to one that was read already."""
    file = PeopleFile.objects.filter(pk=file_id, step=Step.READING).first()
    if file is None:
        return

    def tell(done: int, total: int) -> None:
        PeopleFile.objects.filter(pk=file_id, step=Step.READING).update(done=done, total=total)

    with translation.override(languages.of_letter(file.language)):
        outcome = preview_people(
            bytes(file.content),
            on=today(),
            is_complete=file.is_complete,
            team=file.team,
            seed=file.id,
            takes_back=file.takes_back,
            progress=_now_and_then(tell),
        )
        told = tell_outcome(outcome)
    if outcome.refused:
        _conclude(file_id, Step.READING, Step.REFUSED, told)
    elif outcome.changes_nothing and not outcome.kept_out:
        _conclude(file_id, Step.READING, Step.DONE, told)
    else:
        PeopleFile.objects.filter(pk=file_id, step=Step.READING).update(step=Step.READY, outcome=told)


def agree(file: PeopleFile, *, number_leaving: int | None) -> None:
    """Say yes to what the page showed. Raises: NumberNotTyped. Said twice, it counts once."""
    if file.outcome.get("many_leave") and number_leaving != file.outcome["left"]:
        raise NumberNotTyped
    PeopleFile.objects.filter(pk=file.pk, step=Step.READY).update(step=Step.WRITING, done=0, total=0)


def take_back(file: PeopleFile, *, takes_back: bool) -> None:
    """Let those come back, too, who were deactivated by hand, or leave them. The file is read anew and shown again."""
    PeopleFile.objects.filter(pk=file.pk, step=Step.READY).update(
        step=Step.READING, takes_back=takes_back, outcome={}, done=0, total=0
    )


def carry_out(file_id: str, *, at: datetime) -> None:
    """Do what was agreed to, in one transaction with the file's own last step."""
    file = PeopleFile.objects.filter(pk=file_id, step=Step.WRITING).select_related("by").first()
    if file is None:
        return

    def within(outcome: ImportOutcome) -> Callable[[], None]:
        # Of what was done, numbers stay for a day; names are on the pages of people.
        counts = {key: value for key, value in tell_outcome(outcome).items() if isinstance(value, int | str)}
        return lambda: _conclude(file_id, Step.WRITING, Step.DONE, counts)

    try:
        with translation.override(languages.of_letter(file.language)):
            import_people(
                bytes(file.content),
                by=file.by,
                at=at,
                on=today(at),
                is_complete=file.is_complete,
                team=file.team,
                seed=file.id,
                takes_back=file.takes_back,
                agreed=file.outcome["fingerprint"],
                progress=_now_and_then(lambda done, total: _write_progress(file_id, done, total)),
                within=within,
            )
    except PlanChanged as changed:
        told = tell_outcome(changed.outcome) | {"seen_before": True}
        if changed.outcome.refused:
            _conclude(file_id, Step.WRITING, Step.REFUSED, told)
        else:
            PeopleFile.objects.filter(pk=file_id, step=Step.WRITING).update(step=Step.READY, outcome=told)
    finally:
        _remove_progress(file_id)


def forget(file_id: str) -> None:
    """Delete the file, unless it is being carried out."""
    with transaction.atomic():
        forgotten, _models = PeopleFile.objects.filter(pk=file_id).exclude(step=Step.WRITING).delete()
    if forgotten:
        # What a process that was killed at its very end left.
        _remove_progress(file_id)


def files_of_others(member: Member) -> tuple[int, datetime | None]:
    """How many files that somebody else uploaded may name the member, and when the last of them is gone.

    Reads none of them. Of one that was carried out only numbers are left.
    """
    others = PeopleFile.objects.exclude(by=member).exclude(step=Step.DONE)
    found = others.aggregate(number=Count("pk"), newest=Max("at"))
    return found["number"], found["newest"] + KEPT_FOR if found["newest"] else None


def progress_of(file: PeopleFile) -> tuple[int, int]:
    """(done, total); (0, 0) where it is not known.

    Writing is one transaction, of which the database shows nothing before its end, and on SQLite nobody else can
    write meanwhile. So the worker tells how far it is in a small file beside the data.
    """
    if file.step != Step.WRITING:
        return file.done, file.total
    with suppress(OSError, ValueError):
        done, total = _progress_file(file.pk).read_text().split()
        return int(done), int(total)
    return 0, 0


def _conclude(file_id: str, before: str, after: str, told: dict[str, Any]) -> None:
    PeopleFile.objects.filter(pk=file_id, step=before).update(step=after, content=b"", outcome=told)


def _progress_file(file_id: str) -> Path:
    return Path(settings.DATA_DIRECTORY) / f"people-file-{file_id}.progress"


def _write_progress(file_id: str, done: int, total: int) -> None:
    file = _progress_file(file_id)
    beside = file.with_suffix(".new")
    # A disk that is full must not end an import because of a number on a page.
    with suppress(OSError):
        beside.write_text(f"{done} {total}")
        beside.replace(file)


def _remove_progress(file_id: str) -> None:
    for file in (_progress_file(file_id), _progress_file(file_id).with_suffix(".new")):
        file.unlink(missing_ok=True)


def _now_and_then(tell: Callable[[int, int], None]) -> Callable[[int, int], None]:
    told_at = 0.0

    def progress(done: int, total: int) -> None:
        nonlocal told_at
        now = time.monotonic()
        if now - told_at >= SECONDS_BETWEEN_PROGRESS:
            told_at = now
            tell(done, total)

    return progress


def tell_outcome(outcome: ImportOutcome) -> dict[str, Any]:
    """The outcome as it is kept and shown: all the numbers, and the first of each kind."""
    told: dict[str, Any] = {
        name: getattr(outcome, name)
        for name in (
            "joined",
            "returned",
            "kept_out",
            "moved",
            "changed",
            "left",
            "unchanged",
            "closed",
            "rows",
            "active_before",
            "fingerprint",
        )
    }
    told["many_leave"] = outcome.many_leave
    told["changes_nothing"] = outcome.changes_nothing
    told["columns_not_read"] = list(outcome.columns_not_read)
    told["notes"] = list(outcome.notes)
    if outcome.refused:
        told["bad_rows_number"] = len(outcome.refused)
        told["header"] = list(outcome.header)
        told["bad_rows"] = [
            [bad.line, bad.value, bad.reason, list(bad.cells)] for bad in outcome.refused[:BAD_ROWS_KEPT]
        ]
        return told
    for what in What:
        told[f"people_{what}"] = [
            [person.name, person.email, " / ".join(person.was), " / ".join(person.path)]
            for person in _first(outcome, what)
        ]
    for name, paths in (("new_teams", outcome.new_teams), ("revived_teams", outcome.revived_teams)):
        told[f"{name}_number"] = len(paths)
        told[name] = [" / ".join(path) for path in paths[:SHOWN]]
    changes = outcome.unit_changes()
    told["units_number"] = len(changes)
    told["units"] = [_unit_change(change) for change in changes[:SHOWN]]
    told["standings"] = [_standings(outcome.units_before), _standings(outcome.units_after)]
    return told


def _first(outcome: ImportOutcome, what: What) -> list[Any]:
    found = []
    for person in outcome.people:
        if person.what is what:
            found.append(person)
            if len(found) == SHOWN:
                break
    return found


def _unit_change(change: UnitChange) -> dict[str, Any]:
    return {
        "path": change.path,
        **{
            side: {
                "standing": str(team.standing),
                "size": team.size,
                "beside": list(team.beside[:5]),
                "more_beside": max(0, len(team.beside) - 5),
                "unit_size": team.unit_size,
            }
            for side, team in (("before", change.before), ("after", change.after))
        },
    }


def _standings(units: UnitMap) -> dict[str, int]:
    """Teams with a figure of their own, teams that are counted together, and people who would not be asked."""
    teams = units.values()
    return {
        "own": sum(1 for team in teams if team.standing is Standing.OWN),
        "together": sum(1 for team in teams if team.standing is Standing.TOGETHER),
        "not_asked": sum(team.size for team in teams if team.standing is Standing.NOT_ASKED),
    }
