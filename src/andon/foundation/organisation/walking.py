"""Walking the tree in the database: what is below a node, and what is above it, without reading the rest.

Recursive queries, the same text on SQLite and PostgreSQL. UNION drops what was found before, so that a loop, which
no page can make, would end the walk instead of keeping it running.
"""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models.expressions import RawSQL

# Above this many nodes it is quicker to read them all than to ask for each.
AT_ONCE = 500

_BELOW = """
WITH RECURSIVE below(id) AS (
    SELECT id FROM organisation_node WHERE id IN ({roots})
    UNION
    SELECT node.id FROM organisation_node node JOIN below ON node.parent_id = below.id
)
SELECT id FROM below
"""
_ABOVE = """
WITH RECURSIVE above(id, parent_id, name) AS (
    SELECT id, parent_id, name FROM organisation_node WHERE id IN ({roots})
    UNION
    SELECT node.id, node.parent_id, node.name FROM organisation_node node JOIN above ON node.id = above.parent_id
)
SELECT id, parent_id, name FROM above
"""
# Each team once, with those who stand in it: every count is a walk along one index that holds all it asks.
_PEOPLE = """
WITH RECURSIVE below(id, parent_id) AS (
    SELECT id, parent_id FROM organisation_node WHERE id IN ({roots})
    UNION
    SELECT node.id, node.parent_id FROM organisation_node node JOIN below ON node.parent_id = below.id
)
SELECT below.id, below.parent_id, (
    SELECT COUNT(*) FROM organisation_membership membership
    WHERE membership.node_id = below.id AND membership.starts_on <= %s
        AND (membership.ends_on IS NULL OR membership.ends_on >= %s)
        AND membership.member_id NOT IN (SELECT id FROM people_member WHERE NOT is_active)
), (SELECT MAX(id) FROM audit_auditentry) FROM below
"""


@dataclass(frozen=True, slots=True)
class Step:
    """A node on a path."""

    id: str
    name: str


def _places(ids: Collection[str]) -> str:
    return ", ".join(["%s"] * len(ids))


def inside(*roots: str) -> RawSQL:
    """The ids of these nodes and of all below them, for `filter(node_id__in=...)`: part of the query that asks."""
    return RawSQL(_BELOW.format(roots=_places(roots)), roots)  # noqa: S611 - placeholders only


def ids_below(roots: Collection[str]) -> set[str]:
    """These nodes and all below them. One query; none where there are no roots."""
    if not roots:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_BELOW.format(roots=_places(roots)), list(roots))
        return {row[0] for row in cursor.fetchall()}


def paths_of(node_ids: Iterable[str]) -> dict[str, tuple[Step, ...]]:
    """From the top to each of these nodes. One query, however deep they lie; of very many nodes it reads them all."""
    wanted = set(node_ids)
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        if len(wanted) > AT_ONCE:
            cursor.execute("SELECT id, parent_id, name FROM organisation_node")
        else:
            cursor.execute(_ABOVE.format(roots=_places(wanted)), list(wanted))
        known = {node_id: (parent_id, name) for node_id, parent_id, name in cursor.fetchall()}
    return {node_id: _path(node_id, known) for node_id in wanted if node_id in known}


def _path(node_id: str, known: Mapping[str, tuple[str | None, str]]) -> tuple[Step, ...]:
    steps: list[Step] = []
    step: str | None = node_id
    while step is not None:
        parent_id, name = known[step]
        steps.append(Step(step, name))
        step = parent_id
    return tuple(reversed(steps))


def few_below(root: str, *, most: int) -> list[str] | None:
    """The node and all below it; None where there are more than `most`, which are then not walked to the end."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_BELOW.format(roots='%s')} LIMIT {most + 1:d}", [root])
        found = [row[0] for row in cursor.fetchall()]
    return found if len(found) <= most else None


@dataclass(frozen=True, slots=True)
class _Counts:
    """What was counted: on which day, after which change, and until when it is believed."""

    on: date
    change: int | None
    until: float
    people: Mapping[str, int]


# Counts of large branches, in this process. Every service that moves people writes an entry of the change log in its
# own transaction, so the newest entry tells whether a count still holds. Two transactions at once may come in another
# order than their entries; a minute later everything is counted anew anyway.
_kept: dict[frozenset[str], _Counts] = {}
KEPT_FROM_NODES = 1_000
KEPT_SECONDS = 60.0
MOST_KEPT = 100


def people_below(roots: Collection[str], *, on: date) -> Mapping[str, int]:
    """How many active members stand at and below each of these nodes on that day, where anybody does. One query."""
    if not roots:
        return {}
    key = frozenset(roots)
    kept = _kept.get(key)
    if kept is not None and kept.on == on and time.monotonic() < kept.until and kept.change == _newest_change():
        return kept.people
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE.format(roots=_places(roots)), [*roots, on, on])
        rows = cursor.fetchall()
    people = _rolled_up(rows, key)
    if len(rows) >= KEPT_FROM_NODES and not connection.in_atomic_block:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[key] = _Counts(on, rows[0][3], time.monotonic() + KEPT_SECONDS, people)
    return people


def _newest_change() -> int | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT MAX(id) FROM audit_auditentry")
        newest: int | None = cursor.fetchone()[0]
        return newest


def _rolled_up(rows: Sequence[tuple[str, str | None, int, int | None]], wanted: Collection[str]) -> dict[str, int]:
    above = {node_id: parent_id for node_id, parent_id, _people, _change in rows}
    counts: dict[str, int] = {}
    for node_id, _parent_id, people, _change in rows:
        step: str | None = node_id if people else None
        # What was walked is a tree; a loop, which no page can make, ends after as many steps as there are nodes.
        for _level in above:
            if step is None or step not in above:
                break
            if step in wanted:
                counts[step] = counts.get(step, 0) + people
            step = above[step]
    return counts
