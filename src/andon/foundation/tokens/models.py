"""Keys by which a program reads what its member may read. The secret itself is nowhere."""

import secrets

from django.conf import settings
from django.db import models


def random_id() -> str:
    return secrets.token_hex(8)


class ProgramKey(models.Model):
    """A key that a member made for a program. It reads no more than the member does, and only in its scopes."""

    id = models.CharField(primary_key=True, max_length=16, default=random_id)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    scopes = models.JSONField()
    # SHA-256 of the secret, which has 256 random bits: nothing that could be guessed, so nothing slow is needed.
    digest = models.CharField(max_length=64)
    made_on = models.DateField()
    ends_on = models.DateField()


class ProgramRead(models.Model):
    """A program read this on that day: so that the change log tells it once a day, and not a thousand times."""

    pk = models.CompositePrimaryKey("key_id", "what", "day")
    key = models.ForeignKey(ProgramKey, on_delete=models.CASCADE, related_name="+")
    what = models.CharField(max_length=120)
    day = models.DateField()
