"""Members who asked to be erased. The row goes with the member."""

from django.conf import settings
from django.db import models


class ErasureRequest(models.Model):
    """A member asked on this day; a steward erases, or the member withdraws."""

    member = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    on = models.DateField()


class ErasedMark(models.Model):
    """Somebody was erased (see `marks`). In the same transaction as the erasure, and in every backup from then on."""

    mark = models.CharField(max_length=64, primary_key=True)
