"""Rounds, the units they were opened to, and who was on the roster. Never who took part."""

import hashlib
import secrets
from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from andon.foundation.organisation.models import Node


def random_id() -> str:
    return secrets.token_hex(16)


def known_by(node_ids: Iterable[str]) -> str:
    """What a unit is known by from round to round: the teams that are counted together, 32 hex digits."""
    return hashlib.sha256("\n".join(sorted(node_ids)).encode()).hexdigest()[:32]


class Round(models.Model):
    """One opening of one instrument to the roster of one node. Its state is told by the records below."""

    class Kind(models.TextChoices):
        DAILY = "daily", _("daily")
        WEEKLY = "weekly", _("weekly")
        FULL = "full", _("full")

    id = models.CharField(primary_key=True, max_length=32, default=random_id)
    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.FULL)
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="+")
    instrument_id = models.CharField(max_length=64)
    instrument_version = models.CharField(max_length=32)
    policy = models.JSONField()
    # What a window asks, in its order: {"code", "from"}, as its manifest has them. Empty where all is asked at once.
    questions = models.JSONField(default=list)
    # Whether units of eight and more may add comments; never in a window.
    asks_comments = models.BooleanField(default=False)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    # Who asked for it, and when; the publication follows as soon as all its keys are on the disk.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()


class RoundUnit(models.Model):
    """A unit of a round as its manifest fixed it."""

    id = models.CharField(primary_key=True, max_length=32, default=random_id)
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="units")
    name = models.CharField(max_length=400)
    node_ids = models.JSONField()
    # The same for the same teams in every round: see `known_by`.
    known_by = models.CharField(max_length=32, db_index=True, blank=True, default="")
    # What opens the leaf, in the order of the commitment: {"label", "salt"}, or {"hash"} of somebody who was erased.
    # Rounds of version 0.1.0 hold labels alone, and null for somebody who was erased.
    members = models.JSONField()
    # How many these are, also after some were erased.
    size = models.PositiveIntegerField(default=0)
    salt = models.BinaryField(max_length=32)
    # The lowest group that the unit is in; empty where it is in none.
    group_node = models.CharField(max_length=32, blank=True, default="")
    # Set at publication.
    leaf = models.TextField(blank=True)
    position = models.PositiveIntegerField(null=True)
    path = models.BinaryField(default=b"")


class RoundGroup(models.Model):
    """A node above several units, or with a hundred people: as the tree stood when the rosters were fixed."""

    pk = models.CompositePrimaryKey("round_id", "node_id")
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="groups")
    node_id = models.CharField(max_length=32)
    # The group above; empty at the top. And all of those above it, from the top down.
    parent_node = models.CharField(max_length=32, blank=True)
    above = models.JSONField(default=list)
    name = models.CharField(max_length=200)
    people = models.PositiveIntegerField()
    units = models.PositiveIntegerField()
    # In the order of the grouping: each after its parent.
    position = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["round", "parent_node"], name="rounds_groups_below")]


class RosterEntry(models.Model):
    """Somebody is eligible, in exactly one unit of the round."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="roster")
    unit = models.ForeignKey(RoundUnit, on_delete=models.CASCADE, related_name="roster")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # The hash of their place on the unit's roster, whatever they are called by now; empty in rounds of version 0.1.0.
    seat = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "member"], name="rounds_one_unit_a_member")]


class NotAsked(models.Model):
    """Somebody of the node who could not be placed in a unit of five, and why."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="not_asked")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=32)


class Publication(models.Model):
    """The manifest stands in the public log."""

    round = models.OneToOneField(Round, on_delete=models.CASCADE, primary_key=True, related_name="publication")
    at = models.DateTimeField()
    log_index = models.PositiveIntegerField()
    fingerprint = models.CharField(max_length=200)


class Opening(models.Model):
    """Ballots are taken from here on."""

    round = models.OneToOneField(Round, on_delete=models.CASCADE, primary_key=True, related_name="opening")
    at = models.DateTimeField()


class CloseRequest(models.Model):
    """The round is to be closed: by the worker at its date, or by somebody who leads it, before."""

    round = models.OneToOneField(Round, on_delete=models.CASCADE, primary_key=True, related_name="close_request")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    early = models.BooleanField()
    # How many hundredths of the units are counted, for whoever waits; of ballots the release alone tells.
    counted_percent = models.PositiveSmallIntegerField(default=0)


class Ending(models.Model):
    """The round is over: closed, or void with a reason."""

    class Kind(models.TextChoices):
        CLOSED = "closed", _("closed")
        VOID = "void", _("void")

    round = models.OneToOneField(Round, on_delete=models.CASCADE, primary_key=True, related_name="ending")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    reason = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()
