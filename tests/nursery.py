"""The process from which `andon` is started in tests: it has loaded what every command loads, and forks.

A command takes most of a second of processor to load libraries before it does anything, and a run starts hundreds. What
is forked here has loaded libraries and the kernel, no setting and no model: the environment that it is given decides as
it does for a process of its own. That a command starts from nothing is shown by the tests of the command line and by
every door and worker, which are started with the interpreter. Used through tests/starting.py.

python -P tests/nursery.py SOCKET: serves until its standard input ends.
"""

import contextlib
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
import traceback
import warnings
from collections.abc import Iterator
from typing import Any, NoReturn

LOADED = """
    allauth.app_settings altair.utils.schemapi argparse asyncio cryptography.hazmat.primitives.ciphers.aead
    cryptography.hazmat.primitives.asymmetric.ed25519 cryptography.hazmat.primitives.asymmetric.x25519
    cryptography.hazmat.primitives.kdf.hkdf cryptography.x509 dj_database_url django.apps django.contrib.auth.hashers
    django.contrib.staticfiles.finders django.core.checks django.core.handlers.wsgi django.core.mail
    django.core.management.commands.migrate django.core.management.commands.shell django.core.serializers.json
    django.db.backends.sqlite3.base django.db.migrations.executor django.db.models django.forms
    django.template.loader django.template.engine django.urls django.utils.html django.utils.translation.trans_real
    django.views.generic email.mime.text http.cookies logging.config psycopg psycopg_pool requests rfc8785 sqlite3 ssl
    sqlparse statistics urllib.request whitenoise.middleware yaml zoneinfo
    andon.kernel.ballot andon.kernel.credential andon.kernel.disclosure andon.kernel.manifest
    andon.kernel.psychometrics.reliability andon.kernel.wire andon.verifier.command
"""


def load() -> None:
    for name in LOADED.split():
        # What is not installed, or wants a setting, is left to the commands that need it.
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def serve(address: str) -> None:
    load()
    usual = list(warnings.filters)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(16)
        # Whoever is forked here is waited for by the kernel.
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        print("ready", flush=True)
        while True:
            readable, _, _ = select.select([listener, sys.stdin], [], [])
            if sys.stdin in readable:
                return
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                look_after(connection, usual)
            connection.close()


def look_after(connection: socket.socket, usual: list[Any]) -> NoReturn:
    """Fork the command, tell its number, and how it ended."""
    head, files, _, _ = socket.recv_fds(connection, 65_536, 3)
    length, _, said = head.partition(b"\n")
    while len(said) < int(length):
        said += connection.recv(65_536)
    asked = json.loads(said)
    if (number := os.fork()) == 0:
        connection.close()
        become(asked, files, usual)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(f"{number}\n".encode())
        _, status = os.waitpid(number, 0)
        connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def become(asked: dict[str, Any], files: list[int], usual: list[Any]) -> NoReturn:
    """The command, or the program, in the environment that it is asked for in."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", buffering=1)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(asked["env"])
    time.tzset()
    os.chdir(asked["cwd"])
    warnings.filters[:] = usual  # type: ignore[index]
    if asked["env"].get("PYTHONWARNINGS") == "default":
        warnings.simplefilter("default")
    sys.argv = ["andon", *asked["words"]]
    with ended():
        if not asked["program"]:
            from andon.gateways.cli import main

            raise SystemExit(main(asked["words"]))
        exec(compile(asked["program"], "<program>", "exec"), {"__name__": "__main__"})
    os._exit(1)


@contextlib.contextmanager
def ended() -> Iterator[NoReturn]:
    """As the interpreter ends: its exit handlers, what is still to be written, and the status."""
    import atexit

    status = 0
    try:
        yield  # type: ignore[misc]
    except SystemExit as leaving:
        if isinstance(leaving.code, str):
            print(leaving.code, file=sys.stderr)
        status = leaving.code if isinstance(leaving.code, int) else bool(leaving.code)
    except BaseException:  # noqa: BLE001
        # As the interpreter does behind a program that failed.
        traceback.print_exc()
        status = 1
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    serve(sys.argv[1])
