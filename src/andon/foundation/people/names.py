"""What a name may be made of, whichever way it comes in.

A roster shows members as `Name <address>`. A letter that nobody sees, or one that turns the line around, or an angle
bracket, could make one member look like another there.
"""

import unicodedata

LONGEST = 150
_NOT_TEXT = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Some scripts need the two joiners.
JOINERS = "\u200c\u200d"


def _is_text(letter: str) -> bool:
    return unicodedata.category(letter) not in _NOT_TEXT or letter in JOINERS


def is_text(text: str) -> bool:
    """Whether every letter of it can be seen, or is needed by those beside it."""
    return text.isprintable() or all(map(_is_text, text))


def one_line(text: str) -> str:
    """One line of composed Unicode."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def is_good(name: str) -> bool:
    """Whether a name, on one line, can stand on a roster."""
    return 0 < len(name) <= LONGEST and is_text(name) and not set("<>") & set(name)


def made_good(name: str) -> str:
    """What is left of a name that nobody can be asked to correct; "" where nothing is."""
    kept = "".join(letter for letter in " ".join(name.split()) if _is_text(letter) and letter not in "<>")
    return one_line(kept)[:LONGEST].strip()
