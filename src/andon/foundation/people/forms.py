"""The forms of signing in, in our words: labels instead of placeholders."""

from typing import Any

from allauth.account import forms as allauth
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from andon.foundation.people.models import Member


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


class SetPassword(allauth.SetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name(self.fields["password1"], _("New password"), _("At least 12 characters. Several words are fine."))
        _name(self.fields["password2"], _("The same once more"))


class ChangePassword(allauth.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name(self.fields["oldpassword"], _("Current password"))
        _name(self.fields["password1"], _("New password"), _("At least 12 characters. Several words are fine."))
        _name(self.fields["password2"], _("The same once more"))


class ChooseLanguage(forms.ModelForm[Member]):
    language = forms.ChoiceField(label=_("Language"), required=False)

    class Meta:
        model = Member
        fields = ("language",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("What my browser asks for")), *settings.LANGUAGES]
        self.fields["language"].choices = choices  # type: ignore[attr-defined]
