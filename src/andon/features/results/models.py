"""What belongs to a report: drawings of a release, made once and kept, the step that a unit agreed on, and whether its
colours are shared."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Drawing(models.Model):
    """One chart of one unit in one language, as SVG text. A release never changes, so a drawing never does."""

    pk = models.CompositePrimaryKey("round_id", "unit_id", "name", "language")
    round_id = models.CharField(max_length=32)
    unit_id = models.CharField(max_length=32)
    name = models.CharField(max_length=20)
    language = models.CharField(max_length=12)
    svg = models.TextField()


class Drawn(models.Model):
    """All drawings of the round are made."""

    round_id = models.CharField(primary_key=True, max_length=32)


class AgreedStep(models.Model):
    """One small thing that a unit agreed on after a round. It opens the unit's next report; nobody else sees it."""

    round_id = models.CharField(max_length=32)
    unit_id = models.CharField(max_length=32)
    # The unit's name for itself from round to round.
    known_by = models.CharField(max_length=32, db_index=True)
    words = models.CharField(max_length=300)
    # Who sees to it. Nobody, where they were erased since.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    due_on = models.DateField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round_id", "unit_id"], name="results_one_step_a_report")]


class StepOutcome(models.Model):
    """What became of a step: done, or dropped, which is an answer too."""

    class Kind(models.TextChoices):
        DONE = "done", _("done")
        DROPPED = "dropped", _("dropped")

    step = models.OneToOneField(AgreedStep, on_delete=models.CASCADE, primary_key=True, related_name="outcome")
    kind = models.CharField(max_length=7, choices=Kind.choices)
    words = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()


class SharedColours(models.Model):
    """Somebody of a unit proposed to share the colours of one round with the people of a node above it."""

    round_id = models.CharField(max_length=32)
    unit_id = models.CharField(max_length=32, unique=True)
    node_id = models.CharField(max_length=32, db_index=True)
    # Until the day before anybody of the unit can keep them from being seen at all.
    shared_from = models.DateField()
    # The lowest group above the unit whose spread is shown; empty where there is none. See `sharing.Room`.
    spread_node = models.CharField(max_length=32, blank=True)
    # Shown to the unit. Nobody, where they were erased since.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")


class NotShared(models.Model):
    """Somebody of the unit said no, for this round for good. Holds nobody and no moment, and never may."""

    shared = models.OneToOneField(SharedColours, on_delete=models.CASCADE, primary_key=True, related_name="no")
    # Whether others could see the colours before: what was seen once counts for ever in `sharing.Room`.
    was_seen = models.BooleanField()
