"""The noise of large groups, drawn by OpenDP from the operating system's generator. Needs the `server` extra.

Reference: docs/protocol/disclosure.md, R4.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

from andon.kernel.disclosure.large import REPLACING_ONE


class CannotPrivatise(Exception):
    """OpenDP's own accounting asks for more than the budget: nothing was drawn."""


class OpenDpNoise:
    """The discrete Gaussian mechanism on six counts.

    Guarantees: each draw costs at most ``rho`` for replacing one person, by OpenDP's own accounting, which is asked
    each time a scale is used first; draws come from the operating system's generator and are not seedable.
    Raises: CannotPrivatise.
    Reference: Canonne, Kamath & Steinke 2020, arXiv:2004.00010.
    """

    def histogram(self, counts: Sequence[int], *, rho: float) -> Sequence[int]:
        return tuple(int(count) for count in _mechanism(rho)(list(counts)))


@cache
def _mechanism(rho: float) -> Any:
    # "contrib" is what OpenDP calls everything that its own proof process has not finished with; there is no other
    # Gaussian mechanism in it.
    # Here, because it takes a tenth of a second to load, and only a close with large groups needs it.
    import opendp.prelude as dp

    dp.enable_features("contrib")
    space = dp.vector_domain(dp.atom_domain(T=int)), dp.l2_distance(T=float)
    mechanism: Any = dp.m.make_gaussian(*space, scale=REPLACING_ONE / math.sqrt(2 * rho))
    # Rounding may leave the last digit on either side.
    if mechanism.map(REPLACING_ONE) > rho * (1 + 1e-9):
        raise CannotPrivatise("the noise that was asked for costs more than the budget; nothing was drawn")
    return mechanism
