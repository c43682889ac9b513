"""What a steward changes by hand: who somebody is, where they belong, what they may, and the tree itself."""

import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from andon.foundation.audit.models import AuditEntry
from andon.foundation.organisation import membership, teams
from andon.foundation.organisation import public as organisation
from andon.foundation.organisation.membership import Placing
from andon.foundation.organisation.models import Duty, Membership, Node
from andon.foundation.organisation.tests import cast as people
from andon.foundation.people.models import Member

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TODAY = NOW.date()
DAY = timedelta(days=1)


def place(
    cast: people.Cast, member: Member, node: Node, *, starts: int = 0, ends: int | None = None, **more: Any
) -> None:
    placing = Placing(
        node, more.get("role", "member"), TODAY + starts * DAY, None if ends is None else TODAY + ends * DAY
    )
    membership.place_person(member=member, placing=placing, by=cast.stella, at=NOW, on=TODAY)


def team_on(member: Member, day: int) -> str | None:
    found = organisation.place_of(member.pk, on=TODAY + day * DAY)
    return found.path[-1] if found else None


def audited() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("kind", flat=True))


def test_somebody_added_belongs_to_the_team_from_the_first_day_until_the_last() -> None:
    cast = people.enter()
    added = membership.add_person(
        email="  Nia@Example.org ",
        name="Nia Iyer",
        placing=Placing(cast.night, "lead", TODAY + DAY, TODAY + 9 * DAY),
        by=cast.stella,
        at=NOW,
        on=TODAY,
    )
    assert (added.email, added.is_active, added.has_signed_in) == ("nia@example.org", True, False)
    assert [team_on(added, day) for day in (0, 1, 9, 10)] == [None, "SOC night", "SOC night", None]
    assert organisation.leads(added.pk, cast.night.pk, on=TODAY + DAY)
    assert not added.has_usable_password()


LOOKS_LIKE_SOMEBODY_ELSE = [
    "Bo Berg <bo@example.org>",
    "Bo\u202e Berg",
    "Bo\u200b Berg",
    "\x00Bo",
    "\u2062",
    " ",
    "x" * 151,
]


@pytest.mark.parametrize("name", LOOKS_LIKE_SOMEBODY_ELSE)
def test_a_name_that_could_make_one_person_look_like_another_is_refused(name: str) -> None:
    cast = people.enter()
    with pytest.raises(membership.BadName):
        membership.add_person(email="x@example.org", name=name, placing=None, by=cast.stella, at=NOW, on=TODAY)
    with pytest.raises(membership.BadName):
        membership.edit_person(member=cast.bo, email=cast.bo.email, name=name, by=cast.stella, at=NOW)
    assert not Member.objects.filter(email="x@example.org").exists()


@pytest.mark.parametrize("name", ["Zoë O'Neil-Šmíd", "नि\u200dता", "李 明", "José"])
def test_any_other_name_is_taken(name: str) -> None:
    cast = people.enter()
    membership.edit_person(member=cast.bo, email=cast.bo.email, name=f"  {name} ", by=cast.stella, at=NOW)
    assert Member.objects.get(pk=cast.bo.pk).name == unicodedata.normalize("NFC", name)


def test_a_team_has_no_letter_that_nobody_sees() -> None:
    cast = people.enter()
    with pytest.raises(teams.BadName):
        teams.add_team(parent=cast.night, name="SOC\u200b night", by=cast.stella, at=NOW)


def test_whoever_gets_another_address_is_told_at_the_old_one() -> None:
    cast = people.enter()
    membership.edit_person(member=cast.bo, email=cast.bo.email, name="Bo B", by=cast.stella, at=NOW)
    assert mail.outbox == []
    membership.edit_person(member=cast.bo, email="stella+bo@example.org", name="Bo B", by=cast.stella, at=NOW)
    assert [letter.to for letter in mail.outbox] == [["bo@example.org"]]
    assert "stella" not in mail.outbox[0].body


@pytest.mark.parametrize("address", ["bo@example.org", "BO@example.org", "no address", "", "a@b", "x" * 260 + "@b.org"])
def test_an_address_that_is_taken_or_none_adds_nobody(address: str) -> None:
    cast = people.enter()
    with pytest.raises(membership.ChangeRefused):
        membership.add_person(email=address, name="X", placing=None, by=cast.stella, at=NOW, on=TODAY)
    assert Member.objects.count() == 4
    assert audited() == []


def test_a_person_who_cannot_be_placed_is_not_added_either() -> None:
    cast = people.enter()
    with pytest.raises(membership.BadDays):
        membership.add_person(
            email="new@example.org",
            name="New",
            placing=Placing(cast.night, "member", TODAY - DAY),
            by=cast.stella,
            at=NOW,
            on=TODAY,
        )
    assert not Member.objects.filter(email="new@example.org").exists()


def test_a_move_ends_one_team_and_begins_another_without_a_day_between_or_twice() -> None:
    cast = people.enter()
    place(cast, cast.bo, cast.appsec, starts=5)
    assert [team_on(cast.bo, day) for day in (0, 4, 5, 500)] == [
        "SOC night",
        "SOC night",
        "Application security",
        "Application security",
    ]
    entry = AuditEntry.objects.get()
    assert (entry.kind, entry.about, entry.by) == ("person.placed", cast.bo, cast.stella)


def test_a_place_that_began_today_is_corrected_and_not_kept_for_no_day() -> None:
    cast = people.enter()
    place(cast, cast.bo, cast.appsec)
    place(cast, cast.bo, cast.detection)
    assert [team_on(cast.bo, day) for day in (-1, 0)] == ["SOC night", "Detection"]
    assert Membership.objects.filter(member=cast.bo).count() == 2


def test_two_teams_on_one_day_are_refused() -> None:
    cast = people.enter()
    place(cast, cast.bo, cast.appsec, starts=10)
    for starts, ends in ((3, None), (3, 10), (0, 99)):
        with pytest.raises(membership.PlaceOverlaps):
            place(cast, cast.bo, cast.detection, starts=starts, ends=ends)
    place(cast, cast.bo, cast.detection, starts=3, ends=9)
    assert [team_on(cast.bo, day) for day in (2, 3, 9, 10)] == [
        "SOC night",
        "Detection",
        "Detection",
        "Application security",
    ]


@pytest.mark.parametrize(("starts", "ends"), [(-1, None), (3, 2)])
def test_days_that_cannot_be_are_refused(starts: int, ends: int | None) -> None:
    cast = people.enter()
    with pytest.raises(membership.BadDays):
        place(cast, cast.bo, cast.appsec, starts=starts, ends=ends)
    assert team_on(cast.bo, 3) == "SOC night"


def test_a_plan_that_is_cancelled_leaves_everything_as_before_it() -> None:
    cast = people.enter()
    place(cast, cast.bo, cast.appsec, starts=10)
    planned = Membership.objects.get(member=cast.bo, starts_on=TODAY + 10 * DAY)
    membership.cancel_planned(member=cast.bo, membership_id=planned.pk, by=cast.stella, at=NOW, on=TODAY)
    assert [team_on(cast.bo, day) for day in (0, 10, 500)] == ["SOC night"] * 3
    held = Membership.objects.get(member=cast.bo)
    with pytest.raises(membership.BadDays):
        membership.cancel_planned(member=cast.bo, membership_id=held.pk, by=cast.stella, at=NOW, on=TODAY)
    with pytest.raises(membership.BadDays):
        membership.cancel_planned(member=cast.cy, membership_id=held.pk, by=cast.stella, at=NOW, on=TODAY)


def test_a_last_day_can_be_set_moved_and_taken_back_but_not_into_the_past_or_over_a_plan() -> None:
    cast = people.enter()
    held = Membership.objects.get(member=cast.bo)

    def end(days: int | None) -> None:
        day = None if days is None else TODAY + days * DAY
        membership.end_place(member=cast.bo, membership_id=held.pk, ends_on=day, by=cast.stella, at=NOW, on=TODAY)

    end(4)
    assert [team_on(cast.bo, day) for day in (4, 5)] == ["SOC night", None]
    with pytest.raises(membership.BadDays):
        end(-1)
    place(cast, cast.bo, cast.appsec, starts=6)
    for days in (None, 6):
        with pytest.raises(membership.PlaceOverlaps):
            end(days)
    end(5)
    assert [team_on(cast.bo, day) for day in (5, 6)] == ["SOC night", "Application security"]


def test_another_address_keeps_the_account_and_ends_its_sessions() -> None:
    cast = people.enter()
    before = cast.bo.get_session_auth_hash()
    assert membership.edit_person(member=cast.bo, email="Bo.L@example.org", name="Bo Lindqvist", by=cast.stella, at=NOW)
    bo = Member.objects.get(pk=cast.bo.pk)
    assert bo.email == "bo.l@example.org"
    assert bo.get_session_auth_hash() != before
    assert team_on(bo, 0) == "SOC night"
    assert audited() == ["person.address_changed"]


def test_another_name_ends_no_session_and_the_same_changes_nothing() -> None:
    cast = people.enter()
    before = cast.bo.get_session_auth_hash()
    assert membership.edit_person(member=cast.bo, email=cast.bo.email, name="Bo L.", by=cast.stella, at=NOW)
    assert Member.objects.get(pk=cast.bo.pk).get_session_auth_hash() == before
    assert not membership.edit_person(member=cast.bo, email=cast.bo.email, name="Bo L.", by=cast.stella, at=NOW)
    with pytest.raises(membership.AddressTaken):
        membership.edit_person(member=cast.bo, email="ada@example.org", name="Bo", by=cast.stella, at=NOW)
    assert audited() == ["person.renamed"]


def test_the_last_steward_stays_and_another_may_go() -> None:
    cast = people.enter()
    for leave in (
        lambda: membership.set_duties(member=cast.stella, duties=["auditor"], by=cast.stella, at=NOW),
        lambda: membership.deactivate(member=cast.stella, by=cast.stella, at=NOW, on=TODAY),
    ):
        with pytest.raises(membership.LastSteward):
            leave()
    assert organisation.duties_of(cast.stella.pk) == {"steward"}
    # A steward who cannot sign in is none.
    Duty.objects.create(member=cast.cy, role=Duty.Role.STEWARD)
    Member.objects.filter(pk=cast.cy.pk).update(is_active=False)
    assert membership.is_last_steward(cast.stella)
    membership.set_duties(member=cast.ada, duties=["steward"], by=cast.stella, at=NOW)
    assert not membership.is_last_steward(cast.stella)
    membership.set_duties(member=cast.stella, duties=["auditor"], by=cast.ada, at=NOW)
    assert organisation.duties_of(cast.stella.pk) == {"auditor"}


def test_who_leaves_has_no_session_team_plan_or_role_and_the_past_stays() -> None:
    cast = people.enter()
    membership.set_duties(member=cast.bo, duties=["facilitator"], by=cast.stella, at=NOW)
    place(cast, cast.bo, cast.appsec, starts=10)
    before = Member.objects.get(pk=cast.bo.pk)
    membership.deactivate(member=cast.bo, by=cast.stella, at=NOW, on=TODAY)
    after = Member.objects.get(pk=cast.bo.pk)
    assert (after.is_active, after.epoch != before.epoch) == (False, True)
    assert [team_on(after, day) for day in (-1, 0, 10)] == ["SOC night", None, None]
    assert organisation.duties_of(after.pk) == set()
    membership.deactivate(member=cast.bo, by=cast.stella, at=NOW, on=TODAY)
    assert audited()[-1:] == ["person.deactivated"]
    assert audited().count("person.deactivated") == 1
    with pytest.raises(membership.MemberIsInactive):
        place(cast, after, cast.night)
    membership.reactivate(member=after, by=cast.stella, at=NOW)
    assert Member.objects.get(pk=cast.bo.pk).is_active
    assert team_on(after, 0) is None
    place(cast, after, cast.night)
    assert team_on(after, 0) == "SOC night"


def test_no_entry_of_the_change_log_names_a_person_in_words() -> None:
    cast = people.enter()
    added = membership.add_person(
        email="nia@example.org",
        name="Nia Iyer",
        placing=Placing(cast.night, "lead", TODAY, None),
        by=cast.stella,
        at=NOW,
        on=TODAY,
    )
    membership.edit_person(member=added, email="nia.i@example.org", name="Nia I.", by=cast.stella, at=NOW)
    place(cast, added, cast.appsec, starts=2)
    membership.set_duties(member=added, duties=["auditor"], by=cast.stella, at=NOW)
    membership.deactivate(member=added, by=cast.stella, at=NOW, on=TODAY)
    entries = list(AuditEntry.objects.all())
    assert {entry.about for entry in entries} == {added}
    assert len(entries) == 7
    said = " ".join(f"{entry.subject} {entry.facts}" for entry in entries).casefold()
    assert "soc night" in said
    for word in ("nia", "iyer", "example.org"):
        assert word not in said


def test_teams_are_added_renamed_and_moved_with_all_that_is_below() -> None:
    cast = people.enter()
    dawn = teams.add_team(parent=cast.detection, name="  SOC   dawn ", by=cast.stella, at=NOW)
    assert organisation.path_of(dawn) == ("Security", "Detection", "SOC dawn")
    assert teams.rename_team(node=cast.detection, name="Detect", by=cast.stella, at=NOW)
    assert not teams.rename_team(node=cast.detection, name="Detect", by=cast.stella, at=NOW)
    teams.move_team(node=cast.detection, parent=cast.appsec, by=cast.stella, at=NOW)
    assert organisation.path_of(cast.night) == ("Security", "Application security", "Detect", "SOC night")
    assert team_on(cast.bo, 0) == "SOC night"
    assert audited() == ["team.added", "team.renamed", "team.moved"]


def test_a_slash_stands_in_the_name_of_the_organisation_only() -> None:
    cast = people.enter()
    assert teams.rename_team(node=cast.security, name="Nordlys A/S", by=cast.stella, at=NOW)
    assert organisation.path_of(cast.detection) == ("Nordlys A/S", "Detection")
    for name in ("Nordlys/", "A//S", "Nord\u202elys"):
        with pytest.raises(teams.BadName):
            teams.rename_team(node=cast.security, name=name, by=cast.stella, at=NOW)


@pytest.mark.parametrize("name", ["", "  ", "A/B", "x" * 201, "soc NIGHT"])
def test_a_name_that_is_none_or_taken_is_refused(name: str) -> None:
    cast = people.enter()
    with pytest.raises(membership.ChangeRefused):
        teams.add_team(parent=cast.detection, name=name, by=cast.stella, at=NOW)
    other = Node.objects.create(name="Other", parent=cast.detection)
    with pytest.raises(membership.ChangeRefused):
        teams.rename_team(node=other, name=name, by=cast.stella, at=NOW)
    assert audited() == []


def test_no_team_stands_below_itself_and_the_top_stays_on_top() -> None:
    cast = people.enter()
    for node, parent in (
        (cast.detection, cast.night),
        (cast.detection, cast.detection),
        (cast.security, cast.appsec),
        (cast.night, cast.detection),
    ):
        with pytest.raises(teams.BadPlace):
            teams.move_team(node=node, parent=parent, by=cast.stella, at=NOW)
    same = Node.objects.create(name="soc night", parent=cast.appsec)
    with pytest.raises(teams.NameTaken):
        teams.move_team(node=cast.night, parent=same.parent or cast.appsec, by=cast.stella, at=NOW)


def test_a_team_is_retired_only_when_nobody_is_in_it_now_or_planned() -> None:
    cast = people.enter()
    for node in (cast.night, cast.detection, cast.security):
        with pytest.raises(membership.ChangeRefused):
            teams.retire_team(node=node, by=cast.stella, at=NOW, on=TODAY)
    place(cast, cast.ada, cast.appsec)
    place(cast, cast.bo, cast.appsec, starts=1)
    with pytest.raises(teams.NotEmpty):
        teams.retire_team(node=cast.night, by=cast.stella, at=NOW, on=TODAY)
    teams.retire_team(node=cast.night, by=cast.stella, at=NOW, on=TODAY + DAY)
    cast.night.refresh_from_db()
    assert cast.night.retired_on == TODAY + DAY
    with pytest.raises(membership.TeamIsRetired):
        place(cast, cast.bo, cast.night, starts=3)
    with pytest.raises(teams.BadPlace):
        teams.add_team(parent=cast.night, name="Below", by=cast.stella, at=NOW)
    teams.revive_team(node=cast.night, by=cast.stella, at=NOW)
    place(cast, cast.bo, Node.objects.get(pk=cast.night.pk), starts=3)
    assert team_on(cast.bo, 3) == "SOC night"
