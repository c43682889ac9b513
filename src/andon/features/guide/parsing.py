"""Reading the guide's files: they are whole and known, or refused with the file and the field that is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import yaml

from andon.features.guide.model import (
    ORIGINAL,
    Cited,
    Facet,
    Guide,
    Kind,
    MemberPath,
    Moment,
    Practice,
    Resource,
    Role,
    Source,
    Step,
    Text,
)

ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
MOST_MINUTES = 10
LONGEST_TITLE = 80
LONGEST_TEXT = 600
PAGES = ("", "self-check", "room")

Choice = TypeVar("Choice", bound=StrEnum)
Item = TypeVar("Item")


class BadContent(ValueError):
    """A file of the guide cannot be read. The message names the file and the field."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Plain values, read by libyaml where PyYAML was built with it, in a tenth of the time.

    A field that stands there twice is refused: YAML would keep the second without a word.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _value in node.value]
        if twice := [key for key in keys if keys.count(key) > 1]:
            raise yaml.constructor.ConstructorError(None, None, f"{twice[0]} stands there twice", node.start_mark)
        return super().construct_mapping(node, deep)


@dataclass(frozen=True, slots=True)
class _Part:
    """A value of a file, and what it is called there."""

    name: str
    value: Any
    language: str = ORIGINAL

    def refuse(self, what: str) -> NoReturn:
        raise BadContent(f"{self.name}: {what}")

    def fields(self, needed: str, optional: str = "") -> dict[str, _Part]:
        """The fields of a mapping, which has all of the needed ones and none that is not known."""
        found, wanted = self.mapping(), set(needed.split())
        if missing := sorted(wanted - set(found)):
            self.refuse(f"{missing[0]} is missing")
        if unknown := sorted(set(found) - wanted - set(optional.split())):
            self.refuse(f"no field {unknown[0]} is known here")
        return found

    def mapping(self) -> dict[str, _Part]:
        if not isinstance(self.value, dict) or not all(isinstance(key, str) for key in self.value):
            self.refuse("here belong fields with names")
        return {key: _Part(f"{self.name}, {key}", value, self.language) for key, value in self.value.items()}

    def entries(self, *, least: int = 1, most: int = 12) -> list[_Part]:
        if not isinstance(self.value, list):
            self.refuse("here belongs a list")
        if not least <= len(self.value) <= most:
            self.refuse(f"here belong {least} to {most} entries")
        return [
            _Part(f"{self.name} {number}", value, self.language) for number, value in enumerate(self.value, start=1)
        ]

    def text(self, longest: int = LONGEST_TEXT) -> Text:
        if not isinstance(self.value, str) or not self.value.strip():
            self.refuse("here belongs a text")
        if len(self.value) > longest:
            self.refuse(f"this is longer than {longest} letters")
        return Text(" ".join(self.value.split()), self.language)

    def texts(self, *, least: int = 1, most: int = 8) -> tuple[Text, ...]:
        return tuple(entry.text() for entry in self.entries(least=least, most=most))

    def number(self, least: int, most: int) -> int:
        # True and False are numbers in Python.
        if type(self.value) is not int or not least <= self.value <= most:
            self.refuse(f"here belongs a whole number from {least} to {most}")
        return self.value

    def choice(self, kinds: type[Choice]) -> Choice:
        if self.value not in {kind.value for kind in kinds}:
            self.refuse(f"this is one of {', '.join(kinds)}")
        return kinds(self.value)

    def choices(self, kinds: type[Choice]) -> tuple[Choice, ...]:
        found = tuple(entry.choice(kinds) for entry in self.entries())
        if len(set(found)) != len(found):
            self.refuse("one of these stands there twice")
        return found

    def link(self) -> str:
        link = str(self.text())
        if not re.fullmatch(r"https?://\S+", link):
            self.refuse("here belongs an address that begins with https:// or http://")
        return link

    def one_of(self, known: Mapping[str, Item]) -> Item:
        if not isinstance(self.value, str) or self.value not in known:
            self.refuse(f"there is no {self.value!r}")
        return known[self.value]


def read(content: Path, language: str = ORIGINAL) -> Guide:
    """The whole guide from its folder, in the language where it has it, and in English where it has not.

    `alert-hand-over.de.yaml` beside `alert-hand-over.yaml` holds its texts in German and nothing else.

    Guarantees: every practice, moment and source that is named is there; no id and no place stands there twice; no
    practice takes more than ten minutes, and each says what it rests on: a source, or our own judgement, by name. A
    translation has every text of its original, as many lines of each, and nothing that is not a text.
    Does not: know whether a source says what we say it does, or whether a translation says the same.
    Raises: BadContent; OSError.
    """
    works, path = content / "sources.yaml", content / "member-path.yaml"
    sources = _sources(_file(works), _translation(works, language))
    practices = _folder(content / "practices", language, lambda name, part, said: _practice(name, part, said, sources))
    by_id = {practice.id: practice for practice in practices}
    return Guide(
        language=language,
        practices=practices,
        moments=_folder(content / "moments", language, lambda name, part, said: _moment(name, part, said, by_id)),
        path=_path(_file(path), _translation(path, language), by_id, sources),
        sources=tuple(sources.values()),
    )


def _file(path: Path, language: str = ORIGINAL) -> _Part:
    name = f"{path.parent.name}/{path.name}"
    try:
        # A loader of plain values that refuses one thing more than the safe one.
        return _Part(name, yaml.load(path.read_text("utf-8"), _Loader), language)  # noqa: S506
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise BadContent(f"{name}: {' '.join(str(error).split())}") from None


def _translation(original: Path, language: str) -> _Part | None:
    path = original.with_suffix(f".{language}.yaml")
    return _file(path, language) if path.exists() else None


def _in_translation(found: dict[str, _Part], translation: _Part | None, texts: str) -> dict[str, _Part]:
    """The fields, those of them that are texts from the translation where there is one."""
    if translation is None:
        return found
    wanted = [name for name in texts.split() if name in found]
    said = translation.fields(" ".join(wanted))
    for name in wanted:
        if isinstance(found[name].value, list) and name != "sources":
            number = len(found[name].value)
            said[name].entries(least=number, most=number)
    return found | said


Placed = TypeVar("Placed", Practice, Moment)


def _folder(folder: Path, language: str, build: Callable[[str, _Part, _Part | None], Placed]) -> tuple[Placed, ...]:
    originals = [path for path in sorted(folder.glob("*.yaml")) if "." not in path.stem]
    known = {path.stem for path in originals}
    if stray := [path.name for path in folder.glob("*.yaml") if path.stem.partition(".")[0] not in known]:
        raise BadContent(f"{folder.name}/{min(stray)}: there is no original of this translation")
    found = [build(path.stem, _file(path), _translation(path, language)) for path in originals]
    places: dict[int, Placed] = {}
    for one in found:
        other = places.setdefault(one.place, one)
        if other is not one:
            raise BadContent(f"{folder.name}: {other.id} and {one.id} have the same place")
    return tuple(sorted(found, key=lambda one: one.place))


def _id(name: str, part: _Part) -> str:
    if not ID.fullmatch(name):
        part.refuse("an id is made of small letters, digits and single hyphens")
    return name


def _sources(part: _Part, abouts: _Part | None) -> dict[str, Source]:
    found = {name: _source(name, one) for name, one in part.mapping().items()}
    if abouts is None:
        return found
    said = abouts.fields(" ".join(name for name, source in found.items() if source.resource))
    return {
        name: replace(source, resource=replace(source.resource, about=said[name].text())) if source.resource else source
        for name, source in found.items()
    }


def _source(name: str, part: _Part) -> Source:
    found = part.fields("who title where", optional="year link resource")
    return Source(
        id=_id(name, part),
        who=found["who"].text(),
        year=str(found["year"].number(1900, 2100)) if "year" in found else "",
        title=found["title"].text(),
        where=found["where"].text(),
        link=found["link"].link() if "link" in found else "",
        resource=_resource(found["resource"]) if "resource" in found else None,
    )


def _resource(part: _Part) -> Resource:
    found = part.fields("kind about")
    return Resource(found["kind"].choice(Kind), found["about"].text())


def _practice(name: str, part: _Part, translation: _Part | None, sources: Mapping[str, Source]) -> Practice:
    found = part.fields("place title summary facets for moment minutes do say helped", optional="sources ours")
    if not {"sources", "ours"} & set(found):
        part.refuse("it says neither a source nor that it is our own judgement")
    said = _in_translation(found, translation, "title summary moment do say helped sources ours")
    return Practice(
        id=_id(name, part),
        place=found["place"].number(1, 999),
        title=said["title"].text(LONGEST_TITLE),
        summary=said["summary"].text(),
        facets=found["facets"].choices(Facet),
        roles=found["for"].choices(Role),
        moment=said["moment"].text(),
        minutes=found["minutes"].number(1, MOST_MINUTES),
        do=said["do"].texts(least=2),
        say=said["say"].texts(),
        helped=said["helped"].texts(),
        sources=_cited(found["sources"], said["sources"], sources) if "sources" in found else (),
        ours=said["ours"].text() if "ours" in found else Text(),
    )


def _cited(original: _Part, said: _Part, sources: Mapping[str, Source]) -> tuple[Cited, ...]:
    """In the original a list of ids with what each says; in a translation what each says, by its id."""
    entries = [entry.fields("id says") for entry in original.entries()]
    named = [(entry["id"].one_of(sources), entry["says"]) for entry in entries]
    if said is original:
        return tuple(Cited(source, says.text()) for source, says in named)
    texts = said.fields(" ".join(source.id for source, _says in named))
    return tuple(Cited(source, texts[source.id].text()) for source, _says in named)


def _moment(name: str, part: _Part, translation: _Part | None, practices: Mapping[str, Practice]) -> Moment:
    found = part.fields("place title people first_minute words later practices")
    said = _in_translation(found, translation, "title people first_minute words later")
    return Moment(
        id=_id(name, part),
        place=found["place"].number(1, 999),
        title=said["title"].text(LONGEST_TITLE),
        people=said["people"].texts(),
        first_minute=said["first_minute"].texts(),
        words=said["words"].texts(),
        later=said["later"].texts(),
        practices=tuple(entry.one_of(practices) for entry in found["practices"].entries()),
    )


def _path(
    part: _Part, translation: _Part | None, practices: Mapping[str, Practice], sources: Mapping[str, Source]
) -> MemberPath:
    found = part.fields("title lead steps")
    said = _in_translation(found, translation, "title lead steps")
    steps = found["steps"].entries()
    said_steps: list[_Part | None] = [None for _step in steps] if translation is None else [*said["steps"].entries()]
    return MemberPath(
        title=said["title"].text(LONGEST_TITLE),
        lead=said["lead"].text(),
        steps=tuple(_step(one, other, practices, sources) for one, other in zip(steps, said_steps, strict=True)),
    )


def _step(
    part: _Part, translation: _Part | None, practices: Mapping[str, Practice], sources: Mapping[str, Source]
) -> Step:
    found = part.fields("title text", optional="words practices sources leads_to")
    said = _in_translation(found, translation, "title text words")
    leads_to = str(found["leads_to"].text()) if "leads_to" in found else ""
    if leads_to not in PAGES:
        found["leads_to"].refuse("this is self-check or room")
    return Step(
        title=said["title"].text(LONGEST_TITLE),
        text=said["text"].texts(),
        words=said["words"].texts() if "words" in found else (),
        practices=tuple(entry.one_of(practices) for entry in found["practices"].entries())
        if "practices" in found
        else (),
        sources=tuple(entry.one_of(sources) for entry in found["sources"].entries()) if "sources" in found else (),
        leads_to=leads_to,
    )
