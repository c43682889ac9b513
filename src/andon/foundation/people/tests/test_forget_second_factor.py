"""The operator's way back for somebody who lost everything."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from andon.foundation.audit.models import AuditEntry
from andon.foundation.organisation.tests import cast as people

pytestmark = pytest.mark.django_db


def test_the_factors_of_this_member_go_the_sessions_end_and_it_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    cast = people.enter()
    for member in (cast.ada, cast.bo):
        TOTP.activate(member, "JBSWY3DPEHPK3PXP")
    client = Client()
    client.force_login(cast.bo)
    call_command("forget_second_factor", "BO@example.org")
    assert [found.user_id for found in Authenticator.objects.all()] == [cast.ada.pk]
    assert client.get("/you/").status_code == 302
    assert [letter.to for letter in mail.outbox] == [[cast.bo.email]]
    [entry] = AuditEntry.objects.all()
    assert (entry.about_id, entry.subject, entry.facts) == (cast.bo.pk, "", {})


@pytest.mark.parametrize("address", ["no@example.org", "cy@example.org"])
def test_where_there_is_nothing_to_take_nothing_is_changed(address: str) -> None:
    people.enter()
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("forget_second_factor", address)
    assert not AuditEntry.objects.exists()
