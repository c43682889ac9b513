"""What was erased is not left behind in a file of the database."""

from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.utils import timezone

from andon.features.privacy import services, tasks
from andon.foundation.people.models import Member

pytestmark = [pytest.mark.django_db(databases="__all__", transaction=True), pytest.mark.sqlite_only]
NAME = "Wilhelmina Unmistakable"


def files() -> bytes:
    database = Path(settings.DATABASES["default"]["NAME"])
    return b"".join(file.read_bytes() for file in database.parent.glob(f"{database.name}*"))


def enqueued() -> list[str]:
    found: Any = apps.get_model("django_tasks_database", "DBTaskResult").objects
    return list(found.values_list("task_path", flat=True))


def test_after_an_erasure_the_worker_leaves_no_page_of_the_database_with_the_name() -> None:
    member = Member.objects.create_user("wilhelmina@example.org", NAME)
    services.erase(member=member, by=None, at=timezone.now())
    assert enqueued() == ["andon.features.privacy.tasks.empty_log"]
    # The twin of the assertion below: until the worker comes, an old page still has it.
    assert NAME.encode() in files()
    tasks.empty_log.func()
    assert NAME.encode() not in files()
