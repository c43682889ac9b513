"""Texts of an instrument for a reader: in their language where it has that, and marked where it has not."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.html import escape, format_html
from django.utils.translation import get_language


class Wording(str):
    """A text of an instrument, and the language it is written in, which need not be that of the page."""

    language: str

    def __new__(cls, text: str, language: str) -> Wording:
        wording = super().__new__(cls, text)
        wording.language = language
        return wording

    def __html__(self) -> str:
        """For a page: read aloud and turned as the language it is in, where that is another than the page's."""
        if self.language == get_language():
            return escape(str(self))
        return format_html('<span lang="{}" dir="auto">{}</span>', self.language, str(self))


def in_words(wordings: Mapping[str, str], language: str | None = None) -> Wording:
    """The wording in the reader's language, else in English, else in what there is: as the answering page does."""
    wanted = language or get_language() or "en"
    found = next(tag for tag in (wanted, wanted.split("-")[0], "en", *wordings) if tag in wordings)
    return Wording(wordings[found], found)
