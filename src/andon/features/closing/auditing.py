"""Before a release is noted: what the auditor, who shares no line with the publisher, finds in it."""

from collections.abc import Mapping, Sequence

from andon.features.releases import public as releases
from andon.features.rounds import public as rounds
from andon.kernel import disclosure
from andon.kernel.disclosure import audit


def findings(
    finished: releases.Finished,
    units: Mapping[str, rounds.CountedUnit],
    pasts: Mapping[str, disclosure.Past | None],
    policy: disclosure.Policy,
) -> Sequence[audit.Finding]:
    """Reasons not to show this release; empty when there is none. Reference: docs/protocol/disclosure.md, section 8."""
    slow = policy.rules != disclosure.FRESH_RULES
    return audit.audit(
        [
            _audited(part, units[part.unit_id], pasts[part.unit_id] if slow else None, policy.least_ballots)
            for part in finished.units
        ]
    ).findings


def _audited(
    part: releases.FinishedUnit, unit: rounds.CountedUnit, past: disclosure.Past | None, least_ballots: int
) -> audit.AuditedUnit:
    # Somebody who was erased while the round was open is still counted, and is nobody else.
    erased = [f"erased {number} of {part.unit_id}" for number in range(unit.size - len(unit.people))]
    figures = part.release.figures or {}
    return audit.AuditedUnit(
        part.unit_id,
        [*sorted(unit.people), *erased],
        {code: _figure(figure, past, code) for code, figure in figures.items()},
        comments=len(part.comments),
        comments_said=(part.release.comments.count or 0) if part.release.comments else 0,
        ballots=part.release.ballots,
        least_ballots=least_ballots,
    )


def _figure(figure: disclosure.StatementFigure, past: disclosure.Past | None, code: str) -> audit.Figure:
    kept = past.remembered.get(code) if past else None
    return audit.Figure(
        figure.band.value,
        figure.low,
        figure.high,
        figure.updated,
        figure.n,
        past.joiners if past else 0,
        past.leavers if past else 0,
        audit.Before(kept.band.value, kept.changes, kept.silent, kept.swaps, kept.rounds_with_margin, kept.kept)
        if kept
        else None,
    )
