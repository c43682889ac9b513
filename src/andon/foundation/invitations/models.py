"""Letters of invitation: which were asked for and which left. Never when, and nothing about who opened one."""

from django.conf import settings
from django.db import models


class Invitation(models.Model):
    """The last letter to a member. It holds as long as `epoch` is still the member's."""

    class Step(models.TextChoices):
        WAITING = "waiting"
        # Handed to the mail server just now. What is found so after a crash may have left or not.
        LEAVING = "leaving"
        SENT = "sent"
        FAILED = "failed"

    member = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="invitation"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    epoch = models.CharField(max_length=16, blank=True)
    step = models.CharField(max_length=8, choices=Step.choices, default=Step.WAITING, db_index=True)
