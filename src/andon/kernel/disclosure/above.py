"""What becomes visible of the groups above units: noisy histograms of the large, the spread where units are many.

Reference: docs/protocol/disclosure.md, sections 6 and 7 (rules R1, R4, R5, R6).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from andon.kernel.disclosure.bands import Band
from andon.kernel.disclosure.groups import Grouping
from andon.kernel.disclosure.large import CELLS, Budget, LargeFigure, Noise, NotShown, publish_group
from andon.kernel.disclosure.release import MalformedRelease, Policy, UnitAnswers, UnitRelease, WindowAnswers
from andon.kernel.disclosure.spread import Group, groups_with_spread, spread_of
from andon.kernel.disclosure.turnout import TurnoutStep, turnout_of_group

Spread = Mapping[str, Mapping[Band, int]]
"""How many units stand in each band, by statement code or facet."""


@dataclass(frozen=True, slots=True)
class GroupRelease:
    """What became visible of one group. ``units`` are those that the spread counts, and only known where it is shown.
    ``turnout`` is None where one unit is so large a part that its people could tell whether all of the others answered,
    and inside a group that has a step: two steps of which one is part of the other can be subtracted.

    ``figures``: by statement, of those who answered; or ``reason``, why there are none. ``statements`` and ``facets``:
    the spread, or None where it is not shown.
    """

    group_id: str
    people: int
    turnout: TurnoutStep | None
    figures: Mapping[str, LargeFigure] | None
    reason: NotShown | None
    units: int | None
    statements: Spread | None
    facets: Spread | None

    def to_json(self) -> dict[str, object]:
        """Plain values, ready for canonical JSON: the noise is written in thousandths of a ballot."""
        value: dict[str, object] = {"group": self.group_id, "people": self.people}
        if self.turnout is not None:
            value["turnout"] = self.turnout.value
        if self.figures is not None:
            sd = {figure.noise_sd for figure in self.figures.values()}
            value["histograms"] = {code: list(figure.histogram) for code, figure in sorted(self.figures.items())}
            value["noise"] = round(1000 * sd.pop())
        if self.reason is not None:
            value["reason"] = self.reason.value
        if self.units is not None and self.statements is not None and self.facets is not None:
            value["spread"] = {
                "facets": _spread_json(self.facets),
                "statements": _spread_json(self.statements),
                "units": self.units,
            }
        return value

    @classmethod
    def from_json(cls, value: object) -> GroupRelease:
        """Raises: MalformedRelease for anything to_json cannot have made."""
        try:
            return cls._read(value)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            raise MalformedRelease("a group's release has other parts") from None

    @classmethod
    def _read(cls, value: object) -> GroupRelease:
        if not isinstance(value, dict):
            raise TypeError
        figures = None
        if "histograms" in value:
            if any(len(counts) != len(CELLS) for counts in value["histograms"].values()):
                raise ValueError
            figures = {
                code: LargeFigure(tuple(int(count) for count in counts), value["noise"] / 1000)
                for code, counts in value["histograms"].items()
            }
        spread = value.get("spread")
        read = cls(
            group_id=value["group"],
            people=value["people"],
            turnout=TurnoutStep(value["turnout"]) if "turnout" in value else None,
            figures=figures,
            reason=NotShown(value["reason"]) if "reason" in value else None,
            units=spread["units"] if spread else None,
            statements=_spread(spread["statements"]) if spread else None,
            facets=_spread(spread["facets"]) if spread else None,
        )
        if read.to_json() != value:
            raise ValueError
        return read


def publish_groups(
    grouping: Grouping,
    *,
    answers: Iterable[UnitAnswers | WindowAnswers],
    released: Mapping[str, UnitRelease],
    words: Mapping[str, Mapping[str, Band]],
    statements: Sequence[str],
    policy: Policy,
    noise: Noise,
) -> tuple[GroupRelease, ...]:
    """What becomes visible of every group, in the order of the grouping. To be called once a round.

    ``released`` are the units' releases, ``words`` the bands of a unit's facets as they were published. A skipped
    statement is a cell of its own here. The spread counts units that show every statement anew: a colour that was kept
    is known from an earlier round, and what is known can be subtracted.

    Guarantees: an answer enters a noisy histogram of each large group it is in and nothing else; for everybody's
    answers together that costs at most large.RHO, whatever the tree; the spread is a function of what units published;
    what is shown at all depends on rosters, ballot counts and on which units show new figures.
    Does not: hide a unit's bands, which count as public.
    Raises: MalformedBudget; what ``noise`` raises.
    Reference: docs/protocol/disclosure.md, R4.
    """
    parent = {group.id: group.parent_id for group in grouping.groups}
    counts = {group.id: {code: [0] * len(CELLS) for code in statements} for group in grouping.groups if group.is_large}
    ballots: Counter[str] = Counter()
    largest = {group.id: 0 for group in grouping.groups}
    is_window = False
    showing: dict[str, list[str]] = {group.id: [] for group in grouping.groups}
    for unit in answers:
        is_window = is_window or isinstance(unit, WindowAnswers)
        cells = _cells(unit, statements)
        shows = _shows_all_anew(released[unit.unit_id], statements)
        step = grouping.home.get(unit.unit_id)
        while step is not None:
            ballots[step] += unit.cast
            largest[step] = max(largest[step], unit.roster_size)
            if shows:
                showing[step].append(unit.unit_id)
            if step in counts:
                for code, numbers in cells.items():
                    for place, number in enumerate(numbers):
                        counts[step][code][place] += number
            step = parent[step]
    with_spread = groups_with_spread(
        Group(group.id, group.parent_id, len(showing[group.id])) for group in grouping.groups
    )
    budget = Budget(len(statements), policy.depth) if policy.depth else None
    found: list[GroupRelease] = []
    # Groups with a step, and those inside them; a group comes after the one that it is in.
    told: set[str] = set()
    for group in grouping.groups:
        is_inside = group.parent_id in told
        turnout = None if is_inside else turnout_of_group(ballots[group.id], group.people, largest=largest[group.id])
        if is_inside or turnout is not None:
            told.add(group.id)
        drawn: Mapping[str, LargeFigure] | NotShown = NotShown.UNDER_A_HUNDRED
        if group.id in counts and budget is not None:
            drawn = publish_group(
                counts[group.id], people=group.people, budget=budget, noise=noise, is_window=is_window
            )
        units = showing[group.id] if group.id in with_spread else None
        found.append(
            GroupRelease(
                group_id=group.id,
                people=group.people,
                turnout=turnout,
                figures=None if isinstance(drawn, NotShown) else drawn,
                reason=drawn if isinstance(drawn, NotShown) else None,
                units=None if units is None else len(units),
                statements=None if units is None else _spread_of_statements(units, released, statements),
                facets=None if units is None else _spread_of_facets(units, words),
            )
        )
    return tuple(found)


def _cells(unit: UnitAnswers | WindowAnswers, statements: Sequence[str]) -> dict[str, list[int]]:
    found = {code: [0] * len(CELLS) for code in statements}
    for code in statements:
        for answer in unit.answers_to(code):
            found[code][len(CELLS) - 1 if answer is None else answer - 1] += 1
    return found


def _shows_all_anew(release: UnitRelease, statements: Sequence[str]) -> bool:
    figures = release.figures
    return figures is not None and all(code in figures and figures[code].updated for code in statements)


def _spread_of_statements(
    units: Sequence[str], released: Mapping[str, UnitRelease], statements: Sequence[str]
) -> Spread:
    figures = [found for unit in units if (found := released[unit].figures) is not None]
    return {code: spread_of(figure[code].band for figure in figures) for code in statements}


def _spread_of_facets(units: Sequence[str], words: Mapping[str, Mapping[str, Band]]) -> Spread:
    facets = sorted({facet for unit in units for facet in words[unit]})
    return {facet: spread_of(words[unit][facet] for unit in units) for facet in facets}


def _spread_json(spread: Spread) -> dict[str, object]:
    return {name: {band.value: counts[band] for band in Band} for name, counts in sorted(spread.items())}


def _spread(value: Mapping[str, Mapping[str, int]]) -> Spread:
    return {name: {band: counts[band.value] for band in Band} for name, counts in value.items()}
