"""Windows: each statement has ballots of its own, and is counted as if it were alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.kernel import disclosure
from andon.kernel.disclosure import audit, large
from andon.kernel.disclosure.slow import Remembered, Silence

POLICY = disclosure.Policy()
ROSTER = 9
given_answers = st.lists(st.one_of(st.none(), st.integers(1, 5)), max_size=ROSTER).map(tuple)


def window(**ballots: tuple[int | None, ...]) -> disclosure.WindowAnswers:
    return disclosure.WindowAnswers("a" * 32, ROSTER, ballots)


def published(
    answers: disclosure.WindowAnswers, *, past: disclosure.Past | None = None, asked: tuple[str, ...] = ("IN1", "LE1")
) -> disclosure.Published:
    return disclosure.publish_unit(answers, policy=POLICY, statements=asked, past=past)


@given(one=given_answers, other=given_answers, another=given_answers)
def test_what_is_shown_of_a_statement_depends_on_its_own_ballots_alone(one, other, another):
    """Also whether it is shown: but for the unit's own reason, which needs that no statement has five."""
    first, second = published(window(IN1=one, LE1=other)), published(window(IN1=one, LE1=another))
    shown = [(found.release.figures or {}).get("IN1") for found in (first, second)]
    assert shown[0] == shown[1]
    assert first.remembered.get("IN1") == second.remembered.get("IN1")


@given(answers=given_answers)
def test_a_window_of_one_statement_shows_what_a_round_of_it_would(answers):
    whole = disclosure.UnitAnswers(
        "a" * 32, ROSTER, tuple({} if answer is None else {"IN1": answer} for answer in answers)
    )
    in_window = published(window(IN1=answers), asked=("IN1",))
    at_once = disclosure.publish_unit(whole, policy=POLICY, statements=("IN1",))
    assert in_window.release.figures == at_once.release.figures
    assert in_window.remembered == at_once.remembered


@given(one=given_answers, other=given_answers)
def test_a_release_of_a_window_is_read_as_it_was_written_and_passes_the_auditor(one, other):
    release = published(window(IN1=one, LE1=other)).release
    assert disclosure.UnitRelease.from_json(release.to_json()) == release
    figures = {
        code: audit.Figure(figure.band.value, figure.low, figure.high, figure.updated, figure.n)
        for code, figure in (release.figures or {}).items()
    }
    people = [str(number) for number in range(ROSTER)]
    assert audit.audit([audit.AuditedUnit("a" * 32, people, figures)]).passed


def test_a_statement_with_under_five_ballots_has_no_colour_beside_one_that_has():
    release = published(window(IN1=(3,) * 5, LE1=(5,) * 4)).release
    assert release.figures is not None
    assert set(release.figures) == {"IN1"}
    assert release.silences == {"LE1": Silence.TOO_FEW_BALLOTS}
    assert (release.ballots, release.counts) == (5, {"IN1": 5, "LE1": 4})
    assert [release.ballots_of(code) for code in ("IN1", "LE1")] == [5, 4]


def test_ballots_of_two_statements_are_not_added_up(monkeypatch):
    """Four people who answer both questions are four, not eight. The planted fault counts all ballots of the unit."""
    answers = window(IN1=(3,) * 4, LE1=(5,) * 4)
    assert published(answers).release.reason is disclosure.Withheld.TOO_FEW_BALLOTS
    everything = property(lambda self: sum(map(len, self.ballots.values())))
    monkeypatch.setattr(disclosure.WindowAnswers, "cast", everything)
    assert published(answers).release.reason is None


def test_a_ballot_that_holds_nothing_counts_as_the_middle():
    """So that whether it holds something cannot be seen from the number of ballots."""
    empty, middle = published(window(IN1=(1, 1, 1, 1, None))), published(window(IN1=(1, 1, 1, 1, 3)))
    assert empty.release == middle.release


@pytest.mark.parametrize("broken", [(0,), (6,), (True,), ("3",)])
def test_an_answer_outside_the_scale_is_refused(broken):
    with pytest.raises(disclosure.MalformedAnswer):
        published(window(IN1=broken))


def test_more_ballots_of_one_statement_than_people_stop_everything():
    with pytest.raises(disclosure.MoreBallotsThanRoster):
        published(window(IN1=(3,) * (ROSTER + 1)))


def test_a_statement_that_was_not_asked_is_refused():
    with pytest.raises(disclosure.UnknownStatement):
        published(window(AC1=(3,) * 5))


def remembered(changes: int = 0) -> Remembered:
    return Remembered(disclosure.Band.LOW, changes, silent=0, swaps=False, rounds_with_margin=0, kept=False)


def test_comings_and_goings_count_on_for_a_statement_that_this_window_leaves_out():
    past = disclosure.Past({"AC1": remembered()}, joiners=1, leavers=1)
    assert published(window(IN1=(3,) * ROSTER), past=past).remembered["AC1"] == remembered(changes=2)


def test_after_three_changes_a_statement_that_was_left_out_is_set_fresh():
    past = disclosure.Past({"AC1": remembered(changes=1)}, joiners=1, leavers=1)
    assert "AC1" not in published(window(IN1=(3,) * ROSTER), past=past).remembered


def test_nothing_is_carried_over_from_other_rules():
    past = disclosure.Past({"AC1": remembered()}, 0, 0, follows=False)
    found = published(window(IN1=(3,) * ROSTER), past=past)
    assert found.remembered == {}
    assert found.release.silences["IN1"] is Silence.OTHER_RULES


@pytest.mark.parametrize(
    "counts", [{"IN1": 4}, {"IN1": 6}, {"IN1": -1, "LE1": 5}, {"in1": 5}, {"IN1": True}, [], {"IN1": "5"}]
)
def test_counts_that_we_cannot_have_written_are_refused(counts):
    value = published(window(IN1=(3,) * 5), asked=("IN1",)).release.to_json()
    with pytest.raises(disclosure.MalformedRelease):
        disclosure.UnitRelease.from_json({**value, "counts": counts})


class _Counting:
    """No noise: what was asked to be drawn."""

    def histogram(self, counts, *, rho):
        return list(counts)


def test_in_a_large_group_a_statement_that_too_few_answered_is_not_drawn():
    budget = large.Budget(statements=2, depth=1)
    histograms = {"IN1": (500, 0, 0, 0, 0, 0), "LE1": (99, 0, 0, 0, 0, 0)}
    drawn = large.publish_group(histograms, people=600, budget=budget, noise=_Counting(), is_window=True)
    assert isinstance(drawn, dict)
    assert set(drawn) == {"IN1"}
    with pytest.raises(large.MalformedHistogram):
        large.publish_group(histograms, people=600, budget=budget, noise=_Counting())
