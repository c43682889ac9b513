"""Why an instrument cannot be used: one class a reason. Nothing was stored or changed."""


class InstrumentError(ValueError):
    """An instrument cannot be used. Nothing was stored or changed; the message says which file part to correct."""


class UnknownInstrument(InstrumentError):
    """No instrument of this installation has this id and version."""


class NotYaml(InstrumentError):
    """The file is not one YAML mapping, repeats a key, or holds aliases, types or letters that nobody sees."""


class TooLarge(InstrumentError):
    """The file, a text in it or a list in it is larger than anything that could be asked."""


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
