"""The operator's way to sign somebody out, or everybody."""

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from andon.foundation.audit.models import AuditEntry
from andon.foundation.organisation.tests import cast as people
from andon.foundation.people import links, sessions
from andon.foundation.people.invitations import LASTS
from andon.foundation.people.management.commands import end_sessions
from andon.foundation.people.models import Member, Session
from andon.foundation.people.tests.test_accounts import is_signed_in, signed_in

pytestmark = pytest.mark.django_db


def end(*words: str) -> tuple[Client, Client, str]:
    """A browser of Bo's, one of Ada's, and a link of Bo's, after the command."""
    cast = people.enter()
    bo, ada = signed_in(cast.bo), signed_in(cast.ada)
    link = links.make("password", cast.bo)
    assert is_signed_in(bo)
    assert is_signed_in(ada)
    call_command("end_sessions", *words)
    return bo, ada, link


def is_open(link: str) -> bool:
    return links.read("password", link, lasts=LASTS) is not None


def test_a_member_is_signed_out_everywhere_and_told_and_nobody_else_is() -> None:
    bo, ada, link = end("BO@example.org")
    assert not is_signed_in(bo)
    assert is_signed_in(ada)
    assert not is_open(link)
    assert [letter.to for letter in mail.outbox] == [["bo@example.org"]]
    [entry] = AuditEntry.objects.all()
    assert (entry.kind, entry.about_id, entry.facts) == (
        "sessions.ended",
        Member.objects.get(email="bo@example.org").pk,
        {},
    )


def test_everybody_is_signed_out() -> None:
    bo, ada, _link = end("--everybody")
    assert not is_signed_in(bo)
    assert not is_signed_in(ada)
    assert not Session.objects.exists()
    assert [entry.kind for entry in AuditEntry.objects.all()] == ["sessions.all_ended"]


def test_a_command_that_ends_nothing_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "end_all", lambda member: None)
    monkeypatch.setattr(end_sessions, "random_epoch", lambda: Member.objects.get(email="bo@example.org").epoch)
    bo, _ada, link = end("bo@example.org")
    assert is_signed_in(bo)
    assert is_open(link)


def test_for_a_stranger_nothing_is_changed() -> None:
    cast = people.enter()
    bo = signed_in(cast.bo)
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("end_sessions", "nobody@example.org")
    with pytest.raises(CommandError, match="required"):
        call_command("end_sessions")
    assert is_signed_in(bo)
    assert not AuditEntry.objects.exists()
