"""Texts of an instrument for a reader: in their language where it has that, and marked where it has not."""

from __future__ import annotations

import re
import unicodedata
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


# Small letters of other alphabets, and a few of the same, that a reader takes for one of these. After the data of
# Unicode Technical Standard 39; those that keyboards have.
_LOOKS_LIKE = str.maketrans(
    {
        letter: plain
        for plain, letters in {
            "a": "\u0430\u03b1\u0251",
            "b": "\u044c\u0432\u03b2",
            "c": "\u0441\u03f2",
            "d": "\u0501",
            "e": "\u0435\u0454\u04bd",
            "g": "\u0261\u0581",
            "h": "\u04bb\u043d\u0570",
            "i": "\u0456\u03b9\u0131l1|\u04cf",
            "j": "\u0458\u03f3",
            "k": "\u043a\u03ba",
            "m": "\u043c",
            "n": "\u043f\u03b7\u0578",
            "o": "\u043e\u03bf\u03c3\u05850",
            "p": "\u0440\u03c1",
            "q": "\u051b",
            "r": "\u0433",
            "s": "\u0455",
            "t": "\u0442\u03c4",
            "u": "\u03c5\u057d\u0446",
            "v": "\u03bd\u0475",
            "w": "\u051d\u0448\u03c9\u0561",
            "x": "\u0445\u03c7",
            "y": "\u0443\u03b3\u04af",
            "z": "\u1d22",
        }.items()
        for letter in letters
    }
)

# Letters of Korean that stand for none and are not seen.
_FILLERS = dict.fromkeys(map(ord, "\u115f\u1160\u3164\uffa0"))


def heard(wording: str) -> str:
    """A wording without what a reader does not hear or see: capitals, marks, accents, spaces, a number in front, and
    whose alphabet a letter is of. Of a wording without a letter, the wording itself.
    """
    plain = unicodedata.normalize("NFKD", wording.translate(_FILLERS)).translate(_FILLERS).casefold()
    without = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", plain).translate(_LOOKS_LIKE)
    return "".join(letter for letter in without if letter.isalpha()) or plain
