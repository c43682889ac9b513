"""Everything that becomes visible of a simulated organisation, computed by the kernel in the order of a close.

The steps are those of ``features/closing``: units from rosters, groups above them, how each unit was counted last,
each unit's figures, the words of facets, the groups. ``test_as_the_close_does.py`` holds it against real closes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from andon.kernel import disclosure, psychometrics
from andon.kernel.disclosure import above, audit, large, slow
from andon.kernel.disclosure.noise import OpenDpNoise
from andon.kernel.disclosure.slow import Remembered
from tests.attacks.organisation import Asked


@dataclass(frozen=True)
class CountedUnit:
    """One unit of one round: who was on its roster, who cast (in the order of the ballots), and what was published."""

    id: str
    nodes: frozenset[str]
    people: frozenset[str]
    voters: tuple[str, ...]
    answers: disclosure.UnitAnswers
    past: disclosure.Past | None
    published: disclosure.Published

    @property
    def release(self) -> disclosure.UnitRelease:
        return self.published.release

    def answer(self, who: str, code: str) -> int:
        """What counts of this person: a skipped statement is 3."""
        return self.answers.ballots[self.voters.index(who)].get(code, 3)

    def total(self, code: str) -> int:
        return sum(ballot.get(code, 3) for ballot in self.answers.ballots)


@dataclass(frozen=True)
class Closed:
    """One round: all that was published of it, and what it was published from."""

    number: int
    policy: disclosure.Policy
    statements: tuple[str, ...]
    units: tuple[CountedUnit, ...]
    grouping: disclosure.Grouping
    groups: tuple[disclosure.GroupRelease, ...]

    @property
    def released(self) -> dict[str, disclosure.UnitRelease]:
        return {unit.id: unit.release for unit in self.units}


@dataclass
class Publisher:
    """Closes round after round, and remembers between them what the service keeps."""

    statements: tuple[str, ...]
    facets: Mapping[str, Sequence[str]]
    noise: large.Noise = field(default_factory=OpenDpNoise)
    least_ballots: int = 5
    # For each node, where it was counted last: the unit, and what is remembered of it, as stored.
    last: dict[str, tuple[CountedUnit, str]] = field(default_factory=dict)
    # For each person, with which nodes and on which terms they were asked last.
    counted_with: dict[str, tuple[frozenset[str], str]] = field(default_factory=dict)

    def close(self, asked: Asked) -> Closed:
        plan = disclosure.units_from_rosters(asked.tree)
        places = [
            disclosure.UnitPlace(f"{asked.number}.{unit.node_ids[0]}", unit.node_ids, len(unit.members))
            for unit in plan.units
        ]
        grouping = disclosure.groups_above(asked.parents, places)
        policy = disclosure.Policy(least_ballots=self.least_ballots, depth=grouping.depth)
        pasts = self._pasts(plan.units, policy)
        units = []
        for place, unit in zip(places, plan.units, strict=True):
            voters = tuple(who for who in unit.members if who in asked.cast)
            # Of ballots with the same slip the last one counts, as in the ballot box.
            answers = disclosure.UnitAnswers(place.id, place.people, tuple(asked.cast[who][-1] for who in voters))
            past = pasts[unit.node_ids]
            one = disclosure.publish_unit(answers, policy=policy, statements=self.statements, past=past)
            units.append(
                CountedUnit(place.id, frozenset(unit.node_ids), frozenset(unit.members), voters, answers, past, one)
            )
        groups = groups_of(grouping, units, self.statements, self.facets, policy, self.noise)
        self._keep(units, policy)
        return Closed(asked.number, policy, self.statements, tuple(units), grouping, groups)

    def _pasts(
        self, units: Sequence[disclosure.Unit], policy: disclosure.Policy
    ) -> dict[tuple[str, ...], disclosure.Past | None]:
        """As ``closing.history.pasts``, for rounds that ask everything at once."""
        found: dict[tuple[str, ...], disclosure.Past | None] = {}
        for unit in units:
            here, places = frozenset(unit.members), [self.last.get(node) for node in unit.node_ids]
            ids = {place and place[0].id for place in places}
            was, terms = places[0] or (None, "")
            past: disclosure.Past | None
            if ids == {None}:
                past = None
            elif len(ids) > 1 or was is None or terms != policy.makes_bands_as or was.nodes != frozenset(unit.node_ids):
                past = disclosure.Past({}, 0, 0, follows=False)
            else:
                stayed = len(was.people & here)
                past = disclosure.Past(stored(was.published.remembered), len(here) - stayed, len(was.people) - stayed)
            found[unit.node_ids] = self._with_rests(past, unit, policy)
        return found

    def _with_rests(
        self, past: disclosure.Past | None, unit: disclosure.Unit, policy: disclosure.Policy
    ) -> disclosure.Past | None:
        """What would be set fresh rests where five of the unit, or more than half, were asked last elsewhere; what is
        remembered of them from before that is forgotten, where three changes do not do so anyway."""
        home = frozenset(unit.node_ids), policy.makes_bands_as
        elsewhere = sum(self.counted_with.get(who, home) != home for who in unit.members)
        is_known = elsewhere >= disclosure.LEAST_UNIT or 2 * elsewhere > len(unit.members)
        if is_known and past and past.joiners + past.leavers <= slow.MOST_CHANGES:
            past = replace(past, remembered={})
        fresh = frozenset(self.statements) - (past.remembered.keys() if past else frozenset())
        if not fresh or not is_known or (past and not past.follows):
            return past
        return replace(past or disclosure.Past({}, 0, 0), resting=fresh)

    def _keep(self, units: Iterable[CountedUnit], policy: disclosure.Policy) -> None:
        for unit in units:
            self.last |= dict.fromkeys(unit.nodes, (unit, policy.makes_bands_as))
            self.counted_with |= dict.fromkeys(unit.people, (unit.nodes, policy.makes_bands_as))


def stored(remembered: Mapping[str, Remembered]) -> dict[str, Remembered]:
    """What is left of a memory once it was written and read."""
    return {code: Remembered.from_json(kept.to_json()) for code, kept in remembered.items()}


def groups_of(
    grouping: disclosure.Grouping,
    units: Sequence[CountedUnit],
    statements: Sequence[str],
    facets: Mapping[str, Sequence[str]],
    policy: disclosure.Policy,
    noise: large.Noise,
) -> tuple[disclosure.GroupRelease, ...]:
    return above.publish_groups(
        grouping,
        answers=[unit.answers for unit in units],
        released={unit.id: unit.release for unit in units},
        words={unit.id: words(unit.release, facets) for unit in units},
        statements=statements,
        policy=policy,
        noise=noise,
    )


def words(release: disclosure.UnitRelease, facets: Mapping[str, Sequence[str]]) -> dict[str, disclosure.Band]:
    """As ``closing.computing._words``."""
    found = {}
    for facet, codes in facets.items():
        figures = [release.figures[code] for code in codes if release.figures and code in release.figures]
        if len(figures) == len(codes):
            is_new = all(figure.updated for figure in figures)
            index = psychometrics.facet_index(figures) if is_new else None
            found[facet] = psychometrics.word_for(index) if index else psychometrics.last_word(figures)
    return found


def answered_otherwise(
    closed: Closed,
    otherwise: Mapping[str, Sequence[Mapping[str, int]]],
    facets: Mapping[str, Sequence[str]],
    noise: large.Noise,
) -> Closed:
    """The same round with the same people casting, but other ballots, by unit: what would have been published."""
    units = []
    for unit in closed.units:
        answers = replace(unit.answers, ballots=tuple(otherwise[unit.id]))
        one = disclosure.publish_unit(answers, policy=closed.policy, statements=closed.statements, past=unit.past)
        units.append(replace(unit, answers=answers, published=one))
    groups = groups_of(closed.grouping, units, closed.statements, facets, closed.policy, noise)
    return replace(closed, units=tuple(units), groups=groups)


def audited(closed: Closed) -> Sequence[audit.Finding]:
    """As ``closing.auditing.findings``."""
    return audit.audit([_audited(unit, closed.policy.least_ballots) for unit in closed.units]).findings


def _audited(unit: CountedUnit, least_ballots: int) -> audit.AuditedUnit:
    figures = {}
    for code, figure in (unit.release.figures or {}).items():
        kept = unit.past.remembered.get(code) if unit.past else None
        figures[code] = audit.Figure(
            figure.band.value,
            figure.low,
            figure.high,
            figure.updated,
            figure.n,
            unit.past.joiners if unit.past else 0,
            unit.past.leavers if unit.past else 0,
            audit.Before(kept.band.value, kept.changes, kept.silent, kept.swaps, kept.rounds_with_margin, kept.kept)
            if kept
            else None,
        )
    return audit.AuditedUnit(
        unit.id, sorted(unit.people), figures, ballots=unit.release.ballots, least_ballots=least_ballots
    )
