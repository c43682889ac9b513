"""A backup of an organisation that is being asked, restored elsewhere: what comes back, and what never left."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from andon.gateways.backup import envelope, lines
from andon.gateways.demo import lanternworks
from andon.kernel import manifest
from tests import postgres, prepared, starting
from tests.backup import archives

pytestmark = pytest.mark.slow

# A round of everybody is open and half of them have answered; one member is signed in, and a task waits.
UNDER_WAY = """
import json
from datetime import timedelta
from django.contrib.auth import get_user_model
from django.utils import timezone
from andon.features.publiclog import public as publiclog
from andon.features.rounds import public as rounds
from andon.foundation.organisation.models import Node
from andon.gateways.demo import seeding, wallet
from andon.kernel import wire
now = timezone.now()
top = Node.objects.get(parent=None)
one = rounds.publish_round(node_id=top.pk, instrument_id="andon-core", opens_at=now, closes_at=now + timedelta(days=7),
    by=None, at=now)
rounds.open_round(round_id=one.pk, at=now)
members = {member.name: member for member in get_user_model().objects.all()}
box = wire.unb64u(publiclog.find("manifest", one.pk).body["box_key"], 32)
names = sorted(seeding.made_answers())
for name in names[:LIMIT]:
    wallet.answer(members[name], one.pk, seeding.made_answers()[name], box_key=box)
from importlib import import_module
from django.conf import settings
session = import_module(settings.SESSION_ENGINE).SessionStore()
session["_auth_user_id"] = str(members[names[0]].pk)
session.create()
from andon.features.rounds.tasks import open_round
open_round.enqueue(one.pk)
print(json.dumps({"round": one.pk, "session": [
    session.session_key, type(session).get_model_class().objects.get().pk], "members": [m.hex for m in
    get_user_model().objects.values_list("pk", flat=True)]}))
"""

MORE_ANSWERS = """
import time
from django.contrib.auth import get_user_model
from andon.features.publiclog import public as publiclog
from andon.gateways.demo import seeding, wallet
from andon.kernel import wire
members = {member.name: member for member in get_user_model().objects.all()}
box = wire.unb64u(publiclog.find("manifest", ROUND).body["box_key"], 32)
for name in sorted(seeding.made_answers())[LIMIT:]:
    wallet.answer(members[name], ROUND, seeding.made_answers()[name], box_key=box)
    print("cast", flush=True)
"""

SECRETS = """
import json
from andon.features.ballots.models import Ballot
from andon.features.issuance.models import IssuedSlip
ballots = list(Ballot.objects.all())
print(json.dumps({
    "ballots": [bytes(one.ciphertext).hex() for one in ballots], "slots": [bytes(one.slot).hex() for one in ballots],
    "slips": [bytes(value).hex() for row in IssuedSlip.objects.values_list("row_key", "blinded_sha256")
        for value in row],
}))
"""
HALF = 20


def shell(stack: Any, program: str) -> Any:
    return json.loads(stack.manage("shell", "--no-imports", "-c", program).stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def drill(make_stack: Any, tmp_path_factory: Any) -> SimpleNamespace:
    """The organisation, its backup made while answers came in, and what must not be in it."""
    folder = tmp_path_factory.mktemp("drill")
    stack = make_stack(parts=(), before=(("demo", "--rounds=1"),), ANDON_DEMO="1")
    made = shell(stack, UNDER_WAY.replace("LIMIT", str(HALF)))
    recipient = stack.andon("backup", "--new-identity", str(folder / "identity")).stdout.split()[-1]
    program = MORE_ANSWERS.replace("ROUND", repr(made["round"])).replace("LIMIT", str(HALF))
    casting = subprocess.Popen(
        [sys.executable, "-m", "andon.gateways.cli", "manage", "shell", "--no-imports", "-c", program],
        env=stack.env,
        cwd=stack.folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert casting.stdout is not None
    assert casting.stdout.readline() == "cast\n"
    stack.andon("backup", "--to", str(folder / "backup.age"), "--recipient", recipient)
    assert "cast\n" in casting.communicate(timeout=120)[0]
    keys = {file.parent.name: file.read_bytes() for file in stack.key_directory.glob("*/*.key")}
    secrets = {name: [bytes.fromhex(value) for value in values] for name, values in shell(stack, SECRETS).items()}
    assert len(secrets["ballots"]) > HALF
    assert set(keys) == {"box", "seed", "issuance"}
    canaries = {
        **secrets,
        **{f"{name} key": [value] for name, value in keys.items()},
        # As the browser holds it, and as it is stored.
        "session": [key.encode() for key in made["session"]],
        "secret key": [(stack.data_directory / "secret-key").read_bytes().strip()],
        "steward key": [(stack.data_directory / "steward.key").read_bytes().strip()],
        "task": [b"andon.features.rounds.tasks.open_round"],
    }
    identity, backup = folder / "identity", folder / "backup.age"
    return SimpleNamespace(
        stack=stack,
        folder=folder,
        identity=identity,
        recipient=recipient,
        backup=backup,
        round=made["round"],
        canaries=canaries,
        reading=archives.read(backup, identity),
    )


def head_of(reading: archives.Reading) -> str:
    return str(max(reading.tables["ballots/publiclog.LogEntry"], key=lambda row: row["index"])["hash"])


def elsewhere(drill: Any, name: str, *, is_prepared: bool = False, **environment: str) -> Any:
    """A stack that runs nothing, on a data directory that is not there, or as `andon prepare` leaves one."""
    env = {key: value for key, value in drill.stack.env.items() if "DATABASE" not in key}
    data = drill.folder / name / "data"
    if is_prepared:
        prepared.copy_to(data, postgres_server=None, prefix=name)
    env |= {"ANDON_DATA": str(data), **environment}

    def andon(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = starting.andon(*words, env=env, timeout=300)
        assert not check or done.returncode == 0, done.stderr
        return done

    def restore(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        head = () if "--log-head" in words else ("--log-head", head_of(drill.reading))
        return andon("restore", str(drill.backup), "--identity", str(drill.identity), *head, *words, check=check)

    def backup() -> archives.Reading:
        file = drill.folder / name / "again.age"
        file.unlink(missing_ok=True)
        andon("backup", "--to", str(file), "--recipient", drill.recipient)
        return archives.read(file, drill.identity)

    return SimpleNamespace(env=env, data=data, andon=andon, restore=restore, backup=backup)


def test_a_backup_is_unreadable_without_the_identity_and_for_its_owner_only(drill):
    raw = drill.backup.read_bytes()
    assert raw.startswith(b"age-encryption.org/v1\n")
    assert drill.backup.stat().st_mode & 0o077 == 0
    assert b"example.org" not in raw
    assert "example.org" in drill.reading.text


def test_a_backup_holds_nothing_that_must_be_forgotten(drill):
    assert archives.found_in(drill.reading.text, drill.canaries) == []
    tables = {name for name in drill.reading.tables if name.startswith(("ballots/", "issuance/"))}
    assert tables == {"ballots/publiclog.LogEntry", "ballots/publiclog.Blob"}
    assert not [name for name in drill.reading.tables if "Session" in name or "TaskResult" in name]
    # The twin: what belongs into it is there.
    assert len(drill.reading.tables["default/people.Member"]) == 60
    assert len(drill.reading.tables["default/releases.ReleasedUnit"]) > 3


def test_each_planted_secret_is_found(drill):
    for name, values in drill.canaries.items():
        for spelling in archives.spellings(values[0]):
            planted = drill.reading.text + json.dumps([1, spelling]) + "\n"
            assert archives.found_in(planted, drill.canaries) == [name]


LEAKING = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "andon.project.settings.app"
django.setup()
from andon.gateways.backup import contents
contents.ONLY = {}
contents.ALIASES = ("default", "ballots", "issuance", "mailboxes")
contents.LEFT_OUT = {}
contents.AbstractBaseSession = type("Nothing", (), {})
from andon.gateways.cli import main
raise SystemExit(main(WORDS))
"""


def test_a_backup_that_copies_every_table_is_caught(drill):
    file = drill.folder / "leaking.age"
    words = ["backup", "--to", str(file), "--recipient", drill.recipient, "--with-secret-key"]
    program = LEAKING.replace("WORDS", repr(words))
    starting.program(program, env=drill.stack.env).check_returncode()
    found = archives.found_in(archives.read(file, drill.identity).text, drill.canaries)
    assert set(found) >= {"ballots", "slots", "slips", "session", "task"}


def changed_by_restore(table: str, row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if (table, key) != ("default/people.Member", "epoch")}


def assert_the_same(before: archives.Reading, after: archives.Reading, round_id: str) -> None:
    assert before.tables.keys() == after.tables.keys()
    grown = {}
    for table, rows in before.tables.items():
        then = [changed_by_restore(table, row) for row in rows]
        now = [changed_by_restore(table, row) for row in after.tables[table]]
        new = [row for row in now if row not in then]
        assert [row for row in then if row not in now] == [], table
        if new:
            grown[table] = new
    assert set(grown) == {
        "ballots/publiclog.LogEntry",
        "default/audit.AuditEntry",
        "default/closing.Closing",
        "default/results.NotShared",
        "default/rounds.Ending",
    }
    # The colours that one team shares: a no that came after the backup would be lost with it.
    assert [row["was_seen"] for row in grown["default/results.NotShared"]] == [True]
    [void] = grown["ballots/publiclog.LogEntry"]
    assert (void["kind"], void["round_id"]) == ("void", round_id)
    assert [row["kind"] for row in grown["default/rounds.Ending"]] == ["void"]
    epochs = [{row["epoch"] for row in reading.tables["default/people.Member"]} for reading in (before, after)]
    assert epochs[0].isdisjoint(epochs[1])


def test_a_restore_brings_everything_back_and_says_what_is_void(drill):
    there = elsewhere(drill, "back")
    said = there.restore().stdout
    assert drill.round in said
    assert "void" in said
    assert there.andon("check").returncode == 0
    after = there.backup()
    assert_the_same(drill.reading, after, drill.round)
    entries = sorted(after.tables["ballots/publiclog.LogEntry"], key=lambda row: row["index"])
    chain = manifest.check_chain([json.loads(lines_of(row["content"])) for row in entries])
    assert chain.rounds[drill.round].void == "ballot_box_replaced"
    # Nothing of the old installation's keys or sessions came along.
    assert list((there.data / "keys").glob("*/*.key")) == []
    assert (there.data / "secret-key").read_bytes() != (drill.stack.data_directory / "secret-key").read_bytes()
    again = there.restore(check=False)
    assert again.returncode == 1
    assert "in use" in again.stderr


def lines_of(content: str) -> bytes:
    return base64.b64decode(content)


def test_the_log_goes_on_only_from_a_head_that_is_known_outside(drill):
    there = elsewhere(drill, "heads")
    without = there.andon("restore", str(drill.backup), "--identity", str(drill.identity), check=False)
    assert without.returncode == 1
    assert "--log-head" in without.stderr
    other = there.restore("--log-head", "a" * 64, check=False)
    assert other.returncode == 1
    assert "forked" in other.stderr
    assert not (there.data / "app.sqlite3").exists()


def test_entries_that_came_after_the_backup_are_put_back_from_a_saved_page(drill, tmp_path):
    """The original goes on: its log grows by a void round. Whoever saved that page can complete an older backup."""
    there = elsewhere(drill, "later", is_prepared=True)
    there.restore()
    later = there.backup()
    entries = [
        json.loads(lines_of(row["content"]))
        for row in sorted(later.tables["ballots/publiclog.LogEntry"], key=lambda row: row["index"])
    ]
    page, head = tmp_path / "page.json", head_of(later)
    page.write_text(json.dumps({"entries": entries[-2:]}))
    completed = elsewhere(drill, "completed", is_prepared=True)
    refused = completed.restore("--log-head", head, check=False)
    assert refused.returncode == 1
    completed.restore("--log-head", head, "--log-entries", str(page))
    assert head_of(completed.backup()) == head
    # A page that was altered does not fit into the chain.
    entries[-1]["body"]["reason"] = "box_changed"
    page.write_text(json.dumps({"entries": entries[-1:]}))
    altered = elsewhere(drill, "altered").restore("--log-head", head, "--log-entries", str(page), check=False)
    assert altered.returncode == 1


LATER_ROUND = """
import json
from datetime import timedelta
from django.utils import timezone
from andon.features.publiclog import public as publiclog
from andon.features.rounds import public as rounds
from andon.foundation.organisation.models import Node
now = timezone.now()
team = Node.objects.filter(parent__parent=None, parent__isnull=False).order_by("name")[0]
one = rounds.publish_round(node_id=team.pk,
    instrument_id="dora-culture", opens_at=now + timedelta(hours=1), closes_at=now + timedelta(days=7), by=None, at=now)
first = publiclog.find("manifest", one.pk).index
print(json.dumps({"round": one.pk, "statements": publiclog.find("manifest", one.pk).body["instrument"]["sha256"],
    "entries": [json.loads(entry.content) for entry in publiclog.page(max(0, first - 50))]}))
"""


def test_what_a_round_after_the_backup_published_is_served_again(drill, tmp_path):
    """Verifiers ask for the statements of every round of the log, also of one that only a saved page knew."""
    made = shell(drill.stack, LATER_ROUND)
    page, head = tmp_path / "page.json", manifest.entry_hash(made["entries"][-1])
    page.write_text(json.dumps({"entries": made["entries"]}))
    there = elsewhere(drill, "again", is_prepared=True)
    assert made["round"] in there.restore("--log-head", head, "--log-entries", str(page)).stdout
    held = {row["sha256"] for row in there.backup().tables["ballots/publiclog.Blob"]}
    assert made["statements"] in held
    assert made["statements"] not in {row["sha256"] for row in drill.reading.tables["ballots/publiclog.Blob"]}


def test_a_damaged_backup_is_refused_before_anything_is_written(drill, tmp_path):
    raw = drill.backup.read_bytes()
    there = elsewhere(drill, "damaged")
    for number, bad in enumerate((raw[:-1], raw[: len(raw) // 2], raw[:5000] + b"\0" + raw[5001:], b"")):
        file = tmp_path / f"{number}.age"
        file.write_bytes(bad)
        done = there.andon("restore", str(file), "--identity", str(drill.identity), "--log-head", "a" * 64, check=False)
        assert done.returncode == 1
        assert "Nothing was restored" in done.stderr
        assert there.andon("backup", "--verify", str(file), "--identity", str(drill.identity), check=False).returncode
    assert not there.data.exists()
    assert there.andon("backup", "--verify", str(drill.backup), "--identity", str(drill.identity)).returncode == 0


def test_rows_that_were_taken_out_are_noticed_by_the_sums(drill):
    parser = lines.Parser(lines.Listener())
    table = lines.Table("default", "a.B", ("x",))
    table.add(lines.line([1]))
    table.add(lines.line([2]))
    parser.take(lines.object_line(andon_backup=1, migrations={}, version="0", at="2026-03-01T00:00:00+00:00"))
    parser.take(lines.object_line(database="default"))
    parser.take(lines.object_line(table="a.B", fields=["x"]))
    parser.take(lines.line([1]))
    with pytest.raises(lines.BadArchive):
        parser.take(lines.object_line(end={"head": None, "tables": {table.name: table.sum()}}))


def forged(drill, file: Path, content: Any) -> Path:
    """A file that opens with the operator's identity: whoever knows the recipient can make one."""
    envelope.write(file, iter(content), envelope.recipients_from([drill.recipient]))
    return file


def heading() -> bytes:
    migrations: dict[str, list[str]] = {"default": [], "ballots": [], "mailboxes": []}
    return lines.object_line(andon_backup=1, migrations=migrations, version="0", at="2026-03-01T00:00:00+00:00")


@pytest.mark.parametrize(
    ("alias", "model"),
    [
        ("default", "people.Session"),
        ("ballots", "ballots.Ballot"),
        ("issuance", "issuance.IssuedSlip"),
        ("default", "organisation.PeopleFile"),
        ("elsewhere", "people.Member"),
    ],
)
def test_what_no_backup_holds_comes_in_by_none_and_leaves_no_key(drill, tmp_path, alias, model):
    table = lines.Table(alias, model, ("x",))
    row = lines.line(["planted"])
    table.add(row)
    end = lines.object_line(end={"head": None, "tables": {table.name: table.sum()}})
    named = [lines.object_line(database=alias), lines.object_line(table=model, fields=["x"]), row]
    file = forged(drill, tmp_path / "f.age", [heading(), lines.object_line(secret_key="planted" * 8), *named, end])
    there = elsewhere(drill, f"forged-{alias}-{model}")
    done = there.andon("restore", str(file), "--identity", str(drill.identity), check=False)
    assert done.returncode == 1
    assert "which no backup of Andon holds" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (there.data / "secret-key").exists()


def test_a_key_from_a_backup_that_was_refused_is_not_gone_on_with(drill, tmp_path):
    there = elsewhere(drill, "refused-key")
    words = ("restore", str(drill.backup), "--identity", str(drill.identity), "--log-head", "a" * 64)
    assert there.andon(*words, check=False).returncode == 1
    assert not (there.data / "secret-key").exists()


def test_a_line_without_an_end_and_an_end_without_sums_are_refused(monkeypatch):
    monkeypatch.setattr(lines, "LONGEST_LINE", 1_000)
    splitter = lines.Splitter(lambda line: None)
    splitter.feed(b"a" * 600 + b"\n" + b"a" * 600)
    with pytest.raises(lines.BadArchive, match="longer"):
        splitter.feed(b"a" * 600)
    for end in ({}, {"tables": {}}, {"tables": {}, "head": 5}):
        parser = lines.Parser(lines.Listener())
        parser.take(heading())
        with pytest.raises(lines.BadArchive):
            parser.take(lines.object_line(end=end))


def test_pieces_become_the_lines_that_they_were():
    text = b"one\n\ntwo" + b"x" * 50 + b"\nthree\n"
    for size in (1, 2, 7, 1_000):
        found: list[bytes] = []
        splitter = lines.Splitter(found.append)
        for start in range(0, len(text), size):
            splitter.feed(text[start : start + size])
        splitter.finish()
        assert b"".join(found) == text
        assert len(found) == 4


def test_without_somebody_who_can_open_it_there_is_no_backup(drill, tmp_path):
    for words in ((), ("--recipient", "age1nobody")):
        done = drill.stack.andon("backup", "--to", str(tmp_path / "b.age"), *words, check=False)
        assert done.returncode == 1
        assert "Nothing was written" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_backup_never_replaces_a_file(drill, tmp_path):
    file = tmp_path / "b.age"
    file.write_text("kept")
    done = drill.stack.andon("backup", "--to", str(file), "--recipient", drill.recipient, check=False)
    assert done.returncode == 1
    assert file.read_text() == "kept"


@archives.few_or_many_points
def test_a_killed_backup_leaves_no_file_of_its_name(drill, tmp_path, nearness):
    point, killed = 1, 0
    while True:
        file = tmp_path / f"{point}.age"
        if not archives.killed_at(point, drill.stack, "backup", "--to", str(file), "--recipient", drill.recipient):
            break
        killed += 1
        if file.exists():
            archives.read(file, drill.identity)
        point = archives.after(point, nearness)
    assert killed > 4
    archives.read(file, drill.identity)
    left = [path.name for path in tmp_path.iterdir() if path.suffix == ".part"]
    assert left == [], "the next backup removes what killed ones left"


@pytest.fixture
def new_databases(postgres_server):
    """Addresses of empty databases of the kind that this run is about, as often as they are asked for."""
    made = []

    def make():
        if postgres_server is None:
            return {}
        made.append(f"empty_{os.getpid()}_{len(made)}")
        return prepared.variables(postgres.create_databases(postgres_server, made[-1]))

    yield make
    for prefix in made:
        postgres.drop_databases(postgres_server, prefix)


@pytest.mark.timeout(1_800)
@archives.few_or_many_points
def test_a_killed_restore_goes_on_and_ends_as_if_it_had_not_been(drill, new_databases, nearness):
    point, killed = 1, 0
    while True:
        databases = new_databases()
        # Many points are tried from nothing, for then it is the restore that makes the tables.
        there = elsewhere(drill, f"killed-{nearness}-{point}", is_prepared=nearness < 1 and not databases, **databases)
        words = ("restore", str(drill.backup), "--identity", str(drill.identity), "--log-head", head_of(drill.reading))
        if not archives.killed_at(point, there, *words):
            break
        killed += 1
        if (there.data / "restore-under-way.json").exists():
            assert there.andon("check", check=False).returncode == 1
        done = there.restore(check=False)
        if done.returncode and "in use" in done.stderr:
            # Killed behind its last step.
            assert not (there.data / "restore-under-way.json").exists()
        else:
            assert done.returncode == 0, (point, done.stderr)
        assert_the_same(drill.reading, there.backup(), drill.round)
        point = archives.after(point, nearness)
    assert killed > 3


def test_it_is_served_after_a_restore_and_the_old_session_is_nobodys(drill):
    there = elsewhere(drill, "served", is_prepared=True)
    there.restore()
    program = (
        "from importlib import import_module; from django.conf import settings; import json;"
        "store = import_module(settings.SESSION_ENGINE).SessionStore;"
        "print(json.dumps(store.get_model_class().objects.count()))"
    )
    assert json.loads(there.andon("manage", "shell", "--no-imports", "-c", program).stdout) == 0
    assert json.loads(drill.stack.manage("shell", "--no-imports", "-c", program).stdout) == 1


@pytest.mark.postgres_only
def test_what_was_in_sqlite_goes_to_postgresql_and_back(drill, new_databases):
    """The drill ran on PostgreSQL, and most restores above were into SQLite; here SQLite's comes back."""
    there = elsewhere(drill, "sqlite")
    there.restore()
    middle = there.backup()
    file = Path(drill.folder / "sqlite" / "again.age")
    back = elsewhere(drill, "postgres", **new_databases())
    back.andon("restore", str(file), "--identity", str(drill.identity), "--log-head", head_of(middle))
    after = back.backup()
    for table, rows in middle.tables.items():
        if table not in {"default/people.Member", "default/audit.AuditEntry"}:
            assert after.tables[table] == rows, table
    # New rows get numbers behind the restored ones.
    back.andon("people", "import", str(_one_more(drill.folder)))


def _one_more(folder: Path) -> Path:
    file = folder / "one-more.csv"
    team = f"{lanternworks.NAME}/{lanternworks.DEPARTMENT}/{lanternworks.TEAMS[0].name}"
    file.write_text(f"email,name,team\nnew@example.org,New Person,{team}\n")
    return file
