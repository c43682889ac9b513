"""The forms of signing in, in our words: labels instead of placeholders."""

from typing import Any

from allauth.account import forms as allauth
from allauth.account.adapter import get_adapter
from allauth.mfa.base import forms as second
from allauth.mfa.models import Authenticator
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from andon.foundation.configuration import public as configuration
from andon.foundation.organisation.choices import ZoneSelect, zone_choices
from andon.foundation.people import again
from andon.foundation.people.models import Member
from andon.foundation.people.passwords import HINT


def _name(field: forms.Field, label: Any, help_text: Any = "", **attributes: Any) -> None:
    field.label = label
    field.help_text = help_text
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs.update(attributes)


class AskForCode(allauth.RequestLoginCodeForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        email = self.fields["email"]
        _name(email, _("Your work e-mail address"), inputmode="email")
        email.error_messages |= {
            "required": _("Type the address that your organisation knows you by."),
            "invalid": _("This is not an e-mail address. Nothing was sent."),
        }


class EnterCode(allauth.ConfirmLoginCodeForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget = CodeInput(attrs=self.fields["code"].widget.attrs)
        _name(
            self.fields["code"],
            _("Code"),
            _("Capital or small letters, with or without the hyphen."),
            autocapitalize="characters",
            spellcheck="false",
            **{"class": "code"},
        )


class SignInByPassword(allauth.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name(self.fields["login"], _("Your work e-mail address"), inputmode="email")
        _name(self.fields["password"], _("Password"))


def _new_password(form: Any) -> None:
    # No `maxlength`: a browser would cut off, without a word, what somebody pastes.
    _name(form.fields["password1"], _("New password"), HINT)
    _name(form.fields["password2"], _("The same once more"))


class SetPassword(allauth.SetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _new_password(self)


class ChangePassword(allauth.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name(self.fields["oldpassword"], _("Current password"))
        _new_password(self)

    def clean_oldpassword(self) -> str:
        if not again.may_try(self.user, "password"):
            raise get_adapter().validation_error("too_many_login_attempts")
        kept: str = super().clean_oldpassword()
        again.tried_well(self.user, "password")
        return kept


class ForgottenPassword(forms.Form):
    email = forms.EmailField(
        label=_("Your work e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": _("Type the address that your organisation knows you by."),
            "invalid": _("This is not an e-mail address. Nothing was sent."),
        },
    )


class CodeInput(forms.TextInput):
    """A code that counts once: what was typed is not shown again, or the next one would be typed behind it."""

    def format_value(self, value: Any) -> None:
        return None


def _code_field(label: Any, help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=20,
        widget=CodeInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false", "class": "code"}
        ),
        error_messages={"required": _("Type the code.")},
    )


class EnterSecondFactor(second.AuthenticateForm):
    """After the first step of signing in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if Authenticator.objects.filter(user=self.user, type=Authenticator.Type.TOTP).exists():
            label, help_text = (
                _("Code of your authenticator app"),
                _("Six digits, or a recovery code, which has eight."),
            )
        else:
            label, help_text = _("Recovery code"), _("Eight digits, for the day on which the passkey is lost.")
        self.fields["code"] = _code_field(label, help_text)

    def clean_code(self) -> str:
        if not again.may_try(self.user):
            raise get_adapter().validation_error("too_many_login_attempts")
        code: str = super().clean_code()
        if not again.not_used_before(self.user, code):
            raise forms.ValidationError(_("This code was used before. Wait for the next one and type that."))
        again.tried_well(self.user)
        return code


class AppCode(forms.Form):
    code = _code_field(_("Code that the app shows now"), _("Six digits."))


class ShowAgain(forms.Form):
    """One field, whose meaning depends on what the member has."""

    def __init__(self, kind: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        match kind:
            case "app":
                self.fields["answer"] = _code_field(
                    _("Code of your authenticator app"),
                    _("Six digits, or a recovery code, which has eight."),
                )
            case "mail":
                self.fields["answer"] = _code_field(
                    _("Code"), _("Capital or small letters, with or without the hyphen.")
                )
                self.fields["answer"].widget.attrs["inputmode"] = "text"
            case _password:
                self.fields["answer"] = forms.CharField(
                    label=_("Password"),
                    widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
                    strip=False,
                )


class NamePasskey(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=60, help_text=_("So that you recognise it in the list, such as “work laptop”.")
    )


class ChooseForYourself(forms.ModelForm[Member]):
    language = forms.ChoiceField(label=_("Language"), required=False)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        widget=ZoneSelect,
    )
    wants_letters = forms.BooleanField(
        label=_("Letters about rounds"),
        required=False,
        help_text=_(
            "When one opens, closes soon or has a result. Without them the page Today says the same. Nobody but you is "
            "shown what you choose, and letters about your account come either way."
        ),
    )

    class Meta:
        model = Member
        fields = ("language", "time_zone", "wants_letters")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(settings.LANGUAGES) > 1:
            choices = [("", _("What my browser asks for")), *settings.LANGUAGES]
            self.fields["language"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["language"]
        zone = configuration.read("organisation.time_zone")
        own = _("The organisation's (%(zone)s)") % {"zone": zone}
        self.fields["time_zone"].choices = [("", own), *zone_choices()]  # type: ignore[attr-defined]
