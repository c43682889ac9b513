"""Safety beside accountability: a box of everything that is possible, and a name only when it has earned one.

Reference: docs/protocol/measurement.md, section 5. The matrix is Amy C. Edmondson's (The Fearless Organization, 2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from andon.kernel.psychometrics.index import Index

SPLIT = Fraction(50)
NAMED_FROM = Fraction(4, 5)


class Zone(Enum):
    APATHY = "apathy"
    COMFORT = "comfort"
    ANXIETY = "anxiety"
    LEARNING = "learning"


@dataclass(frozen=True, slots=True)
class QuadrantBox:
    """The sure box (x: accountability, y: safety), the share of its area per zone, and the zones to name.

    ``zones`` has one entry when that zone holds at least 80 % of the box, two neighbours when they hold 80 % together,
    else three or four: then there is nothing to name, and the interface says that the box lies across the middle.
    """

    accountability: Index
    safety: Index
    shares: tuple[tuple[Zone, Fraction], ...]
    zones: tuple[Zone, ...]

    @property
    def zone(self) -> Zone | None:
        """The zone's name, when there is one to print."""
        return self.zones[0] if len(self.zones) == 1 else None


def quadrant(accountability: Index, safety: Index) -> QuadrantBox:
    """Where a unit may stand, split at 50 on both axes.

    Guarantees: shares sum to one; a zone is named alone only from 80 % of the box; two named zones share an edge;
    zones that tie are named together.
    Does not: rest on a validated cut: none exists, and the page says so. The share of the box is not a probability.
    """
    demanding, safe = _share_above(accountability), _share_above(safety)
    shares = {
        Zone.APATHY: (1 - demanding) * (1 - safe),
        Zone.COMFORT: (1 - demanding) * safe,
        Zone.ANXIETY: demanding * (1 - safe),
        Zone.LEARNING: demanding * safe,
    }
    named: list[Zone] = []
    covered = Fraction(0)
    # Whole steps of equal shares, so that two zones that tie are both named or neither.
    for share in sorted(set(shares.values()), reverse=True):
        step = [zone for zone in Zone if shares[zone] == share]
        named += step
        covered += share * len(step)
        if covered >= NAMED_FROM:
            break
    return QuadrantBox(accountability, safety, tuple(shares.items()), tuple(zone for zone in Zone if zone in named))


def _share_above(index: Index) -> Fraction:
    if index.low == index.high:
        # A box without width on this axis lies wholly on one side; exactly on the split it belongs to both.
        return Fraction(1 if index.low > SPLIT else 0) if index.low != SPLIT else Fraction(1, 2)
    above = min(max(index.high - SPLIT, Fraction(0)), index.high - index.low)
    return above / (index.high - index.low)
