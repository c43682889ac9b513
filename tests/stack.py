"""The real service for a test: real processes, real databases, free ports, a data directory of its own."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from andon.gateways.cli import serve
from tests import postgres, prepared, starting

PARTS = serve.NAMES
START_SECONDS = 60.0


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, below the range from which outgoing connections take theirs."""
    found: list[int] = []
    while len(found) < count:
        port = 10_000 + secrets.randbelow(20_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.append(port)
    return found


class Stack:
    """Both doors and the worker, each started with the command line that `andon serve` uses.

    Attributes: `app_url`, `anonymous_url` (origins, no slash at the end), `data_directory`, `key_directory`, `env`
    (what every part and every `manage` gets), `logs` (a folder with a file per part), `processes`.
    `environment` of the constructor is added to `env`: Stack(folder, None, ANDON_DEMO="1"). `before` are commands
    that run after `andon prepare` and before anything is started: before=(("demo", "--rounds=1"),).
    """

    # Otherwise the first `andon prepare` is run on whatever lies there.
    is_copied = True

    def __init__(
        self,
        folder: Path,
        postgres_server: Path | None,
        *,
        parts: tuple[str, ...] = PARTS,
        before: tuple[tuple[str, ...], ...] = (),
        **environment: str,
    ) -> None:
        self.folder = folder
        self.data_directory = folder / "data"
        self.key_directory = self.data_directory / "keys"
        self.logs = folder / "logs"
        self.parts = parts
        self.before = before
        self.postgres_server = postgres_server
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._database_prefix = f"stack_{secrets.token_hex(6)}"
        app_port, anonymous_port, rooms_port = free_ports(3)
        self.app_url = f"http://localhost:{app_port}"
        self.anonymous_url = f"http://localhost:{anonymous_port}"
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(("ANDON_", "DJANGO_"))}
        self.env |= {
            "ANDON_DATA": str(self.data_directory),
            "ANDON_APP_ORIGIN": self.app_url,
            "ANDON_ANONYMOUS_ORIGIN": self.anonymous_url,
            "ANDON_APP_BIND": f"127.0.0.1:{app_port}",
            "ANDON_ANONYMOUS_BIND": f"127.0.0.1:{anonymous_port}",
            "ANDON_ROOMS_BIND": f"127.0.0.1:{rooms_port}",
            "ANDON_LOG_LEVEL": "INFO",
            "PYTHONWARNINGS": "default",
        }
        self.env |= environment

    def __enter__(self) -> Self:
        self.logs.mkdir(parents=True)
        copied = self.is_copied and prepared.is_in_a_run()
        if copied:
            urls = prepared.copy_to(
                self.data_directory, postgres_server=self.postgres_server, prefix=self._database_prefix
            )
        elif self.postgres_server is not None:
            urls = postgres.create_databases(self.postgres_server, self._database_prefix)
        else:
            urls = {}
        self.env |= prepared.variables(urls)
        try:
            if not copied:
                self.andon("prepare")
            for words in self.before:
                self.andon(*words)
            self.start(*self.parts)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        for name in list(self.processes):
            self.stop(name)
        if self.postgres_server is not None:
            postgres.drop_databases(self.postgres_server, self._database_prefix)

    def andon(self, *words: str, stdin: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `andon WORDS` against this stack's data."""
        done = starting.andon(*words, env=self.env, cwd=self.folder, stdin=stdin)
        if check and done.returncode:
            raise AssertionError(f"andon {' '.join(words)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def manage(self, *words: str, stdin: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a management command, such as `manage("shell", "-c", program)`; its output is in `.stdout`."""
        return self.andon("manage", *words, stdin=stdin, check=check)

    def start(self, *names: str) -> None:
        """Start parts that do not run and wait until the doors answer and the worker is ready."""
        # The rooms come along with the anonymous door on PostgreSQL, and go on when that is killed and started again.
        wanted = [part for part in serve.parts(self.env, names) if part.name not in self.processes]
        marks = {}
        for part in wanted:
            log = self.logs / f"{part.name}.log"
            marks[part.name] = log.stat().st_size if log.exists() else 0
            with log.open("ab") as output:
                self.processes[part.name] = serve.start(
                    part, self.env, stdout=output, stderr=subprocess.STDOUT, cwd=self.folder
                )
        deadline = time.monotonic() + START_SECONDS
        for part in wanted:
            while not (serve.answers(part) if part.bind else self._worker_is_ready(marks[part.name])):
                if self.processes[part.name].poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"The part {part.name} did not start:\n{self.log(part.name)}")
                time.sleep(0.05)

    def _worker_is_ready(self, mark: int) -> bool:
        return b"The worker is ready." in (self.logs / "worker.log").read_bytes()[mark:]

    def stop(self, name: str) -> int:
        """End a part as `andon serve` would; its exit status."""
        process = self.processes.pop(name)
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(serve.GRACE_SECONDS)
        serve.kill_group(process.pid)
        return process.wait()

    def kill(self, name: str) -> None:
        """kill -9 a part with everything that it started."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def log(self, name: str) -> str:
        return (self.logs / f"{name}.log").read_text(errors="replace")
