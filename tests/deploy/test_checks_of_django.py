"""What Django itself finds wrong with the settings of a service on the net, at either door."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

DOORS = ("app", "anonymous")
# What is wrong, and the check that must say so.
PLANTED = {
    "app": [
        ("SESSION_COOKIE_SECURE = False", "security.W011"),
        ("SECURE_HSTS_SECONDS = 0", "security.W004"),
        ("DEBUG = True", "security.W018"),
        ('SECRET_KEY = "short"', "security.W009"),
        ('MIDDLEWARE = [one for one in MIDDLEWARE if "Csrf" not in one]', "security.W003"),
    ],
    "anonymous": [("DEBUG = True", "security.W018"), ('SECRET_KEY = "short"', "security.W009")],
}


def checked(folder: Path, door: str, change: str = "") -> subprocess.CompletedProcess[str]:
    module = f"settings_of_{door}"
    (folder / f"{module}.py").write_text(f"from andon.project.settings.{door} import *\n{change}\n")
    environment = {
        "ANDON_ANONYMOUS_ORIGIN": "https://answer.example.org",
        "ANDON_APP_ORIGIN": "https://andon.example.org",
        "ANDON_DATA": str(folder / "data"),
        "DJANGO_SETTINGS_MODULE": module,
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(folder),
        "ANDON_SECRET_KEY": "".join(chr(33 + number) for number in range(90)),
    }
    return subprocess.run(
        [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "WARNING"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("door", DOORS)
def test_it_has_nothing_to_say(tmp_path: Path, door: str) -> None:
    done = checked(tmp_path, door)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("door", "change", "said"), [(door, *one) for door in DOORS for one in PLANTED[door]])
def test_a_setting_that_is_wrong_is_seen(tmp_path: Path, door: str, change: str, said: str) -> None:
    done = checked(tmp_path, door, change)
    assert done.returncode == 1
    assert said in done.stderr
