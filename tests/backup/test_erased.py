"""Somebody is erased, and a backup from before is restored: they stay erased, whoever is killed on the way."""

import json
import os
from types import SimpleNamespace
from typing import Any

import pytest

from andon.features.privacy import marks
from tests import postgres
from tests.backup import archives
from tests.backup.test_drill import elsewhere, head_of, shell

pytestmark = pytest.mark.slow

ERASE = """
import json
from django.contrib.auth import get_user_model
from django.utils import timezone
from andon.features.privacy import public as privacy
from andon.foundation.organisation.models import Duty
gone = []
for member in get_user_model().objects.exclude(duties__role=Duty.Role.STEWARD).order_by("name")[:2]:
    gone.append([member.name, member.email, str(member.pk), member.pk.hex])
    privacy.erase(member=member, by=None, at=timezone.now())
print(json.dumps(gone))
"""


@pytest.fixture(scope="module")
def drill(make_stack: Any, tmp_path_factory: Any) -> SimpleNamespace:
    """A backup, two erasures, and the list that a newer backup left beside itself."""
    folder = tmp_path_factory.mktemp("erased")
    stack = make_stack(parts=(), before=(("demo", "--rounds=1"),), ANDON_DEMO="1")
    recipient = stack.andon("backup", "--new-identity", str(folder / "identity")).stdout.split()[-1]
    stack.andon("backup", "--to", str(folder / "older.age"), "--recipient", recipient)
    gone = shell(stack, ERASE)
    said = stack.andon("backup", "--to", str(folder / "newer.age"), "--recipient", recipient).stdout
    assert "newer.age.erased" in said
    return SimpleNamespace(
        stack=stack,
        folder=folder,
        identity=folder / "identity",
        recipient=recipient,
        backup=folder / "older.age",
        gone=gone,
        list=folder / "newer.age.erased",
        reading=archives.read(folder / "older.age", folder / "identity"),
    )


def back(drill: Any, reading: archives.Reading) -> list[str]:
    """Who of the two stands in it, in whatever spelling."""
    return [words[0] for words in drill.gone if any(spelling in reading.text for spelling in words)]


def test_the_list_beside_a_backup_names_nobody(drill):
    text = drill.list.read_text()
    assert len(text.splitlines()) == 3
    assert not any(spelling in text for words in drill.gone for spelling in words)
    assert drill.list.read_text() == (drill.stack.data_directory / marks.NAME).read_text()
    assert drill.list.stat().st_mode & 0o077 == 0


def test_without_the_list_they_are_back_and_the_command_erases_them_again(drill):
    """The planted fault: a restore that knows of no erasure."""
    there = elsewhere(drill, "without", is_prepared=True)
    said = there.restore().stdout
    assert "are erased again" not in said
    assert sorted(back(drill, there.backup())) == sorted(words[0] for words in drill.gone)
    assert "Erased again: 2." in there.andon("people", "erase-again", "--erasures", str(drill.list)).stdout
    assert back(drill, there.backup()) == []


def test_with_the_list_they_stay_erased_and_so_they_do_in_what_is_restored_later(drill):
    there = elsewhere(drill, "with", is_prepared=True)
    said = there.restore("--erasures", str(drill.list)).stdout
    assert "2 people had been erased since this backup, and are erased again." in said
    after = there.backup()
    assert back(drill, after) == []
    assert len(after.tables["default/people.Member"]) == len(drill.reading.tables["default/people.Member"]) - 2
    assert [row["kind"] for row in after.tables["default/audit.AuditEntry"]].count("person.erased_again") == 2
    assert (there.data / marks.NAME).read_text() == drill.list.read_text()
    # Who knows, knows it by the backup as well: the machine and its list may be lost.
    assert {row["mark"] for row in after.tables["default/privacy.ErasedMark"]} == marks.read(drill.list)
    finding = json.loads(there.andon("doctor", "--json", check=False).stdout)
    assert [one["status"] for one in finding if one["id"] == "D53"] == ["ok"]


def test_the_list_of_the_data_directory_needs_no_flag(drill):
    there = elsewhere(drill, "own", is_prepared=True)
    (there.data / marks.NAME).write_text(drill.list.read_text())
    assert "2 people had been erased" in there.restore().stdout
    assert back(drill, there.backup()) == []


@pytest.mark.parametrize("content", ["", "andon@example.org\n", "people erased from Andon, 1\nbo\n"])
def test_a_list_that_is_none_is_refused_before_anything_is_written(drill, tmp_path, content):
    there, file = elsewhere(drill, f"bad-{len(content)}"), tmp_path / "list"
    file.write_text(content)
    for words in (("--erasures", str(file)), ("--erasures", str(tmp_path / "absent"))):
        done = there.restore(*words, check=False)
        assert done.returncode == 1
        assert "Nothing was restored" in done.stderr
        assert "Traceback" not in done.stderr
    assert not (there.data / "app.sqlite3").exists()


@pytest.mark.timeout(1_800)
@archives.few_or_many_points
def test_a_restore_that_was_killed_brings_nobody_back_also_without_the_list_the_second_time(drill, nearness):
    point, killed = 1, 0
    while True:
        there = elsewhere(drill, f"killed-{nearness}-{point}", is_prepared=nearness < 1)
        words = ("restore", str(drill.backup), "--identity", str(drill.identity), "--log-head", head_of(drill.reading))
        if not archives.killed_at(point, there, *words, "--erasures", str(drill.list)):
            break
        killed += 1
        began = (there.data / "restore-under-way.json").exists()
        # Before the first row it is as if nothing had been asked, so the list is given again.
        more = () if began and (there.data / marks.NAME).exists() else ("--erasures", str(drill.list))
        done = there.restore(*more, check=False)
        if done.returncode:
            assert "in use" in done.stderr, (point, done.stderr)
        assert back(drill, there.backup()) == [], point
        point = archives.after(point, nearness)
    assert killed > 4


@pytest.mark.postgres_only
def test_they_stay_erased_where_the_older_backup_goes_into_postgresql(drill, postgres_server):
    prefix = f"erased_{os.getpid()}"
    urls = postgres.create_databases(postgres_server, prefix)
    try:
        there = elsewhere(drill, "pg", **{f"ANDON_DATABASE_{alias.upper()}_URL": url for alias, url in urls.items()})
        there.restore("--erasures", str(drill.list))
        assert back(drill, there.backup()) == []
    finally:
        postgres.drop_databases(postgres_server, prefix)
