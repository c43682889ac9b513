"""`andon prepare` while the volume of the keys is not mounted, with the data of 0.1.0, of which one round is open."""

import os
import subprocess
from pathlib import Path

import pytest

from tests import starting
from tests.upgrade import earlier


@pytest.fixture
def data(tmp_path: Path) -> Path:
    earlier.unpack(tmp_path)
    return tmp_path / "sqlite"


def prepare(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "ANDON_DATA": str(data), "ANDON_DEMO": "1"}
    return starting.andon("prepare", *words, env=env)


def test_no_key_directory_is_made_in_the_place_of_one_that_an_open_round_needs(data: Path) -> None:
    mounted = (data / "keys").rename(data.parent / "volume")
    done = prepare(data)
    assert done.returncode == 1
    assert "is not mounted, and rounds are under way that need it: 1." in done.stderr
    assert not (data / "keys").exists()
    # An empty mount point is no volume either.
    (data / "keys").mkdir()
    assert prepare(data).returncode == 1
    assert list((data / "keys").iterdir()) == []
    (data / "keys").rmdir()
    mounted.rename(data / "keys")
    assert prepare(data).returncode == 0
    assert len(list((data / "keys").rglob("*.key"))) == 3


def test_whoever_says_that_the_keys_are_lost_gets_a_new_directory(data: Path) -> None:
    (data / "keys").rename(data.parent / "lost")
    assert prepare(data, "--new-keys").returncode == 0
    assert (data / "keys" / "this-is-the-andon-key-directory").exists()
