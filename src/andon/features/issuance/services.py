"""Giving slips: the one place that knows who, and learns nothing of what."""

import contextlib
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connections, transaction

from andon.features.ballots import public as ballots
from andon.features.issuance.models import Generation, IssuedSlip, IssuingRound
from andon.features.publiclog import public as publiclog
from andon.features.rounds import public as rounds
from andon.foundation.people.models import Member
from andon.kernel import credential

ALIAS = "issuance"


@dataclass(frozen=True, slots=True)
class Issued:
    """What the wallet needs to make slips of its blinded values, and to check that they are like everybody's."""

    round_id: str
    count: int
    unit: rounds.UnitView
    evaluations: tuple[tuple[str, bytes], ...]

    def to_json(self, encode: Any) -> dict[str, Any]:
        return {
            "count": self.count,
            "evaluations": [{"purpose": purpose, "value": encode(value)} for purpose, value in self.evaluations],
            "index": self.unit.position,
            "leaf": self.unit.leaf,
            "opening": self.unit.opening,
            "path": [step.hex() for step in self.unit.path],
            "round": self.round_id,
        }


@dataclass(frozen=True, slots=True)
class NoSuchRound:
    """Absent, or not this member's: the two look alike."""


@dataclass(frozen=True, slots=True)
class NotIssuing:
    """The round is over, or the store that knows what was given is not the one the round began with."""


@dataclass(frozen=True, slots=True)
class AlreadyIssued:
    """Another blinded value holds this slip: it was made on another device, and is not made again."""


@dataclass(frozen=True, slots=True)
class NoSuchPurpose:
    pass


IssueOutcome = Issued | NoSuchRound | NotIssuing | AlreadyIssued | NoSuchPurpose


def generation() -> str:
    """The identity of the issuance store, made at the first call."""
    found = Generation.objects.first()
    if found is None:
        with ballots.only_writer(ALIAS, table="issuance_generation"):
            found = Generation.objects.first() or Generation.objects.create()
    return found.id


def wallet_id(member: Member) -> str:
    """A stable name for this member's wallet that says nothing outside this installation."""
    return hmac.new(settings.SECRET_KEY.encode(), b"andon/v1/wallet" + member.id.bytes, hashlib.sha256).hexdigest()[:32]


def issue(*, member: Member, round_id: str, blinded: Sequence[tuple[str, bytes]]) -> IssueOutcome:
    """Evaluate each blinded value, at most one per purpose for this member, ever.

    Guarantees: all or nothing; the same blinded values again give the same slips; that they were given is
    durable before an evaluation leaves. Does not: learn the slip, which is perfectly blinded.
    Raises: credential.BadBlindedValue (nothing was given), ballots.KeyDirectoryMissing.
    """
    ready = _evaluate(member, round_id, blinded)
    if not isinstance(ready, _Ready):
        return ready
    try:
        if len(ready.rows) > 1 or not _keep_fresh([ready]):
            _keep(round_id, ready.rows, ready.generation)
    except _OtherValueHeld:
        return AlreadyIssued()
    except _RoundEnded:
        return NotIssuing()
    return ready.issued


@dataclass(frozen=True, slots=True)
class Asked:
    """What one member asks for."""

    member: Member
    round_id: str
    blinded: Sequence[tuple[str, bytes]]


def issue_together(asked: Sequence[Asked]) -> list[Issued | None]:
    """As `issue` for many, all with one commit.

    Guarantees: as `issue` for everybody who is given something. None stands for one that `issue` has to be asked for:
    it is refused, or is not the first with its blinded values, or the group as a whole could not be kept.
    Does not: hold the storage while values are evaluated.
    """
    prepared = [_plainly_ready(one) for one in asked]
    # A row that two of the group ask for belongs to the first; the second is told what it then finds.
    seen: set[bytes] = set()
    for number, ready in enumerate(prepared):
        if ready is None:
            continue
        row_keys = {row_key for row_key, _value in ready.rows}
        if row_keys & seen:
            prepared[number] = None
        seen |= row_keys
    try:
        kept = _keep_fresh([ready for ready in prepared if ready is not None])
    except (DatabaseError, _OtherValueHeld):
        # Nothing of the group was kept. Whoever is not to blame is given their slip when asked for alone.
        kept = set()
    return [ready.issued if ready is not None and ready.rows[0][0] in kept else None for ready in prepared]


def _plainly_ready(one: Asked) -> "_Ready | None":
    try:
        ready = _evaluate(one.member, one.round_id, one.blinded)
    except (credential.BadBlindedValue, ballots.KeyDirectoryMissing, DatabaseError, OSError):
        return None
    return ready if isinstance(ready, _Ready) else None


@dataclass(frozen=True, slots=True)
class _Ready:
    """Evaluated, and to be kept from everybody until its rows are durable."""

    issued: Issued
    generation: str
    rows: Sequence[tuple[bytes, bytes]]


def _evaluate(
    member: Member, round_id: str, blinded: Sequence[tuple[str, bytes]]
) -> "_Ready | NoSuchRound | NotIssuing | NoSuchPurpose":
    seat = rounds.seat_of(member, round_id)
    if seat is None:
        return NoSuchRound()
    unit = seat.unit
    if not seat.is_issuing:
        ballots.evaluation_keys.forget(round_id)
        return NotIssuing()
    published = _published(round_id)
    if published is None:
        return NotIssuing()
    if not {purpose for purpose, _value in blinded} <= set(unit.leaf["keys"]):
        return NoSuchPurpose()
    try:
        issuance_key = ballots.key_directory().read(ballots.KeyKind.ISSUANCE, round_id)
        evaluations = [
            (purpose, ballots.evaluation_keys.get(round_id, unit.id, purpose).evaluate(value))
            for purpose, value in blinded
        ]
    except ballots.KeyGone:
        return NotIssuing()
    rows = [
        (credential.issuance_row_key(issuance_key, member_id=member.key, purpose=purpose), value)
        for purpose, value in blinded
    ]
    return _Ready(Issued(round_id, published.units, unit, tuple(evaluations)), published.generation, rows)


@dataclass(frozen=True, slots=True)
class _Published:
    """What every slip of a round needs of its manifest."""

    generation: str
    units: int


# A manifest never changes once it is in the log, so what was read of it may be kept.
_manifests: dict[str, _Published] = {}
_MOST_MANIFESTS = 1_000


def _published(round_id: str) -> _Published | None:
    known = _manifests.get(round_id)
    if known is None:
        manifest = publiclog.find("manifest", round_id)
        if manifest is None:
            return None
        known = _Published(manifest.body["generations"]["issuance"], manifest.body["units"]["count"])
        if len(_manifests) >= _MOST_MANIFESTS:
            _manifests.clear()
        _manifests[round_id] = known
    return known


def _stored_generation() -> str | None:
    # Asked each time: the store may be exchanged under a running process.
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT id FROM issuance_generation")
        row = cursor.fetchone()
    return row[0] if row else None


_INSERT = """
INSERT INTO issuance_issuedslip (row_key, round_id, blinded_sha256) VALUES (%s, %s, %s)
ON CONFLICT (row_key) DO NOTHING
"""


class _OtherValueHeld(Exception):
    pass


class _RoundEnded(Exception):
    """The rows of this round were deleted; one that came now would never be. Or this is not the store they were in."""


# What is nearly always true in one statement: the round has slips and has not ended, and this one is fresh. A whole
# group is one statement, hence one commit.
_INSERT_FRESH = """
INSERT INTO issuance_issuedslip (row_key, round_id, blinded_sha256)
SELECT column1, column2, column3
FROM (VALUES {rows}) AS asked JOIN issuance_issuinground AS issuing ON issuing.round_id = column2
WHERE NOT ended AND EXISTS (SELECT 1 FROM issuance_generation WHERE id = column4) {lock}
ON CONFLICT (row_key) DO NOTHING
RETURNING row_key
"""
_ROW = "(%s, %s, %s, %s)"


def _keep_fresh(group: Sequence[_Ready]) -> set[bytes]:
    """Keep the rows of all of the group that are fresh, and tell which: of each either all or none.

    Raises: _OtherValueHeld where some rows of one are fresh and others not; then nothing was kept.
    """
    values: list[Any] = []
    for ready in group:
        for row_key, value in ready.rows:
            values += (row_key, ready.issued.round_id, hashlib.sha256(value).digest(), ready.generation)
    if not values:
        return set()
    connection = connections[ALIAS]
    # Shared with others who ask for slips, exclusive against closing; SQLite's transaction is exclusive anyway.
    lock = "FOR SHARE OF issuing" if connection.vendor == "postgresql" else ""
    statement = _INSERT_FRESH.format(rows=", ".join([_ROW] * (len(values) // 4)), lock=lock)
    # A statement of its own is a transaction of its own; on SQLite it ends when its last row was read.
    plain = all(len(ready.rows) == 1 for ready in group)
    with contextlib.nullcontext() if plain else transaction.atomic(using=ALIAS), connection.cursor() as cursor:
        cursor.execute(statement, values)
        kept = {bytes(row_key) for (row_key,) in cursor.fetchall()}
        for ready in group:
            if len({row_key in kept for row_key, _value in ready.rows}) != 1:
                raise _OtherValueHeld
    return kept


def _keep(round_id: str, rows: Sequence[tuple[bytes, bytes]], generation_then: str) -> None:
    """Make every row ours: fresh, or there before with the same blinded value. All or nothing.

    Raises: _OtherValueHeld, _RoundEnded.
    """
    connection = connections[ALIAS]
    # Shared with others who ask for slips, exclusive against closing; SQLite's transaction is exclusive anyway.
    lock = " FOR SHARE" if connection.vendor == "postgresql" else ""
    with transaction.atomic(using=ALIAS), connection.cursor() as cursor:
        if _stored_generation() != generation_then:
            raise _RoundEnded
        _check_not_ended(cursor, round_id, lock)
        for row_key, value in rows:
            digest = hashlib.sha256(value).digest()
            cursor.execute(_INSERT, [row_key, round_id, digest])
            if cursor.rowcount == 1:
                continue
            cursor.execute("SELECT blinded_sha256 FROM issuance_issuedslip WHERE row_key = %s", [row_key])
            if bytes(cursor.fetchone()[0]) != digest:
                raise _OtherValueHeld


def _check_not_ended(cursor: Any, round_id: str, lock: str) -> None:
    for _again in range(2):
        cursor.execute(f"SELECT ended FROM issuance_issuinground WHERE round_id = %s{lock}", [round_id])  # noqa: S608
        row = cursor.fetchone()
        if row is not None:
            if row[0]:
                raise _RoundEnded
            return
        # The first slip of the round.
        cursor.execute(
            "INSERT INTO issuance_issuinground (round_id, ended) VALUES (%s, %s) ON CONFLICT (round_id) DO NOTHING",
            [round_id, False],
        )


def issued_in(*, member: Member, purposes: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """By round, for which of its purposes this member was given a slip. One query for all of them.

    A round whose issuance key is gone has none: nobody can tell any more.
    """
    row_keys: dict[bytes, tuple[str, str]] = {}
    for round_id in purposes:
        with contextlib.suppress(ballots.KeyGone):
            key = ballots.key_directory().read(ballots.KeyKind.ISSUANCE, round_id)
            for purpose in purposes[round_id]:
                row_key = credential.issuance_row_key(key, member_id=member.key, purpose=purpose)
                row_keys[row_key] = (round_id, purpose)
    held = IssuedSlip.objects.filter(row_key__in=list(row_keys)).values_list("row_key", flat=True)
    given = {row_keys[bytes(row_key)] for row_key in held}
    return {
        round_id: tuple(purpose for purpose in asked if (round_id, purpose) in given)
        for round_id, asked in purposes.items()
    }


def delete_issuance(round_id: str) -> None:
    """Forget what was given in this round, and give nothing more. May be repeated."""
    with transaction.atomic(using=ALIAS):
        # Waits until everybody who was just being given a slip has it: their row is then deleted with the others.
        IssuingRound.objects.update_or_create(round_id=round_id, defaults={"ended": True})
        IssuedSlip.objects.filter(round_id=round_id).delete()


def compact() -> None:
    """Rewrite the store so that deleted rows are gone from its files. Raises: ballots.StorageBusy."""
    ballots.rewrite_sorted(ALIAS, table="issuance_issuedslip", order="row_key")
