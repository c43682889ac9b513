"""What the checks look at: this machine and this installation, each read in one way that a test can replace."""

import http.client
import os
import re
import resource
import socket
import ssl
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_TIMEOUT_SECONDS = 10
MOST_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back from an address; `days_left` of the certificate, None without TLS."""

    status: int
    headers: tuple[tuple[str, str], ...]
    days_left: int | None = None

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass(frozen=True, slots=True)
class Mount:
    device: str
    point: str
    kind: str
    options: frozenset[str]


@dataclass
class Place:
    """This machine. Reads, and changes nothing."""

    data_directory: Path
    key_directory: Path
    app_origin: str
    anonymous_origin: str
    environment: Mapping[str, str] = field(default_factory=dict)
    secret_key: str = ""
    demo: bool = False
    debug: bool = False

    def now(self) -> datetime:
        return datetime.now(UTC)

    def read(self, path: str) -> str | None:
        """A file of the system; None where it is not there or not for us."""
        try:
            return Path(path).read_text(errors="replace")
        except OSError:
            return None

    def effective_user(self) -> int:
        return os.geteuid()

    def core_limit(self) -> int:
        return resource.getrlimit(resource.RLIMIT_CORE)[0]

    def free(self, path: Path) -> tuple[int, int]:
        """Bytes that are free, and all bytes, of the volume."""
        volume = os.statvfs(path)
        return volume.f_bavail * volume.f_frsize, volume.f_blocks * volume.f_frsize

    def device(self, path: Path) -> int:
        return path.stat().st_dev

    def clock_status(self) -> int | None:
        """What the kernel says of its clock: 5 is "not synchronised"; None where it cannot be asked."""
        import ctypes

        try:
            libc = ctypes.CDLL(None, use_errno=True)
            # struct timex has 208 bytes on 64-bit Linux; with modes 0 it is only read.
            return int(libc.adjtimex(ctypes.create_string_buffer(512)))
        except (OSError, AttributeError):
            return None

    def versions(self) -> dict[str, tuple[int, ...]]:
        import sqlite3

        import django

        return {
            "Python": sys.version_info[:3],
            "Django": tuple(int(part) for part in django.VERSION[:3]),
            "SQLite": sqlite3.sqlite_version_info,
            "OpenSSL": ssl.OPENSSL_VERSION_INFO[:3],
        }

    def sets_pages(self) -> bool:
        """Whether a report can be set on paper: the libraries of the system are there."""
        try:
            import weasyprint
        except OSError:
            return False
        return bool(weasyprint.__version__)

    def mount_of(self, path: Path) -> Mount | None:
        """The volume that the path is on, as /proc/self/mountinfo has it."""
        best: Mount | None = None
        resolved = str(path.resolve())
        for line in (self.read("/proc/self/mountinfo") or "").splitlines():
            before, _, after = line.partition(" - ")
            left, right = before.split(), after.split()
            if len(left) < 6 or len(right) < 3:
                continue
            point = re.sub(r"\\(\d{3})", lambda match: chr(int(match[1], 8)), left[4])
            inside = resolved == point or resolved.startswith(point.rstrip("/") + "/")
            # Of several at one place the last one is on top.
            if inside and (best is None or len(point) >= len(best.point)):
                options = frozenset([*left[5].split(","), *right[2].split(",")])
                best = Mount(right[1], point, right[0], options)
        return best

    def device_mapper_names(self) -> set[str]:
        found = (self.read(str(path)) for path in Path("/sys/class/block").glob("dm-*/dm/name"))
        return {name.strip() for name in found if name}

    def fetch(self, url: str, *, host: str | None = None, at: tuple[str, int] | None = None) -> Answer:
        """One GET without cookies, redirects or retries; `host` goes into the Host header, `at` is where to connect.

        Raises: OSError (ssl.SSLCertVerificationError among them), http.client.HTTPException.
        """
        parts = urlsplit(url)
        name = str(parts.hostname)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            connection = http.client.HTTPSConnection(
                name, port, timeout=_TIMEOUT_SECONDS, context=ssl.create_default_context()
            )
        else:
            connection = http.client.HTTPConnection(*(at or (name, port)), timeout=_TIMEOUT_SECONDS)
        try:
            connection.request(
                "GET", parts.path or "/", headers={"User-Agent": "andon-doctor", **({"Host": host} if host else {})}
            )
            days = _days_left(connection.sock, self.now()) if parts.scheme == "https" else None
            response = connection.getresponse()
            response.read(MOST_BYTES)
            return Answer(response.status, tuple(response.getheaders()), days)
        finally:
            connection.close()

    def mail_greeting(self, host: str, port: int, security: str) -> str:
        """Connect, say hello and leave; nothing is signed in or sent. Raises: OSError, smtplib.SMTPException."""
        import smtplib

        kind: Any = smtplib.SMTP_SSL if security == "tls" else smtplib.SMTP
        with kind(host, port, timeout=_TIMEOUT_SECONDS) as server:
            server.ehlo()
            if security == "starttls":
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
            return "with TLS" if security != "none" else "without TLS"

    def rows(self, alias: str, statement: str) -> list[tuple[Any, ...]]:
        from django.db import connections

        with connections[alias].cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def vendor(self, alias: str) -> str:
        from django.db import connections

        return str(connections[alias].vendor)

    def file_of(self, alias: str) -> str:
        """Where a database of SQLite lies: the one of the ballots may have a folder of its own."""
        from django.db import connections

        return str(connections[alias].settings_dict["NAME"])


def _days_left(connected: socket.socket | None, now: datetime) -> int | None:
    if not isinstance(connected, ssl.SSLSocket):
        return None
    certificate = connected.getpeercert()
    if not certificate:
        return None
    ends = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
    return int((ends - now.timestamp()) // 86_400)
