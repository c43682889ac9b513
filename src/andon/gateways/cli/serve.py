"""`andon serve`: the app, the anonymous door and the worker, as one thing that runs or does not.

Guarantees: SIGTERM (or Ctrl-C) stops every part, gracefully for ten seconds and then by force; when a part ends by
itself the others are stopped and the exit status is 1, so that whoever runs this starts all of it again; each
part is a process group of its own, so nothing that a part started outlives it; when this process is killed the
parts are told to stop by the kernel.
Does not: restart anything. systemd, a container runtime or a person does, and sees that it was needed.
"""

import argparse
import ctypes
import os
import re
import select
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from andon.gateways.cli import addresses
from andon.gateways.cli.refusal import Refusal

NAMES = ("app", "anonymous", "worker")
GRACE_SECONDS = 10.0
# Python takes other signs for digits too, some of which are no number to it.
_NUMBER = re.compile("[0-9]{1,5}")
START_SECONDS = 60.0
PR_SET_PDEATHSIG = 1
ROOMS_BIND = "ANDON_ROOMS_BIND"
ROOMS_AT = "127.0.0.1:8002"

WHAT_IT_DOES = """\
Run the app, the anonymous door and the worker until SIGTERM or Ctrl-C. If one of them ends, all are stopped and
the exit status is 1. Addresses: ANDON_APP_BIND, ANDON_ANONYMOUS_BIND. Put a TLS proxy in front, or set
ANDON_TLS_CERTIFICATE and ANDON_TLS_KEY; a demonstration on http://localhost needs neither."""


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the service: its name, how it is started, where it listens (None: nowhere), and whether by TLS."""

    name: str
    argv: tuple[str, ...]
    bind: tuple[str, int] | None
    has_tls: bool = False


def parts(environment: Mapping[str, str], only: Sequence[str] = NAMES) -> tuple[Part, ...]:
    """The parts as the environment wants them. Raises: Refusal."""
    all_parts = (
        _door("app", "andon.project.wsgi_app:door", environment, default_port=8000),
        _door("anonymous", "andon.project.wsgi_anonymous:door", environment, default_port=8001),
        Part("worker", (sys.executable, "-m", "andon.gateways.cli", "worker"), None),
    )
    wanted = tuple(part for part in all_parts if part.name in only)
    if "anonymous" in only and _workers("anonymous", environment) > 1:
        wanted += (_rooms(environment),)
    if environment.get("ANDON_METRICS_BIND") and "worker" in only:
        # Checked here, where it can still be refused.
        address("ANDON_METRICS_BIND", environment["ANDON_METRICS_BIND"])
        wanted += (Part("metrics", (sys.executable, "-m", "andon.gateways.monitoring.serving"), None),)
    return wanted


def _door(name: str, target: str, environment: Mapping[str, str], *, default_port: int) -> Part:
    variable = f"ANDON_{name.upper()}"
    host, port = address(f"{variable}_BIND", environment.get(f"{variable}_BIND") or f"127.0.0.1:{default_port}")
    workers = _workers(name, environment)
    # Read by the door itself, which keeps its threads for requests that have arrived whole.
    _count(f"{variable}_THREADS", environment, 1)
    tls = _tls_files(environment)
    return Part(name, _server(target, (host, port), workers, tls), (host, port), bool(tls))


def _rooms(environment: Mapping[str, str]) -> Part:
    """Rooms for conversations are in the memory of one process. Where the anonymous door is several, it is this one."""
    host, port = address(ROOMS_BIND, environment.get(ROOMS_BIND) or ROOMS_AT)
    if host not in addresses.LOCAL and not host.startswith("127."):
        raise Refusal(
            f"{ROOMS_BIND} is {host}, and what is asked of rooms travels there without TLS. Nothing was started. "
            "Choose an address of this machine alone, such as 127.0.0.1:8002."
        )
    return Part("rooms", _server("andon.project.wsgi_anonymous:door", (host, port), 1, None), (host, port))


def _workers(name: str, environment: Mapping[str, str]) -> int:
    # A second writer on one SQLite file queues badly; PostgreSQL is made for it.
    alias = "DEFAULT" if name == "app" else "BALLOTS"
    url = environment.get(f"ANDON_DATABASE_{alias}_URL_FILE") or environment.get(f"ANDON_DATABASE_{alias}_URL", "")
    on_postgres = bool(url) and not url.startswith("sqlite:")
    return _count(f"ANDON_{name.upper()}_WORKERS", environment, 2 if on_postgres else 1)


def _server(target: str, bind: tuple[str, int], workers: int, tls: tuple[str, str] | None) -> tuple[str, ...]:
    host, port = bind
    options = [
        *("--interface", "rsgi", "--loop", "asyncio", "--http", "1", "--no-ws"),
        *("--host", host, "--port", str(port)),
        *("--workers", str(workers), "--blocking-threads", "1"),
        # No access log at any level of logging: it would pair addresses with times.
        *("--no-access-log", "--log-level", "warning"),
        # A process of the server that is told to stop while it still loads its code does not hear it.
        *("--workers-kill-timeout", str(int(GRACE_SECONDS) // 2)),
    ]
    if tls:
        options += ["--ssl-certificate", tls[0], "--ssl-keyfile", tls[1], "--ssl-protocol-min", "tls1.2"]
    return (sys.executable, "-m", "granian", *options, target)


def _tls_files(environment: Mapping[str, str]) -> tuple[str, str] | None:
    """Certificate chain and private key of both doors; None where a proxy ends TLS. Raises: Refusal."""
    variables = ("ANDON_TLS_CERTIFICATE", "ANDON_TLS_KEY")
    files = [environment.get(variable, "") for variable in variables]
    if not any(files):
        return None
    for variable, file in zip(variables, files, strict=True):
        if not file:
            raise Refusal(f"{' and '.join(variables)} belong together, and {variable} is missing. Nothing was started.")
        try:
            with Path(file).open("rb") as handle:
                begins = handle.read(4096)
        except OSError as error:
            raise Refusal(f"{variable}: {file} cannot be read: {error.strerror}. Nothing was started.") from None
        wanted = b"-----BEGIN CERTIFICATE-----" if variable == variables[0] else b"-----BEGIN PRIVATE KEY-----"
        if wanted not in begins:
            raise Refusal(
                f"{variable}: {file} has no line {wanted.decode()}. Nothing was started. The certificate is a chain "
                "in PEM, the key is in PKCS#8 without a passphrase: openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW"
            )
    return files[0], files[1]


def address(variable: str, value: str) -> tuple[str, int]:
    host, _, port = value.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not _NUMBER.fullmatch(port) or not 0 < int(port) < 65536:
        raise Refusal(f"{variable} is {value!r}, which is not an address such as 127.0.0.1:8000. Nothing was started.")
    return host, int(port)


def _count(variable: str, environment: Mapping[str, str], default: int) -> int:
    value = environment.get(variable) or str(default)
    if not _NUMBER.fullmatch(value) or not 1 <= int(value) <= 64:
        raise Refusal(f"{variable} is {value!r}, which is not a number from 1 to 64. Nothing was started.")
    return int(value)


def part_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a part, without variables by which the server's own log could be turned on."""
    return {name: value for name, value in environment.items() if not name.startswith("GRANIAN_")} | {
        "PYTHONUNBUFFERED": "1"
    }


def start(part: Part, environment: Mapping[str, str], **options: object) -> subprocess.Popen[bytes]:
    """Start a part in a process group of its own, which the kernel asks to stop when this process dies."""
    own = part_environment(environment) | {"PART_OF_ANDON": part.name}
    # Never taken over from outside: a door would hand on what it is asked to whatever listens there.
    own.pop("ROOMS_KEPT_AT", None)
    if part.name == "anonymous" and _workers("anonymous", environment) > 1:
        own["ROOMS_KEPT_AT"] = environment.get(ROOMS_BIND) or ROOMS_AT
    return subprocess.Popen(  # type: ignore[call-overload]
        part.argv,
        # By which lines of the log say where they come from.
        env=own,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        # Safe here: this process has one thread.
        preexec_fn=_stop_with_parent(os.getpid()),
        **options,
    )


def _stop_with_parent(parent: int) -> Callable[[], None]:
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def in_the_child() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return in_the_child


class Supervisor:
    """Parts that run together and end together."""

    def __init__(self, wanted: Sequence[Part], environment: Mapping[str, str]) -> None:
        self.wanted = wanted
        self.environment = environment
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.asked_to_stop = False

    def run(self, ready: Callable[[], None]) -> int:
        """Until a signal or the end of a part; the exit status."""
        reader, writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        try:
            for part in self.wanted:
                self.running[part.name] = start(part, self.environment)
            began, announced = time.monotonic(), False
            while not self.asked_to_stop:
                if (ended := self._ended()) is not None:
                    name, status = ended
                    _say(f"The part '{name}' ended by itself ({_status(status)}). The others are stopped.")
                    return 1
                if not announced and all(answers(part) for part in self.wanted):
                    announced = True
                    ready()
                if not announced and time.monotonic() - began > START_SECONDS:
                    _say("Not every part answered within a minute. All are stopped; what they logged is above.")
                    return 1
                if select.select([reader], [], [], 5.0 if announced else 0.1)[0]:
                    os.read(reader, 1024)
            return 0
        finally:
            self._end_all()

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        self.asked_to_stop = True

    def _ended(self) -> tuple[str, int] | None:
        for name, process in self.running.items():
            if (status := process.poll()) is not None:
                return name, status
        return None

    def _end_all(self) -> None:
        for process in self.running.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for name, process in self.running.items():
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _say(f"The part '{name}' did not stop within {GRACE_SECONDS:.0f} seconds and was ended by force.")
            # Also when the part itself is gone: something that it started may not be.
            kill_group(process.pid)
            process.wait()


def kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def answers(part: Part) -> bool:
    """Whether a door answers a request, with whatever: it listens long before it has loaded its code."""
    return part.bind is None or bool(ask(part, "/healthz", host="localhost", bytes_wanted=1))


def ask(part: Part, path: str, *, host: str, bytes_wanted: int = 4096) -> bytes:
    """What a door of this machine answers, from its first byte on; nothing where it does not answer."""
    if part.bind is None:
        return b""
    # Listening on all addresses is listening on this one too.
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
    place = (everywhere.get(part.bind[0], part.bind[0]), part.bind[1])
    try:
        with (
            socket.create_connection(place, timeout=5.0) as plain,
            _unverified().wrap_socket(plain) if part.has_tls else plain as connection,
        ):
            connection.sendall(f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
            answer = b""
            while len(answer) < bytes_wanted and (more := connection.recv(bytes_wanted)):
                answer += more
            return answer
    except OSError:
        return b""


def _unverified() -> ssl.SSLContext:
    """For a door of this machine, by its number: whose name its certificate has is for browsers to check."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _status(status: int) -> str:
    return f"exit status {status}" if status >= 0 else signal.Signals(-status).name


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="andon serve", description=WHAT_IT_DOES)
    parser.add_argument(
        "--only",
        action="append",
        choices=NAMES,
        metavar="PART",
        help=f"run this part only ({', '.join(NAMES)}); may be given several times",
    )
    only = parser.parse_args(argv).only or NAMES
    os.umask(0o077)
    environment = dict(os.environ)
    wanted = parts(environment, only)
    check_origins(environment)
    _check_prepared(environment, only)
    for part in wanted:
        if part.bind:
            _check_free(part.name, *part.bind)

    def ready() -> None:
        print("Andon is running. Stop it with Ctrl-C or SIGTERM.", flush=True)
        for part in wanted:
            if part.bind and part.name in NAMES:
                origin = origins(environment)[part.name]
                print(f"  {'app' if part.name == 'app' else 'anonymous door'}: {origin}/", flush=True)

    return Supervisor(wanted, environment).run(ready)


def _check_free(name: str, host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise Refusal(
            f"The address {host}:{port} of the part '{name}' cannot be used: {error.strerror}. "
            f"Nothing was started. Stop what uses it, or set ANDON_{name.upper()}_BIND"
            + (f" (and ANDON_{name.upper()}_ORIGIN)." if name in NAMES else ".")
        ) from None


def origins(environment: Mapping[str, str]) -> dict[str, str]:
    """Of the app and of the anonymous door, as the environment says it, without a slash at the end."""
    ports = {"app": 8000, "anonymous": 8001}
    return {
        name: (environment.get(f"ANDON_{name.upper()}_ORIGIN") or f"http://localhost:{port}").rstrip("/")
        for name, port in ports.items()
    }


def check_origins(environment: Mapping[str, str]) -> None:
    """Raises: Refusal."""
    said = origins(environment)
    try:
        addresses.check(said["app"], said["anonymous"])
    except addresses.BadAddresses as error:
        raise Refusal(f"{error} Nothing was started.") from None


def _check_prepared(environment: Mapping[str, str], only: Sequence[str]) -> None:
    # In a process of its own, so that this one stays as small as a supervisor should be.
    command = [sys.executable, "-m", "andon.gateways.cli", "check", "--announce"]
    if set(only) == {"anonymous"}:
        # Its account may read neither the app's databases nor its secret.
        command = [sys.executable, "-m", "andon.gateways.cli.anonymous_check"]
    if subprocess.run(command, env=dict(environment), stdin=subprocess.DEVNULL, check=False).returncode:
        raise Refusal("Nothing was started.")
