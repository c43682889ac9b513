"""From ballots to what becomes visible: bands, counts, and nothing that depends on one answer."""

import json

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.kernel.disclosure import (
    FRESH_RULES,
    KNOWN_RULES,
    Band,
    MalformedAnswer,
    MalformedPolicy,
    MalformedRelease,
    MoreBallotsThanRoster,
    NoStatements,
    Past,
    Policy,
    Silence,
    StatementFigure,
    UnitAnswers,
    UnitRelease,
    UnknownStatement,
    Withheld,
    band,
    publish_unit,
)

ASKED = ("IN1", "IN2", "LE1")
POLICY = Policy()
ballots = st.dictionaries(st.sampled_from(ASKED), st.integers(1, 5))


def answers(*opened, roster=None):
    return UnitAnswers("unit", len(opened) if roster is None else roster, tuple(opened))


def published(opened, **how):
    return publish_unit(opened, **how).release


def test_five_ballots_give_one_band_a_statement():
    release = published(answers(*[{"IN1": 5, "IN2": 1, "LE1": 3}] * 5, roster=7), policy=POLICY, statements=ASKED)
    assert release.reason is None
    assert {code: (figure.band, figure.n) for code, figure in release.figures.items()} == {
        "IN1": (Band.HIGH, 5),
        "IN2": (Band.LOW, 5),
        "LE1": (Band.MIXED_LOW, 5),
    }
    assert (release.ballots, release.roster_size) == (5, 7)


@given(st.lists(ballots, max_size=4))
def test_under_five_ballots_there_is_no_figure_whatever_they_hold(opened):
    release = published(answers(*opened, roster=9), policy=POLICY, statements=ASKED)
    assert release.figures is None
    assert release.reason is Withheld.TOO_FEW_BALLOTS
    assert release.ballots == len(opened)


def test_a_stricter_policy_withholds_more():
    opened = [{"IN1": 4}] * 7
    assert published(answers(*opened), policy=Policy(least_ballots=8), statements=ASKED).figures is None
    assert published(answers(*opened), policy=Policy(least_ballots=7), statements=ASKED).figures is not None


def test_a_skipped_statement_counts_as_the_middle():
    skipped = published(answers(*[{}] * 3, *[{"IN1": 5}] * 3), policy=POLICY, statements=("IN1",))
    middle = published(answers(*[{"IN1": 3}] * 3, *[{"IN1": 5}] * 3), policy=POLICY, statements=("IN1",))
    assert skipped == middle


def test_a_statement_that_everyone_skipped_looks_like_any_other():
    release = published(answers(*[{"IN1": 5}] * 6), policy=POLICY, statements=ASKED)
    assert set(release.figures) == set(ASKED)


@settings(max_examples=200, deadline=None)
@given(st.lists(ballots, min_size=5, max_size=20), st.randoms(use_true_random=False))
def test_a_release_holds_the_bands_and_says_nothing_about_the_order(opened, shuffler):
    release = published(answers(*opened), policy=POLICY, statements=ASKED)
    for code in ASKED:
        assert release.figures[code].band is band(sum(ballot.get(code, 3) for ballot in opened), len(opened))
    shuffler.shuffle(opened)
    again = published(answers(*opened), policy=POLICY, statements=ASKED[::-1])
    assert rfc8785.dumps(again.to_json()) == rfc8785.dumps(release.to_json())
    assert UnitRelease.from_json(json.loads(rfc8785.dumps(release.to_json()))) == release
    assert "." not in json.dumps(release.to_json()), "integers and text only"


def test_a_withheld_release_survives_storage():
    release = published(answers(roster=6), policy=POLICY, statements=ASKED)
    assert release.to_json() == {"ballots": 0, "reason": "too_few_ballots", "roster": 6, "unit": "unit"}
    assert UnitRelease.from_json(release.to_json()) == release


@pytest.mark.parametrize("value", [0, 6, True, 3.0, "3", None])
def test_a_value_that_is_no_answer_stops_the_publication_unquoted(value):
    with pytest.raises(MalformedAnswer) as refusal:
        published(answers(*[{"IN1": value}] * 5), policy=POLICY, statements=ASKED)
    assert repr(value) not in str(refusal.value).replace("from 1 to 5", "")


def test_an_answer_to_what_was_not_asked_stops_the_publication():
    with pytest.raises(UnknownStatement):
        published(answers(*[{"ZZ9": 3}] * 5), policy=POLICY, statements=ASKED)


def test_more_ballots_than_people_stop_the_publication():
    with pytest.raises(MoreBallotsThanRoster):
        published(answers(*[{"IN1": 3}] * 6, roster=5), policy=POLICY, statements=ASKED)


@pytest.mark.parametrize("statements", [(), ("IN1", "IN1"), ("not a code",)])
def test_what_was_asked_is_distinct_codes(statements):
    with pytest.raises(NoStatements):
        published(answers(), policy=POLICY, statements=statements)


GOOD = {"ballots": 5, "figures": {"IN1": {"band": "low", "n": 5}}, "roster": 6, "unit": "u"}


def test_the_good_stored_release_is_read():
    assert UnitRelease.from_json(GOOD).figures["IN1"].band is Band.LOW


@pytest.mark.parametrize(
    "change",
    [
        {"mean": 3},
        {"ballots": 7},
        {"ballots": True},
        {"unit": 1},
        {"reason": "too_few_ballots"},
        {"figures": {}},
        {"figures": {"IN1": {"band": "low", "n": 4}}},
        {"figures": {"IN1": {"band": "green", "n": 5}}},
        {"figures": {"IN1": {"band": "low", "n": 5, "total": 9}}},
        {"figures": {"IN1": {"band": "low", "high": 12, "low": 5, "n": 5, "updated": True}}},
        {"figures": {"IN1": {"band": "low", "high": 26, "low": 5, "n": 5, "updated": True}}},
        {"figures": {"IN1": {"band": "low", "high": 13, "low": 5.0, "n": 5, "updated": True}}},
        {"figures": {"IN1": {"band": "low", "high": 13, "low": 5, "n": 5, "updated": 1}}},
        {"silent": {"IN2": "no_reason"}},
        {"silent": []},
        {"figures": {"in1": {"band": "low", "n": 5}}},
    ],
)
def test_a_stored_release_that_we_cannot_have_written_is_refused(change):
    with pytest.raises(MalformedRelease):
        UnitRelease.from_json({**GOOD, **change})


def test_the_policy_is_what_a_manifest_carries():
    assert POLICY.to_json() == {
        "bands": "wide-4",
        "depth": 0,
        "early_close": False,
        "least_ballots": 5,
        "rules": "andon-disclosure/2",
    }
    assert "depth" not in Policy(rules=FRESH_RULES).to_json()
    with pytest.raises(MalformedPolicy):
        Policy.from_json({**Policy(rules=FRESH_RULES).to_json(), "depth": 0})
    assert Policy.from_json(Policy(least_ballots=8, early_close=True).to_json()) == Policy(8, True)


@pytest.mark.parametrize(
    "change",
    [{"bands": "narrow-9"}, {"rules": "other/2"}, {"least_ballots": 4}, {"least_ballots": True}, {"early_close": 1}],
)
def test_a_weaker_or_unknown_policy_cannot_be_made(change):
    with pytest.raises(MalformedPolicy):
        Policy.from_json({**POLICY.to_json(), **change})
    with pytest.raises(MalformedPolicy):
        Policy.from_json({key: value for key, value in POLICY.to_json().items() if key not in change})


policies = st.builds(
    Policy, least_ballots=st.integers(5, 8), early_close=st.booleans(), rules=st.sampled_from(KNOWN_RULES)
)


@given(policies, policies, policies)
def test_policies_only_ever_get_tighter(one, two, three):
    assert one.tightens(one)
    if one.tightens(two) and two.tightens(one):
        assert one == two
    if one.tightens(two) and two.tightens(three):
        assert one.tightens(three)


def test_more_ballots_or_no_early_close_is_tighter_and_less_is_not():
    assert Policy(least_ballots=8).tightens(Policy())
    assert not Policy().tightens(Policy(least_ballots=8))
    assert Policy().tightens(Policy(early_close=True))
    assert not Policy(early_close=True).tightens(Policy())
    assert Policy().tightens(Policy(rules=FRESH_RULES))
    assert not Policy(rules=FRESH_RULES).tightens(Policy())


def after(before, *, joiners=0, leavers=0, follows=True):
    return Past(before.remembered, joiners, leavers, follows)


def everybody(answer, count=15, roster=None):
    return answers(*[{"IN1": answer}] * count, roster=roster)


def test_a_colour_moves_as_slowly_as_the_margin_says_and_says_how_sure_it_is():
    first = publish_unit(everybody(3), policy=POLICY, statements=("IN1",))
    assert first.release.figures["IN1"] == StatementFigure(Band.MIXED_LOW, 15, 40, 45)
    # 48 is "leaning safe", by fewer points than the one person who joined can have brought.
    by_one = answers(*[{"IN1": 3}] * 13, {"IN1": 4}, {"IN1": 5}, roster=15)
    moved = publish_unit(by_one, policy=POLICY, statements=("IN1",), past=after(first)).release.figures["IN1"]
    kept = publish_unit(by_one, policy=POLICY, statements=("IN1",), past=after(first, joiners=1))
    assert moved == StatementFigure(Band.MIXED_HIGH, 15, 46, 50)
    assert kept.release.figures["IN1"] == StatementFigure(Band.MIXED_LOW, 15, 36, 49)
    assert kept.remembered["IN1"].changes == 1


def test_of_what_cannot_be_compared_nothing_is_shown_for_one_round():
    first = publish_unit(everybody(5), policy=POLICY, statements=("IN1",))
    second = publish_unit(everybody(1), policy=POLICY, statements=("IN1",), past=after(first, follows=False))
    assert second.release.figures == {}
    assert second.release.silences == {"IN1": Silence.OTHER_RULES}
    assert second.remembered == {}
    assert UnitRelease.from_json(second.release.to_json()) == second.release
    third = publish_unit(everybody(1), policy=POLICY, statements=("IN1",), past=after(second))
    assert third.release.figures["IN1"] == StatementFigure.fresh(Band.LOW, 15)


def test_a_statement_that_was_not_asked_before_is_set_fresh_beside_those_that_were():
    first = publish_unit(everybody(5), policy=POLICY, statements=("IN1",))
    second = publish_unit(everybody(1, 8, 9), policy=POLICY, statements=("IN1", "IN2"), past=after(first))
    assert second.release.figures["IN2"].updated
    assert not second.release.figures["IN1"].updated


def test_too_few_ballots_add_to_what_has_changed():
    first = publish_unit(everybody(5), policy=Policy(least_ballots=8), statements=("IN1",))
    second = publish_unit(everybody(1, 7, 9), policy=Policy(least_ballots=8), statements=("IN1",), past=after(first))
    assert second.release.reason is Withheld.TOO_FEW_BALLOTS
    assert second.remembered["IN1"].changes == 2
    third = publish_unit(everybody(1, 9), policy=Policy(least_ballots=8), statements=("IN1",), past=after(second))
    assert third.release.silences == {"IN1": Silence.TOO_MANY_CHANGES}


def test_under_the_first_rules_every_round_is_set_fresh_and_nothing_is_remembered():
    policy = Policy(rules=FRESH_RULES)
    first = publish_unit(everybody(5), policy=policy, statements=("IN1",))
    assert first.remembered == {}
    later = Past({}, 9, 9, follows=False)
    assert publish_unit(everybody(1), policy=policy, statements=("IN1",), past=later).release.figures[
        "IN1"
    ] == StatementFigure.fresh(Band.LOW, 15)


@given(
    st.lists(st.tuples(st.integers(5, 20), st.integers(0, 4), st.integers(0, 2), st.integers(0, 2)), min_size=1),
    st.data(),
)
def test_what_is_shown_depends_on_no_answer_but_for_the_colour(rounds, data):
    """Two units with the same people and ballots, and whatever answers: the same silences, margins and updates."""
    pasts = [None, None]
    for ballots_cast, silent, joiners, leavers in rounds:
        both = []
        for place in (0, 1):
            opened = [{"IN1": data.draw(st.integers(1, 5))} for _ in range(ballots_cast)]
            if pasts[place] is not None:
                pasts[place] = Past(pasts[place], joiners, leavers)
            both.append(
                publish_unit(
                    answers(*opened, roster=ballots_cast + silent),
                    policy=POLICY,
                    statements=("IN1",),
                    past=pasts[place],
                )
            )
            assert UnitRelease.from_json(both[-1].release.to_json()) == both[-1].release
        assert both[0].release.silences == both[1].release.silences
        bands = [one.remembered["IN1"].band if one.remembered else None for one in both]
        if bands[0] is not bands[1]:
            # From here on the two have published different things, and these may say different things of later rounds.
            return
        assert both[0] == both[1]
        pasts = [one.remembered for one in both]
