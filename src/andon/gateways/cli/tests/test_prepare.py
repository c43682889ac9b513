import os
import shutil
import sqlite3
import subprocess
import sys

import pytest

from tests import starting

# On files of SQLite of its own, whichever database the other tests are on.
pytestmark = pytest.mark.sqlite_only


def andon(data, *words, **env):
    return starting.andon(*words, env={"PATH": os.environ["PATH"], "ANDON_DATA": str(data), **env}, timeout=60)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    data = tmp_path_factory.mktemp("prepared") / "data"
    done = subprocess.run(
        [sys.executable, "-m", "andon.gateways.cli", "prepare"],
        env={"PATH": os.environ["PATH"], "ANDON_DATA": str(data)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return data


@pytest.fixture
def another(prepared, tmp_path):
    """As another machine has it that was prepared: what is made from nothing is made once in this file."""
    return shutil.copytree(prepared, tmp_path / "data")


def test_everything_it_makes_is_for_the_services_account_only(prepared):
    for path in (prepared, *prepared.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


def test_there_are_four_databases_of_their_own(prepared):
    def tables(alias):
        with sqlite3.connect(prepared / f"{alias}.sqlite3") as connection:
            return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}

    assert "people_member" in tables("app")
    assert {"ballots_ballot", "ballots_box"} < tables("ballots")
    assert not [name for name in tables("ballots") if name.startswith(("people", "organisation", "auth"))]
    assert not [name for name in tables("issuance") if name.startswith(("people", "ballots"))]
    assert (prepared / "mailboxes.sqlite3").exists()


def test_again_it_keeps_the_secret_key_and_the_keys(prepared):
    secret = (prepared / "secret-key").read_text()
    assert len(secret.strip()) > 50
    kept = prepared / "keys" / "seed" / ("a" * 32 + ".key")
    kept.write_bytes(b"k" * 32)
    assert andon(prepared, "prepare").returncode == 0
    assert (prepared / "secret-key").read_text() == secret
    assert kept.read_bytes() == b"k" * 32


def test_a_secret_key_from_elsewhere_is_not_written_down(another):
    (another / "secret-key").unlink()
    assert andon(another, "prepare", ANDON_SECRET_KEY="x" * 50).returncode == 0
    assert not (another / "secret-key").exists()
    assert andon(another, "prepare").returncode == 0
    assert (another / "secret-key").exists()


def test_a_directory_that_others_could_read_is_closed_to_them(another):
    another.chmod(0o755)
    assert andon(another, "prepare").returncode == 0
    assert another.stat().st_mode & 0o777 == 0o700


def test_a_place_that_cannot_be_used_is_refused_in_words(tmp_path):
    (tmp_path / "file").touch()
    done = andon(tmp_path / "file" / "data", "prepare")
    assert done.returncode == 1
    assert "Set ANDON_DATA" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_real_organisation_is_not_served_with_the_sign_in_of_the_demonstration(another):
    assert andon(another, "check", ANDON_DEMO="1").returncode == 0
    assert andon(another, "found", "Real people").returncode == 0

    refused = andon(another, "check", ANDON_DEMO="1")
    assert refused.returncode == 1
    assert "anybody could sign in as anybody" in refused.stderr
    assert andon(another, "check").returncode == 0


def test_the_demonstration_is_served_as_one(another):
    seeded = andon(another, "demo", "--rounds=1", ANDON_DEMO="1")
    assert seeded.returncode == 0, seeded.stderr
    assert andon(another, "check", ANDON_DEMO="1").returncode == 0
