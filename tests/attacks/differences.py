"""Rounds laid beside each other: who joined, left, moved, was merged or split, or fell silent between them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from andon.kernel import disclosure
from andon.kernel.disclosure import audit
from tests.attacks.publishing import Closed, CountedUnit
from tests.attacks.seen import ANSWERS, Oracle

ONE_PERSON = 4
"""How far one person moves a total."""


@dataclass(frozen=True)
class Pair:
    """Two colours of one statement, both new, of people who differ by no more than one who came and one who went."""

    before: CountedUnit
    after: CountedUnit
    code: str

    @property
    def is_slow(self) -> bool:
        """Whether the later one moved with a margin of one person at least."""
        figure = new_figure(self.after, self.code)
        assert figure is not None
        return disclosure.margin_of(figure.n, figure.band, figure.low, figure.high) >= ONE_PERSON

    @property
    def changed(self) -> bool:
        before, after = new_figure(self.before, self.code), new_figure(self.after, self.code)
        assert before is not None
        assert after is not None
        return before.band is not after.band


def new_figure(unit: CountedUnit, code: str) -> disclosure.StatementFigure | None:
    """The colour of this round, unless there is none or it was kept: then it says nothing of any total."""
    figure = (unit.release.figures or {}).get(code)
    return figure if figure is not None and figure.updated else None


def pairs_of_one(rounds: Sequence[Closed]) -> Iterator[Pair]:
    """Every two colours that differ by one person, with no silent round of the later unit between them.

    Of any two units, whatever their names and nodes: a merged, split or renamed team is found by its people.
    """
    for place, later in enumerate(rounds):
        for unit in later.units:
            for code in later.statements:
                if new_figure(unit, code) is None:
                    continue
                for earlier in reversed(rounds[:place]):
                    yield from (
                        Pair(other, unit, code)
                        for other in earlier.units
                        if new_figure(other, code) and _differ_by_one(other, unit)
                    )
                    if any(other.nodes == unit.nodes and _rested(other, code) for other in earlier.units):
                        break


def _rested(unit: CountedUnit, code: str) -> bool:
    """Whether this round showed nothing and remembered nothing, so that the next one is set fresh."""
    shown = unit.release.figures is not None and code in unit.release.figures
    return not shown and code not in unit.published.remembered


def _differ_by_one(one: CountedUnit, other: CountedUnit) -> bool:
    came, went = len(set(other.voters) - set(one.voters)), len(set(one.voters) - set(other.voters))
    return came <= 1 and went <= 1 and came + went > 0


@dataclass(frozen=True)
class Belief:
    """Of so many people who came, went or were counted with others, for how many an answer could be ruled out."""

    tried: int
    excluded: int


def believes_that_nobody_changed(rounds: Sequence[Closed], oracle: Oracle, code: str, *, most: int) -> Belief:
    """Somebody is certain that each person gave the same answer in every round, and is right; they know their own.

    Each target is somebody who was not always counted with the same people; the attacker is the one who was counted
    with them most often. What they join are all rounds of every unit that the target was ever in.

    Does not: join more than that; a larger system rules out as much or more.
    """
    everywhere = [unit for closed in rounds for unit in closed.units if new_figure(unit, code)]
    targets = sorted(_targets(everywhere))
    Random(0).shuffle(targets)
    tried = excluded = 0
    for target in targets[:most]:
        nodes = frozenset().union(*(unit.nodes for unit in everywhere if target in unit.voters))
        about = [unit for unit in everywhere if unit.nodes & nodes]
        beside = [who for unit in about if target in unit.voters for who in unit.voters if who != target]
        insider = max(sorted(set(beside)), key=beside.count)
        known = {insider: next(unit.answer(insider, code) for unit in about if insider in unit.voters)}
        sums = []
        for unit in about:
            totals = oracle.seen(unit, code).totals
            sums.append(audit.Sum(unit.voters, min(totals), max(totals)))
        system = audit._System(sums, known)
        tried += 1
        excluded += not all(system.agrees(target, answer) for answer in ANSWERS)
    return Belief(tried, excluded)


def _targets(units: Sequence[CountedUnit]) -> set[str]:
    counted: dict[str, set[frozenset[str]]] = {}
    for unit in units:
        for who in unit.voters:
            counted.setdefault(who, set()).add(frozenset(unit.voters))
    return {who for who, groups in counted.items() if len(groups) > 1}
