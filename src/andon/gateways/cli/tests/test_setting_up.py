"""`andon setup` as a person and as a machine runs it, in processes of its own."""

import os
import re
import sqlite3
import subprocess
import sys

import pytest

from andon.kernel import manifest, wire
from tests import prepared, starting

# On files of SQLite of its own, whichever database the other tests are on.
pytestmark = pytest.mark.sqlite_only

ANSWERS = """
organisation = "Example Ltd"
steward_name = "Stella Example"
steward_email = "stella@example.org"
app_origin = "https://andon.example.org"
anonymous_origin = "https://answer.example.org"
time_zone = "Europe/Berlin"
"""


@pytest.fixture
def bare(tmp_path):
    """A machine on which nothing was prepared."""
    (tmp_path / "answers.toml").write_text(ANSWERS)
    return tmp_path


@pytest.fixture
def folder(bare):
    """One on which `andon prepare` was run."""
    prepared.copy_to(bare / "data", postgres_server=None, prefix="")
    return bare


def andon(folder, *words, stdin="", **env):
    here = {"PATH": os.environ["PATH"], "ANDON_DATA": str(folder / "data")}
    return starting.andon(*words, env=here | env, cwd=folder, stdin=stdin)


def founded(folder):
    with sqlite3.connect(folder / "data" / "app.sqlite3") as connection:
        return connection.execute("SELECT name FROM organisation_organisation").fetchall()


def log(folder):
    with sqlite3.connect(folder / "data" / "ballots.sqlite3") as connection:
        rows = connection.execute('SELECT content FROM publiclog_logentry ORDER BY "index"').fetchall()
    return [wire.parse_canonical(bytes(content)) for (content,) in rows]


def test_a_machine_sets_up_with_answers_and_may_repeat_it(bare):
    folder = bare
    first = andon(folder, "setup", "--answers", "answers.toml", "--yes", "--steward-key", "steward.key")
    assert first.returncode == 0, first.stderr
    assert founded(folder) == [("Example Ltd",)]
    assert re.search(r"https://andon\.example\.org/first-sign-in/\S+", first.stdout)
    kept = (folder / "data" / "andon.env").read_text()
    assert "ANDON_APP_ORIGIN=https://andon.example.org\n" in kept
    assert "ANDON_ANONYMOUS_ORIGIN=https://answer.example.org\n" in kept
    key = folder / "steward.key"
    assert key.stat().st_mode & 0o777 == 0o600
    private = key.read_text().strip()
    assert private.encode() not in b"".join(f.read_bytes() for f in (folder / "data").rglob("*") if f.is_file())
    chain = manifest.check_chain(log(folder))
    assert len(chain.delegations) == 1

    again = andon(folder, "setup", "--answers", "answers.toml", "--yes", "--steward-key", "other.key")
    assert again.returncode == 0
    assert "belongs to Example Ltd" in again.stdout
    assert not (folder / "other.key").exists()
    assert len(log(folder)) == 2
    assert andon(folder, "check").returncode == 0
    assert andon(folder, "setup", "--link").stdout.count("/first-sign-in/") == 1
    assert andon(folder, "setup", "--code").returncode == 1


def test_check_says_what_is_missing_and_changes_nothing(folder):
    missing = andon(folder, "setup", "--check")
    assert missing.returncode == 1
    assert "There is no organisation" in missing.stdout
    assert founded(folder) == []
    andon(folder, "setup", "--answers", "answers.toml", "--yes", "--steward-key", "steward.key")
    complete = andon(folder, "setup", "--check")
    assert complete.returncode == 0, complete.stdout + complete.stderr
    assert "Import people" in complete.stdout


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--yes"], "organisation"),
        (["--answers", "answers.toml", "--yes"], "--steward-key FILE"),
        (["--answers", "answers.toml", "--yes", "--steward-key", "data/steward.key"], "not in the data directory"),
        (["--answers", "answers.toml", "--yes", "--steward-key", "answers.toml"], "never overwritten"),
        (["--answers", "answers.toml", "--yes", "--app-origin", "http://andon.example.org"], "not encrypted"),
        (["--answers", "answers.toml", "--yes", "--steward-email", "nobody"], "steward_email"),
        (["--answers", "answers.toml", "--yes", "--organisation", "Nord\u202elys"], "nobody sees"),
        (["--answers", "answers.toml", "--yes", "--time-zone", "Mars/Olympus"], "time_zone"),
        (["--answers", "absent.toml", "--yes"], "cannot be read"),
    ],
)
def test_what_is_missing_or_wrong_is_named_and_nothing_is_founded(folder, words, why):
    refused = andon(folder, "setup", *words)
    assert refused.returncode == 1
    assert why in refused.stderr
    assert "Traceback" not in refused.stderr
    if (folder / "data").exists():
        assert founded(folder) == []


def test_an_answer_that_nobody_asks_for_is_refused(folder):
    (folder / "answers.toml").write_text(ANSWERS + 'stewrad_key = "x"\n')
    refused = andon(folder, "setup", "--answers", "answers.toml", "--yes")
    assert refused.returncode == 1
    assert "stewrad_key" in refused.stderr


def test_a_mail_server_that_does_not_answer_stops_it_unless_told_otherwise(folder):
    mail = '[mail]\nhost = "127.0.0.1"\nport = 1\nsecurity = "none"\nsender = "Andon <andon@example.org>"\n'
    (folder / "answers.toml").write_text(ANSWERS + mail)
    words = ("setup", "--answers", "answers.toml", "--yes", "--steward-key", "steward.key")
    refused = andon(folder, *words)
    assert refused.returncode == 1
    assert "The test letter did not leave" in refused.stderr
    assert founded(folder) == []
    assert not (folder / "steward.key").exists()
    assert andon(folder, *words, "--no-test-mail").returncode == 0


def test_a_person_answers_questions_and_writes_the_words_down(bare):
    """The process shows the words before it asks for two of them, so it is talked with line by line."""
    folder = bare
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "andon.gateways.cli", "setup", "--answers", "answers.toml"],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "ANDON_DATA": str(folder / "data"),
        },
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    said = ""
    answers = {"Language": "", "Set up mail now?": "n", "A file for the steward key": ""}
    while letter := process.stdout.read(1):
        said += letter
        line = said.rsplit("\n", 1)[-1]
        if not line.endswith(": "):
            continue
        if asked := re.fullmatch(r"Word (\d+): ", line):
            words = re.findall(r"\b\d+ ([a-z]{3,8})\b", said)
            reply = words[int(asked[1]) - 1]
        else:
            # A line that is no question may pass through a colon too.
            reply = next((answer for question, answer in answers.items() if line.startswith(question)), None)
            if reply is None:
                continue
        process.stdin.write(reply + "\n")
        process.stdin.flush()
        said += "\n"
    assert process.wait(60) == 0, said
    process.stdin.close()
    process.stdout.close()
    assert founded(folder) == [("Example Ltd",)]
    assert "Founded Example Ltd" in said


CUT_OFF = """
import os, sys
from andon.gateways.cli import main, setting_up
setting_up._keep_origins = lambda origins: os._exit(9)
sys.argv = ["andon", *sys.argv[1:]]
main()
"""


def test_a_set_up_that_was_cut_off_after_the_key_takes_the_key_that_it_wrote(folder):
    words = ("setup", "--answers", "answers.toml", "--yes", "--steward-key", "steward.key")
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "ANDON_DATA": str(folder / "data"),
    }
    cut = subprocess.run([sys.executable, "-c", CUT_OFF, *words], env=env, cwd=folder, timeout=120, check=False)
    assert cut.returncode == 9
    assert founded(folder) == []
    written = (folder / "steward.key").read_text()
    # Another file with another key is nobody's, also now.
    (folder / "other.key").write_text(wire.b64u(bytes(range(32))) + "\n")
    other = andon(folder, *words[:-1], "other.key")
    assert "never overwritten" in other.stderr
    again = andon(folder, *words)
    assert again.returncode == 0, again.stderr
    assert "where the last attempt wrote it" in again.stdout
    assert (folder / "steward.key").read_text() == written
    assert founded(folder) == [("Example Ltd",)]


def test_questions_that_nobody_answers_change_nothing(folder):
    refused = andon(folder, "setup")
    assert refused.returncode == 1
    assert "Nothing was founded" in refused.stderr
    assert founded(folder) == []


def test_in_a_demonstration_nothing_real_is_founded(folder):
    words = ("setup", "--answers", "answers.toml", "--yes", "--steward-key", "steward.key")
    refused = andon(folder, *words, ANDON_DEMO="1")
    assert refused.returncode == 1
    assert "anybody signs in as anybody" in refused.stderr
    assert founded(folder) == []


def test_serving_shows_the_code_while_there_is_no_organisation(folder):
    shown = andon(folder, "check", "--announce").stdout
    code = (folder / "data" / "setup-code").read_text().split()[0]
    assert code in shown
    assert andon(folder, "check", "--announce").stdout == shown
    assert code not in andon(folder, "check").stdout
