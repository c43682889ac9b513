"""What a steward types about a person and a team."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from andon.foundation.organisation.directory import team_named, teams_found
from andon.foundation.organisation.membership import ChangeRefused, Placing, clean_address, clean_name
from andon.foundation.organisation.models import Duty, Membership, Node
from andon.foundation.organisation.teams import LONGEST_NAME
from andon.foundation.organisation.walking import paths_of

MANY_FIT = _("More teams fit than can be shown. Choose one below, or type more of its name.")


class _Among(forms.ChoiceField):
    """One of the choices, or nothing: a choice that belonged to other words is as good as none."""

    def valid_value(self, value: Any) -> bool:
        return True


class TeamForm(forms.Form):
    """A team, found by typing: part of its name or path. Where several fit, the form comes back with those."""

    team = forms.CharField(
        label=_("Team"),
        max_length=1_000,
        help_text=_("Its name, or part of its path. Where several teams fit, you choose among them next."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    team_id = _Among(label=_("Which of these teams"), required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, without: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.without = without
        self.several = False
        self._choose()

    def _choose(self) -> None:
        """Which teams fit what was typed: the choices are always computed here and never taken from the browser."""
        choice: Any = self.fields["team_id"]
        typed = str(self.data.get(self.add_prefix("team"), "")) if self.is_bound else ""
        found, self.more = teams_found(typed, without=self.without)
        choice.choices = found
        exact = team_named(typed) if typed.strip() else None
        self.only = found[0][0] if len(found) == 1 else exact if exact in dict(found) else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "team" not in cleaned:
            return cleaned
        found: dict[str, str] = dict(self.fields["team_id"].choices)  # type: ignore[attr-defined]
        chosen = cleaned.get("team_id") if cleaned.get("team_id") in found else self.only
        if not found and self.without and teams_found(cleaned["team"])[0]:
            self.add_error(
                "team",
                _(
                    "A team cannot stand below itself, nor below a team that stands below it. Nothing was changed. "
                    "Choose another one."
                ),
            )
        elif not found:
            self.add_error("team", _("No team is called like this. Nothing was changed. Try another part of its name."))
        elif chosen is None:
            self.several = True
            words = ngettext("%d team fits. Choose it below.", "%d teams fit. Choose one below.", len(found))
            self.add_error("team", MANY_FIT if self.more else words % len(found))
        else:
            cleaned["node"] = Node.objects.filter(pk=chosen, retired_on=None).first()
            cleaned["team_id"] = chosen
            if cleaned["node"] is None:
                self.add_error("team", _("This team was retired meanwhile. Nothing was changed. Choose another one."))
        return cleaned


def _day(label: Any, help_text: Any, *, required: bool = True) -> forms.DateField:
    # The browser's own calendar, whose value is a date without a language.
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(
        label=label, help_text=help_text, widget=widget, required=required, input_formats=["%Y-%m-%d"]
    )


class PlaceForm(TeamForm):
    """Where somebody belongs, as what, from when until when."""

    role = forms.ChoiceField(label=_("Role in the team"), widget=forms.RadioSelect, choices=Membership.Role.choices)
    starts_on = _day(_("First day"), _("Today or later, at most two years ahead."))
    ends_on = _day(
        _("Last day"), _("Leave it empty where there is none. Afterwards the person is in no team."), required=False
    )
    field_order: Iterable[str] | None = ("team", "team_id", "role", "starts_on", "ends_on")

    def placing(self) -> Placing:
        data = self.cleaned_data
        return Placing(data["node"], data["role"], data["starts_on"], data["ends_on"])


class PersonForm(forms.Form):
    """Who somebody is. Both are looked at before anything is shown that one of them would not come to."""

    name = forms.CharField(label=_("Name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    email = forms.CharField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def clean_name(self) -> str:
        try:
            return clean_name(self.cleaned_data["name"])
        except ChangeRefused as refused:
            raise forms.ValidationError(str(refused)) from None

    def clean_email(self) -> str:
        try:
            return clean_address(self.cleaned_data["email"])
        except ChangeRefused as refused:
            raise forms.ValidationError(str(refused)) from None


class NewPersonForm(PersonForm, PlaceForm):
    field_order: Iterable[str] | None = ("name", "email", "team", "team_id", "role", "starts_on", "ends_on")


class LastDayForm(forms.Form):
    ends_on = _day(_("Last day"), _("Leave it empty where there is none."), required=False)


class DutiesForm(forms.Form):
    duties = forms.MultipleChoiceField(
        label=_("Roles in the whole organisation"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[
            (Duty.Role.STEWARD, _("Steward: runs the service, changes people and settings; reads no answer")),
            (Duty.Role.AUDITOR, _("Auditor: sees every round and checks that it was kept to what was promised")),
            (Duty.Role.FACILITATOR, _("Facilitator: may be asked to lead the talk about a result")),
        ],
    )


class TeamNameForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=LONGEST_NAME, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


def place_initial(*, today: date, stay: Membership | None) -> dict[str, Any]:
    """What the form for another place begins with: the place as it is, from today."""
    initial: dict[str, Any] = {"role": Membership.Role.MEMBER, "starts_on": today}
    if stay is not None:
        path = paths_of([stay.node_id]).get(stay.node_id, ())
        initial |= {"team": " / ".join(step.name for step in path), "role": stay.role, "ends_on": stay.ends_on}
    return initial
