"""Mail of a demonstration, kept instead of sent."""

from django.db import models


class OutboxMail(models.Model):
    """One letter as it would have left. Written in demo mode only, and only the newest are kept."""

    at = models.DateTimeField()
    to = models.CharField(max_length=254)
    subject = models.CharField(max_length=500)
    text = models.TextField()

    class Meta:
        ordering = ("-id",)
