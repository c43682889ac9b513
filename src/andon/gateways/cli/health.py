"""`andon health`: whether the parts of this machine are ready, for a container's health check or a person.

Needs no Django for the doors: it asks them. The worker has no door; the app says whether it has been heard of.
"""

import argparse
import os
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from andon.gateways.cli import serve
from andon.gateways.cli.refusal import Refusal

DOORS = ("app", "anonymous")
WHAT_IT_DOES = """\
Ask the doors of this machine (ANDON_APP_BIND, ANDON_ANONYMOUS_BIND) whether they are ready: their databases, the key
volume and, at the app, whether the worker has been heard of. Exit status 0 when all are, 1 otherwise."""
SENTENCES = {
    "database": "a database cannot be reached",
    "migrations": "a database is not at this version: run `andon prepare`",
    "keys": "the key directory is not there, or closed to this account",
    "worker": "the worker has not been heard of",
}


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="andon health", description=WHAT_IT_DOES)
    parser.add_argument("--only", action="append", choices=DOORS, metavar="PART", help="ask this door only")
    only = parser.parse_args(argv).only or DOORS
    environment = dict(os.environ)
    found = {part.name: trouble_of(part, environment) for part in serve.parts(environment, only)}
    for name, trouble in found.items():
        print(f"{name}: {trouble or 'ready'}")
    if any(found.values()):
        raise Refusal("Not ready. Nothing was changed.")
    return 0


def trouble_of(part: serve.Part, environment: Mapping[str, str]) -> str:
    """In words; "" where the door is ready."""
    # What keeps the rooms is asked by the anonymous door, under its name.
    host = urlsplit(serve.origins(environment)["app" if part.name == "app" else "anonymous"]).netloc
    head, _, body = serve.ask(part, "/readyz", host=host).partition(b"\r\n\r\n")
    status = head.split(b" ", 2)[1:2]
    if status == [b"200"]:
        return ""
    if status == [b"503"]:
        codes = body.decode(errors="replace").split()
        return "; ".join(SENTENCES.get(code, "not ready") for code in codes) or "not ready"
    if status:
        return "something else than this door answers there"
    return "nothing answers at {}:{}".format(*part.bind or ("", ""))
