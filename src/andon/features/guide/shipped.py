"""The guide that comes with this version of Andon: read once for each language."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.utils.translation import get_language

from andon.features.guide.model import ORIGINAL, Guide
from andon.features.guide.parsing import read

CONTENT = Path(__file__).parent / "content"
# As every file of this language is named: practices/alert-hand-over.de.yaml.
TRANSLATED = frozenset(path.stem.rpartition(".")[2] for path in CONTENT.glob("sources.*.yaml"))


def guide() -> Guide:
    """In the reader's language where there is one, else in English. Raises: BadContent where a file is broken."""
    language = (get_language() or ORIGINAL).split("-")[0]
    return in_language(language if language in TRANSLATED else ORIGINAL)


@cache
def in_language(language: str) -> Guide:
    return read(CONTENT, language)
