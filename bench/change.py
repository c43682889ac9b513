"""How often a team that did not change is told that it did, and how soon one that did is told so.

    python bench/change.py [--teams 400] [--size 8]

Simulates a year of windows of four weeks (after a baseline of six) for teams with known truth, and prints for each way
of looking: the share of years with a false alarm, and the share of lasting shifts of 2, 4 and 6 standard errors, down
and up, that are found within 4 windows. Every row of a table sees the same answers. What it means:
docs/protocol/measurement.md, section 8.
"""

import argparse
import math
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from andon.kernel import psychometrics as measure  # noqa: E402
from andon.kernel.disclosure import slow  # noqa: E402
from andon.kernel.psychometrics.change import BASELINE_WINDOWS, POINTS_PER_ANSWER  # noqa: E402

STATEMENTS = ("CH1", "CH2", "CH3", "CH4")
YEAR = 13
PRIOR = measure.Prior(sd=0.68, retest=0.76)
WORLD = measure.World()
FOUND_WITHIN = 4


@dataclass(frozen=True)
class Team:
    """A team's answers, window after window; those of window w come from ``levels[w]``."""

    windows: list[list[dict[str, int]]]
    size: int


def live(seed: int, size: int, turnout: float, shift: float) -> Team:
    draw = random.Random(seed)
    level = draw.gauss(0, math.sqrt(WORLD.icc1))
    people = [measure.simulate_person(draw, WORLD) for _ in range(size)]
    windows = []
    for window in range(BASELINE_WINDOWS + YEAR):
        now = level + (shift if window >= BASELINE_WINDOWS else 0)
        ballots = [measure.answer_once(draw, now + person, STATEMENTS, WORLD) for person in people]
        windows.append([ballot for ballot in ballots if draw.random() < turnout])
    return Team(windows, size)


def exact(team: Team) -> list[measure.Window | None]:
    """What a tool would see that publishes exact means."""
    seen: list[measure.Window | None] = []
    for ballots in team.windows:
        mean = Fraction(sum(sum(ballot.values()) for ballot in ballots), max(1, len(ballots) * len(STATEMENTS)))
        point = measure.Index(25 * (mean - 1), 25 * (mean - 1)) if len(ballots) >= 5 else None
        seen.append(point and measure.Window(point, len(ballots), team.size, begins=not any(seen)))
    return seen


def bands(team: Team) -> list[measure.Window | None]:
    """What we see: slow bands, their sure bounds, and nothing in rounds that are silent."""
    remembered: dict[str, slow.Remembered | None] = dict.fromkeys(STATEMENTS)
    seen: list[measure.Window | None] = []
    for ballots in team.windows:
        counts = slow.Counts(len(ballots), team.size)
        bounds = []
        for code in STATEMENTS:
            before = remembered[code]
            if counts.ballots < 5:
                step = slow.too_few(before, counts)
            else:
                total = sum(ballot[code] for ballot in ballots)
                step = slow.following(total, before, counts) if before else slow.first(total, counts)
            remembered[code] = step.remembered
            if step.shown:
                n = counts.ballots
                bounds.append(
                    measure.Index(Fraction(25 * (step.shown.low - n), n), Fraction(25 * (step.shown.high - n), n))
                )
        whole = len(bounds) == len(STATEMENTS)
        seen.append(
            measure.Window(measure.mean_index(bounds), len(ballots), team.size, not any(seen)) if whole else None
        )
    return seen


Alarm = int
"""The first window after the baseline in which something was said, from 1; 0 for never."""


def ladder(claims: set[measure.Change]) -> Callable[[Sequence[measure.Window | None]], Alarm]:
    def look(windows: Sequence[measure.Window | None]) -> Alarm:
        for last in range(BASELINE_WINDOWS + 1, len(windows) + 1):
            history = [window for window in windows[:last] if window is not None]
            if windows[last - 1] is not None and measure.change_message(history, PRIOR).change in claims:
                return last - BASELINE_WINDOWS
        return 0

    return look


def naive_arrow(windows: Sequence[measure.Window | None]) -> Alarm:
    """An arrow whenever the index differs from last time by more than half a point: what many dashboards draw."""
    for number in range(BASELINE_WINDOWS, len(windows)):
        one, other = windows[number - 1], windows[number]
        if one and other and abs(one.index.mid - other.index.mid) > Fraction(1, 2):
            return number - BASELINE_WINDOWS + 1
    return 0


def tested_arrow(windows: Sequence[measure.Window | None]) -> Alarm:
    """An arrow whenever the difference from last time is larger than chance in one of twenty."""
    for number in range(BASELINE_WINDOWS, len(windows)):
        one, other = windows[number - 1], windows[number]
        if one and other:
            overlap = max(0, one.ballots + other.ballots - one.roster)
            chance = measure.detectable_change(PRIOR, n1=one.ballots, n2=other.ballots, overlap=overlap)
            if abs(one.index.mid - other.index.mid) > POINTS_PER_ANSWER * chance:
                return number - BASELINE_WINDOWS + 1
    return 0


MAY = {measure.Change.MAY_HAVE_RISEN, measure.Change.MAY_HAVE_FALLEN}
DID = {measure.Change.ROSE, measure.Change.FELL}
WAYS: list[tuple[str, Callable[[Team], list[measure.Window | None]], Callable[..., Alarm]]] = [
    ("naive arrow, exact means", exact, naive_arrow),
    ("tested arrow, exact means", exact, tested_arrow),
    ("ladder 'may have', exact means", exact, ladder(MAY | DID)),
    ("ladder 'rose/fell', exact means", exact, ladder(DID)),
    ("naive arrow, bands", bands, naive_arrow),
    ("ladder 'may have', bands", bands, ladder(MAY | DID)),
    ("ladder 'rose/fell', bands", bands, ladder(DID)),
]


def points_per_latent(size: int = 4_000) -> float:
    """How far a shift of one latent standard deviation moves the index of an average team."""
    draw = random.Random(1)
    step = 0.25
    people = [measure.simulate_person(draw, WORLD) for _ in range(size)]

    def index(level: float) -> float:
        ballots = [measure.answer_once(draw, level + person, STATEMENTS, WORLD) for person in people]
        return 25 * (sum(sum(ballot.values()) for ballot in ballots) / size / len(STATEMENTS) - 1)

    return (index(step) - index(-step)) / (2 * step)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teams", type=int, default=400)
    parser.add_argument("--size", type=int, default=8)
    options = parser.parse_args()
    error = POINTS_PER_ANSWER * math.sqrt(
        measure.difference_variance(PRIOR, n1=options.size, n2=options.size, overlap=options.size) / 2
    )
    latent = error / points_per_latent()
    shifts = (0, -2, -4, -6, 2, 4, 6)
    print(
        f"teams of {options.size}, {options.teams} of them, {YEAR} windows after a baseline of {BASELINE_WINDOWS}; one"
    )
    print(f"standard error is {error:.1f} index points; found: within {FOUND_WITHIN} windows")
    for turnout in (1.0, 0.85):
        print(
            f"\n{turnout:.0%} answer".ljust(36)
            + "false alarms"
            + "".join(f"{shift:+d} SE".rjust(9) for shift in shifts[1:])
        )
        alarms: dict[tuple[str, int], list[Alarm]] = {}
        for shift in shifts:
            for team in (live(seed, options.size, turnout, shift * latent) for seed in range(options.teams)):
                shown = {look: look(team) for look in (exact, bands)}
                for name, look, way in WAYS:
                    alarms.setdefault((name, shift), []).append(way(shown[look]))
        for name, _look, _way in WAYS:
            share = sum(map(bool, alarms[name, 0])) / options.teams
            found = (
                sum(0 < alarm <= FOUND_WITHIN for alarm in alarms[name, shift]) / options.teams for shift in shifts[1:]
            )
            print(name.ljust(35) + f"{share:12.0%}" + "".join(f"{one:9.0%}" for one in found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
