"""The letters that wait, a few at a time, so that the worker has time for everything else in between."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django_tasks import task

from andon.foundation.invitations.models import Invitation
from andon.foundation.jobs import public as jobs
from andon.foundation.people import invitations

# Mail servers take a burst for spam. At most two letters a second, and ten before others have their turn.
SECONDS_BETWEEN = 0.5
AT_ONCE = 10


@task()
def send_letters() -> None:
    # There is one worker: what is found in the middle was left there by one that was killed. Perhaps that letter
    # left; a second one is for a steward to decide.
    Invitation.objects.filter(step=Invitation.Step.LEAVING).update(step=Invitation.Step.FAILED)
    waiting = Invitation.objects.filter(step=Invitation.Step.WAITING).order_by("member_id")
    for member_id in list(waiting.values_list("member_id", flat=True)[:AT_ONCE]):
        invitations.deliver(member_id)
        time.sleep(SECONDS_BETWEEN)


def _due(now: datetime) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    if Invitation.objects.filter(step__in=[Invitation.Step.WAITING, Invitation.Step.LEAVING]).exists():
        yield "invitations", send_letters, ()


def register() -> None:
    jobs.register_due("invitations", _due)
