"""Somebody is erased from every roster, and everybody else can still check theirs."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from andon.features.rounds import public as rounds
from andon.features.rounds.models import NotAsked, RosterEntry, RoundUnit
from andon.foundation.people.models import Member
from andon.kernel import manifest, wire
from tests.cast_of_people import NOW, found_organisation
from tests.lived_in import LivedIn

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def published(tmp_path: Path, settings: Any, key_directory: object) -> tuple[dict[str, Any], str]:
    people = found_organisation(tmp_path, settings, teams={"Detection": 6})
    made = rounds.publish_round(
        node_id=people["top"].pk,
        instrument_id="andon-core",
        opens_at=NOW + timedelta(hours=1),
        closes_at=NOW + timedelta(days=7),
        by=None,
        at=NOW,
    )
    return people, made.pk


def unit_seen_by(person: Member, round_id: str) -> rounds.UnitView:
    unit = rounds.unit_of(person, round_id)
    assert unit is not None
    return unit


def checked(unit: rounds.UnitView) -> manifest.Opening | manifest.SeatedOpening:
    opening = manifest.parse_opening(unit.opening)
    manifest.check_opening(unit.leaf, opening)
    return opening


def test_the_others_still_open_their_roster_and_count_the_erased(published: tuple[dict[str, Any], str]) -> None:
    people, round_id = published
    bo, ada = people["Detection 2"], people["Detection 1"]
    before = unit_seen_by(ada, round_id)
    assert bo.label in checked(before).members
    rounds.erase_member(member_id=bo.pk, at=NOW)
    rounds.erase_member(member_id=bo.pk, at=NOW)
    after = unit_seen_by(ada, round_id)
    opening = checked(after)
    assert (opening.size, opening.erased, len(opening.members)) == (6, 1, 5)
    assert (after.size, after.erased, after.can_be_opened) == (6, 1, True)
    assert after.leaf == before.leaf
    assert bo.label not in opening.members
    # Whoever took the whole roster home before can still check it.
    checked(before)


@pytest.mark.parametrize("when", ["published", "open", "over"])
def test_nothing_that_is_stored_leads_to_the_erased(published: tuple[dict[str, Any], str], when: str) -> None:
    people, round_id = published
    if when != "published":
        rounds.open_round(round_id=round_id, at=NOW + timedelta(hours=1))
    if when == "over":
        rounds.record_ending(round_id=round_id, kind="closed", reason="", at=NOW + timedelta(days=7))
    bo = people["Detection 2"]
    (unit,) = RoundUnit.objects.all()
    (salt,) = (seat["salt"] for seat in unit.members if seat["label"] == bo.label)
    assert RosterEntry.objects.filter(member=bo).exists()
    rounds.erase_member(member_id=bo.pk, at=NOW)
    unit.refresh_from_db()
    stored = json.dumps(unit.members)
    assert bo.email not in stored
    assert bo.name not in stored
    assert salt not in stored
    assert people["Detection 3"].email in stored
    assert not RosterEntry.objects.filter(member=bo).exists()
    assert rounds.unit_of(bo, round_id) is None
    assert RosterEntry.objects.count() == 5


def test_who_has_another_name_by_now_is_found_on_the_roster(published: tuple[dict[str, Any], str]) -> None:
    people, round_id = published
    bo = people["Detection 2"]
    old = bo.label
    bo.name, bo.email = "Robert", "robert@example.org"
    bo.save()
    rounds.erase_member(member_id=bo.pk, at=NOW)
    members = checked(unit_seen_by(people["Detection 1"], round_id)).members
    assert old not in members
    assert len(members) == 5


def test_who_was_not_asked_is_forgotten_too(published: tuple[dict[str, Any], str]) -> None:
    people, round_id = published
    left = Member.objects.create_user("left@example.org", "Left")
    NotAsked.objects.create(round_id=round_id, member=left, reason="too_small")
    NotAsked.objects.create(round_id=round_id, member=people["Detection 1"], reason="too_small")
    rounds.erase_member(member_id=left.pk, at=NOW)
    assert [row.member for row in NotAsked.objects.all()] == [people["Detection 1"]]


def as_version_0_1_0(round_id: str) -> None:
    """What an older installation stored: labels alone, and a leaf that commits to all of them at once."""
    for unit in RoundUnit.objects.filter(round_id=round_id):
        unit.members = manifest.sorted_members([seat["label"] for seat in unit.members])
        leaf = json.loads(unit.leaf)
        leaf["roster"] = manifest.roster_commitment(bytes(unit.salt), unit.name, unit.members)
        unit.leaf = wire.canonical(leaf).decode()
        unit.save()
    RosterEntry.objects.filter(round_id=round_id).update(seat="")


@pytest.mark.parametrize("renamed", ["not", "name", "both"])
def test_a_roster_of_an_older_round_loses_the_name_and_can_no_longer_be_opened(
    published: tuple[dict[str, Any], str], renamed: str
) -> None:
    people, round_id = published
    as_version_0_1_0(round_id)
    ada, bo = people["Detection 1"], people["Detection 2"]
    old = bo.label
    before = unit_seen_by(ada, round_id)
    assert old in checked(before).members
    if renamed != "not":
        bo.name = "Robert"
        bo.email = "robert@example.org" if renamed == "both" else bo.email
        bo.save()
    rounds.erase_member(member_id=bo.pk, at=NOW)
    after = unit_seen_by(ada, round_id)
    assert set(before.members) - set(after.members) == {old}
    assert (after.size, after.erased, after.can_be_opened) == (6, 1, False)
    with pytest.raises(manifest.RosterNotOpenable):
        checked(after)
    checked(before)


def test_the_page_of_the_round_says_how_many_were_erased(lived_in: LivedIn) -> None:
    round_id = lived_in.rounds["open"]
    client = Client()
    client.force_login(lived_in.people["Ada"])
    assert b"erased" not in client.get(f"/rounds/{round_id}/").content
    rounds.erase_member(member_id=lived_in.people["Bo"].pk, at=NOW)
    page = client.get(f"/rounds/{round_id}/").content.decode()
    assert "And 1 person who was erased since" in page
    assert lived_in.people["Bo"].label not in page
