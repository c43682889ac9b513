"""How far the closing of a round has come: what must agree when it is taken up again."""

from django.db import models


class Closing(models.Model):
    """The digests that a resumed closing is held to. The row stays as the record of the round's end."""

    round_id = models.CharField(primary_key=True, max_length=32)
    # SHA-256 over the frozen box, and over the spooled release.
    box_digest = models.CharField(max_length=64, blank=True)
    spool_digest = models.CharField(max_length=64, blank=True)
    keys_destroyed = models.BooleanField(default=False)
    forgotten = models.BooleanField(default=False)
    finished = models.BooleanField(default=False)
    # Why the round is void, from before the first thing is destroyed for it; empty for every other round.
    void_reason = models.CharField(max_length=64, blank=True)
    early = models.BooleanField(default=False)
    at = models.DateTimeField()
