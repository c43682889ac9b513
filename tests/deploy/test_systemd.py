"""The units of deploy/systemd: understood by systemd, closed to what they do not need, two accounts that stay apart."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
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


def accounts(root: Path) -> tuple[list[list[str]], dict[str, set[str]]]:
    """The lines of passwd, and who is in which group, after `systemd-sysusers` read our file."""
    (root / "etc/sysusers.d").mkdir(parents=True)
    shutil.copy(UNITS / "sysusers.conf", root / "etc/sysusers.d/andon.conf")
    done = subprocess.run(
        ["systemd-sysusers", f"--root={root}"], capture_output=True, text=True, timeout=60, check=False
    )
    assert "not valid" not in done.stderr
    assert "not a valid" not in done.stderr
    made = [line.split(":") for line in (root / "etc/passwd").read_text().splitlines()]
    groups = [line.split(":") for line in (root / "etc/group").read_text().splitlines()]
    return made, {name: set(members.split(",")) - {""} for name, _password, _number, members in groups}


def test_the_accounts_can_be_made(tmp_path: Path) -> None:
    made, members = accounts(tmp_path)
    assert {fields[0] for fields in made if fields[0].startswith("andon")} == {"andon", "andon-anonymous"}
    # Nobody signs in as one of them.
    assert all(fields[6].endswith("nologin") for fields in made if fields[0].startswith("andon"))
    # The app may use what the door left in the shared folder; the door is in no group of the app's.
    assert members["andon-anonymous"] == {"andon"}
    assert members["andon"] == set()


# The app's account makes a box and lets it go; the door's opens it first; then the app's opens it as well. Runs as
# root, and each step in a process that has become the account.
FIRST_OPENED_BY_THE_DOOR = """
import os, signal, sqlite3, sys
folder, with_group = sys.argv[1], sys.argv[2] == "1"
app, door = 61001, 61002
os.chown(folder, app, door)
os.chmod(folder, 0o2770)

def become(account, groups):
    os.setgroups(groups)
    os.setgid(account)
    os.setuid(account)
    os.umask(0o077)

def box():
    box = sqlite3.connect(folder + "/box.sqlite3", isolation_level=None)
    box.execute("pragma journal_mode = wal")
    return box

def use():
    one = box()
    one.execute("create table if not exists ballot (slot int)")
    os.chmod(folder + "/box.sqlite3", 0o660)
    one.close()

def run(account, groups, what):
    child = os.fork()
    if not child:
        become(account, groups)
        try:
            what()
        except sqlite3.Error as error:
            print(error, flush=True)
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

groups = [door] if with_group else []
assert run(app, groups, use) == 0

reading, writing = os.pipe()
child = os.fork()
if not child:
    os.close(reading)
    become(door, [])
    kept = box()
    kept.execute("insert into ballot values (1)")
    os.write(writing, b"open")
    signal.pause()
os.read(reading, 4)
code = run(app, groups, lambda: box().execute("insert into ballot values (2)"))
os.kill(child, 9)
os.waitpid(child, 0)
sys.exit(code)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="becomes two other accounts, which root alone may")
@pytest.mark.parametrize("in_the_group", [True, False])
def test_the_app_opens_a_box_that_the_door_opened_first(in_the_group: bool) -> None:
    # Not tmp_path: its parents are closed to other accounts.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        shared = Path(folder, "shared")
        shared.mkdir()
        done = subprocess.run(
            [sys.executable, "-c", FIRST_OPENED_BY_THE_DOOR, str(shared), str(int(in_the_group))],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    # Without the group it is what an installation met at its second start.
    expected = (0, "") if in_the_group else (1, "unable to open database file\n")
    assert (done.returncode, done.stdout) == expected, done.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="becomes another account, which root alone may")
def test_the_command_becomes_the_service_also_from_cron() -> None:
    text = (UNITS / "andon").read_text()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)
        for file in ("common.env", "app.env"):
            (folder / file).write_text(f'ANDON_OF_{file[:3].upper()}="a value with <signs>"\n')
        program = folder / "program"
        program.write_text('#!/bin/sh\nid -un; pwd; echo "$ANDON_OF_COM, $ANDON_OF_APP"; echo "$@"\n')
        program.chmod(0o755)
        script = folder / "andon"

        def run(text: str) -> subprocess.CompletedProcess[str]:
            placed = text.replace("/etc/andon", name).replace("/opt/andon/bin/andon", str(program))
            script.write_text(placed.replace("-u andon ", "-u nobody "))
            # What Debian's cron gives.
            environment = {"PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}
            return subprocess.run(
                ["/bin/sh", script, "backup", "--to", "a b"],
                env=environment,
                capture_output=True,
                text=True,
                timeout=20,
                check=False,
            )

        done = run(text)
        signs = "a value with <signs>"
        assert done.stdout.splitlines() == ["nobody", "/", f"{signs}, {signs}", "backup --to a b"], done.stderr
        assert run(re.sub(r"^PATH=.*\n", "", text, flags=re.MULTILINE)).returncode == 127
