"""The contracts of import-linter in pyproject.toml, and for each a planted import that it must refuse."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.repository import ROOT, SOURCE

PLANTED = [
    ("features/publiclog", "import andon.features.ballots", "Features import features below them only"),
    ("features/today", "import andon.features.verify", "Features import features below them only"),
    ("features/releases", "import andon.features.closing", "Features import features below them only"),
    ("features/ballots", "import andon.features.rounds", "Features import features below them only"),
    ("features/brand_new", "", "Features import features below them only"),
    ("foundation/people", "import andon.features.rounds", "Imports go down from floor to floor"),
    ("features/rounds", "import andon.gateways.cli", "Imports go down from floor to floor"),
    ("verifier", "import andon.foundation.people", "Imports go down from floor to floor"),
    ("kernel", "import andon.verifier", "Imports go down from floor to floor"),
    ("brand_new", "", "Imports go down from floor to floor"),
    ("features/ballots", "import andon.foundation.people", "Ballots know nobody"),
    ("features/publiclog", "import andon.foundation.organisation", "Ballots know nobody"),
    ("features/rooms", "import andon.foundation.people", "Rooms know nobody and keep nothing"),
    ("features/rooms", "import andon.features.publiclog.public", "Rooms know nobody and keep nothing"),
    ("features/rooms", "import logging", "Rooms know nobody and keep nothing"),
    ("kernel", "import django.db", "The kernel is pure"),
    ("kernel", "import logging", "The kernel is pure"),
    ("verifier", "import django", "The verifier needs the kernel and the standard library"),
]


def lint_imports(project: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache", "--config", project / "pyproject.toml"],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(project / "src"), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("planted")
    shutil.copy(ROOT / "pyproject.toml", project)
    shutil.copytree(SOURCE, project / "src" / "andon", ignore=lambda _, names: [n for n in names if n == "__pycache__"])
    return project


def test_the_floors_hold(copy):
    done = lint_imports(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("folder", "line", "contract"), PLANTED)
def test_a_planted_import_is_refused(copy, folder, line, contract):
    place = copy / "src" / "andon" / folder
    is_new = not place.exists()
    place.mkdir(exist_ok=True)
    names = ["__init__.py"] if is_new else ["planted.py"]
    for name in names:
        (place / name).write_text(line + "\n")
    try:
        done = lint_imports(copy)
    finally:
        if is_new:
            shutil.rmtree(place)
        else:
            (place / "planted.py").unlink()
    assert done.returncode == 1, done.stdout
    broken = [text for text in done.stdout.splitlines() if text.rstrip().endswith("BROKEN")]
    assert any(text.startswith(contract) for text in broken), done.stdout


def test_a_forbidden_import_is_refused_also_behind_another_module(copy):
    """Ballots import the public log; what the public log imports counts as the ballots' own."""
    planted = copy / "src" / "andon" / "features" / "publiclog" / "planted.py"
    user = copy / "src" / "andon" / "features" / "ballots" / "planted.py"
    planted.write_text("import andon.foundation.people\n")
    user.write_text("import andon.features.publiclog.planted\n")
    try:
        done = lint_imports(copy)
    finally:
        planted.unlink()
        user.unlink()
    assert "andon.features.ballots.planted -> andon.features.publiclog.planted" in done.stdout
