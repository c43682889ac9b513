"""The door of `results`."""

from datetime import date, datetime

from andon.features.results import queries, sentences, steps
from andon.features.results.steps import Step
from andon.foundation.people.models import Member

__all__ = ["Step", "open_steps_of", "opening_of", "steps_of"]


def opening_of(member: Member, round_id: str) -> tuple[str, list[str]]:
    """What the member's own report of this round opens with: the unit's name, then sentences. Raises: Http404."""
    report = queries.report_for(member, round_id)
    return report.unit_name, sentences.headline(report)


def open_steps_of(member: Member, *, until: date) -> list[Step]:
    """The agreed steps that the member sees to, due by then and without an outcome, the first due first. One query."""
    return steps.open_steps_of(member, until=until)


def steps_of(member: Member) -> list[tuple[str, str, date | datetime]]:
    """(what the member did, the step in words, day) of every agreed step that leads to them."""
    return steps.traces_of(member)
