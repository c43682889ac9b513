"""Identity providers, whose accounts belong to which members, and what groups mean. No token, no claim, no time."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from andon.foundation.organisation.models import Duty, Membership, Node


class IdentityProvider(models.Model):
    """One OpenID Connect provider, as a steward has set it up."""

    slug = models.SlugField(max_length=40, unique=True)
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=60)
    issuer = models.CharField(max_length=300)
    client_id = models.CharField(max_length=191)
    # Sealed under the secret key of the installation.
    client_secret = models.TextField(blank=True)
    scopes = models.CharField(max_length=200, blank=True)
    groups_claim = models.CharField(max_length=100, blank=True)
    trusts_addresses = models.BooleanField(default=False)
    # Whether nobody gets through there with one factor, as a steward says. What the ID token says counts as well.
    asks_second_factor = models.BooleanField(default=False)
    adds_members = models.BooleanField(default=False)
    may_give_steward = models.BooleanField(default=False)
    is_enabled = models.BooleanField(default=False)
    # The hosts that a steward saw when the provider was checked. No other one is ever asked.
    hosts = models.JSONField(default=list)

    class Meta:
        ordering = ("name", "slug")

    def __str__(self) -> str:
        return self.name


class Identity(models.Model):
    """The account of a member at a provider, by the name that the provider never gives to anybody else."""

    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="identities")
    subject = models.CharField(max_length=191)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="identities")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["provider", "subject"], name="providers_subject_once"),
            models.UniqueConstraint(fields=["provider", "member"], name="providers_member_once"),
        )


class GroupRule(models.Model):
    """Whoever has this value among their groups belongs to this team, or has this duty. Lower `place` comes first."""

    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="rules")
    place = models.PositiveIntegerField()
    value = models.CharField(_("group"), max_length=200)
    node = models.ForeignKey(Node, null=True, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=8, choices=Membership.Role.choices, default=Membership.Role.MEMBER)
    duty = models.CharField(max_length=12, choices=Duty.Role.choices, blank=True)

    class Meta:
        ordering = ("place", "id")


class DutyByRule(models.Model):
    """A duty that came with a group, and goes with it."""

    duty = models.OneToOneField(Duty, on_delete=models.CASCADE, related_name="by_rule")
    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="+")


class StandbySteward(models.Model):
    """A steward who may sign in with password and second factor when the providers are the only way."""

    member = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
