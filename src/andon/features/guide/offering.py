"""Which practices a report offers: from the lowest weak facet up, and never from what is not shown."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain, zip_longest

from andon.features.guide.model import STAGES, Facet, Practice
from andon.kernel.disclosure import Band

MOST = 3
WEAK = frozenset({Band.LOW, Band.MIXED_LOW})
LOWEST_FIRST = (*STAGES, Facet.ACCOUNTABILITY)


def offered(
    shown: Mapping[str, Band | None], practices: Sequence[Practice], *, running: Collection[str] = ()
) -> tuple[Practice, ...]:
    """At most three practices for the bands that a report shows, by facet id; None where it shows no band.

    The lowest weak facet gives the first, the next weak one the second, and so on; where there are fewer than three
    weak facets it begins again with the lowest. Within a facet those come first that are for it before all, then in
    the order of the guide. `running` are the ids of practices that are taken up already.

    Guarantees: a function of what is passed in, nothing else; a facet without a band, or with a band that is not weak,
    gives none; how weak it is makes no difference, so a colour tells no more here than where it stands.
    """
    of_each = [_of(facet, practices, running) for facet in LOWEST_FIRST if shown.get(facet) in WEAK]
    in_turn = chain.from_iterable(zip_longest(*of_each))
    found = dict.fromkeys(practice for practice in in_turn if practice is not None)
    return tuple(found)[:MOST]


def _of(facet: Facet, practices: Sequence[Practice], running: Collection[str]) -> Iterator[Practice]:
    fitting = [one for one in practices if facet in one.facets and one.id not in running]
    return iter(sorted(fitting, key=lambda one: (one.facets[0] is not facet, one.place)))
