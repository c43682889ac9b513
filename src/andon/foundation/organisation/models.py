"""The organisation: a tree of nodes, who belongs where since when, and who holds which role."""

import secrets

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


def random_id() -> str:
    return secrets.token_hex(16)


class Organisation(models.Model):
    """The one organisation of this installation. `id` is random and stands in the public log."""

    id = models.CharField(primary_key=True, max_length=32, default=random_id)
    name = models.CharField(max_length=200)
    steward_public_key = models.CharField(max_length=43)


class Node(models.Model):
    """A place in the tree: the organisation itself (no parent), a department or a team."""

    id = models.CharField(primary_key=True, max_length=32, default=random_id)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    name = models.CharField(max_length=200)
    # A team that was taken away stays for the rounds that were held in it; it takes no more members.
    retired_on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["parent", "name"], name="organisation_node_name_below_parent")]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """Somebody belongs to a node, as a member or as its lead, from a day to a day (both included)."""

    class Role(models.TextChoices):
        MEMBER = "member", _("member")
        LEAD = "lead", _("lead")

    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    # Found through the index below, which begins with it.
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="memberships", db_index=False)
    role = models.CharField(max_length=8, choices=Role.choices, default=Role.MEMBER)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=models.Q(ends_on=None), name="organisation_one_place_at_a_time"
            )
        ]
        indexes = [
            # Who stands in a team on a day is counted without a look at the rows themselves.
            models.Index(fields=["node", "starts_on", "ends_on", "member"], name="organisation_who_when")
        ]


class Duty(models.Model):
    """A role in the whole organisation, beside the place in the tree."""

    class Role(models.TextChoices):
        STEWARD = "steward", _("steward")
        AUDITOR = "auditor", _("auditor")
        FACILITATOR = "facilitator", _("facilitator")

    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="duties")
    role = models.CharField(max_length=12, choices=Role.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "role"], name="organisation_duty_once")]


class PeopleFile(models.Model):
    """A roster file that was uploaded and waits: for its preview, for a yes, or for the worker that carries it out.

    It is deleted when it was carried out or refused, and a day after the upload at the latest.
    """

    class Step(models.TextChoices):
        READING = "reading", _("being read")
        READY = "ready", _("waiting for your yes")
        WRITING = "writing", _("being carried out")
        DONE = "done", _("carried out")
        REFUSED = "refused", _("refused")

    id = models.CharField(primary_key=True, max_length=32, default=random_id)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    # What it was called where it was chosen; empty where that is not known.
    name = models.CharField(max_length=200, blank=True, default="")
    content = models.BinaryField(default=b"")
    is_complete = models.BooleanField(default=False)
    # Whether those come back, too, whom somebody deactivated by hand.
    takes_back = models.BooleanField(default=False)
    # For everybody in a file that has no column for the team; a path.
    team = models.CharField(max_length=1000, blank=True, default="")
    # Of the page on which it was chosen: the worker, which has no browser, says in it what is wrong.
    language = models.CharField(max_length=12, blank=True, default="")
    step = models.CharField(max_length=8, choices=Step.choices, default=Step.READING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    # What the file would do or did, or why it was refused, as the page shows it.
    outcome = models.JSONField(default=dict)
