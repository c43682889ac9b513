"""What stewards chose while the service runs. What nobody chose has no row and is at its default."""

from django.db import models


class Choice(models.Model):
    """The value of one setting. A secret one is sealed under the installation's secret key."""

    key = models.CharField(primary_key=True, max_length=64)
    value = models.JSONField()
