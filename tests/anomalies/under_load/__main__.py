"""Faults under load: `python -m tests.anomalies.under_load [--kills 100] [--databases sqlite postgres] [--only SCENE]`

Each scene has a service of its own with real processes, a crowd of people who fetch slips and cast without end, a
fault, a calm in which everybody who waits is served, and a close, in which the worker is killed as well. Prints a row a
scene and ends with 1 when something that was acknowledged is not in the release, when anything is there twice or that
nobody sent, when an answer was unclear, or when a scene could not run. A scene that a
database cannot have is left out.
"""

import argparse
import random
import re
import sys
import tempfile
from pathlib import Path

from tests.anomalies.under_load import scenes
from tests.anomalies.under_load.playing import HEAD, Row, play

# Of the database that can never have a scene, which is then no failure.
NOT_ON = {("database restarts", "sqlite"), ("read-only disk", "postgres")}


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--times", type=int, default=3, help="how often every other fault happens")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgres"], choices=["sqlite", "postgres"])
    parser.add_argument("--only", nargs="+", choices=list(scenes.ALL))
    parser.add_argument("--seed", type=int, default=None, help="the same moments again, as far as a machine allows it")
    parser.add_argument(
        "--report", default="", metavar="FILE", help="put the table into this page, in place of its own"
    )
    options = parser.parse_args(words)
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1_000_000)
    print(f"seed {seed}", flush=True)
    rows, missed = [], 0
    for database in options.databases:
        for name in options.only or scenes.ALL:
            times = options.kills if name == "kills" else options.times
            if (name, database) in NOT_ON:
                continue
            with tempfile.TemporaryDirectory(prefix="andon-faults-") as folder:
                # The database's server runs as somebody else.
                Path(folder).chmod(0o755)
                try:
                    row = play(name, database, folder=Path(folder), times=times, seed=seed)
                except scenes.NotHere as reason:
                    row = Row(name, database, f"did not run: needs {reason}", "", None, 0, 0.0, False)
                except Exception as error:  # noqa: BLE001 - whatever it was, the other scenes are played
                    row = Row(
                        name,
                        database,
                        f"ended with {type(error).__name__}: {str(error)[-1500:]}",
                        "",
                        None,
                        0,
                        0.0,
                        False,
                    )
            rows.append(row)
            missed += not row.passed
            print(" | ".join(row.cells), flush=True)
    cells = [HEAD, *(row.cells for row in rows)]
    _print_table(cells)
    if options.report:
        page = Path(options.report)
        page.write_text(with_table(page.read_text() if page.exists() else "", cells))
    return 1 if missed else 0


def with_table(page: str, cells: list[list[str]]) -> str:
    """The page with this table in the place of the one that it has, or at its end."""
    first, *rows = ["| " + " | ".join(row) + " |\n" for row in cells]
    table = first + "| --- " * len(HEAD) + "|\n" + "".join(rows)
    begins = page.find(first)
    if begins < 0:
        return f"{page}\n{table}".lstrip()
    ends = re.compile(r"^(?!\|)", re.MULTILINE).search(page, begins)
    return page[:begins] + table + (page[ends.start() :] if ends else "")


def _print_table(cells: list[list[str]]) -> None:
    widths = [min(60, max(len(row[column]) for row in cells)) for column in range(len(HEAD))]
    print()
    for row in cells:
        print("  ".join(cell[:60].ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    sys.exit(main())
