"""The pages of rooms and of the self-check, by name and by hash.

They are no part of the bundle that a round's manifest names: a new page here changes nothing of what a round was
published with, and nothing that is answered passes through it.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from andon.kernel import wire

DIRECTORY = Path(__file__).parent / "bundle"

MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class BundleFile:
    media_type: str
    content: bytes
    sha256: str


@cache
def installed() -> dict[str, BundleFile]:
    """The files by name; none where the browser code was not built."""
    listing = DIRECTORY / "bundle.json"
    files = {}
    for name in json.loads(listing.read_text()) if listing.exists() else []:
        content = (DIRECTORY / name).read_bytes()
        files[name] = BundleFile(MEDIA_TYPES[Path(name).suffix], content, wire.sha256_hex(content))
    return files
