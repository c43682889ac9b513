"""What an earlier release left behind (see make_fixture.py)."""

import tarfile
from pathlib import Path
from typing import Any

FIXTURE = Path(__file__).parent / "0.1.0.tar.xz"


def unpack(folder: Path) -> None:
    """Its data, for each database in a folder of its own."""
    # A filter where there are any: the 3.11.2 of Debian has none, and the file is our own.
    safely: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
    with tarfile.open(FIXTURE) as archive:
        archive.extractall(folder, **safely)
