"""An installation of its own, and processes that do something to it and may be killed while they do."""

import itertools
import json
import os
import secrets
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests import postgres, prepared

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Ended:
    """`raised` is the name of the error's class; nothing is known of a process that was killed."""

    killed: bool
    returned: Any = None
    raised: str = ""
    message: str = ""
    trace: str = ""


@dataclass(frozen=True)
class Running:
    id: int
    pid: int


class Installation:
    """Databases, key directory and steward key in one folder, as `andon prepare` and `migrate` leave them.

    One that is not `founded` has no organisation and no steward key yet.
    """

    def __init__(self, folder: Path, postgres_server: Path | None, *, founded: bool = True) -> None:
        self.folder, self.postgres_server, self.founded = folder, postgres_server, founded
        self.data, self.keys = folder / "data", folder / "data" / "keys"
        self._prefix = f"anomalies_{secrets.token_hex(6)}"
        self._ids = itertools.count(1)
        self._ended: dict[int, bool] = {}
        self.database_urls: dict[str, str] = {}
        # What a command of `andon` needs to work on this installation.
        self.environment: dict[str, str] = {}

    def __enter__(self) -> Self:
        (self.folder / "answers").mkdir()
        self.database_urls = prepared.copy_to(self.data, postgres_server=self.postgres_server, prefix=self._prefix)
        env = {name: value for name, value in os.environ.items() if not name.startswith(("ANDON_", "DJANGO_"))}
        env |= prepared.variables(self.database_urls)
        env |= {
            "DJANGO_SETTINGS_MODULE": "andon.project.settings.app",
            "ANDON_DATA": str(self.data),
            # One that nobody could guess, or nothing would be founded with it.
            "ANDON_SECRET_KEY": secrets.token_urlsafe(48),
            "ANDON_STEWARD_KEY_FILE": str(self.folder / "steward.key") if self.founded else "",
            # A void round says so in the log, which here is the noise of a test that wants it to.
            "ANDON_LOG_LEVEL": "CRITICAL",
        }
        self.environment = env
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.anomalies.forking", str(self.folder / "answers")],
            env=env,
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._hear()
        if self.founded:
            self.do("found_installation", folder=str(self.folder))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(30)
        if self.postgres_server is not None:
            postgres.drop_databases(self.postgres_server, self._prefix)

    def start(self, deed: str, *, disturb: dict[str, Any] | None = None, fault: str = "", **arguments: Any) -> Running:
        """Begin a deed in a process of its own. `disturb` and `fault` are those of `deeds.do`."""
        request = {"id": next(self._ids), "deed": deed, "arguments": arguments, "disturb": disturb, "fault": fault}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        while True:
            heard = self._hear()
            if heard["what"] == "begun" and heard["id"] == request["id"]:
                return Running(request["id"], heard["pid"])

    def kill(self, running: Running) -> None:
        # The child is reaped only after we were told, so the number cannot belong to somebody else by now ...
        if running.id not in self._ended:
            # ... unless the telling is still in the pipe; then the process is gone and nobody is hit.
            try:
                os.kill(running.pid, signal.SIGKILL)
            except ProcessLookupError:
                return

    def end(self, running: Running) -> Ended:
        while running.id not in self._ended:
            self._hear()
        if self._ended[running.id]:
            return Ended(killed=True)
        return Ended(False, **json.loads((self.folder / "answers" / f"{running.id}.json").read_text()))

    def run(self, deed: str, **options: Any) -> Ended:
        return self.end(self.start(deed, **options))

    def do(self, deed: str, **options: Any) -> Any:
        """What the deed returns; it must neither be killed nor fail."""
        ended = self.run(deed, **options)
        assert not ended.killed
        assert not ended.raised, ended.trace
        return ended.returned

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the process that forks has ended"
        heard: dict[str, Any] = json.loads(line)
        if heard["what"] == "ended":
            self._ended[heard["id"]] = heard["killed"]
        return heard
