"""YAML, read so strictly that what a person sees in the file is what is read: plain values, each with its line."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml
from django.utils.translation import gettext as _

from andon.features.instruments.refusals import InstrumentError, NotYaml, TooLarge, WrongFields, WrongValue

LARGEST_BYTES = 200_000
# The root, a list, a statement, its wording, one text: five. A little more for mistakes that deserve a better message.
DEEPEST = 8
LONGEST_TEXT = 2_000
LONGEST_KEY = 60
_SPACES = re.compile(r"[ \t\r\n]+")
_NOT_TEXT = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Some scripts need the two joiners; lines and tabs lay the file out.
_NEEDED = "\u200c\u200d\n\r\t"


@dataclass(frozen=True, slots=True)
class Part:
    """A value of the file: a text, a number, fields by name or a list; with its line and what it is called there."""

    name: str
    line: int
    # None for what is neither: nothing, yes or no, a date.
    value: str | int | float | dict[str, Part] | list[Part] | None

    def refuse(self, kind: type[InstrumentError], what: str) -> NoReturn:
        """Raises: `kind`, with the line and the field in front of what is wrong."""
        if not self.name:
            raise kind(_("Line %(line)d: %(what)s") % {"line": self.line, "what": what})
        raise kind(_("Line %(line)d, %(field)s: %(what)s") % {"line": self.line, "field": self.name, "what": what})

    def fields(self, needed: str, optional: str = "") -> dict[str, Part]:
        """The fields of a mapping, which has all of the needed ones and none that is not known."""
        found, wanted = self.mapping(), set(needed.split())
        if missing := sorted(wanted - set(found)):
            self.refuse(WrongFields, _("this is missing: %(names)s. Add it.") % {"names": ", ".join(missing)})
        if unknown := sorted(set(found) - wanted - set(optional.split())):
            found[unknown[0]].refuse(
                WrongFields,
                _("no such field is known here. Known are: %(names)s.")
                % {"names": ", ".join([*needed.split(), *optional.split()])},
            )
        return found

    def mapping(self) -> dict[str, Part]:
        if not isinstance(self.value, dict):
            self.refuse(WrongValue, _("here belong fields with names, each as “name: value”."))
        return self.value

    def entries(self, *, most: int, least: int = 1) -> list[Part]:
        if not isinstance(self.value, list):
            self.refuse(WrongValue, _("here belongs a list, each entry after a “-”."))
        if len(self.value) < least:
            self.refuse(WrongValue, _("this list is empty. Add at least one entry."))
        if len(self.value) > most:
            self.refuse(TooLarge, _("this list has more than %(most)d entries. Shorten it.") % {"most": most})
        return self.value

    def text(self, form: re.Pattern[str] | None = None, *, meant: str = "", longest: int = LONGEST_TEXT) -> str:
        """The text on one line. `meant` says what the form is, for whoever has to correct it."""
        if isinstance(self.value, (dict, list)):
            self.refuse(WrongValue, _("here belongs one text."))
        if not isinstance(self.value, str):
            self.refuse(WrongValue, _("here belongs a text. If it is one, put quotes around it."))
        text = _SPACES.sub(" ", unicodedata.normalize("NFC", self.value)).strip()
        if not text:
            self.refuse(WrongValue, _("this text is empty. Write it, or take the field away where it is not needed."))
        if len(text) > longest:
            self.refuse(TooLarge, _("this text is longer than %(most)d letters. Shorten it.") % {"most": longest})
        if form is not None and not form.fullmatch(text):
            self.refuse(WrongValue, meant)
        return text


class _Loader(yaml.SafeLoader):
    """Composes nodes and nothing else. Whatever could make a small file large is refused before it is composed."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: Any = self.peek_event()
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            _refuse_line(line, _("names that stand for other parts (& and *) are not read. Write the part out."))
        if event.tag is not None:
            _refuse_line(line, _("types (!) are not read. Take it away."))
        self.depth += 1
        if self.depth > DEEPEST:
            _refuse_line(line, _("parts lie inside one another too deeply. Look at how far the lines are indented."))
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node


def read(content: bytes | str) -> Part:
    """The file as one part.

    Guarantees: no alias, tag or repeated key; no letter that nobody sees or that turns the line around, also not
    written as an escape; at most 200,000 bytes, eight levels.
    Raises: NotYaml, TooLarge.
    """
    if len(content) > LARGEST_BYTES:
        raise TooLarge(_("The file is larger than 200 kB. No questionnaire is that long: is it the right file?"))
    if isinstance(content, bytes):
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            _refuse_line(line, _("this is not UTF-8. Save the file as plain text in UTF-8."))
    else:
        text = content
    for number, line_of_file in enumerate(text.split("\n"), start=1):
        _check_letters(line_of_file, number)
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            _refuse_line(1, _("the file is not one mapping of fields, which begins with “id: ...”."))
        return _part(loader, node, "")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        _refuse_line(mark.line + 1 if mark else 1, _("this is not YAML (%(problem)s).") % {"problem": problem})


def _part(loader: _Loader, node: yaml.Node, name: str) -> Part:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        fields: dict[str, Part] = {}
        for key_node, value_node in node.value:
            key = _key(key_node)
            if key in fields:
                _refuse_line(key_node.start_mark.line + 1, _("the field %(name)s stands there twice.") % {"name": key})
            fields[key] = _part(loader, value_node, f"{name}.{key}" if name else key)
        return Part(name, line, fields)
    if isinstance(node, yaml.SequenceNode):
        return Part(name, line, [_part(loader, one, f"{name}[{n}]") for n, one in enumerate(node.value, start=1)])
    _check_letters(node.value, line)
    return Part(name, line, _scalar(loader, node))


def _key(node: yaml.Node) -> str:
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.ScalarNode) or node.tag != "tag:yaml.org,2002:str":
        shown = node.value if isinstance(node, yaml.ScalarNode) else "?"
        _refuse_line(line, _("the name of a field is a text. Put quotes around %(name)s.") % {"name": shown[:40]})
    if len(node.value) > LONGEST_KEY:
        _refuse_line(line, _("the name of a field is longer than %(most)d letters.") % {"most": LONGEST_KEY})
    _check_letters(node.value, line)
    return str(node.value)


def _scalar(loader: _Loader, node: yaml.Node) -> str | int | float | None:
    match str(node.tag).rpartition(":")[2]:
        case "str":
            return str(node.value)
        case "int" | "float":
            try:
                number = loader.construct_object(node)
            except (ValueError, OverflowError):
                # Thousands of digits.
                return None
            return number if isinstance(number, (int, float)) else None
        case _:
            return None


def _check_letters(text: str, line: int) -> None:
    if text.isascii() and text.isprintable():
        return
    for letter in text:
        if letter not in _NEEDED and unicodedata.category(letter) in _NOT_TEXT:
            _refuse_line(
                line,
                _("here is a letter that nobody sees, or one that turns the line around (U+%(code)s). Delete it.")
                % {"code": f"{ord(letter):04X}"},
            )


def _refuse_line(line: int, what: str) -> NoReturn:
    raise NotYaml(_("Line %(line)d: %(what)s") % {"line": line, "what": what})
