"""Where the graders that read the code are installed: beside Andon's own environment (deploy/setup audit)."""

import tomllib
from pathlib import Path

from tests.architecture.repository import ROOT

FOLDER = ROOT / "tests" / "audit" / "code"
ENVIRONMENT = ROOT / ".tools" / "audit-code"


class NotInstalled(RuntimeError):
    """A grader is not where `deploy/setup audit` puts it."""


def program(name: str) -> str:
    """Raises: NotInstalled, so that a grader that is missing is never one that found nothing."""
    file = ENVIRONMENT / "bin" / name
    if not file.exists():
        raise NotInstalled(f"{file} is not there. Nothing was looked at. Run `deploy/setup audit`.")
    return str(file)


def packages() -> Path:
    program("python")
    (found,) = (ENVIRONMENT / "lib").glob("python3.*/site-packages")
    return found


def version_of(package: str) -> str:
    locked = tomllib.loads((FOLDER / "uv.lock").read_text())["package"]
    return next(one["version"] for one in locked if one["name"] == package)
