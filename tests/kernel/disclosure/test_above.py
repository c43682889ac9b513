"""Groups above units: one budget for everybody, whatever the tree, and a spread of what units published."""

import json

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.kernel.disclosure import (
    RHO,
    Band,
    GroupRelease,
    MalformedRelease,
    NotShown,
    Past,
    Policy,
    TurnoutStep,
    UnitAnswers,
    UnitPlace,
    groups_above,
    large,
    publish_groups,
    publish_unit,
    turnout_step,
)
from andon.kernel.disclosure.noise import OpenDpNoise

ASKED = ("IN1", "IN2")


class Counting:
    """No noise; it notes what each draw costs, and of whom."""

    def __init__(self):
        self.costs = []

    def histogram(self, counts, *, rho):
        self.costs.append((tuple(counts), rho))
        return counts


def published(parents, units, ballots, *, noise, past=None, policy=None):
    places = [UnitPlace(name, nodes, size) for name, (nodes, size) in units.items()]
    grouping = groups_above(parents, places)
    policy = policy or Policy(depth=grouping.depth)
    answers = [UnitAnswers(name, units[name][1], tuple(ballots[name])) for name in units]
    released = {
        one.unit_id: publish_unit(one, policy=policy, statements=ASKED, past=(past or {}).get(one.unit_id)).release
        for one in answers
    }
    words = {
        name: {"inclusion": release.figures["IN1"].band} if release.figures else {}
        for name, release in released.items()
    }
    return publish_groups(
        grouping, answers=answers, released=released, words=words, statements=ASKED, policy=policy, noise=noise
    )


@pytest.fixture
def no_bound(monkeypatch):
    monkeypatch.setattr(large, "MOST_NOISE_IN_A_MEAN", 99.0)


def chain(units, size, depth):
    """Units below a chain of nodes, half of them at its end and half at its top."""
    parents = {"n0": None} | {f"n{level}": f"n{level - 1}" for level in range(1, depth)}
    for number in range(units):
        parents[f"t{number}"] = f"n{depth - 1}" if number % 2 else "n0"
    return parents, {f"u{number}": ([f"t{number}"], size) for number in range(units)}


def test_the_same_histogram_holds_every_ballot_and_skips_are_a_cell(no_bound):
    parents, units = chain(12, 10, 2)
    ballots = {name: [{"IN1": 5}] * 10 for name in units}
    top = published(parents, units, ballots, noise=Counting())[0]
    assert top.figures["IN1"].histogram == (0, 0, 0, 0, 120, 0)
    assert top.figures["IN2"].histogram == (0, 0, 0, 0, 0, 120)
    assert (top.turnout, top.people, top.units) == (TurnoutStep.THREE_QUARTERS_OR_MORE, 120, 12)
    assert GroupRelease.from_json(top.to_json()).figures["IN1"].histogram == top.figures["IN1"].histogram


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 5), st.integers(20, 60), st.integers(5, 12))
def test_nobody_pays_more_than_the_budget_of_a_round(depth, number, size):
    parents, units = chain(number, size, depth)
    noise, bound = Counting(), large.MOST_NOISE_IN_A_MEAN
    large.MOST_NOISE_IN_A_MEAN = 99.0
    try:
        groups = published(parents, units, {name: [{"IN1": 4}] * size for name in units}, noise=noise)
    finally:
        large.MOST_NOISE_IN_A_MEAN = bound
    drawn = sum(group.figures is not None for group in groups)
    assert len(noise.costs) == drawn * len(ASKED)
    # Whoever is deepest is in every group that was drawn, at most.
    assert sum(rho for _counts, rho in noise.costs) <= RHO * (1 + 1e-9)


def test_a_policy_without_depth_pays_for_nothing(no_bound):
    parents, units = chain(12, 10, 2)
    noise = Counting()
    groups = published(parents, units, {name: [{"IN1": 5}] * 10 for name in units}, noise=noise, policy=Policy(depth=0))
    assert noise.costs == []
    assert all(group.reason is NotShown.UNDER_A_HUNDRED for group in groups)


def test_the_spread_counts_units_that_show_every_statement_anew():
    parents, units = chain(14, 6, 1)
    few = {"u0": [{"IN1": 5}] * 4}
    silent = {"u1": Past({}, 0, 0, follows=False)}
    before = publish_unit(
        UnitAnswers("u2", 6, ({"IN1": 5, "IN2": 5},) * 6), policy=Policy(), statements=ASKED
    ).remembered
    kept = {"u2": Past(before, 1, 0)}
    ballots = {name: [{"IN1": 1, "IN2": 1}] * 6 for name in units} | few
    top = published(parents, units, ballots, noise=OpenDpNoise(), past=silent | kept)[0]
    # Not the one with few answers, the silent one, and the one whose colour of the last round was kept.
    assert top.units == 11
    assert top.statements["IN1"] == {Band.LOW: 11, Band.MIXED_LOW: 0, Band.MIXED_HIGH: 0, Band.HIGH: 0}
    assert top.facets == {"inclusion": top.statements["IN1"]}
    # Canonical JSON sorts the bands by name; they come back lowest first.
    again = GroupRelease.from_json(json.loads(rfc8785.dumps(top.to_json())))
    assert [list(counts) for counts in again.statements.values()] == [list(Band)] * 2
    assert again == top


def test_real_noise_moves_counts_and_stays_what_it_was_when_read_again():
    parents, units = chain(60, 10, 1)
    ballots = {name: [{"IN1": 4, "IN2": 2}] * 10 for name in units}
    drawn = {published(parents, units, ballots, noise=OpenDpNoise())[0].figures["IN1"].histogram for _ in range(4)}
    assert len(drawn) > 1
    top = published(parents, units, ballots, noise=OpenDpNoise())[0]
    again = GroupRelease.from_json(top.to_json())
    assert again.to_json() == top.to_json()
    # The interval that is shown is meant to miss one time in twenty.
    mean = again.figures["IN1"].mean(confidence=1 - 1e-9)
    assert mean.low <= 4 <= mean.high


GOOD = {
    "group": "g",
    "people": 120,
    "reason": "too_much_noise",
    "spread": {
        "facets": {"inclusion": dict.fromkeys((band.value for band in Band), 3)},
        "statements": {"IN1": dict.fromkeys((band.value for band in Band), 3)},
        "units": 12,
    },
    "turnout": "half_or_more",
}


@pytest.mark.parametrize(
    "change",
    [{"turnout": "everyone"}, {"mean": 4}, {"spread": {"units": 12}}, {"reason": "no"}, {"histograms": {"IN1": [1]}}],
)
def test_a_group_that_we_cannot_have_written_is_refused(change):
    assert GroupRelease.from_json(GOOD).units == 12
    with pytest.raises(MalformedRelease):
        GroupRelease.from_json({**GOOD, **change})
    with pytest.raises(MalformedRelease):
        GroupRelease.from_json([GOOD])


def test_what_everybody_knows_from_the_round_before_is_in_no_spread():
    """All but one team keep the colours of the last round, which may have been shared: what is left is that team."""
    parents, units = chain(12, 6, 1)
    before = publish_unit(
        UnitAnswers("u", 6, ({"IN1": 5, "IN2": 5},) * 6), policy=Policy(), statements=ASKED
    ).remembered
    past = {name: Past(before, 1, 0) for name in units if name != "u11"}
    ballots = {name: [{"IN1": 1, "IN2": 1}] * 6 for name in units}
    assert published(parents, units, ballots, noise=OpenDpNoise(), past=past)[0].units is None


def test_a_spread_with_kept_colours_would_tell_of_one_team(monkeypatch):
    from andon.kernel.disclosure import above

    monkeypatch.setattr(
        above, "_shows_all_anew", lambda release, statements: set(statements) <= (release.figures or {}).keys()
    )
    with pytest.raises(AssertionError):
        test_what_everybody_knows_from_the_round_before_is_in_no_spread()


def test_a_group_of_which_one_unit_is_a_large_part_has_no_turnout(no_bound):
    parents, units = chain(12, 10, 1)
    units["u0"] = (units["u0"][0], 40)
    ballots = {name: [{"IN1": 5}] * 5 for name in units}
    top = published(parents, units, ballots, noise=Counting())[0]
    assert top.turnout is None
    assert "turnout" not in top.to_json()
    assert GroupRelease.from_json(top.to_json()) == top


def test_turnout_of_a_group_is_a_step_and_no_count(no_bound):
    parents, units = chain(12, 10, 1)
    half = {name: [{"IN1": 5}] * (6 if number % 2 else 5) for number, name in enumerate(units)}
    top = published(parents, units, half, noise=Counting())[0]
    assert top.turnout is TurnoutStep.HALF_OR_MORE
    assert "ballots" not in top.to_json()


AREAS = ("a", "b")


def steps_of_areas_and_a_team_beside_them(per_area, own):
    """The steps that are told of two areas of six teams of five, of the whole, and what they leave of one team."""
    parents = {"top": None, "own": "top"} | dict.fromkeys(AREAS, "top")
    units = {"own": (["own"], 5)}
    ballots = {"own": [{"IN1": 3}] * own}
    for area in AREAS:
        left = per_area
        for number in range(6):
            name = f"{area}{number}"
            parents[name], units[name] = area, ([name], 5)
            ballots[name] = [{"IN1": 3}] * min(5, left)
            left -= len(ballots[name])
    told = {group.group_id: group.turnout for group in published(parents, units, ballots, noise=Counting())}
    fits = {
        team
        for one in range(31)
        for other in range(31)
        for team in range(6)
        if all(
            told[group] in {None, turnout_step(count, people)}
            for group, count, people in (("a", one, 30), ("b", other, 30), ("top", one + other + team, 65))
        )
    }
    return told, fits


@pytest.mark.parametrize(("per_area", "own"), [(14, 5), (15, 0), (23, 0)])
def test_turnout_is_told_of_the_outermost_group_alone(per_area, own):
    told, fits = steps_of_areas_and_a_team_beside_them(per_area, own)
    assert told["top"] is not None
    assert [told[area] for area in AREAS] == [None, None]
    assert fits == set(range(6))


def test_steps_of_nested_groups_would_tell_that_a_whole_team_answered(monkeypatch):
    class Forgetful(set):
        def add(self, _group):
            pass

    monkeypatch.setattr("andon.kernel.disclosure.above.set", Forgetful, raising=False)
    assert steps_of_areas_and_a_team_beside_them(14, 5)[1] == {5}
    assert steps_of_areas_and_a_team_beside_them(15, 0)[1] == {0, 1, 2}


def test_a_group_inside_one_that_has_no_step_may_have_one():
    parents = {"top": None, "area": "top", "large": "top"}
    units = {"large": (["large"], 40)}
    for number in range(8):
        parents[f"t{number}"], units[f"t{number}"] = "area", ([f"t{number}"], 5)
    ballots = {name: [{"IN1": 3}] * 5 for name in units}
    told = {group.group_id: group.turnout for group in published(parents, units, ballots, noise=Counting())}
    assert (told["top"], told["area"]) == (None, TurnoutStep.THREE_QUARTERS_OR_MORE)
