"""What a report says first: codes, so that each language makes its own sentences.

Reference: docs/protocol/measurement.md, section 6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from andon.kernel.disclosure import Band
from andon.kernel.psychometrics.index import Index, word_for


class HeadlineCode(Enum):
    """NO_FIGURE: no facet has an index. ALIKE: the lowest and the highest facet cannot be told apart. HIGHEST, LOWEST:
    the facets that lead and those that trail."""

    NO_FIGURE = "no_figure"
    ALIKE = "alike"
    HIGHEST = "highest"
    LOWEST = "lowest"


@dataclass(frozen=True, slots=True)
class HeadlineLine:
    """One sentence to be: the code, the facets in their own order, and the word that each of them has."""

    code: HeadlineCode
    facets: tuple[str, ...]
    words: tuple[Band, ...]

    @property
    def word(self) -> Band | None:
        """The word that all of them have; None where they differ, and where there is none."""
        return self.words[0] if len(set(self.words)) == 1 else None

    @property
    def key(self) -> str:
        """What kind of sentence it is: "highest.high", "alike.mixed-low", "lowest.several" words, "no_figure"."""
        if not self.words:
            return self.code.value
        return f"{self.code.value}.{self.word.value if self.word else 'several'}"


def headline(facets: Mapping[str, Index | None]) -> tuple[HeadlineLine, ...]:
    """The one or two lines a report opens with, from the facets' indices (None: no index) in their own order.

    The lowest facet is named together with those whose sure bounds meet its own, so is the highest; a facet that meets
    both could be either and is named in neither line. When even the lowest and the highest meet, one line says so.
    What cannot be told apart may still have different words, for a word follows from the middle of the bounds alone;
    so each facet keeps its own, and a mean of several is never given to one of them.

    Guarantees: every facet has the word that word_for gives its index; every facet of the LOWEST line lies surely below
    the highest facet, every facet of the HIGHEST line surely above the lowest; the result depends on the indices and
    the order of facets only.
    Does not: rank the facets inside a line, compare with the past or with others, or call a difference large.
    """
    known = {facet: index for facet, index in facets.items() if index is not None}
    if not known:
        return (HeadlineLine(HeadlineCode.NO_FIGURE, (), ()),)
    bottom = min(known.values(), key=lambda index: (index.mid, index.high))
    top = max(known.values(), key=lambda index: (index.mid, index.low))
    if bottom.overlaps(top):
        return (_line(HeadlineCode.ALIKE, tuple(known), known),)
    low = tuple(facet for facet, index in known.items() if index.overlaps(bottom) and not index.overlaps(top))
    high = tuple(facet for facet, index in known.items() if index.overlaps(top) and not index.overlaps(bottom))
    return _line(HeadlineCode.HIGHEST, high, known), _line(HeadlineCode.LOWEST, low, known)


def _line(code: HeadlineCode, facets: tuple[str, ...], known: Mapping[str, Index]) -> HeadlineLine:
    return HeadlineLine(code, facets, tuple(word_for(known[facet]) for facet in facets))
