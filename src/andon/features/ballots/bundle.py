"""The installed bundle: the static pages and scripts of the anonymous door, by name and by hash."""

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
}


class BundleNotBuilt(Exception):
    def __init__(self) -> None:
        super().__init__("The answering page was not built. Nothing was changed. Run `npm ci && npm run build` once.")


@dataclass(frozen=True, slots=True)
class BundleFile:
    name: str
    media_type: str
    content: bytes
    sha256: str

    @property
    def integrity(self) -> str:
        """How a page tells a browser which bytes to take (W3C Subresource Integrity)."""
        return wire.integrity(self.content)


@cache
def installed() -> dict[str, BundleFile]:
    """The files of the installed bundle by name. Raises: BundleNotBuilt."""
    try:
        names = json.loads((DIRECTORY / "bundle.json").read_text())
    except FileNotFoundError:
        raise BundleNotBuilt from None
    files = {}
    for name in names:
        content = (DIRECTORY / name).read_bytes()
        files[name] = BundleFile(name, media_type_of(name), content, wire.sha256_hex(content))
    return files


def media_type_of(name: str) -> str:
    return MEDIA_TYPES.get(Path(name).suffix, "application/octet-stream")
