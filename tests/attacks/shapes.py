"""Everything in a release but the answers: what is shown, kept or withheld, turnouts, spreads, comments, slot lists.

None of it may depend on what was answered in this round.
"""

from collections.abc import Mapping, Sequence
from random import Random

from andon.kernel import disclosure, manifest
from andon.kernel.disclosure import spread
from tests.attacks.publishing import Closed, answered_otherwise, words

NOBODY_KNOWS = 10
"""Fewer units than that may not be left over when spreads are added and subtracted."""


class Silent:
    """Noise for what is only asked whether it is shown."""

    def histogram(self, counts: Sequence[int], *, rho: float) -> Sequence[int]:
        return (0,) * len(counts)


def shape(closed: Closed) -> object:
    """A release without its colours, bounds and counts of answers."""
    return (
        [
            (
                unit.id,
                unit.release.roster_size,
                unit.release.ballots,
                unit.release.reason,
                sorted((code, silence.value) for code, silence in unit.release.silences.items()),
                sorted(
                    (code, figure.n, figure.updated, _margin(figure))
                    for code, figure in (unit.release.figures or {}).items()
                ),
            )
            for unit in closed.units
        ],
        [
            (
                group.group_id,
                group.people,
                group.turnout,
                group.reason,
                group.units,
                sorted((code, figure.noise_sd) for code, figure in (group.figures or {}).items()),
                group.facets is None or sorted(group.facets),
            )
            for group in closed.groups
        ],
    )


def _margin(figure: disclosure.StatementFigure) -> int:
    return disclosure.margin_of(figure.n, figure.band, figure.low, figure.high) if figure.updated else 0


def tells_by_withholding(closed: Closed, facets: Mapping[str, Sequence[str]], *, seed: int) -> int:
    """How many of five other ways in which the same people could have answered would have shown something else."""
    random, found = Random(seed), 0
    honest = shape(closed)
    for ways in ((1,), (5,), (3, None), (1, 5), (1, 2, 3, 4, 5, None)):
        otherwise = {
            unit.id: [
                {code: answer for code in closed.statements if (answer := random.choice(ways)) is not None}
                for _ballot in unit.answers.ballots
            ]
            for unit in closed.units
        }
        found += shape(answered_otherwise(closed, otherwise, facets, Silent())) != honest
    return found


def order_tells(closed: Closed, facets: Mapping[str, Sequence[str]]) -> int:
    """How many units would have been published otherwise if the same ballots had lain in another order."""
    turned = {unit.id: unit.answers.ballots[::-1] for unit in closed.units}
    other = answered_otherwise(closed, turned, facets, Silent())
    return sum(one.release != two.release for one, two in zip(closed.units, other.units, strict=True))


def spreads_beyond_colours(closed: Closed, facets: Mapping[str, Sequence[str]]) -> int:
    """How many spreads are not a count of colours that units published anew, in this round."""
    wrong = 0
    for group in closed.groups:
        if group.units is None or group.statements is None or group.facets is None:
            continue
        inside = [unit.release for unit in closed.units if group.group_id in _above(closed, unit.id)]
        anew = [
            release
            for release in inside
            if release.figures
            and set(release.figures) == set(closed.statements)
            and all(figure.updated for figure in release.figures.values())
        ]
        expected = {
            code: spread.spread_of(release.figures[code].band for release in anew if release.figures)
            for code in closed.statements
        }
        of_facets = {
            facet: spread.spread_of(words(release, facets)[facet] for release in anew) for facet in group.facets
        }
        wrong += group.units != len(anew) or group.statements != expected or group.facets != of_facets
    return wrong


def few_left_over(closed: Closed) -> int:
    """How many sets of one to nine units come out when shown spreads are subtracted from one another.

    Shown groups lie in one another or apart, so that every sum and difference is made of what is in a group and in no
    shown group inside it.
    """
    shown = {group.group_id: group.units for group in closed.groups if group.units is not None}
    parents = {group.id: group.parent_id for group in closed.grouping.groups}
    left = dict(shown)
    for group, units in shown.items():
        step = parents[group]
        while step is not None and step not in shown:
            step = parents[step]
        if step is not None:
            left[step] -= units
    return sum(0 < units < NOBODY_KNOWS for units in left.values())


def turnouts_that_tell(closed: Closed) -> int:
    """How many units know by their own count and a step that all others answered, or none; and steps inside another."""
    found = 0
    for group in closed.groups:
        if group.turnout is None:
            continue
        # Two steps, one of which is part of the other, can be subtracted.
        found += any(
            one.turnout is not None for one in closed.groups if one.group_id in _around(closed, group.group_id)
        )
        for unit in closed.units:
            if group.group_id not in _above(closed, unit.id) or unit.answers.roster_size == group.people:
                continue
            rest = group.people - unit.answers.roster_size
            agreeing = [
                others
                for others in range(rest + 1)
                if disclosure.turnout_step(unit.answers.cast + others, group.people) is group.turnout
            ]
            found += set(agreeing) <= {0} or set(agreeing) <= {rest}
    return found


def comments_of_few(closed: Closed) -> int:
    """How many units with fewer than eight people or ballots would have comments, or a box for them."""
    return sum(
        (
            disclosure.may_comment(unit.answers.roster_size, least_ballots=closed.policy.least_ballots)
            and unit.answers.roster_size < 8
        )
        or (
            disclosure.may_read_comments(
                roster_size=unit.answers.roster_size,
                ballots=unit.answers.cast,
                least_ballots=closed.policy.least_ballots,
            )
            and unit.answers.cast < 8
        )
        for unit in closed.units
    )


def slots_tell(closed: Closed, *, seed: int) -> int:
    """How many units have another slot list if the same slots are handed in in another order."""
    random, found = Random(seed), 0
    for unit in closed.units:
        rows = [(random.randbytes(32).hex(), "ballot", random.randbytes(32).hex()) for _who in unit.voters]
        found += manifest.sorted_slots(rows) != manifest.sorted_slots(rows[::-1])
    return found


def _above(closed: Closed, unit: str) -> list[str]:
    home = closed.grouping.home.get(unit)
    return [] if home is None else [home, *_around(closed, home)]


def _around(closed: Closed, group: str) -> list[str]:
    """The groups that this one is in."""
    parents = {one.id: one.parent_id for one in closed.grouping.groups}
    found, step = [], parents[group]
    while step is not None:
        found.append(step)
        step = parents[step]
    return found
