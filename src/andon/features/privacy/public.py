"""The door of `privacy`."""

from datetime import date

from andon.features.privacy.models import ErasureRequest
from andon.features.privacy.services import LastSteward, erase
from andon.foundation.people.models import Member

__all__ = ["LastSteward", "asked_to_be_erased_on", "erase", "waiting_since"]


def asked_to_be_erased_on(member: Member) -> date | None:
    """The day on which the member asked, while no steward acted."""
    return ErasureRequest.objects.filter(member=member).values_list("on", flat=True).first()


def waiting_since() -> tuple[int, date | None]:
    """How many members asked to be erased and wait, and since when the first one does."""
    days = list(ErasureRequest.objects.order_by("on").values_list("on", flat=True))
    return len(days), days[0] if days else None
