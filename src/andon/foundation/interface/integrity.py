"""What a page says about the files that it loads, so that a browser takes no others."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.templatetags.static import static

from andon.kernel import wire


@dataclass(frozen=True, slots=True)
class Loaded:
    """`integrity` is a browser's word for the bytes (W3C Subresource Integrity); `url` changes with them."""

    url: str
    integrity: str


@cache
def loaded(name: str) -> Loaded:
    """A static file as this release of the service has it.

    Guarantees: a page and the files that it loads are of one release, also where a proxy serves a copy of its own or a
    browser kept an older one: what does not fit is refused, and another release has other addresses.
    Does not: help against whoever serves the page itself.
    Raises: FileNotFoundError for a name that is no file of ours.
    """
    found = finders.find(name)
    if found is None:
        raise FileNotFoundError(name)
    content = Path(found).read_bytes()
    return Loaded(url=f"{static(name)}?v={wire.sha256_hex(content)[:12]}", integrity=wire.integrity(content))
