"""The door of `privacy`."""

from datetime import date

from andon.features.privacy.models import ErasureRequest
from andon.features.privacy.services import LastSteward, erase
from andon.foundation.people.models import Member

__all__ = ["LastSteward", "asked_to_be_erased_on", "erase"]


def asked_to_be_erased_on(member: Member) -> date | None:
    """The day on which the member asked, while no steward acted."""
    return ErasureRequest.objects.filter(member=member).values_list("on", flat=True).first()
