"""The door of `privacy`."""

from datetime import date

from andon.features.privacy.marks import BadList, mark_of
from andon.features.privacy.marks import read as read_marks
from andon.features.privacy.models import ErasureRequest
from andon.features.privacy.services import (
    ErasedAgain,
    LastSteward,
    came_back,
    copy_marks,
    erase,
    erase_again,
    keep_marks,
    marks_file,
    missing_marks,
    write_marks,
)
from andon.foundation.people.models import Member

__all__ = [
    "BadList",
    "ErasedAgain",
    "LastSteward",
    "asked_to_be_erased_on",
    "came_back",
    "copy_marks",
    "erase",
    "erase_again",
    "keep_marks",
    "mark_of",
    "marks_file",
    "missing_marks",
    "read_marks",
    "waiting_since",
    "write_marks",
]


def asked_to_be_erased_on(member: Member) -> date | None:
    """The day on which the member asked, while no steward acted."""
    return ErasureRequest.objects.filter(member=member).values_list("on", flat=True).first()


def waiting_since() -> tuple[int, date | None]:
    """How many members asked to be erased and wait, and since when the first one does."""
    days = list(ErasureRequest.objects.order_by("on").values_list("on", flat=True))
    return len(days), days[0] if days else None
