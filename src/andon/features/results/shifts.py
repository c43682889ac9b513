"""How far what is shown can shift a belief about one answer: the ratios that a report prints.

A colour rules no answer out, but it makes answers more or less likely. Source and limits: docs/protocol/disclosure.md,
section 3.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import prod

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from andon.features.results.queries import Report
from andon.kernel import disclosure

# What somebody may believe beforehand of each answer, after keying: nothing, or that most are content.
PRIORS: tuple[tuple[str | Promise, tuple[Fraction, ...]], ...] = (
    (_("who thinks every answer equally likely"), (Fraction(1, 5),) * 5),
    (_("who thinks that most are content"), tuple(Fraction(weight, 100) for weight in (4, 8, 18, 40, 30))),
)
# Of more ballots the ratio of so many is printed, which theirs stay under: it falls slowly, and takes long to compute.
MOST_COMPUTED = 21
# Beyond this a number says no more than that it is large.
MOST_PRINTED = 1_000_000


@dataclass(frozen=True, slots=True)
class Shift:
    """The worst ratios for one who knows their own answers, of one colour, of a facet's and of all colours.

    None stands for more than `MOST_PRINTED`.
    """

    belief: str | Promise
    of_one: int
    of_facet: int | None
    of_all: int | None


def shifts_of(report: Report) -> tuple[Shift, ...]:
    """One line for each named prior; none where no colour is of this round: one that was kept tells of no answer in it.

    Ratios of statements multiply, as far as answers are independent: where they are not, the product is too much.
    """
    # In a window each statement has ballots of its own, and a margin says nothing beside another number of them.
    shown = [
        [ratios_of(one.ballots or report.ballots, one.margin) for one in statements if one.band and one.updated]
        for _line, statements in report.statements
    ]
    if not report.has_figures or not any(shown):
        return ()
    return tuple(
        _shift(belief, [[ratios[place] for ratios in facet] for facet in shown])
        for place, (belief, _prior) in enumerate(PRIORS)
    )


def _shift(belief: str | Promise, ratios: list[list[Fraction]]) -> Shift:
    products = [prod(facet, start=Fraction(1)) for facet in ratios]
    return Shift(
        belief,
        round(max(ratio for facet in ratios for ratio in facet)),
        _in_short(max(products)),
        _in_short(prod(products, start=Fraction(1))),
    )


def _in_short(ratio: Fraction) -> int | None:
    if ratio > MOST_PRINTED:
        return None
    # Two digits say all there is to say.
    size = 10 ** max(0, len(str(round(ratio))) - 2)
    return round(ratio / size) * size


@cache
def ratios_of(ballots: int, margin: int = 0) -> tuple[Fraction, ...]:
    """The worst ratio of one colour for each of `PRIORS`, at most for more than `MOST_COMPUTED` ballots.

    `margin`: of a colour that was not set fresh. What it stands for depends on the colour before, so the worst of all.
    """
    counted = min(ballots, MOST_COMPUTED)
    cells = disclosure.cells_with_margin(counted, margin) if margin else None
    found = (disclosure.worst_likelihood_ratio(counted, prior, cells) for _belief, prior in PRIORS)
    # A colour that is new rules nothing out, so a ratio is never unbounded.
    return tuple(ratio for ratio in found if ratio is not None)
