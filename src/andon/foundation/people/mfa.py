"""How second factors differ here from what allauth does by default: sealed, and without times."""

import base64
import secrets
from typing import Any, ClassVar
from urllib.parse import urlsplit

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import QuerySet
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from andon.foundation.configuration.sealing import CannotOpen, open_sealed, seal
from andon.foundation.interface.context import SITE_NAME
from andon.foundation.people.models import Member
from andon.foundation.people.sessions import BROWSER_NAMES, SYSTEM_NAMES, device_of


class SealedFactors(DefaultMFAAdapter):
    """Guarantees: a copy of the database without the secret key makes no code. Does not: protect against both."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy(
            "This code is not right, or it was used before. Nothing was changed. Wait for the next one and type that."
        ),
    }

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return open_sealed(encrypted_text)
        except CannotOpen:
            # Sealed under another secret key: from now on no code is right, and no page fails.
            return base64.b32encode(secrets.token_bytes(20)).decode("ascii")

    def get_totp_label(self, user: Any) -> str:
        return str(user.email)

    def get_totp_issuer(self) -> str:
        return SITE_NAME

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        # From the settings: what a request says of its host decides nothing.
        return {"id": urlsplit(settings.APP_ORIGIN).hostname or "localhost", "name": SITE_NAME}

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        return {"id": user.key.encode(), "name": user.email, "display_name": user.name}

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002
        agent = context.request.META.get("HTTP_USER_AGENT", "") if context.request else ""
        return describe(device_of(agent).split()) or _("Passkey")


def describe(words: list[str]) -> str:
    """ "Firefox on Linux", from the two words of a device."""
    browser = next((BROWSER_NAMES[word] for word in words if word in BROWSER_NAMES), "")
    system = next((SYSTEM_NAMES[word] for word in words if word in SYSTEM_NAMES), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system


@receiver(pre_save, sender=Authenticator)
def without_times(sender: Any, instance: Authenticator, **kwargs: Any) -> None:
    """When a factor was last used says when somebody was here; of when it was made, the day is enough."""
    instance.last_used_at = None
    instance.created_at = instance.created_at.replace(hour=0, minute=0, second=0, microsecond=0)


SECOND = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def factors_of(member: Member) -> list[Authenticator]:
    return list(Authenticator.objects.filter(user=member).order_by("pk"))


def has_second_factor(member: Member) -> bool:
    return Authenticator.objects.filter(user=member, type__in=SECOND).exists()


def without_second_factor(members: QuerySet[Member]) -> QuerySet[Member]:
    return members.exclude(pk__in=Authenticator.objects.filter(type__in=SECOND).values("user_id"))
