import re
import subprocess
import sys
from pathlib import Path

import pytest

from andon.gateways.cli import command, main


def run(*words, env=None, python=()):
    return subprocess.run(
        [sys.executable, *python, "-m", "andon.gateways.cli", *words],
        env={"PATH": "/usr/bin:/bin", **(env or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_names_every_command_and_where_settings_are(capsys):
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for names in [*command.PASSED_ON, ("prepare",), ("serve",), ("verify",), ("manage",)]:
        assert f"  {' '.join(names)} " in shown
    assert "docs/operations/settings.md" in shown
    [place] = re.findall(r"^docs/ is (.+)$", shown, re.MULTILINE)
    assert (Path(place) / "operations" / "settings.md").is_file()


def test_the_version_is_the_one_of_the_package(capsys):
    from importlib.metadata import version

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"andon {version('andon')}\n"


@pytest.mark.parametrize("words", [[], ["nope"], ["rounds"], ["rounds", "nope"], ["people"]])
def test_what_is_not_understood_is_said_with_status_2(words, capsys):
    assert main(words) == 2
    shown = capsys.readouterr()
    assert "COMMAND" in shown.out or "Nothing was done" in shown.err


def test_without_a_secret_key_a_command_says_what_to_do(tmp_path):
    done = run("rounds", "list", env={"ANDON_DATA": str(tmp_path)})
    assert done.returncode == 1
    assert "andon prepare" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_is_away_is_named_without_a_traceback(tmp_path):
    nowhere = f"postgresql://andon@/andon?host={tmp_path}"
    env = {"ANDON_DATA": str(tmp_path), "ANDON_SECRET_KEY": "x" * 50, "ANDON_DATABASE_DEFAULT_URL": nowhere}
    done = run("prepare", env=env)
    assert done.returncode == 1
    assert "The database refused" in done.stderr
    assert "Traceback" not in done.stderr


WITHOUT_DJANGO = """
import sys

class NotHere:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"django", "allauth", "django_tasks", "psycopg", "pyrage"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, NotHere())
from andon.gateways.cli import main
sys.exit(main(sys.argv[1:]))
"""


def without_django(*words):
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_DJANGO, *words], capture_output=True, text=True, timeout=60, check=False
    )


def test_verify_needs_no_django():
    done = without_django("verify", "--help")
    assert done.returncode == 0, done.stderr
    assert "usage: andon verify" in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("rounds", "list"),
        ("backup", "--new-identity", "identity"),
        ("backup", "--verify", "file", "--identity", "identity"),
        ("restore", "file", "--identity", "identity"),
    ],
)
def test_every_other_command_says_how_to_get_django(words):
    done = without_django(*words)
    assert done.returncode == 1
    assert "needs the server part" in done.stderr
    assert "docs/operations/install.md" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_key_pair_for_backups_that_cannot_be_written_is_refused_in_words(tmp_path, capsys):
    assert main(["backup", "--new-identity", str(tmp_path / "gone" / "identity")]) == 1
    said = capsys.readouterr().err
    assert "identity cannot be written: No such file or directory. There is no key pair." in said
    assert main(["backup", "--new-identity", str(tmp_path / "identity")]) == 0
