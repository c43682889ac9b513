import os
import sqlite3
import subprocess
import sys

import pytest

# On files of SQLite of its own, whichever database the other tests are on.
pytestmark = pytest.mark.sqlite_only


def prepare(data, **env):
    return subprocess.run(
        [sys.executable, "-m", "andon.gateways.cli", "prepare"],
        env={"PATH": os.environ["PATH"], "ANDON_DATA": str(data), **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    data = tmp_path_factory.mktemp("prepared") / "data"
    done = prepare(data)
    assert done.returncode == 0, done.stderr
    return data


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
    assert prepare(prepared).returncode == 0
    assert (prepared / "secret-key").read_text() == secret
    assert kept.read_bytes() == b"k" * 32


def test_a_secret_key_from_elsewhere_is_not_written_down(tmp_path):
    assert prepare(tmp_path / "data", ANDON_SECRET_KEY="x" * 50).returncode == 0
    assert not (tmp_path / "data" / "secret-key").exists()


def test_a_directory_that_others_could_read_is_closed_to_them(tmp_path):
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    assert prepare(data).returncode == 0
    assert data.stat().st_mode & 0o777 == 0o700


def test_a_place_that_cannot_be_used_is_refused_in_words(tmp_path):
    (tmp_path / "file").touch()
    done = prepare(tmp_path / "file" / "data")
    assert done.returncode == 1
    assert "Set ANDON_DATA" in done.stderr
    assert "Traceback" not in done.stderr


def andon(data, *words, **env):
    return subprocess.run(
        [sys.executable, "-m", "andon.gateways.cli", *words],
        env={"PATH": os.environ["PATH"], "ANDON_DATA": str(data), **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_real_organisation_is_not_served_with_the_sign_in_of_the_demonstration(tmp_path):
    data = tmp_path / "data"
    assert prepare(data).returncode == 0
    assert andon(data, "check", ANDON_DEMO="1").returncode == 0
    assert andon(data, "found", "Real people").returncode == 0

    refused = andon(data, "check", ANDON_DEMO="1")
    assert refused.returncode == 1
    assert "anybody could sign in as anybody" in refused.stderr
    assert andon(data, "check").returncode == 0


def test_the_demonstration_is_served_as_one(tmp_path):
    data = tmp_path / "data"
    assert prepare(data, ANDON_DEMO="1").returncode == 0
    seeded = andon(data, "demo", "--rounds=1", ANDON_DEMO="1")
    assert seeded.returncode == 0, seeded.stderr
    assert andon(data, "check", ANDON_DEMO="1").returncode == 0
