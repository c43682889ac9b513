"""Faults under load: `python -m tests.anomalies.under_load [--kills 100] [--databases sqlite postgres] [--only SCENE]`

Each scene has a service of its own with real processes, a crowd of people who fetch slips and cast without end, a
fault, a calm in which everybody who waits is served, and a close, in which the worker is killed as well. Prints a row a
scene and ends with 1 when something that was acknowledged is not in the release, when anything is there twice or that
nobody sent, when an answer was unclear, or when a scene could not run. A scene that a
database cannot have is left out.
"""

import argparse
import contextlib
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.ballots import postgres
from tests.anomalies.under_load import ledger, scenes
from tests.anomalies.under_load.crowd import Crowd
from tests.stack import Stack

ROOT = Path(__file__).resolve().parents[3]
MEMBERS = 160
CLIENTS = 6
CLOSED_WITHIN_SECONDS = 90.0
# Of the database that can never have a scene, which is then no failure.
NOT_ON = {("database restarts", "sqlite"), ("read-only disk", "postgres")}


@dataclass(frozen=True)
class Row:
    scene: str
    database: str
    done: str
    told: str
    book: ledger.Ledger | None
    unclear: int
    seconds: float
    passed: bool

    @property
    def cells(self) -> list[str]:
        book = self.book
        numbers = [book.ballots, book.lost + book.older, book.doubled + book.of_nobody] if book else ["-"] * 3
        state = "ok" if self.passed else "FAILED"
        return [
            self.scene,
            self.database,
            self.done,
            self.told,
            *map(str, [*numbers, self.unclear]),
            f"{self.seconds:.0f} s",
            state,
        ]


HEAD = [
    "scene",
    "database",
    "what was done",
    "what people were told",
    "ballots",
    "lost",
    "double",
    "unclear",
    "time",
    "",
]


def play(name: str, database: str, *, folder: Path, times: int, seed: int, members: int = MEMBERS) -> Row:
    """One scene. Raises: scenes.NotHere, AssertionError with what was wrong."""
    began = time.monotonic()
    with contextlib.ExitStack() as running:
        volume = None
        if name in scenes.ON_A_VOLUME:
            volume = running.enter_context(
                scenes.small_volume(folder / "volume", megabytes=400 if database == "postgres" else 96)
            )
        place = volume or folder
        server = running.enter_context(server_for(database, place / "postgres"))
        stack = running.enter_context(
            Stack(
                place / "stack",
                server,
                ANDON_STEWARD_KEY_FILE=str(folder / "steward.key"),
                PYTHONPATH=str(ROOT),
                ANDON_LOG_LEVEL="WARNING",
            )
        )
        world = made_world(stack, folder / "world.json", members)
        crowd = Crowd(world, app_url=stack.app_url, anonymous_url=stack.anonymous_url, clients=CLIENTS, seed=seed)
        scene = scenes.Scene(stack, crowd, random.Random(seed), world["round"], times, volume)
        with crowd:
            scenes.ALL[name](scene)
        scenes.until_all_answer(stack)
        crowd.settle()
        close(scene)
        book = ledger.compare(ledger.look(stack, scene.round_id), crowd.people)
    told = crowd.told
    for what, status, begins in told.unclear[:5]:
        print(f"  unclear: {what} {status} {begins!r}", flush=True)
    said = f"{told.acknowledged:,} kept, {told.refused:,} refused, {told.cut_off:,} cut off"
    passed = book.holds and not told.unclear and book.ballots == members
    return Row(name, database, scene.done, said, book, len(told.unclear), time.monotonic() - began, passed)


@contextlib.contextmanager
def server_for(database: str, folder: Path) -> Iterator[Path | None]:
    """A PostgreSQL server that waits for its disk, as usual; None for SQLite."""
    if database == "sqlite":
        yield None
        return
    with postgres(folder) as server:
        yield server


def made_world(stack: Stack, file: Path, members: int) -> dict[str, Any]:
    """Members in teams of eight, and an open round over all of them."""
    subprocess.run(
        [sys.executable, "-m", "bench.answers.world", str(members), str(file)],
        env=stack.env,
        cwd=ROOT,
        check=True,
        timeout=120,
    )
    made: dict[str, Any] = json.loads(file.read_text())
    return made


def close(scene: scenes.Scene) -> None:
    """Have the worker close the round, and kill it at three moments of it."""
    stack = scene.stack
    stack.andon("rounds", "close", scene.round_id)
    for _ in range(3):
        scene.pause(0.0, 0.8)
        stack.kill("worker")
        stack.start("worker")
    until = time.monotonic() + CLOSED_WITHIN_SECONDS
    while ledger.look(stack, scene.round_id)["finished"] != [True]:
        assert time.monotonic() < until, f"the round is not closed:\n{stack.log('worker')[-2_000:]}"
        time.sleep(0.5)


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--times", type=int, default=3, help="how often every other fault happens")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgres"], choices=["sqlite", "postgres"])
    parser.add_argument("--only", nargs="+", choices=list(scenes.ALL))
    parser.add_argument("--seed", type=int, default=None, help="the same moments again, as far as a machine allows it")
    parser.add_argument("--report", default="", metavar="FILE", help="write the table there as well, in Markdown")
    options = parser.parse_args(words)
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1_000_000)
    print(f"seed {seed}", flush=True)
    rows, missed = [], 0
    for database in options.databases:
        for name in options.only or scenes.ALL:
            times = options.kills if name == "kills" else options.times
            if (name, database) in NOT_ON:
                continue
            with tempfile.TemporaryDirectory(prefix="andon-faults-") as folder:
                # The database's server runs as somebody else.
                Path(folder).chmod(0o755)
                try:
                    row = play(name, database, folder=Path(folder), times=times, seed=seed)
                except scenes.NotHere as reason:
                    row = Row(name, database, f"did not run: needs {reason}", "", None, 0, 0.0, False)
                except Exception as error:  # noqa: BLE001 - whatever it was, the other scenes are played
                    row = Row(
                        name,
                        database,
                        f"ended with {type(error).__name__}: {str(error)[-1500:]}",
                        "",
                        None,
                        0,
                        0.0,
                        False,
                    )
            rows.append(row)
            missed += not row.passed
            print(" | ".join(row.cells), flush=True)
    cells = [HEAD, *(row.cells for row in rows)]
    _print_table(cells)
    if options.report:
        lines = ["| " + " | ".join(row) + " |" for row in cells]
        Path(options.report).write_text("\n".join([lines[0], "| --- " * len(HEAD) + "|", *lines[1:]]) + "\n")
    return 1 if missed else 0


def _print_table(cells: list[list[str]]) -> None:
    widths = [min(60, max(len(row[column]) for row in cells)) for column in range(len(HEAD))]
    print()
    for row in cells:
        print("  ".join(cell[:60].ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    sys.exit(main())
