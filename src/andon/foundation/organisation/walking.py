"""Walking the tree in the database: what is below a node, and what is above it, without reading the rest.

Recursive queries, the same text on SQLite and PostgreSQL. UNION drops what was found before, so that a loop, which
no page can make, would end the walk instead of keeping it running.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from itertools import repeat
from types import MappingProxyType

from django.db import connection
from django.db.models.expressions import RawSQL

from andon.foundation.organisation.revision import Memory
from andon.kernel.disclosure import SizedNode

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
# From the top of a tree of more nodes the walk does not begin: level by level it would find nearly all of them first.
_FEW_BELOW = """
WITH RECURSIVE below(id) AS (
    SELECT id FROM organisation_node WHERE id IN ({roots}) AND (
        (SELECT COUNT(*) FROM organisation_node) <= {most}
        OR NOT EXISTS (SELECT 1 FROM organisation_node WHERE id IN ({roots}) AND parent_id IS NULL)
    )
    UNION
    SELECT node.id FROM organisation_node node JOIN below ON node.parent_id = below.id
)
SELECT id FROM below LIMIT {most} + 1
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
_STANDS = """membership.starts_on <= %s AND (membership.ends_on IS NULL OR membership.ends_on >= %s)
        AND membership.member_id NOT IN (SELECT id FROM people_member WHERE is_active = FALSE)"""
_SIZED = """
WITH RECURSIVE below(id, parent_id, name) AS (
    SELECT id, parent_id, name FROM organisation_node WHERE id IN ({roots}) AND (
        (SELECT COUNT(*) FROM organisation_node) <= {most}
        OR NOT EXISTS (SELECT 1 FROM organisation_node WHERE id IN ({roots}) AND parent_id IS NULL)
    )
    UNION
    SELECT node.id, node.parent_id, node.name FROM organisation_node node JOIN below ON node.parent_id = below.id
), few AS (SELECT id, parent_id, name FROM below LIMIT {most} + 1)
SELECT few.id, few.parent_id, few.name, CASE WHEN (SELECT COUNT(*) FROM few) <= {most} THEN (
    SELECT COUNT(*) FROM organisation_membership membership WHERE membership.node_id = few.id AND {stands}
) END FROM few
"""
# The same of every node there is. The whole index once takes a third of the time of ten thousand walks along it.
_SIZES = "SELECT node_id, COUNT(*) FROM organisation_membership membership WHERE {stands} GROUP BY node_id"
_NODES = "SELECT id, parent_id, name FROM organisation_node"
# A branch of more nodes than this is not walked: everything is read at once, and what is not asked for is left out.
MOST_WALKED = 1_500


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


def hold_everything(roots: Collection[str]) -> bool:
    """Whether whatever there is lies at or below these nodes, so that nothing has to be walked. One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM organisation_node WHERE parent_id IS NULL")
        return {row[0] for row in cursor.fetchall()} <= set(roots)


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
            cursor.execute(_NODES)
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
        cursor.execute(_FEW_BELOW.format(roots="%s", most=most), [root, root])
        found = [row[0] for row in cursor.fetchall()]
        if not found:
            cursor.execute("SELECT id FROM organisation_node WHERE id = %s", [root])
            return None if cursor.fetchone() else []
    return found if len(found) <= most else None


class Whole:
    """Every node there is, with how many active members stand in it on one day. Nobody changes it."""

    def __init__(self, nodes: Mapping[str, SizedNode]) -> None:
        self.nodes = MappingProxyType(nodes)

    @cached_property
    def _children(self) -> dict[str | None, list[SizedNode]]:
        children: dict[str | None, list[SizedNode]] = {}
        for node in self.nodes.values():
            children.setdefault(node.parent_id, []).append(node)
        return children

    @cached_property
    def _people_below(self) -> dict[str, int]:
        """Of the nodes that have others below them: of all others it is their own people."""
        inner = [node_id for node_id in {node.parent_id for node in self.nodes.values()} if node_id is not None]
        return rolled_up(self.nodes, inner)

    def at_and_below(self, roots: Collection[str]) -> Mapping[str, SizedNode]:
        tops = self._children.get(None, [])
        if len(tops) == 1 and [*roots] == [tops[0].id]:
            return self.nodes
        found = {root: self.nodes[root] for root in roots if root in self.nodes}
        waiting = list(found)
        for node_id in waiting:
            for child in self._children.get(node_id, ()):
                if child.id not in found:
                    found[child.id] = child
                    waiting.append(child.id)
        return found

    def people_below(self, roots: Collection[str]) -> dict[str, int]:
        counts = {}
        for root in roots:
            if root in self.nodes:
                counts[root] = self._people_below.get(root) or self.nodes[root].size
        return {root: count for root, count in counts.items() if count}


# Of the day of today, and of one that somebody looks ahead to.
_wholes: Memory[Whole] = Memory(most=2)


def sized_below(roots: Collection[str], *, on: date) -> Mapping[str, SizedNode]:
    """These nodes and all below them, with how many active members stand in each on that day. Nobody changes it.

    Two queries; of a large branch seven, whatever its size, or one as long as nothing has changed since. A change is
    seen at once.
    """
    if not roots:
        return {}
    found = _whole_or_few(roots, on=on)
    return found.at_and_below(roots) if isinstance(found, Whole) else found


def _whole_or_few(roots: Collection[str], *, on: date) -> Whole | dict[str, SizedNode]:
    """All that there is, where it is remembered or where these are many; else what is below them."""
    seen = _wholes.look(on)
    if seen.value is not None:
        return seen.value
    with connection.cursor() as cursor:
        cursor.execute(_SIZED.format(roots=_places(roots), most=MOST_WALKED, stands=_STANDS), [*roots, *roots, on, on])
        rows = cursor.fetchall()
    # None at all: either they begin at the top of a large tree, or they are gone.
    if 0 < len(rows) <= MOST_WALKED:
        return {row[0]: SizedNode._make(row) for row in rows}
    return _wholes.keep(seen, _read_whole(on))


def _read_whole(on: date) -> Whole:
    with connection.cursor() as cursor:
        cursor.execute(_SIZES.format(stands=_STANDS), [on, on])
        size_of: dict[str, int] = dict(cursor.fetchall())
        cursor.execute(_NODES)
        rows = cursor.fetchall()
    # Columns instead of rows: nothing of the interpreter's own is run for each of very many nodes.
    ids, parents, names = zip(*rows, strict=True) if rows else ((), (), ())
    sizes = map(size_of.get, ids, repeat(0))
    made = map(partial(tuple.__new__, SizedNode), zip(ids, parents, names, sizes, strict=True))
    return Whole(dict(zip(ids, made, strict=True)))


def people_below(roots: Collection[str], *, on: date) -> dict[str, int]:
    """How many active members stand at and below each of these nodes on that day, where anybody does.

    As many queries as `sized_below`.
    """
    if not roots:
        return {}
    found = _whole_or_few(roots, on=on)
    return found.people_below(roots) if isinstance(found, Whole) else rolled_up(found, roots)


def rolled_up(nodes: Mapping[str, SizedNode], wanted: Collection[str]) -> dict[str, int]:
    """How many stand at and below each of the wanted nodes, where anybody does."""
    roots = frozenset(wanted)
    # Most nodes have none below them: these are added up where they hang, and only the others are walked.
    inner = {node.parent_id for node in nodes.values()}
    sizes: dict[str, int] = {}
    for node_id, parent_id, _name, size in nodes.values():
        at = node_id if node_id in inner or node_id in roots or parent_id is None else parent_id
        sizes[at] = sizes.get(at, 0) + size
    counts: dict[str, int] = {}
    for node_id, size in sizes.items():
        if not size:
            continue
        step = nodes.get(node_id)
        # What was walked is a tree; a loop, which no page can make, ends after as many steps as there are nodes.
        for _level in nodes:
            if step is None:
                break
            if step.id in roots:
                counts[step.id] = counts.get(step.id, 0) + size
            step = nodes.get(step.parent_id) if step.parent_id is not None else None
    return counts
