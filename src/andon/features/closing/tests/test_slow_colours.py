"""Colours from round to round: how a close follows on the last one, on the real databases."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest

from andon.features.ballots import services as casting
from andon.features.closing import public as closing
from andon.features.issuance import services as issuance
from andon.features.publiclog import public as publiclog
from andon.features.releases import public as releases
from andon.features.releases.models import LastCounted
from andon.features.rounds import public as rounds
from andon.features.rounds import services as rounds_services
from andon.foundation.organisation.models import Membership
from andon.foundation.people.models import Member
from andon.kernel import disclosure, wire
from andon.kernel.disclosure import Band, Silence, slow
from tests.cast_of_people import NOW, WEEK, Slip, found_organisation

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)
SEASON = timedelta(days=90)


class House:
    """An organisation that is asked once each season."""

    def __init__(self, people: dict[str, Any]) -> None:
        self.people, self.at, self.round_id = people, NOW, ""

    def ask(self, answers: Mapping[str, int], *, node: str = "top", silent: int = 0) -> None:
        """A whole round. Everybody but the `silent` last of each team gives one answer: to IN1, by team."""
        published = rounds.publish_round(
            node_id=self.people[node].pk,
            instrument_id="andon-core",
            opens_at=self.at,
            closes_at=self.at + WEEK,
            by=None,
            at=self.at,
        )
        self.round_id = str(published.pk)
        rounds.open_round(round_id=self.round_id, at=self.at)
        entry = publiclog.find("manifest", self.round_id)
        assert entry is not None
        for team, answer in answers.items():
            on_roster = [member for member in self.of(team) if rounds.unit_of(member, self.round_id) is not None]
            for member in on_roster[: len(on_roster) - silent]:
                slip = Slip(self.round_id)
                issued = issuance.issue(member=member, round_id=self.round_id, blinded=[("ballot", slip.blinded)])
                assert isinstance(issued, issuance.Issued)
                slip.finish(issued.to_json(wire.b64u))
                body = slip.cast({"IN1": answer}, box_public_key=wire.unb64u(entry.body["box_key"], 32))
                assert isinstance(casting.cast(body), casting.Accepted)
        closing.close_round(round_id=self.round_id, at=self.at + WEEK, early=False, by=None)
        self.at += SEASON

    def of(self, team: str) -> list[Member]:
        return list(
            Member.objects.filter(memberships__node=self.people[team], memberships__ends_on=None).order_by("email")
        )

    def seen_by(self, team: str) -> disclosure.UnitRelease:
        unit = rounds.unit_of(self.of(team)[0], self.round_id)
        assert unit is not None
        part = releases.unit(self.round_id, unit.id)
        assert part is not None
        return part.release

    def colour_of(self, team: str) -> tuple[Band, bool] | None:
        figures = self.seen_by(team).figures
        assert figures is not None
        return (figures["IN1"].band, figures["IN1"].updated) if "IN1" in figures else None

    def join(self, name: str, team: str) -> None:
        member = Member.objects.create_user(f"{name}@example.org", name)
        Membership.objects.create(member=member, node=self.people[team], starts_on=(self.at - timedelta(days=3)).date())

    def leave(self, member: Member) -> None:
        Membership.objects.filter(member=member).update(ends_on=(self.at - timedelta(days=3)).date())

    def state(self) -> rounds.State:
        view = rounds.find(self.round_id)
        assert view is not None
        return view.state


@pytest.fixture
def house(tmp_path: Any, settings: Any, key_directory: Any) -> House:
    return House(found_organisation(tmp_path, settings, teams={"Detection": 6, "Cloud": 6}))


def test_while_the_same_people_all_answer_a_colour_follows_at_once(house: House) -> None:
    house.ask({"Detection": 5, "Cloud": 5})
    house.ask({"Detection": 1, "Cloud": 5})
    assert house.colour_of("Detection") == (Band.LOW, True)
    assert house.colour_of("Cloud") == (Band.HIGH, True)


def test_somebody_silent_keeps_the_colour_of_a_small_team_and_of_no_other(house: House) -> None:
    house.ask({"Detection": 5, "Cloud": 5})
    house.ask({"Detection": 1}, node="Detection", silent=1)
    assert house.colour_of("Detection") == (Band.HIGH, False)
    assert house.seen_by("Detection").ballots == 5
    house.ask({"Cloud": 1}, node="Cloud")
    assert house.colour_of("Cloud") == (Band.LOW, True)


def test_who_joins_counts_once_and_three_changes_silence_one_round(house: House) -> None:
    house.ask({"Detection": 5})
    house.join("ann", "Detection")
    house.leave(house.of("Detection")[-1])
    house.ask({"Detection": 1})
    assert house.colour_of("Detection") == (Band.HIGH, False)
    house.join("zoe", "Detection")
    house.ask({"Detection": 1})
    assert house.seen_by("Detection").silences["IN1"] is Silence.TOO_MANY_CHANGES
    house.ask({"Detection": 1})
    assert house.colour_of("Detection") == (Band.LOW, True)


def test_somebody_who_was_erased_has_left(house: House) -> None:
    house.ask({"Detection": 5})
    gone = house.of("Detection")[-1]
    house.leave(gone)
    rounds.erase_member(member_id=gone.pk, at=house.at)
    house.ask({"Detection": 1})
    assert house.colour_of("Detection") == (Band.HIGH, False)


def test_teams_that_are_counted_together_for_the_first_time_show_nothing_once(house: House) -> None:
    house.ask({"Detection": 5, "Cloud": 5})
    for member in house.of("Cloud")[3:]:
        house.leave(member)
    house.ask({"Detection": 1, "Cloud": 1})
    assert house.seen_by("Detection").silences["IN1"] is Silence.OTHER_RULES
    house.ask({"Detection": 1, "Cloud": 1})
    assert house.colour_of("Detection") == house.colour_of("Cloud") == (Band.LOW, True)


def test_a_team_whose_partner_was_counted_elsewhere_meanwhile_does_not_follow_on_their_common_round(
    house: House,
) -> None:
    """The teams that are known to have been counted last in a unit need not be all that were counted in it."""
    for member in house.of("Cloud")[3:]:
        house.leave(member)
    house.ask({"Detection": 5, "Cloud": 5})
    for name in ("ann", "ben", "cem"):
        house.join(name, "Cloud")
    house.ask({"Cloud": 5}, node="Cloud")
    house.ask({"Detection": 1}, node="Detection")
    assert house.seen_by("Detection").silences["IN1"] is Silence.OTHER_RULES


def test_other_rules_show_nothing_once(house: House) -> None:
    house.ask({"Detection": 5})
    stricter = disclosure.Policy(least_ballots=6)
    with mock.patch.object(rounds_services.choices, "policy", return_value=stricter):
        house.ask({"Detection": 1})
    assert house.seen_by("Detection").silences["IN1"] is Silence.OTHER_RULES


def test_whether_a_lead_may_close_early_is_no_other_rule(house: House) -> None:
    house.ask({"Detection": 5})
    later = disclosure.Policy(early_close=False)
    with mock.patch.object(rounds_services.choices, "policy", return_value=later):
        house.ask({"Detection": 1})
    assert house.colour_of("Detection") == (Band.LOW, True)


def test_a_round_that_is_void_is_not_followed_on(house: House) -> None:
    house.ask({"Detection": 5})
    last = LastCounted.objects.get(node_id=house.people["Detection"].pk).round_id
    with mock.patch.object(disclosure, "publish_unit", side_effect=disclosure.MoreBallotsThanRoster):
        house.ask({"Detection": 1})
    assert house.state() is rounds.State.VOID
    assert LastCounted.objects.get(node_id=house.people["Detection"].pk).round_id == last
    house.ask({"Detection": 1})
    assert house.colour_of("Detection") == (Band.LOW, True)


@pytest.mark.parametrize(
    "weakened",
    [
        mock.patch.object(slow, "STEP", 0),
        mock.patch.object(slow, "MOST_CHANGES", 99),
        mock.patch.object(slow, "is_wide", return_value=True),
    ],
    ids=["no margin", "no silence", "no kept colour"],
)
def test_a_weakened_rule_is_found_by_the_auditor_and_nothing_is_shown(house: House, weakened: Any) -> None:
    house.ask({"Detection": 5})
    house.join("ann", "Detection")
    if weakened.attribute == "MOST_CHANGES":
        house.join("ben", "Detection")
        house.join("cem", "Detection")
    with weakened:
        house.ask({"Detection": 1})
    entry = publiclog.find("void", house.round_id)
    assert entry is not None
    assert entry.body["reason"] == "audit_failed"
    assert not releases.is_shown(house.round_id)


def test_what_is_remembered_of_a_colour_is_not_the_total(house: House) -> None:
    house.ask({"Detection": 4})
    first = _remembered(house)
    assert first == {
        "band": "high",
        "changes": 0,
        "kept": False,
        "margin_rounds": 0,
        "silent": 0,
        "swaps": False,
    }
    house.ask({"Detection": 5})
    assert _remembered(house) == first


def _remembered(house: House) -> dict[str, Any]:
    unit = rounds.unit_of(house.of("Detection")[0], house.round_id)
    assert unit is not None
    part = releases.unit(house.round_id, unit.id)
    assert part is not None
    return dict(part.remembered["IN1"])
