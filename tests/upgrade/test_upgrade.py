"""The data of an earlier release, as that release left it, under this version (see make_fixture.py)."""

import json
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import postgres
from tests.backup.archives import after, few_or_many_points, killed_at
from tests.stack import PARTS, Stack
from tests.upgrade import earlier

pytestmark = pytest.mark.slow

STATE = """
import json
from django.apps import apps
from django.db import connections, router
from django.db.migrations.recorder import MigrationRecorder
print(json.dumps({
    "migrations": {a: sorted(map(list, MigrationRecorder(connections[a]).applied_migrations())) for a in connections},
    "rows": {m._meta.label: m._base_manager.using(a).count() for a in connections for m in apps.get_models()
        if m._meta.managed and not m._meta.proxy and router.allow_migrate_model(a, m)},
    "columns": {a: {t: sorted(c.name for c in connections[a].introspection.get_table_description(
        connections[a].cursor(), t)) for t in connections[a].introspection.table_names()} for a in connections},
}))
"""

# Signed in as its lead somebody reads the report of the round that 0.1.0 released.
REPORTS = """
import json
from django.conf import settings
from django.test import Client
from django.urls import reverse
from andon.features.rounds import public as rounds
from andon.foundation.people.models import Member
client = Client(headers={"host": settings.ALLOWED_HOSTS[0]})
client.force_login(Member.objects.get(email="demo-lead@example.org"), "andon.foundation.people.backends.MemberBackend")
pages = {}
for view in rounds.all_rounds():
    if view.state == "released":
        answer = client.get(f"/results/{view.id}/", follow=True)
        pages[view.id] = [answer.status_code, answer.content.decode()]
print(json.dumps(pages))
"""


class OldStack(Stack):
    """A stack that finds the data of an earlier release before its first `andon prepare`."""

    is_copied = False
    loaded = False

    def andon(self, *words: str, **options: Any) -> Any:
        if not self.loaded:
            self.loaded = True
            self.load()
        return super().andon(*words, **options)

    def load(self) -> None:
        kind = "postgres" if self.postgres_server else "sqlite"
        earlier.unpack(self.folder)
        (self.folder / kind).rename(self.data_directory)
        for alias in postgres.ALIASES if self.postgres_server else ():
            url = self.env[f"ANDON_DATABASE_{alias.upper()}_URL"]
            file = str(self.data_directory / f"{alias}.sql")
            command = [postgres.program("psql"), "--quiet", "--set=ON_ERROR_STOP=1", f"--file={file}", url]
            subprocess.run(command, check=True, capture_output=True)


class NotPrepared(OldStack):
    """The same, before anything of this version has touched it."""

    def andon(self, *words: str, **options: Any) -> Any:
        if not self.loaded:
            self.loaded = True
            self.load()
            return None
        return Stack.andon(self, *words, **options)


def shell(stack: Stack, program: str) -> Any:
    return json.loads(stack.manage("shell", "--no-imports", "-c", program).stdout.splitlines()[-1])


def rounds_by_state(stack: Stack) -> dict[str, str]:
    lines = [line.split() for line in stack.andon("rounds", "list").stdout.splitlines()[1:]]
    return {line[1]: line[0] for line in lines}


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: Any, postgres_server: Path | None) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("upgraded")
    with OldStack(folder, postgres_server, parts=PARTS, ANDON_DEMO="1") as stack:
        yield stack


def test_the_old_data_is_of_the_old_version(tmp_path, postgres_server):
    """The twin of everything below: without `andon prepare` this version refuses it."""
    with NotPrepared(tmp_path, postgres_server, parts=(), ANDON_DEMO="1") as stack:
        refused = stack.andon("check", check=False)
        assert refused.returncode == 1
        assert "not at the version of this program" in refused.stderr


def test_it_is_served_after_prepare_and_the_old_report_is_shown(upgraded):
    assert upgraded.andon("check").returncode == 0
    pages = shell(upgraded, REPORTS)
    [released] = pages.values()
    assert released[0] == 200
    assert re.search(r"\d+ of \d+ answered", released[1])


def test_every_member_has_an_epoch_of_their_own(upgraded):
    """Whoever ends their sessions ends nobody else's, and a link of one is no link of another."""
    program = "import json; from andon.foundation.people.models import Member as M; "
    epochs = shell(upgraded, program + "print(json.dumps(list(M.objects.values_list('epoch', flat=True))))")
    assert len(epochs) > 20
    assert len(set(epochs)) == len(epochs)


def test_the_old_log_still_holds(upgraded):
    done = upgraded.andon("verify", upgraded.app_url, check=False)
    assert "The public log is whole" in done.stdout
    assert done.returncode == 0, done.stdout


def test_a_round_that_was_open_during_the_upgrade_ends_with_figures(upgraded):
    open_round = rounds_by_state(upgraded)["open"]
    assert "its figures are shown" in upgraded.andon("rounds", "close", open_round, "--now").stdout
    assert list(upgraded.key_directory.glob("*/*.key")) == []
    pages = shell(upgraded, REPORTS)
    assert pages[open_round][0] == 200
    assert upgraded.andon("verify", upgraded.app_url).returncode == 0


def test_a_new_round_opens(upgraded, tmp_path):
    people = tmp_path / "people.csv"
    lines = [f"new{number}@example.org,New {number},Lanternworks/Newcomers" for number in range(6)]
    people.write_text("\n".join(["email,name,team", *lines]) + "\n")
    upgraded.andon("people", "import", str(people))
    said = upgraded.andon("rounds", "open", "--node", "Newcomers", "--closes-in", "1d").stdout
    assert "is open" in said
    assert upgraded.andon("verify", upgraded.app_url).returncode == 0


def test_a_backup_of_it_can_be_read(upgraded, tmp_path):
    recipient = upgraded.andon("backup", "--new-identity", str(tmp_path / "id")).stdout.split()[-1]
    file = str(tmp_path / "b.age")
    upgraded.andon("backup", "--to", file, "--recipient", recipient)
    assert "whole" in upgraded.andon("backup", "--verify", file, "--identity", str(tmp_path / "id")).stdout


@pytest.mark.timeout(1_800)
@few_or_many_points
def test_an_upgrade_that_is_killed_goes_on(tmp_path, postgres_server, nearness):
    with OldStack(tmp_path / "whole", postgres_server, parts=(), ANDON_DEMO="1") as stack:
        wanted = shell(stack, STATE)
    point, killed = 1, 0
    while True:
        with NotPrepared(tmp_path / str(point), postgres_server, parts=(), ANDON_DEMO="1") as stack:
            if not killed_at(point, stack, "prepare"):
                break
            killed += 1
            done = stack.andon("prepare", check=False)
            assert done.returncode == 0, (point, done.stderr)
            assert shell(stack, STATE) == wanted, point
        point = after(point, nearness)
    assert killed > 4


def test_the_fixture_is_small_and_holds_keys_of_the_demonstration_only():
    assert earlier.FIXTURE.stat().st_size < 300_000
    with tarfile.open(earlier.FIXTURE) as archive:
        text = archive.extractfile("postgres/default.sql").read().decode()
    addresses = {line.split("\t")[2] for line in text.splitlines() if line.count("@example.org\t")}
    assert "Lanternworks" in text
    assert all(address.endswith("@example.org") for address in addresses if "@" in address)
