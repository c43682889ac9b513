"""Releases that people saw and this database knows nothing of, after a restore from an older backup.

The public log holds them as `released`, without a moment and without who was asked. So nobody is asked for the rest,
and what could follow on them is not shown: see `closing.history` and docs/protocol/disclosure.md, section 5.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from andon.features.publiclog import public as publiclog
from andon.features.releases import public as releases
from andon.features.rounds.models import Ending, RoundUnit
from andon.foundation.audit import public as audit
from andon.kernel import manifest


def lost_before() -> datetime | None:
    """A moment before which releases were shown that are lost; None where none is. Two queries, four where one is.

    It is that of the newest restore, which is later than any of them: entries of the log have no time. Where there was
    no restore, the database is an older copy, and the latest planned close stands for it.
    """
    lost = publiclog.round_ids("released")
    lost -= releases.committed_among(lost)
    if not lost:
        return None
    closes = [one.body["closes_at"] for one in publiclog.manifests() if one.body["round"] in lost]
    return audit.newest("backup.restored") or max(map(manifest.read_time, closes), default=None)


def asked_since(
    known: Collection[str], *, instrument_id: str, since: datetime
) -> dict[str, list[tuple[str, ...] | None]]:
    """What was asked of units (`known_by`) in each of their released rounds that ended after `since`: the codes of a
    window that came up before its end, None for whatever a round asked all at once. A query for each five hundred. For
    `closing`."""
    found: dict[str, list[tuple[str, ...] | None]] = defaultdict(list)
    wanted = sorted(known)
    for start in range(0, len(wanted), 500):
        rows = RoundUnit.objects.filter(
            known_by__in=wanted[start : start + 500],
            round__instrument_id=instrument_id,
            round__ending__kind=Ending.Kind.CLOSED,
            round__ending__at__gt=since,
        ).values_list("known_by", "round__questions", "round__ending__at")
        for one, questions, ended_at in rows:
            asked = [question["code"] for question in questions if manifest.read_time(question["from"]) < ended_at]
            found[one].append(tuple(asked) if questions else None)
    return dict(found)
