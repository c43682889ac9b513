"""Sessions and their members are read without the models, and are what the models would give."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_backends
from django.test import Client
from django.utils import timezone

from andon.foundation.people.models import Member, Session

pytestmark = pytest.mark.django_db(databases=["default"])


@pytest.fixture
def bo() -> Member:
    return Member.objects.create_user("bo@example.org", "Bo", "a password of bo", language="en")


@pytest.mark.parametrize("backend", get_backends(), ids=lambda backend: type(backend).__name__)
def test_the_member_of_a_session_is_the_member_of_the_models_in_every_field(bo: Member, backend: Any) -> None:
    found, expected = backend.get_user(str(bo.pk)), Member.objects.get(pk=bo.pk)
    fields = [field.attname for field in Member._meta.concrete_fields]
    assert [(type(getattr(found, name)), getattr(found, name)) for name in fields] == [
        (type(getattr(expected, name)), getattr(expected, name)) for name in fields
    ]
    assert found == expected
    found.name = "Bo the second"
    found.save()
    assert Member.objects.get(pk=bo.pk).name == "Bo the second"


@pytest.mark.parametrize("backend", get_backends(), ids=lambda backend: type(backend).__name__)
def test_nobody_is_found_by_a_wrong_id_and_nobody_who_is_not_active(bo: Member, backend: Any) -> None:
    assert backend.get_user("00000000-0000-4000-8000-000000000000") is None
    assert backend.get_user("no id") is None
    bo.is_active = False
    bo.save()
    assert backend.get_user(str(bo.pk)) is None


def store(key: str | None = None) -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore(key)


def test_a_session_is_read_back_as_it_was_saved() -> None:
    saved = store()
    saved["seen"] = ["today"]
    saved.save()
    assert store(saved.session_key)["seen"] == ["today"]


def test_a_session_that_is_over_or_unknown_is_empty_and_keeps_no_key() -> None:
    saved = store()
    saved["seen"] = 1
    saved.save()
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    for key in (saved.session_key, "x" * 32):
        read = store(key)
        assert read.get("seen") is None
        assert read.session_key is None


def test_a_session_whose_content_was_changed_is_empty() -> None:
    saved = store()
    saved["seen"] = 1
    saved.save()
    row = Session.objects.get()
    Session.objects.update(session_data=row.session_data[:-3] + "xyz")
    assert store(saved.session_key).get("seen") is None


def test_a_member_who_changes_the_password_is_signed_out_elsewhere(bo: Member, client: Client) -> None:
    client.force_login(bo)
    assert client.get("/slips/offer/").status_code == 200
    bo.set_password("another password of bo")
    bo.save()
    assert client.get("/slips/offer/").status_code == 401
