"""What a team took up of the guide, since when, and whether it kept it."""

import secrets

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from andon.foundation.organisation.models import Node


def random_id() -> str:
    return secrets.token_hex(16)


class TakenUp(models.Model):
    """A team tries a practice from a day on. Whoever began it is named only if they chose to be.

    It belongs to a team and not to a unit: units are made anew for each round, and a report lists what the teams of its
    unit took up. A practice that a later version no longer ships keeps its entries.
    """

    class Outcome(models.TextChoices):
        KEPT = "kept", _("kept")
        ENDED = "ended", _("ended")

    id = models.CharField(primary_key=True, max_length=32, default=random_id)
    practice_id = models.CharField(max_length=64)
    team = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    settled_on = models.DateField(null=True)
    outcome = models.CharField(max_length=5, choices=Outcome.choices, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "practice_id"],
                condition=models.Q(settled_on=None),
                name="guide_taken_up_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(settled_on=None, outcome="") | models.Q(settled_on__isnull=False, outcome__gt=""),
                name="guide_settled_with_an_outcome",
            ),
        ]
