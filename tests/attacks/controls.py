"""Rules that are in use elsewhere, or that ours would be without a part: the same attacks must break each of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from unittest import mock

from andon.kernel import disclosure, psychometrics
from andon.kernel.disclosure import Policy, audit, slow
from andon.kernel.disclosure.noise import OpenDpNoise
from tests.attacks.moves import Moves, single_moves
from tests.attacks.organisation import WORLD
from tests.attacks.publishing import Closed, groups_of
from tests.attacks.seen import ANSWERS, Histogram, Oracle, Totals, an_insider_excludes

CODE = ("IN1",)

# Broken by design, so that the harness is seen to find them; none of them is a rule of this product.


@dataclass(frozen=True)
class Broken:
    """So many of so many were broken."""

    tried: int
    broken: int

    @property
    def share(self) -> float:
        return self.broken / self.tried


def team(random: Random, size: int) -> list[int]:
    """The answers of a simulated team to one statement."""
    return [ballot["IN1"] for ballot in psychometrics.simulate_team(random, size, CODE, world=WORLD)]


def exact_means(teams: int, *, size: int = 5, seed: int = 0) -> Broken:
    """A mean from five answers on: a member, drawn by lot, knows their own, and what the other four can have given."""
    random, broken = Random(seed), 0
    for _ in range(teams):
        given = team(random, size)
        broken += an_insider_excludes(Totals(size, frozenset({sum(given)})), given[:1])
    return Broken(teams, broken)


def exact_histograms(teams: int, *, size: int = 5, seed: int = 0) -> Broken:
    """How many gave each answer, from five answers on."""
    random, broken = Random(seed), 0
    for _ in range(teams):
        given = team(random, size)
        counts = [given.count(answer) for answer in ANSWERS]
        broken += an_insider_excludes(Histogram((counts[0], counts[1], counts[2], counts[3], counts[4])), given)
    return Broken(teams, broken)


def suppressed_until_two(parents: int, *, seed: int = 0) -> Broken:
    """A parent's exact sum beside its teams' exact sums, those under five hidden, and one more until two people are.

    Broken where the hidden rest is one to four people, and the sum of their answers comes out by subtraction.
    """
    random, broken = Random(seed), 0
    for _ in range(parents):
        sizes = [random.randint(2, 12) for _team in range(random.randint(3, 8))]
        hidden = [size for size in sizes if size < 5]
        for size in sorted(size for size in sizes if size >= 5):
            if not 0 < sum(hidden) < 2:
                break
            hidden.append(size)
        broken += 1 <= sum(hidden) <= 4
    return Broken(parents, broken)


def hidden_rest(seed: int = 0) -> frozenset[tuple[str, int]]:
    """What the parent of a team of eight and a hidden one of three gives away of the three, who answered 1, 1, 2."""
    shown, everybody = [f"a{number}" for number in range(8)], [f"a{number}" for number in range(8)] + ["x", "y", "z"]
    given = team(Random(seed), 8)
    return audit.excluded(
        [audit.Sum(shown, sum(given), sum(given)), audit.Sum(everybody, sum(given) + 4, sum(given) + 4)], {}
    )


def lowered_threshold(teams: int, *, seed: int = 0) -> Broken:
    """Three answers came, so nothing was shown; later three are enough, and the bands of three are shown."""
    random, broken = Random(seed), 0
    for _ in range(teams):
        given = team(random, 3)
        upper = 13 * 3 // 5
        edges = ((3, upper), (upper + 1, 9), (10, 18 - upper - 1), (18 - upper, 15))
        low, high = next((low, high) for low, high in edges if low <= sum(given) <= high)
        broken += an_insider_excludes(Totals(3, frozenset(range(low, high + 1))), given)
    return Broken(teams, broken)


def without_margin(sizes: Sequence[int]) -> Moves:
    """Every round sets its colours from its own total: a single person moves them."""
    honest = slow.margin_cells
    with mock.patch.object(slow, "margin_cells", lambda n, before, margin: honest(n, before, 0)):
        return single_moves(Oracle(Policy()), tuple(sizes), rounds=1)


def without_kept_bands(n: int = 5, silent: int = 1) -> int:
    """How many answers of every other an insider can exclude at the worst, of a colour that moved with a margin."""
    with mock.patch.object(slow, "is_wide", return_value=True):
        worst = 0
        for before in disclosure.Band:
            memory = slow.Remembered(before, 0, silent, swaps=False, rounds_with_margin=1, kept=False)
            shown: dict[object, set[int]] = {}
            for total in range(n, 5 * n + 1):
                step = slow.following(total, memory, slow.Counts(n, n + silent))
                shown.setdefault(step.shown and (step.shown.band, step.shown.updated), set()).add(total)
            for totals in shown.values():
                seen = Totals(n, frozenset(totals))
                possible = [found for own in ANSWERS if (found := seen.possible((own,)))]
                worst = max([worst, *(len(ANSWERS) - len(found) for found in possible)])
        return worst


def drawn_at_each_look(closed: Closed) -> list[tuple[disclosure.GroupRelease, ...]]:
    """Noise that is drawn anew whenever somebody looks: twenty looks, and it averages out."""
    return [
        groups_of(closed.grouping, closed.units, closed.statements, {}, closed.policy, OpenDpNoise()) for _ in range(20)
    ]
