"""Planning, publishing and opening a round.

A round is published in steps, each of which may be repeated: plan (one transaction), keys on the disk, box and
files, the manifest in the public log, and last the record that says so. A process that is killed between two
steps leaves a round that the worker finishes.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from andon.features.ballots import public as ballots
from andon.features.instruments import public as instruments
from andon.features.publiclog import public as publiclog
from andon.features.rounds import choices, lost, signing, windows
from andon.features.rounds.models import (
    CloseRequest,
    Ending,
    NotAsked,
    Opening,
    Publication,
    RosterEntry,
    Round,
    RoundGroup,
    RoundUnit,
    known_by,
    random_id,
)
from andon.foundation.audit import public as audit
from andon.foundation.organisation import public as organisation
from andon.foundation.organisation.models import Organisation
from andon.kernel import disclosure, manifest, wire
from andon.kernel.ballot import box_public_key
from andon.kernel.credential import EvaluationKey

FARTHEST_OPENING = timedelta(days=6)
SHORTEST = timedelta(minutes=5)
LONGEST = timedelta(days=60)
# Identical statements come at least this far apart for one person.
REST = timedelta(days=28)
PURPOSES = ("ballot",)
OWN_ALL_AT_ONCE = gettext_lazy(
    "A questionnaire of your own is asked all at once: asked one by one, two statements that mean the same could give "
    "away who answered what."
)


class RoundRefused(Exception):
    """The round cannot be opened like this. Nothing was changed. The text is for the person who asked."""


class NobodyToAsk(RoundRefused):
    def __init__(self) -> None:
        super().__init__(_("There are fewer than five people here, too few for any figure. Nothing was opened."))


class BadDates(RoundRefused):
    pass


class NoCommentsInWindows(RoundRefused):
    def __init__(self) -> None:
        super().__init__(
            _(
                "Comments belong to rounds that are asked all at once: over several weeks, who writes when could be "
                "seen. Nothing was opened."
            )
        )


class NoCommentsHere(RoundRefused):
    def __init__(self) -> None:
        super().__init__(_("No round of this organisation asks for comments any more. Nothing was opened."))


class NotOnOffer(RoundRefused):
    def __init__(self) -> None:
        super().__init__(
            _(
                "This questionnaire is not offered for rounds: a steward took it off, or has not confirmed yet that it "
                "may be asked. Nothing was opened."
            )
        )


class TooManyStatements(RoundRefused):
    def __init__(self) -> None:
        super().__init__(
            _(
                "This questionnaire has more statements than fit into eight weeks like this. Nothing was opened. "
                "Ask it all at once, or choose another one."
            )
        )


class AskedAlready(RoundRefused):
    def __init__(self) -> None:
        super().__init__(
            _(
                "Somebody on this roster is being asked these statements now, or was within the last 28 days. "
                "No other round was opened. If you have just published one, it stands under Rounds. "
                "Otherwise wait, or choose another team."
            )
        )


class AskedByAnother(RoundRefused):
    def __init__(self) -> None:
        super().__init__(
            _(
                "Somebody on this roster is being asked by another questionnaire, or was within the last 28 days. One "
                "of the two is your own and may say the same in other words: whoever compared them could find out who "
                "answered what. No round was opened. Wait, or choose another team."
            )
        )


class SeenAndLost(RoundRefused):
    def __init__(self) -> None:
        super().__init__(
            _(
                "This service was restored from a backup that is older than the result of a round. People saw that "
                "result, and who was asked in it is not known any more. For 28 days after the restore nobody is asked. "
                "No round was opened. Wait."
            )
        )


class OwnInWindow(RoundRefused):
    def __init__(self) -> None:
        super().__init__(f"{OWN_ALL_AT_ONCE} {_('Nothing was opened.')}")


@dataclass(frozen=True, slots=True)
class Plan:
    """Who would be asked in which unit, and who would not."""

    units: tuple[disclosure.Unit, ...]
    labels: dict[str, str]
    not_asked: tuple[disclosure.NotAsked, ...]
    # Every node of the round's tree: its parent and its name.
    parents: dict[str, str | None]
    names: dict[str, str]


def plan_round(*, node_id: str, on: date) -> Plan:
    """The units that the rosters of this day would give. Depends on rosters alone."""
    tree = organisation.tree(root_id=node_id, on=on)
    plan = disclosure.units_from_rosters(
        [
            disclosure.Node(node.id, node.parent_id, node.name, tuple(member for member, _label in node.members))
            for node in tree
        ]
    )
    labels = {member: label for node in tree for member, label in node.members}
    return Plan(
        plan.units,
        labels,
        plan.not_asked,
        {node.id: node.parent_id for node in tree},
        {node.id: node.name for node in tree},
    )


@dataclass(frozen=True, slots=True)
class Outline:
    """The units that a plan would have, by teams and sizes: what a look needs, without reading all the people."""

    plan: disclosure.SizedPlan
    asked: int


_outlines: organisation.Memory[Outline] = organisation.Memory(most=4)


def outline_round(*, node_id: str, on: date) -> Outline:
    """The units of `plan_round`, of which nobody's name is read. The same rule, which looks at sizes alone.

    For looking only: it may be remembered from an earlier look. What is published is `plan_round`, which never is.
    """
    return _outlines.get((node_id, on), lambda: _outline(node_id, on))


def _outline(node_id: str, on: date) -> Outline:
    nodes = organisation.sizes(root_id=node_id, on=on)
    plan = disclosure.units_from_sizes(nodes)
    return Outline(plan, sum(node.size for node in nodes) - plan.not_asked_size)


def publish_round(
    *,
    node_id: str,
    instrument_id: str,
    opens_at: datetime,
    closes_at: datetime | None,
    by: object | None,
    at: datetime,
    kind: str = Round.Kind.FULL,
    early_close: bool = True,
    asks_comments: bool = False,
    replaces: str = "",
    also: Callable[[str], None] | None = None,
) -> Round:
    """Fix the roster, make the keys and publish the manifest.

    `kind`: all at once, or a window that asks a question a day or a week. When a window closes follows from its
    questions, whatever `closes_at` says.
    `asks_comments`: whether units of eight and more may add comments to a round that is asked all at once.
    `replaces`: a round that is withdrawn in the same transaction; see `renewal.renew_round`, which holds its lock.
    `also(round_id)`: what else is written in the transaction that plans the round, and with it or not at all.

    Guarantees: either nothing happened (RoundRefused), or the round is published, or it will be: a killed
    publication is finished by the worker with the same roster and the same keys.
    Raises: RoundRefused, instruments.UnknownInstrument, signing.StewardKeyMissing, ballots.KeyDirectoryMissing,
    ballots.BundleNotBuilt.
    """
    signing.check_key(_organisation().steward_public_key, opens_at=opens_at)
    ballots.key_directory().check()
    # Before anything is planned: a plan that cannot be published would stay for ever.
    ballots.installed_bundle()
    if asks_comments and kind != Round.Kind.FULL:
        raise NoCommentsInWindows
    if asks_comments and not choices.may_ask_for_comments():
        raise NoCommentsHere
    opens_at = opens_at.replace(microsecond=0)
    _check_opening(opens_at, at)
    instrument = instruments.load(instrument_id)
    if instrument not in instruments.on_offer():
        raise NotOnOffer
    if kind != Round.Kind.FULL and instrument.id.startswith(instruments.OWN):
        raise OwnInWindow
    plan = plan_round(node_id=node_id, on=organisation.today(at))
    if not plan.units:
        raise NobodyToAsk
    with transaction.atomic(using="default"):
        _plan_alone()
        if replaces:
            _withdraw(replaces, by=by, at=at)
        window = plan_window(kind, instrument, node_id=node_id, opens_at=opens_at)
        closes_at = _closing(opens_at, window.closes_at if window else closes_at)
        _check_rests(lambda: plan, instrument.id, at, opens_at if window else None)
        grouping, units = _grouped(plan)
        policy = replace(_as_strict_as_before(choices.policy(early_close=early_close)), depth=grouping.depth)
        published = Round.objects.create(
            node_id=node_id,
            instrument_id=instrument.id,
            instrument_version=instrument.version,
            kind=kind,
            policy=policy.to_json(),
            questions=_questions(window),
            asks_comments=asks_comments,
            opens_at=opens_at,
            closes_at=closes_at,
            by_id=getattr(by, "pk", None),
            at=at,
        )
        _fix_roster(published, plan, units, grouping)
        audit.record(
            kind="round.planned",
            by=by,
            at=at,
            subject=in_words(published),
            round=published.id,
            instrument=f"{instrument.id} {instrument.version}",
        )
        if also is not None:
            also(published.id)
    finish_publication(round_id=published.id, at=at)
    published.refresh_from_db()
    return published


# An arbitrary number that names this lock among PostgreSQL's advisory locks ("andonpln" as a number).
_PLAN_LOCK = 0x616E646F6E706C6E


def _plan_alone() -> None:
    """Until the end of the transaction nobody else plans: two at once would each not see the other's roster."""
    connection = connections["default"]
    # SQLite's transaction keeps every other writer out anyway.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_PLAN_LOCK])


def ballots_for_comments() -> int:
    """How many ballots of a unit would open its comments in a round that is published now."""
    return disclosure.ballots_for_comments(_as_strict_as_before(choices.policy(early_close=True)).least_ballots)


def _as_strict_as_before(wanted: disclosure.Policy) -> disclosure.Policy:
    """The wanted policy with every part that an earlier round was stricter in: what was promised once stays promised.

    Reference: docs/protocol/disclosure.md, section 4.
    """
    for earlier in map(disclosure.Policy.from_json, Round.objects.values_list("policy", flat=True)):
        if not wanted.tightens(earlier):
            wanted = disclosure.Policy(
                least_ballots=max(wanted.least_ballots, earlier.least_ballots),
                early_close=wanted.early_close and earlier.early_close,
            )
    return wanted


def plan_window(
    kind: str, instrument: instruments.Instrument, *, node_id: str, opens_at: datetime
) -> windows.Window | None:
    """The questions of a window and its close; None for a round that is asked at once. The order is drawn each time.

    Raises: TooManyStatements.
    """
    if kind == Round.Kind.FULL:
        return None
    zone, random = organisation.zone(), secrets.SystemRandom()
    try:
        if kind == Round.Kind.DAILY:
            is_free = windows.days_off()
            return windows.plan_daily(instrument.codes, opens_at=opens_at, zone=zone, is_free=is_free, random=random)
        codes = windows.statements_of_turn(instrument, _asked_last(node_id, instrument))
        return windows.plan_weekly(codes, opens_at=opens_at, zone=zone, random=random)
    except windows.DoesNotFit:
        raise TooManyStatements from None


def _asked_last(node_id: str, instrument: instruments.Instrument) -> list[str]:
    """What the last weekly window of this node asked, of the same version; without a result it counts for nothing."""
    earlier = (
        Round.objects.filter(
            node_id=node_id,
            kind=Round.Kind.WEEKLY,
            instrument_id=instrument.id,
            instrument_version=instrument.version,
        )
        .exclude(ending__kind=Ending.Kind.VOID)
        .select_related("close_request", "opening")
        .order_by("-opens_at")
    )
    last = next((row for row in earlier if not is_withdrawn(row)), None)
    return [question["code"] for question in last.questions] if last else []


def _questions(window: windows.Window | None) -> list[dict[str, str]]:
    return [
        {"code": question.code, "from": wire.utc_text(question.asked_from)}
        for question in (window.questions if window else ())
    ]


def _check_opening(opens_at: datetime, at: datetime) -> None:
    if opens_at < at - timedelta(minutes=1):
        raise BadDates(_("A round cannot open in the past. Nothing was opened."))
    if opens_at - at > FARTHEST_OPENING:
        raise BadDates(_("A round is published at most six days before it opens. Nothing was opened."))
    if opens_at - at < choices.notice() - timedelta(minutes=1):
        raise BadDates(
            _("Rounds are published at least %(days)d days before they open here. Nothing was opened.")
            % {"days": choices.notice().days}
        )


def _closing(opens_at: datetime, closes_at: datetime | None) -> datetime:
    """When the round closes, to the second. Raises: BadDates."""
    if closes_at is None or closes_at - opens_at < SHORTEST:
        raise BadDates(_("A round stays open for at least five minutes. Nothing was opened."))
    if closes_at - opens_at > LONGEST:
        raise BadDates(_("A round stays open for at most 60 days. Nothing was opened."))
    return closes_at.replace(microsecond=0)


def _withdraw(round_id: str, *, by: object | None, at: datetime) -> None:
    """Note that the round is to end before it opens. The worker says so in the log and destroys its keys."""
    withdrawn = Round.objects.select_related("node").get(pk=round_id)
    CloseRequest.objects.create(round=withdrawn, by_id=getattr(by, "pk", None), at=at, early=False)
    audit.record(kind="round.withdrawn", by=by, at=at, subject=in_words(withdrawn), round=round_id)


def check_rests(node_id: str, instrument_id: str, *, at: datetime, window_from: datetime | None) -> None:
    """What publishing would refuse because of who was asked lately, for a look at who would be asked. The people are
    read only where a round is in the way at all.

    Raises: SeenAndLost, AskedAlready, AskedByAnother.
    """

    def plan() -> Plan:
        return plan_round(node_id=node_id, on=organisation.today(at))

    _check_rests(plan, instrument_id, at, window_from)


def _check_rests(plan: Callable[[], Plan], instrument_id: str, at: datetime, window_from: datetime | None) -> None:
    """`window_from`: when the round that is planned opens, where it is a window.

    What a questionnaire of one's own says in other words nobody can compare, so it and any other rest for each other:
    whoever answered only one of the two, or joined between them, would be the difference of two sums.
    """
    _check_nothing_was_lost(at)
    lately = [
        (AskedAlready, _asked_lately(instrument_id, at, window_from)),
        (AskedByAnother, _asked_otherwise(instrument_id, at)),
    ]
    if not any(recent for _refused, recent in lately):
        return
    people = {member for unit in plan().units for member in unit.members}
    for refused, recent in lately:
        asked = RosterEntry.objects.filter(round_id__in=recent).values_list("member_id", flat=True)
        if recent and not people.isdisjoint(member.hex for member in asked):
            raise refused


def _check_nothing_was_lost(at: datetime) -> None:
    """Raises: SeenAndLost, where a release that people saw within the rest is in the public log alone."""
    since = lost.lost_before()
    if since is not None and at < since + REST:
        raise SeenAndLost


def _asked_lately(instrument_id: str, at: datetime, window_from: datetime | None) -> list[str]:
    """The rounds that ask the same statements at this time, or did within the rest."""
    return _in_the_way(Round.objects.filter(instrument_id=instrument_id), at, window_from)


def _asked_otherwise(instrument_id: str, at: datetime) -> list[str]:
    """The rounds of now and of within the rest by other questionnaires, of which one or this one is somebody's own."""
    others = Round.objects.exclude(instrument_id=instrument_id)
    if not instrument_id.startswith(instruments.OWN):
        others = others.filter(instrument_id__startswith=instruments.OWN)
    return _in_the_way(others, at, None)


def _in_the_way(rounds: QuerySet[Round], at: datetime, window_from: datetime | None) -> list[str]:
    rows = rounds.select_related("ending", "close_request", "opening")
    return [row.pk for row in rows if not is_withdrawn(row) and _is_in_the_way(row, at, window_from)]


def _is_in_the_way(row: Round, at: datetime, window_from: datetime | None) -> bool:
    ending = getattr(row, "ending", None)
    if ending is not None and ending.kind != Ending.Kind.CLOSED:
        return False
    if window_from is not None and row.questions:
        # One window after the other: each statement once in each, and the openings four weeks apart, by days.
        is_open_then = ending is None and row.closes_at > window_from
        return is_open_then or window_from - row.opens_at < REST - timedelta(days=1)
    return ending is None or bool(ending.at > at - REST)


def rests_until(node_id: str, instrument_id: str) -> datetime | None:
    """From when on a round by this instrument may follow those that were asked of a node above or below, or of this
    one, as far as is known now: of one that is not over, the planned close counts. None where there was none. Two
    queries.

    Does not: look at people; a round is refused where somebody of its roster rests.
    """
    line = [step.id for step in organisation.paths_of([node_id])[node_id]]
    rows = Round.objects.filter(
        Q(node_id__in=line) | Q(node_id__in=organisation.below_any([node_id])), instrument_id=instrument_id
    ).select_related("ending", "close_request", "opening")
    ends = []
    for row in rows:
        ending = getattr(row, "ending", None)
        if not is_withdrawn(row) and (ending is None or ending.kind == Ending.Kind.CLOSED):
            ends.append(ending.at if ending else row.closes_at)
    return max(ends) + REST if ends else None


def is_withdrawn(row: Round) -> bool:
    """A round that is to be closed and was never open: it never will be, and asks nobody."""
    return hasattr(row, "close_request") and not hasattr(row, "opening")


def _grouped(plan: Plan) -> tuple[disclosure.Grouping, dict[str, disclosure.Unit]]:
    """The groups above the plan's units, which get their random ids here."""
    units = {random_id(): planned for planned in plan.units}
    places = (disclosure.UnitPlace(key, unit.node_ids, len(unit.members)) for key, unit in units.items())
    return disclosure.groups_above(plan.parents, places), units


def keep_groups(published: Round, grouping: disclosure.Grouping, names: Mapping[str, str]) -> None:
    """Write down the groups above the round's units, in the caller's transaction."""
    above: dict[str, list[str]] = {}
    for group in grouping.groups:
        above[group.id] = [*above[group.parent_id], group.parent_id] if group.parent_id else []
    RoundGroup.objects.bulk_create(
        (
            RoundGroup(
                round=published,
                node_id=group.id,
                parent_node=group.parent_id or "",
                above=above[group.id],
                name=names[group.id],
                people=group.people,
                units=group.units,
                position=position,
            )
            for position, group in enumerate(grouping.groups)
        ),
        batch_size=500,
    )


def _fix_roster(
    published: Round, plan: Plan, planned_units: dict[str, disclosure.Unit], grouping: disclosure.Grouping
) -> None:
    units: list[RoundUnit] = []
    entries: list[RosterEntry] = []
    for unit_id, planned in planned_units.items():
        seats = {
            member: manifest.Seat.of(plan.labels[member], secrets.token_bytes(manifest.SEAT_SALT_BYTES))
            for member in planned.members
        }
        unit = RoundUnit(
            id=unit_id,
            group_node=grouping.home.get(unit_id, ""),
            round=published,
            name=planned.name,
            node_ids=list(planned.node_ids),
            known_by=known_by(planned.node_ids),
            members=[seat.to_wire() for seat in sorted(seats.values(), key=lambda seat: seat.hash)],
            size=len(seats),
            salt=secrets.token_bytes(manifest.SALT_BYTES),
        )
        units.append(unit)
        entries.extend(
            RosterEntry(round=published, unit=unit, member_id=member, seat=seat.hash) for member, seat in seats.items()
        )
    RoundUnit.objects.bulk_create(units, batch_size=500)
    RosterEntry.objects.bulk_create(entries, batch_size=1_000)
    keep_groups(published, grouping, plan.names)
    NotAsked.objects.bulk_create(
        [NotAsked(round=published, member_id=left.member, reason=left.reason.value) for left in plan.not_asked],
        batch_size=1_000,
    )


def finish_publication(*, round_id: str, at: datetime) -> None:
    """Do what is left of a publication. May be repeated, also at the same time by two processes.

    Raises: ballots.KeyDirectoryMissing, signing.StewardKeyMissing, publiclog.LogLost: the worker tries again.
    """
    keys = ballots.key_directory()
    with keys.alone(round_id):
        published = Round.objects.get(pk=round_id)
        if Publication.objects.filter(round_id=round_id).exists() or hasattr(published, "ending"):
            return
        # What stands in the log is what everybody was shown: nothing that it binds is made a second time.
        entry = publiclog.find("manifest", round_id) or _append_manifest(published, keys)
        Publication.objects.get_or_create(
            round_id=round_id,
            defaults={"at": at, "log_index": entry.index, "fingerprint": manifest.fingerprint(entry.body)},
        )


def _append_manifest(published: Round, keys: ballots.KeyDirectory) -> publiclog.Entry:
    keys.create(published.pk)
    seed = keys.read(ballots.KeyKind.SEED, published.pk)
    box_key = keys.read(ballots.KeyKind.BOX, published.pk)
    ballots.prepare_box(published.pk)
    leaves = _fix_leaves(published, seed)
    body = _manifest_body(published, leaves, box_public_key(box_key))
    begin_log()
    return publiclog.append(
        "manifest", round_id=published.pk, body=signing.signed("manifest", body, opens_at=published.opens_at)
    )


_generation_of_issuance: list[Callable[[], str]] = []


def register_issuance_generation(generation: Callable[[], str]) -> None:
    """`issuance` stands above this feature and tells the identity of its store through this port."""
    _generation_of_issuance[:] = [generation]


def _issuance_generation() -> str:
    return _generation_of_issuance[0]()


def _organisation() -> Organisation:
    here = organisation.current()
    if here is None:
        raise RoundRefused(_("There is no organisation yet. Import people or run the set-up first."))
    return here


def begin_log(*, key_file: Path | None = None) -> None:
    """The first entry of the log names the organisation and the steward's key. May be repeated.

    Raises: publiclog.LogLost, where rounds were published before and the log is empty now.
    """
    here = _organisation()
    body = {"andon": "v1", "organisation": here.id, "steward_key": here.steward_public_key}
    if publiclog.find("genesis", "") is None:
        if Publication.objects.exists():
            raise publiclog.LogLost
        publiclog.append("genesis", body=signing.signed_by_steward("genesis", body, key_file=key_file))


def purposes_of(row: Round) -> tuple[str, ...]:
    """What slips of this round are for: one ballot, or one for each question of a window; and comments, where asked."""
    if row.questions:
        return tuple(f"ballot/{question['code']}" for question in row.questions)
    return (*PURPOSES, wire.COMMENT) if row.asks_comments else PURPOSES


def _purposes_in(row: Round, unit: RoundUnit) -> tuple[str, ...]:
    """Those that this unit has keys for: a small one has none for comments, so that nobody can hand one in."""
    return tuple(
        purpose
        for purpose in purposes_of(row)
        if purpose != wire.COMMENT or disclosure.may_comment(unit.size, least_ballots=row.policy["least_ballots"])
    )


def _fix_leaves(published: Round, seed: bytes) -> list[bytes]:
    units = list(published.units.order_by("id"))
    leaves = []
    for unit in units:
        keys = {
            purpose: EvaluationKey.derive(seed, round_id=published.pk, unit_id=unit.pk, purpose=purpose).public_key
            for purpose in _purposes_in(published, unit)
        }
        opening = {"members": unit.members, "name": unit.name, "salt": wire.b64u(bytes(unit.salt))}
        roster = manifest.parse_opening(opening).commitment()
        leaf = wire.canonical(manifest.unit_leaf(unit.pk, keys, roster))
        unit.leaf = leaf.decode()
        leaves.append(leaf)
    for position, (unit, path) in enumerate(zip(units, manifest.inclusion_paths(leaves), strict=True)):
        unit.position = position
        unit.path = b"".join(path)
    RoundUnit.objects.bulk_update(units, ["leaf", "position", "path"], batch_size=500)
    return leaves


def _manifest_body(published: Round, leaves: list[bytes], box_key: bytes) -> Callable[[str], dict[str, Any]]:
    instrument = instruments.load(published.instrument_id, published.instrument_version)
    instrument_hash = publiclog.put_blob(wire.canonical(instrument.to_json()), media_type="application/json")
    bundle = {
        file.name: publiclog.put_blob(file.content, media_type=file.media_type)
        for file in ballots.installed_bundle().values()
    }
    root = manifest.merkle_root(leaves).hex()
    generations = {"ballots": ballots.generation(), "issuance": _issuance_generation()}

    def body(previous: str) -> dict[str, Any]:
        return {
            "andon": "v1",
            "box_key": wire.b64u(box_key),
            "bundle": bundle,
            "closes_at": wire.utc_text(published.closes_at),
            "generations": generations,
            "instrument": {"id": instrument.id, "sha256": instrument_hash, "version": instrument.version},
            "kind": published.kind,
            "opens_at": wire.utc_text(published.opens_at),
            "policy": published.policy,
            "previous": previous,
            "purposes": list(purposes_of(published)),
            **({"questions": published.questions} if published.questions else {}),
            "round": published.pk,
            "units": {"count": len(leaves), "root": root},
        }

    return body


def keep_published_files_again() -> None:
    """After a restore: put back what manifests name and this installation can make again. May be repeated.

    Guarantees: nothing is kept under a name of the log but the very bytes of that hash.
    Does not: make statements again that an organisation brought after the backup, nor pages of another version.
    """
    for published in publiclog.manifests():
        round_id, named = str(published.body["round"]), published.body["instrument"]
        with suppress(instruments.UnknownInstrument):
            statements = wire.canonical(instruments.load(named["id"], named["version"]).to_json())
            if wire.sha256_hex(statements) == named["sha256"]:
                publiclog.put_blob(statements, media_type="application/json")
        replaced = publiclog.find("bundle", round_id)
        for names in (published.body["bundle"], replaced.body["files"] if replaced else {}):
            for file in ballots.installed_bundle().values():
                if names.get(file.name) == file.sha256:
                    publiclog.put_blob(file.content, media_type=file.media_type)


def in_words(row: Round) -> str:
    """How a round is called where there is no room for more: the node and the day it opens."""
    return f"{row.node.name}, {timezone.localtime(row.opens_at, organisation.zone()):%Y-%m-%d}"


def open_round(*, round_id: str, at: datetime) -> None:
    """From now on ballots are taken. May be repeated; a round that has ended stays ended.

    Raises: ballots.KeyDirectoryMissing: without the round's keys no ballot could be checked.
    """
    with ballots.key_directory().alone(round_id):
        opening = Round.objects.get(pk=round_id)
        if not Publication.objects.filter(round_id=round_id).exists() or hasattr(opening, "ending"):
            return
        # Withdrawn before it opened: it never does.
        if is_withdrawn(opening):
            return
        publiclog.append("opened", round_id=round_id, body={"round": round_id})
        ballots.open_box(round_id)
        Opening.objects.get_or_create(round_id=round_id, defaults={"at": at})


@dataclass(frozen=True, slots=True)
class CloseAsked:
    """That a round is to be closed, since when, and whether before its date."""

    round_id: str
    at: datetime
    early: bool


def ask_to_close(*, round_id: str, by: object | None, at: datetime) -> CloseAsked:
    """Note that the round is to be closed now; the worker does it. May be repeated: the first request stands.

    Raises: RoundRefused where the round is not open, or where its policy allows no early close.
    """
    with transaction.atomic(using="default"):
        row = Round.objects.select_related("node", "opening", "ending").get(pk=round_id)
        if not hasattr(row, "opening") or hasattr(row, "ending"):
            raise RoundRefused(_("Only an open round can be closed. Nothing was changed."))
        early = at < row.closes_at
        if early and not row.policy["early_close"]:
            raise RoundRefused(_("This round was published to stay open until its date. Nothing was changed."))
        request, fresh = CloseRequest.objects.get_or_create(
            round_id=round_id, defaults={"by_id": getattr(by, "pk", None), "at": at, "early": early}
        )
        if fresh:
            audit.record(kind="round.close_asked", by=by, at=at, subject=in_words(row), round=round_id, early=early)
    return CloseAsked(round_id, request.at, request.early)


def asked_to_close() -> list[CloseAsked]:
    """Requests that are not carried out yet."""
    waiting = CloseRequest.objects.filter(round__ending__isnull=True)
    return [CloseAsked(request.round_id, request.at, request.early) for request in waiting]


def close_asked(round_id: str) -> CloseAsked | None:
    request = CloseRequest.objects.filter(round_id=round_id).first()
    return CloseAsked(request.round_id, request.at, request.early) if request else None


def note_counted(*, round_id: str, percent: int) -> None:
    """How far the count is, for the page of the round. For `closing`."""
    CloseRequest.objects.filter(round_id=round_id).update(counted_percent=percent)


def record_ending(*, round_id: str, kind: str, reason: str, at: datetime) -> None:
    """Note that the round is over. For `closing`."""
    Ending.objects.get_or_create(round_id=round_id, defaults={"kind": kind, "reason": reason, "at": at})


def parsed_leaf(unit: RoundUnit) -> dict[str, Any]:
    leaf: dict[str, Any] = json.loads(unit.leaf)
    return leaf


def door_address(round_id: str, wallet: str = "") -> str:
    """Where the round is answered. The wallet's id stands in the fragment, which no server ever sees."""
    address = f"{settings.ANONYMOUS_ORIGIN}/answer/{round_id}/"
    return f"{address}#w={wallet}" if wallet else address
