"""What is done to a running service while a crowd answers: one function a fault."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg

from andon.gateways.cli import serve
from tests import postgres
from tests.anomalies.under_load.crowd import Crowd
from tests.stack import Stack

START_WITHIN_SECONDS = 60.0
# By processor: /usr/lib/x86_64-linux-gnu, /usr/lib/aarch64-linux-gnu.
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), Path("/usr/lib/faketime/libfaketime.so.1"))
FIU = (Path("/usr/lib/fiu/fiu_run_preload.so"), Path("/usr/lib/fiu/fiu_posix_preload.so"))


class NotHere(Exception):
    """What a scene needs is not on this machine, and the text says what. A scene that did not run has not passed."""


@dataclass
class Scene:
    """A service with its crowd. `volume` is a file system of its own for all that the service writes, if it has one."""

    stack: Stack
    crowd: Crowd
    random: random.Random
    round_id: str
    times: int
    volume: Path | None = None
    # What was done, for the table.
    done: str = ""

    @property
    def is_on_postgres(self) -> bool:
        return self.stack.postgres_server is not None

    def pause(self, least: float, most: float) -> None:
        time.sleep(self.random.uniform(least, most))


def start_at_once(stack: Stack, *names: str, environment: Mapping[str, str] | None = None) -> None:
    """Start parts as a supervisor does, without waiting for them."""
    for part in serve.parts(stack.env, names):
        if part.name in stack.processes:
            continue
        with (stack.logs / f"{part.name}.log").open("ab") as output:
            stack.processes[part.name] = serve.start(
                part, stack.env | dict(environment or {}), stdout=output, stderr=subprocess.STDOUT, cwd=stack.folder
            )


def kill(stack: Stack, name: str) -> None:
    """kill -9 a part with everything that it started; it may have ended already."""
    process = stack.processes.pop(name)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def until_all_answer(stack: Stack, names: tuple[str, ...] = serve.NAMES) -> float:
    """Start again what has ended, until all parts run and the doors answer; the seconds that it took."""
    began = time.monotonic()
    while time.monotonic() < began + START_WITHIN_SECONDS:
        for name in [name for name, process in stack.processes.items() if process.poll() is not None]:
            kill(stack, name)
        start_at_once(stack, *names)
        parts = serve.parts(stack.env, names)
        if all(not part.bind or serve.answers(part) for part in parts) and all(
            process.poll() is None for process in stack.processes.values()
        ):
            return time.monotonic() - began
        time.sleep(0.1)
    raise AssertionError("\n".join(f"{name}:\n{stack.log(name)[-2_000:]}" for name in stack.processes))


def kills(scene: Scene) -> None:
    """SIGKILL for one process after the other, also for one that has only just been started."""
    victims = [*serve.NAMES, *(["postgres"] if scene.is_on_postgres else [])]
    killed: dict[str, int] = dict.fromkeys(victims, 0)
    for _ in range(scene.times):
        scene.pause(0.05, 0.5)
        victim = scene.random.choice(victims)
        killed[victim] += 1
        if victim == "postgres":
            _kill_a_backend(scene)
        else:
            kill(scene.stack, victim)
            start_at_once(scene.stack, victim)
            if scene.random.random() < 0.6:
                until_all_answer(scene.stack)
    scene.done = ", ".join(f"{count} {name}" for name, count in killed.items())


def _kill_a_backend(scene: Scene) -> None:
    """One process of the database, after which the server throws all connections out and recovers."""
    assert scene.stack.postgres_server is not None
    with (
        contextlib.suppress(psycopg.OperationalError),
        psycopg.connect(postgres.url(scene.stack.postgres_server), autocommit=True) as connection,
    ):
        found = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        ).fetchall()
        if found:
            os.kill(scene.random.choice(found)[0], signal.SIGKILL)


def database_restarts(scene: Scene) -> None:
    """The database is stopped and started again, gracefully and not, while people answer."""
    if not scene.is_on_postgres:
        raise NotHere("a database server; SQLite has none")
    server = scene.stack.postgres_server
    assert server is not None
    for number in range(scene.times):
        scene.pause(0.5, 1.5)
        postmaster = int((server / "postmaster.pid").read_text().splitlines()[0])
        os.kill(postmaster, [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL][number % 3])
        _until(partial(_has_ended, postmaster), "the database does not stop")
        scene.pause(0.2, 1.0)
        restart_postgres(server)
    scene.done = f"{scene.times} times: fast, immediate, killed"


def restart_postgres(server: Path) -> None:
    """Start a server that has ended, as an operator does. What a killed one left of its lock is put aside."""
    (server / "postmaster.pid").unlink(missing_ok=True)
    for lock in server.glob(".s.PGSQL.*"):
        lock.unlink()
    # Its own log: what it inherits from us would stay open as long as it runs.
    command = [str(postgres.program("pg_ctl")), "-D", str(server), "-w", "-l", str(server / "log")]
    command += ["-o", f"-h '' -k {server}", "start"]
    owner = server.stat()
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        user=owner.st_uid,
        group=owner.st_gid,
        extra_groups=[],
        timeout=START_WITHIN_SECONDS,
    )
    assert done.returncode == 0, (server / "log").read_text()[-2_000:]


def full_disk(scene: Scene) -> None:
    """Nothing more can be written, several times, also while the round is being closed."""
    volume = _volume(scene)
    for _ in range(scene.times):
        scene.pause(0.5, 1.0)
        with _filled(volume):
            scene.pause(2.0, 3.0)
        if scene.is_on_postgres and scene.stack.postgres_server is not None:
            _revive_postgres(scene.stack.postgres_server)
        until_all_answer(scene.stack)
    scene.done = f"full {scene.times} times"


@contextlib.contextmanager
def _filled(volume: Path) -> Iterator[None]:
    filler = volume / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"\0" * size)
    try:
        yield
    finally:
        filler.unlink()


def _revive_postgres(server: Path) -> None:
    """A server panics when it cannot write its log; whoever runs it starts it again when there is room."""
    pid_file = server / "postmaster.pid"
    if pid_file.exists() and _runs(int(pid_file.read_text().splitlines()[0])):
        return
    restart_postgres(server)


def read_only_disk(scene: Scene) -> None:
    """The disk comes back read-only after the service was stopped, as after an error of the file system."""
    volume = _volume(scene)
    if scene.is_on_postgres:
        raise NotHere(
            "a database whose files are on the service's own disk; PostgreSQL does not start on a read-only one"
        )
    for _ in range(scene.times):
        scene.pause(0.5, 1.0)
        for name in list(scene.stack.processes):
            kill(scene.stack, name)
        _until(partial(_is_mounted, "remount,ro", volume), "the disk stays in use although nothing runs any more")
        with contextlib.suppress(OSError):
            start_without_logs(scene.stack)
            scene.pause(3.0, 4.0)
        for name in list(scene.stack.processes):
            kill(scene.stack, name)
        _mount("-o", "remount,rw", str(volume))
        until_all_answer(scene.stack)
    scene.done = f"read-only {scene.times} times"


def start_without_logs(stack: Stack) -> None:
    for part in serve.parts(stack.env, serve.NAMES):
        stack.processes[part.name] = serve.start(
            part, stack.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=stack.folder
        )


def write_errors(scene: Scene) -> None:
    """Each write and each wait for the disk fails now and then, in both doors and the worker."""
    if not all(library.exists() for library in FIU):
        raise NotHere("fiu-run (Debian: fiu-utils)")
    # What a database writes by, and more rarely what everything else does.
    shares = {
        "posix/io/rw/pwrite": 0.02,
        "posix/io/sync/fsync": 0.02,
        "posix/io/sync/fdatasync": 0.02,
        "posix/io/rw/write": 0.001,
    }
    for _ in range(scene.times):
        for name in list(scene.stack.processes):
            kill(scene.stack, name)
        enabled = "\n".join(f"enable_random name={point},probability={share}" for point, share in shares.items())
        environment = {"LD_PRELOAD": ":".join(map(str, FIU)), "FIU_ENABLE": enabled, "FIU_CTRL_FIFO": ""}
        until = time.monotonic() + 10
        while time.monotonic() < until:
            start_at_once(scene.stack, *serve.NAMES, environment=environment)
            scene.pause(0.1, 0.3)
            for name in [name for name, process in scene.stack.processes.items() if process.poll() is not None]:
                kill(scene.stack, name)
        for name in list(scene.stack.processes):
            kill(scene.stack, name)
        until_all_answer(scene.stack)
    scene.done = f"one write in fifty, {scene.times} times ten seconds"


def clock_jumps(scene: Scene) -> None:
    """The clock of both doors and the worker goes hours back and forth while the round is open."""
    if not FAKETIME.exists():
        raise NotHere("libfaketime (Debian: faketime)")
    clock = scene.stack.folder / "clock"
    clock.write_text("+0")
    environment = {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "0",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    for name in list(scene.stack.processes):
        kill(scene.stack, name)
    start_at_once(scene.stack, *serve.NAMES, environment=environment)
    until_all_answer(scene.stack)
    for _ in range(scene.times):
        for hours in (5, -5, 20, -30, 0):
            written = clock.with_suffix(".new")
            written.write_text(f"{hours:+d}h")
            written.replace(clock)
            scene.pause(0.8, 1.2)
    for name in list(scene.stack.processes):
        kill(scene.stack, name)
    until_all_answer(scene.stack)
    scene.done = f"{5 * scene.times} jumps of up to 50 hours"


def nothing(scene: Scene) -> None:
    """For comparison: nothing is done to the service."""
    scene.pause(3.0, 3.0)
    scene.done = "nothing"


def _volume(scene: Scene) -> Path:
    if scene.volume is None:
        raise NotHere("root, to mount a small file system")
    return scene.volume


def _is_mounted(how: str, volume: Path) -> bool:
    """Mount the volume so; it is refused while a process that was killed is not gone yet."""
    return subprocess.run(["mount", "-o", how, str(volume)], check=False, capture_output=True).returncode == 0


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True, capture_output=True)


@contextlib.contextmanager
def small_volume(folder: Path, *, megabytes: int) -> Iterator[Path | None]:
    """A file system of that size in memory; None where this process may mount none."""
    folder.mkdir(parents=True)
    if os.geteuid() != 0 or shutil.which("mount") is None:
        yield None
        return
    _mount("-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "andon-small", str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True, capture_output=True)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def _has_ended(pid: int) -> bool:
    return not _runs(pid)


def _until(holds: Callable[[], bool], otherwise: str) -> None:
    until = time.monotonic() + START_WITHIN_SECONDS
    while not holds():
        assert time.monotonic() < until, otherwise
        time.sleep(0.05)


ALL: dict[str, Callable[[Scene], None]] = {
    "nothing": nothing,
    "kills": kills,
    "full disk": full_disk,
    "read-only disk": read_only_disk,
    "write errors": write_errors,
    "clock jumps": clock_jumps,
    "database restarts": database_restarts,
}
# Scenes whose service writes to a small file system of its own.
ON_A_VOLUME = {"full disk", "read-only disk"}
