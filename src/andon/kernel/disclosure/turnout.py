"""How much of a unit answered, for people outside it: three steps instead of a count (rule R6)."""

from __future__ import annotations

from enum import Enum


class TurnoutStep(Enum):
    UNDER_HALF = "under_half"
    HALF_OR_MORE = "half_or_more"
    THREE_QUARTERS_OR_MORE = "three_quarters_or_more"


def turnout_step(ballots: int, roster: int) -> TurnoutStep:
    """The step that others see; exact counts go to the unit's members only.

    Guarantees: for every roster of at least five, no step means "everyone" or "nobody".
    Does not: hide full turnout in a unit of exactly five with a figure: the figure alone says that all five answered.
    Raises: ValueError unless 0 <= ballots <= roster and roster >= 1.
    Reference: docs/protocol/disclosure.md, R6.
    """
    if roster < 1 or not 0 <= ballots <= roster:
        raise ValueError("turnout needs a roster of at least one and no more ballots than that")
    if 4 * ballots >= 3 * roster:
        return TurnoutStep.THREE_QUARTERS_OR_MORE
    if 2 * ballots >= roster:
        return TurnoutStep.HALF_OR_MORE
    return TurnoutStep.UNDER_HALF
