"""Erasing a person from every room, without breaking log, release or change log."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet

from andon.features.privacy import marks
from andon.features.privacy.models import ErasedMark, ErasureRequest
from andon.features.releases import public as releases
from andon.features.rounds import public as rounds
from andon.foundation.audit import public as audit
from andon.foundation.configuration import public as configuration
from andon.foundation.jobs import public as jobs
from andon.foundation.notifications import public as notifications
from andon.foundation.organisation import public as organisation
from andon.foundation.organisation.models import Duty
from andon.foundation.people.models import Member

log = logging.getLogger("andon.privacy")


class LastSteward(Exception):
    """Nobody else could run the service. Nothing was changed."""


def ask(*, member: Member, on: date) -> None:
    """The member wants to be erased. May be repeated: the first day stands."""
    ErasureRequest.objects.get_or_create(member=member, defaults={"on": on})


def withdraw(*, member: Member) -> None:
    ErasureRequest.objects.filter(member=member).delete()


def erase(*, member: Member, by: Member | None, at: datetime, kind: str = "person.erased") -> None:
    """Remove every row that leads to the member, and the member.

    Guarantees: all or nothing; public log, manifests, releases and slot lists stay as they are and can still be
    verified; the change log keeps its entries, which say "somebody who was erased". During an open round the person
    can fetch no slip any more; the roster keeps a hash in their place, so that nobody else's proof breaks.
    Does not: take back an answer: whoever cast one is as unknown to this server as before. Nor delete, before the
    round closes, the row that keeps anybody from being given two slips: it is named by a keyed hash of an id that
    nothing else holds any more, and deleting it could give the same person a second one. A mark stays, by which an
    older backup does not bring the person back (`marks`).
    Raises: LastSteward.
    """
    mark = marks.mark_of(member.pk)
    with transaction.atomic(using="default"):
        if _is_last_steward(member):
            raise LastSteward
        rounds.erase_member(member_id=member.id, at=at)
        audit.forget_person(member.pk)
        notifications.forget_letters(to=member.email)
        member.delete()
        ErasedMark.objects.get_or_create(mark=mark)
        audit.record(kind=kind, by=None if by == member else by, at=at)
        jobs.emit("rows.forgotten")
        # Robust: the person is erased by then. A file that could not be written is written by the next erasure or
        # backup, and the doctor says that it lacks somebody.
        transaction.on_commit(write_marks, using="default", robust=True)


def marks_file() -> Path:
    return Path(settings.DATA_DIRECTORY) / marks.NAME


def keep_marks(known: Iterable[str]) -> None:
    """Let the file hold these, and whoever it held before. Raises: marks.BadList, OSError."""
    marks.add(marks_file(), known)


def write_marks() -> None:
    """Let the file hold everybody whom the database knows to be erased. Raises: marks.BadList, OSError."""
    keep_marks(ErasedMark.objects.values_list("mark", flat=True))


def copy_marks(*, to: Path) -> None:
    """Raises: marks.BadList, OSError."""
    marks.add(to, marks.read_or_none(marks_file()))


def missing_marks() -> int:
    """How many erasures the file does not hold. Raises: marks.BadList, OSError."""
    return len(set(ErasedMark.objects.values_list("mark", flat=True)) - marks.read_or_none(marks_file()))


@dataclass(frozen=True, slots=True)
class ErasedAgain:
    """`stayed` is 1 where one of them is the only steward, and 0 otherwise."""

    erased: int
    stayed: int


def came_back(more: Iterable[str] = ()) -> Iterator[Member]:
    """Who was erased and is here: after older data was put in place. Raises: marks.BadList, OSError."""
    known = marks.read_or_none(marks_file()).union(more, ErasedMark.objects.values_list("mark", flat=True))
    ids = Member.objects.order_by("pk").values_list("pk", flat=True)
    found = [member_id for member_id in ids.iterator() if marks.mark_of(member_id) in known]
    for member_id in found:
        yield Member.objects.get(pk=member_id)


def erase_again(*, more: Iterable[str], at: datetime) -> ErasedAgain:
    """Erase everybody who was erased before, as the file and `more` know it. May be repeated.

    Guarantees: each by itself, so that a kill leaves the rest for the next time; afterwards database and file hold
    every mark of `more`.
    Does not: erase the only steward, who would leave an installation that nobody can run.
    Raises: marks.BadList, OSError.
    """
    more = frozenset(more)
    erased = stayed = 0
    for member in came_back(more):
        try:
            erase(member=member, by=None, at=at, kind="person.erased_again")
            erased += 1
        except LastSteward:
            stayed += 1
    known = marks.read_or_none(marks_file()) | more
    ErasedMark.objects.bulk_create([ErasedMark(mark=mark) for mark in sorted(known)], ignore_conflicts=True)
    write_marks()
    return ErasedAgain(erased, stayed)


def _is_last_steward(member: Member) -> bool:
    """Holds the rows of all stewards, so that of two who are erased at once one sees that the other has gone."""
    stewards = Duty.objects.select_for_update().filter(role=Duty.Role.STEWARD, member__is_active=True).order_by("pk")
    return {duty.member_id for duty in stewards} == {member.pk}


def left_long_ago(at: datetime) -> Iterator[Member]:
    """Who left longer ago than the organisation keeps people: nobody, where it keeps them until a steward erases."""
    months = configuration.read("retention.left_months")
    if months:
        yield from left_before(at, months).order_by("pk").iterator()


def left_before(at: datetime, months: int) -> QuerySet[Member]:
    """Who left more than so many months ago, and did not come back."""
    return (
        Member.objects.filter(is_active=False)
        .annotate(last_day=Max("memberships__ends_on"))
        .filter(last_day__lt=_months_before(organisation.today(at), months))
        .exclude(memberships__ends_on=None)
    )


def erase_left(at: datetime) -> int:
    """Erase everybody whose time is over; how many. Each by itself: a crash leaves the rest for the next time."""
    count = 0
    for member in left_long_ago(at):
        erase(member=member, by=None, at=at, kind="person.erased_after_leaving")
        count += 1
    if count:
        log.info("%d people who left were erased after their time.", count)
    return count


def comments_of_long_ago(at: datetime) -> list[str]:
    """The rounds whose comments were to be read for as long as the organisation keeps comments. Three queries."""
    months = configuration.read("retention.comments_months")
    return rounds_with_comments_before(at, months) if months else []


def rounds_with_comments_before(at: datetime, months: int) -> list[str]:
    """The rounds that closed more than so many months ago and whose comments can still be read."""
    first_kept = datetime.combine(_months_before(organisation.today(at), months), time.min, organisation.zone())
    # Asked each second: of old rounds, of which none has comments for long.
    return releases.shown_with_comments(rounds.released_until(first_kept))


def forget_comments(at: datetime) -> int:
    """Delete comments whose time is over; of how many rounds. Each round by itself, and told in the change log."""
    forgotten = comments_of_long_ago(at)
    for round_id in forgotten:
        with transaction.atomic(using="default"):
            if releases.forget_comments(round_id):
                view = rounds.find(round_id)
                words = view.words if view else ""
                audit.record(kind="comments.forgotten", by=None, at=at, subject=words, round=round_id)
                jobs.emit("rows.forgotten")
    return len(forgotten)


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    # The 31st of a shorter month is its last day, one day earlier at most than a calendar would count.
    return date(year, month + 1, min(day.day, 28))
