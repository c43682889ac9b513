"""For which groups above units the spread of bands may be shown: how many of its units stand where.

Reference: docs/protocol/disclosure.md, section 7.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from andon.kernel.disclosure.bands import Band

LEAST_UNITS = 10


class MalformedGroups(ValueError):
    """A group is its own ancestor, names a parent that is not there, or holds more units than its parent."""


@dataclass(frozen=True, slots=True)
class Group:
    """A node above units: its parent, and how many units with a figure lie in it, at any depth."""

    id: str
    parent_id: str | None
    units: int


def groups_with_spread(groups: Iterable[Group]) -> frozenset[str]:
    """The groups whose spread is shown.

    From the top down: a group of ten units or more may be shown, and of its children those of ten or more, as long as
    the units of the group that are in no shown child are none, or ten or more. Where they would be one to nine, the
    smallest shown children (ties by id) are left out until they are not.

    Guarantees: whatever is added to and subtracted from whatever is shown, no set of one to nine units comes out; the
    result depends on the tree and on which units have a figure, never on bands.
    Raises: MalformedGroups.
    Reference: docs/protocol/disclosure.md, R4.
    """
    by_id: dict[str, Group] = {}
    children: dict[str | None, list[Group]] = {}
    for group in groups:
        by_id[group.id] = group
        children.setdefault(group.parent_id, []).append(group)
    for group in by_id.values():
        if group.parent_id is not None:
            parent = by_id.get(group.parent_id)
            if parent is None or parent.units < sum(child.units for child in children[group.parent_id]):
                raise MalformedGroups("a group lies in a parent that is there and holds all its units")
    shown: set[str] = set()
    waiting: list[Group] = [group for group in children.get(None, ()) if group.units >= LEAST_UNITS]
    seen = 0
    while waiting:
        group = waiting.pop()
        seen += 1
        shown.add(group.id)
        waiting += _children_to_show(group.units, children.get(group.id, ()))
    return frozenset(shown)


def spread_of(bands: Iterable[Band]) -> Mapping[Band, int]:
    """How many units stand in each band; every band is there, also with 0."""
    counted = Counter(bands)
    return {band: counted[band] for band in Band}


def _children_to_show(units: int, children: Sequence[Group]) -> list[Group]:
    fitting = sorted(
        (child for child in children if child.units >= LEAST_UNITS), key=lambda child: (-child.units, child.id)
    )
    while fitting and 0 < units - sum(child.units for child in fitting) < LEAST_UNITS:
        fitting.pop()
    return fitting
