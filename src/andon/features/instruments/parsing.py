"""Reading an instrument file: it is whole and known, or it is refused with one clear reason, its line and its field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from django.utils.translation import gettext as _

from andon.features.instruments.model import Facet, Instrument, Measure, Prior, Scale, Statement, Words
from andon.features.instruments.refusals import (
    DuplicateCode,
    FacetTooShort,
    MissingWording,
    UnknownRights,
    WrongPriors,
    WrongScale,
    WrongValue,
)
from andon.features.instruments.wording import heard
from andon.features.instruments.yaml_parts import Part, read

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
VERSION = re.compile(r"(0|[1-9][0-9]{0,5})(\.(0|[1-9][0-9]{0,5})){2}")
CODE = re.compile(r"[A-Z]{2}[0-9]{1,2}")
TRANSLATION_STATES = ("original", "draft", "reviewed", "back-translated")
# Texts that the licence lets us ship. Anything else needs a note of its own, written as "LicenseRef-..." plus text.
RIGHTS = re.compile(r"CC0-1\.0|CC-BY-4\.0|LicenseRef-[A-Za-z0-9.-]+: .+")
MEASURES = ("mean", "sd", "alpha", "icc1", "retest")

# More than anybody is asked at once, and far below what a ballot has room for.
MOST_STATEMENTS = 60
MOST_FACETS = 12
MOST_LANGUAGES = 20
MOST_PRIORS = 20
LONGEST_NAME = 120
LONGEST_WORDING = 300
LONGEST_LABEL = 60


def parse(content: bytes | str) -> Instrument:
    """Read one instrument file.

    Guarantees: whatever comes back is whole: every statement has a facet, a direction and a wording in each language
    the file names, codes are distinct, every facet has enough statements, the scale is 1 to 5.
    Does not: judge whether a translation is any good or whether the rights note is true.
    Raises: one InstrumentError subclass per reason.
    """
    root = read(content).fields(
        "id version title rights citation translations scale facets statements priors", optional="words"
    )
    translations = _translations(root["translations"])
    languages = frozenset(translations)
    facets = [(part, _facet(part, languages)) for part in root["facets"].entries(most=MOST_FACETS)]
    statements = [(part, _statement(part, languages)) for part in root["statements"].entries(most=MOST_STATEMENTS)]
    _check_facets(facets, [statement for _part, statement in statements])
    _check_statements(statements, {facet.id for _part, facet in facets})
    priors, note = _priors(root["priors"])
    return Instrument(
        id=_id(root["id"]),
        version=root["version"].text(
            VERSION, meant=_("a version is three numbers with points between them, such as 1.0.0.")
        ),
        title=_wordings(root["title"], languages, longest=LONGEST_NAME),
        rights=_rights(root["rights"]),
        citation=root["citation"].text(),
        translations=translations,
        scale=_scale(root["scale"], languages),
        facets=tuple(facet for _part, facet in facets),
        statements=tuple(statement for _part, statement in statements),
        priors=priors,
        priors_note=note,
        words=_words(root["words"]) if "words" in root else "safety",
    )


def _id(part: Part) -> str:
    return part.text(ID, meant=_("this is made of small letters, digits and single hyphens."), longest=64)


def _rights(part: Part) -> str:
    rights = part.text()
    if not RIGHTS.fullmatch(rights):
        part.refuse(
            UnknownRights,
            _(
                "rights are CC0-1.0, CC-BY-4.0, or a note: “LicenseRef-NAME: ” and then what may be done with the "
                "statements, and who says so."
            ),
        )
    return rights


def _words(part: Part) -> Words:
    if part.value not in ("safety", "level"):
        part.refuse(WrongValue, _("this is safety (colours are called unsafe to safe) or level (low to high)."))
    return "level" if part.value == "level" else "safety"


def _facet(part: Part, languages: frozenset[str]) -> Facet:
    fields = part.fields("id name least_statements")
    least = fields["least_statements"].value
    if not isinstance(least, int) or not 1 <= least <= MOST_STATEMENTS:
        fields["least_statements"].refuse(WrongValue, _("this is a whole number from 1."))
    return Facet(
        id=_id(fields["id"]),
        name=_wordings(fields["name"], languages, longest=LONGEST_NAME),
        least_statements=least,
    )


def _statement(part: Part, languages: frozenset[str]) -> Statement:
    fields = part.fields("code facet direction wording")
    direction = fields["direction"].value
    if direction != "+" and direction != "-":
        fields["direction"].refuse(
            WrongValue, _("this is “+” (agreeing means more of the facet) or “-” (agreeing means less), in quotes.")
        )
    return Statement(
        code=fields["code"].text(CODE, meant=_("a code is two capital letters and one or two digits, such as IN1.")),
        facet=_id(fields["facet"]),
        direction="+" if direction == "+" else "-",
        wording=_wordings(fields["wording"], languages, longest=LONGEST_WORDING),
    )


def _check_facets(facets: list[tuple[Part, Facet]], statements: list[Statement]) -> None:
    seen: set[str] = set()
    for part, facet in facets:
        if facet.id in seen:
            part.refuse(DuplicateCode, _("the facet %(id)s stands there twice.") % {"id": facet.id})
        seen.add(facet.id)
        count = sum(statement.facet == facet.id for statement in statements)
        if count < facet.least_statements:
            part.refuse(
                FacetTooShort,
                _("the facet %(id)s needs %(least)d statements and has %(count)d.")
                % {"id": facet.id, "least": facet.least_statements, "count": count},
            )


def _check_statements(statements: list[tuple[Part, Statement]], facets: set[str]) -> None:
    codes: set[str] = set()
    wordings: dict[tuple[str, str], str] = {}
    for part, statement in statements:
        if statement.code in codes:
            part.refuse(DuplicateCode, _("the code %(code)s stands there twice.") % {"code": statement.code})
        codes.add(statement.code)
        if statement.facet not in facets:
            part.refuse(
                FacetTooShort,
                _("%(code)s names the facet %(id)s, which is not among the facets.")
                % {"code": statement.code, "id": statement.facet},
            )
        for language, wording in statement.wording.items():
            twin = wordings.setdefault((language, heard(wording)), statement.code)
            if twin != statement.code:
                part.refuse(
                    DuplicateCode,
                    _("%(one)s and %(other)s say the same (%(language)s).")
                    % {"one": twin, "other": statement.code, "language": language},
                )


def _scale(part: Part, languages: frozenset[str]) -> Scale:
    fields = part.fields("least most labels")
    if (fields["least"].value, fields["most"].value) != (1, 5):
        part.refuse(WrongScale, _("the scale runs from 1 to 5: what protects answers is proved for that range only."))
    labels = fields["labels"].mapping()
    _same_languages(fields["labels"], languages)
    read_labels: dict[str, tuple[str, ...]] = {}
    for language in sorted(labels):
        steps = [step.text(longest=LONGEST_LABEL) for step in labels[language].entries(most=20)]
        if len(steps) != 5 or len(set(steps)) != 5:
            labels[language].refuse(WrongScale, _("the scale has five different labels in each language."))
        read_labels[language] = tuple(steps)
    return Scale(least=1, most=5, labels=read_labels)


def _translations(part: Part) -> Mapping[str, str]:
    found = part.mapping()
    if not 1 <= len(found) <= MOST_LANGUAGES:
        part.refuse(WrongValue, _("this names one to %(most)d languages.") % {"most": MOST_LANGUAGES})
    for language, status in found.items():
        if not LANGUAGE.fullmatch(language):
            status.refuse(WrongValue, _("the name of a language is a tag such as en, de or pt-BR."))
        if status.value not in TRANSLATION_STATES:
            status.refuse(WrongValue, _("this is one of: %(names)s.") % {"names": ", ".join(TRANSLATION_STATES)})
    states = {language: str(found[language].value) for language in sorted(found)}
    if list(states.values()).count("original") != 1:
        part.refuse(WrongValue, _("exactly one language is the original."))
    return states


def _priors(part: Part) -> tuple[tuple[Prior, ...], str]:
    fields = part.fields("published note")
    note = fields["note"].text()
    published = []
    for entry in fields["published"].entries(most=MOST_PRIORS, least=0):
        prior = entry.fields("measure value source")
        measure, value = prior["measure"].value, prior["value"].value
        if measure not in MEASURES:
            prior["measure"].refuse(WrongPriors, _("this is one of: %(names)s.") % {"names": ", ".join(MEASURES)})
        # NaN is not within either bound.
        if not isinstance(value, (int, float)) or not 0 <= value <= 5:
            prior["value"].refuse(WrongPriors, _("this is a number that the measure can have, from 0 to 5."))
        if not isinstance(prior["source"].value, str) or not prior["source"].value.strip():
            prior["source"].refuse(WrongPriors, _("a published value needs its source: who, where, when."))
        published.append(Prior(cast(Measure, measure), float(value), prior["source"].text()))
    return tuple(published), note


def _wordings(part: Part, languages: frozenset[str], *, longest: int) -> Mapping[str, str]:
    found = part.mapping()
    _same_languages(part, languages)
    return {language: found[language].text(longest=longest) for language in sorted(found)}


def _same_languages(part: Part, languages: frozenset[str]) -> None:
    given = frozenset(part.mapping())
    if missing := languages - given:
        part.refuse(MissingWording, _("this has no text in: %(names)s.") % {"names": ", ".join(sorted(missing)[:5])})
    if more := given - languages:
        part.refuse(
            MissingWording,
            _("these languages are not among the file's translations: %(names)s.")
            % {"names": ", ".join(sorted(more)[:5])},
        )
