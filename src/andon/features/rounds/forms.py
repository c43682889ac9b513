"""What a lead chooses when opening a round."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from andon.features.instruments import public as instruments
from andon.features.rounds import choices
from andon.features.rounds.models import Round
from andon.features.rounds.services import OWN_ALL_AT_ONCE

OPENS = {
    "6d": (timedelta(days=6), _("In six days")),
    "3d": (timedelta(days=3), _("In three days (best: slips are spread long before anybody answers)")),
    "1d": (timedelta(days=1), _("Tomorrow, at this time")),
    "now": (timedelta(0), _("Now (people fetch slips and answer on the same day)")),
}
CLOSES = {
    "3d": (timedelta(days=3), _("Three days after it opens")),
    "7d": (timedelta(days=7), _("One week after it opens")),
    "14d": (timedelta(days=14), _("Two weeks after it opens")),
}
ASKING = {
    Round.Kind.FULL: _("All at once"),
    Round.Kind.DAILY: _("A question a day"),
    Round.Kind.WEEKLY: _("A question a week"),
}


NO_COMMENTS_IN_WINDOWS = _("Comments can be asked for only where all is asked at once.")


def _told(one: instruments.Instrument) -> SafeString:
    """A questionnaire as one of several: its name, and below it what is known of it."""
    return format_html(
        '<span><strong>{}</strong><span class="help">{}</span></span>',
        instruments.in_words(one.title),
        instruments.in_a_line(one),
    )


def comments_field() -> forms.BooleanField:
    """Whether comments are asked for. A form that has it drops it where a steward forbade comments."""
    return forms.BooleanField(
        label=_("People may add a comment in their own words"),
        required=False,
        help_text=_(
            "Only in groups of eight or more, and only where all is asked at once. Comments are read by the group "
            "alone, shuffled and without dates. Under eight answers, or as many as a figure needs where that is more, "
            "all of them are dropped unread. Who writes can be recognised by how they write: ask for comments where "
            "people want to write."
        ),
    )


class OpenRound(forms.Form):
    node = forms.ChoiceField(label=_("Who is asked"), help_text=_("The people of this team and of all teams below it."))
    instrument = forms.ChoiceField(label=_("Questionnaire"), widget=forms.RadioSelect)
    asking = forms.ChoiceField(
        label=_("How it is asked"),
        widget=forms.RadioSelect,
        choices=list(ASKING.items()),
        initial=Round.Kind.FULL,
        required=False,
        help_text=_(
            "A question a day asks each statement on a day of its own, the first at once and the others on working "
            "days, a question a week those of one part of the questionnaire. Each takes a tap. The result is there "
            "when the last one has been asked, after four to eight weeks."
        ),
    )
    comments = comments_field()
    opens = forms.ChoiceField(
        label=_("When it opens"),
        widget=forms.RadioSelect,
        choices=[(key, text) for key, (_delta, text) in OPENS.items()],
        initial="3d",
    )
    closes = forms.ChoiceField(
        label=_("When it closes"),
        widget=forms.RadioSelect,
        choices=[(key, text) for key, (_delta, text) in CLOSES.items()],
        initial="7d",
        required=False,
        help_text=_("With a question a day or a week this follows from the questions."),
    )

    def __init__(self, *args: Any, teams: Sequence[tuple[str, str]], is_chosen: bool = False, **kwargs: Any) -> None:
        """`teams`: (id, path) of those that may be chosen; with `is_chosen` the one that was, on another page."""
        super().__init__(*args, **kwargs)
        if not choices.may_ask_for_comments():
            del self.fields["comments"]
        opens: Any = self.fields["opens"]
        opens.choices = [(key, text) for key, (delta, text) in OPENS.items() if delta >= choices.notice()]
        if choices.notice() > OPENS[opens.initial][0]:
            opens.initial = opens.choices[-1][0]
        node: Any = self.fields["node"]
        node.choices = teams
        if is_chosen:
            node.widget = forms.HiddenInput()
            node.initial = teams[0][0]
        chosen: Any = self.fields["instrument"]
        newest = [line for line in instruments.listed() if line.is_newest]
        self.offer = {line.instrument.id: line.instrument for line in newest if line.is_on_offer}
        # How many wait for a steward's word about their rights.
        self.waiting = sum(line.waits and not line.is_retired for line in newest)
        chosen.choices = [(one.id, _told(one)) for one in self.offer.values()]
        chosen.initial = next(iter(self.offer))

    @property
    def kind(self) -> str:
        """All at once where nothing was chosen: pages and programs that know of no windows say nothing."""
        return self.cleaned_data["asking"] or Round.Kind.FULL

    @property
    def asks_comments(self) -> bool:
        return bool(self.cleaned_data.get("comments"))

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if not told.get("closes") and (told.get("asking") or Round.Kind.FULL) == Round.Kind.FULL:
            self.add_error("closes", _("Choose when the round closes."))
        if told.get("comments") and (told.get("asking") or Round.Kind.FULL) != Round.Kind.FULL:
            self.add_error("comments", NO_COMMENTS_IN_WINDOWS)
        is_own = told.get("instrument", "").startswith(instruments.OWN)
        if is_own and (told.get("asking") or Round.Kind.FULL) != Round.Kind.FULL:
            self.add_error("asking", OWN_ALL_AT_ONCE)
        return told

    def dates(self, at: datetime) -> tuple[datetime, datetime | None]:
        """When it opens and closes; None for a window, whose questions say when it closes."""
        opens_at = at + OPENS[self.cleaned_data["opens"]][0]
        if self.kind != Round.Kind.FULL:
            return opens_at, None
        return opens_at, opens_at + CLOSES[self.cleaned_data["closes"]][0]
