"""Instruments: versioned files of statements, and the one way to read them.

Other features import this module only.
"""

from __future__ import annotations

from andon.features.instruments.model import Facet, Instrument, Prior, Scale, Statement
from andon.features.instruments.parsing import parse
from andon.features.instruments.queries import OWN, Listed, available, listed, load, on_offer, titles
from andon.features.instruments.refusals import (
    DuplicateCode,
    FacetTooShort,
    InstrumentError,
    MissingWording,
    NotYaml,
    TooLarge,
    UnknownInstrument,
    UnknownRights,
    WrongFields,
    WrongPriors,
    WrongScale,
    WrongValue,
)
from andon.features.instruments.sentences import in_a_line
from andon.features.instruments.services import (
    Brought,
    CoreStays,
    IdTaken,
    StatementTaken,
    VersionTaken,
    bring,
    confirm_rights,
    offer_again,
    retire,
)
from andon.features.instruments.wording import Wording, in_words

__all__ = [
    "OWN",
    "Brought",
    "CoreStays",
    "DuplicateCode",
    "Facet",
    "FacetTooShort",
    "IdTaken",
    "Instrument",
    "InstrumentError",
    "Listed",
    "MissingWording",
    "NotYaml",
    "Prior",
    "Scale",
    "Statement",
    "StatementTaken",
    "TooLarge",
    "UnknownInstrument",
    "UnknownRights",
    "VersionTaken",
    "Wording",
    "WrongFields",
    "WrongPriors",
    "WrongScale",
    "WrongValue",
    "available",
    "bring",
    "confirm_rights",
    "in_a_line",
    "in_words",
    "listed",
    "load",
    "offer_again",
    "on_offer",
    "parse",
    "retire",
    "titles",
]
