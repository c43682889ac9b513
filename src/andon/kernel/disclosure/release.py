"""From the ballots of one unit to the figures that may become visible, and nothing else.

Reference: docs/protocol/disclosure.md, sections 4 and 5 (rules R1, R2, R3, R5, R6).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TypeVar

from andon.kernel.disclosure import slow
from andon.kernel.disclosure.bands import Band, band_edges
from andon.kernel.disclosure.comments import CommentsRelease, MalformedComments
from andon.kernel.disclosure.units import LEAST_UNIT

BANDS = "wide-4"
FRESH_RULES = "andon-disclosure/1"
"""The rules of version 0.1.0: every round sets its bands fresh, whatever was shown before."""
RULES = "andon-disclosure/2"
# Each is stricter than those before it.
KNOWN_RULES = (FRESH_RULES, RULES)
SKIPPED_COUNTS_AS = 3
MOST_DEPTH = 64

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

    ``depth`` is the most groups of a hundred and more that anybody on the rosters is in (R4); no promise but a fact,
    by which a person's budget is divided.
    Raises: MalformedPolicy for bands or rules of another version, or fewer than five ballots.
    """

    least_ballots: int = LEAST_UNIT
    early_close: bool = False
    bands: str = BANDS
    rules: str = RULES
    depth: int = 0

    def __post_init__(self) -> None:
        if self.bands != BANDS or self.rules not in KNOWN_RULES:
            raise MalformedPolicy(f"this version knows the bands {BANDS} and the rules {', '.join(KNOWN_RULES)}")
        if type(self.least_ballots) is not int or self.least_ballots < LEAST_UNIT:
            raise MalformedPolicy(f"a policy asks for at least {LEAST_UNIT} ballots")
        if type(self.early_close) is not bool:
            raise MalformedPolicy("early_close is true or false")
        if type(self.depth) is not int or not 0 <= self.depth <= MOST_DEPTH or (self.depth and self._is_first):
            raise MalformedPolicy(f"depth is 0 to {MOST_DEPTH}, and 0 under the first rules")

    @property
    def _is_first(self) -> bool:
        return self.rules == FRESH_RULES

    def tightens(self, other: Policy) -> bool:
        """Whether a later round may have this policy after ``other``: as strict or stricter in every part."""
        return (
            self.bands == other.bands
            and KNOWN_RULES.index(self.rules) >= KNOWN_RULES.index(other.rules)
            and self.least_ballots >= other.least_ballots
            and (other.early_close or not self.early_close)
        )

    @property
    def makes_bands_as(self) -> str:
        """What two rounds must share for the colours of one to follow those of the other: all but how they end."""
        return f"{self.bands} {self.rules} {self.least_ballots}"

    def to_json(self) -> dict[str, str | int | bool]:
        """The ``policy`` of a manifest. The first rules knew no depth."""
        value: dict[str, str | int | bool] = {
            "bands": self.bands,
            "early_close": self.early_close,
            "least_ballots": self.least_ballots,
            "rules": self.rules,
        }
        return value if self._is_first else {**value, "depth": self.depth}

    @classmethod
    def from_json(cls, value: object) -> Policy:
        """Raises: MalformedPolicy unless the keys are exactly those of to_json and the rules are known."""
        keys = {"bands", "early_close", "least_ballots", "rules"}
        if not isinstance(value, dict) or set(value) - {"depth"} != keys:
            raise MalformedPolicy("a policy has the keys bands, depth, early_close, least_ballots and rules")
        if ("depth" in value) == (value["rules"] == FRESH_RULES):
            raise MalformedPolicy("a policy has a depth, except under the first rules")
        return cls(
            least_ballots=value["least_ballots"],
            early_close=value["early_close"],
            bands=value["bands"],
            rules=value["rules"],
            depth=value.get("depth", 0),
        )


@dataclass(frozen=True, slots=True)
class UnitAnswers:
    """The opened ballots of one unit, keyed (reversed statements already turned), a skipped statement absent."""

    unit_id: str
    roster_size: int
    ballots: tuple[Mapping[str, int], ...]

    @property
    def cast(self) -> int:
        """How many ballots there are."""
        return len(self.ballots)

    def answers_to(self, code: str) -> tuple[int | None, ...]:
        """One for each ballot that was asked this statement; None where it was skipped."""
        return tuple(ballot.get(code) for ballot in self.ballots)


@dataclass(frozen=True, slots=True)
class WindowAnswers:
    """The opened ballots of one unit in a window, where each statement has ballots of its own, keyed.

    ``ballots`` by statement: one answer for each ballot, None where the ballot holds none or could not be opened.
    Nothing says which ballots of two statements are one person's, and nobody knows it.
    """

    unit_id: str
    roster_size: int
    ballots: Mapping[str, tuple[int | None, ...]]

    @property
    def cast(self) -> int:
        """The most ballots that any statement has: at least so many people took part."""
        return max(map(len, self.ballots.values()), default=0)

    def answers_to(self, code: str) -> tuple[int | None, ...]:
        return self.ballots.get(code, ())


@dataclass(frozen=True, slots=True)
class Past:
    """How a unit stood when it was counted last: what is remembered by statement code, and who came and went since.

    A statement that is not remembered is set fresh, if it is not among ``resting``: those that many of these people
    were asked last elsewhere or otherwise. ``follows`` is false where the last time cannot be compared with this one:
    other wording, other rules, or other teams counted together. In both cases nothing is shown for one round.
    """

    remembered: Mapping[str, slow.Remembered]
    joiners: int
    leavers: int
    follows: bool = True
    resting: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class StatementFigure:
    """The whole of what becomes visible about one statement in one unit.

    ``n`` is the number of ballots, ``low`` and ``high`` the lowest and highest total, both included, that the colour is
    compatible with. ``updated`` is false where the colour was kept whatever was answered.
    """

    band: Band
    n: int
    low: int
    high: int
    updated: bool = True

    @classmethod
    def fresh(cls, band: Band, n: int) -> StatementFigure:
        """As the rules show it where nothing went before. Raises: TooFewBallots."""
        return cls(band, n, *band_edges(n, band))


@dataclass(frozen=True, slots=True)
class UnitRelease:
    """What became visible about one unit: figures by statement code, or a reason why there are none.

    ``silences`` are the statements without a colour in this round, and why. Ballots and roster are for the unit's
    members; others see turnout_step(). ``comments`` is what was made of comments; None where the unit could write none.
    In a window ``counts`` is the number of ballots of each statement, and
    ``ballots`` the largest of them; elsewhere it is empty.
    """

    unit_id: str
    roster_size: int
    ballots: int
    figures: Mapping[str, StatementFigure] | None
    reason: Withheld | None
    silences: Mapping[str, slow.Silence] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    comments: CommentsRelease | None = None

    def ballots_of(self, code: str) -> int:
        """How many ballots answered, or could have answered, this statement."""
        return self.counts.get(code, 0) if self.counts else self.ballots

    def to_json(self) -> dict[str, object]:
        """Plain values (text, integers, objects), ready for canonical JSON. Absent: figures or reason, never both."""
        value: dict[str, object] = {"ballots": self.ballots, "roster": self.roster_size, "unit": self.unit_id}
        if self.comments is not None:
            value["comments"] = self.comments.to_json()
        if self.counts:
            value["counts"] = dict(sorted(self.counts.items()))
        if self.figures is not None:
            value["figures"] = {code: _figure_json(figure) for code, figure in sorted(self.figures.items())}
        if self.silences:
            value["silent"] = {code: silence.value for code, silence in sorted(self.silences.items())}
        if self.reason is not None:
            value["reason"] = self.reason.value
        return value

    @classmethod
    def from_json(cls, value: object) -> UnitRelease:
        """Guarantees: from_json(x.to_json()) == x; also reads what the first rules wrote, without bounds.

        Raises: MalformedRelease for anything to_json cannot have made.
        """
        if not isinstance(value, dict):
            raise MalformedRelease("a unit's release is an object")
        withheld = "reason" in value
        keys = {"ballots", "roster", "unit", "reason" if withheld else "figures"}
        if set(value) - ({"comments", "counts"} if withheld else {"comments", "counts", "silent"}) != keys:
            raise MalformedRelease("a unit's release has ballots, roster, unit, and either figures or a reason")
        unit_id, roster, ballots = value["unit"], value["roster"], value["ballots"]
        if not isinstance(unit_id, str) or type(roster) is not int or type(ballots) is not int:
            raise MalformedRelease("unit is text, roster and ballots are integers")
        if not 0 <= ballots <= roster:
            raise MalformedRelease("there cannot be more ballots than people on the roster")
        counts = _counts(value["counts"], ballots) if "counts" in value else {}
        comments = _comments(value["comments"]) if "comments" in value else None
        if withheld:
            reason = _enum(Withheld, value["reason"])
            return cls(unit_id, roster, ballots, None, reason, counts=counts, comments=comments)
        figures, silent = value["figures"], value.get("silent", {})
        if not isinstance(figures, dict) or not isinstance(silent, dict) or not (figures or silent):
            raise MalformedRelease("figures are an object, with at least one statement in it or silent")
        return cls(
            unit_id,
            roster,
            ballots,
            {_code(code): _figure(item) for code, item in figures.items()},
            None,
            {_code(code): _enum(slow.Silence, item) for code, item in silent.items()},
            counts,
            comments,
        )


def _comments(value: object) -> CommentsRelease:
    try:
        return CommentsRelease.from_json(value)
    except MalformedComments as fault:
        raise MalformedRelease(str(fault)) from None


@dataclass(frozen=True, slots=True)
class Published:
    """A unit's release, and what the next round needs to remember of it: nothing that was not published."""

    release: UnitRelease
    remembered: Mapping[str, slow.Remembered]


def publish_unit(
    answers: UnitAnswers | WindowAnswers, *, policy: Policy, statements: Sequence[str], past: Past | None = None
) -> Published:
    """One band per statement, or a reason why there is none: the only computation the answers ever enter (R1).

    ``statements`` are all the codes that were asked. They come from the manifest and not from the ballots, so that
    a statement that everyone skipped looks like any other. A skipped statement counts as 3, the middle. ``past`` is
    how this unit was counted last, None the first time. In a window ballots, silence and changes are counted for each
    statement by itself: one with too few ballots shows nothing, whatever the others do.

    Guarantees: whether figures exist depends on the numbers of ballots and people and on what was published before,
    never on an answer (R6); the order of ballots changes nothing; the result holds bands and counts, no total, mean or
    answer; colours move as slowly as slow.following says (R3), under the first rules not at all slowly.
    Does not: publish anything for groups above units (R4).
    Raises: NoStatements, UnknownStatement, MalformedAnswer, MoreBallotsThanRoster.
    Reference: docs/protocol/disclosure.md, R1, R2, R3, R5, R6; section 9 for windows.
    """
    if answers.cast > answers.roster_size:
        raise MoreBallotsThanRoster("there are more ballots than people on the roster; nothing was published")
    asked = frozenset(statements)
    if not asked or len(asked) != len(statements) or not all(_CODE.match(code) for code in asked):
        raise NoStatements("the statements asked are distinct codes, at least one")
    _check_answers(answers, asked)
    if policy.rules == FRESH_RULES:
        past = None
    given = {code: answers.answers_to(code) for code in sorted(asked)}
    steps = {code: _step(code, given[code], answers.roster_size, policy, past) for code in given}
    release = _release(answers, steps, {code: len(found) for code, found in given.items()}, policy)
    remembered = {code: step.remembered for code, step in steps.items() if step.remembered is not None}
    return Published(release, {} if policy.rules == FRESH_RULES else {**_left_out(past, asked), **remembered})


def _check_answers(answers: UnitAnswers | WindowAnswers, asked: frozenset[str]) -> None:
    if isinstance(answers, WindowAnswers):
        codes: set[str] = set(answers.ballots)
        values = [answer for found in answers.ballots.values() for answer in found if answer is not None]
    else:
        codes = {code for ballot in answers.ballots for code in ballot}
        values = [answer for ballot in answers.ballots for answer in ballot.values()]
    if not codes <= asked:
        raise UnknownStatement("a ballot answers a statement that was not asked")
    if not all(type(answer) is int and 1 <= answer <= 5 for answer in values):
        raise MalformedAnswer("a ballot holds a value that is not an integer from 1 to 5")


def _release(
    answers: UnitAnswers | WindowAnswers, steps: Mapping[str, slow.Step], ballots: Mapping[str, int], policy: Policy
) -> UnitRelease:
    n, counts = answers.cast, dict(ballots) if isinstance(answers, WindowAnswers) else {}
    if n < policy.least_ballots:
        return UnitRelease(answers.unit_id, answers.roster_size, n, None, Withheld.TOO_FEW_BALLOTS, counts=counts)
    figures = {
        code: StatementFigure(step.shown.band, ballots[code], step.shown.low, step.shown.high, step.shown.updated)
        for code, step in steps.items()
        if step.shown is not None
    }
    silences = {code: step.silence for code, step in steps.items() if step.silence is not None}
    return UnitRelease(answers.unit_id, answers.roster_size, n, figures, None, silences, counts)


def _left_out(past: Past | None, asked: frozenset[str]) -> dict[str, slow.Remembered]:
    """What stays remembered of statements that were asked in an earlier window and not in this one."""
    if past is None or not past.follows:
        return {}
    kept = {
        code: slow.not_asked(before, joiners=past.joiners, leavers=past.leavers)
        for code, before in past.remembered.items()
        if code not in asked
    }
    return {code: after for code, after in kept.items() if after is not None}


def _step(code: str, given: Sequence[int | None], roster: int, policy: Policy, past: Past | None) -> slow.Step:
    counts = slow.Counts(len(given), roster, past.joiners if past else 0, past.leavers if past else 0)
    before = past.remembered.get(code) if past and past.follows else None
    if counts.ballots < policy.least_ballots:
        return replace(slow.too_few(before, counts), silence=slow.Silence.TOO_FEW_BALLOTS)
    if past and (not past.follows or (before is None and code in past.resting)):
        return slow.Step(None, slow.Silence.OTHER_RULES, None)
    total = sum(SKIPPED_COUNTS_AS if answer is None else answer for answer in given)
    return slow.first(total, counts) if before is None else slow.following(total, before, counts)


def _figure_json(figure: StatementFigure) -> dict[str, object]:
    return {
        "band": figure.band.value,
        "high": figure.high,
        "low": figure.low,
        "n": figure.n,
        "updated": figure.updated,
    }


def _code(code: object) -> str:
    if not isinstance(code, str) or not _CODE.match(code):
        raise MalformedRelease("figures are keyed by statement codes")
    return code


def _counts(value: object, most: int) -> dict[str, int]:
    if not isinstance(value, dict) or any(type(count) is not int or not 0 <= count <= most for count in value.values()):
        raise MalformedRelease("counts are integers from 0, by statement code")
    counts = {_code(code): count for code, count in value.items()}
    if max(counts.values(), default=-1) != most:
        raise MalformedRelease("the largest of the counts is the number of ballots")
    return counts


def _figure(item: object) -> StatementFigure:
    whole = {"band", "high", "low", "n", "updated"}
    if not isinstance(item, dict) or set(item) not in ({"band", "n"}, whole):
        raise MalformedRelease("a figure has a band, n and its bounds")
    if type(item["n"]) is not int or item["n"] < LEAST_UNIT:
        raise MalformedRelease("a figure has at least five ballots")
    fresh = StatementFigure.fresh(_enum(Band, item["band"]), item["n"])
    if "low" not in item:
        return fresh
    low, high, n = item["low"], item["high"], fresh.n
    if type(low) is not int or type(high) is not int or not n <= low <= fresh.low <= fresh.high <= high <= 5 * n:
        raise MalformedRelease("bounds hold the band's own, and no more than there can be")
    if type(item["updated"]) is not bool:
        raise MalformedRelease("updated is true or false")
    return StatementFigure(fresh.band, n, low, high, item["updated"])


def _enum(kind: type[_E], value: object) -> _E:
    try:
        return kind(value)
    except ValueError:
        raise MalformedRelease(f"a {kind.__name__.lower()} that this version does not know") from None
