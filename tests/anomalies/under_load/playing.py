"""A scene from its beginning to its end: a service of its own, a crowd, a fault, a calm, a close, and the count."""

import contextlib
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.ballots import postgres
from tests.anomalies.under_load import ledger, scenes
from tests.anomalies.under_load.crowd import Crowd
from tests.architecture.repository import ROOT
from tests.stack import Stack

MEMBERS = 160
CLIENTS = 6
CLOSED_WITHIN_SECONDS = 90.0


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
    "state",
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
                # The crowd casts without end.
                ANDON_CASTS_A_MINUTE="1000000",
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
