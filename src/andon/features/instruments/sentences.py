"""What a page says of an instrument, in the reader's language."""

import math

from django.utils.translation import get_language_info, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from andon.features.instruments.model import Instrument
from andon.features.instruments.queries import NOTE

# What somebody needs who reads each statement once and chooses.
SECONDS_A_STATEMENT = 10

STATES = {
    "original": gettext_lazy("original"),
    "draft": gettext_lazy("not validated"),
    "reviewed": gettext_lazy("read by a second translator"),
    "back-translated": gettext_lazy("translated back and compared"),
}

MEASURES = {
    "mean": gettext_lazy("Mean"),
    "sd": gettext_lazy("Standard deviation"),
    "alpha": gettext_lazy("How well the statements hang together (alpha)"),
    "icc1": gettext_lazy("Share of the differences that lies between teams (ICC 1)"),
    "retest": gettext_lazy("Correlation with itself when asked again"),
}

_LICENCES = {
    "CC0-1.0": gettext_lazy("CC0 1.0: free for everybody, without conditions."),
    "CC-BY-4.0": gettext_lazy("CC BY 4.0: free for everybody who says where it comes from and what was changed."),
}


def rights(instrument: Instrument) -> str:
    if instrument.rights.startswith(NOTE):
        return instrument.rights.partition(": ")[2]
    return str(_LICENCES[instrument.rights])


def rights_in_short(instrument: Instrument) -> str:
    return _("rights by a note") if instrument.rights.startswith(NOTE) else instrument.rights


def language(tag: str) -> str:
    try:
        return str(get_language_info(tag)["name_translated"])
    except KeyError:
        return tag


def languages(instrument: Instrument) -> str:
    """Its languages, the original first, and last those that nobody has validated."""
    states = sorted(instrument.translations.items(), key=lambda pair: (pair[1] != "original", pair[0]))
    good = ", ".join(language(tag) for tag, status in states if status != "draft")
    drafts = ", ".join(language(tag) for tag, status in states if status == "draft")
    return _("%(languages)s; not validated: %(drafts)s") % {"languages": good, "drafts": drafts} if drafts else good


def length(instrument: Instrument) -> str:
    count = len(instrument.statements)
    minutes = math.ceil(count * SECONDS_A_STATEMENT / 60)
    asked = ngettext("%d statement", "%d statements", count) % count
    takes = ngettext("about %d minute", "about %d minutes", minutes) % minutes
    return f"{asked}, {takes}"


def in_a_line(instrument: Instrument) -> str:
    """What whoever chooses it should know: length, languages, rights."""
    return f"{length(instrument)}. {languages(instrument)}. {rights_in_short(instrument)}"


def answer(direction: str, words: str) -> str:
    """Which answer speaks for the facet."""
    if words == "safety":
        return _("agreeing is safe") if direction == "+" else _("disagreeing is safe")
    return _("agreeing is high") if direction == "+" else _("disagreeing is high")
