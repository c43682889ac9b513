from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from andon.foundation.configuration.sealing import seal
from andon.foundation.organisation.models import Duty, Membership, Node
from andon.foundation.organisation.public import named_paths
from andon.foundation.providers import asking
from andon.foundation.providers.models import GroupRule, IdentityProvider

_PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class SetUp(forms.ModelForm[IdentityProvider]):
    secret = forms.CharField(
        label=_("Client secret"),
        required=False,
        max_length=191,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = IdentityProvider
        fields = (
            "name", "issuer", "client_id", "secret", "scopes", "groups_claim",
            "trusts_addresses", "asks_second_factor", "adds_members", "may_give_steward",
        )  # fmt: skip
        labels = {
            "name": _("Name on the button"),
            "issuer": _("Issuer"),
            "client_id": _("Client ID"),
            "scopes": _("Further scopes"),
            "groups_claim": _("Claim with the groups"),
            "trusts_addresses": _("Take the addresses of this provider as verified"),
            "asks_second_factor": _("This provider asks everybody for a second factor"),
            "adds_members": _("Add whoever the provider vouches for"),
            "may_give_steward": _("Let a group make somebody steward"),
        }
        help_texts = {
            "name": _("As people call it: “Sign in with …”."),
            "issuer": _("An https address. Andon reads all else from the discovery document there."),
            "scopes": _("Beside openid, profile and email; separated by spaces. Usually none."),
            "groups_claim": _("Leave it empty if groups shall mean nothing here."),
            "trusts_addresses": _(
                "For providers that do not say whether an address is verified, such as Entra. The risk: whoever can "
                "change an address there, their own or another's, can come in here as the member with that address. "
                "Tick it only if nobody but your administrators can."
            ),
            "asks_second_factor": _(
                "Tick it only if nobody gets through there with a password alone. Without it, and where the provider "
                "itself does not say so, whoever must have a second factor is asked to set one up here."
            ),
            "adds_members": _(
                "Whoever is not on the list of people is put on it at their first sign-in, in the team that a rule "
                "gives for one of their groups. Without such a rule they stay outside."
            ),
            "may_give_steward": _(
                "Whoever manages the groups then decides who runs Andon. "
                "Otherwise rules that name this duty do nothing."
            ),
        }
        widgets = {
            "issuer": forms.TextInput(attrs={**_PLAIN, "inputmode": "url"}),
            "client_id": forms.TextInput(attrs=_PLAIN),
            "scopes": forms.TextInput(attrs=_PLAIN),
            "groups_claim": forms.TextInput(attrs=_PLAIN),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["secret"].help_text = (
            _("One is kept, sealed. Leave this empty to keep it.")
            if self.instance.client_secret
            else _("Kept sealed under this installation's secret key; nobody can read it here again.")
        )

    def clean_issuer(self) -> str:
        issuer = str(self.cleaned_data["issuer"]).strip()
        if "YOUR-" in issuer:
            raise ValidationError(_("Put the name of your own organisation where it says YOUR."))
        try:
            asking.host_of(issuer)
        except asking.NotAsked:
            raise ValidationError(_("This is not an address such as https://example.okta.com.")) from None
        try:
            asking.check(issuer)
        except asking.NotAsked as why:
            if str(why) == "not https":
                raise ValidationError(_("The issuer needs an address that begins with https.")) from None
            if str(why) != "no such host":
                raise ValidationError(_("This address cannot be that of an identity provider.")) from None
        return issuer

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        moved = "issuer" in found and found["issuer"].rstrip("/") != str(self.initial.get("issuer", "")).rstrip("/")
        if moved and self.instance.client_secret and not found.get("secret"):
            self.add_error(
                "secret",
                _(
                    "The secret that is kept belongs to the issuer so far and is sent to no other one. Nothing was "
                    "changed. Type the secret that the new issuer gave you."
                ),
            )
        return found

    def save(self, commit: bool = True) -> IdentityProvider:
        if self.cleaned_data["secret"]:
            self.instance.client_secret = seal(self.cleaned_data["secret"])
        return super().save(commit)


class AddRule(forms.ModelForm[GroupRule]):
    node = forms.ChoiceField(label=_("belongs to"), required=False)

    class Meta:
        model = GroupRule
        fields = ("value", "node", "role", "duty")
        labels = {"value": _("Whoever is in the group"), "role": _("as"), "duty": _("and is")}
        help_texts = {"value": _("Exactly as the provider sends it, capital and small letters included.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        nodes = Node.objects.filter(retired_on=None).values_list("pk", flat=True)
        self.fields["node"].choices = [("", _("no particular team")), *named_paths(nodes)]  # type: ignore[attr-defined]
        self.fields["role"].choices = Membership.Role.choices  # type: ignore[attr-defined]
        self.fields["duty"].choices = [("", _("nothing more")), *Duty.Role.choices]  # type: ignore[attr-defined]

    def clean_node(self) -> Node | None:
        return Node.objects.filter(pk=self.cleaned_data["node"]).first() if self.cleaned_data["node"] else None

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if not found.get("node") and not found.get("duty"):
            raise ValidationError(_("Choose a team, a duty, or both: otherwise the rule would do nothing."))
        return found


class TryGroups(forms.Form):
    groups = forms.CharField(
        label=_("Groups"),
        help_text=_("Separated by commas, as the provider sends them."),
        widget=forms.TextInput(attrs=_PLAIN),
        max_length=2_000,
    )

    def chosen(self) -> frozenset[str]:
        return frozenset(one.strip() for one in self.cleaned_data["groups"].split(",") if one.strip())


class Policy(forms.Form):
    only = forms.BooleanField(
        label=_("Only through an identity provider"),
        required=False,
        help_text=_(
            "Codes by mail, passwords and passkeys are then refused, except for the stewards below. It rests while "
            "no provider is on. Somebody with access to the server can always make a rescue link for a steward."
        ),
    )
    standby = forms.MultipleChoiceField(
        label=_("Stewards who may always use password and second factor"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("For the day on which the provider is down. Choose one or two, and have them set both up."),
    )

    def __init__(self, *args: Any, stewards: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["standby"].choices = stewards  # type: ignore[attr-defined]


class ForgetAccount(forms.Form):
    email = forms.EmailField(label=_("E-mail address of the member"))
