"""What is installed somewhere else: everything the service needs, and a verifier that needs no Django."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

WITHOUT_DJANGO = """
import sys

class NoDjango:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"django", "allauth", "granian", "yaml", "altair", "psycopg"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, NoDjango())
sys.path.insert(0, sys.argv[1])
from andon.gateways.cli import main
import andon
assert andon.__file__.startswith(sys.argv[1]), andon.__file__
sys.exit(main(sys.argv[2:]))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    [file] = folder.glob("*.whl")
    return file


def test_the_wheel_holds_the_built_pages_the_data_and_the_migrations_and_no_test(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "andon/features/ballots/bundle/bundle.json",
        "andon/features/ballots/bundle/answer.js",
        "andon/features/ballots/bundle/messages-de.json",
        "andon/features/rooms/bundle/moderate.js",
        "andon/locale/de/LC_MESSAGES/django.mo",
        "andon/foundation/interface/static/interface/build/host.js",
        "andon/foundation/interface/static/interface/build/pico.min.css",
        "andon/foundation/interface/static/interface/css/tokens.css",
        "andon/foundation/interface/templates/interface/base.html",
        "andon/features/instruments/content/andon-core.yaml",
        "andon/features/rounds/migrations/0001_initial.py",
        "andon/kernel/manifest/words.txt",
        "andon/kernel/manifest/words.LICENSE",
        "andon/docs/operations/backup.md",
        "andon/docs/guide/programs.md",
    ):
        assert needed in names
    assert [name for name in names if "/tests/" in name or not name.startswith("andon")] == []


def test_its_verifier_runs_where_there_is_no_django_and_its_server_says_what_is_missing(
    wheel: Path, tmp_path: Path
) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-I", "-c", WITHOUT_DJANGO, str(tmp_path), *words],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    # Nobody listens there, so it cannot be checked: exit status 2, and a sentence.
    verified = run("verify", "http://127.0.0.1:9")
    assert verified.returncode == 2, verified.stderr
    assert "Traceback" not in verified.stderr
    listed = run("rounds", "list")
    assert listed.returncode == 1
    assert "docs/operations/install.md" in listed.stderr
    # The page is there, and the command says where.
    [place] = re.findall(r"^docs/ is (.+)$", listed.stderr, re.MULTILINE)
    assert Path(place).is_relative_to(tmp_path)
    assert (Path(place) / "operations" / "install.md").is_file()


def test_each_page_that_a_text_of_the_program_names_comes_with_the_wheel(wheel: Path) -> None:
    held, missing = set(zipfile.ZipFile(wheel).namelist()), set()
    for file in (ROOT / "src").rglob("*.py"):
        if "tests" not in file.parts:
            named = re.findall(r"\bdocs/[a-z-]+/[a-z-]+\.md\b", file.read_text())
            missing |= {(str(file.relative_to(ROOT)), page) for page in named if f"andon/{page}" not in held}
    assert missing == set()
