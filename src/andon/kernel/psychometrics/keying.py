"""Turning answers so that 5 always means more of the facet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Direction = Literal["+", "-"]


class NotAnAnswer(ValueError):
    """Not an integer from 1 to 5. Never says what it is."""


class UnknownCode(ValueError):
    """A ballot answers a statement that the instrument does not have."""


def key_answer(value: int, direction: Direction) -> int:
    """The keyed answer: x for "+", 6 - x for "-".

    Guarantees: turning twice is identity; the middle stays the middle.
    Raises: NotAnAnswer; ValueError for another direction.
    Reference: docs/protocol/measurement.md, section 1.
    """
    if type(value) is not int or not 1 <= value <= 5:
        raise NotAnAnswer("an answer is an integer from 1 to 5")
    if direction == "+":
        return value
    if direction == "-":
        return 6 - value
    raise ValueError('a direction is "+" or "-"')


def key_ballot(answers: Mapping[str, int], directions: Mapping[str, Direction]) -> dict[str, int]:
    """One ballot's keyed answers; what was skipped stays absent.

    Raises: UnknownCode, NotAnAnswer.
    """
    if not answers.keys() <= directions.keys():
        raise UnknownCode("a ballot answers a statement that the instrument does not have")
    return {code: key_answer(value, directions[code]) for code, value in answers.items()}
