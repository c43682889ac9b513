"""How much of a unit answered, for people outside it: three steps instead of a count (rule R6)."""

from __future__ import annotations

from enum import Enum


class TurnoutStep(Enum):
    UNDER_HALF = "under_half"
    HALF_OR_MORE = "half_or_more"
    THREE_QUARTERS_OR_MORE = "three_quarters_or_more"


def turnout_of_group(ballots: int, people: int, *, largest: int) -> TurnoutStep | None:
    """The step of a group of units, of which the largest has so many people; None where it would tell too much.

    Whoever is counted in a unit knows how many of it answered, and subtracts them. With less than a quarter of the
    people in any one unit, every step leaves room for some of the others to have answered and some not.

    Guarantees: for every number of answers of any one unit, no step means that all or none of the rest answered;
    whether a step is shown depends on sizes alone.
    Does not: hold against members of several units who add up what they know.
    Raises: ValueError as `turnout_step`.
    Reference: docs/protocol/disclosure.md, R6.
    """
    step = turnout_step(ballots, people)
    return step if 4 * (largest + 1) <= people else None


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
