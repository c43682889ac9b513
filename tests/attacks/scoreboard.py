"""Every attack and every control, run and put in one table.

    python -m tests.attacks [--quick] [--report]

An attack on our rules must stay under its bound, and a control must be broken: a harness that breaks nothing sees
nothing. What the rows mean and what they do not cover: docs/security/attacks.md.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random

from andon.kernel.disclosure import large
from tests.attacks import beliefs, controls, differences, large_groups, merges, moves, publishing, seen, shapes
from tests.attacks.organisation import SMALL, WHOLE, Organisation, Shape

MOST_LIFT = 0.01
SIZES = (5, 8, 15)


@dataclass(frozen=True)
class Row:
    """One line. ``holds`` is None where something is told and nothing is asked of it."""

    part: str
    attack: str
    found: str
    bound: str
    holds: bool | None

    @property
    def verdict(self) -> str:
        if self.holds is None:
            return "told"
        if self.part == "control":
            return "broken" if self.holds else "NOT BROKEN"
        return "holds" if self.holds else "MISSED"


@dataclass(frozen=True)
class Extent:
    """How much is tried: of ``sizes`` every chain of so many ``rounds``, every ``each``-th round by least squares."""

    shape: Shape
    seeds: tuple[int, ...]
    sizes: tuple[int, ...]
    rounds: int
    trials: int
    statements: int
    teams: int
    targets: int
    each: int


QUICK = Extent(SMALL, seeds=(1,), sizes=(10, 15), rounds=2, trials=150, statements=3, teams=400, targets=5, each=4)
FULL = Extent(
    WHOLE,
    seeds=(1, 2),
    sizes=(*range(5, 11), 12, 14, 15, 16, 20, 25, 30),
    rounds=3,
    trials=400,
    statements=21,
    teams=4000,
    targets=60,
    each=2,
)


class Seasons:
    """Twelve rounds of each organisation, and the same where nobody changes their mind."""

    def __init__(self, extent: Extent) -> None:
        self.extent, self.shape = extent, extent.shape

    @cached_property
    def lived(self) -> list[list[publishing.Closed]]:
        return [self._season(seed, still=False) for seed in self.extent.seeds]

    @cached_property
    def still(self) -> list[list[publishing.Closed]]:
        return [self._season(seed, still=True) for seed in self.extent.seeds]

    @cached_property
    def oracle(self) -> seen.Oracle:
        return seen.Oracle(self.lived[0][0].policy)

    @property
    def closed(self) -> list[publishing.Closed]:
        return [closed for rounds in self.lived for closed in rounds]

    def units(self) -> Iterator[publishing.CountedUnit]:
        """Those with five ballots and more."""
        for closed in self.closed:
            yield from (unit for unit in closed.units if unit.release.figures is not None)

    def figures(self) -> Iterator[tuple[publishing.CountedUnit, str]]:
        for unit in self.units():
            for code in self.shape.statements:
                yield unit, code

    def _season(self, seed: int, *, still: bool) -> list[publishing.Closed]:
        organisation = Organisation(self.shape, seed, nobody_changes_their_mind=still)
        publisher = publishing.Publisher(self.shape.statements, self.shape.facets)
        return [publisher.close(asked) for asked in organisation.rounds()]


def every_row(extent: Extent) -> Iterator[Row]:
    yield from attacks(extent)
    yield from broken(extent)


def attacks(extent: Extent) -> Iterator[Row]:
    """Our own rules."""
    seasons = Seasons(extent)
    for part in (feasible, guessed, over_time, large_figures, everything_else):
        yield from part(seasons)


def feasible(seasons: Seasons) -> Iterator[Row]:
    """What can be ruled out for certain."""
    figures, random = list(seasons.figures()), Random(0)
    windows = [seasons.oracle.in_a_window(unit, seasons.shape.statements, random) for unit in seasons.units()]
    of_windows = [cell for _differing, found in windows for cells in found for cell in cells]
    of_rounds = [cell for unit, code in figures for cell in seasons.oracle.cells(unit, code)]
    for kind, cells in (("round", of_rounds), ("window", of_windows)):
        of_eight = [cell for cell in cells if cell.n >= seen.TWO_COLLUDE_FROM]
        out = sum(seen.ruled_out(cell, 1) for cell in cells)
        yield _none("1", f"answers that a colleague rules out, one {kind}", out, len(cells))
        out = sum(seen.ruled_out(cell, 2) for cell in of_eight)
        yield _none("1", f"answers that two rule out, one {kind}, from 8 ballots", out, len(of_eight))
    more = sum(seasons.oracle.differs(unit, code) for unit, code in figures)
    more += sum(differing for differing, _found in windows)
    tried = len(figures) + sum(len(found) for _differing, found in windows)
    yield _none("1", "figures that depend on more than their own total", more, tried)
    more = sum(seasons.oracle.remembers_more(unit, code) for unit, code in figures)
    yield _none("1", "memories that hold more than was shown (rounds joined)", more, len(figures))
    yield _none(
        "1", "findings of the auditor", sum(len(publishing.audited(one)) for one in seasons.closed), len(figures)
    )
    shown = [seasons.oracle.seen(unit, code) for unit, code in figures]
    three = sum(seen.ruled_out(one, 3) > 0 for one in shown)
    yield Row("1", "figures in which three rule something out", f"{three} of {len(shown)}", "", None)


def guessed(seasons: Seasons) -> Iterator[Row]:
    """What becomes more likely."""
    figures = []
    for unit, code in seasons.figures():
        if differences.new_figure(unit, code):
            outcomes = {total: one.figure for total, one in seasons.oracle.unit(unit, code).items()}
            figures.append((unit.answers.cast, beliefs.partition_of(outcomes)))
    world = beliefs.World.simulated()
    lifted = beliefs.mean_lift(figures, world)
    yield Row(
        "2", "mean lift of the best guess, simulator's answers", f"{lifted:.4f}", f"< {MOST_LIFT}", lifted < MOST_LIFT
    )
    by_size = ", ".join(f"{beliefs.lift(n, beliefs.fresh_partition(n), world):.4f} at {n}" for n in SIZES)
    yield Row("2", "the same by ballots, set fresh", by_size, "", None)
    for name, prior in (("answers equally likely", beliefs.UNIFORM), (".04 .08 .18 .40 .30", beliefs.SKEWED)):
        other = beliefs.mean_lift(figures, beliefs.World.independent(prior))
        yield Row("2", f"the same, {name}", f"{other:.4f}", "", None)
    for name, statements in (("all 21 statements", 21), ("21 statements, 12 rounds", 252)):
        trials = seasons.extent.trials // 2
        found = ", ".join(
            f"{beliefs.together([n], statements=statements, trials=trials).lift:.3f} at {n}" for n in SIZES
        )
        yield Row("2", f"the same, {name} together", found, "", None)


def over_time(seasons: Seasons) -> Iterator[Row]:
    """What two rounds say together."""
    tried = moves.single_moves(seasons.oracle, seasons.extent.sizes, rounds=seasons.extent.rounds)
    yield _none("3", "moves of one person that change a colour", tried.changed, tried.tried)
    pairs = [pair for rounds in seasons.lived for pair in differences.pairs_of_one(rounds)]
    yield _none("3", "colours a person apart, without a margin", sum(not pair.is_slow for pair in pairs), len(pairs))
    pairs = [pair for rounds in seasons.still for pair in differences.pairs_of_one(rounds)]
    changed = sum(pair.changed for pair in pairs)
    yield _none("3", "colours that one person changed, others as before", changed, len(pairs))
    tried_ones = excluded = 0
    for rounds in seasons.still:
        code = seasons.shape.statements[0]
        belief = differences.believes_that_nobody_changed(rounds, seasons.oracle, code, most=seasons.extent.targets)
        tried_ones, excluded = tried_ones + belief.tried, excluded + belief.excluded
    found = f"{excluded} of {tried_ones}"
    yield Row("3", "people ruled out by who is sure nobody changed, 12 rounds", found, "", None)
    ways = [merges.merged(one, other) for one in range(5, 16) for other in range(5, 16)]
    found = _of_ways(ways, merges.merged_teams(seasons.extent.teams))
    yield Row("3", "a merge or a split, for the same", found, "", None)
    for few in (1, 2, 3):
        ways = [merges.joined(unit, few) for unit in range(5, 31)]
        found = _of_ways(ways, merges.joined_teams(seasons.extent.teams, few))
        yield Row("3", f"{few} who joined between two fresh colours, for the same", found, "", None)


def large_figures(seasons: Seasons) -> Iterator[Row]:
    """What noisy histograms say."""
    extent = seasons.extent
    found = large_groups.two_candidates(statements=extent.statements, trials=extent.trials)
    yield _candidates("4", "which of two ballots, all others known", found, holds=found.holds)
    rebuilt = [large_groups.rebuild(closed) for closed in seasons.closed[:: extent.each]]
    rebuilt = [one for one in rebuilt if one.people]
    people = sum(one.people for one in rebuilt)
    lifted = sum(one.people * one.lift for one in rebuilt) / people
    yield Row(
        "4", "lift of guesses by least squares over levels", f"{lifted:.4f}", f"< {MOST_LIFT}", lifted < MOST_LIFT
    )
    error = sum(one.error / one.noise_sd for one in rebuilt) / len(rebuilt)
    yield Row("4", "error of what is left between levels, in noise", f"{error:.2f}", "> 0.5", error > 0.5)


def everything_else(seasons: Seasons) -> Iterator[Row]:
    """What is in a release beside answers."""
    facets, closed = seasons.shape.facets, seasons.closed
    telling = sum(shapes.tells_by_withholding(one, facets, seed=one.number) for one in closed)
    yield _none("5", "rounds shown otherwise for other answers", telling, 5 * len(closed))
    checks: tuple[tuple[str, Callable[[publishing.Closed], int]], ...] = (
        ("units published otherwise in another order", lambda one: shapes.order_tells(one, facets)),
        ("spreads that are no count of new colours", lambda one: shapes.spreads_beyond_colours(one, facets)),
        ("one to nine units left over between spreads", shapes.few_left_over),
        ("turnouts by which a unit knows all the others'", shapes.turnouts_that_tell),
        ("comments, or a box for them, under eight", shapes.comments_of_few),
        ("slot lists that keep the order of casting", lambda one: shapes.slots_tell(one, seed=one.number)),
    )
    for name, check in checks:
        yield _none("6", name, sum(check(one) for one in closed), len(closed))


def broken(extent: Extent) -> Iterator[Row]:
    """Rules that must fall."""
    means = controls.exact_means(extent.teams)
    yield _control("k = 5, exact means: an answer of everybody excluded", means, least=0.2)
    yield _control("k = 5, exact histograms: the same", controls.exact_histograms(extent.teams), least=0.9)
    lift = beliefs.lift(5, beliefs.exact_partition(5), beliefs.World.simulated())
    yield Row(
        "control", "k = 5, exact means: lift of the best guess", f"{lift:.4f}", f">= {MOST_LIFT}", lift >= MOST_LIFT
    )
    yield _control("hidden until two are: a rest of 1 to 4", controls.suppressed_until_two(extent.teams), least=0.1)
    rest = len(controls.hidden_rest())
    yield Row("control", "the same: answers of such a rest excluded", f"{rest} of 15", "> 0", rest > 0)
    yield _control("threshold lowered to three after the close", controls.lowered_threshold(extent.teams), least=0.9)
    moved = controls.without_margin(extent.sizes)
    yield Row(
        "control",
        "no margin: moves that change a colour",
        f"{moved.changed} of {moved.tried}",
        "> 0",
        moved.changed > 0,
    )
    kept = controls.without_kept_bands()
    yield Row("control", "no kept colours: answers of everybody excluded", f"{kept} of 5", ">= 3", kept >= 3)
    drawn_again = large_groups.two_candidates(
        statements=extent.statements, trials=max(25, extent.trials // 20), reads=controls.drawn_at_each_look
    )
    yield _candidates(
        "control", "noise without a budget: which of two ballots", drawn_again, holds=not drawn_again.holds
    )


def passed(rows: Sequence[Row]) -> bool:
    return all(row.holds is not False for row in rows)


def table(rows: Sequence[Row]) -> str:
    """For a terminal, and as it stands in Markdown."""
    head = ("part", "attack", "found", "bound", "verdict")
    lines = [head, *((row.part, row.attack, row.found, row.bound, row.verdict) for row in rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    written = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    rule = "| " + " | ".join("-" * width for width in widths) + " |"
    return "\n".join([written[0], rule, *written[1:]])


def _none(part: str, attack: str, found: int, tried: int) -> Row:
    # Nothing tried is nothing shown.
    return Row(part, attack, f"{found} of {tried}", "0", found == 0 and tried > 0)


def _of_ways(ways: Sequence[merges.Together], teams: merges.Together) -> str:
    excluding, tried = sum(one.excluding for one in ways), sum(one.tried for one in ways)
    return f"{excluding} of {tried} ways, {teams.excluding / teams.tried:.1%} of teams"


def _control(attack: str, found: controls.Broken, *, least: float) -> Row:
    return Row("control", attack, f"{found.broken} of {found.tried}", f"{least:.0%} or more", found.share >= least)


def _candidates(part: str, attack: str, found: large_groups.Candidates, *, holds: bool) -> Row:
    said = f"right {found.right:.3f}, distance {found.distance:.2f} ({found.error:.2f})"
    return Row(
        part,
        attack,
        said,
        f"{'<=' if part == '4' else '>'} {large_groups.MOST_RIGHT:.3f}, {2 * large.RHO:.0f}, by 4 errors",
        holds,
    )
