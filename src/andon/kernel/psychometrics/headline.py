"""What a report says first: codes, so that each language makes its own sentences.

Reference: docs/protocol/measurement.md, section 6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from andon.kernel.disclosure import Band
from andon.kernel.psychometrics.index import Index, mean_index, word_for


class HeadlineCode(Enum):
    """NO_FIGURE: no facet has an index. ALIKE: the lowest and the highest facet cannot be told apart. HIGHEST, LOWEST:
    the facets that lead and those that trail."""

    NO_FIGURE = "no_figure"
    ALIKE = "alike"
    HIGHEST = "highest"
    LOWEST = "lowest"


@dataclass(frozen=True, slots=True)
class HeadlineLine:
    """One sentence to be: the code, the facets in their own order, and the word for them together."""

    code: HeadlineCode
    facets: tuple[str, ...]
    word: Band | None

    @property
    def key(self) -> str:
        """What the interface looks its sentence up by: "highest.high", "alike.mixed-low", "no_figure"."""
        return self.code.value if self.word is None else f"{self.code.value}.{self.word.value}"


def headline(facets: Mapping[str, Index | None]) -> tuple[HeadlineLine, ...]:
    """The one or two lines a report opens with, from the facets' indices (None: no index) in their own order.

    The lowest facet is named together with those whose sure bounds meet its own, so is the highest; a facet that meets
    both could be either and is named in neither line. When even the lowest and the highest meet, one line says so.

    Guarantees: every facet of the LOWEST line lies surely below the highest facet, every facet of the HIGHEST line
    surely above the lowest; the result depends on the indices and the order of facets only.
    Does not: rank the facets inside a line, compare with the past or with others, or call a difference large.
    """
    known = {facet: index for facet, index in facets.items() if index is not None}
    if not known:
        return (HeadlineLine(HeadlineCode.NO_FIGURE, (), None),)
    bottom = min(known.values(), key=lambda index: (index.mid, index.high))
    top = max(known.values(), key=lambda index: (index.mid, index.low))
    if bottom.overlaps(top):
        return (_line(HeadlineCode.ALIKE, tuple(known), known),)
    low = tuple(facet for facet, index in known.items() if index.overlaps(bottom) and not index.overlaps(top))
    high = tuple(facet for facet, index in known.items() if index.overlaps(top) and not index.overlaps(bottom))
    return _line(HeadlineCode.HIGHEST, high, known), _line(HeadlineCode.LOWEST, low, known)


def _line(code: HeadlineCode, facets: tuple[str, ...], known: Mapping[str, Index]) -> HeadlineLine:
    return HeadlineLine(code, facets, word_for(mean_index([known[facet] for facet in facets])))
