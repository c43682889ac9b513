"""Members: who may sign in. Nothing here knows of rounds, slips or ballots."""

import secrets
import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _


def random_epoch() -> str:
    return secrets.token_hex(8)


class MemberManager(BaseUserManager["Member"]):
    def create_user(self, email: str, name: str = "", password: str | None = None, **fields: Any) -> "Member":
        member = self.model(email=email.strip().lower(), name=name.strip(), **fields)
        member.set_password(password)
        member.save(using=self._db)
        return member

    def get_by_natural_key(self, email: str | None) -> "Member":
        return self.get(email=(email or "").strip().lower())


class Member(AbstractBaseUser):
    """A person of the organisation, known by an e-mail address in lower case.

    Does not keep the time of the last sign-in: it would say when somebody was here.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail address"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=150)
    language = models.CharField(_("language"), max_length=12, blank=True)
    # A name of the IANA time zone database; empty means the organisation's.
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    # A new one ends every session and every link that was sent before.
    epoch = models.CharField(max_length=16, default=random_epoch, editable=False)
    # Whether an invitation still makes sense; never when.
    has_signed_in = models.BooleanField(default=False)

    last_login = None

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = MemberManager()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")

    def __str__(self) -> str:
        return self.label

    def get_session_auth_hash(self) -> str:
        return self._hash_for_sessions(None)

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._hash_for_sessions(secret)

    def _hash_for_sessions(self, secret: str | bytes | None) -> str:
        """Another password or another epoch is another hash, and a session with the old one is over."""
        return salted_hmac(
            "andon.people.session", f"{self.password}:{self.epoch}", secret, algorithm="sha256"
        ).hexdigest()

    @property
    def label(self) -> str:
        """How the member stands on a roster: `Name <address>`, which is distinct for every member."""
        return f"{self.name} <{self.email}>"

    @property
    def key(self) -> str:
        """The member's id as text, for keys and for other processes."""
        return self.id.hex
