"""How long a file of many people takes: read, planned, written, through the command and by the worker's steps.

    python bench/people_file.py [--people 100000] [--teams 10000] [--limit 60]

Prints phases, the memory, and the ratio to the least that could be done: `csv` and `executemany` into the same tables,
without a check. On SQLite in a new folder; ends with an error when `andon people import` takes longer than --limit.
"""

import argparse
import contextlib
import csv
import io
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def made(people: int, teams: int) -> bytes:
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(["login", "email", "displayName", "division", "department", "status", "title"])
    divisions = max(1, teams // 100)
    for number in range(people):
        team = number % teams
        address = f"person.{number}@example.org"
        where = (f"Division {team % divisions}", f"Team {team}")
        writer.writerow([address, address, f"Person Number {number}", *where, "ACTIVE", "Analyst"])
    return written.getvalue().encode()


def bare(content: bytes, database: Path) -> None:
    """The same rows without a question asked: what no import can be faster than by much."""
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA synchronous=FULL")
    # As Django declares them, with its indexes.
    connection.executescript(
        "CREATE TABLE node (id TEXT PRIMARY KEY, parent TEXT, name TEXT, UNIQUE (parent, name));"
        "CREATE TABLE member (id TEXT PRIMARY KEY, email TEXT UNIQUE, name TEXT, password TEXT);"
        "CREATE TABLE place (id INTEGER PRIMARY KEY, member TEXT, node TEXT, role TEXT, starts TEXT);"
        "CREATE INDEX place_member ON place (member); CREATE INDEX place_node ON place (node);"
    )
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))[1:]
    nodes: dict[tuple[str, str], str] = {}
    places = []
    for row in rows:
        node = nodes.setdefault((row[3], row[4]), uuid.uuid4().hex)
        places.append((uuid.uuid4().hex, row[1], row[2], node))
    with connection:
        connection.executemany("INSERT INTO node VALUES (?, ?, ?)", [(i, d, n) for (d, n), i in nodes.items()])
        connection.executemany("INSERT INTO member VALUES (?, ?, ?, '!')", [place[:3] for place in places])
        connection.executemany(
            "INSERT INTO place (member, node, role, starts) VALUES (?, ?, 'member', '2026-01-01')",
            [(place[0], place[3]) for place in places],
        )
    connection.close()


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.monotonic()
    result = work()
    return time.monotonic() - began, result


@contextlib.contextmanager
def other_writer(database: Path) -> Iterator[list[float]]:
    """Somebody who wants to write all the time, as signing in does: how long each of their tries took, in seconds."""
    waits: list[float] = []
    over = threading.Event()

    def write() -> None:
        connection = sqlite3.connect(database, timeout=120, isolation_level=None)
        while not over.wait(0.05):
            began = time.monotonic()
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
            waits.append(time.monotonic() - began)
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield waits
    finally:
        over.set()
        thread.join()


def inside(file: Path) -> None:
    """The worker's steps, in a process of their own: prints seconds and the peak of memory as JSON."""
    import django

    django.setup()
    from django.utils import timezone

    from andon.foundation.organisation import waiting
    from andon.foundation.organisation.days import today
    from andon.foundation.organisation.importing import preview_people
    from andon.foundation.organisation.models import PeopleFile
    from andon.foundation.organisation.people_file import read_people
    from andon.foundation.people.models import Member

    content, on = file.read_bytes(), today()
    phases = {}
    phases["read"], read = timed(lambda: read_people(content, on=on))
    phases["plan, with units"], _ = timed(lambda: preview_people(read, on=on))
    steward = Member.objects.create_user("steward@example.org", "Steward")
    kept = waiting.start(content=content, is_complete=False, team="", by=steward, at=timezone.now())
    phases["worker: preview"], _ = timed(lambda: waiting.read(kept.pk))
    file_now = PeopleFile.objects.get(pk=kept.pk)
    waiting.agree(file_now, number_leaving=None)
    with other_writer(Path(os.environ["ANDON_DATA"]) / "app.sqlite3") as waits:
        phases["worker: carry out"], _ = timed(lambda: waiting.carry_out(kept.pk, at=timezone.now()))
    phases["another writer waits"] = max(waits)
    assert PeopleFile.objects.get(pk=kept.pk).step == "done"
    phases["the same file again"], again = timed(lambda: preview_people(content, on=on))
    assert again.changes_nothing
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"phases": phases, "peak": peak}))


def run(data: Path, *words: str) -> str:
    environ = {**os.environ, "ANDON_DATA": str(data), "DJANGO_SETTINGS_MODULE": "andon.project.settings.app"}
    done = subprocess.run(words, env=environ, cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--teams", type=int, default=10_000)
    parser.add_argument("--limit", type=float, default=60.0, help="seconds that the command may take")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        inside(options.inside)
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "people.csv"
        file.write_bytes(made(options.people, options.teams))
        least, _ = timed(lambda: bare(file.read_bytes(), Path(folder) / "bare.sqlite3"))
        print(f"{options.people} people in {options.teams} teams, {file.stat().st_size / 1e6:.1f} MB\n")
        andon = [sys.executable, "-m", "andon.gateways.cli"]
        for name in ("a", "b"):
            run(Path(folder) / name, *andon, "prepare")
            create = "from andon.foundation.organisation.models import Node; Node.objects.create(name='Lanternworks')"
            run(Path(folder) / name, *andon, "manage", "shell", "-c", create)
        told = json.loads(
            run(Path(folder) / "b", sys.executable, __file__, "--inside", str(file)).strip().splitlines()[-1]
        )
        command, _ = timed(lambda: run(Path(folder) / "a", *andon, "people", "import", str(file), "--yes"))
    for phase, seconds in told["phases"].items():
        print(f"{phase:<28}{seconds:8.1f} s")
    print(f"{'andon people import':<28}{command:8.1f} s   start of the process included")
    print(f"{'csv and executemany alone':<28}{least:8.1f} s   the command takes {command / least:.0f} times as long")
    print(f"{'peak of memory':<28}{told['peak']:8.0f} MB")
    if command > options.limit:
        raise SystemExit(f"andon people import took longer than {options.limit:.0f} s.")


if __name__ == "__main__":
    main()
