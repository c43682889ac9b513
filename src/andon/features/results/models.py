"""Drawings of a release, made once and kept."""

from django.db import models


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
