"""`andon doctor`."""

import argparse
import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from andon.gateways.cli import documentation
from andon.gateways.cli.django_side import with_django
from andon.gateways.cli.refusal import Refusal

if TYPE_CHECKING:
    from andon.gateways.doctor.findings import Finding

WHAT_IT_DOES = """\
Look at this installation and the machine below it, and say what is not as it should be. Changes nothing, sends nothing
but requests to read, and never shows a secret or who did what. Exit status: 0 without a problem, 1 with one. See
docs/operations/doctor.md."""


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="andon doctor", description=WHAT_IT_DOES)
    parser.add_argument("--json", action="store_true", help="for programs: a list of findings")
    parser.add_argument("--all", action="store_true", help="show what is as it should be as well")
    options = parser.parse_args(argv)
    found: list[Finding] = []

    def run() -> None:
        found.extend(_look())

    with_django(run)
    if options.json:
        print(json.dumps([finding.to_json() for finding in found], indent=2))
    else:
        _say(found, everything=options.all)
    return 1 if any(finding.status == "problem" for finding in found) else 0


def _look() -> "list[Finding]":
    from django.conf import settings
    from django.db import Error, connections

    from andon.gateways.doctor import doors, findings, life, machine, storage
    from andon.gateways.doctor.place import Place

    if not (doors and life and machine and storage):
        raise Refusal("The checks are not there. Nothing was looked at. Install Andon again.")
    here = Place(
        data_directory=settings.DATA_DIRECTORY,
        key_directory=settings.KEY_DIRECTORY,
        app_origin=settings.APP_ORIGIN,
        anonymous_origin=settings.ANONYMOUS_ORIGIN,
        environment={name: value for name, value in os.environ.items() if name.startswith("ANDON_")},
        secret_key=settings.SECRET_KEY,
        demo=settings.DEMO,
        debug=settings.DEBUG,
    )
    try:
        for alias in connections:
            connections[alias].ensure_connection()
        there = True
    except Error:
        there = False
    try:
        return findings.run(here, database=there)
    finally:
        connections.close_all()


_ORDER = ("problem", "warning", "unknown", "ok")


def _say(found: "list[Finding]", *, everything: bool) -> None:
    counts = {status: sum(finding.status == status for finding in found) for status in _ORDER}
    for status in _ORDER if everything else _ORDER[:-1]:
        for finding in found:
            if finding.status == status:
                print(f"{finding.id}  {status:<8} {finding.title}")
                print(f"               {finding.evidence}")
                if finding.advice and status != "ok":
                    print(f"               To do: {finding.advice}")
    print(", ".join(f"{count} {status}" for status, count in counts.items()) + ". What each looks at:", end=" ")
    print("docs/operations/doctor.md")
    print(documentation.where("docs/"))
