"""Files of people that were uploaded: read, carried out after a yes, and forgotten after a day."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone
from django_tasks import task

from andon.foundation.jobs import public as jobs
from andon.foundation.organisation import waiting
from andon.foundation.organisation.models import PeopleFile


@task()
def read_people_file(file_id: str) -> None:
    waiting.read(file_id)


@task()
def carry_out_people_file(file_id: str) -> None:
    waiting.carry_out(file_id, at=timezone.now())


@task()
def forget_people_file(file_id: str) -> None:
    waiting.forget(file_id)


def _due(now: datetime) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    tasks = {PeopleFile.Step.READING: read_people_file, PeopleFile.Step.WRITING: carry_out_people_file}
    for file_id, step, at in PeopleFile.objects.order_by("at").values_list("id", "step", "at"):
        if at < now - waiting.KEPT_FOR and step != PeopleFile.Step.WRITING:
            yield "an old file", forget_people_file, (file_id,)
        elif step in tasks:
            yield f"a file that is {step}", tasks[PeopleFile.Step(step)], (file_id,)


def register() -> None:
    jobs.register_due("people files", _due)
