from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from andon.foundation.audit.models import AuditEntry
from andon.foundation.organisation.models import Duty, Membership
from andon.foundation.organisation.public import today
from andon.foundation.organisation.tests.cast import SINCE, Cast, enter
from andon.foundation.people.models import Member
from andon.foundation.providers import rules
from andon.foundation.providers.models import IdentityProvider
from andon.foundation.providers.tests.provider import Provider

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def cast() -> Cast:
    return enter()


@pytest.fixture
def stored(cast: Cast) -> IdentityProvider:
    made = Provider().add()
    made.rules.create(place=1, value="soc-leads", node=cast.night, role="lead")
    made.rules.create(place=2, value="appsec", node=cast.appsec)
    made.rules.create(place=3, value="soc", node=cast.night)
    made.rules.create(place=4, value="auditors", duty="auditor")
    made.rules.create(place=5, value="admins", duty="steward")
    return made


def arrive(stored: IdentityProvider, member: Member, *groups: str) -> None:
    rules.apply(stored, member, frozenset(groups))


def place(member: Member) -> tuple[str, str]:
    membership = Membership.objects.get(member=member, ends_on=None)
    return membership.node.name, membership.role


def duties(member: Member) -> set[str]:
    return set(Duty.objects.filter(member=member).values_list("role", flat=True))


def test_the_first_rule_that_fits_says_where_somebody_belongs(cast: Cast, stored: IdentityProvider) -> None:
    arrive(stored, cast.cy, "soc", "soc-leads", "anything")
    assert place(cast.cy) == ("SOC night", "lead")
    arrive(stored, cast.cy, "soc", "appsec")
    assert place(cast.cy) == ("Application security", "member")


def test_a_move_ends_one_membership_yesterday_and_starts_another_today(cast: Cast, stored: IdentityProvider) -> None:
    arrive(stored, cast.bo, "appsec")
    old, new = Membership.objects.filter(member=cast.bo).order_by("starts_on")
    assert (old.node, old.starts_on, old.ends_on) == (cast.night, SINCE, today() - timedelta(days=1))
    assert (new.node, new.starts_on, new.ends_on) == (cast.appsec, today(), None)
    arrive(stored, cast.bo, "appsec")
    assert Membership.objects.filter(member=cast.bo).count() == 2
    arrive(stored, cast.bo, "soc")
    assert place(cast.bo) == ("SOC night", "member")
    assert Membership.objects.filter(member=cast.bo).count() == 2


def test_without_a_rule_that_fits_people_stay_where_they_are(cast: Cast, stored: IdentityProvider) -> None:
    arrive(stored, cast.ada, "sales", "SOC", "so")
    assert place(cast.ada) == ("SOC night", "lead")
    assert not AuditEntry.objects.exists()


def test_a_team_that_was_taken_away_takes_nobody(cast: Cast, stored: IdentityProvider) -> None:
    cast.appsec.retired_on = today()
    cast.appsec.save()
    arrive(stored, cast.bo, "appsec", "soc")
    assert place(cast.bo) == ("SOC night", "member")


def test_a_duty_comes_and_goes_with_its_group(cast: Cast, stored: IdentityProvider) -> None:
    arrive(stored, cast.bo, "auditors")
    assert duties(cast.bo) == {"auditor"}
    arrive(stored, cast.bo)
    assert duties(cast.bo) == set()


def test_a_duty_that_was_given_in_another_way_stays(cast: Cast, stored: IdentityProvider) -> None:
    Duty.objects.create(member=cast.bo, role="auditor")
    arrive(stored, cast.bo, "auditors")
    arrive(stored, cast.bo)
    assert duties(cast.bo) == {"auditor"}


def test_a_rule_that_is_gone_takes_its_duty_with_it(cast: Cast, stored: IdentityProvider) -> None:
    arrive(stored, cast.bo, "auditors")
    stored.rules.all().delete()
    arrive(stored, cast.bo, "auditors")
    assert duties(cast.bo) == set()


def test_groups_that_are_not_known_change_nothing(cast: Cast, stored: IdentityProvider) -> None:
    arrive(stored, cast.bo, "auditors")
    too_many: dict[str, Any] = {"_claim_names": {"groups": "src1"}, "_claim_sources": {}}
    assert rules.groups_in(stored, too_many) is None
    assert rules.groups_in(stored, {"hasgroups": True}) is None
    rules.apply(stored, cast.bo, rules.groups_in(stored, too_many))
    assert duties(cast.bo) == {"auditor"}
    assert rules.groups_in(stored, {}) == frozenset()
    assert rules.groups_in(stored, {"groups": "one"}) == {"one"}
    assert rules.groups_in(stored, {"groups": ["one", 2, None]}) == {"one"}


def test_nobody_becomes_steward_by_a_group_unless_it_was_allowed(cast: Cast, stored: IdentityProvider) -> None:
    arrive(stored, cast.bo, "admins")
    assert duties(cast.bo) == set()
    stored.may_give_steward = True
    arrive(stored, cast.bo, "admins")
    assert duties(cast.bo) == {"steward"}
    arrive(stored, cast.bo)
    assert duties(cast.bo) == set()
    assert duties(cast.stella) == {"steward"}


def test_the_last_steward_stays_steward(cast: Cast, stored: IdentityProvider) -> None:
    stored.may_give_steward = True
    arrive(stored, cast.bo, "admins")
    Duty.objects.filter(member=cast.stella).delete()
    arrive(stored, cast.bo)
    assert duties(cast.bo) == {"steward"}
    Duty.objects.create(member=cast.stella, role="steward")
    Member.objects.filter(pk=cast.stella.pk).update(is_active=False)
    arrive(stored, cast.bo)
    assert duties(cast.bo) == {"steward"}


def test_the_change_log_says_what_a_group_did_and_neither_name_nor_hour(cast: Cast, stored: IdentityProvider) -> None:
    arrive(stored, cast.bo, "appsec", "auditors")
    entries = {entry.kind: entry for entry in AuditEntry.objects.all()}
    assert set(entries) == {"membership.by_group", "duty.by_group"}
    for entry in entries.values():
        assert entry.about == cast.bo
        assert "Bo" not in f"{entry.subject} {entry.facts}"
        assert (entry.at.hour, entry.at.minute, entry.at.second, entry.at.microsecond) == (0, 0, 0, 0)


def test_the_preview_says_what_would_happen_and_does_nothing(cast: Cast, stored: IdentityProvider) -> None:
    client = Client()
    client.force_login(cast.stella)
    page = client.get("/identity/keycloak/groups/", {"groups": "soc-leads, auditors, admins"}).content.decode()
    for words in ("Leads Security / Detection / SOC night.", "Is auditor.", "which this provider may not give"):
        assert words in page
    assert not AuditEntry.objects.exists()


def test_a_steward_adds_a_rule_and_takes_it_away(cast: Cast, stored: IdentityProvider) -> None:
    client = Client()
    client.force_login(cast.stella)
    nothing = client.post("/identity/keycloak/groups/", {"value": "x", "role": "member"})
    assert "would do nothing" in nothing.content.decode()
    client.post("/identity/keycloak/groups/", {"value": "night", "node": cast.night.pk, "role": "lead", "duty": ""})
    rule = stored.rules.get(value="night")
    assert (rule.node, rule.role, rule.place) == (cast.night, "lead", 6)
    client.post(f"/identity/keycloak/groups/{rule.pk}/remove/")
    assert not stored.rules.filter(value="night").exists()
    assert AuditEntry.objects.filter(kind__startswith="provider.rule").count() == 2
