"""The units of deploy/systemd: understood by systemd, closed to what they do not need, two accounts that stay apart."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.repository import ROOT

UNITS = ROOT / "deploy" / "systemd"
NAMES = ["andon-anonymous", "andon-app", "andon-worker"]
# What `systemd-analyze security` may score at most, from 0 (closed) to 10. Listening on the network is 1 of it.
MOST_EXPOSED = 1.5


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *words], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A root folder as an installation has it, with a program in the place of Andon's."""
    shutil.copytree("/usr/lib/systemd/system", tmp_path / "usr/lib/systemd/system", symlinks=True)
    places = {".service": "etc/systemd/system", ".target": "etc/systemd/system", ".env": "etc/andon"}
    for file in UNITS.iterdir():
        folder = tmp_path / places.get(file.suffix, "srv")
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, folder)
    program = tmp_path / "opt/andon/bin/andon"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return tmp_path


def complaints(machine: Path, name: str) -> list[str]:
    """What systemd says about a unit of ours."""
    done = analyze("verify", "--man=no", f"--root={machine}", f"{name}")
    return [line for line in done.stderr.splitlines() if "andon" in line]


@pytest.mark.parametrize("name", [*(f"{name}.service" for name in NAMES), "andon.target"])
def test_systemd_understands_every_line(machine: Path, name: str) -> None:
    assert complaints(machine, name) == []


def test_a_mistyped_line_is_seen(machine: Path) -> None:
    unit = machine / "etc/systemd/system/andon-app.service"
    unit.write_text(unit.read_text().replace("ProtectHome=yes", "ProtectHouse=yes\nProtectProc=mostly"))
    found = " ".join(complaints(machine, "andon-app.service"))
    assert "ProtectHouse" in found
    assert "mostly" in found


def exposure(unit: Path) -> float:
    done = analyze("security", "--offline=true", f"--threshold={int(MOST_EXPOSED * 10)}", str(unit))
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found, done.stdout + done.stderr
    # The program's own judgement of the same bound.
    assert (done.returncode == 0) == (float(found[1]) <= MOST_EXPOSED), done.stdout
    return float(found[1])


@pytest.mark.parametrize("name", NAMES)
def test_each_unit_is_closed_to_what_it_does_not_need(name: str) -> None:
    assert exposure(UNITS / f"{name}.service") <= MOST_EXPOSED


def test_an_open_unit_is_seen(tmp_path: Path) -> None:
    unit = tmp_path / "andon-app.service"
    text = (UNITS / "andon-app.service").read_text()
    unit.write_text(re.sub(r"^(Protect|Private|Restrict|Capab|SystemCall).*\n", "", text, flags=re.MULTILINE))
    assert exposure(unit) > MOST_EXPOSED


def lines(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (UNITS / f"{name}.service").read_text().splitlines():
        key, is_setting, value = line.partition("=")
        if is_setting and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


def faults_of_the_anonymous_door(said: dict[str, list[str]]) -> list[str]:
    found = []
    if said["User"] == lines("andon-app")["User"]:
        found.append("has the account of the app")
    hidden = {path.removeprefix("-") for line in said.get("InaccessiblePaths", []) for path in line.split()}
    needed = ("/var/lib/andon", "/var/lib/andon-keys/box", "/var/lib/andon-keys/issuance")
    found += [f"sees {path}" for path in needed if path not in hidden]
    if said["EnvironmentFile"] != ["/etc/andon/common.env", "/etc/andon/anonymous.env"]:
        found.append("reads the settings of the app")
    if "/var/lib/andon-keys" in " ".join(said["ReadWritePaths"]).split():
        found.append("writes keys")
    if said.get("StandardError") != ["null"]:
        found.append("has lines that journald adds a time to")
    return found


def test_the_anonymous_door_sees_nothing_of_the_app() -> None:
    assert faults_of_the_anonymous_door(lines("andon-anonymous")) == []
    assert len(faults_of_the_anonymous_door(lines("andon-app") | {"User": ["andon"]})) == 7


def test_no_setting_of_the_files_is_unknown_and_none_holds_a_secret() -> None:
    documented = (ROOT / "docs/operations/settings.md").read_text()
    for file in UNITS.glob("*.env"):
        for name, value in re.findall(r"^#? ?(ANDON_[A-Z_]+)=(.*)$", file.read_text(), re.MULTILINE):
            assert f"`{name}`" in documented, name
            assert "PASSWORD" not in name
            assert "SECRET" not in name
            assert not re.search(r"://[^/]*:[^/]*@", value)
    assert "ANDON_DATABASE_BALLOTS_URL" not in (UNITS / "common.env").read_text()


def test_the_folders_are_made_as_the_service_needs_them() -> None:
    made = {}
    for line in (UNITS / "tmpfiles.conf").read_text().splitlines():
        if line.startswith("d "):
            _kind, path, mode, user, group, _age = line.split()
            made[path] = (mode, user, group)
    assert made == {
        "/var/lib/andon": ("0700", "andon", "andon"),
        "/var/lib/andon-door": ("2770", "andon", "andon-anonymous"),
        "/var/lib/andon-keys": ("0710", "andon", "andon-anonymous"),
        "/var/lib/andon-keys/seed": ("2750", "andon", "andon-anonymous"),
        "/etc/andon": ("0750", "root", "andon"),
    }


def test_the_accounts_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "etc/sysusers.d").mkdir(parents=True)
    shutil.copy(UNITS / "sysusers.conf", tmp_path / "etc/sysusers.d/andon.conf")
    done = subprocess.run(
        ["systemd-sysusers", f"--root={tmp_path}"], capture_output=True, text=True, timeout=60, check=False
    )
    assert "not valid" not in done.stderr
    assert "not a valid" not in done.stderr
    made = [line.split(":") for line in (tmp_path / "etc/passwd").read_text().splitlines()]
    assert {fields[0] for fields in made if fields[0].startswith("andon")} == {"andon", "andon-anonymous"}
    # Nobody signs in as one of them.
    assert all(fields[6].endswith("nologin") for fields in made if fields[0].startswith("andon"))
