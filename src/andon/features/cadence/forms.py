"""How often a team is asked."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from andon.features.instruments import public as instruments
from andon.features.rounds import public as rounds

RHYTHMS: dict[str, str | Promise] = {
    "13": _("Each quarter"),
    "8": _("Every eight weeks"),
    "26": _("Twice a year"),
    "0": _("Once, on this day"),
}
# Windows follow each other, so they have no number of weeks.
WINDOWS: dict[str, str | Promise] = {
    rounds.Kind.DAILY: _("A question a day"),
    rounds.Kind.WEEKLY: _("A question a week"),
}
# A change that is to be seen needs time; and what is asked again sooner is remembered.
USUAL_WAIT = timedelta(days=90)
SOONEST = timedelta(days=7)


class MakeSchedule(forms.Form):
    node = forms.ChoiceField(label=_("Who is asked"), help_text=_("The people of this team and of all teams below it."))
    instrument = forms.ChoiceField(label=_("Questionnaire"))
    weeks = forms.ChoiceField(
        label=_("How often"), widget=forms.RadioSelect, choices=[*RHYTHMS.items(), *WINDOWS.items()], initial="13"
    )
    comments = rounds.comments_field()
    first_on = forms.DateField(
        label=_("First on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("On a day off it opens on the next working day, at nine. It is published three days before."),
    )
    open_days = forms.ChoiceField(
        label=_("How long it stays open"),
        widget=forms.RadioSelect,
        initial="7",
        choices=[("3", _("Three days")), ("7", _("One week")), ("14", _("Two weeks"))],
        help_text=_(
            "With a question a day or a week this follows from the questions: one window of four to eight weeks comes "
            "after the other, without an end."
        ),
    )

    def __init__(self, *args: Any, teams: Sequence[tuple[str, str]], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not rounds.may_ask_for_comments():
            del self.fields["comments"]
        node: Any = self.fields["node"]
        node.choices = teams
        chosen: Any = self.fields["instrument"]
        offer = [line.instrument for line in instruments.listed() if line.is_newest and line.is_on_offer]
        chosen.choices = [(one.id, str(instruments.in_words(one.title))) for one in offer]
        self.fields["first_on"].initial = today + SOONEST

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if told.get("comments") and told.get("weeks") in WINDOWS:
            self.add_error("comments", rounds.NO_COMMENTS_IN_WINDOWS)
        if told.get("instrument", "").startswith(instruments.OWN) and told.get("weeks") in WINDOWS:
            self.add_error("weeks", rounds.OWN_ALL_AT_ONCE)
        return told
