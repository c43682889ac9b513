"""Where this repository's own files are."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "andon"


def is_test(path: Path) -> bool:
    return "tests" in path.parts or path.name.startswith("test_")


def own_python(folder: Path = SOURCE) -> list[Path]:
    """Python files of the product: neither tests nor generated migrations."""
    return sorted(
        path
        for path in folder.rglob("*.py")
        if not is_test(path.relative_to(folder)) and "migrations" not in path.parts
    )


def own_files() -> list[Path]:
    """Every text file that git keeps or would keep, except lock files."""
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    paths = [ROOT / name.decode() for name in listed.split(b"\0") if name]
    return [path for path in paths if path.is_file() and path.name not in {"uv.lock", "package-lock.json"}]
