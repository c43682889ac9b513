"""The door of `results`."""

from andon.features.results import queries, sentences
from andon.foundation.people.models import Member

__all__ = ["opening_of"]


def opening_of(member: Member, round_id: str) -> tuple[str, list[str]]:
    """What the member's own report of this round opens with: the unit's name, then sentences. Raises: Http404."""
    report = queries.report_for(member, round_id)
    return report.unit_name, sentences.headline(report)
