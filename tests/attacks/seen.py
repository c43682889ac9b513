"""What somebody can conclude who knows the rules, what was published, and answers of their own: exactly.

Nothing here knows what the rules are. It asks the publisher, for every total that could have been, what would have been
shown; the totals that would have shown the same are what was learned. So the same code judges our rules and the ones
that we do not use.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import combinations_with_replacement
from random import Random
from typing import Protocol

from andon.kernel import disclosure
from tests.attacks.publishing import CountedUnit

ANSWERS = (1, 2, 3, 4, 5)
TWO_COLLUDE_FROM = 8
ALONE = "AA1"


class Seen(Protocol):
    """What became visible about one statement of some people, each of whom gave one answer."""

    @property
    def n(self) -> int: ...

    def possible(self, known: Sequence[int]) -> frozenset[int]:
        """The answers that one of the others may have given, for whoever knows these; empty if they cannot be."""


@dataclass(frozen=True)
class Totals:
    """The total of n answers is one of these."""

    n: int
    totals: frozenset[int]

    def possible(self, known: Sequence[int]) -> frozenset[int]:
        mine, rest = sum(known), self.n - len(known) - 1
        return frozenset(
            answer for answer in ANSWERS if any(rest <= total - mine - answer <= 5 * rest for total in self.totals)
        )


@dataclass(frozen=True)
class Histogram:
    """How many gave each answer."""

    counts: tuple[int, int, int, int, int]

    @property
    def n(self) -> int:
        return sum(self.counts)

    def possible(self, known: Sequence[int]) -> frozenset[int]:
        left = [count - list(known).count(answer) for answer, count in zip(ANSWERS, self.counts, strict=True)]
        return frozenset(answer for answer in ANSWERS if left[answer - 1] > 0) if min(left) >= 0 else frozenset()


@lru_cache(maxsize=65536)
def ruled_out(seen: Seen, coalition: int) -> int:
    """How many (answers of the coalition, answer of another) there are where the latter cannot be.

    Over everything that the coalition may have answered itself, whether or not somebody did here.
    """
    found = 0
    for known in combinations_with_replacement(ANSWERS, coalition):
        possible = seen.possible(known)
        found += len(ANSWERS) - len(possible) if possible else 0
    return found


def an_insider_excludes(seen: Seen, given: Iterable[int]) -> bool:
    """Whether somebody who was counted, and gave one of these answers, rules out an answer of every other."""
    return any(len(seen.possible((answer,))) < len(ANSWERS) for answer in set(given))


@dataclass(frozen=True)
class Outcome:
    """What the publisher shows for one total, a figure or the reason why there is none, and what it remembers."""

    figure: Hashable
    remembered: Hashable


@dataclass
class Oracle:
    """What the publisher would have shown of one statement for every total. Kept by all that is public.

    Does not: look into statements other than the one it asks about; that a figure depends on its own total alone is
    checked against what was published (``differs``).
    """

    policy: disclosure.Policy
    kept: dict[Hashable, dict[int, Outcome]] = field(default_factory=dict)

    def of(self, n: int, roster: int, past: disclosure.Past | None, code: str) -> dict[int, Outcome]:
        before = past.remembered.get(code) if past else None
        rests = past is not None and code in past.resting
        key = (n, roster, past and (past.joiners, past.leavers, past.follows), before, rests)
        if key not in self.kept:
            alone = past and replace(
                past,
                remembered={ALONE: before} if before else {},
                resting=frozenset({ALONE}) if rests else frozenset(),
            )
            self.kept[key] = {total: self._outcome(n, roster, alone, total) for total in range(n, 5 * n + 1)}
        return self.kept[key]

    def unit(self, unit: CountedUnit, code: str) -> dict[int, Outcome]:
        return self.of(unit.answers.cast, unit.answers.roster_size, unit.past, code)

    def seen(self, unit: CountedUnit, code: str) -> Totals:
        """The totals that would have shown what was shown. All of them where nothing was."""
        outcomes = self.unit(unit, code)
        shown = outcomes[unit.total(code)].figure
        return Totals(unit.answers.cast, frozenset(total for total, one in outcomes.items() if one.figure == shown))

    def cells(self, unit: CountedUnit, code: str) -> list[Totals]:
        """What could be learned here, whatever had been answered: the totals of each figure that could be shown."""
        return _cells(unit.answers.cast, self.unit(unit, code))

    def differs(self, unit: CountedUnit, code: str) -> bool:
        """Whether what was published is not what its total alone would have shown."""
        return self.unit(unit, code)[unit.total(code)].figure != figure_of(unit.release, code)

    def remembers_more(self, unit: CountedUnit, code: str) -> bool:
        """Whether totals that show the same leave other memories: a later figure would then tell them apart."""
        outcomes = self.unit(unit, code)
        shown = outcomes[unit.total(code)].figure
        return len({one.remembered for one in outcomes.values() if one.figure == shown}) > 1

    def in_a_window(self, unit: CountedUnit, codes: Sequence[str], random: Random) -> tuple[int, list[list[Totals]]]:
        """The same people in a window, in which each leaves one statement in five out.

        How many figures are not those of their own total, and what could be learned from each.
        """
        given = {
            code: tuple(ballot.get(code) for ballot in unit.answers.ballots if random.random() < 0.8) for code in codes
        }
        answers = disclosure.WindowAnswers(unit.id, unit.answers.roster_size, given)
        one = disclosure.publish_unit(answers, policy=self.policy, statements=codes, past=unit.past)
        differing = 0
        cells: list[list[Totals]] = []
        for code, found in given.items():
            if len(found) >= self.policy.least_ballots:
                outcomes = self.of(len(found), answers.roster_size, unit.past, code)
                total = sum(3 if answer is None else answer for answer in found)
                differing += outcomes[total].figure != figure_of(one.release, code)
                cells.append(_cells(len(found), outcomes))
        return differing, cells

    def _outcome(self, n: int, roster: int, past: disclosure.Past | None, total: int) -> Outcome:
        answers = disclosure.UnitAnswers("u", roster, tuple({ALONE: answer} for answer in answers_to(n, total)))
        one = disclosure.publish_unit(answers, policy=self.policy, statements=[ALONE], past=past)
        return Outcome(figure_of(one.release, ALONE), one.remembered.get(ALONE))


def _cells(n: int, outcomes: Mapping[int, Outcome]) -> list[Totals]:
    by_figure: dict[Hashable, set[int]] = {}
    for total, one in outcomes.items():
        by_figure.setdefault(one.figure, set()).add(total)
    return [Totals(n, frozenset(totals)) for totals in by_figure.values()]


def answers_to(n: int, total: int) -> list[int]:
    """n answers with that total, as equal as can be."""
    low, more = divmod(total, n)
    return [low + (place < more) for place in range(n)]


def figure_of(release: disclosure.UnitRelease, code: str) -> Hashable:
    """All that a unit's release says about one statement."""
    if release.reason is not None:
        return release.reason
    if code in release.silences:
        return release.silences[code]
    assert release.figures is not None
    return release.figures[code]
