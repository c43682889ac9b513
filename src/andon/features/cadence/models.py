"""When a team is asked again, and the letters about rounds. Nothing here knows who answered: nobody does."""

import secrets

from django.conf import settings
from django.db import models

from andon.features.rounds import public as rounds
from andon.foundation.organisation.models import Node


def random_id() -> str:
    return secrets.token_hex(16)


class Schedule(models.Model):
    """A node is asked the same instrument again and again, or once on a later day."""

    id = models.CharField(primary_key=True, max_length=32, default=random_id)
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="+")
    instrument_id = models.CharField(max_length=64)
    # How it is asked: all at once, or window after window of a question a day or a week.
    kind = models.CharField(max_length=6, default=rounds.Kind.FULL)
    # Never in windows. Where a steward forbade comments since, its rounds ask for none.
    asks_comments = models.BooleanField(default=False)
    # The day of the first opening; the others follow every so many weeks. 0: there is no other.
    first_on = models.DateField()
    weeks = models.PositiveSmallIntegerField()
    open_days = models.PositiveSmallIntegerField()
    # The day on which there is something to do; none while it is paused, and when it is over.
    look_on = models.DateField(null=True, db_index=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    @property
    def is_window(self) -> bool:
        """Whether one window of questions follows the other; how many weeks lie between is then theirs to say."""
        return self.kind != rounds.Kind.FULL


class Pause(models.Model):
    """No further round until somebody says so."""

    schedule = models.OneToOneField(Schedule, on_delete=models.CASCADE, primary_key=True, related_name="pause")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()


class ScheduleEnding(models.Model):
    """No further round at all."""

    schedule = models.OneToOneField(Schedule, on_delete=models.CASCADE, primary_key=True, related_name="ending")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()


class Turn(models.Model):
    """What became of one day of a schedule: a round, or why there is none."""

    pk = models.CompositePrimaryKey("schedule_id", "due_on")
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="turns")
    due_on = models.DateField()
    round_id = models.CharField(max_length=32, blank=True)
    refusal = models.CharField(max_length=32, blank=True)


class LetterKind(models.TextChoices):
    OPENED = "opened"
    ENDS_SOON = "ends soon"
    RESULT = "result"


class Mailing(models.Model):
    """The letters of one kind about one round were made: to everybody on its roster, whether they answered or not."""

    pk = models.CompositePrimaryKey("round_id", "kind")
    round_id = models.CharField(max_length=32)
    kind = models.CharField(max_length=9, choices=LetterKind.choices)
    # The time zones of its readers, so that nobody looks at ten thousand letters at night.
    zones = models.JSONField(default=list)
    is_done = models.BooleanField(default=False, db_index=True)


class Letter(models.Model):
    """A letter that has not left yet. It goes when it has left."""

    pk = models.CompositePrimaryKey("round_id", "kind", "member_id")
    round_id = models.CharField(max_length=32)
    kind = models.CharField(max_length=9, choices=LetterKind.choices)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    zone = models.CharField(max_length=64, blank=True)
    # Handed to the mail server just now. What is found so after a crash may have left, and is not sent twice.
    is_leaving = models.BooleanField(default=False)
