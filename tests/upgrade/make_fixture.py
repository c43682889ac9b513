"""Make the data of a release as that release leaves it: python tests/upgrade/make_fixture.py CHECKOUT OUTPUT

CHECKOUT is a working copy of the release (`git worktree add /tmp/old <commit>`), with its built client code in place;
OUTPUT is the archive that `test_upgrade.py` reads. Version 0.1.0 was made from the commit "Cut the connection in a
real browser when the answers are sent".

In it, on SQLite and on PostgreSQL each: the demonstration with its closed round, and a second round of everybody that
is open and answered by some. Its keys, the steward's key and the secret key are in it as well: they belong to invented
people, were drawn for this file and are used nowhere else. Without them nobody could see a round end under a newer
version than it was opened with.

The contents are drawn anew each time (keys, ids, noise), and what is tested does not depend on them.
"""

import lzma
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests import postgres

OPEN_ROUND = """
from datetime import timedelta
from django.contrib.auth import get_user_model
from django.utils import timezone
from andon.features.publiclog import public as publiclog
from andon.features.rounds import public as rounds
from andon.foundation.organisation.models import Node
from andon.gateways.demo import seeding, wallet
from andon.kernel import wire
now = timezone.now()
one = rounds.publish_round(node_id=Node.objects.get(parent=None).pk, instrument_id="andon-core", opens_at=now,
    closes_at=now + timedelta(days=7), by=None, at=now)
rounds.open_round(round_id=one.pk, at=now)
members = {member.name: member for member in get_user_model().objects.all()}
box = wire.unb64u(publiclog.find("manifest", one.pk).body["box_key"], 32)
for name, answers in sorted(seeding.made_answers().items())[::2]:
    wallet.answer(members[name], one.pk, answers, box_key=box)
"""


def run(checkout: Path, data: Path, urls: dict[str, str]) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("ANDON_")}
    env |= {"PYTHONPATH": str(checkout / "src"), "ANDON_DATA": str(data), "ANDON_DEMO": "1"}
    env |= {f"ANDON_DATABASE_{alias.upper()}_URL": url for alias, url in urls.items()}
    for words in (["prepare"], ["demo"], ["manage", "shell", "-c", OPEN_ROUND]):
        subprocess.run([sys.executable, "-m", "andon.gateways.cli", *words], env=env, check=True)
    (data / "worker.lock").unlink(missing_ok=True)


def dump(url: str, file: Path) -> None:
    # Bytes as text: the files of the answering page are in both databases, and are then packed once.
    command = [postgres.program("pg_dump"), "--no-owner", "--no-privileges", f"--file={file}", url]
    subprocess.run(command, env={**os.environ, "PGOPTIONS": "-c bytea_output=escape"}, check=True)


def main(checkout: Path, output: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder)
        run(checkout, there / "sqlite", {})
        for file in (there / "sqlite").glob("*.sqlite3"):
            subprocess.run(
                [sys.executable, "-c", f"import sqlite3; sqlite3.connect({str(file)!r}).execute('VACUUM')"], check=True
            )
        with postgres.server(there / "server"):
            urls = postgres.create_databases(there / "server", "old")
            run(checkout, there / "postgres", urls)
            for alias, url in urls.items():
                dump(url, there / "postgres" / f"{alias}.sql")
        with (
            lzma.open(output, "wb", preset=9 | lzma.PRESET_EXTREME) as packed,
            tarfile.open(fileobj=packed, mode="w") as archive,
        ):
            for name in ("sqlite", "postgres"):
                archive.add(there / name, name)
    print(output, output.stat().st_size)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), Path(sys.argv[2]).absolute())
