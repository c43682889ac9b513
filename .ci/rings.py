"""Run the rings of `make test`, all of them also when one fails, and sum up in one line.

Those that ask little of a machine run one after the other beside the others, which leave a core idle now and then.
What is slow runs on SQLite; on PostgreSQL `make test-slow` runs it, for together they take longer than twenty minutes.

python3 .ci/rings.py [RING ...]
"""

import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

LIGHT = ["lint", "types", "test-client", "arch", "e2e-postgres"]
HEAVY = ["test-sqlite", "test-postgres", "e2e"]
EXTENT = {"test-postgres": "not journey and not slow and not sweep"}
RESULTS = Path("test-results")
# The last lines of Node's test runner, which writes no report.
OF_NODE = re.compile(r"^(?:#|ℹ) (pass|fail|skipped) (\d+)$")
NAME_OF_NODE = {"pass": "passed", "fail": "failed", "skipped": "skipped"}


def main(rings: list[str]) -> int:
    began = time.monotonic()
    RESULTS.mkdir(exist_ok=True)
    for old in RESULTS.glob("*.xml"):
        old.unlink()
    light = [ring for ring in rings if ring in LIGHT]
    with ThreadPoolExecutor(1) as beside:
        waiting = [beside.submit(run, ring, shown=False) for ring in light]
        ended = [run(ring, shown=True) for ring in rings if ring not in LIGHT]
        for future in waiting:
            one = future.result()
            print(f"\n##### make {one.ring}\n{one.said}", end="", flush=True)
            ended.append(one)
    ended.sort(key=lambda one: rings.index(one.ring))
    counts = sum((one.counts for one in ended), Counter[str]())
    print("\n##### rings", *(one.line for one in ended), sep="\n")
    text = f" {summary(counts)} in {time.monotonic() - began:.2f}s "
    print(text.center(80, "="), flush=True)
    return 1 if counts["failed"] or counts["errors"] else 0


@dataclass(frozen=True)
class Ended:
    """What came of a ring: `seconds` by the clock, `cpu_seconds` of all its processes."""

    ring: str
    status: int
    counts: Counter[str]
    said: str
    seconds: float
    cpu_seconds: float

    @property
    def line(self) -> str:
        state = "FAILED" if self.status else "ok"
        times = f"{self.seconds:6.0f} s {self.cpu_seconds:6.0f} s of processors"
        return f"{state:<7}{self.ring:<16}{times}  {summary(self.counts)}"


def run(ring: str, *, shown: bool) -> Ended:
    """Run one ring, passing on what it prints, or keeping it where another one prints."""
    started = time.monotonic()
    counts: Counter[str] = Counter()
    said = ""
    if shown:
        print(f"\n##### make {ring}", flush=True)
    process = subprocess.Popen(
        [
            "make",
            "--no-print-directory",
            ring,
            "IS_SET_UP=yes",
            f"EXTENT={EXTENT.get(ring, 'not journey and not sweep')}",
            *([] if shown else ["WORKERS=1"]),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    for line in process.stdout or ():
        if shown:
            print(line, end="", flush=True)
        else:
            said += line
        if found := OF_NODE.match(line.rstrip()):
            counts[NAME_OF_NODE[found[1]]] += int(found[2])
    _pid, wait_status, used = os.wait4(process.pid, 0)
    status = process.returncode = os.waitstatus_to_exitcode(wait_status)
    # Each ring writes reports of its own name, so that nobody counts those of a ring that runs beside it.
    report = RESULTS / f"{ring}.xml"
    if report.exists():
        counts += tests_in(report)
    if status and not counts["failed"] and not counts["errors"]:
        # A linter that complains, or pytest that did not get as far as a test.
        counts["errors"] += 1
    return Ended(ring, status, counts, said, time.monotonic() - started, used.ru_utime + used.ru_stime)


def tests_in(report: Path) -> Counter[str]:
    counts: Counter[str] = Counter()
    # Written by our own pytest a moment ago.
    for suite in ET.parse(report).iter("testsuite"):  # noqa: S314
        total, failed, errors, skipped = (
            int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")
        )
        counts += Counter(failed=failed, errors=errors, skipped=skipped, passed=total - failed - errors - skipped)
    return counts


def summary(counts: Counter[str]) -> str:
    parts = [f"{counts[name]} {name}" for name in ("failed", "passed", "skipped", "errors") if counts[name]]
    parts = ["1 error" if part == "1 errors" else part for part in parts]
    return ", ".join(parts) or "nothing to count"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or [*LIGHT, *HEAVY]))
