"""The public log and the files it names by hash. Nothing here is about a person or a ballot."""

from django.db import models


class LogEntry(models.Model):
    """One entry, kept as the canonical bytes that its hash is taken over."""

    index = models.PositiveIntegerField(primary_key=True)
    hash = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=16)
    # Empty where the entry is about no round.
    round_id = models.CharField(max_length=32, blank=True)
    content = models.BinaryField()

    class Meta:
        constraints = [
            # A round is published, opened, closed, released and voided at most once, whoever tries again.
            models.UniqueConstraint(
                fields=["kind", "round_id"],
                condition=~models.Q(kind__in=["bundle", "delegation"]),
                name="publiclog_once_a_round",
            )
        ]


class Blob(models.Model):
    """A file under the SHA-256 of its bytes: an instrument, or a part of a bundle."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    media_type = models.CharField(max_length=100)
    content = models.BinaryField()
