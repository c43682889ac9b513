"""A look at a round may come from memory, and is right; what is published never does."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from andon.features.rounds import renewal, services
from andon.features.rounds.models import NotAsked, RosterEntry, RoundUnit
from andon.foundation.organisation import membership, revision, walking
from andon.foundation.organisation import public as organisation
from andon.foundation.organisation.membership import Placing
from andon.foundation.organisation.models import Membership
from andon.foundation.organisation.revision import Memory
from tests.lived_in import LivedIn, queries

pytestmark = pytest.mark.django_db(databases="__all__")


class Remembered(AssertionError):
    """Something was looked for in memory."""


def look(house: LivedIn) -> tuple[Any, ...]:
    """What the three pages tell of the round that is published."""
    on, round_id = organisation.today(), house.rounds["published"]
    outline = services.outline_round(node_id=house.nodes["Cloud"].pk, on=on)
    # Its dates move with the clock.
    renewed = renewal.plan_renewal(round_id, at=house.now)
    return (
        (outline.asked, outline.plan.units, outline.plan.not_asked),
        (renewed.units, renewed.more_units, renewed.not_asked, renewed.can_be),
        renewal.changes_since(round_id, at=timezone.now()),
    )


def move_somebody(house: LivedIn) -> None:
    on = organisation.today()
    placing = Placing(house.nodes["Cloud"], "member", on)
    stella = house.people["Stella"]
    membership.place_person(member=house.people["Cy"], placing=placing, by=stella, at=timezone.now(), on=on)


CHANGES = {
    "somebody comes": move_somebody,
    "many leave": lambda house: Membership.objects.filter(node=house.nodes["Cloud"]).update(
        ends_on=None, starts_on=FAR
    ),
    "a unit has another name": lambda house: RoundUnit.objects.filter(round_id=house.rounds["published"]).update(
        size=9
    ),
    "somebody leaves the roster": lambda house: RosterEntry.objects.filter(
        round_id=house.rounds["published"], member=house.people["Hal"]
    ).delete(),
    "somebody was not asked": lambda house: NotAsked.objects.create(
        round_id=house.rounds["published"], member=house.people["Hal 1"], reason="no_unit_beside"
    ),
}
FAR = timezone.now().date() + timedelta(days=400)


@pytest.mark.parametrize("most_walked", [0, 1_500])
@pytest.mark.parametrize("name", CHANGES)
def test_what_is_looked_at_is_right_after_each_change(
    lived_in: LivedIn, name: str, most_walked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "MOST_WALKED", most_walked)
    before = look(lived_in)
    with queries() as sent:
        assert look(lived_in) == before
    # The second look asks for two rounds, and three times whether something has changed.
    assert len([one for one in sent if "organisation_membership" in one]) <= 1
    CHANGES[name](lived_in)
    after = look(lived_in)
    assert after != before
    with monkeypatch.context() as nothing:
        nothing.setattr(Memory, "look", lambda _memory, key: revision.Seen(None, key, None))
        assert look(lived_in) == after


def test_what_is_published_is_read_from_the_tables(lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    now, cloud = timezone.now(), lived_in.nodes["Response"].pk
    RosterEntry.objects.all().delete()
    services.outline_round(node_id=cloud, on=organisation.today())

    def refuse(*_given: object) -> None:
        raise Remembered

    for name in ("look", "keep", "get"):
        monkeypatch.setattr(Memory, name, refuse)
    published = services.publish_round(
        node_id=cloud,
        instrument_id="andon-security",
        opens_at=now + timedelta(days=3),
        closes_at=now + timedelta(days=10),
        by=lived_in.people["Gil"],
        at=now,
    )
    asked = set(RosterEntry.objects.filter(round=published).values_list("member_id", flat=True))
    here = Membership.objects.filter(node_id=cloud, member__is_active=True).values_list("member_id", flat=True)
    assert asked == set(here)
    assert len(asked) >= 5
    # The planted fault: a plan that is made from a look.
    with pytest.raises(Remembered):
        services.outline_round(node_id=cloud, on=organisation.today())


def test_all_that_a_look_reads_is_watched_or_in_its_key(lived_in: LivedIn) -> None:
    round_id, on = lived_in.rounds["published"], organisation.today()
    row = services.Round.objects.get(pk=round_id)
    with queries() as sent:
        services._outline(row.node_id, on)
        renewal._compare(round_id, row.node_id, on)
        renewal._changed(row, on=on, fixed_on=on - timedelta(days=3))
    known = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    read = {table for table in known for one in sent if re.search(rf"\b{table}\b", one)}
    assert read <= {each.table for each in revision.watched()}
    assert {"rounds_rosterentry", "rounds_roundunit", "people_member"} <= read
