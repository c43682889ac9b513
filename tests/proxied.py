"""Caddy in front of both doors, with the file that deploy/proxy has for it, under the two names that stand there."""

import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.architecture.repository import ROOT
from tests.stack import Stack, free_ports

APP, ANONYMOUS = "andon.example.org", "answer.example.org"
# Where Caddy keeps the certificate of the authority that it makes for itself, in its folder.
AUTHORITY = Path("caddy", "pki", "authorities", "local", "root.crt")


@contextmanager
def caddy(folder: Path, stack: Stack, port: int, *, plain_port: int | None = None) -> Iterator[Path]:
    """The Caddyfile of deploy/proxy, on other ports and with an authority of its own; what it writes down.

    `plain_port`: where it answers without TLS, and sends visitors on.
    """
    text = (ROOT / "deploy" / "proxy" / "Caddyfile").read_text()
    assert text.startswith("# Caddy in front of Andon")
    plain = plain_port or free_ports(1)[0]
    options = (
        f"\n{{\n\tadmin off\n\tskip_install_trust\n\tlocal_certs\n\thttps_port {port}\n\thttp_port {plain}\n"
        "\tauto_https disable_redirects\n"
    )
    text = text.replace("\n{\n", options, 1)
    (folder / "Caddyfile").write_text(text)
    log = folder / "caddy.log"
    environment = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "PATH": "/usr/bin:/bin"} | {
        f"ANDON_{name.upper()}_UPSTREAM": stack.env[f"ANDON_{name.upper()}_BIND"] for name in ("app", "anonymous")
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [Path(sys.executable).parent / "caddy", "run", "--adapter", "caddyfile", "--config", folder / "Caddyfile"],
            env=environment,
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        until = time.monotonic() + 30
        while not all(has_certificate(port, name) for name in (APP, ANONYMOUS)):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.1)
        yield log
    finally:
        process.terminate()
        process.wait(20)


def has_certificate(port: int, name: str) -> bool:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection(("127.0.0.1", port), 2) as plain,
            context.wrap_socket(plain, server_hostname=name),
        ):
            return True
    except OSError:
        return False
