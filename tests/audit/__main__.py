"""Let every grader look, print a table, and fail when one missed what was planted or found what we do not live with.

python -m tests.audit [--only NAME ...] [--report]
"""

import argparse
import importlib
import json
import pkgutil
import shutil
import subprocess
import sys
import time
import traceback
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import tests.audit
from tests.architecture.repository import ROOT
from tests.audit.grading import Finding, Grade, Grader, Judged, Planted

KEPT = ROOT / "test-results" / "audit"
REPORT = ROOT / "docs" / "security" / "audit.md"


def main() -> int:
    given = argparse.ArgumentParser(prog="python -m tests.audit", description=__doc__)
    graders = {grader.name: grader for grader in all_graders()}
    given.add_argument("--only", nargs="+", choices=sorted(graders), default=sorted(graders))
    given.add_argument("--report", action="store_true", help="write docs/security/audit.md, of all that is kept")
    options = given.parse_args()
    failed = False
    for name in options.only:
        print(f"\n##### {name}: {graders[name].about}", flush=True)
        try:
            judged = judge(graders[name])
        # The others are still asked.
        except (AssertionError, OSError, LookupError, RuntimeError, ValueError, subprocess.SubprocessError):
            traceback.print_exc()
            print(f"{name}: could not look", flush=True)
            failed = True
            continue
        keep(judged)
        print(told(judged), flush=True)
        failed |= bool(judged.faults)
    if options.report:
        REPORT.write_text(report([*kept(sorted(graders))]))
    return 1 if failed else 0


def all_graders() -> list[Grader]:
    modules = [
        importlib.import_module(f"tests.audit.{module.name}")
        for module in pkgutil.iter_modules(tests.audit.__path__)
        if module.name != "__main__" and not module.name.startswith("test_")
    ]
    return [module.GRADER for module in modules if hasattr(module, "GRADER")]


def judge(grader: Grader) -> Judged:
    began = time.monotonic()
    folder = KEPT / grader.name
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("planted", "andon"):
        (folder / part).mkdir(parents=True)
    planted = grader.planted(folder / "planted")
    grade = grader.grade(folder / "andon")
    seconds = time.monotonic() - began
    return Judged(grader.name, grader.about, grader.version(), planted, grade, seconds, grader.accepted)


def told(judged: Judged) -> str:
    found = sum(one.is_found for one in judged.planted)
    seen = f"looked at {judged.grade.looked_at} in {judged.seconds:.0f} s"
    counts = f"{found} of {len(judged.planted)} planted faults found; {len(judged.grade.findings)} findings"
    lines = [
        f"{judged.name} {judged.version}: {seen}; {counts}",
        *(f"  {name}: {value}" for name, value in judged.grade.figures.items()),
        *(f"  FAULT: {fault}" for fault in judged.faults),
    ]
    return "\n".join(lines)


def keep(judged: Judged) -> None:
    told = asdict(judged)
    told["accepted"] = [[*key, reason] for key, reason in judged.accepted.items()]
    told["on"] = datetime.now(UTC).date().isoformat()
    (KEPT / f"{judged.name}.json").write_text(json.dumps(told, indent=1))


def kept(names: list[str]) -> list[tuple[str, Judged]]:
    """What each grader said last, with the day."""
    return [(day, judged) for name in names for day, judged in read(KEPT / f"{name}.json")]


def read(file: Path) -> list[tuple[str, Judged]]:
    if not file.exists():
        return []
    told = json.loads(file.read_text())
    grade = told["grade"]
    return [
        (
            told["on"],
            Judged(
                told["name"],
                told["about"],
                told["version"],
                [Planted(**one) for one in told["planted"]],
                Grade(
                    grade["looked_at"], [Finding(**one) for one in grade["findings"]], grade["figures"], grade["missed"]
                ),
                told["seconds"],
                {(rule, place): reason for rule, place, reason in told["accepted"]},
            ),
        )
    ]


def report(results: list[tuple[str, Judged]]) -> str:
    lines = [
        "# What graders say that nobody here wrote",
        "",
        "`make audit REPORT=yes` wrote this page. Each grader first got faults that were planted for it; what it says",
        "of Andon counts only where it found all of them.",
        "",
        "| grader | looks for | looked at | planted, found | findings | accepted | seconds | on |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for day, one in results:
        found = sum(planted.is_found for planted in one.planted)
        state = len(one.faults) or "none"
        lines.append(
            f"| {one.name} {one.version} | {one.about} | {one.grade.looked_at} | {len(one.planted)}, {found} "
            f"| {state} | {len(one.accepted)} | {one.seconds:.0f} | {day} |"
        )
    for _day, one in results:
        lines += ["", f"## {one.name}", ""]
        lines += [f"- {name}: {value}" for name, value in one.grade.figures.items()]
        lines += [f"- Planted: {planted.fault}" for planted in one.planted]
        lines += [f"- Open: {fault}" for fault in one.faults]
        lines += [
            f"- Accepted, `{rule}` at {place or 'any place'}: {why}" for (rule, place), why in one.accepted.items()
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
