"""What a close says of the groups above units: drawn once, bound by the log, and of whole units."""

import secrets
from collections.abc import Iterator, Sequence
from typing import Any
from unittest import mock

import pytest

from andon.features.ballots.models import Ballot as BallotRow
from andon.features.closing import computing
from andon.features.closing import services as closing_services
from andon.features.publiclog import public as publiclog
from andon.features.releases import public as releases
from andon.features.releases.models import ReleasedGroup
from andon.features.rounds import public as rounds
from andon.features.rounds.models import RoundGroup
from andon.foundation.organisation.models import Node
from andon.kernel import manifest
from andon.kernel.disclosure import Band, NotShown, TurnoutStep, noise
from tests.cast_of_people import found_organisation
from tests.seasons import House

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)
TEAMS = {f"Team {number}": 10 for number in range(1, 13)}


class NoNoise:
    """What is under a planted fault: the exact counts. ``drawn`` keeps what each draw was to cost."""

    drawn: list[float] = []

    def histogram(self, counts: Sequence[int], *, rho: float) -> Sequence[int]:
        self.drawn.append(rho)
        return counts


@pytest.fixture
def house(tmp_path: Any, settings: Any, key_directory: Any) -> House:
    house = House(found_organisation(tmp_path, settings, teams=TEAMS))
    half = Node.objects.create(name="Half", parent=house.people["top"])
    Node.objects.filter(name__in=[f"Team {number}" for number in range(1, 7)]).update(parent=half)
    house.people["Half"] = half
    return house


@pytest.fixture
def quiet() -> Iterator[type[NoNoise]]:
    """Counts as they are, and the bound on noise out of the way: 120 people are too few for 21 statements."""
    NoNoise.drawn = []
    with (
        mock.patch.object(noise, "OpenDpNoise", NoNoise),
        mock.patch("andon.kernel.disclosure.large.MOST_NOISE_IN_A_MEAN", 99.0),
    ):
        yield NoNoise


def released(house: House, node: str) -> Any:
    key = house.people[node].pk
    return releases.groups_shown(house.round_id, [key])[key].release


def test_a_hundred_people_have_a_histogram_and_ten_units_a_spread(house: House, quiet: type[NoNoise]) -> None:
    house.ask({team: 5 if number < 5 else 1 for number, team in enumerate(TEAMS)})
    top = released(house, "top")
    assert (top.people, top.units, top.turnout) == (120, 12, TurnoutStep.THREE_QUARTERS_OR_MORE)
    assert top.figures["IN1"].histogram == (70, 0, 0, 0, 50, 0)
    # Nobody answered this one.
    assert top.figures["LE1"].histogram == (0, 0, 0, 0, 0, 120)
    assert top.statements["IN1"] == {Band.LOW: 7, Band.MIXED_LOW: 0, Band.MIXED_HIGH: 0, Band.HIGH: 5}
    assert sum(top.facets["inclusion"].values()) == 12
    half = released(house, "Half")
    assert (half.people, half.figures, half.reason) == (60, None, NotShown.UNDER_A_HUNDRED)
    # Six units, and six others beside them: each difference of shown spreads would be six.
    assert half.statements is None


def test_each_histogram_costs_its_share_and_is_drawn_once(house: House, quiet: type[NoNoise]) -> None:
    house.ask(dict.fromkeys(TEAMS, 5))
    view = publiclog.find("manifest", house.round_id)
    assert view is not None
    assert view.body["policy"]["depth"] == 1
    # 0.5 over 21 statements and one group: in all no more than one person's budget.
    assert len(quiet.drawn) == 21
    assert sum(quiet.drawn) == pytest.approx(0.5)


def test_of_too_few_ballots_no_histogram_is_drawn(house: House, quiet: type[NoNoise]) -> None:
    house.ask({f"Team {number}": 5 for number in range(1, 10)})
    assert released(house, "top").reason is NotShown.UNDER_A_HUNDRED
    assert quiet.drawn == []


def test_with_the_real_noise_a_hundred_and_twenty_people_are_too_few_for_21_statements(house: House) -> None:
    house.ask(dict.fromkeys(TEAMS, 4))
    assert released(house, "top").reason is NotShown.TOO_MUCH_NOISE


def test_the_log_binds_what_groups_show(house: House) -> None:
    house.ask(dict.fromkeys(TEAMS, 4))
    entry = publiclog.find("released", house.round_id)
    assert entry is not None
    parts = releases.groups(house.round_id)
    assert entry.body["groups"]["count"] == len(parts) == 2
    for part in parts:
        assert manifest.verify_inclusion(
            computing.group_leaf(part.node_id, part.salt, part.figures),
            index=part.position,
            count=len(parts),
            path=part.path,
            root=bytes.fromhex(entry.body["groups"]["root"]),
        )


def test_a_group_that_was_altered_after_it_was_committed_is_never_shown(house: House) -> None:
    forget = closing_services._Steps.forget

    def alter(steps: Any) -> None:
        row = ReleasedGroup.objects.filter(round_id=steps.round_id).first()
        assert row is not None
        ReleasedGroup.objects.filter(round_id=steps.round_id, node_id=row.node_id).update(salt=secrets.token_bytes(32))
        forget(steps)

    with mock.patch.object(closing_services._Steps, "forget", alter):
        house.ask({"Team 1": 5})
    assert house.state() is rounds.State.VOID
    assert ReleasedGroup.objects.count() == 0


def test_groups_are_those_of_the_day_the_rosters_were_fixed(house: House) -> None:
    house.ask({"Team 1": 5})
    before = set(RoundGroup.objects.values_list("node_id", "parent_node", "people"))
    Node.objects.filter(name="Half").update(name="Other", parent=None)
    assert set(RoundGroup.objects.values_list("node_id", "parent_node", "people")) == before
    assert set(RoundGroup.objects.values_list("name", flat=True)) == {"Lanternworks", "Half"}


def test_a_round_of_one_team_has_no_groups_and_says_nothing_of_them(house: House) -> None:
    house.ask({"Team 1": 5}, node="Team 1")
    entry = publiclog.find("released", house.round_id)
    assert entry is not None
    assert set(entry.body) == {"round", "units"}
    assert releases.groups(house.round_id) == []


def test_how_far_the_count_is_is_told_where_it_takes_long_enough(house: House) -> None:
    told = []

    def note(*, round_id: str, percent: int) -> None:
        told.append(percent)

    with mock.patch.object(closing_services.rounds, "note_counted", note):
        house.ask(dict.fromkeys(TEAMS, 5))
        assert told == []
        with mock.patch.object(closing_services, "MANY_UNITS", len(TEAMS)):
            house.ask(dict.fromkeys(TEAMS, 5))
            by_units = [100 * place // len(TEAMS) for place in range(len(TEAMS))]
            assert told == by_units
            # A fault that counted ballots would tell who is silent: here all but two teams are.
            told.clear()
            house.ask({"Team 3": 5, "Team 9": 5})
    assert told == by_units


def test_a_count_that_tells_of_ballots_is_seen(house: House) -> None:
    """The planted fault: what is told follows the ballots, as it would where one counts those."""
    told = []

    def by_ballots(*, round_id: str, percent: int) -> None:
        told.append(percent + BallotRow.objects.filter(round_id=round_id).count())

    with (
        mock.patch.object(closing_services.rounds, "note_counted", by_ballots),
        mock.patch.object(closing_services, "MANY_UNITS", len(TEAMS)),
    ):
        house.ask({"Team 3": 5, "Team 9": 5})
    assert told != [100 * place // len(TEAMS) for place in range(len(TEAMS))]
