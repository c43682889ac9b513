"""A catalogue as values, and what is wrong with it."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

_LINE = re.compile(r'(?:(msgctxt|msgid_plural|msgid|msgstr)(?:\[(\d+)\])? )?(".*")')
# What is filled in, what marks up, and what Python would take for the beginning of the first of these.
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|%[sd]|\{\w*\}")
_MARKUP = re.compile(r"</?[a-z][^>]*>|&[a-z]+;", re.IGNORECASE)
_PLURALS = re.compile(r"nplurals=(\d+);")


@dataclass(slots=True)
class Message:
    context: str = ""
    text: str = ""
    plural: str = ""
    translations: dict[int, str] = field(default_factory=dict)
    is_fuzzy: bool = False
    is_obsolete: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        return self.context, self.text, self.plural


def read(catalogue: str) -> list[Message]:
    """Every message, the header first."""
    found = []
    for block in re.split(r"\n\s*\n", catalogue):
        message, where, is_any = Message(), "", False
        for line in block.splitlines():
            if line.startswith("#,"):
                message.is_fuzzy |= "fuzzy" in line
            elif line.startswith("#~"):
                message.is_obsolete = is_any = True
            elif match := _LINE.fullmatch(line.strip()):
                is_any = True
                if match[1]:
                    where = match[1] + (match[2] or "")
                _add(message, where, ast.literal_eval(match[3]))
        if is_any:
            found.append(message)
    return found


def _add(message: Message, where: str, text: str) -> None:
    match where:
        case "msgctxt":
            message.context += text
        case "msgid":
            message.text += text
        case "msgid_plural":
            message.plural += text
        case _:
            form = int(where.removeprefix("msgstr") or 0)
            message.translations[form] = message.translations.get(form, "") + text


def faults(catalogue: str, template: str) -> Iterator[str]:
    """What a translator still has to do, a line each. `template` holds what is said."""
    header, *messages = read(catalogue)
    forms = int(found[1]) if (found := _PLURALS.search(header.translations.get(0, ""))) else 0
    if not forms:
        yield "the header has no Plural-Forms"
    said = {message.key for message in read(template)[1:]}
    known = Counter(message.key for message in messages if not message.is_obsolete)
    yield from (f"not in the catalogue: {key[1]!r}" for key in sorted(said - known.keys()))
    yield from (f"said nowhere any more: {key[1]!r}" for key in sorted(known.keys() - said))
    yield from (f"twice: {key[1]!r}" for key, times in known.items() if times > 1)
    for message in messages:
        yield from (f"{fault}: {message.text!r}" for fault in _faults_of(message, forms))


def _faults_of(message: Message, forms: int) -> Iterator[str]:
    if message.is_obsolete:
        yield "obsolete"
        return
    if message.is_fuzzy:
        yield "fuzzy, which is not shown"
    wanted = set(range(forms)) if message.plural else {0}
    if message.translations.keys() != wanted:
        yield f"has {len(message.translations)} forms of {len(wanted)}"
    for number, text in sorted(message.translations.items()):
        if not text.strip():
            yield "without a translation"
            continue
        originals = [message.text, message.plural] if message.plural else [message.text]
        yield from _differences(originals, text, may_omit=bool(message.plural) and number == 0)


def _differences(originals: list[str], text: str, *, may_omit: bool) -> Iterator[str]:
    """`may_omit`: one thing may be called one, without its number, as English does."""
    for what, pattern in (("placeholders", _PLACEHOLDER), ("markup", _MARKUP)):
        wanted = [Counter(pattern.findall(original)) for original in originals]
        if what == "placeholders":
            # A language may have to say a name twice; it must say each, and no other.
            names, given = set(wanted[-1]), set(pattern.findall(text))
            is_same = given == names or (may_omit and given < names and len(names - given) == 1)
        else:
            is_same = Counter(pattern.findall(text)) in wanted
        if not is_same:
            yield f"other {what}"
    first = originals[0]
    for what, edge in (("begins", 0), ("ends", -1)):
        if (first[edge] == "\n") != (text[edge] == "\n"):
            yield f"{what} with a line break in one of both"
        elif first[edge].isspace() != text[edge].isspace():
            yield f"{what} with a space in one of both"
