"""What stewards choose about signing in."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from andon.foundation.configuration import public as configuration

NOBODY, DUTIES, EVERYBODY = "nobody", "duties", "everybody"
WHO = [
    (DUTIES, _("stewards and auditors")),
    (EVERYBODY, _("everybody")),
    (NOBODY, _("nobody: it is up to each member")),
]


def _code() -> forms.Field:
    return forms.BooleanField(label=_("Members may sign in with a code by mail"), required=False)


def _password() -> forms.Field:
    return forms.BooleanField(
        label=_("Members may sign in with a password"),
        required=False,
        help_text=_("Passwords that exist are kept while this is off."),
    )


def _second_factor() -> forms.Field:
    return forms.ChoiceField(
        label=_("Who must have a second factor"),
        choices=WHO,
        help_text=_("An authenticator app or a passkey. Whoever has none yet gets two weeks from the next sign-in on."),
    )


def _days() -> forms.Field:
    return forms.IntegerField(
        label=_("For how many days somebody stays signed in"),
        min_value=1,
        max_value=90,
        help_text=_("From the next sign-in on."),
    )


def _flag(text: str) -> bool:
    return text.strip().lower() in {"1", "true", "yes", "on"}


def _a_way_in(values: Mapping[str, Any]) -> Mapping[str, Any]:
    if not values.get("sign_in.code") and not values.get("sign_in.password"):
        return {
            "sign_in.password": _("At least one of the two has to stay, or members without a passkey are locked out.")
        }
    return {}


def section() -> configuration.Section:
    return configuration.Section(
        slug="sign-in",
        title=_("Signing in"),
        lead=_("How members show who they are. Signing in never touches an answer: the anonymous door knows nobody."),
        order=20,
        settings=(
            configuration.Setting("sign_in.code", _code, default=True, environment="ANDON_SIGN_IN_CODE", parse=_flag),
            configuration.Setting(
                "sign_in.password", _password, default=True, environment="ANDON_SIGN_IN_PASSWORD", parse=_flag
            ),
            configuration.Setting(
                "sign_in.second_factor",
                _second_factor,
                # The people of a demonstration have no authenticator apps.
                default=NOBODY if settings.DEMO else DUTIES,
                environment="ANDON_SECOND_FACTOR",
            ),
            configuration.Setting("sign_in.days", _days, default=14, environment="ANDON_SESSION_DAYS", parse=int),
        ),
        validate=_a_way_in,
    )
