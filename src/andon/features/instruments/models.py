"""Instruments that this organisation brought, and what stewards decided about any of them.

Who did it stands in the change log alone.
"""

from django.db import models


class OwnInstrument(models.Model):
    """One version of an instrument, as the file said it. Never changed and never deleted: rounds that asked it, and
    their results, need it for ever."""

    pk = models.CompositePrimaryKey("instrument_id", "version")
    instrument_id = models.CharField(max_length=64)
    version = models.CharField(max_length=32)
    text = models.TextField()
    # Over the bytes of the file.
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()


class RightsConfirmation(models.Model):
    """A steward read the note about the rights of this version, and says that the organisation may ask it."""

    pk = models.CompositePrimaryKey("instrument_id", "version")
    instrument_id = models.CharField(max_length=64)
    version = models.CharField(max_length=32)
    at = models.DateTimeField()


class Retirement(models.Model):
    """The instrument is not offered for new rounds. Rounds that asked it keep it."""

    instrument_id = models.CharField(max_length=64, primary_key=True)
    at = models.DateTimeField()
