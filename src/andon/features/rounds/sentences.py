"""What a round says in words: the codes of its records as sentences in the reader's language."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

VOID_REASONS: Mapping[str, str | Promise] = {
    "ballot_box_replaced": _("the database of ballots is another one than the round began with"),
    "audit_failed": _("the check before publishing found that a figure could have told too much"),
    "box_changed": _("the ballots were altered after the box was closed"),
    "box_key_lost": _("the key that opens the ballots was lost"),
    "figures_lost": _("its figures were shown, and were lost afterwards: the backup that was restored is older"),
    "more_ballots_than_members": _("there were more ballots than people who were asked"),
    "other_release_logged": _("the public log names another result"),
    "release_damaged": _("the result was altered before it was shown"),
    "spool_damaged": _("the result was altered before it was kept"),
    "spool_lost": _("the result was lost before it was kept"),
    "withdrawn": _("it was withdrawn before it opened, and published again with the people of that day"),
}

NOT_ASKED: Mapping[str, str | Promise] = {
    "no_unit_beside": _("no team beside yours to be counted with"),
    "organisation_too_small": _("fewer than five people in all"),
}

ACTS: Mapping[str, str | Promise] = {"opened": _("opened it"), "closed": _("asked to close it")}

PURPOSE_WORDS: Mapping[str, str | Promise] = {"ballot": _("answering once"), "comment": _("one comment")}


def say(code: str, words: Mapping[str, str | Promise]) -> str:
    """The words for the code; the code itself where a newer version wrote one that this one does not know."""
    return str(words.get(code, code))
