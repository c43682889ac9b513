import os
import subprocess
import sys

import pytest

from andon.gateways.cli import env_file


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def put(folder, text, mode=0o600):
    file = folder / env_file.NAME
    file.write_text(text)
    file.chmod(mode)
    return file


def test_what_the_environment_leaves_out_comes_from_the_file(folder):
    put(folder, '# kept\n\nANDON_APP_ORIGIN=https://a.example.org\nANDON_SMTP_USER="an don"\n')
    environment = {"ANDON_DATA": str(folder), "ANDON_APP_ORIGIN": "https://b.example.org"}
    env_file.apply(environment)
    assert environment["ANDON_APP_ORIGIN"] == "https://b.example.org"
    assert environment["ANDON_SMTP_USER"] == "an don"


@pytest.mark.parametrize(
    ("said", "in_file"),
    [("ANDON_SMTP_PASSWORD_FILE", "ANDON_SMTP_PASSWORD"), ("ANDON_SMTP_PASSWORD", "ANDON_SMTP_PASSWORD_FILE")],
)
def test_a_secret_that_the_environment_gives_in_its_other_way_comes_first_too(folder, said, in_file):
    put(folder, f"{in_file}=of the file\n")
    environment = {"ANDON_DATA": str(folder), said: "of the environment"}
    env_file.apply(environment)
    assert in_file not in environment


def test_without_a_file_nothing_happens(folder):
    environment = {"ANDON_DATA": str(folder)}
    env_file.apply(environment)
    assert environment == {"ANDON_DATA": str(folder)}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_file_that_others_may_read_or_change_is_refused(folder, mode):
    put(folder, "ANDON_DEMO=1\n", mode)
    with pytest.raises(env_file.BadEnvFile, match="chmod 600"):
        env_file.read(folder)


@pytest.mark.parametrize("line", ["PATH=/tmp/evil", "LD_PRELOAD=x", "ANDON_DATA=/elsewhere", "ANDON_APP_ORIGIN", "x"])
def test_a_line_that_is_no_setting_is_refused_without_its_value(folder, line):
    put(folder, f"ANDON_DEMO=1\n{line}\n")
    with pytest.raises(env_file.BadEnvFile, match="Line 2") as refused:
        env_file.read(folder)
    assert "evil" not in str(refused.value)


def test_writing_keeps_what_else_stands_there(folder):
    put(folder, "# mine\nANDON_LOG_LEVEL=INFO\nANDON_APP_ORIGIN=https://old.example.org\n")
    values = {"ANDON_APP_ORIGIN": "https://a.example.org", "ANDON_ANONYMOUS_ORIGIN": "https://b.example.org"}
    file = env_file.write(folder, values)
    assert env_file.read(folder) == {"ANDON_LOG_LEVEL": "INFO", **values}
    assert file.read_text().startswith("# mine\n")
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("value", ["a\nANDON_DEMO=1", "'quoted'"])
def test_a_value_that_would_read_as_something_else_is_not_written(folder, value):
    with pytest.raises(env_file.BadEnvFile):
        env_file.write(folder, {"ANDON_APP_ORIGIN": value})
    assert not (folder / env_file.NAME).exists()


ORIGINS = "from andon.project.settings.{door} import *; print(APP_ORIGIN)"


@pytest.mark.parametrize("door", ["app", "anonymous"])
def test_both_doors_read_it(folder, door):
    put(folder, "ANDON_APP_ORIGIN=https://a.example.org\nANDON_SECRET_KEY=" + "k" * 50 + "\n")

    def origin(**more):
        environment = {"PATH": os.environ["PATH"], "ANDON_DATA": str(folder), **more}
        program = [sys.executable, "-c", ORIGINS.format(door=door)]
        done = subprocess.run(program, env=environment, capture_output=True, text=True, timeout=60, check=True)
        return done.stdout.strip()

    assert origin() == "https://a.example.org"
    assert origin(ANDON_APP_ORIGIN="https://b.example.org") == "https://b.example.org"
