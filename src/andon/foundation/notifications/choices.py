"""What a steward chooses about mail."""

from collections.abc import Mapping
from email.utils import parseaddr
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from andon.foundation.configuration import public as configuration

SECURITY = (
    ("starttls", _("STARTTLS, usually on port 587")),
    ("tls", _("TLS from the first byte, usually on port 465")),
    ("none", _("none, for a mail server on this machine only")),
)


LONGEST_SENDER = 254


def _host() -> forms.Field:
    return forms.CharField(label=_("Mail server"), max_length=253, help_text=_("Its name, such as smtp.example.org."))


def _port() -> forms.Field:
    return forms.IntegerField(label=_("Port"), min_value=1, max_value=65_535)


def _security() -> forms.Field:
    return forms.ChoiceField(label=_("Encryption"), choices=SECURITY)


def _user() -> forms.Field:
    return forms.CharField(label=_("User"), required=False, max_length=254, widget=_plain_text())


def _password() -> forms.Field:
    return forms.CharField(
        label=_("Password"),
        required=False,
        max_length=500,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Kept encrypted under this installation's secret key; nobody can read it here again."),
    )


def _sender() -> forms.Field:
    return forms.CharField(
        label=_("Sender"),
        max_length=LONGEST_SENDER,
        validators=[check_sender],
        help_text=_("What stands in the letters as From, such as Andon <andon@example.org>."),
    )


def _plain_text() -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"})


def check_sender(text: str) -> None:
    """An address, with or without a name in front."""
    # What reads an address goes one level deeper for some signs, and no address is that long.
    _name, address = parseaddr(text) if len(text) <= LONGEST_SENDER else ("", "")
    try:
        validate_email(address)
    except ValidationError:
        # The machine's own name is enough of a domain for a mail server on it.
        if not address.endswith("@localhost"):
            raise ValidationError(_("This holds no e-mail address.")) from None


def _validate(values: Mapping[str, Any]) -> Mapping[str, str | Promise]:
    if values["mail.security"] == "none" and values["mail.host"] not in {"localhost", "127.0.0.1", "::1"}:
        return {
            "mail.security": _(
                "Letters hold codes that sign people in. Without encryption everybody on the way reads them, so this "
                "is possible for a mail server on this machine only."
            )
        }
    now = configuration.read_all(["mail.host", "mail.password"])
    if values["mail.host"] != now["mail.host"] and now["mail.password"]:
        fixed = configuration.is_fixed(configuration.setting_named("mail.password"))
        if fixed:
            words = _(
                "The password stands in the environment of the service and belongs to the mail server so far, so it "
                "is sent to no other one. Whoever looks after the service changes both there."
            )
            return {"mail.host": words}
        if not values.get("mail.password"):
            words = _(
                "The password that is kept belongs to the mail server so far and is sent to no other one. Type the "
                "one of the new server. Nothing was changed."
            )
            return {"mail.password": words}
    return {}


def _check(request: HttpRequest) -> list[configuration.Finding]:
    from andon.foundation.notifications.public import send_test_mail
    from andon.foundation.permissions.public import current_member

    return send_test_mail(to=current_member(request).email)


MAIL = configuration.Section(
    slug="mail",
    title=_("Mail"),
    lead=_("How letters leave: sign-in codes, invitations, reminders. Reminders always go to everybody alike."),
    order=20,
    settings=(
        configuration.Setting("mail.host", _host, default="localhost", environment="ANDON_SMTP_HOST"),
        configuration.Setting("mail.port", _port, default=25, environment="ANDON_SMTP_PORT", parse=int),
        configuration.Setting("mail.security", _security, default="none", environment="ANDON_SMTP_SECURITY"),
        configuration.Setting("mail.user", _user, environment="ANDON_SMTP_USER"),
        configuration.Setting("mail.password", _password, environment="ANDON_SMTP_PASSWORD", secret=True),
        configuration.Setting("mail.sender", _sender, default="Andon <andon@localhost>", environment="ANDON_MAIL_FROM"),
    ),
    check=configuration.Check(
        label=_("Send a test mail to myself"),
        about=_("What is saved is tried, not what is typed above."),
        run=_check,
    ),
    validate=_validate,
)
