"""Two teams become one, or one becomes two: what the colours before and after say together.

If answers may change between rounds, each colour stands for itself. Here somebody is certain that nobody changed their
mind, and lays the colours of both teams beside the colour of them together, whichever came first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from andon.kernel import disclosure
from tests.attacks.controls import team
from tests.attacks.seen import ANSWERS, Totals, an_insider_excludes, ruled_out


@dataclass(frozen=True)
class Together:
    """In so many of so many cases an answer is ruled out."""

    tried: int
    excluding: int


def merged(one: int, other: int) -> Together:
    """Two units of so many ballots, and the unit of both: every way in which the three colours can stand.

    For a member of the first who knows their own answer, about any other of the first.
    """
    tried = excluding = 0
    for first in _totals(one):
        for second in _totals(other):
            for both in _totals(one + other):
                left = _left_of(first, second, both)
                if left:
                    tried += 1
                    excluding += ruled_out(Totals(one, left), 1) > 0
    return Together(tried, excluding)


def merged_teams(teams: int, *, seed: int = 0) -> Together:
    """The same of simulated teams: how often an answer is ruled out for some member of either."""
    random, excluding = Random(seed), 0
    for _ in range(teams):
        one, other = team(random, random.randint(5, 15)), team(random, random.randint(5, 15))
        excluding += any(
            an_insider_excludes(Totals(len(here), _left_of(_shown(here), _shown(there), _shown(one + other))), here)
            for here, there in ((one, other), (other, one))
        )
    return Together(teams, excluding)


def joined(unit: int, few: int) -> Together:
    """A unit, and the same with a few who had no figure before: every way in which the two colours can stand.

    About one of the few.
    """
    tried = excluding = 0
    for before in _totals(unit):
        for after in _totals(unit + few):
            possible = _possible_of(few, before, after)
            if possible:
                tried += 1
                excluding += possible < len(ANSWERS)
    return Together(tried, excluding)


def joined_teams(teams: int, few: int, *, seed: int = 0) -> Together:
    """The same of simulated teams."""
    random, excluding = Random(seed), 0
    for _ in range(teams):
        everybody = team(random, random.randint(5, 30) + few)
        excluding += _possible_of(few, _shown(everybody[few:]), _shown(everybody)) < len(ANSWERS)
    return Together(teams, excluding)


def _left_of(first: range, second: range, both: range) -> frozenset[int]:
    """The totals of the first that agree with all three."""
    return frozenset(total for total in first if both[0] <= total + second[-1] and total + second[0] <= both[-1])


def _possible_of(few: int, before: range, after: range) -> int:
    """How many answers of one of the few agree with the totals before and after they came."""
    return sum(
        after[0] <= before[-1] + answer + 5 * (few - 1) and before[0] + answer + few - 1 <= after[-1]
        for answer in ANSWERS
    )


def _totals(n: int) -> list[range]:
    return [range(low, high + 1) for low, high in disclosure.wide_cells(n)]


def _shown(answers: Sequence[int]) -> range:
    return next(totals for totals in _totals(len(answers)) if sum(answers) in totals)
