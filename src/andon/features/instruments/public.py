"""Instruments: versioned files of statements, and the one way to read them.

Other features import this module only.
"""

from __future__ import annotations

from andon.features.instruments.loading import (
    DuplicateCode,
    FacetTooShort,
    InstrumentError,
    MissingWording,
    NotYaml,
    UnknownInstrument,
    UnknownRights,
    WrongFields,
    WrongPriors,
    WrongScale,
    WrongValue,
    available,
    load,
    newest,
    parse,
)
from andon.features.instruments.model import Facet, Instrument, Prior, Scale, Statement

__all__ = [
    "DuplicateCode",
    "Facet",
    "FacetTooShort",
    "Instrument",
    "InstrumentError",
    "MissingWording",
    "NotYaml",
    "Prior",
    "Scale",
    "Statement",
    "UnknownInstrument",
    "UnknownRights",
    "WrongFields",
    "WrongPriors",
    "WrongScale",
    "WrongValue",
    "available",
    "load",
    "newest",
    "parse",
]
