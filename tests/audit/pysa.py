"""Pysa: ways from what must not be trusted, or must not be told, to where it would do harm.

Does not: follow an object of ours that is turned into text by `str` or an f-string, nor look into templates.
"""

import ast
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.architecture.repository import ROOT
from tests.audit import environments
from tests.audit.grading import Finding, Grade, Planted

SECONDS = 900
TAINT = environments.FOLDER / "taint"
FLAWS = environments.FOLDER / "planted"
# What may come of each flaw, as pyre-check numbers its rules, and ours from 9001 on.
RULES: Mapping[str, frozenset[int]] = {
    "sql": frozenset({5005, 5051}),
    "redirect": frozenset({5018}),
    "path": frozenset({5011}),
    "markup": frozenset({5008}),
    "shell": frozenset({5001, 6065}),
    "answer_in_a_log": frozenset({9001}),
    "member_in_a_log": frozenset({9002}),
    "address_in_a_log": frozenset({9002}),
    "blinded_in_a_log": frozenset({9003}),
    "member_beside": frozenset({9004}),
    "member_in_the_public_log": frozenset({9004}),
    "answer_in_a": frozenset({9005}),
    "slot": frozenset({9005}),
    "sequence": frozenset({9005}),
    "blinded_in_a_row": frozenset({9006}),
}
CONFIGURATION = {"source_directories": ["src"], "strict": False}
# Of all that is installed only the types of Django: what is inside the others is not ours to look at, and what comes
# out of a library is as tainted as what went in.
PYREFLY = """
project-includes = ["src"]
search-path = ["src"]
site-package-path = ["packages"]
skip-interpreter-query = true
use-ignore-files = false
python-version = "3.11"
"""
_THE_CLOSE = (
    "The close opens ballots to publish figures of them, and writes the digest of the release to the public log. What "
    "may be published is decided by kernel.disclosure, checked by the auditor, and attacked by `make attacks`."
)
_NEXT = (
    "The way on is put together of an address of ours and a query in which `next` is quoted; the page behind it looks "
    "at `next` again."
)
_WHERE_NEXT = "`where_next` lets a page of ours pass and nothing else; a fast test asks it for other hosts."
_SETTING = (
    "Which file is read follows from the name of the setting, which is one of ours, and from the environment of the "
    "process: nothing of the form is part of it."
)
_LETTER = (
    "The address is where the letter goes: it was read by a form as one address, and Django refuses a header with a "
    "line break. Letters are counted by address."
)


class Pysa:
    name = "pysa"
    about = "request data that reaches SQL, shells, files, redirects or markup; members, answers and slips that meet"
    accepted: Mapping[tuple[str, str], str] = {
        ("9005", "andon.features.closing.services._Steps.compute_and_commit"): _THE_CLOSE,
        ("5018", "andon.foundation.people.views._only_with"): _NEXT,
        ("5018", "andon.foundation.people.views.show_again"): _WHERE_NEXT,
        ("5018", "andon.foundation.people.views.second_factor_needed"): _WHERE_NEXT,
        ("5018", "andon.foundation.people.factors.show_again_by_passkey"): _WHERE_NEXT,
        ("5011", "andon.foundation.configuration.views.section"): _SETTING,
        ("5011", "andon.features.setup.views."): _SETTING,
        (
            "6060",
            "andon.features.rounds.views.new",
        ): "Files of a round are named by the id that the service draws for it.",
        ("5036", "andon.foundation.people.views.forgotten_password"): _LETTER,
        ("5036", "andon.foundation.organisation.person_views.edit"): _LETTER,
        ("5052", "andon.foundation.organisation.person_views.edit"): (
            "`Name <address>` only looks like markup. The template escapes it; html-validate reads the page."
        ),
        ("5008", "andon.features.results.views.group"): (
            "The drawing is made as a tree of elements and written out by xml.etree, which escapes every text in it."
        ),
        ("5012", "andon.features.rooms.views.answer"): (
            "What is sent on goes to the address of the process that keeps the room, which its own start wrote down."
        ),
    }

    def version(self) -> str:
        return environments.version_of("pyre-check")

    def planted(self, folder: Path) -> Sequence[Planted]:
        copy_sources(folder)
        shutil.copytree(FLAWS / "features", folder / "src" / "andon" / "features", dirs_exist_ok=True)
        found: dict[str, set[int]] = {}
        for issue in analysed(folder):
            found.setdefault(issue["define"], set()).add(issue["code"])
        return [Planted(words, bool(found.get(function, set()) & rules)) for function, words, rules in flaws(FLAWS)]

    def grade(self, folder: Path) -> Grade:
        copied = copy_sources(folder)
        findings = {
            Finding(str(issue["code"]), issue["define"], f"line {issue['line']}: {issue['description']}")
            for issue in analysed(folder)
        }
        views = sum(
            "HttpRequest" in ast.unparse(node.args)
            for file in (folder / "src").rglob("*.py")
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.FunctionDef)
        )
        ordered = sorted(findings, key=lambda one: (one.place, one.rule, one.said))
        return Grade(f"{copied} files", ordered, {"functions that are given a request": str(views)})


def copy_sources(folder: Path) -> int:
    """The product without its tests and migrations; and the types of Django, which its environment has."""
    shutil.copytree(
        ROOT / "src" / "andon",
        folder / "src" / "andon",
        ignore=lambda place, names: [
            name for name in names if name in {"tests", "migrations", "__pycache__"} or is_no_source(Path(place) / name)
        ],
    )
    (found,) = (ROOT / ".venv" / "lib").glob("python3.*/site-packages/django-stubs")
    (folder / "packages").mkdir()
    (folder / "packages" / "django-stubs").symlink_to(found)
    brought = environments.ENVIRONMENT / "lib" / "pyre_check" / "taint"
    models = [TAINT, brought / "common", brought / "core_privacy_security"]
    said = CONFIGURATION | {"taint_models_path": [str(place) for place in models]}
    (folder / ".pyre_configuration").write_text(json.dumps(said))
    (folder / "pyrefly.toml").write_text(PYREFLY)
    return sum(1 for _file in (folder / "src").rglob("*.py"))


def is_no_source(path: Path) -> bool:
    return path.is_file() and path.suffix != ".py"


def analysed(folder: Path) -> list[dict[str, Any]]:
    """What was found. Raises: RuntimeError where it did not look to the end, or where a model of ours names nothing."""
    program = environments.program("pyre")
    asked = [program, "--noninteractive", "analyze", "--no-verify", "--save-results-to", "out"]
    with (folder / "pyre.log").open("w") as log:
        subprocess.run(
            asked,
            cwd=folder,
            stdout=log,
            stderr=log,
            check=True,
            timeout=SECONDS,
            env={"PATH": f"{environments.ENVIRONMENT / 'bin'}:/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"},
        )
    said = (folder / "pyre.log").read_text()
    blind = list(names_nothing(said))
    if blind:
        raise RuntimeError(f"Models that look at nothing: {blind}")
    found: list[dict[str, Any]] = json.loads((folder / "out" / "errors.json").read_text())
    return found


def names_nothing(log: str) -> Iterator[str]:
    """Models of ours that met nothing. Those that pyre-check brings are for many frameworks and versions."""
    for line in log.splitlines():
        if "ERROR" in line and f"{TAINT.name}/andon.pysa:" in line:
            yield line.rpartition(f"{TAINT.name}/")[2][:200]


def flaws(folder: Path) -> Iterator[tuple[str, str, frozenset[int]]]:
    """Each function of the planted files that stands for one: its full name, what it does, what may come of it."""
    for file in sorted(folder.rglob("planted.py")):
        module = ".".join(["andon", *file.relative_to(folder).with_suffix("").parts])
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                rules = next(rules for start, rules in RULES.items() if node.name.startswith(start))
                yield f"{module}.{node.name}", node.name.replace("_", " "), rules


GRADER = Pysa()
