"""The forensic test with thousands of teams: `make forensics`, or python -m tests.forensics.running --teams 1000.

Makes an installation on each database, lets everybody fetch a slip and cast, and looks at images of it while the round
is open, after its close and in the round after it. Ends with 1 where anything tells more than the rule allows.
What the figures mean: docs/security/forensics.md, which `--report` writes.
"""

import argparse
import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "andon.project.settings.test")
os.environ["ANDON_TEST_PREPARED"] = tempfile.mkdtemp(prefix="andon-forensics-prepared-")

import django

django.setup()

from tests import postgres  # noqa: E402
from tests.anomalies.processes import Installation  # noqa: E402
from tests.forensics import report, scoring  # noqa: E402
from tests.forensics.simulated import Simulation, Taken  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teams", type=int, default=1_000, help="teams of eight, at least 60")
    parser.add_argument("--databases", default="sqlite postgres", help="one or both")
    parser.add_argument("--folder", help="where to work; needs 2 GB for each 1,000 teams")
    parser.add_argument("--report", help="a file of Markdown to write")
    options = parser.parse_args()
    scoring.limits(options.teams)
    databases = options.databases.split()
    try:
        with ThreadPoolExecutor(len(databases)) as beside:
            runs = list(beside.map(lambda database: run(database, options.teams, options.folder), databases))
    finally:
        shutil.rmtree(os.environ["ANDON_TEST_PREPARED"], ignore_errors=True)
    print(report.table(runs))
    if options.report:
        Path(options.report).write_text(report.page(runs))
    failures = report.failures(runs)
    print(*failures or ["Nothing tells more than the rule allows."], sep="\n")
    return int(bool(failures))


def run(database: str, teams: int, place: str | None) -> report.Run:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="andon-forensics-", dir=place) as folder:
        images = _images(database, teams, Path(folder), began)
    return report.Run(database, teams, round(time.monotonic() - began), tuple(images))


def _images(database: str, teams: int, folder: Path, began: float) -> list[Taken]:

    def say(text: str) -> None:
        print(f"{database}: {time.monotonic() - began:6.0f} s  {text}", flush=True)

    with contextlib.ExitStack() as running:
        server = running.enter_context(_server(folder / "postgres")) if database == "postgres" else None
        (folder / "installation").mkdir()
        installation = running.enter_context(Installation(folder / "installation", server))
        say("prepared")
        taken = []
        for one in Simulation(installation, teams, folder).round(backup=True, say=say):
            say(f"image: {one.name}")
            taken.append(one)
    return taken


@contextlib.contextmanager
def _server(folder: Path) -> Iterator[Path]:
    with postgres.server(folder):
        yield folder


if __name__ == "__main__":
    sys.exit(main())
