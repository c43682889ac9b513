"""Reading instrument files strictly: a file is whole and known, or it is refused with one clear reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml

from andon.features.instruments.model import Direction, Facet, Instrument, Prior, Scale, Statement

CORE = "andon-core"
CONTENT = Path(__file__).parent / "content"

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
VERSION = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}")
CODE = re.compile(r"[A-Z]{2}[0-9]{1,2}")
TRANSLATION_STATES = ("original", "draft", "reviewed", "back-translated")
# Texts that the licence lets us ship. Anything else needs a note of its own, written as "LicenseRef-..." plus text.
RIGHTS = re.compile(r"CC0-1\.0|CC-BY-4\.0|LicenseRef-[A-Za-z0-9.-]+: .+", re.DOTALL)
MEASURES = ("mean", "sd", "alpha", "icc1", "retest")


class InstrumentError(ValueError):
    """An instrument cannot be used. Nothing was stored or changed; the message says which file part to correct."""


class UnknownInstrument(InstrumentError):
    """No shipped instrument has this id and version."""


class NotYaml(InstrumentError):
    """The file is not one YAML mapping, or repeats a key."""


class WrongFields(InstrumentError):
    """A part has a field that is not known, or lacks one that is needed."""


class WrongValue(InstrumentError):
    """A field holds something of the wrong kind or form."""


class WrongScale(InstrumentError):
    """The scale is not 1 to 5 with five labels in every language."""


class DuplicateCode(InstrumentError):
    """Two statements share a code, two facets an id, or two statements a wording."""


class MissingWording(InstrumentError):
    """A statement, facet, title or label lacks one of the file's languages, or has one that the file does not name."""


class FacetTooShort(InstrumentError):
    """A statement names an unknown facet, or a facet has fewer statements than it needs."""


class UnknownRights(InstrumentError):
    """The rights are neither a licence we know nor a note."""


class WrongPriors(InstrumentError):
    """A prior lacks its source or is impossible, or there are none and the file does not say so."""


class _StrictLoader(yaml.SafeLoader):
    """SafeLoader takes the last of two equal keys; a wording that silently replaces another is what we fear most."""


def _mapping_without_repeats(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str):
            raise NotYaml(f"line {key_node.start_mark.line + 1}: keys are text; put quotes around {key!r}")
        if key in seen:
            raise NotYaml(f"line {key_node.start_mark.line + 1}: the key {key!r} stands there twice")
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_repeats)


@cache
def load(instrument_id: str, version: str | None = None) -> Instrument:
    """A shipped instrument: the given version, or the newest.

    Guarantees: the same id and version give the same bytes for ever (a test holds the hashes of what was shipped).
    Raises: UnknownInstrument, or any InstrumentError when a shipped file is broken.
    """
    found = [
        instrument
        for instrument in available()
        if instrument.id == instrument_id and version in (None, instrument.version)
    ]
    if not found:
        wanted = instrument_id if version is None else f"{instrument_id} {version}"
        raise UnknownInstrument(f"there is no instrument {wanted!r} in this installation")
    return max(found, key=lambda instrument: tuple(int(part) for part in instrument.version.split(".")))


@cache
def available() -> tuple[Instrument, ...]:
    """Every shipped instrument and version, by id and file name."""
    read = [(path.name, parse(path.read_text(encoding="utf-8"))) for path in sorted(CONTENT.glob("*.yaml"))]
    versions = [(instrument.id, instrument.version) for _, instrument in read]
    if len(set(versions)) != len(versions):
        raise DuplicateCode("two instrument files have the same id and version")
    return tuple(instrument for _, instrument in read)


@cache
def newest() -> tuple[Instrument, ...]:
    """The newest version of each shipped instrument: what is offered for new rounds. The core comes first."""
    ids = {instrument.id for instrument in available()}
    return tuple(load(one) for one in sorted(ids, key=lambda one: (one != CORE, one)))


def parse(text: str) -> Instrument:
    """Read one instrument file.

    Guarantees: whatever comes back is whole: every statement has a facet, a direction and a wording in each language
    the file names, codes are distinct, every facet has enough statements, the scale is 1 to 5.
    Does not: judge whether a translation is any good or whether the rights note is true.
    Raises: one InstrumentError subclass per reason.
    """
    try:
        # The loader is a SafeLoader: it builds plain values only.
        raw = yaml.load(text, Loader=_StrictLoader)  # noqa: S506
    except yaml.YAMLError as error:
        raise NotYaml(f"the file is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(raw, dict):
        raise NotYaml("the file is not one mapping of fields")
    root = _fields(
        "the file",
        raw,
        "id version title rights citation translations scale facets statements priors",
    )
    translations = _translations(root["translations"])
    languages = frozenset(translations)
    rights = _text("rights", root["rights"])
    if not RIGHTS.fullmatch(rights):
        raise UnknownRights("rights is CC0-1.0, CC-BY-4.0, or 'LicenseRef-<name>: <what may be done and who says so>'")
    facets = tuple(_facet(item, languages) for item in _list("facets", root["facets"]))
    statements = tuple(_statement(item, languages) for item in _list("statements", root["statements"]))
    _check_together(facets, statements)
    priors, note = _priors(root["priors"])
    return Instrument(
        id=_text("id", root["id"], ID),
        version=_text("version", root["version"], VERSION),
        title=_wordings("title", root["title"], languages),
        rights=rights,
        citation=_text("citation", root["citation"]),
        translations=translations,
        scale=_scale(root["scale"], languages),
        facets=facets,
        statements=statements,
        priors=priors,
        priors_note=note,
    )


def _check_together(facets: tuple[Facet, ...], statements: tuple[Statement, ...]) -> None:
    facet_ids = [facet.id for facet in facets]
    for name, values in (("facet id", facet_ids), ("statement code", [statement.code for statement in statements])):
        for value in values:
            if values.count(value) > 1:
                raise DuplicateCode(f"the {name} {value} stands there twice")
    seen: dict[tuple[str, str], str] = {}
    for statement in statements:
        if statement.facet not in facet_ids:
            raise FacetTooShort(f"statement {statement.code} names the facet {statement.facet!r}, which is not listed")
        for language, wording in statement.wording.items():
            twin = seen.setdefault((language, wording), statement.code)
            if twin != statement.code:
                raise DuplicateCode(f"{twin} and {statement.code} have the same wording ({language})")
    for facet in facets:
        count = sum(statement.facet == facet.id for statement in statements)
        if count < facet.least_statements:
            raise FacetTooShort(f"facet {facet.id} needs {facet.least_statements} statements and has {count}")


def _facet(item: object, languages: frozenset[str]) -> Facet:
    fields = _fields("a facet", item, "id name least_statements")
    facet_id = _text("a facet's id", fields["id"], ID)
    least = fields["least_statements"]
    if type(least) is not int or least < 1:
        raise WrongValue(f"facet {facet_id}: least_statements is a whole number from 1")
    return Facet(
        id=facet_id, name=_wordings(f"facet {facet_id}: name", fields["name"], languages), least_statements=least
    )


def _statement(item: object, languages: frozenset[str]) -> Statement:
    fields = _fields("a statement", item, "code facet direction wording")
    code = _text("a statement's code", fields["code"], CODE)
    if fields["direction"] not in ("+", "-"):
        raise WrongValue(f'statement {code}: direction is "+" or "-"')
    return Statement(
        code=code,
        facet=_text(f"statement {code}: facet", fields["facet"], ID),
        direction=cast(Direction, fields["direction"]),
        wording=_wordings(f"statement {code}: wording", fields["wording"], languages),
    )


def _scale(item: object, languages: frozenset[str]) -> Scale:
    fields = _fields("the scale", item, "least most labels")
    if (fields["least"], fields["most"]) != (1, 5) or type(fields["least"]) is not int:
        raise WrongScale("the scale runs from 1 to 5; the disclosure rules are proved for that range only")
    labels = fields["labels"]
    if not isinstance(labels, dict):
        raise WrongScale("labels are lists by language")
    _same_languages("the scale's labels", frozenset(labels), languages)
    for language, steps in labels.items():
        if not isinstance(steps, list) or len(steps) != 5 or len(set(map(str, steps))) != 5:
            raise WrongScale(f"the scale has five different labels ({language})")
    return Scale(
        least=1,
        most=5,
        labels={
            language: tuple(_text(f"a label ({language})", step) for step in labels[language])
            for language in sorted(labels)
        },
    )


def _translations(item: object) -> Mapping[str, str]:
    if not isinstance(item, dict) or not item:
        raise WrongValue("translations names at least one language and its status")
    for language, status in item.items():
        if not LANGUAGE.fullmatch(language):
            raise WrongValue(f"{language!r} is not a language tag (BCP 47)")
        if status not in TRANSLATION_STATES:
            raise WrongValue(f"translations: {language} is one of {', '.join(TRANSLATION_STATES)}")
    if list(item.values()).count("original") != 1:
        raise WrongValue("translations: exactly one language is the original")
    return {language: item[language] for language in sorted(item)}


def _priors(item: object) -> tuple[tuple[Prior, ...], str]:
    fields = _fields("priors", item, "published note")
    note = _text("priors: note", fields["note"])
    if not isinstance(fields["published"], list):
        raise WrongPriors("priors: published is a list, empty when nothing is published; the note then says so")
    published = []
    for entry in fields["published"]:
        prior = _fields("a prior", entry, "measure value source")
        if prior["measure"] not in MEASURES:
            raise WrongPriors(f"a prior's measure is one of {', '.join(MEASURES)}")
        if type(prior["value"]) not in (int, float) or not 0 <= prior["value"] <= 5:
            raise WrongPriors(f"the value of the prior {prior['measure']} is a number that the measure can have")
        if not isinstance(prior["source"], str) or not prior["source"].strip():
            raise WrongPriors(f"the prior {prior['measure']} needs a source")
        published.append(Prior(prior["measure"], float(prior["value"]), prior["source"].strip()))
    return tuple(published), note


def _wordings(name: str, item: object, languages: frozenset[str]) -> Mapping[str, str]:
    if not isinstance(item, dict):
        raise WrongValue(f"{name} is a text by language")
    _same_languages(name, frozenset(item), languages)
    return {language: _text(f"{name} ({language})", item[language]) for language in sorted(item)}


def _same_languages(name: str, given: frozenset[str], languages: frozenset[str]) -> None:
    if given != languages:
        differing = ", ".join(sorted(given ^ languages))
        raise MissingWording(f"{name} does not have the same languages as the file's translations: {differing}")


def _fields(name: str, item: object, expected: str) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise WrongValue(f"{name} is a mapping of fields")
    wanted = set(expected.split())
    if missing := sorted(wanted - set(item)):
        raise WrongFields(f"{name} lacks {', '.join(missing)}")
    if unknown := sorted(set(item) - wanted):
        raise WrongFields(f"{name} has the unknown {', '.join(unknown)}")
    return item


def _list(name: str, item: object) -> list[Any]:
    if not isinstance(item, list) or not item:
        raise WrongValue(f"{name} is a list with at least one entry")
    return item


def _text(name: str, item: object, form: re.Pattern[str] | None = None) -> str:
    if not isinstance(item, str) or not item.strip():
        raise WrongValue(f"{name} is a text that is not empty")
    text = item.strip()
    if form is not None and not form.fullmatch(text):
        raise WrongValue(f"{name} has the wrong form: {text!r}")
    return text
