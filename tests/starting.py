"""Running a command of `andon` to its end, as `subprocess.run` would, and loading no library that was loaded before."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests import prepared

NURSERY = Path(__file__).parent / "nursery.py"


def andon(
    *words: str, env: Mapping[str, str], cwd: Path | str | None = None, stdin: str = "", timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run `andon WORDS`. Raises: subprocess.TimeoutExpired, behind which nothing of it runs."""
    return _run(list(words), "", env=env, cwd=cwd, stdin=stdin, timeout=timeout)


def program(
    text: str, *words: str, env: Mapping[str, str], cwd: Path | str | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run `python -c TEXT WORDS`."""
    return _run(list(words), text, env=env, cwd=cwd, stdin="", timeout=timeout)


@cache
def _nursery() -> str:
    """The address of this process's own nursery, which ends with it: its input ends then."""
    address = str(Path(os.environ["ANDON_DATA"]) / "nursery")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("ANDON_", "DJANGO_"))}
    process = subprocess.Popen(
        [sys.executable, "-P", str(NURSERY), address],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    _kept_open.append(process)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return address


_kept_open: list[subprocess.Popen[bytes]] = []


def end() -> None:
    """End the nursery of this process, if one was needed."""
    while _kept_open:
        process = _kept_open.pop()
        process.communicate()


def _run(
    words: list[str],
    text: str,
    *,
    env: Mapping[str, str],
    cwd: Path | str | None,
    stdin: str,
    timeout: float,
) -> subprocess.CompletedProcess[str]:
    if not prepared.is_in_a_run():
        start = ["-c", text] if text else ["-m", "andon.gateways.cli"]
        return subprocess.run(
            [sys.executable, *start, *words],
            env=env,
            cwd=cwd,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    asked = json.dumps({"words": words, "program": text, "env": dict(env), "cwd": str(cwd or Path.cwd())}).encode()
    with (
        tempfile.TemporaryFile() as said_in,
        tempfile.TemporaryFile() as said_out,
        tempfile.TemporaryFile() as said_err,
        socket.socket(socket.AF_UNIX) as connection,
    ):
        said_in.write(stdin.encode())
        said_in.seek(0)
        connection.settimeout(timeout)
        connection.connect(_nursery())
        files = [said_in.fileno(), said_out.fileno(), said_err.fileno()]
        socket.send_fds(connection, [str(len(asked)).encode() + b"\n"], files)
        connection.sendall(asked)
        with connection.makefile() as answers:
            number = int(answers.readline())
            try:
                status = int(answers.readline())
            except TimeoutError:
                os.kill(number, signal.SIGKILL)
                # How it ended, which is told when nothing of it is left.
                connection.recv(100)
                raise subprocess.TimeoutExpired(words, timeout) from None
        said = []
        for file in (said_out, said_err):
            file.seek(0)
            said.append(file.read().decode(errors="replace"))
    return subprocess.CompletedProcess(words, status, *said)
