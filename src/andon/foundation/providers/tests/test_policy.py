"""Only through the provider; stewards on standby; the rescue link."""

import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from andon.foundation.audit.models import AuditEntry
from andon.foundation.configuration import public as configuration
from andon.foundation.configuration.sealing import open_sealed
from andon.foundation.organisation.tests.cast import Cast, enter
from andon.foundation.people.models import Member
from andon.foundation.people.public import invite
from andon.foundation.providers import asking, gate, policy
from andon.foundation.providers.models import StandbySteward
from andon.foundation.providers.tests.provider import Provider

pytestmark = pytest.mark.django_db(databases="__all__")
PASSWORD = "three plain short words"


@pytest.fixture
def cast() -> Cast:
    made = enter()
    for member in (made.bo, made.stella):
        member.set_password(PASSWORD)
        member.save()
    return made


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    made = Provider()
    monkeypatch.setattr(asking, "session", lambda: made)
    return made


@pytest.fixture
def only(cast: Cast, provider: Provider) -> Provider:
    provider.add()
    configuration.write({policy.ONLY: True}, by=cast.stella, at=timezone.now())
    return provider


def who(client: Client) -> str:
    page = client.get("/you/")
    return "" if page.status_code != 200 else page.context["member"].name.split()[0]


def by_password(member: Member) -> Client:
    client = Client()
    client.post("/accounts/login/password/", {"login": member.email, "password": PASSWORD})
    return client


def test_the_other_ways_are_hidden_and_refused(cast: Cast, only: Provider) -> None:
    page = Client().get("/accounts/login/").content.decode()
    assert "Sign in with Lantern ID" in page
    assert "Send me a code" not in page
    refused = Client().post("/accounts/login/", {"email": "bo@example.org"})
    assert refused.status_code == 403
    assert "Lantern ID only" in refused.content.decode()
    assert mail.outbox == []
    assert who(by_password(cast.bo)) == ""
    client = Client()
    only.sign_in(client)
    assert who(client) == "Bo"


def test_without_the_rule_the_other_ways_are_open(cast: Cast, provider: Provider) -> None:
    provider.add()
    assert who(by_password(cast.bo)) == "Bo"
    assert Client().post("/accounts/login/", {"email": "bo@example.org"}).status_code == 302


def test_the_rule_rests_while_no_provider_is_on(cast: Cast, only: Provider) -> None:
    from andon.foundation.providers.models import IdentityProvider

    IdentityProvider.objects.update(is_enabled=False)
    assert who(by_password(cast.bo)) == "Bo"
    assert "Send me a code" in Client().get("/accounts/login/").content.decode()


def test_without_the_gate_a_password_would_do(cast: Cast, only: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault."""
    monkeypatch.setattr(gate.policy, "refuses", lambda request, member: False)
    assert who(by_password(cast.bo)) == "Bo"


def test_an_invitation_leads_to_the_provider_and_is_not_used_up(cast: Cast, only: Provider) -> None:
    invite(cast.bo, by=cast.stella, at=timezone.now())
    address = re.search(r"http://localhost:8000(/invitation/\S+)", mail.outbox[-1].body)[1]  # type: ignore[index]
    page = Client().get(address).content.decode()
    assert "Sign in with Lantern ID" in page
    assert "Accept and sign in" not in page
    client = Client()
    assert client.post(address).status_code == 403
    assert who(client) == ""


def test_a_steward_on_standby_needs_password_and_second_factor(cast: Cast, only: Provider) -> None:
    assert who(by_password(cast.stella)) == ""
    StandbySteward.objects.create(member=cast.stella)
    assert who(by_password(cast.stella)) == ""
    totp.TOTP.activate(cast.stella, totp.generate_totp_secret())
    client = Client()
    answer = client.post("/accounts/login/password/", {"login": cast.stella.email, "password": PASSWORD})
    # Past the gate, and held by the second factor.
    assert answer.status_code == 302
    assert answer["Location"] == reverse("mfa_authenticate")
    assert who(client) == ""


def test_standby_is_for_stewards(cast: Cast, only: Provider) -> None:
    StandbySteward.objects.create(member=cast.bo)
    totp.TOTP.activate(cast.bo, totp.generate_totp_secret())
    answer = Client().post("/accounts/login/password/", {"login": cast.bo.email, "password": PASSWORD})
    assert answer.status_code == 403


def test_nobody_locks_everybody_out_with_a_way_that_they_have_not_taken(cast: Cast, provider: Provider) -> None:
    provider.add()
    client = Client()
    client.force_login(cast.stella)
    refused = client.post("/identity/policy/", {"only": "on"})
    assert "First sign in through a provider" in refused.content.decode()
    assert configuration.read(policy.ONLY) is False
    provider.sign_in(client, email="stella@example.org")
    client.post("/identity/policy/", {"only": "on", "standby": [cast.stella.key]})
    assert configuration.read(policy.ONLY) is True
    assert StandbySteward.objects.get().member == cast.stella
    kinds = set(AuditEntry.objects.values_list("kind", flat=True))
    assert {"setting.changed", "standby.added"} <= kinds


def rescue(*words: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("steward_rescue", *words, stdout=out, stderr=err)
    return out.getvalue().strip().removeprefix("http://localhost:8000"), err.getvalue()


def test_a_rescue_link_signs_a_steward_in_once_although_there_is_only_one_way(cast: Cast, only: Provider) -> None:
    address, _said = rescue("--email", "Stella@example.org")
    scanner = Client()
    assert "as Stella Marin, steward" in scanner.get(address).content.decode()
    assert who(scanner) == ""
    client = Client()
    client.post(address)
    assert who(client) == "Stella"
    second = Client()
    assert second.post(address).status_code == 410
    assert who(second) == ""


def test_every_member_sees_that_a_rescue_link_was_made_and_every_steward_gets_a_letter(cast: Cast) -> None:
    rescue("--email", "stella@example.org")
    [entry] = AuditEntry.objects.all()
    assert (entry.kind, entry.by, entry.about, entry.subject) == ("rescue.made", None, cast.stella, "")
    bo = Client()
    bo.force_login(cast.bo)
    assert "A rescue link was made at the server" in bo.get("/audit/").content.decode()
    assert [letter.to for letter in mail.outbox] == [["stella@example.org"]]
    assert "/rescue/" not in mail.outbox[0].body


def test_a_rescue_link_is_for_stewards_only(cast: Cast) -> None:
    for address in ("bo@example.org", "nobody@example.org"):
        with pytest.raises(CommandError, match="Nothing was done"):
            rescue("--email", address)
    assert not AuditEntry.objects.exists()


def test_a_rescue_link_ends_after_a_quarter_of_an_hour(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    address, _said = rescue("--email", "stella@example.org")
    later = timezone.now().timestamp() + timedelta(minutes=16).total_seconds()
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    assert Client().get(address).status_code == 410
    assert Client().post(address).status_code == 410


def test_a_steward_who_is_none_any_more_is_not_rescued(cast: Cast) -> None:
    address, _said = rescue("--email", "stella@example.org")
    cast.stella.duties.all().delete()  # type: ignore[attr-defined]
    assert Client().post(address).status_code == 410


def test_the_second_factor_is_asked_unless_the_server_says_otherwise(cast: Cast) -> None:
    totp.TOTP.activate(cast.stella, totp.generate_totp_secret())
    asked: Any = Client()
    asked.post(rescue("--email", "stella@example.org")[0])
    assert who(asked) == ""
    client = Client()
    client.post(rescue("--email", "stella@example.org", "--without-second-factor")[0])
    assert who(client) == "Stella"
    assert AuditEntry.objects.filter(facts__second_factor="not asked").count() == 1


def test_a_secret_that_is_kept_is_sent_to_no_other_issuer(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a steward learns it by naming a provider of their own, and signing in there once."""
    monkeypatch.setattr(asking, "check", lambda url: None)
    stored = Provider().add()
    client = Client()
    client.force_login(cast.stella)
    fields = {"name": "Lantern ID", "issuer": "https://id.evil.example", "client_id": "andon", "groups_claim": ""}
    page = client.post("/identity/keycloak/edit/", fields)
    assert "sent to no other one" in page.content.decode()
    stored.refresh_from_db()
    assert stored.issuer == "https://id.example.org"
    assert client.post("/identity/keycloak/edit/", fields | {"secret": "another"}).status_code == 302
    stored.refresh_from_db()
    assert (stored.issuer, open_sealed(stored.client_secret)) == ("https://id.evil.example", "another")
