"""From the ballots of one unit to the figures that may become visible, and nothing else.

Reference: docs/protocol/disclosure.md, section 4 (rules R1, R2, R5, R6).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from andon.kernel.disclosure.bands import Band, band
from andon.kernel.disclosure.units import LEAST_UNIT

BANDS = "wide-4"
RULES = "andon-disclosure/1"
SKIPPED_COUNTS_AS = 3

_E = TypeVar("_E", bound=Enum)
_CODE = re.compile(r"[A-Z]{2}[0-9]{1,2}\Z")


class MalformedPolicy(ValueError):
    """A policy that these rules do not know, or that is weaker than they allow."""


class MalformedAnswer(ValueError):
    """A ballot holds something that is not an integer from 1 to 5. Never says what it holds."""


class UnknownStatement(ValueError):
    """A ballot answers a statement that was not asked."""


class NoStatements(ValueError):
    """Nothing was asked, or a statement code is listed twice or malformed."""


class MoreBallotsThanRoster(ValueError):
    """More ballots than people on the roster: the box is wrong, and nothing may be published from it."""


class MalformedRelease(ValueError):
    """A stored release that this version did not write."""


class Withheld(Enum):
    """Why a unit has no figures."""

    TOO_FEW_BALLOTS = "too_few_ballots"


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules a round is published under: fixed in its manifest before it opens.

    Raises: MalformedPolicy for bands or rules of another version, or fewer than five ballots.
    """

    least_ballots: int = LEAST_UNIT
    early_close: bool = False
    bands: str = BANDS
    rules: str = RULES

    def __post_init__(self) -> None:
        if self.bands != BANDS or self.rules != RULES:
            raise MalformedPolicy(f"this version knows the bands {BANDS} and the rules {RULES} only")
        if type(self.least_ballots) is not int or self.least_ballots < LEAST_UNIT:
            raise MalformedPolicy(f"a policy asks for at least {LEAST_UNIT} ballots")
        if type(self.early_close) is not bool:
            raise MalformedPolicy("early_close is true or false")

    def tightens(self, other: Policy) -> bool:
        """Whether a later round may have this policy after ``other``: as strict or stricter in every part."""
        return (
            self.bands == other.bands
            and self.rules == other.rules
            and self.least_ballots >= other.least_ballots
            and (other.early_close or not self.early_close)
        )

    def to_json(self) -> dict[str, str | int | bool]:
        """The ``policy`` of a manifest."""
        return {
            "bands": self.bands,
            "early_close": self.early_close,
            "least_ballots": self.least_ballots,
            "rules": self.rules,
        }

    @classmethod
    def from_json(cls, value: object) -> Policy:
        """Raises: MalformedPolicy unless the keys are exactly those of to_json and the rules are known."""
        if not isinstance(value, dict) or set(value) != {"bands", "early_close", "least_ballots", "rules"}:
            raise MalformedPolicy("a policy has the keys bands, early_close, least_ballots and rules")
        return cls(
            least_ballots=value["least_ballots"],
            early_close=value["early_close"],
            bands=value["bands"],
            rules=value["rules"],
        )


@dataclass(frozen=True, slots=True)
class UnitAnswers:
    """The opened ballots of one unit, keyed (reversed statements already turned), a skipped statement absent."""

    unit_id: str
    roster_size: int
    ballots: tuple[Mapping[str, int], ...]


@dataclass(frozen=True, slots=True)
class StatementFigure:
    """The whole of what becomes visible about one statement in one unit. ``n`` is the number of ballots."""

    band: Band
    n: int


@dataclass(frozen=True, slots=True)
class UnitRelease:
    """What became visible about one unit: figures by statement code, or a reason why there are none.

    Ballots and roster are for the unit's members; others see turnout_step().
    """

    unit_id: str
    roster_size: int
    ballots: int
    figures: Mapping[str, StatementFigure] | None
    reason: Withheld | None

    def to_json(self) -> dict[str, object]:
        """Plain values (text, integers, objects), ready for canonical JSON. Absent: figures or reason, never both."""
        value: dict[str, object] = {"ballots": self.ballots, "roster": self.roster_size, "unit": self.unit_id}
        if self.figures is not None:
            value["figures"] = {
                code: {"band": figure.band.value, "n": figure.n} for code, figure in sorted(self.figures.items())
            }
        if self.reason is not None:
            value["reason"] = self.reason.value
        return value

    @classmethod
    def from_json(cls, value: object) -> UnitRelease:
        """Guarantees: from_json(x.to_json()) == x. Raises: MalformedRelease for anything to_json cannot have made."""
        if not isinstance(value, dict):
            raise MalformedRelease("a unit's release is an object")
        withheld = "reason" in value
        if set(value) != {"ballots", "roster", "unit", "reason" if withheld else "figures"}:
            raise MalformedRelease("a unit's release has ballots, roster, unit, and either figures or a reason")
        unit_id, roster, ballots = value["unit"], value["roster"], value["ballots"]
        if not isinstance(unit_id, str) or type(roster) is not int or type(ballots) is not int:
            raise MalformedRelease("unit is text, roster and ballots are integers")
        if not 0 <= ballots <= roster:
            raise MalformedRelease("there cannot be more ballots than people on the roster")
        if withheld:
            return cls(unit_id, roster, ballots, None, _enum(Withheld, value["reason"]))
        figures = value["figures"]
        if not isinstance(figures, dict) or not figures:
            raise MalformedRelease("figures are an object with at least one statement")
        return cls(unit_id, roster, ballots, {code: _figure(code, item) for code, item in figures.items()}, None)


def publish_unit(answers: UnitAnswers, *, policy: Policy, statements: Sequence[str]) -> UnitRelease:
    """One band per statement, or a reason why there is none: the only computation the answers ever enter (R1).

    ``statements`` are all the codes that were asked. They come from the instrument and not from the ballots, so that
    a statement that everyone skipped looks like any other. A skipped statement counts as 3, the middle.

    Guarantees: whether figures exist depends on the number of ballots only (R6); the order of ballots changes
    nothing; the result holds bands and counts, no total, mean or answer.
    Does not: slow the bands down over rounds (R3) or publish anything for groups above units (R4).
    Raises: NoStatements, UnknownStatement, MalformedAnswer, MoreBallotsThanRoster.
    Reference: docs/protocol/disclosure.md, R1, R2, R5, R6.
    """
    n = len(answers.ballots)
    if n > answers.roster_size:
        raise MoreBallotsThanRoster("there are more ballots than people on the roster; nothing was published")
    asked = frozenset(statements)
    if not asked or len(asked) != len(statements) or not all(_CODE.match(code) for code in asked):
        raise NoStatements("the statements asked are distinct codes, at least one")
    for ballot in answers.ballots:
        if not ballot.keys() <= asked:
            raise UnknownStatement("a ballot answers a statement that was not asked")
        if not all(type(answer) is int and 1 <= answer <= 5 for answer in ballot.values()):
            raise MalformedAnswer("a ballot holds a value that is not an integer from 1 to 5")
    if n < policy.least_ballots:
        return UnitRelease(answers.unit_id, answers.roster_size, n, None, Withheld.TOO_FEW_BALLOTS)
    figures = {
        code: StatementFigure(band(sum(ballot.get(code, SKIPPED_COUNTS_AS) for ballot in answers.ballots), n), n)
        for code in sorted(asked)
    }
    return UnitRelease(answers.unit_id, answers.roster_size, n, figures, None)


def _figure(code: object, item: object) -> StatementFigure:
    if not isinstance(code, str) or not _CODE.match(code):
        raise MalformedRelease("figures are keyed by statement codes")
    if not isinstance(item, dict) or set(item) != {"band", "n"}:
        raise MalformedRelease("a figure has a band and n")
    if type(item["n"]) is not int or item["n"] < LEAST_UNIT:
        raise MalformedRelease("a figure has at least five ballots")
    return StatementFigure(_enum(Band, item["band"]), item["n"])


def _enum(kind: type[_E], value: object) -> _E:
    try:
        return kind(value)
    except ValueError:
        raise MalformedRelease(f"a {kind.__name__.lower()} that this version does not know") from None
