"""The anonymous door under an account of its own: what it may read, by the modes that the service leaves behind."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from andon.features.ballots.keys import KeyDirectory

# On files of SQLite of its own, whichever database the other tests are on.
pytestmark = pytest.mark.sqlite_only
ROUND = "a" * 32


def group_may(path: Path, wanted: int, *, root: Path) -> bool:
    """Whether an account that owns nothing and is in the group may do it: every folder on the way must let it pass."""
    way = [folder for folder in path.parents if folder == root or root in folder.parents]
    bits = wanted << 3
    return all(folder.stat().st_mode & 0o010 for folder in way) and path.stat().st_mode & bits == bits


def others_may(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o007)


def shared(root: Path, seed_mode: int = 0o2750) -> KeyDirectory:
    """As deploy/systemd makes it."""
    root.mkdir()
    (root / "seed").mkdir()
    (root / "seed").chmod(seed_mode)
    root.chmod(0o710)
    keys = KeyDirectory(root)
    keys.prepare()
    keys.create(ROUND)
    return keys


def readable_to_the_group(keys: KeyDirectory) -> set[str]:
    return {path.parent.name for path in keys.root.rglob("*.key") if group_may(path, 0o4, root=keys.root)}


def test_the_group_of_the_seed_folder_reads_seeds_and_no_other_key(tmp_path: Path) -> None:
    keys = shared(tmp_path / "keys")
    assert readable_to_the_group(keys) == {"seed"}
    # Nor may it make, remove or list anything beside.
    assert not any(group_may(folder, 0o2, root=keys.root) for folder in keys.root.iterdir() if folder.is_dir())
    assert not group_may(keys.root, 0o4, root=keys.root)


def test_it_stays_so_when_the_directory_is_prepared_again(tmp_path: Path) -> None:
    keys = shared(tmp_path / "keys")
    before = {path: path.stat().st_mode for path in (keys.root, *keys.root.rglob("*"))}
    keys.prepare()
    assert {path: path.stat().st_mode for path in before} == before


def test_a_folder_that_was_opened_too_wide_is_closed(tmp_path: Path) -> None:
    root = tmp_path / "keys"
    root.mkdir()
    for name in ("seed", "box", "issuance", "spool"):
        (root / name).mkdir()
        (root / name).chmod(0o777)
    root.chmod(0o777)
    keys = KeyDirectory(root)
    keys.prepare()
    keys.create(ROUND)
    assert not any(
        others_may(path) for path in (root, *root.rglob("*")) if path.name != "this-is-the-andon-key-directory"
    )
    assert readable_to_the_group(keys) == set()


def test_without_a_shared_folder_nobody_else_reads_anything(tmp_path: Path) -> None:
    keys = KeyDirectory(tmp_path / "keys")
    keys.prepare()
    keys.create(ROUND)
    assert readable_to_the_group(keys) == set()
    assert stat.S_IMODE(keys.root.stat().st_mode) == 0o700


def test_a_box_folder_that_the_group_could_read_is_seen(tmp_path: Path) -> None:
    keys = shared(tmp_path / "keys")
    (keys.root / "box").chmod(0o2750)
    (keys.root / "box" / f"{ROUND}.key").chmod(0o640)
    assert readable_to_the_group(keys) == {"seed", "box"}


@pytest.fixture(scope="module")
def two_folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app's data and a folder that both accounts share, prepared."""
    base = tmp_path_factory.mktemp("accounts")
    (base / "shared").mkdir()
    (base / "shared").chmod(0o2770)
    prepare(base)
    return base


def prepare(base: Path) -> None:
    databases = {
        f"ANDON_DATABASE_{alias.upper()}_URL": f"sqlite:///{base}/shared/{alias}.sqlite3"
        for alias in ("ballots", "mailboxes")
    }
    done = subprocess.run(
        [sys.executable, "-m", "andon.gateways.cli", "prepare"],
        env={"PATH": os.environ["PATH"], "ANDON_DATA": str(base / "data")} | databases,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_shared_databases_are_for_both_accounts_and_the_others_for_one(two_folders: Path) -> None:
    for alias in ("ballots", "mailboxes"):
        file = two_folders / "shared" / f"{alias}.sqlite3"
        assert group_may(file, 0o6, root=two_folders / "shared")
        assert not others_may(file)
        assert not (two_folders / "data" / file.name).exists()
    assert [path for path in (two_folders / "data").rglob("*") if path.stat().st_mode & 0o077] == []


def test_the_anonymous_door_starts_with_nothing_of_the_app(two_folders: Path, tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "ANDON_DATA": str(two_folders / "shared"),
        "ANDON_KEYS": str(two_folders / "data" / "keys"),
    }

    def check(**more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "andon.gateways.cli.anonymous_check"],
            env=environment | more,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    done = check()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    without_keys = check(ANDON_KEYS=str(tmp_path))
    assert without_keys.returncode == 1
    assert "The key directory" in without_keys.stderr
    assert "Traceback" not in without_keys.stderr
