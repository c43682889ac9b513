"""Four wide bands for the total of one statement in one unit.

Reference: docs/protocol/disclosure.md, section 2 (rule R2).
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

from andon.kernel.disclosure.units import LEAST_UNIT


class TooFewBallots(ValueError):
    """There is no band under five ballots."""


class ImpossibleTotal(ValueError):
    """The total cannot come from that many answers of 1 to 5."""


class Band(Enum):
    """One of the four colours, lowest first. In words: unsafe, leaning unsafe, leaning safe, safe."""

    LOW = "low"
    MIXED_LOW = "mixed-low"
    MIXED_HIGH = "mixed-high"
    HIGH = "high"


def band(total: int, ballots: int) -> Band:
    """The band of a total T of n keyed answers: low T <= U, mixed-low T <= 3n, high T >= 6n - U, with U = 13n // 5.

    Guarantees: turning every answer x into 6 - x turns low into high and mixed-low into mixed-high, except that the
    exact middle, T = 3n, is mixed-low both times.
    Raises: TooFewBallots under 5 ballots; ImpossibleTotal outside [n, 5n].
    Reference: docs/protocol/disclosure.md, R2.
    """
    _need_five(ballots)
    if not ballots <= total <= 5 * ballots:
        # The total itself stays out of the message: it is a figure that nobody may see.
        raise ImpossibleTotal(f"the total is not between {ballots} and {5 * ballots}")
    upper = 13 * ballots // 5
    if total <= upper:
        return Band.LOW
    if total <= 3 * ballots:
        return Band.MIXED_LOW
    if total < 6 * ballots - upper:
        return Band.MIXED_HIGH
    return Band.HIGH


# Never `band`: a total that a cache holds would outlive the ballots it was made of.
@lru_cache(maxsize=4096)
def band_edges(n: int, band: Band) -> tuple[int, int]:
    """The lowest and the highest total, both included, that show this band for n ballots.

    Guarantees: for every n >= 5 the four ranges are not empty and cut [n, 5n] without gap or overlap.
    Raises: TooFewBallots.
    """
    _need_five(n)
    upper = 13 * n // 5
    return {
        Band.LOW: (n, upper),
        Band.MIXED_LOW: (upper + 1, 3 * n),
        Band.MIXED_HIGH: (3 * n + 1, 6 * n - upper - 1),
        Band.HIGH: (6 * n - upper, 5 * n),
    }[band]


def _need_five(ballots: int) -> None:
    if ballots < LEAST_UNIT:
        raise TooFewBallots(f"a band needs at least {LEAST_UNIT} ballots")
