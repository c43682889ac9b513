"""What the attacks look at is what a real close publishes: the same rounds, through services and kernel."""

from collections.abc import Mapping
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from andon.features.ballots import services as casting
from andon.features.closing import public as closing
from andon.features.instruments import public as instruments
from andon.features.releases import public as releases
from andon.features.rounds import public as rounds
from andon.foundation.organisation.models import Membership, Node
from andon.foundation.people.models import Member
from andon.kernel import disclosure, psychometrics
from andon.kernel.disclosure import groups, large, noise
from tests.attacks.organisation import Asked
from tests.attacks.publishing import Publisher
from tests.cast_of_people import WEEK, box_key_of, found_organisation, slip_for
from tests.seasons import SEASON, House

pytestmark = [pytest.mark.django_db(databases="__all__", transaction=True), pytest.mark.sqlite_only]


class NoNoise:
    """So that two histograms of the same ballots are the same."""

    def histogram(self, counts: Any, *, rho: float) -> tuple[int, ...]:
        return tuple(counts)


@pytest.fixture
def house(tmp_path: Any, settings: Any, key_directory: Any, monkeypatch: pytest.MonkeyPatch) -> House:
    # A group of sixteen is large here, so that what is said of large ones is compared as well.
    monkeypatch.setattr(large, "LEAST_GROUP", 10)
    monkeypatch.setattr(groups, "LEAST_GROUP", 10)
    monkeypatch.setattr(large, "MOST_NOISE_IN_A_MEAN", 1000)
    monkeypatch.setattr(noise, "OpenDpNoise", NoNoise)
    return House(found_organisation(tmp_path, settings, teams={"Detection": 6, "Cloud": 9, "Few": 2}))


class Both:
    """Asks the organisation through the services, and the kernel the same."""

    def __init__(self, house: House) -> None:
        self.house, self.random = house, Random(7)
        self.instrument = found = instruments.load("andon-core")
        facets = {facet.id: tuple(one.code for one in found.of_facet(facet.id)) for facet in found.facets}
        self.publisher = Publisher(tuple(found.codes), facets, noise=NoNoise())

    def ask(self, *, silent: int = 0) -> tuple[dict[frozenset[str], Any], dict[str, Any]]:
        """A round in which so many of every unit are silent and one casts twice; both releases must be the same."""
        house, at = self.house, self.house.at
        tree = self.tree()
        published = rounds.publish_round(
            node_id=house.people["top"].pk,
            instrument_id="andon-core",
            opens_at=at,
            closes_at=at + WEEK,
            by=None,
            at=at,
        )
        house.round_id = round_id = str(published.pk)
        rounds.open_round(round_id=round_id, at=at)
        key, cast = box_key_of(round_id), {}
        for team in tree:
            for place, who in enumerate(team.members[: len(team.members) - silent]):
                slip = slip_for(Member.objects.get(pk=who), round_id)
                ballots = [self.ballot() for _ in range(2 if place == 0 else 1)]
                for sequence, ballot in enumerate(ballots, start=1):
                    body = slip.cast(ballot, box_public_key=key, sequence=sequence)
                    assert isinstance(casting.cast(body), casting.Accepted)
                cast[who] = tuple(self.keyed(ballot) for ballot in ballots)
        closing.close_round(round_id=round_id, at=at + WEEK, early=False, by=None)
        house.at += SEASON
        closed = self.publisher.close(Asked(1, tree, cast))
        nodes = {unit.id: frozenset(unit.node_ids) for unit in rounds.units_of(round_id)}
        real = {nodes[part.unit_id]: without_id(part.release.to_json()) for part in releases.parts(round_id)}
        assert real == {unit.nodes: without_id(unit.release.to_json()) for unit in closed.units}
        of_groups = {part.node_id: part.figures for part in releases.groups(round_id)}
        assert of_groups == {group.group_id: group.to_json() for group in closed.groups}
        return real, of_groups

    def ballot(self) -> dict[str, int]:
        return {code: self.random.randint(1, 5) for code in self.instrument.codes if self.random.random() < 0.95}

    def keyed(self, ballot: Mapping[str, int]) -> dict[str, int]:
        directions = self.instrument.directions
        return {code: psychometrics.key_answer(value, directions[code]) for code, value in ballot.items()}

    def tree(self) -> tuple[disclosure.Node, ...]:
        now = Membership.objects.filter(ends_on=None).order_by("member__email")
        return tuple(
            disclosure.Node(
                str(node.pk),
                None if node.parent_id is None else str(node.parent_id),
                node.name,
                tuple(str(one.member_id) for one in now.filter(node=node)),
            )
            for node in Node.objects.order_by("pk")
        )

    def move(self, member: Member, team: str) -> None:
        house = self.house
        house.leave(member)
        since = (house.at - timedelta(days=2)).date()
        Membership.objects.create(member=member, node=house.people[team], starts_on=since)


def test_rounds_with_all_that_may_happen_between_them_are_published_as_the_attacks_publish_them(house: House) -> None:
    both = Both(house)
    shown = []
    both.ask()
    both.ask(silent=1)
    # Somebody joins and somebody moves; the few become one more.
    house.join("ann", "Cloud")
    both.move(house.of("Cloud")[-1], "Few")
    shown.append(both.ask())
    # A team is called otherwise, and somebody joins it.
    house.people["Anew"] = Node.objects.create(name="Anew", parent=house.people["top"])
    for member in house.of("Cloud"):
        both.move(member, "Anew")
    house.join("zed", "Anew")
    shown.append(both.ask())
    shown.append(both.ask(silent=1))
    # The few are five now, and so a unit of their own.
    for name in ("eve", "kim", "lou"):
        house.join(name, "Few")
    shown += [both.ask(), both.ask(), both.ask(silent=1)]
    silences = {silence for units, _ in shown for one in units.values() for silence in one.get("silent", {}).values()}
    assert silences >= {"other_rules", "too_many_changes"}
    figures = [figure for units, _ in shown for one in units.values() for figure in one.get("figures", {}).values()]
    assert {figure["updated"] for figure in figures} == {True, False}
    assert any("histograms" in group for _, of_groups in shown for group in of_groups.values())


def without_id(release: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in release.items() if key != "unit"}
