"""What a file of people did, in a sentence; and its bad rows, as a file that spreadsheets open."""

import csv
import io
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from andon.foundation.cells import plain_cell


def say(outcome: Mapping[str, Any]) -> str:
    """The outcome (as `waiting.tell_outcome` gives it) in a sentence."""
    # What an earlier version kept does not count who came back.
    returned, kept_out = outcome.get("returned", 0), outcome.get("kept_out", 0)
    stay = ngettext(
        "%d person was deactivated by hand and stays so", "%d people were deactivated by hand and stay so", kept_out
    )
    if outcome["changes_nothing"]:
        sentence = _("Everything in the file was so already. Nothing was changed.")
        return f"{sentence} {stay % kept_out}." if kept_out else sentence
    counts = (
        (outcome["joined"], ngettext("%d person joined", "%d people joined", outcome["joined"])),
        (returned, ngettext("%d came back", "%d came back", returned)),
        (outcome["moved"], ngettext("%d moved", "%d moved", outcome["moved"])),
        (outcome["changed"], ngettext("%d changed", "%d changed", outcome["changed"])),
        (outcome["left"], ngettext("%d left", "%d left", outcome["left"])),
        (outcome["unchanged"], ngettext("%d as before", "%d as before", outcome["unchanged"])),
    )
    sentence = ", ".join(words % number for number, words in counts if number) + "."
    if kept_out:
        sentence += f" {stay % kept_out}."
    if outcome["joined"]:
        sentence += " " + _("Whoever is new can sign in now with their address; nobody was written to.")
    return sentence


def foretell(outcome: Mapping[str, Any]) -> str:
    """What the file would do, in a sentence that cannot be taken for one about what was done."""
    if outcome["changes_nothing"]:
        return say(outcome)
    returned, kept_out = outcome.get("returned", 0), outcome.get("kept_out", 0)
    counts = (
        (outcome["joined"], ngettext("%d person would join", "%d people would join", outcome["joined"])),
        (returned, ngettext("%d would come back", "%d would come back", returned)),
        (kept_out, ngettext("%d would stay deactivated", "%d would stay deactivated", kept_out)),
        (outcome["moved"], ngettext("%d would move", "%d would move", outcome["moved"])),
        (outcome["changed"], ngettext("%d would change", "%d would change", outcome["changed"])),
        (outcome["left"], ngettext("%d would leave", "%d would leave", outcome["left"])),
        (outcome["unchanged"], ngettext("%d would stay as before", "%d would stay as before", outcome["unchanged"])),
    )
    sentence = ", ".join(words % number for number, words in counts if number) + "."
    return sentence + " " + _("Nothing is changed yet.")


def bad_rows_csv(outcome: Mapping[str, Any]) -> bytes:
    """Line, reason and value of each bad row, and then the row itself under the file's own header."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow([_("line"), _("reason"), _("value"), *map(_cell, outcome.get("header", ()))])
    for line, value, reason, cells in outcome.get("bad_rows", ()):
        writer.writerow([line or "", reason, _cell(value), *map(_cell, cells)])
    # With a mark, by which spreadsheets know UTF-8.
    return written.getvalue().encode("utf-8-sig")


def _cell(value: object) -> str:
    return plain_cell(str(value))
