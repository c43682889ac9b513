"""The door of `releases`: the only one through which a figure reaches anybody."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from andon.features.releases.models import LastCounted, Release, ReleasedComment, ReleasedGroup, ReleasedUnit
from andon.kernel import wire
from andon.kernel.disclosure import Comment, GroupRelease, Remembered, UnitRelease

__all__ = [
    "Counted",
    "Finished",
    "FinishedGroup",
    "FinishedUnit",
    "OtherReleaseCommitted",
    "ReleaseDamaged",
    "comments_shown",
    "commit",
    "committed",
    "committed_among",
    "discard",
    "figures_shown",
    "forget_comments",
    "groups",
    "groups_shown",
    "hold",
    "is_committed",
    "is_shown",
    "last_counted",
    "parts",
    "remembered",
    "show",
    "shown_with_comments",
    "shown_without",
    "split_path",
    "unit",
]

HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class FinishedUnit:
    """A unit's part of a release. `figures` is `UnitRelease.to_json()`, `slots` the sorted slot list.

    `remembered` is `Remembered.to_json()` by statement code, for the unit's next round.
    """

    unit_id: str
    position: int
    figures: dict[str, Any]
    figures_salt: bytes
    figures_path: tuple[bytes, ...]
    slots: tuple[tuple[str, str, str], ...]
    slots_salt: bytes
    slots_path: tuple[bytes, ...]
    remembered: dict[str, Any] = field(default_factory=dict)
    # In the order of their keys. Only `parts` reads them back; of a unit that is shown see `comments_shown`.
    comments: tuple[Comment, ...] = ()

    @property
    def release(self) -> UnitRelease:
        return UnitRelease.from_json(self.figures)

    def to_json(self) -> dict[str, Any]:
        return {
            # Left out where there are none, as `remembered` below.
            **({"comments": [[one.key, one.text] for one in self.comments]} if self.comments else {}),
            "figures": self.figures,
            "figures_path": [step.hex() for step in self.figures_path],
            "figures_salt": wire.b64u(self.figures_salt),
            "position": self.position,
            # Left out where it is empty, as it was in version 0.1.0: the digest of what that stored must not change.
            **({"remembered": self.remembered} if self.remembered else {}),
            "slots": [list(slot) for slot in self.slots],
            "slots_path": [step.hex() for step in self.slots_path],
            "slots_salt": wire.b64u(self.slots_salt),
            "unit": self.unit_id,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "FinishedUnit":
        return cls(
            unit_id=value["unit"],
            position=value["position"],
            figures=value["figures"],
            figures_salt=wire.unb64u(value["figures_salt"], HASH_BYTES),
            figures_path=tuple(bytes.fromhex(step) for step in value["figures_path"]),
            slots=tuple((slot, purpose, ciphertext) for slot, purpose, ciphertext in value["slots"]),
            slots_salt=wire.unb64u(value["slots_salt"], HASH_BYTES),
            slots_path=tuple(bytes.fromhex(step) for step in value["slots_path"]),
            remembered=value.get("remembered", {}),
            comments=tuple(Comment(key, text) for key, text in value.get("comments", ())),
        )


@dataclass(frozen=True, slots=True)
class FinishedGroup:
    """A group's part of a release. `figures` is `GroupRelease.to_json()`."""

    node_id: str
    position: int
    figures: dict[str, Any]
    salt: bytes
    path: tuple[bytes, ...]

    @property
    def release(self) -> GroupRelease:
        return GroupRelease.from_json(self.figures)

    def to_json(self) -> dict[str, Any]:
        return {
            "figures": self.figures,
            "group": self.node_id,
            "path": [step.hex() for step in self.path],
            "position": self.position,
            "salt": wire.b64u(self.salt),
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "FinishedGroup":
        return cls(
            node_id=value["group"],
            position=value["position"],
            figures=value["figures"],
            salt=wire.unb64u(value["salt"], HASH_BYTES),
            path=tuple(bytes.fromhex(step) for step in value["path"]),
        )


@dataclass(frozen=True, slots=True)
class Finished:
    """A whole release, ready to be committed."""

    round_id: str
    units: tuple[FinishedUnit, ...]
    groups: tuple[FinishedGroup, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 over the units in the order of their ids, then the groups in theirs, hex."""
        running = hashlib.sha256()
        for unit_part in sorted(self.units, key=lambda part: part.unit_id):
            running.update(hashlib.sha256(wire.canonical(unit_part.to_json())).digest())
        for group_part in sorted(self.groups, key=lambda part: part.node_id):
            running.update(hashlib.sha256(wire.canonical(group_part.to_json())).digest())
        return running.hexdigest()


class OtherReleaseCommitted(Exception):
    """This round has a release with other figures. Nothing was changed, and nothing may be."""


class ReleaseDamaged(Exception):
    """What is stored of this release is not what was committed. Nothing was changed, and it must not be shown."""


def commit(finished: Finished) -> None:
    """Commit the whole release in one transaction, invisible. May be repeated with the same release.

    Raises: OtherReleaseCommitted.
    """
    with transaction.atomic(using="default"):
        present = Release.objects.filter(round_id=finished.round_id).first()
        if present is not None:
            if present.digest != finished.digest:
                raise OtherReleaseCommitted
            return
        Release.objects.create(round_id=finished.round_id, digest=finished.digest)
        ReleasedUnit.objects.bulk_create((_row(finished.round_id, part) for part in finished.units), batch_size=500)
        # Sorted over the whole round: where a row stands says nothing, not even which unit was computed first.
        ReleasedComment.objects.bulk_create(
            sorted(
                (
                    ReleasedComment(key=one.key, round_id=finished.round_id, unit_id=part.unit_id, text=one.text)
                    for part in finished.units
                    for one in part.comments
                ),
                key=lambda row: row.key,
            ),
            batch_size=500,
        )
        ReleasedGroup.objects.bulk_create(
            (
                ReleasedGroup(
                    round_id=finished.round_id,
                    node_id=part.node_id,
                    position=part.position,
                    figures=wire.canonical(part.figures).decode(),
                    salt=part.salt,
                    path=b"".join(part.path),
                )
                for part in finished.groups
            ),
            batch_size=500,
        )


def is_committed(round_id: str) -> bool:
    return Release.objects.filter(round_id=round_id).exists()


def committed_among(round_ids: Collection[str]) -> set[str]:
    """Those of these rounds that have a release, shown or not. At most one query."""
    return set(Release.objects.values_list("round_id", flat=True)) & set(round_ids) if round_ids else set()


def committed(round_id: str, digest: str) -> Finished:
    """What the database now holds, read back from the units and not from what was stored about them.

    Raises: ReleaseDamaged, where that is not the release with this digest.
    """
    try:
        finished = Finished(round_id, tuple(parts(round_id)), tuple(groups(round_id)))
        whole = finished.digest == digest
    except (ValueError, TypeError, KeyError):
        # Altered so that it cannot even be read.
        whole = False
    if not whole:
        raise ReleaseDamaged
    return finished


def discard(round_id: str) -> None:
    """Remove a release that was never shown: its round is void. May be repeated."""
    if is_shown(round_id):
        raise OtherReleaseCommitted
    with transaction.atomic(using="default"):
        ReleasedUnit.objects.filter(round_id=round_id).delete()
        ReleasedGroup.objects.filter(round_id=round_id).delete()
        ReleasedComment.objects.filter(round_id=round_id).delete()
        Release.objects.filter(round_id=round_id).delete()


@dataclass(frozen=True, slots=True)
class Counted:
    """Where a team was counted: round, unit, and on which terms, which are the instrument's version and the rules."""

    round_id: str
    unit_id: str
    terms: str


def show(round_id: str, *, instrument_id: str, counted: Mapping[str, Counted]) -> None:
    """Make the release visible to everybody at once, the last in which these teams (by id) were counted.

    May be repeated.
    """
    with transaction.atomic(using="default"):
        Release.objects.filter(round_id=round_id).update(shown=True)
        LastCounted.objects.bulk_create(
            (
                LastCounted(
                    instrument_id=instrument_id,
                    node_id=node_id,
                    round_id=place.round_id,
                    unit_id=place.unit_id,
                    terms=place.terms,
                )
                for node_id, place in sorted(counted.items())
            ),
            batch_size=500,
            update_conflicts=True,
            unique_fields=["instrument_id", "node_id"],
            update_fields=["round_id", "unit_id", "terms"],
        )


def last_counted(instrument_id: str, node_ids: Collection[str]) -> dict[str, Counted]:
    """Where each of these teams was counted last; teams that never were are left out. A query for each 500."""
    wanted = sorted(node_ids)
    return {
        row.node_id: Counted(row.round_id, row.unit_id, row.terms)
        for start in range(0, len(wanted), 500)
        for row in LastCounted.objects.filter(instrument_id=instrument_id, node_id__in=wanted[start : start + 500])
    }


def remembered(round_of: Mapping[str, str]) -> dict[str, dict[str, Remembered]]:
    """What is remembered of the colours of units (id: round), by statement code. A query for each 500."""
    wanted = sorted(round_of)
    return {
        unit_id: {code: Remembered.from_json(value) for code, value in json.loads(kept).items()}
        for start in range(0, len(wanted), 500)
        for unit_id, kept in _units(round_of, wanted[start : start + 500]).values_list("unit_id", "remembered")
    }


def _units(round_of: Mapping[str, str], unit_ids: Collection[str]) -> QuerySet[ReleasedUnit]:
    """By both, because that is the order of the key."""
    return ReleasedUnit.objects.filter(round_id__in={round_of[unit_id] for unit_id in unit_ids}, unit_id__in=unit_ids)


def is_shown(round_id: str) -> bool:
    return Release.objects.filter(round_id=round_id, shown=True).exists()


def hold(round_id: str) -> None:
    """In the caller's transaction: whoever else holds this release waits until it has ended."""
    Release.objects.select_for_update().filter(round_id=round_id).first()


def shown_without(done: Iterable[str]) -> list[str]:
    """Releases that are shown and not among `done`."""
    return list(Release.objects.filter(shown=True).exclude(round_id__in=list(done)).values_list("round_id", flat=True))


def shown_with_comments(round_ids: Iterable[str]) -> list[str]:
    """Those of these rounds that are shown and have comments still. One query, which reads no comment."""
    comments = ReleasedComment.objects.filter(round_id=OuterRef("round_id"))
    found = Release.objects.filter(Exists(comments), shown=True, round_id__in=list(round_ids))
    return list(found.order_by("round_id").values_list("round_id", flat=True))


def forget_comments(round_id: str) -> int:
    """Delete what was written in a round that is shown; how many texts. Their number and digest stay in the release,
    and without the keys nobody can find out by guessing what was among them."""
    if not is_shown(round_id):
        return 0
    number, _by_model = ReleasedComment.objects.filter(round_id=round_id).delete()
    return number


def unit(round_id: str, unit_id: str) -> FinishedUnit | None:
    """The unit's part of a release that is shown; None while it is not."""
    if not is_shown(round_id):
        return None
    row = ReleasedUnit.objects.filter(round_id=round_id, unit_id=unit_id).first()
    return _part(row) if row else None


def figures_shown(round_of: Mapping[str, str]) -> dict[str, UnitRelease]:
    """What is shown of these units (id: round), at most a few dozen. Two queries."""
    shown = set(Release.objects.filter(round_id__in=round_of.values(), shown=True).values_list("round_id", flat=True))
    wanted = [unit_id for unit_id, round_id in round_of.items() if round_id in shown]
    rows = _units(round_of, wanted).values_list("unit_id", "figures")
    return {unit_id: UnitRelease.from_json(json.loads(figures)) for unit_id, figures in rows}


def parts(round_id: str) -> list[FinishedUnit]:
    """All units' parts of a committed release, in the order of their positions. For closing and its readers."""
    written: dict[str, list[Comment]] = {}
    for one in ReleasedComment.objects.filter(round_id=round_id).order_by("key"):
        written.setdefault(one.unit_id, []).append(Comment(one.key, one.text))
    return [
        replace(_part(row), comments=tuple(written.get(row.unit_id, ())))
        for row in ReleasedUnit.objects.filter(round_id=round_id).order_by("position")
    ]


def comments_shown(round_id: str, unit_id: str) -> list[str]:
    """What the unit's people wrote, in the order that was drawn at the close; empty while nothing is shown."""
    if not is_shown(round_id):
        return []
    rows = ReleasedComment.objects.filter(round_id=round_id, unit_id=unit_id).order_by("key")
    return list(rows.values_list("text", flat=True))


def groups(round_id: str) -> list[FinishedGroup]:
    """All groups' parts of a committed release, each after the group it lies in. For closing."""
    return [_group(row) for row in ReleasedGroup.objects.filter(round_id=round_id).order_by("position")]


def groups_shown(round_id: str, node_ids: Collection[str]) -> dict[str, FinishedGroup]:
    """These groups' parts of a release that is shown; empty while it is not. Two queries."""
    if not is_shown(round_id):
        return {}
    rows = ReleasedGroup.objects.filter(round_id=round_id, node_id__in=list(node_ids))
    return {row.node_id: _group(row) for row in rows}


def _group(row: ReleasedGroup) -> FinishedGroup:
    return FinishedGroup(
        row.node_id, row.position, json.loads(row.figures), bytes(row.salt), split_path(bytes(row.path))
    )


def _row(round_id: str, part: FinishedUnit) -> ReleasedUnit:
    return ReleasedUnit(
        round_id=round_id,
        unit_id=part.unit_id,
        position=part.position,
        figures=wire.canonical(part.figures).decode(),
        figures_salt=part.figures_salt,
        figures_path=b"".join(part.figures_path),
        slots=wire.canonical([list(slot) for slot in part.slots]).decode(),
        slots_salt=part.slots_salt,
        slots_path=b"".join(part.slots_path),
        remembered=wire.canonical(part.remembered).decode(),
    )


def _part(row: ReleasedUnit) -> FinishedUnit:
    return FinishedUnit(
        unit_id=row.unit_id,
        position=row.position,
        figures=json.loads(row.figures),
        figures_salt=bytes(row.figures_salt),
        figures_path=split_path(bytes(row.figures_path)),
        slots=tuple((slot, purpose, ciphertext) for slot, purpose, ciphertext in json.loads(row.slots)),
        slots_salt=bytes(row.slots_salt),
        slots_path=split_path(bytes(row.slots_path)),
        remembered=json.loads(row.remembered),
    )


def split_path(path: bytes) -> tuple[bytes, ...]:
    return tuple(path[start : start + HASH_BYTES] for start in range(0, len(path), HASH_BYTES))
