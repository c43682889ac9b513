from django import forms
from django.utils.translation import gettext_lazy as _

from andon.foundation.organisation import teams
from andon.foundation.people import names


class EnterCode(forms.Form):
    code = forms.CharField(
        label=_("Set-up code"),
        max_length=60,
        help_text=_(
            "It stands in the terminal in which Andon was started. Capital or small letters, with or without hyphens."
        ),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "class": "code long"}
        ),
    )


class NameOrganisation(forms.Form):
    name = forms.CharField(
        label=_("Name of the organisation"),
        max_length=200,
        help_text=_("As its people call it. It stands at the top of the tree of teams, and on invitations."),
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )

    def clean_name(self) -> str:
        try:
            return teams.clean_top_name(str(self.cleaned_data["name"]))
        except teams.BadName as refused:
            raise forms.ValidationError(str(refused)) from None


class NameSteward(forms.Form):
    name = forms.CharField(label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(
        label=_("Your work e-mail address"),
        max_length=254,
        help_text=_("You sign in with it. The roster file may name you again with the same address."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"invalid": _("This is not an e-mail address. Nothing was kept.")},
    )

    def clean_name(self) -> str:
        name = names.one_line(str(self.cleaned_data["name"]))
        if not names.is_good(name):
            raise forms.ValidationError(_("A name has no angle bracket and no character that nobody sees."))
        return name

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()


class Sign(forms.Form):
    """What the browser made with the steward's key. The key itself has no field."""

    steward_key = forms.RegexField(r"^[A-Za-z0-9_-]{43}$", widget=forms.HiddenInput)
    genesis = forms.RegexField(r"^[A-Za-z0-9_-]{86}$", widget=forms.HiddenInput)
    delegation = forms.RegexField(r"^[A-Za-z0-9_-]{86}$", widget=forms.HiddenInput)
