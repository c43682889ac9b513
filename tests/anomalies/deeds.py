"""What a forked process does to the installation: one function a deed, plain values in and out."""

import contextlib
import importlib
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from django.conf import settings
from django.db import connections, transaction

from andon.features.ballots import public as ballots
from andon.features.ballots import services as casting
from andon.features.ballots.models import Ballot, Box
from andon.features.ballots.pace import Pace
from andon.features.closing import computing
from andon.features.closing import tasks as closing_tasks
from andon.features.closing.models import Closing
from andon.features.instruments import public as instruments
from andon.features.issuance import public as issuance
from andon.features.issuance import services as issuing
from andon.features.issuance.models import IssuedSlip
from andon.features.publiclog import public as publiclog
from andon.features.publiclog.models import LogEntry
from andon.features.releases import public as releases
from andon.features.releases.models import Release
from andon.features.rounds import public as rounds
from andon.features.rounds import services as rounds_services
from andon.features.rounds import tasks as rounds_tasks
from andon.features.rounds.models import Ending, Opening, Publication, Round, RoundUnit
from andon.foundation.audit.models import AuditEntry
from andon.foundation.organisation.models import Membership, Node
from andon.foundation.people.models import Member
from andon.kernel import ballot, credential, disclosure, manifest, wire
from tests.anomalies import faults, points
from tests.cast_of_people import NOW, WEEK, Slip, box_key_of, found_organisation, slip_for

TEAMS = {"Detection": 6, "Response": 5, "Crowd": 24}
# Two teams that no round asks but those of one test.
ELSEWHERE = ("North", "South")
PATIENCE_SECONDS = 30


# What is about people and keys stands there, beside what is about rounds here. A deed of another folder is named with
# its module: "tests.forensics.living:fill".
WRITES = "tests.anomalies.writes"


def do(request: dict[str, Any]) -> Any:
    """Do the deed, with the fault planted, disturbed at the point that is asked for.

    With `each_write` in `disturb` writes inside a transaction are points too: whatever begins there must be undone.
    """
    disturb = request["disturb"] or {}
    reached: list[str] = []
    with contextlib.ExitStack() as stack:
        # Each round as if it were the first: their figures are compared, and would otherwise follow on each other.
        stack.enter_context(mock.patch.object(releases, "last_counted", return_value={}))
        stack.enter_context(mock.patch.object(rounds, "asked_before", return_value=[]))
        if request["fault"]:
            stack.enter_context(faults.ALL[request["fault"]]())
        if disturb:
            stack.enter_context(
                points.watched(
                    lambda name: _reach(name, reached, disturb),
                    {"keys": Path(settings.KEY_DIRECTORY), "data": Path(settings.DATA_DIRECTORY)},
                    lambda name: _glimpse(name, reached, disturb),
                )
            )
        module, _, name = request["deed"].rpartition(":")
        deed = (not module and globals().get(name)) or getattr(importlib.import_module(module or WRITES), name)
        returned = deed(**request["arguments"])
    return reached if disturb.get("trace") else returned


def _reach(name: str, reached: list[str], disturb: dict[str, Any]) -> None:
    reached.append(name)
    if len(reached) == disturb.get("kill_before") or name == disturb.get("kill_at"):
        os.kill(os.getpid(), signal.SIGKILL)
    if len(reached) == disturb.get("unmount_before"):
        unmount()
    if disturb.get("pause_before") == name:
        _pause(disturb)


def _glimpse(name: str, reached: list[str], disturb: dict[str, Any]) -> None:
    if disturb.get("each_write"):
        _reach(name, reached, disturb)
    elif disturb.get("pause_before") == name:
        _pause(disturb)


def _pause(disturb: dict[str, Any]) -> None:
    Path(disturb["paused"]).touch()
    until = time.monotonic() + PATIENCE_SECONDS
    while not Path(disturb["go"]).exists():
        assert time.monotonic() < until, "nobody said go"
        time.sleep(0.01)


# The installation


def read_once() -> None:
    """What every child would otherwise read for itself; a real service reads it once in its life."""
    instruments.load("andon-core", instruments.load("andon-core").version)
    ballots.installed_bundle()


def found_installation(folder: str) -> None:
    found_organisation(Path(folder), settings, teams=TEAMS)
    for place in ELSEWHERE:
        node = Node.objects.create(name=place, parent=None)
        for number in range(1, 6):
            member = Member.objects.create_user(f"{place}{number}@example.org", f"{place} {number}")
            Membership.objects.create(member=member, node=node, role="member", starts_on=(NOW - WEEK).date())


def unmount() -> None:
    root = Path(settings.KEY_DIRECTORY)
    root.rename(root.with_name("volume"))
    root.mkdir()


def mount() -> None:
    root = Path(settings.KEY_DIRECTORY)
    root.rmdir()
    root.with_name("volume").rename(root)


def is_unmounted() -> bool:
    return Path(settings.KEY_DIRECTORY).with_name("volume").exists()


# A round up to its close


def _node(name: str) -> str:
    return str(Node.objects.get(name=name).pk)


def _member(name: str) -> Member:
    return Member.objects.get(name=name)


def publish(number: int, node: str = "Lanternworks", rested: bool = True, asks_comments: bool = False) -> str:
    """Publish a round that opens `number` seconds after NOW, by which `find_round` knows it again."""
    with contextlib.ExitStack() as stack:
        if rested:
            # Here the same people are asked again and again.
            stack.enter_context(mock.patch.object(rounds_services, "_check_rests"))
        published = rounds.publish_round(
            node_id=_node(node),
            instrument_id="andon-core",
            opens_at=NOW + timedelta(seconds=number),
            closes_at=NOW + WEEK,
            by=None,
            at=NOW,
            asks_comments=asks_comments,
        )
    return str(published.pk)


def open_round(round_id: str) -> None:
    rounds.open_round(round_id=round_id, at=NOW)


def prepare_rounds(first: int, count: int) -> list[dict[str, Any]]:
    """Open rounds in which everybody gave the same answers."""
    prepared = []
    for number in range(first, first + count):
        round_id = publish(number)
        open_round(round_id)
        keys = ballots.key_directory()
        known: dict[str, Any] = {
            "round": round_id,
            "keys": {kind.value: keys.read(kind, round_id).hex() for kind in ballots.KeyKind},
            "receipts": [],
            "ciphertexts": [],
            "row_keys": [],
            "blinded": [],
        }
        for team, voters in (("Detection", 5), ("Response", 2)):
            for voter in range(1, voters + 1):
                _prepare_ballot(known, _member(f"{team} {voter}"), voter)
        prepared.append(known)
    return prepared


def prepare_commented(number: int, texts: list[str]) -> dict[str, Any]:
    """An open round of the crowd in which eight answered, and as many of them as there are texts added a comment."""
    round_id = publish(number, node="Crowd", asks_comments=True)
    open_round(round_id)
    for voter in range(1, 9):
        cast(slip_for(_member(f"Crowd {voter}"), round_id), {"IN1": 4}, 1)
    for voter, text in enumerate(texts, start=1):
        slip = slip_for(_member(f"Crowd {voter}"), round_id, "comment")
        accepted = casting.cast(slip.comment(text, box_public_key=box_key_of(round_id)))
        assert isinstance(accepted, casting.Accepted)
    return {"round": round_id}


def _prepare_ballot(known: dict[str, Any], member: Member, voter: int) -> None:
    round_id = known["round"]
    slip = slip_for(member, round_id)
    answers = {"IN1": 1 + voter % 5, "IN3": 5 - voter % 3, "LE1": 4}
    if voter == 1:
        assert isinstance(cast(slip, {"IN1": 1}, 1), casting.Accepted)
    accepted = cast(slip, answers, 2)
    assert isinstance(accepted, casting.Accepted)
    known["receipts"].append([accepted.slot, "ballot", accepted.ciphertext])
    stored = Ballot.objects.get(round_id=round_id, slot=bytes.fromhex(accepted.slot))
    known["ciphertexts"].append(bytes(stored.ciphertext).hex())
    row_key = credential.issuance_row_key(
        bytes.fromhex(known["keys"]["issuance"]), member_id=member.key, purpose="ballot"
    )
    assert IssuedSlip.objects.filter(row_key=row_key).exists()
    known["row_keys"].append(row_key.hex())
    known["blinded"].append(bytes(IssuedSlip.objects.get(row_key=row_key).blinded_sha256).hex())


def add_a_ballot_of_nobody(round_id: str) -> None:
    Ballot.objects.create(
        round_id=round_id, slot=bytes(32), purpose="ballot", unit_id="0" * 32, sequence=1, ciphertext=bytes(2096)
    )


def cast(slip: Slip, answers: dict[str, int], sequence: int) -> casting.CastOutcome:
    return casting.cast(slip.cast(answers, box_public_key=box_key_of(slip.round_id), sequence=sequence))


def issue(name: str, round_id: str) -> str:
    outcome = issuance.issue(member=_member(name), round_id=round_id, blinded=[("ballot", Slip(round_id).blinded)])
    return type(outcome).__name__


def cast_once(name: str, round_id: str) -> dict[str, Any]:
    """One cast; the slip may have been fetched before the process is disturbed, so only the cast is."""
    outcome = cast(slip_for(_member(name), round_id), {"IN1": 5}, 1)
    return {"outcome": type(outcome).__name__, **{name: getattr(outcome, name, "") for name in ("slot", "ciphertext")}}


def cast_and_hold(name: str, round_id: str, paused: str, go: str) -> dict[str, Any]:
    """A cast whose ballot is written and not yet committed for as long as nobody says go."""
    slip = slip_for(_member(name), round_id)
    with transaction.atomic(using="ballots"):
        outcome = cast(slip, {"IN1": 5}, 1)
        _pause({"paused": paused, "go": go})
    return {"outcome": type(outcome).__name__, **{name: getattr(outcome, name, "") for name in ("slot", "ciphertext")}}


def issue_and_hold(name: str, round_id: str, paused: str, go: str) -> str:
    with transaction.atomic(using="issuance"):
        outcome = issue(name, round_id)
        _pause({"paused": paused, "go": go})
    return outcome


def cast_until_refused(round_id: str, names: list[str], said: str) -> None:
    """Cast again and again, in two threads, and write down each acknowledgement before the next cast."""
    # Nothing else is asked of this process.
    casting.pace = Pace(most=1_000_000)
    descriptor = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write(*words: str) -> None:
        os.write(descriptor, (" ".join(words) + "\n").encode())

    def go_on(names: list[str]) -> None:
        try:
            slips = [slip_for(_member(name), round_id) for name in names]
            for sequence in range(1, 2_000):
                for slip in tuple(slips):
                    outcome = cast(slip, {"IN1": 1 + sequence % 5}, sequence)
                    if isinstance(outcome, casting.Accepted):
                        write("accepted", outcome.slot, outcome.ciphertext)
                    else:
                        write("refused", type(outcome).__name__, slip.slot.hex())
                        slips.remove(slip)
        finally:
            connections.close_all()

    # Each slip belongs to one thread, so that what was acknowledged last for it is what was written down last.
    threads = [threading.Thread(target=go_on, args=(names[number::2],)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# What the worker does


def close(round_id: str) -> None:
    closing_tasks.close_round.func(round_id)


def do_what_is_due(round_id: str, at: str = "") -> list[str]:
    """What the worker would do about this round now; the names of the tasks."""
    now = datetime.fromisoformat(at) if at else NOW + WEEK
    due = [
        (task, args) for module in (rounds_tasks, closing_tasks) for _key, task, args in module._due(now)
        if args == (round_id,)
    ]  # fmt: skip
    for task, args in due:
        task.func(*args)
    return [task.func.__name__ for task, _args in due]


def be_due(round_id: str) -> dict[str, Any]:
    """Look, let the worker do what is due, and look again."""
    return {"before": look(round_id), "due": do_what_is_due(round_id), "after": look(round_id)}


def be_due_to_be_published(number: int) -> dict[str, Any]:
    before = look_at_publication(number)
    if before is None:
        return {"before": None}
    due = do_what_is_due(before["round"], NOW.isoformat())
    return {"before": before, "due": due, "after": look_at_publication(number)}


# What is there afterwards


def look(round_id: str) -> dict[str, Any]:
    """Everything that may be true or false of a round, whatever was done to it."""
    view = rounds.find(round_id)
    parts = releases.parts(round_id)
    names = dict(RoundUnit.objects.filter(round_id=round_id).values_list("pk", "name"))
    entries = [
        json.loads(bytes(content))
        for content in LogEntry.objects.filter(round_id=round_id).order_by("index").values_list("content", flat=True)
    ]
    return {
        "state": str(view.state) if view else "",
        "reason": view.void_reason if view else "",
        "endings": list(Ending.objects.filter(round_id=round_id).values_list("kind", flat=True)),
        "openings": Opening.objects.filter(round_id=round_id).count(),
        "box": list(Box.objects.filter(round_id=round_id).values_list("state", flat=True)),
        "releases": Release.objects.filter(round_id=round_id).count(),
        "seen": [names[unit] for unit in names if releases.unit(round_id, unit) is not None],
        "units": {
            names[part.unit_id]: {
                "figures": {
                    "remembered": part.remembered,
                    **{name: value for name, value in part.figures.items() if name != "unit"},
                },
                "slots": [list(slot) for slot in part.slots],
                "comments": releases.comments_shown(round_id, part.unit_id),
                "comments_are_bound": part.release.comments == disclosure.comments_release(part.comments),
            }
            for part in parts
        },
        "roots": list(computing.roots(releases.Finished(round_id, tuple(parts)))) if parts else [],
        "log": [entry["kind"] for entry in entries],
        "logged_roots": {
            entry["kind"]: entry["body"]["units"]["root"]
            for entry in entries
            if entry["kind"] in {"closed", "released"}
        },
        "logged_reason": [entry["body"]["reason"] for entry in entries if entry["kind"] == "void"],
        "ballots": Ballot.objects.filter(round_id=round_id).count(),
        "slips": IssuedSlip.objects.filter(round_id=round_id).count(),
        "files": sorted(
            str(path.relative_to(settings.KEY_DIRECTORY))
            for path in Path(settings.KEY_DIRECTORY).rglob("*")
            if round_id in path.name
        ),
        "audited": sorted(AuditEntry.objects.filter(facts__round=round_id).values_list("kind", flat=True)),
        "finished": list(Closing.objects.filter(round_id=round_id).values_list("finished", flat=True)),
    }


def look_at_publication(number: int) -> dict[str, Any] | None:
    """What was fixed of the round that opens `number` seconds after NOW; None where it was not even planned."""
    planned = Round.objects.filter(opens_at=NOW + timedelta(seconds=number)).first()
    return None if planned is None else fixed_of(planned)


def fixed_of(planned: Round) -> dict[str, Any]:
    round_id, keys = planned.pk, ballots.key_directory()
    entry = publiclog.find("manifest", round_id)
    found: dict[str, Any] = {
        "round": round_id,
        "roster": sorted(
            [unit.pk, unit.name, list(unit.members), bytes(unit.salt).hex()] for unit in planned.units.all()
        ),
        "keys": {},
        "manifests": LogEntry.objects.filter(round_id=round_id, kind="manifest").count(),
        "published": Publication.objects.filter(round_id=round_id).count(),
        "box": list(Box.objects.filter(round_id=round_id).values_list("state", flat=True)),
        "litter": [path.name for path in keys.root.rglob(f"{round_id}*") if path.suffix not in {".key", ".lock"}],
    }
    for kind in ballots.KeyKind:
        with contextlib.suppress(ballots.KeyGone):
            found["keys"][kind.value] = keys.read(kind, round_id).hex()
    if entry is not None:
        found["agrees"] = _agrees(round_id, entry.body, found["keys"])
        found["manifest"] = entry.hash
    return found


def _agrees(round_id: str, body: dict[str, Any], keys: dict[str, str]) -> dict[str, bool]:
    """Whether what stands in the manifest is what members will be given."""
    units = list(RoundUnit.objects.filter(round_id=round_id).order_by("position"))
    seed = bytes.fromhex(keys["seed"])
    leaves = []
    for unit in units:
        key = credential.EvaluationKey.derive(seed, round_id=round_id, unit_id=unit.pk, purpose="ballot").public_key
        opening = {"members": unit.members, "name": unit.name, "salt": wire.b64u(bytes(unit.salt))}
        roster = manifest.parse_opening(opening).commitment()
        leaves.append(wire.canonical(manifest.unit_leaf(unit.pk, {"ballot": key}, roster)))
    root = bytes.fromhex(body["units"]["root"])
    return {
        "leaves": [unit.leaf for unit in units] == [leaf.decode() for leaf in leaves],
        "root": manifest.merkle_root(leaves) == root,
        "paths": all(
            manifest.verify_inclusion(
                leaf, index=unit.position, count=len(units), path=releases.split_path(bytes(unit.path)), root=root
            )
            for unit, leaf in zip(units, leaves, strict=True)
        ),
        "box key": wire.b64u(ballot.box_public_key(bytes.fromhex(keys["box"]))) == body["box_key"],
    }


def rounds_of_node(node: str) -> list[str]:
    return list(Round.objects.filter(node__name=node).values_list("pk", flat=True))


def _log() -> Iterator[dict[str, Any]]:
    start = 0
    while page := publiclog.page(start):
        for entry in page:
            yield wire.parse_canonical(entry.content)  # type: ignore[misc]
        start += len(page)


def check_log() -> int:
    """The number of entries of a log that holds."""
    return manifest.check_chain(_log()).head_index + 1


def forget_generation() -> list[str]:
    """As before the first round. The ids that were there."""
    from andon.features.ballots.models import Generation

    were = list(Generation.objects.values_list("id", flat=True))
    Generation.objects.all().delete()
    return were


def put_back_generation(identity: str) -> None:
    from andon.features.ballots.models import Generation

    Generation.objects.all().delete()
    Generation.objects.create(id=identity)


def generation() -> str:
    return ballots.generation()


def generation_of_issuance() -> str:
    return issuing.generation()


def analyze() -> None:
    """What PostgreSQL does by itself about once a minute: sample the values of the columns for its planner."""
    for alias in connections:
        with connections[alias].cursor() as cursor:
            cursor.execute("ANALYZE")


def sample_slots() -> None:
    """As `analyze` would, had the columns not been taken out."""
    with connections["ballots"].cursor() as cursor:
        cursor.execute("ALTER TABLE ballots_ballot ALTER COLUMN slot SET STATISTICS 100")
        cursor.execute("ANALYZE ballots_ballot")
        cursor.execute("ALTER TABLE ballots_ballot ALTER COLUMN slot SET STATISTICS 0")


def forget_samples() -> None:
    with connections["ballots"].cursor() as cursor:
        cursor.execute("DELETE FROM pg_statistic WHERE starelid = 'ballots_ballot'::regclass")


def checkpoint() -> None:
    """Have PostgreSQL write to the files what it holds in memory."""
    for alias in connections:
        with connections[alias].cursor() as cursor:
            cursor.execute("CHECKPOINT")


def database_folders() -> dict[str, str]:
    """Where PostgreSQL keeps the tables of each alias."""
    folders = {}
    for alias in connections:
        with connections[alias].cursor() as cursor:
            cursor.execute("SHOW data_directory")
            [root] = cursor.fetchone()
            cursor.execute("SELECT oid FROM pg_database WHERE datname = current_database()")
            [oid] = cursor.fetchone()
        folders[alias] = f"{root}/base/{oid}"
        folders["pg_wal"] = f"{root}/pg_wal"
    return folders


def hold_old_snapshot(alias: str, paused: str, go: str) -> None:
    """Read something in a transaction that goes on seeing what it saw at its beginning."""
    with connections[alias].cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT count(*) FROM django_migrations")
        cursor.fetchone()
        _pause({"paused": paused, "go": go})
        cursor.execute("ROLLBACK")
