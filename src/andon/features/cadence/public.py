"""The door of `cadence`."""

from datetime import datetime

from django.utils.translation import gettext as _

from andon.features.cadence.models import Letter, Pause, Schedule, ScheduleEnding
from andon.foundation.people.models import Member

__all__ = ["letters_to", "traces_of"]


def traces_of(member: Member) -> list[tuple[str, str, datetime]]:
    """(team, what the member did, when) of every schedule that leads to them. For what is held about them."""
    found = [
        (row.node.name, _("made it"), row.at)
        for row in Schedule.objects.filter(by=member).select_related("node").order_by("at")
    ]
    found += [
        (row.schedule.node.name, _("paused it"), row.at)
        for row in Pause.objects.filter(by=member).select_related("schedule__node").order_by("at")
    ]
    found += [
        (row.schedule.node.name, _("ended it"), row.at)
        for row in ScheduleEnding.objects.filter(by=member).select_related("schedule__node").order_by("at")
    ]
    return found


def letters_to(member: Member) -> int:
    """How many letters about rounds wait for this member."""
    return Letter.objects.filter(member=member).count()
