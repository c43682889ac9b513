"""That the worker lives. What it does is told by the tables of those who have something due."""

from django.db import models


class Heartbeat(models.Model):
    """One row, written by the worker whether anybody answers or not."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    at = models.DateTimeField()
