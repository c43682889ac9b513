"""Run the rings of `make test` one after the other, all of them also when one fails, and sum up in one line.

python3 .ci/rings.py [RING ...]
"""

import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

RINGS = ["lint", "types", "arch", "test-client", "test-sqlite", "test-postgres", "e2e", "e2e-postgres"]
RESULTS = Path("test-results")
# The last lines of Node's test runner, which writes no report.
OF_NODE = re.compile(r"^(?:#|ℹ) (pass|fail|skipped) (\d+)$")
NAME_OF_NODE = {"pass": "passed", "fail": "failed", "skipped": "skipped"}


def main(rings: list[str]) -> int:
    began = time.monotonic()
    RESULTS.mkdir(exist_ok=True)
    for old in RESULTS.glob("*.xml"):
        old.unlink()
    counts: Counter[str] = Counter()
    lines = []
    for ring in rings:
        print(f"\n##### make {ring}", flush=True)
        started = time.monotonic()
        known = set(RESULTS.glob("*.xml"))
        status, of_this_ring = run(ring)
        for report in set(RESULTS.glob("*.xml")) - known:
            of_this_ring += tests_in(report)
        if status and not of_this_ring["failed"] and not of_this_ring["errors"]:
            # A linter that complains, or pytest that did not get as far as a test.
            of_this_ring["errors"] += 1
        counts += of_this_ring
        lines.append(
            f"{'FAILED' if status else 'ok':<7}{ring:<16}{time.monotonic() - started:6.0f} s  {summary(of_this_ring)}"
        )
    print("\n##### rings", *lines, sep="\n")
    text = f" {summary(counts)} in {time.monotonic() - began:.2f}s "
    print(text.center(80, "="), flush=True)
    return 1 if counts["failed"] or counts["errors"] else 0


def run(ring: str) -> tuple[int, Counter[str]]:
    """Run one ring, passing on what it prints; its exit status, and the tests that Node counted."""
    counts: Counter[str] = Counter()
    with subprocess.Popen(
        ["make", "--no-print-directory", ring],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            if found := OF_NODE.match(line.rstrip()):
                counts[NAME_OF_NODE[found[1]]] += int(found[2])
    return process.returncode, counts


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
    sys.exit(main(sys.argv[1:] or RINGS))
