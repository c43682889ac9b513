"""Each check of `andon doctor` says that a sound place is sound, and each fault that it is for flips it."""

import re
import sqlite3
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection

from andon.features.ballots import public as ballots
from andon.foundation import last_backup
from andon.foundation.organisation import revision
from andon.gateways.backup import marker
from andon.gateways.doctor import doors, findings, life, machine, storage
from andon.gateways.doctor.place import Answer, Mount, Place

pytestmark = pytest.mark.django_db(databases="__all__")
ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECURE = frozenset({"rw", "nodev", "nosuid", "noexec"})
assert all((doors, life, machine, storage))


@dataclass
class Pretended(Place):
    """A place of which everything can be said otherwise."""

    files: dict[str, str | None] = field(default_factory=dict)
    mounts: dict[Path, Mount] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)
    postgres: dict[str, Any] | None = None
    mapped: frozenset[str] = frozenset()

    def now(self) -> datetime:
        return NOW

    def read(self, path: str) -> str | None:
        return self.files.get(path)

    def effective_user(self) -> int:
        return self.said.get("user", super().effective_user() or 0)

    def core_limit(self) -> int:
        return self.said.get("core", 0)

    def free(self, path: Path) -> tuple[int, int]:
        return self.said.get("free", (80 * 2**30, 100 * 2**30))

    def device(self, path: Path) -> int:
        return self.said.get("device", len(str(path)))

    def clock_status(self) -> int | None:
        return self.said.get("clock", 0)

    def versions(self) -> dict[str, tuple[int, ...]]:
        return {**super().versions(), **self.said.get("versions", {})}

    def sets_pages(self) -> bool:
        return bool(self.said.get("sets_pages", True))

    def mount_of(self, path: Path) -> Mount | None:
        return self.mounts.get(path)

    def device_mapper_names(self) -> set[str]:
        return set(self.mapped)

    def fetch(self, url: str, *, host: str | None = None, at: tuple[str, int] | None = None) -> Answer:
        answer = self.answers["other name" if host else url.rpartition("/")[2]]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def mail_greeting(self, host: str, port: int, security: str) -> str:
        if "mail" in self.said:
            raise self.said["mail"]
        return "with TLS"

    def vendor(self, alias: str) -> str:
        return "postgresql" if self.postgres is not None else super().vendor(alias)

    def rows(self, alias: str, statement: str) -> list[tuple[Any, ...]]:
        if statement == "SHOW fsync" and self.postgres is None:
            # The server of the tests does not wait for the disk, and the check says so.
            return [("on",)]
        if statement == "PRAGMA synchronous" and self.postgres is None:
            # Nor does SQLite in tests; that it does elsewhere is shown below.
            return [(2,)]
        if self.postgres is None:
            return super().rows(alias, statement)
        return [(next((value for part, value in self.postgres.items() if part in statement), 0),)]


GOOD_POSTGRES = {
    "SHOW archive_mode": "off",
    "SHOW wal_level": "replica",
    "SHOW log_statement": "none",
    "SHOW log_min_duration_statement": "-1",
    "SHOW shared_preload_libraries": "",
    "SHOW fsync": "on",
    "SHOW full_page_writes": "on",
    "SHOW synchronous_commit": "on",
}


def answer(extra: tuple[tuple[str, str], ...], headers: dict[str, str], **options: Any) -> Answer:
    return Answer(options.get("status", 200), tuple(headers.items()) + extra, options.get("days", 60))


@pytest.fixture
def here(tmp_path: Path, settings: Any) -> Pretended:
    """A sound installation on a sound machine."""
    from allauth.mfa.models import Authenticator

    from andon.features.ballots.middleware import fixed_headers
    from andon.features.rounds import public as rounds
    from andon.foundation.audit import public as audit
    from andon.foundation.organisation.models import Duty, Organisation
    from andon.foundation.people.models import Member

    data, keys = tmp_path / "data", tmp_path / "the-keys"
    data.mkdir(mode=0o700)
    ballots.prepare_key_directory(keys)
    settings.KEY_DIRECTORY, settings.DATA_DIRECTORY = keys, data
    private, public = rounds.new_steward_key()
    Organisation.objects.create(name="Lanternworks", steward_public_key=public)
    (tmp_path / "steward.key").write_text(private)
    settings.STEWARD_KEY_FILE = str(tmp_path / "steward.key")
    for name in ("stella", "sam"):
        member = Member.objects.create_user(f"{name}@example.org", name)
        Duty.objects.create(member=member, role="steward")
        Authenticator.objects.create(user=member, type="totp", data={})
    audit.record(kind="people.imported", by=None, at=NOW - timedelta(days=1))
    (data / "worker.lock").touch(mode=0o600)
    number = (data / "worker.lock").stat().st_ino
    marker.write_json(data / last_backup.NAME, {"at": (NOW - timedelta(days=1)).isoformat(), "destination": "ab"})
    settings.ENVIRONMENT = {"ANDON_MAIL_FROM": "Andon <andon@example.org>"}
    mount = Mount("/dev/sdb1", "/keys", "ext4", SECURE)
    made = Pretended(
        data_directory=data,
        key_directory=keys,
        app_origin="https://andon.example.org",
        anonymous_origin="https://answer.example.org",
        secret_key="".join(chr(48 + number % 70) for number in range(80)),
        files={
            "/proc/swaps": "Filename Type Size Used Priority\n",
            "/proc/sys/kernel/core_pattern": "core",
            "/proc/locks": f"1: FLOCK  ADVISORY  WRITE 77 fd:00:{number} 0 EOF\n",
        },
        mounts={data: mount, keys: mount},
        answers={
            "andon": answer((), doors._headers_of_app()),
            "head": answer((), {**fixed_headers(), "Cache-Control": "no-store"}),
            "other name": Answer(400, ()),
        },
    )
    made.said["user"] = 1000 if data.stat().st_uid == 1000 else data.stat().st_uid
    return made


def look(number: str, here: Pretended) -> findings.Said:
    return findings.CHECKS[number].look(here)


# What cannot be fine on any machine, and what says so on a machine where tests run as root.
NEVER_FINE = {"D07": "unknown", "D36": "unknown", "D45": "warning"}


def test_a_sound_place_has_nothing_to_put_right(here, monkeypatch):
    monkeypatch.setattr(machine, "account", lambda here: findings.ok(""))
    found = {finding.id: finding for finding in findings.run(here)}
    expected = {number: NEVER_FINE.get(number, "ok") for number in findings.CHECKS}
    if here.effective_user() == 0:
        expected["D11"] = "warning"
    assert {number: (str(finding.status), finding.evidence) for number, finding in found.items()} == {
        number: (status, found[number].evidence) for number, status in expected.items()
    }


def swapped(here: Pretended, name: str, *, headers: Any = None, extra: Any = (), **options: Any) -> None:
    kept = dict(here.answers[name].headers) if headers is None else headers
    here.answers[name] = answer(tuple(extra), kept, **options)


def mounted(here: Pretended, kind: str = "ext4", options: Any = SECURE, device: str = "/dev/sdb1") -> None:
    here.mounts[here.key_directory] = Mount(device, "/keys", kind, frozenset(options))


def task(status: str, **options: Any) -> None:
    from django_tasks_db.models import DBTaskResult

    made = DBTaskResult.objects.create(
        status=status,
        args_kwargs={"args": [], "kwargs": {}},
        task_path="andon.features.closing.tasks.close_round",
        backend_name="default",
        run_after=options.get("run_after", NOW - timedelta(hours=1)),
        exception_class_path="",
        traceback="",
    )
    DBTaskResult.objects.filter(pk=made.pk).update(enqueued_at=NOW - timedelta(hours=1))


def a_round(**options: Any) -> str:
    from andon.features.rounds.models import Round
    from andon.foundation.organisation.models import Node

    node = Node.objects.create(name="Lanternworks", parent=None)
    made = Round.objects.create(
        node=node,
        instrument_id="andon-core",
        instrument_version="1",
        policy={"early_close": True, "least_ballots": 5},
        opens_at=NOW - timedelta(days=8),
        closes_at=options.get("closes_at", NOW - timedelta(hours=3)),
        at=NOW - timedelta(days=9),
    )
    return made.pk


def chmod(path: Path, mode: int) -> None:
    path.touch(exist_ok=True)
    path.chmod(mode)


def no_second_factor() -> None:
    from allauth.mfa.models import Authenticator

    Authenticator.objects.filter(user__email="sam@example.org").update(type="recovery_codes")


def one_steward() -> None:
    from andon.foundation.organisation.models import Duty

    Duty.objects.filter(member__email="sam@example.org").delete()


def inactive_steward() -> None:
    from andon.foundation.people.models import Member

    Member.objects.filter(email="sam@example.org").update(is_active=False)


def without_a_trigger() -> None:
    with connection.cursor() as cursor:
        name = min(revision._wanted(connection.vendor))
        table = f" ON {revision._wanted(connection.vendor)[name][0].table}"
        cursor.execute(f"DROP TRIGGER {name}{table if connection.vendor == 'postgresql' else ''}")


def from_the_future() -> None:
    from andon.foundation.audit import public as audit

    audit.record(kind="people.imported", by=None, at=NOW + timedelta(hours=2))


def another_steward_key() -> None:
    from andon.features.rounds import public as rounds

    Path(django_settings.STEWARD_KEY_FILE).write_text(rounds.new_steward_key()[0])


def erased_and_back(here: "Pretended") -> None:
    """Sam was erased, and an older copy of the database was put in place by hand."""
    from andon.features.privacy import public as privacy
    from andon.foundation.people.models import Member

    privacy.keep_marks([privacy.mark_of(Member.objects.get(email="sam@example.org").pk)])


def erased_and_not_listed() -> None:
    from andon.features.privacy.models import ErasedMark

    ErasedMark.objects.create(mark="a" * 64)


def not_migrated() -> None:
    from django.db.migrations.recorder import MigrationRecorder

    MigrationRecorder.Migration.objects.using("ballots").filter(app="publiclog").delete()


def bad_postgres(**changed: str) -> dict[str, Any]:
    return {**GOOD_POSTGRES, **{f"SHOW {name}": value for name, value in changed.items()}}


def sent_by_environment(**values: str) -> None:
    django_settings.ENVIRONMENT = {**django_settings.ENVIRONMENT, **values}


BAD_CERTIFICATE = ssl.SSLCertVerificationError(1, "expired")
BAD_CERTIFICATE.verify_message = "certificate has expired"

# The number of the check, what it says then, and the fault.
FAULTS = [
    ("D01", "problem", lambda here: here.data_directory.chmod(0o750)),
    ("D01", "warning", lambda here: here.said.update(user=4321)),
    ("D02", "problem", lambda here: chmod(here.data_directory / "app.sqlite3", 0o644)),
    ("D03", "problem", lambda here: chmod(here.data_directory / "secret-key", 0o640)),
    ("D03", "problem", lambda here: setattr(here, "secret_key", "short")),
    ("D03", "problem", lambda here: setattr(here, "secret_key", "x" * 90)),
    ("D03", "warning", lambda here: setattr(here, "environment", {"ANDON_SECRET_KEY": "it"})),
    ("D04", "problem", lambda here: (here.key_directory / "this-is-the-andon-key-directory").unlink()),
    ("D04", "problem", lambda here: here.key_directory.chmod(0o755)),
    ("D04", "problem", lambda here: (here.key_directory / "box").chmod(0o750)),
    ("D04", "problem", lambda here: (here.key_directory / "seed").chmod(0o770)),
    ("D05", "warning", lambda here: here.said.update(device=7)),
    *(("D06", "problem", lambda here, kind=kind: mounted(here, kind)) for kind in sorted(machine.KEEPS_OLD_BLOCKS)),
    ("D06", "problem", lambda here: mounted(here, "tmpfs")),
    ("D06", "problem", lambda here: mounted(here, "ext4", {*SECURE, "data=journal"})),
    ("D06", "unknown", lambda here: mounted(here, "nfs4")),
    ("D06", "unknown", lambda here: here.mounts.clear()),
    (
        "D07",
        "problem",
        lambda here: (
            mounted(here, device="/dev/mapper/vg-keys"),
            setattr(here, "mapped", frozenset({"vg-keys", "vg-keys-real", "vg-snap-cow"})),
        ),
    ),
    ("D08", "problem", lambda here: mounted(here, options={*SECURE, "ro"})),
    ("D08", "warning", lambda here: mounted(here, options={"rw", "nodev"})),
    ("D09", "warning", lambda here: here.files.update({"/proc/swaps": "Filename\n/dev/sda2 partition 1 0 -2\n"})),
    ("D10", "warning", lambda here: here.said.update(core=-1)),
    ("D10", "warning", lambda here: here.files.update({"/proc/sys/kernel/core_pattern": "|/usr/lib/systemd-coredump"})),
    ("D11", "warning", lambda here: here.said.update(user=0)),
    ("D12", "warning", lambda here: here.said.update(free=(5 * 2**30, 100 * 2**30))),
    ("D12", "problem", lambda here: here.said.update(free=(2**30, 100 * 2**30))),
    ("D12", "problem", lambda here: here.said.update(free=(2**20, 2**22))),
    ("D13", "warning", lambda here: here.said.update(clock=5)),
    ("D13", "unknown", lambda here: here.said.update(clock=-1)),
    ("D14", "problem", lambda here: here.said.update(versions={"OpenSSL": (1, 1, 1)})),
    ("D21", "problem", lambda here: not_migrated()),
    ("D22", "problem", lambda here: setattr(here, "postgres", bad_postgres(fsync="off"))),
    ("D23", "problem", lambda here: setattr(here, "postgres", bad_postgres(archive_mode="on"))),
    ("D23", "problem", lambda here: setattr(here, "postgres", bad_postgres(wal_level="logical"))),
    ("D24", "problem", lambda here: setattr(here, "postgres", {**GOOD_POSTGRES, "pg_replication_slots": 1})),
    ("D24", "problem", lambda here: setattr(here, "postgres", {**GOOD_POSTGRES, "pg_stat_replication": 1})),
    ("D25", "problem", lambda here: setattr(here, "postgres", bad_postgres(log_statement="all"))),
    ("D25", "problem", lambda here: setattr(here, "postgres", bad_postgres(log_min_duration_statement="0"))),
    ("D25", "problem", lambda here: setattr(here, "postgres", bad_postgres(shared_preload_libraries="auto_explain"))),
    ("D25", "problem", lambda here: setattr(here, "postgres", {**GOOD_POSTGRES, "pg_attribute": 6})),
    ("D27", "problem", lambda here: from_the_future()),
    ("D28", "warning", lambda here: without_a_trigger()),
    ("D30", "problem", lambda here: here.answers.update(andon=BAD_CERTIFICATE)),
    ("D30", "problem", lambda here: here.answers.update(andon=ConnectionRefusedError())),
    ("D30", "problem", lambda here: swapped(here, "andon", status=502)),
    ("D30", "problem", lambda here: swapped(here, "andon", days=None)),
    ("D30", "warning", lambda here: swapped(here, "andon", days=5)),
    ("D31", "problem", lambda here: here.answers.update(head=TimeoutError())),
    ("D31", "warning", lambda here: swapped(here, "head", days=5)),
    ("D32", "problem", lambda here: setattr(here, "anonymous_origin", "https://andon.example.org")),
    ("D32", "problem", lambda here: setattr(here, "anonymous_origin", "https://answer.example.net")),
    ("D33", "problem", lambda here: swapped(here, "andon", headers={"Cache-Control": "no-store"})),
    ("D33", "problem", lambda here: swapped(here, "andon", extra=[("Cache-Control", "public")])),
    ("D34", "problem", lambda here: swapped(here, "head", headers={})),
    ("D34", "problem", lambda here: swapped(here, "head", extra=[("Content-Security-Policy", "default-src *")])),
    *(
        ("D35", "problem", lambda here, name=name: swapped(here, "head", extra=[(name, "1")]))
        for name in doors.OF_CACHES
    ),
    *(
        ("D35", "problem", lambda here, name=name: swapped(here, "head", extra=[(name, "1")]))
        for name in doors.OF_OTHERS
    ),
    ("D37", "problem", lambda here: here.answers.update({"other name": Answer(200, ())})),
    ("D37", "unknown", lambda here: here.answers.update({"other name": ConnectionRefusedError()})),
    ("D38", "warning", lambda here: setattr(here, "environment", {"ANDON_ANONYMOUS_BIND": "0.0.0.0:8001"})),
    ("D38", "warning", lambda here: setattr(here, "environment", {"ANDON_APP_BIND": "[::]:8000"})),
    ("D40", "warning", lambda here: here.files.update({"/proc/locks": ""})),
    ("D41", "warning", lambda here: task("FAILED")),
    ("D42", "problem", lambda here: task("READY")),
    ("D43", "problem", lambda here: a_round()),
    ("D44", "problem", lambda here: ballots.KeyDirectory(here.key_directory).create("a" * 32)),
    ("D45", "problem", lambda here: Path(django_settings.STEWARD_KEY_FILE).unlink()),
    ("D45", "problem", lambda here: another_steward_key()),
    ("D46", "warning", lambda here: one_steward()),
    ("D46", "warning", lambda here: inactive_steward()),
    ("D47", "warning", lambda here: no_second_factor()),
    ("D48", "problem", lambda here: setattr(here, "demo", True)),
    ("D49", "problem", lambda here: here.said.update(mail=ConnectionRefusedError())),
    ("D49", "problem", lambda here: sent_by_environment(ANDON_SMTP_HOST="mx.example.org", ANDON_SMTP_SECURITY="none")),
    ("D49", "warning", lambda here: sent_by_environment(ANDON_MAIL_FROM="Andon <andon@localhost>")),
    ("D50", "warning", lambda here: (here.data_directory / last_backup.NAME).unlink()),
    (
        "D50",
        "warning",
        lambda here: marker.write_json(
            here.data_directory / last_backup.NAME, {"at": (NOW - timedelta(days=9)).isoformat()}
        ),
    ),
    ("D50", "unknown", lambda here: (here.data_directory / last_backup.NAME).write_text("{")),
    ("D51", "problem", lambda here: marker.Progress(here.data_directory / marker.NAME, "a").begin()),
    ("D52", "problem", lambda here: setattr(here, "environment", {"ANDON_LOG_LEVEL": "debug"})),
    ("D54", "warning", lambda here: here.said.update(sets_pages=False)),
    ("D53", "problem", erased_and_back),
    ("D53", "warning", lambda here: erased_and_not_listed()),
    ("D53", "problem", lambda here: (here.data_directory / "erased-people").write_text("bo\n")),
]


@pytest.mark.parametrize(("number", "status", "fault"), FAULTS, ids=[f"{fault[0]}-{fault[1]}" for fault in FAULTS])
def test_a_planted_fault_is_seen(here, number, status, fault):
    before = look(number, here).status
    fault(here)
    after = look(number, here)
    assert after.status == status, after.evidence
    assert after.status != before or number in NEVER_FINE or (number == "D11" and here.effective_user() == 0)
    assert after.advice or status == "unknown"


def test_a_database_that_does_not_answer_is_seen(here, monkeypatch):
    from django.db import OperationalError

    def silent(alias: str, statement: str) -> Any:
        if alias == "issuance":
            raise OperationalError
        return [(1,)]

    monkeypatch.setattr(here, "rows", silent)
    assert look("D20", here).evidence == "No answer from: issuance."


@pytest.mark.sqlite_only
def test_outside_of_tests_sqlite_waits_for_the_disk(tmp_path):
    from andon.project.settings import base

    options: Any = base.database("default")["OPTIONS"]
    with sqlite3.connect(tmp_path / "a.sqlite3") as connection:
        connection.executescript(options["init_command"])
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    connection.close()


def test_a_pragma_that_was_turned_off_is_seen(here, monkeypatch):
    monkeypatch.setattr(here, "vendor", lambda alias: "sqlite")
    values = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}
    monkeypatch.setattr(here, "rows", lambda alias, statement: [(values[statement.split()[1]],)])
    assert look("D22", here).status == "ok"
    for name, wrong in (("journal_mode", "delete"), ("synchronous", 1), ("secure_delete", 2)):
        kept, values[name] = values[name], wrong
        assert look("D22", here).status == "problem"
        values[name] = kept


def test_a_large_log_that_was_left_behind_is_seen(here, monkeypatch):
    monkeypatch.setattr(here, "vendor", lambda alias: "sqlite")
    monkeypatch.setattr(here, "file_of", lambda alias: str(here.data_directory / alias))
    assert look("D26", here).status == "ok"
    with (here.data_directory / "ballots-wal").open("wb") as file:
        file.truncate(65 * 2**20)
    assert look("D26", here).status == "warning"


def test_a_key_of_a_round_that_is_under_way_is_no_leftover(here):
    round_id = a_round(closes_at=NOW + timedelta(days=1))
    ballots.KeyDirectory(here.key_directory).create(round_id)
    assert look("D44", here).status == "ok"


def test_the_mount_of_a_path_is_the_deepest_and_the_last(tmp_path, monkeypatch):
    lines = [
        "20 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
        f"21 20 8:2 / {tmp_path} rw,nosuid - ext4 /dev/sdb1 rw,data=journal",
        f"22 20 0:5 / {tmp_path}-other rw - btrfs /dev/sdc1 rw",
        f"23 20 8:3 / {tmp_path}/with\\040space rw - xfs /dev/sdd1 ro",
    ]
    here = Place(tmp_path, tmp_path, "https://a.example.org", "https://b.example.org")
    monkeypatch.setattr(here, "read", lambda path: "\n".join(lines))
    assert here.mount_of(tmp_path / "keys") == Mount(
        "/dev/sdb1", str(tmp_path), "ext4", frozenset({"rw", "nosuid", "data=journal"})
    )
    found = here.mount_of(tmp_path / "with space" / "deep")
    assert found is not None
    assert (found.kind, "ro" in found.options) == ("xfs", True)


def test_a_check_that_fails_itself_is_unknown_and_repeats_nothing(here, monkeypatch):
    def fails(_here: Any) -> Any:
        raise ValueError("ada@example.org")

    monkeypatch.setitem(findings.CHECKS, "D52", findings.Check("D52", "The log says little", fails, False))
    [found] = [finding for finding in findings.run(here) if finding.id == "D52"]
    assert (str(found.status), found.evidence) == ("unknown", "This could not be looked at: ValueError.")


def test_no_finding_holds_a_secret_or_a_person(here):
    from andon.foundation.people.models import Member

    text = " ".join(f"{finding.evidence} {finding.advice}" for finding in findings.run(here))
    people = [value for member in Member.objects.all() for value in (member.email, member.pk.hex)]
    for secret in (here.secret_key, Path(django_settings.STEWARD_KEY_FILE).read_text().strip(), *people):
        assert secret not in text
    # The twin: such a secret would be seen.
    assert here.secret_key in f"{text} {here.secret_key}"


def documented() -> dict[str, str]:
    page = (ROOT / "docs" / "operations" / "doctor.md").read_text()
    return dict(re.findall(r'^\| <a id="(d\d\d)"></a>D\d\d \| ([^|]+?) \|', page, re.MULTILINE))


def test_every_check_is_documented_under_its_number_and_title():
    assert documented() == {number.lower(): one.title for number, one in findings.CHECKS.items()}


def test_every_check_has_a_planted_fault():
    by_hand = {"D20", "D22", "D26", "D36"}
    # D36 cannot be seen from here at all, and says so.
    assert set(findings.CHECKS) == {number for number, _status, _fault in FAULTS} | by_hand


def test_doors_with_tls_of_their_own_may_listen_everywhere(here):
    here.environment = {"ANDON_APP_BIND": "0.0.0.0:443"}
    assert look("D38", here).status == "warning"
    here.environment |= {"ANDON_TLS_CERTIFICATE": "/etc/andon-tls/chain.pem"}
    assert look("D38", here).status == "ok"


@pytest.mark.slow
def test_the_doors_of_a_running_service_send_what_is_looked_for(make_stack, postgres_server):
    """Without a proxy in between every header arrives; and neither a person nor a secret stands in the output."""
    import json

    stack = make_stack(before=(("demo", "--rounds=1"),), ANDON_DEMO="1")
    done = stack.andon("doctor", "--json", check=False)
    found = {finding["id"]: finding for finding in json.loads(done.stdout)}
    assert found.keys() == findings.CHECKS.keys()
    for number in ("D20", "D21", "D22", "D27", "D30", "D31", "D32", "D33", "D34", "D35", "D40", "D43", "D44"):
        # The server of the tests does not wait for the disk, which is a problem and is said to be one.
        expected = "problem" if number == "D22" and postgres_server else "ok"
        assert found[number]["status"] == expected, found[number]
    # A demonstration is one problem at least, and says so to whoever runs it from a timer.
    assert found["D48"]["status"] == "problem"
    assert done.returncode == 1
    assert "@example.org" not in done.stdout
    assert (stack.data_directory / "secret-key").read_text().strip() not in done.stdout
    stack.stop("worker")
    after = json.loads(stack.andon("doctor", "--json", check=False).stdout)
    assert [finding["status"] for finding in after if finding["id"] == "D40"] == ["warning"]
