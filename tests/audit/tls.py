"""SSLyze, by Mozilla's recommendation for servers that everybody should reach."""

import re
import ssl
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.audit.grading import Finding, Grade, Planted
from tests.audit.service import TOOLS, Answer, behind_caddy, broken_site, run
from tests.certificates import certificate_for
from tests.proxied import ANONYMOUS, APP

BROKEN = "broken.example.org"
VERDICT = re.compile(r": (OK - Compliant\.|FAILED - Not compliant\.)$", re.MULTILINE)
COMPLAINT = re.compile(r"^ +\* ([a-z_]+): (.*)$", re.MULTILINE)


class Tls:
    name = "tls"
    about = "SSLyze: versions, ciphers and certificates of Caddy, by Mozilla's intermediate configuration"
    accepted: Mapping[tuple[str, str], str] = {}

    def version(self) -> str:
        return run(TOOLS / "sslyze", "--help", within_seconds=60).stdout.rpartition("SSLyze version ")[2].split()[0]

    def planted(self, folder: Path) -> Sequence[Planted]:
        authority, *files = certificate_for(folder, BROKEN)
        old, weak = context(*files), context(*files)
        with warnings.catch_warnings():
            # That it is too old is why it is here.
            warnings.simplefilter("ignore", DeprecationWarning)
            old.minimum_version = ssl.TLSVersion.TLSv1
        old.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")
        weak.set_ciphers("ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256")
        (folder / "long").mkdir()
        _authority, *lasting = certificate_for(folder / "long", BROKEN, days=3650)
        return [
            Planted(fault, found(rule, tls, authority))
            for fault, rule, tls in (
                ("TLS 1.0 and 1.1", "tls_versions", old),
                ("a cipher of TLS 1.2 that is broken by who measures its padding", "ciphers", weak),
                ("a certificate for ten years", "maximum_certificate_lifespan", context(*lasting)),
                ("a certificate that nobody vouches for", "certificate_path_validation", context(*lasting)),
            )
        ]

    def grade(self, folder: Path) -> Grade:
        with behind_caddy(folder) as behind:
            findings = [one for name in (APP, ANONYMOUS) for one in complaints(name, behind.port, behind.authority)]
        return Grade("2 names", findings)


def context(certificate: Path, key: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate, key)
    return made


def found(rule: str, tls: ssl.SSLContext, authority: Path) -> bool:
    with broken_site(lambda _path, _fields: Answer(), tls=tls) as site:
        return rule in {one.rule for one in complaints(BROKEN, site.port, authority)}


def complaints(name: str, port: int, authority: Path) -> list[Finding]:
    """What is not as Mozilla recommends. Raises: AssertionError when it came to no verdict."""
    words = ("--mozilla_config", "intermediate", "--certinfo_ca_file", authority)
    done = run(TOOLS / "sslyze", *words, f"{name}:{port}{{127.0.0.1}}", within_seconds=120)
    return parsed(name, done.stdout)


def parsed(name: str, said: str) -> list[Finding]:
    verdict = VERDICT.search(said)
    assert verdict is not None, said
    found = [Finding(rule, name, why) for rule, why in COMPLAINT.findall(said[verdict.start() :])]
    assert bool(found) != verdict[1].startswith("OK"), said
    return found


GRADER = Tls()
