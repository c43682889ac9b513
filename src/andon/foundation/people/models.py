"""Members: who may sign in. Nothing here knows of rounds, slips or ballots."""

import secrets
import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _


def random_epoch() -> str:
    return secrets.token_hex(8)


def label_of(name: str, email: str) -> str:
    return f"{name} <{email}>"


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
    # Of letters that are not about the account. No lead and no steward is shown who wants none.
    wants_letters = models.BooleanField(default=True)
    is_active = models.BooleanField(_("active"), default=True)

    # A new one ends every session and every link that was sent before.
    epoch = models.CharField(max_length=16, default=random_epoch, editable=False)
    # Whether an invitation still makes sense; never when.
    has_signed_in = models.BooleanField(default=False)
    # Until when a second factor may be missing that the organisation asks of this member; None where none is owed.
    second_factor_by = models.DateField(null=True, editable=False)

    last_login = None

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = MemberManager()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        indexes = [
            # In the order in which people are listed, a page at a time.
            models.Index(fields=["name", "id"], name="people_by_name"),
            # Who is here and who left, in the order in which memberships are compared with them.
            models.Index(fields=["is_active", "id"], name="people_here"),
        ]

    def __str__(self) -> str:
        return self.label

    def get_session_auth_hash(self) -> str:
        return self._hash_for_sessions(None)

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._hash_for_sessions(secret)

    def _hash_for_sessions(self, secret: str | bytes | None) -> str:
        """Another password, address or epoch is another hash, and a session with the old one is over."""
        return salted_hmac(
            "andon.people.session", f"{self.password}:{self.epoch}:{self.email}", secret, algorithm="sha256"
        ).hexdigest()

    @property
    def label(self) -> str:
        """How the member stands on a roster: `Name <address>`, which is distinct for every member."""
        return label_of(self.name, self.email)

    @property
    def key(self) -> str:
        """The member's id as text, for keys and for other processes."""
        return self.id.hex


class Session(AbstractBaseSession):
    """A browser that is signed in, or on its way to it.

    The key is a hash of what the browser holds: a copy of this table signs nobody in. Nothing here moves after the
    sign-in: the end follows from the day on which it began, and there is no address and no last visit.
    """

    session_key = models.CharField(primary_key=True, max_length=64)
    member = models.ForeignKey(Member, null=True, on_delete=models.CASCADE, related_name="+")
    # Two words, "firefox linux", made once at sign-in.
    device = models.CharField(max_length=32, blank=True)
    since = models.DateField(null=True)

    @classmethod
    def get_session_store_class(cls) -> Any:
        from andon.foundation.people.sessions import SessionStore

        return SessionStore


class AddressChange(models.Model):
    """Another address that a steward asked for, until it counts or somebody says no (see `addresses`)."""

    # In the letter to the address that still counts, signed.
    key = models.CharField(primary_key=True, max_length=32)
    member = models.OneToOneField(Member, on_delete=models.CASCADE, related_name="+")
    email = models.EmailField(max_length=254, unique=True)
    counts_from = models.DateTimeField(db_index=True)
    # When the letter to the old address is tried again; None once it has left.
    letter_due = models.DateTimeField(null=True)


class Passing(models.Model):
    """What has to be remembered for minutes: tries that failed, a code that was used, somebody who just signed in.

    The key is a keyed hash, so that the table names nobody; the end is rounded up to a quarter of an hour.
    """

    key = models.CharField(primary_key=True, max_length=64)
    count = models.PositiveIntegerField(default=0)
    until = models.DateTimeField(db_index=True)
    # An address, sealed, while the letter to it has not left.
    letter = models.TextField(blank=True)
