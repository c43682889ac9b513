"""Statements that mean the same, which a colleague answers each otherwise: how exactly a newcomer is told apart.

Everybody else answers them alike, and nobody but the attacker answers otherwise from round to round. What that costs
is told in docs/protocol/disclosure.md, section 12.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from andon.kernel import disclosure

ANSWERS = range(1, 6)
CONTENT = {1: 0.04, 2: 0.08, 3: 0.18, 4: 0.40, 5: 0.30}
ONE = ((3, False),)
"""A statement as it is meant: the attacker's answer to it, and whether it is the same in reverse."""
FIVE_AND_REVERSED = tuple((own, is_reversed) for is_reversed in (False, True) for own in ANSWERS)


def colours(n: int, others: int, asked: Sequence[tuple[int, bool]]) -> tuple[disclosure.Band, ...]:
    """The fresh colours of statements that mean the same, where the others' answers to each add up to `others`."""
    totals = (6 * n - others - own if is_reversed else others + own for own, is_reversed in asked)
    return tuple(disclosure.band(total, n) for total in totals)


def sums_by_colours(
    n: int, sums: Iterable[int], asked: Sequence[tuple[int, bool]]
) -> Mapping[tuple[disclosure.Band, ...], list[int]]:
    """Which sums of the others cannot be told from each other by the colours of one round."""
    found: dict[tuple[disclosure.Band, ...], list[int]] = defaultdict(list)
    for others in sums:
        found[colours(n, others, asked)].append(others)
    return found


def ruled_out(n: int, asked: Sequence[tuple[int, bool]]) -> int:
    """How many answers of one other person some colours of one round rule out, over all that can be shown."""
    rest = n - 2
    return sum(
        not any(rest <= others - answer <= 5 * rest for others in candidates)
        for candidates in sums_by_colours(n, range(n - 1, 5 * (n - 1) + 1), asked).values()
        for answer in ANSWERS
    )


def sums(people: int, prior: Mapping[int, float]) -> dict[int, float]:
    """How likely each sum of so many independent answers is."""
    found = {0: 1.0}
    for _ in range(people):
        longer: dict[int, float] = defaultdict(float)
        for total, weight in found.items():
            for answer, likely in prior.items():
                longer[total + answer] += weight * likely
        found = dict(longer)
    return found


def told_apart(n: int, asked: Sequence[tuple[int, bool]], prior: Mapping[int, float], *, within: int = 1) -> float:
    """In how many of all cases no more than `within` answers of one newcomer agree with the fresh colours of n people
    and with those of the same and the newcomer, a silent round later."""
    likely = sums(n - 1, prior)
    share = 0.0
    for candidates in sums_by_colours(n, likely, asked).values():
        possible: dict[tuple[disclosure.Band, ...], set[int]] = defaultdict(set)
        for others in candidates:
            for answer in ANSWERS:
                possible[colours(n + 1, others + answer, asked)].add(answer)
        share += sum(
            likely[others] * prior[answer]
            for others in candidates
            for answer in ANSWERS
            if len(possible[colours(n + 1, others + answer, asked)]) <= within
        )
    return share
