"""A simulated round in an installation, frozen while it is open, after its close, and in the round after it."""

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import starting
from tests.anomalies.processes import Installation
from tests.backup import archives
from tests.forensics import plants, reading, scoring
from tests.forensics.finding import Needles
from tests.forensics.images import Storage, log_position

LIVING = "tests.forensics.living:"


@dataclass(frozen=True)
class Taken:
    """What was read from one image: a score for each extractor, and what must not be there and is."""

    name: str
    scores: dict[str, scoring.Score]
    refused: list[str]
    counts: dict[tuple[str, str], int]

    @property
    def gated(self) -> dict[str, scoring.Score]:
        return {name: score for name, score in self.scores.items() if not name.endswith(reading.TOLD)}


def take(
    storage: Storage, truth: reading.Truth, needles: Needles, name: str, folder: Path, *, is_closed: bool
) -> Taken:
    image = storage.freeze(name, folder / name)
    looked = reading.Looked(image, truth, needles)
    scores = reading.scores(looked.readings(), truth)
    return Taken(name, scores, reading.refused(looked, is_closed=is_closed), dict(looked.counts))


class Simulation:
    """Rounds of so many teams in one installation, each under at most one plant. The clock is simulated, and the doors'
    own code runs in the process that simulates: no request goes over a wire."""

    def __init__(self, installation: Installation, teams: int, folder: Path) -> None:
        self.installation, self.folder = installation, folder
        self._do("found", teams=teams)
        self._rounds = 0

    def round(
        self, plant: str = "", *, through_pages: bool = False, backup: bool = False, images: str = "mid after next",
        say: Callable[[str], None] = lambda _text: None,
    ) -> Iterator[Taken]:  # fmt: skip
        """The images that are asked for. What a plant changed is put right when the last one was taken."""
        self._rounds += 1
        folder = self.folder / f"round-{self._rounds}"
        for name in ("logs", "temp"):
            (folder / name).mkdir(parents=True)
        planted = plants.ALL[plant] if plant else plants.Plant(())
        urls, server = self.installation.database_urls, self.installation.postgres_server
        begins = log_position(urls["ballots"]) if server else ""
        # On days of its own, so that no moment of it is one of a round before.
        day = 14 * self._rounds
        round_id = self._do("begin", day=day)
        say("published")
        self._do(
            "fill",
            round_id=round_id,
            seed=self._rounds,
            file=str(folder / "truth.json"),
            through_pages=through_pages or planted.through_pages,
            plant=plant,
            folder=str(folder),
        )
        say("answered")
        truth = reading.Truth(**json.loads((folder / "truth.json").read_text()))
        needles = truth.needles()
        kept = make_backup(folder, self._run) if backup else None
        storage = Storage(
            self.installation.data, server, urls, folder / "logs", folder / "temp", kept, begins, planted.with_keys
        )
        try:
            if "mid" in images:
                yield take(storage, truth, needles, "mid", folder, is_closed=False)
            self._do("close", round_id=round_id, plant=plant, folder=str(folder))
            say("closed")
            if "after" in images:
                yield take(storage, truth, needles, "after", folder, is_closed=True)
            if "next" in images:
                following = self._do("begin", day=day + 11)
                self._do("answer_some", round_id=following, count=min(200, len(truth.people)))
                say("next round")
                yield take(storage, truth, needles, "next", folder, is_closed=True)
        finally:
            self._do("end_plant", plant=plant, folder=str(folder))

    def _do(self, deed: str, **arguments: Any) -> Any:
        return self.installation.do(LIVING + deed, **arguments)

    def _run(self, *words: str) -> str:
        done = starting.andon(*words, env=self.installation.environment, cwd=self.folder)
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, words, done.stdout, done.stderr)
        return done.stdout


def make_backup(folder: Path, andon: Callable[..., str]) -> Path:
    """By the command of docs/operations/backup.md, opened as its owner opens it: the file holds what is inside."""
    recipient = andon("backup", "--new-identity", str(folder / "identity")).split()[-1]
    andon("backup", "--to", str(folder / "backup.age"), "--recipient", recipient)
    opened = folder / "opened" / "backup.txt"
    opened.parent.mkdir()
    opened.write_text(archives.read(folder / "backup.age", folder / "identity").text)
    return opened
