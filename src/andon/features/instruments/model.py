"""What an instrument is: frozen values, and the bytes under which a browser gets to see it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import rfc8785

Direction = Literal["+", "-"]
# What the four colours are called: "unsafe" to "safe", or "low" to "high" for what is not about safety.
Words = Literal["safety", "level"]
Measure = Literal["mean", "sd", "alpha", "icc1", "retest"]
Wordings = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Scale:
    """The answer range; one label per step and language, lowest first."""

    least: int
    most: int
    labels: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Facet:
    """A group of statements that are scored together; under ``least_statements`` figures it has no index."""

    id: str
    name: Wordings
    least_statements: int


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing to agree with. Direction "-": agreeing means less of the facet."""

    code: str
    facet: str
    direction: Direction
    wording: Wordings


@dataclass(frozen=True, slots=True)
class Prior:
    """A value that somebody published about this wording, always with where."""

    measure: Measure
    value: float
    source: str


@dataclass(frozen=True, slots=True)
class Instrument:
    """One version of a questionnaire. Its wording never changes; a new wording is a new version."""

    id: str
    version: str
    title: Wordings
    rights: str
    citation: str
    translations: Mapping[str, str]
    scale: Scale
    facets: tuple[Facet, ...]
    statements: tuple[Statement, ...]
    priors: tuple[Prior, ...]
    priors_note: str
    words: Words = "safety"

    @property
    def codes(self) -> tuple[str, ...]:
        """Statement codes in the order in which they are asked."""
        return tuple(statement.code for statement in self.statements)

    @property
    def original(self) -> str:
        """The language it was written in, and most likely what is said about it too."""
        return next(tag for tag, status in self.translations.items() if status == "original")

    @property
    def directions(self) -> dict[str, Direction]:
        return {statement.code: statement.direction for statement in self.statements}

    def of_facet(self, facet: str) -> tuple[Statement, ...]:
        return tuple(statement for statement in self.statements if statement.facet == facet)

    def to_json(self) -> dict[str, Any]:
        """The blob that the answering page fetches: what is needed to ask, and nothing else."""
        # What a page needs in order to say that a wording is a draft. Left out where there is but the original, as it
        # was before there were translations: the bytes of a version never change.
        of_translations = {"translations": dict(self.translations)} if len(self.translations) > 1 else {}
        return {
            "id": self.id,
            "version": self.version,
            **of_translations,
            "scale": {
                "least": self.scale.least,
                "most": self.scale.most,
                "labels": {language: list(labels) for language, labels in self.scale.labels.items()},
            },
            "facets": [{"id": facet.id, "name": dict(facet.name)} for facet in self.facets],
            "statements": [
                {
                    "code": statement.code,
                    "facet": statement.facet,
                    "direction": statement.direction,
                    "wording": dict(statement.wording),
                }
                for statement in self.statements
            ],
        }

    def canonical(self) -> bytes:
        """RFC 8785 bytes of to_json(): what is served as a blob and what a manifest commits to."""
        return rfc8785.dumps(self.to_json())

    @property
    def sha256(self) -> str:
        """Lower-case hex over canonical(): ``instrument.sha256`` of a manifest."""
        return hashlib.sha256(self.canonical()).hexdigest()
