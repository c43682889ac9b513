"""What to do next agrees with what is there: it neither asks for what was done nor is silent about what is not."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from andon.features.setup import readiness
from andon.features.setup.tests.test_pages import signed, to_the_key
from andon.foundation import last_backup
from andon.foundation.organisation.models import Duty
from andon.foundation.people.models import Member

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


@pytest.fixture
def founded(stella: Client, installation: Path) -> Client:
    to_the_key(stella)
    assert stella.post("/setup/key/", signed(stella))["Location"] == "/next-steps/"
    return stella


def step(title: str) -> readiness.NextStep:
    [found] = [step for step in readiness.next_steps() if step.title == title]
    return found


def test_a_backup_of_this_week_is_done_and_an_older_or_none_is_not(founded: Client, installation: Path) -> None:
    assert not step("Backup").is_done
    assert "docs/operations/backup.md" in step("Backup").text
    now = timezone.now()
    last_backup.note(installation, at=now - timedelta(days=1), destination="ab")
    assert step("Backup").is_done
    last_backup.note(installation, at=now - timedelta(days=9), destination="ab")
    assert not step("Backup").is_done
    assert "The last one was made on" in step("Backup").text
    (installation / last_backup.NAME).write_text("{")
    assert not step("Backup").is_done


def test_a_second_steward_and_a_second_factor_of_each_are_asked_for(founded: Client) -> None:
    assert not step("A second steward").is_done
    assert "1 steward has none" in step("A second factor for every steward").text
    other = Member.objects.create(email="sam@example.org", name="Sam")
    Duty.objects.create(member=other, role=Duty.Role.STEWARD)
    assert step("A second steward").is_done
    assert "2 stewards have none" in step("A second factor for every steward").text
    for member in Member.objects.all():
        Authenticator.objects.create(user=member, type="recovery_codes", data={})
    assert not step("A second factor for every steward").is_done
    for member in Member.objects.all():
        Authenticator.objects.create(user=member, type="totp", data={})
    assert step("A second factor for every steward").is_done
    Member.objects.filter(pk=other.pk).update(is_active=False)
    assert not step("A second steward").is_done


def test_the_steward_key_is_asked_for_where_the_key_that_it_let_publish_is_gone(
    founded: Client, installation: Path, settings: Any
) -> None:
    assert step("That rounds can be published").is_done
    assert "does not need it" in step("That rounds can be published").text
    # As on the machine on which a backup was restored.
    Path(settings.SIGNING_KEY_FILE).unlink()
    gone = step("That rounds can be published")
    assert not gone.is_done
    assert gone.url == "/rounds/"
    assert "after a restore" in gone.text
    page = founded.get("/next-steps/").content.decode()
    assert "before a year has passed" not in page
    assert "after a restore" in page
