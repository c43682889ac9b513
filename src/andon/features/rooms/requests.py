"""What may be asked of a room: one shape for each deed, and nothing else is read."""

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from andon.features.rooms.memory import ANSWERS, CODE_LENGTH, CODE_LETTERS, PASS, Statement
from andon.kernel import wire

# The longest deed is a statement of the moderator's own, of which each character may take twelve bytes.
MOST_BYTES = 3_072
MOST_CHARACTERS = 200

_CODE = re.compile(rf"[{CODE_LETTERS}]{{{CODE_LENGTH}}}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{22}")
_STATEMENT_CODE = re.compile(r"[A-Z]{2}[0-9]{1,2}")
# They join or part letters of some scripts, and cannot make one text look like another's order.
_JOINERS = "\u200c\u200d"


def read_code(value: object) -> str:
    return _matching(_CODE, value)


def read_secret(value: object) -> str:
    return _matching(_SECRET, value)


def read_turn(value: object) -> int:
    if type(value) is not int or not 1 <= value <= wire.MAX_U32:
        raise wire.Malformed("not the number of a statement")
    return value


def read_choice(value: object) -> int:
    if type(value) is not int or value not in (PASS, *ANSWERS):
        raise wire.Malformed("not a card")
    return value


def read_statement(value: object) -> Statement:
    match value:
        case {"code": code, **rest} if not rest:
            return Statement(code=_matching(_STATEMENT_CODE, code))
        case {"text": str(text), **rest} if not rest:
            return Statement(text=_own_words(text))
        case _:
            raise wire.Malformed("not a statement")


def _own_words(text: str) -> str:
    if not 1 <= len(text) <= MOST_CHARACTERS or text != text.strip():
        raise wire.Malformed("not a text of 1 to 200 characters")
    # Controls, also those that turn the order of letters around, and what is no character at all.
    if any(unicodedata.category(letter)[0] == "C" and letter not in _JOINERS for letter in text):
        raise wire.Malformed("a text with characters that are not letters")
    return text


def _matching(shape: re.Pattern[str], value: object) -> str:
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise wire.Malformed("not what stands here")
    return value


_READERS: dict[str, Callable[[object], Any]] = {
    "choice": read_choice,
    "code": read_code,
    "key": read_secret,
    "seat": read_secret,
    "statement": read_statement,
    "turn": read_turn,
}

FIELDS: dict[str, tuple[str, ...]] = {
    "create": (),
    "join": ("code",),
    "look": ("code", "seat"),
    "choose": ("code", "seat", "turn", "choice"),
    "leave": ("code", "seat"),
    "watch": ("code", "key"),
    "show": ("code", "key", "statement"),
    "turn": ("code", "key", "turn"),
    "end": ("code", "key"),
}


def read(deed: str, body: bytes) -> list[Any]:
    """The fields of a deed, in the order of `FIELDS`. Raises: Malformed."""
    if len(body) > MOST_BYTES:
        raise wire.Malformed("larger than any deed")
    fields = wire.parse_canonical(body)
    if not isinstance(fields, dict) or set(fields) != set(FIELDS[deed]):
        raise wire.Malformed("other fields than this deed has")
    return [_READERS[name](fields[name]) for name in FIELDS[deed]]
