import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal import auth as totp
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib.sessions.backends.base import SessionBase
from django.db import connection
from django.test import Client

from andon.foundation.audit.models import AuditEntry
from andon.foundation.organisation.models import Duty, Membership
from andon.foundation.organisation.tests.cast import Cast, enter
from andon.foundation.people.models import Member
from andon.foundation.providers import asking, oidc
from andon.foundation.providers.models import Identity
from andon.foundation.providers.tests.provider import ANOTHER_KEY, CLIENT_ID, ISSUER, KEY, SHORT_KEY, Provider

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def cast() -> Cast:
    return enter()


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    made = Provider()
    monkeypatch.setattr(asking, "session", lambda: made)
    return made


def who(client: Client) -> str:
    page = client.get("/you/")
    return "" if page.status_code != 200 else page.context["member"].name.split()[0]


def test_a_member_signs_in_and_is_known_by_their_account_from_then_on(cast: Cast, provider: Provider) -> None:
    provider.add()
    client = Client()
    assert provider.sign_in(client)["Location"] == "/"
    assert who(client) == "Bo"
    again = Client()
    provider.sign_in(again, email="married@example.org")
    assert who(again) == "Bo"
    assert list(Identity.objects.values_list("subject", "member__email")) == [("u-1", "bo@example.org")]


def test_what_leaves_with_the_browser_has_state_nonce_and_pkce_and_no_secret(cast: Cast, provider: Provider) -> None:
    provider.add()
    client = Client()
    where = provider.leave(client, scope="admin", auth_params="prompt=none", process="connect")
    asked = {key: values[0] for key, values in parse_qs(urlsplit(where).query).items()}
    assert where.startswith(f"{ISSUER}/authorize?")
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "http://localhost:8000/accounts/oidc/keycloak/callback/"
    assert len(asked["nonce"]) >= 32
    assert len(asked["state"]) >= 16
    assert "prompt" not in asked
    assert "secret" not in where
    provider.come_back(client)
    assert provider.sent["code_verifier"]
    assert provider.sent["client_secret"] == "a secret of the client"


def test_nothing_of_it_is_kept_but_the_account(cast: Cast, provider: Provider) -> None:
    provider.add()
    provider.sign_in(Client(), secret_claim="do-not-keep", picture="https://id.example.org/face.png")
    for model in (SocialAccount, SocialApp, SocialToken, EmailAddress):
        assert not model.objects.exists(), model
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            if not table.startswith("django_session"):
                cursor.execute(f'SELECT * FROM "{table}"')
                rows = repr(cursor.fetchall())
                assert "do-not-keep" not in rows, table
                assert "a secret of the client" not in rows, table
    assert not [f.name for f in Identity._meta.get_fields() if "date" in f.name or "at" in f.name.split("_")]


def test_the_session_holds_no_claim_and_no_token(cast: Cast, provider: Provider) -> None:
    provider.add()
    client = Client()
    provider.sign_in(client, secret_claim="do-not-keep")
    session: SessionBase = client.session
    kept = repr(dict(session.items()))
    assert "do-not-keep" not in kept
    assert "eyJ" not in kept
    assert "u-1" not in kept


FAULTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "another issuer": ({"iss": "https://evil.example.org"}, {}),
    "another audience": ({"aud": "another application"}, {}),
    "several audiences and no authorised party": ({"aud": [CLIENT_ID, "another"]}, {}),
    "another authorised party": ({"azp": "another"}, {}),
    "expired": ({"exp": int(time.time()) - 3600}, {}),
    "without an end": ({"exp": None}, {}),
    "from the future": ({"iat": int(time.time()) + 3600}, {}),
    "another nonce": ({"nonce": "n" * 32}, {}),
    "no nonce": ({"nonce": ""}, {}),
    "signed by another key": ({}, {"key": ANOTHER_KEY}),
    "a key that is not published": ({}, {"key": ANOTHER_KEY, "kid": "two"}),
    "not signed": ({}, {"algorithm": "none"}),
    "signed with the client secret": ({}, {"algorithm": "HS256", "key": "a secret of the client" * 2}),
    "nobody": ({"sub": ""}, {}),
    "an endless subject": ({"sub": "u" * 500}, {}),
    "a key that could be computed": ({}, {"key": SHORT_KEY, "published": SHORT_KEY}),
}


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_token_with_a_fault_signs_nobody_in(cast: Cast, provider: Provider, fault: str) -> None:
    provider.add()
    claims, changed = FAULTS[fault]
    for name, value in changed.items():
        setattr(provider, name, value)
    client = Client()
    page = provider.sign_in(client, **claims)
    assert page.status_code == 403
    assert "Signing in did not work" in page.content.decode()
    assert who(client) == ""
    assert not Identity.objects.exists()


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_short_key_that_is_let_in_would_sign_somebody_in(
    cast: Cast, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.add()
    provider.key = provider.published = SHORT_KEY
    monkeypatch.setattr(oidc, "LEAST_RSA_BITS", 1024)
    client = Client()
    provider.sign_in(client)
    assert who(client) == "Bo"


def test_the_signature_check_of_allauth_alone_would_not_have_noticed(
    cast: Cast, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: with our reading gone, a token that another key signed signs somebody in."""
    from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter

    provider.add()
    provider.key = ANOTHER_KEY
    provider.userinfo = {"sub": "u-1", "email": "bo@example.org", "email_verified": True}
    monkeypatch.setattr(oidc.CheckedOpenID, "complete_login", OpenIDConnectOAuth2Adapter.complete_login)
    client = Client()
    provider.sign_in(client)
    assert who(client) == "Bo"


def test_a_state_works_once_and_only_where_it_was_made(cast: Cast, provider: Provider) -> None:
    provider.add()
    client = Client()
    provider.sign_in(client)
    assert who(client) == "Bo"
    client.post("/accounts/logout/")
    assert provider.come_back(client).status_code == 403
    assert who(client) == ""
    provider.leave(Client())
    assert provider.come_back(client).status_code == 403
    assert provider.come_back(Client(), state="made-up").status_code == 403


def test_a_state_of_one_provider_is_none_of_another(cast: Cast, provider: Provider) -> None:
    provider.add()
    provider.add(slug="other")
    client = Client()
    provider.leave(client)
    assert provider.come_back(client, slug="other").status_code == 403
    assert who(client) == ""


@pytest.mark.parametrize("verified", [None, False, "false", "yes", 1])
def test_an_address_that_is_not_verified_leads_to_nobody(cast: Cast, provider: Provider, verified: Any) -> None:
    provider.add()
    client = Client()
    page = provider.sign_in(client, email_verified=verified)
    assert page.status_code == 403
    assert "does not vouch" in page.content.decode()
    assert who(client) == ""


def test_addresses_are_trusted_where_a_steward_says_so_and_nothing_else_was_said(
    cast: Cast, provider: Provider
) -> None:
    provider.add(trusts_addresses=True)
    said_no = Client()
    provider.sign_in(said_no, email_verified=False)
    assert who(said_no) == ""
    client = Client()
    provider.sign_in(client, email_verified=None)
    assert who(client) == "Bo"


def test_another_account_with_the_same_address_does_not_become_the_member(cast: Cast, provider: Provider) -> None:
    provider.add()
    provider.sign_in(Client())
    thief = Client()
    page = provider.sign_in(thief, sub="u-2")
    assert "another account there already belongs" in page.content.decode()
    assert who(thief) == ""
    assert Identity.objects.get().subject == "u-1"


def test_a_steward_lets_a_new_account_take_the_place_of_the_old_one(cast: Cast, provider: Provider) -> None:
    provider.add()
    provider.sign_in(Client())
    stella = Client()
    stella.force_login(cast.stella)
    stella.post("/identity/keycloak/forget/", {"email": "Bo@example.org"})
    client = Client()
    provider.sign_in(client, sub="u-2")
    assert who(client) == "Bo"
    [entry] = AuditEntry.objects.filter(kind="identity.forgotten")
    assert (entry.about, entry.subject, entry.facts) == (cast.bo, "Lantern ID", {})


def test_whoever_is_not_on_the_list_stays_outside(cast: Cast, provider: Provider) -> None:
    provider.add()
    client, before = Client(), Member.objects.count()
    page = provider.sign_in(client, email="stranger@example.org")
    assert "not on the list of people" in page.content.decode()
    assert Member.objects.count() == before
    Member.objects.filter(pk=cast.bo.pk).update(is_active=False)
    assert "not on the list of people" in provider.sign_in(client).content.decode()


def test_whoever_was_closed_out_stays_outside_also_by_an_account_that_is_known(cast: Cast, provider: Provider) -> None:
    provider.add()
    provider.sign_in(Client())
    Member.objects.filter(pk=cast.bo.pk).update(is_active=False)
    client = Client()
    assert "not on the list of people" in provider.sign_in(client).content.decode()
    assert who(client) == ""


def test_the_provider_may_add_people_into_the_team_of_a_rule_and_nowhere_else(cast: Cast, provider: Provider) -> None:
    stored = provider.add(adds_members=True)
    stored.rules.create(place=1, value="soc", node=cast.night)
    without = Client()
    provider.sign_in(without, email="new@example.org", sub="n-1", groups=["sales"])
    assert not Member.objects.filter(email="new@example.org").exists()
    client = Client()
    provider.sign_in(client, email="New@example.org", sub="n-1", name="Nia New", groups=["soc"])
    assert who(client) == "Nia"
    assert Membership.objects.get(member__email="new@example.org").node == cast.night


def test_a_provider_does_not_stand_for_the_second_factor_that_a_member_has_here(cast: Cast, provider: Provider) -> None:
    provider.add()
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(cast.bo, secret)
    client = Client()
    assert provider.sign_in(client)["Location"].startswith("/accounts/login/second-factor/")
    assert who(client) == ""
    code = totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))
    client.post("/accounts/login/second-factor/", {"code": code})
    assert who(client) == "Bo"


STELLA = {"sub": "u-9", "email": "stella@example.org"}


@pytest.mark.parametrize("amr", [None, [], ["pwd"], "mfa", {"mfa": 1}, ["MFA"], [["mfa"]]])
def test_whoever_must_have_a_second_factor_is_asked_unless_the_provider_asked(
    cast: Cast, provider: Provider, amr: Any
) -> None:
    """One factor is assumed where nothing else is known."""
    stored = provider.add()
    assert provider.sign_in(Client(), **STELLA, amr=amr)["Location"].startswith("/you/second-factor/needed/")
    # Nobody is asked who need not have one.
    assert provider.sign_in(Client())["Location"] == "/"
    # The twins: the token says that it did, or a steward knows that it always does.
    assert provider.sign_in(Client(), **STELLA, amr=["pwd", "mfa"])["Location"] == "/"
    stored.asks_second_factor = True
    stored.save()
    assert provider.sign_in(Client(), **STELLA, amr=amr)["Location"] == "/"


def test_a_provider_whose_word_is_taken_for_two_factors_unseen_is_noticed(
    cast: Cast, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.add()
    monkeypatch.setattr("andon.foundation.providers.accounts.had_two_factors", lambda *_any: True)
    assert provider.sign_in(Client(), **STELLA)["Location"] == "/"


@pytest.mark.parametrize("name", ["Bo Berg <bo@example.org>", "Bo\u202e Berg\x00", " \u200b ", "\ud800"])
def test_a_name_from_a_provider_makes_nobody_look_like_somebody_else(cast: Cast, provider: Provider, name: str) -> None:
    stored = provider.add(adds_members=True)
    stored.rules.create(place=1, value="soc", node=cast.night)
    client = Client()
    provider.sign_in(client, email="new@example.org", sub="n-1", name=name, groups=["soc"])
    joined = Member.objects.get(email="new@example.org")
    assert joined.name in {"Bo Berg bo@example.org", "Bo Berg", "new@example.org"}


@pytest.mark.parametrize("where", ["javascript://id.example.org/%0aalert(1)", "http://id.example.org/authorize"])
def test_a_browser_is_sent_to_an_encrypted_page_and_to_nothing_else(cast: Cast, provider: Provider, where: str) -> None:
    provider.add()
    provider.configuration["authorization_endpoint"] = where
    page = Client().post("/accounts/oidc/keycloak/login/")
    assert page.status_code == 403
    assert "Refresh" not in page.headers
    assert "id.example.org" not in page.content.decode()


def test_an_address_is_verified_by_what_is_said_of_that_address(cast: Cast, provider: Provider) -> None:
    provider.add()
    for address, who_comes in (("mallory@example.org", ""), ("bo@example.org", "Bo")):
        provider.userinfo = {"sub": "u-1", "email": address, "email_verified": True, "name": "M", "groups": []}
        client = Client()
        provider.sign_in(client, email="bo@example.org", email_verified=None, name=None)
        assert who(client) == who_comes


@pytest.mark.parametrize(
    "where", ["https://evil.example.org/", "//evil.example.org", "/\\evil.example.org", "javascript:1"]
)
def test_nobody_is_led_away_after_signing_in(cast: Cast, provider: Provider, where: str) -> None:
    provider.add()
    client = Client()
    provider.leave(client, next=where)
    assert provider.come_back(client)["Location"] == "/"


def test_whoever_was_on_their_way_comes_to_where_they_wanted(cast: Cast, provider: Provider) -> None:
    provider.add()
    client = Client()
    provider.leave(client, next="/people/")
    assert provider.come_back(client)["Location"] == "/people/"


def test_a_provider_that_is_off_signs_nobody_in(cast: Cast, provider: Provider) -> None:
    stored = provider.add()
    client = Client()
    provider.leave(client)
    stored.is_enabled = False
    stored.save()
    assert provider.come_back(client).status_code == 403
    assert who(client) == ""
    assert client.post("/accounts/oidc/keycloak/login/").status_code == 404


def test_userinfo_fills_in_what_the_token_leaves_out_and_speaks_of_the_same_person(
    cast: Cast, provider: Provider
) -> None:
    provider.add()
    provider.userinfo = {"sub": "u-1", "email": "bo@example.org", "email_verified": True}
    client = Client()
    provider.sign_in(client, email=None, email_verified=None)
    assert who(client) == "Bo"
    provider.userinfo["sub"] = "somebody else"
    other = Client()
    assert provider.sign_in(other, email=None).status_code == 403


def test_a_discovery_document_that_suddenly_names_another_host_is_not_followed(cast: Cast, provider: Provider) -> None:
    provider.add()
    provider.configuration["token_endpoint"] = "https://evil.example.org/token"
    client = Client()
    page = client.post("/accounts/oidc/keycloak/login/")
    assert page.status_code == 403
    assert not [url for _method, url in provider.asked if "evil" in url]


def test_a_discovery_document_of_another_issuer_is_not_followed(cast: Cast, provider: Provider) -> None:
    provider.add()
    provider.configuration["issuer"] = "https://another.example.org"
    assert Client().post("/accounts/oidc/keycloak/login/").status_code == 403


@pytest.mark.parametrize("odd", [[], "text", {"token": 1}])
def test_an_answer_in_a_shape_of_no_specification_is_one_kind_page(cast: Cast, provider: Provider, odd: Any) -> None:
    provider.add()
    client = Client()
    provider.leave(client)
    provider.configuration = odd
    assert provider.come_back(client).status_code == 403


def test_signing_in_as_another_ends_the_first(cast: Cast, provider: Provider) -> None:
    provider.add()
    client = Client()
    client.force_login(cast.ada)
    provider.sign_in(client)
    assert who(client) == "Bo"


def test_signing_in_adds_a_button_and_keeps_the_code(cast: Cast, provider: Provider) -> None:
    assert "Lantern ID" not in Client().get("/accounts/login/").content.decode()
    provider.add()
    page = Client().get("/accounts/login/").content.decode()
    assert page.index("Sign in with Lantern ID") < page.index("Send me a code")


def test_a_duty_of_the_cast_is_not_changed_by_signing_in_without_rules(cast: Cast, provider: Provider) -> None:
    provider.add()
    provider.sign_in(Client(), email="stella@example.org", sub="s-1")
    assert Duty.objects.filter(member=cast.stella).count() == 1
    assert KEY is not ANOTHER_KEY
