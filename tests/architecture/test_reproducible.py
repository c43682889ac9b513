"""The bundle is the same bytes wherever and whenever it is built: a manifest names them, and anyone may build them."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.repository import ROOT

# What the build reads.
READ = ("client", "package.json", "package-lock.json", "node_modules", "src/andon/kernel/manifest/words.txt")
# What it writes, under src/andon.
WRITTEN = (
    "features/ballots/bundle",
    "features/rooms/bundle",
    "foundation/interface/static/interface/build",
)
# Where a build could take something from that is not in the sources.
ELSEWHERE = {
    "TZ": "Pacific/Auckland",
    "LANG": "tr_TR.UTF-8",
    "HOME": "/nonexistent",
    "USER": "somebody",
    "NODE_ENV": "development",
    "SOURCE_DATE_EPOCH": "1000000000",
}


def copied(to: Path) -> Path:
    for name in READ:
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, to / name, copy_function=link_or_copy, symlinks=True)
        else:
            shutil.copy2(ROOT / name, to / name)
    for catalogue in (ROOT / "src/andon/locale").rglob("djangojs.po"):
        place = to / catalogue.relative_to(ROOT)
        place.parent.mkdir(parents=True)
        shutil.copy2(catalogue, place)
    return to


def link_or_copy(source: str, to: str) -> None:
    """A build changes nothing that it reads, so a second name for a file will do where the disk has them."""
    try:
        os.link(source, to)
    except OSError:
        shutil.copy2(source, to)


def built(folder: Path, environment: dict[str, str] | None = None) -> dict[str, str]:
    """By name the hash of every file that a build in this folder writes."""
    done = subprocess.run(
        ["node", "client/build.mjs"],
        cwd=folder,
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return written(folder)


def written(folder: Path) -> dict[str, str]:
    files = [file for place in WRITTEN for file in (folder / "src/andon" / place).iterdir()]
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("one"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("other") / "a longer name" / "further down")


def test_two_builds_in_two_folders_are_the_same_bytes(one: Path, other: Path) -> None:
    names = built(one)
    assert len(names) > 15
    assert built(other, ELSEWHERE) == names
    # A second time over what is there already, and as it is installed here.
    assert built(one) == names == written(ROOT)


def test_the_hashes_that_a_manifest_names_are_those_of_the_files(one: Path) -> None:
    names = built(one)
    for folder in WRITTEN[:2]:
        listing = json.loads((one / "src/andon" / folder / "bundle.json").read_text())
        assert len(listing) > 5
        assert {f"src/andon/{folder}/{name}": sha256 for name, sha256 in listing.items()} == {
            name: sha256
            for name, sha256 in names.items()
            if name.startswith(f"src/andon/{folder}/") and not name.endswith("/bundle.json")
        }


@pytest.mark.parametrize(
    "planted",
    ["JSON.stringify(ROOT)", "JSON.stringify(process.env.TZ ?? '')", "`/${Date.now()}`"],
    ids=["the folder", "the environment", "the time"],
)
def test_a_build_that_takes_in_something_else_is_seen(one: Path, other: Path, planted: str) -> None:
    before = {}
    for folder in (one, other):
        recipe = folder / "client/build.mjs"
        before[recipe] = recipe.read_text()
        recipe.unlink()
        recipe.write_text(before[recipe].replace("minify: true,", f"minify: true, footer: {{ js: '//' + {planted} }},"))
    try:
        assert built(one) != built(other, ELSEWHERE)
    finally:
        for recipe, text in before.items():
            recipe.write_text(text)
