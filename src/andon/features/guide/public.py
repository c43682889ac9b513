"""The door of `guide`: what a report offers, and what teams took up."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from andon.features.guide.model import STAGES, Facet, Practice
from andon.features.guide.offering import offered
from andon.features.guide.queries import Entry, named_in, taken_up_in
from andon.features.guide.sentences import lines
from andon.features.guide.shipped import guide
from andon.kernel.disclosure import Band

__all__ = ["STAGES", "Entry", "Facet", "Practice", "lines", "named_in", "offered_for", "taken_up_in"]


def offered_for(shown: Mapping[str, Band | None], *, running: Collection[str] = ()) -> tuple[Practice, ...]:
    """At most three practices of the guide for the bands that a report shows: see `offering.offered`."""
    return offered(shown, guide().practices, running=running)
