"""Who changed what in the rules of the service, readable by every member. Append-only."""

from django.conf import settings
from django.db import models


class AuditEntry(models.Model):
    """One change: when, by whom (None: the service itself), what kind, about which thing, in which words.

    Never holds an answer, a slip, or whether somebody took part.
    """

    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    kind = models.CharField(max_length=64)
    # Whom the change is about. Their name stands nowhere else in the entry, so that an erased member leaves none.
    about = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    # Where `by` or `about` is empty because the member was erased since.
    by_was_erased = models.BooleanField(default=False)
    about_was_erased = models.BooleanField(default=False)
    subject = models.CharField(max_length=200, blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        ordering = ["-at", "-id"]
