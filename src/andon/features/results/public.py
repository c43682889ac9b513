"""The door of `results`."""

from andon.features.results import queries, sentences
from andon.foundation.people.models import Member

__all__ = ["headline_for"]


def headline_for(member: Member, round_id: str) -> list[str]:
    """The sentences that the member's own report of this round opens with. Raises: Http404."""
    return sentences.headline(queries.report_for(member, round_id))
