"""What became visible. A release never changes; everything that shows a figure reads it from here."""

from django.db import models


class Release(models.Model):
    """The release of one round. Committed while still invisible, shown in the last step of closing."""

    round_id = models.CharField(primary_key=True, max_length=32)
    # SHA-256 over all units' releases and slot lists: what was spooled is what was committed.
    digest = models.CharField(max_length=64)
    shown = models.BooleanField(default=False)


class ReleasedUnit(models.Model):
    """One unit's figures and slot list, each with what proves its place in the public log."""

    pk = models.CompositePrimaryKey("round_id", "unit_id")
    round_id = models.CharField(max_length=32)
    unit_id = models.CharField(max_length=32)
    position = models.PositiveIntegerField()
    figures = models.TextField()
    figures_salt = models.BinaryField(max_length=32)
    figures_path = models.BinaryField()
    slots = models.TextField()
    slots_salt = models.BinaryField(max_length=32)
    slots_path = models.BinaryField()
    # What the next round of this unit needs to remember of its colours: nothing that the figures do not show.
    remembered = models.TextField(default="{}")


class ReleasedComment(models.Model):
    """What somebody of a unit wrote. Nothing leads from it to a ballot, a slot or a person, and nothing to a moment."""

    # Drawn at the close; the order of keys is the order in which comments are shown.
    key = models.CharField(primary_key=True, max_length=64)
    round_id = models.CharField(max_length=32)
    unit_id = models.CharField(max_length=32)
    text = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["round_id", "unit_id"], name="releases_comments_of_unit")]


class ReleasedGroup(models.Model):
    """What became visible of one group above units, with what proves its place in the public log."""

    pk = models.CompositePrimaryKey("round_id", "node_id")
    round_id = models.CharField(max_length=32)
    node_id = models.CharField(max_length=32)
    position = models.PositiveIntegerField()
    figures = models.TextField()
    salt = models.BinaryField(max_length=32)
    path = models.BinaryField()


class LastCounted(models.Model):
    """In which unit a team was counted last, among the releases of one instrument that were shown."""

    pk = models.CompositePrimaryKey("instrument_id", "node_id")
    instrument_id = models.CharField(max_length=64)
    node_id = models.CharField(max_length=32)
    round_id = models.CharField(max_length=32)
    unit_id = models.CharField(max_length=32)
    # Version of the instrument and rules under which it was counted.
    terms = models.CharField(max_length=200)
