"""The door of `results`."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from andon.features.results import exports, groups, queries, sentences, sharing, steps, trend
from andon.features.results.models import StepOutcome
from andon.features.results.steps import Step
from andon.features.rounds import public as rounds
from andon.foundation.audit import public as audit
from andon.foundation.people.models import Member
from andon.foundation.tokens import public as tokens

__all__ = [
    "GROUPS_SCOPE",
    "UNIT_SCOPE",
    "Step",
    "agree_on_step",
    "group_for_program",
    "open_steps_of",
    "opening_of",
    "proposals_of",
    "propose_to_share",
    "rounds_for_program",
    "sharing_waiting_for",
    "steps_of",
    "take_back_shared_colours",
    "unit_for_program",
]

UNIT_SCOPE = "results.unit"
GROUPS_SCOPE = "results.groups"


def opening_of(member: Member, round_id: str) -> tuple[str, list[str]]:
    """What the member's own report of this round opens with: the unit's name, then sentences. Raises: Http404."""
    report = queries.report_for(member, round_id)
    return report.unit_name, sentences.headline(report)


def agree_on_step(member: Member, round_id: str, *, words: str, due_on: date, at: datetime, became: str = "") -> bool:
    """Write down what the member's unit agreed on after the round, seen to by the member, and that it was done.

    False, and nothing changes, where the unit agreed on something already. `became`: what is said of the done step.
    Raises: Http404.
    """
    own = queries.own_result(member, round_id)
    if steps.steps_around(own)[1] is not None:
        return False
    with transaction.atomic(using="default"):
        steps.agree_on_step(own=own, words=words, owner_id=member.pk, due_on=due_on, by=member, at=at)
        if became:
            done_at = at + (due_on - at.date())
            steps.end_step(own=own, kind=StepOutcome.Kind.DONE, words=became, by=member, at=done_at)
    return True


def open_steps_of(member: Member, *, until: date) -> list[Step]:
    """The agreed steps that the member sees to, due by then and without an outcome, the first due first. One query."""
    return steps.open_steps_of(member, until=until)


def steps_of(member: Member) -> list[tuple[str, str, date | datetime]]:
    """(what the member did, the step in words, day) of every agreed step that leads to them."""
    return steps.traces_of(member)


def sharing_waiting_for(member: Member, *, on: date) -> sharing.Waiting | None:
    """The next day on which others see colours of a unit of the member, unless one of the unit says no. One query;
    three where there is one."""
    return sharing.waiting_for(member, on=on)


def propose_to_share(member: Member, round_id: str, *, node_id: str, on: date) -> bool:
    """Propose that the people of a node see the colours of the member's own unit, as on the report.

    False, and nothing changes, where it was proposed already. Raises: Http404; SharingRefused.
    """
    try:
        sharing.propose(own=queries.own_result(member, round_id), node_id=node_id, by=member, on=on)
    except sharing.ProposedAlready:
        return False
    return True


def proposals_of(member: Member) -> list[tuple[str, date]]:
    """(the round in words, day) of each proposal of the member to share their unit's colours."""
    return sharing.traces_of(member)


def take_back_shared_colours(*, on: date) -> int:
    """Keep all colours that were ever proposed for sharing with their units: how many were not, so far. For a restore,
    which knows of no no that came after the backup. May be repeated."""
    return sharing.take_back_all(on=on)


def rounds_for_program(grant: tokens.Grant) -> list[dict[str, Any]]:
    """The rounds whose result the member of this key can look at, newest first."""
    return [
        exports.round_document(view)
        | {"instrument_id": view.instrument_id, "instrument_version": view.instrument_version}
        for view in queries.released_rounds(grant.member)
    ]


def unit_for_program(grant: tokens.Grant, round_id: str, *, at: datetime, on: date) -> dict[str, Any]:
    """The result of the member's own unit, as its file has it; the first time of a day stands in the change log.

    Raises: Http404.
    """
    own = queries.own_result(grant.member, round_id)
    _tell(grant, own.unit.name, own.round, what=f"unit {round_id}", at=at, on=on)
    report = queries.build_report(own.round, own.unit, own.part)
    return exports.unit_document(own, report, trend.trend_of(own.round, own.unit, asked=grant.member))


def group_for_program(
    grant: tokens.Grant, round_id: str, node_id: str, *, page: int, at: datetime, on: date
) -> dict[str, Any]:
    """A group of a round, the top one without a node. Raises: Http404."""
    report = groups.report_for(grant.member, round_id, node_id, page=str(page), now=at)
    group = report.view.group
    _tell(grant, group.name, report.round, what=f"group {round_id} {group.node_id}", at=at, on=on)
    return exports.group_document(report)


def _tell(grant: tokens.Grant, name: str, view: rounds.RoundView, *, what: str, at: datetime, on: date) -> None:
    with transaction.atomic(using="default"):
        if tokens.is_first_read(grant, what, on=on):
            audit.record(kind="results.read_by_program", by=grant.member, at=at, subject=f"{name}, {view.words}")
