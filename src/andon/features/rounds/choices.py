"""The promises that a steward can tighten for later rounds. A round keeps those it was published with."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from andon.foundation.configuration import public as configuration
from andon.kernel import disclosure

MOST_BALLOTS_ASKED_FOR = 30
LONGEST_NOTICE_DAYS = 6


def _least_ballots() -> forms.Field:
    return forms.TypedChoiceField(
        label=_("Answers that a figure needs"),
        choices=[(number, str(number)) for number in range(disclosure.LEAST_UNIT, MOST_BALLOTS_ASKED_FOR + 1)],
        coerce=int,
        help_text=_("A team in which fewer answered has no figure. Five is the least that Andon knows."),
    )


def _notice() -> forms.Field:
    return forms.TypedChoiceField(
        label=_("Days between publishing and opening"),
        choices=[(number, str(number)) for number in range(LONGEST_NOTICE_DAYS + 1)],
        coerce=int,
        help_text=_("With 0 a lead may open a round at once."),
    )


def _early_close() -> forms.Field:
    return forms.BooleanField(
        label=_("A lead may close a round before its date"),
        required=False,
        help_text=_("It is announced in the public log."),
    )


def _comments() -> forms.Field:
    return forms.BooleanField(
        label=_("A round may ask for comments"),
        required=False,
        help_text=_("Whoever opens one chooses each time. Without this nobody can."),
    )


def _who_falls_short(before: Any, after: Any) -> str:
    """How many people are in units that could not have a figure any more, however many of them answered."""
    from andon.foundation.organisation import public as organisation
    from andon.foundation.organisation.models import Node

    on, top = organisation.today(), Node.objects.filter(parent=None).first()
    tree = organisation.sizes(root_id=top.pk, on=on) if top else ()
    number = sum(unit.size for unit in disclosure.units_from_sizes(tree).units if before <= unit.size < after)
    return ngettext(
        "As teams are today, %(number)s person is asked in a group that is too small for it: such a group has no "
        "figure any more, even if everybody answers.",
        "As teams are today, %(number)s people are asked in groups that are too small for it: such a group has no "
        "figure any more, even if everybody answers.",
        number,
    ) % {"number": number}


def _more(before: Any, after: Any) -> bool:
    return bool(after > before)


POLICIES = configuration.Section(
    slug="policies",
    title=_("Promises of rounds"),
    lead=_(
        "What every later round promises to those who answer. Each can be made stricter and never looser. A round that "
        "is published keeps the promises that it was published with."
    ),
    order=50,
    settings=(
        configuration.Setting(
            "policy.least_ballots",
            _least_ballots,
            default=disclosure.LEAST_UNIT,
            anonymity=_("The more answers a figure needs, the less it says about any one of them."),
            is_tighter=_more,
            consequence=_who_falls_short,
        ),
        configuration.Setting(
            "policy.notice_days",
            _notice,
            default=0,
            anonymity=_(
                "Wallets fetch their slips in these days. Whoever watches the server can link a slip to an answer by "
                "time only when the two are close together, so three days are better than none."
            ),
            is_tighter=_more,
        ),
        configuration.Setting(
            "policy.early_close",
            _early_close,
            default=True,
            anonymity=_("A lead who may choose the moment could choose one at which few have answered."),
            is_tighter=lambda before, after: before and not after,
        ),
        configuration.Setting(
            "policy.comments",
            _comments,
            default=True,
            anonymity=_("No arithmetic hides how somebody writes. Who knows them may recognise it."),
            is_tighter=lambda before, after: before and not after,
        ),
    ),
)


def may_ask_for_comments() -> bool:
    return bool(configuration.read("policy.comments"))


def policy(*, early_close: bool) -> disclosure.Policy:
    """The promises of a round that is published now. `early_close=False` is stricter than what was chosen."""
    chosen = configuration.read_all(["policy.least_ballots", "policy.early_close"])
    return disclosure.Policy(
        least_ballots=chosen["policy.least_ballots"], early_close=early_close and chosen["policy.early_close"]
    )


def _anybody() -> forms.Field:
    return forms.BooleanField(
        label=_("Every member may open a round of their own team"),
        required=False,
        help_text=_("Otherwise only those who lead it, or a team above. So, too, where teams lie below it."),
    )


ASKING = configuration.Section(
    slug="asking",
    title=_("Who may ask"),
    lead=_("Whoever leads a team may always open a round of it, and of the teams below."),
    order=44,
    settings=(
        configuration.Setting(
            "rounds.anybody",
            _anybody,
            default=False,
            anonymity=_("None: a round is a round, whoever opened it. The change log says who did."),
        ),
    ),
)


def anybody_may_ask() -> bool:
    """Whether every member may open a round of their own team."""
    return bool(configuration.read("rounds.anybody"))


def notice() -> timedelta:
    return timedelta(days=configuration.read("policy.notice_days"))
