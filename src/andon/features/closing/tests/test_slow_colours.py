"""Colours from round to round: how a close follows on the last one, on the real databases."""

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest

from andon.features.closing import history
from andon.features.instruments import public as instruments
from andon.features.instruments.tests.test_own import OWN
from andon.features.publiclog import public as publiclog
from andon.features.releases import public as releases
from andon.features.releases.models import LastCounted
from andon.features.rounds import public as rounds
from andon.features.rounds import services as rounds_services
from andon.foundation.organisation.models import Membership, Node
from andon.kernel import disclosure
from andon.kernel.disclosure import Band, Silence, slow
from tests.cast_of_people import found_organisation
from tests.seasons import House

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


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


def move(house: House, member: Any, to: str) -> None:
    house.leave(member)
    Membership.objects.create(member=member, node=house.people[to], starts_on=(house.at - timedelta(days=2)).date())


def renamed(house: House, team: str) -> None:
    """As a file does it that calls the team otherwise: everybody is in a new node from then on, the old one empty."""
    house.people["Anew"] = Node.objects.create(name="Anew", parent=house.people["top"])
    for member in house.of(team):
        move(house, member, "Anew")


def test_a_team_that_was_renamed_by_a_file_shows_nothing_once(house: House) -> None:
    house.ask({"Detection": 3})
    renamed(house, "Detection")
    house.join("zed", "Anew")
    house.ask({"Anew": 5})
    assert house.seen_by("Anew").silences["IN1"] is Silence.OTHER_RULES
    house.ask({"Anew": 5})
    assert house.colour_of("Anew") == (Band.HIGH, True)


def test_a_history_that_knows_teams_alone_would_show_a_fresh_colour_beside_the_last_one(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "asked_before", lambda people, view, **_which: [])
    house.ask({"Detection": 3})
    renamed(house, "Detection")
    house.join("zed", "Anew")
    house.ask({"Anew": 5})
    assert house.colour_of("Anew") == (Band.HIGH, True)


def moved_into_a_team_of_which_nothing_is_remembered(house: House) -> str:
    """Too few of Cloud answered last time; its people leave, those of Detection come, and somebody new."""
    for member in house.of("Cloud"):
        house.leave(member)
    for member in house.of("Detection"):
        move(house, member, "Cloud")
    house.join("zed", "Cloud")
    return "Cloud"


def renamed_among_many_who_are_new(house: House) -> str:
    """So many that those whom one knows are less than half of the team."""
    renamed(house, "Detection")
    for number in range(8):
        house.join(f"new{number}", "Anew")
    return "Anew"


def renamed_while_people_are_erased(house: House) -> str:
    renamed(house, "Detection")
    moved = house.of("Anew")
    house.leave(moved[5])
    for name in ("zed", "zoe", "zac"):
        house.join(name, "Anew")
    house.erased_while_open = [moved[4]]
    return "Anew"


WAYS_AROUND = [
    moved_into_a_team_of_which_nothing_is_remembered,
    renamed_among_many_who_are_new,
    renamed_while_people_are_erased,
]


@pytest.mark.parametrize("knows_people", [True, False], ids=["", "planted: a history of teams alone"])
@pytest.mark.parametrize("way", WAYS_AROUND)
def test_people_who_come_along_from_elsewhere_leave_no_fresh_colour_beside_their_last_one(
    house: House, monkeypatch: pytest.MonkeyPatch, way: Any, knows_people: bool
) -> None:
    if not knows_people:
        monkeypatch.setattr(rounds, "asked_before", lambda people, view, **_which: [])
    house.ask({"Detection": 3})
    team = way(house)
    house.ask({team: 5})
    if not knows_people:
        assert house.colour_of(team) == (Band.HIGH, True)
        return
    assert house.seen_by(team).silences["IN1"] is Silence.OTHER_RULES
    house.ask({team: 5})
    assert house.colour_of(team) == (Band.HIGH, True)


def test_a_weekly_window_shows_no_statement_fresh_that_was_asked_otherwise_before(house: House) -> None:
    """The first window after a full round asks some statements, the second others; each shows nothing once."""
    house.ask({"Detection": 3})

    def window() -> tuple[set[str], dict[str, Silence], set[str]]:
        asked = house.ask_in_a_window(rounds.Kind.WEEKLY, "Detection", 5)
        seen = house.seen_by("Detection")
        return asked, dict(seen.silences), set(seen.figures or {})

    codes: list[set[str]] = []
    for _ in range(2):
        asked, silences, figures = window()
        assert all(asked.isdisjoint(before) for before in codes)
        assert (set(silences.values()), figures) == ({Silence.OTHER_RULES}, set())
        codes.append(asked)
        house.join(f"zed{len(codes)}", "Detection")
    while True:
        asked, _silences, figures = window()
        if asked == codes[0]:
            assert figures == asked
            break
        assert figures == set()


def test_a_new_team_of_new_people_has_colours_at_once(house: House) -> None:
    house.ask({"Detection": 3})
    house.people["Dawn"] = Node.objects.create(name="Dawn", parent=house.people["top"])
    for number in range(5):
        house.join(f"dawn{number}", "Dawn")
    house.ask({"Dawn": 5})
    assert house.colour_of("Dawn") == (Band.HIGH, True)


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


@pytest.mark.parametrize("looks_since", [True, False], ids=["", "planted: a memory that nobody asks about meanwhile"])
def test_people_who_come_back_to_a_team_that_remembers_them_do_not_follow_on_it_beside_their_last_colour(
    house: House, monkeypatch: pytest.MonkeyPatch, looks_since: bool
) -> None:
    """They are asked in another team together with somebody new, and come back without them."""
    if not looks_since:
        monkeypatch.setattr(history, "_came_back", lambda *_facts: {})
    house.ask({"Detection": 3})
    renamed(house, "Detection")
    house.join("zed", "Anew")
    house.ask({"Anew": 5})
    house.ask({"Anew": 5})
    assert house.colour_of("Anew") == (Band.HIGH, True)
    for member in house.of("Anew"):
        if member.email != "zed@example.org":
            move(house, member, "Detection")
    house.ask({"Detection": 1}, node="Detection")
    if not looks_since:
        assert house.colour_of("Detection") == (Band.LOW, True)
        return
    assert house.seen_by("Detection").silences["IN1"] is Silence.OTHER_RULES
    house.ask({"Detection": 1}, node="Detection")
    assert house.colour_of("Detection") == (Band.LOW, True)


@pytest.mark.parametrize("looks_since", [True, False], ids=["", "planted: a memory that nobody asks about meanwhile"])
def test_who_comes_back_does_not_follow_on_a_question_that_their_first_window_there_left_out(
    house: House, monkeypatch: pytest.MonkeyPatch, looks_since: bool
) -> None:
    if not looks_since:
        monkeypatch.setattr(history, "_came_back", lambda *_facts: {})

    def window(team: str, answer: int, *codes: str) -> dict[str, Any]:
        monkeypatch.setattr(rounds_services.windows, "statements_of_turn", lambda _instrument, _last: codes)
        house.ask_in_a_window(rounds.Kind.WEEKLY, team, answer)
        return dict(house.seen_by(team).figures or {})

    assert set(window("Detection", 3, "IN1", "IN2")) == {"IN1", "IN2"}
    renamed(house, "Detection")
    house.join("zed", "Anew")
    assert window("Anew", 5, "IN1") == {}
    assert set(window("Anew", 5, "IN1")) == {"IN1"}
    for member in house.of("Anew"):
        if member.email != "zed@example.org":
            move(house, member, "Detection")
    window("Detection", 5, "LE1")
    # What nobody asked them elsewhere is followed on as before.
    assert set(window("Detection", 5, "IN1", "IN2")) == ({"IN2"} if looks_since else {"IN1", "IN2"})


@pytest.mark.parametrize("looks", [True, False], ids=["", "planted: the same questionnaire alone"])
@pytest.mark.parametrize(("first", "second"), [("andon-core", "own-small"), ("own-small", "andon-core")])
def test_who_joined_between_two_questionnaires_of_which_one_is_own_is_in_no_fresh_colour_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch, first: str, second: str, looks: bool
) -> None:
    """The two may say the same in other words, and the newcomer would be the difference of two sums."""
    instruments.bring(OWN.encode(), by=None, at=house.at)
    if not looks:
        before = rounds.asked_before
        monkeypatch.setattr(rounds, "asked_before", lambda people, view, **_which: before(people, view))
    codes = {"andon-core": "IN1", "own-small": "CA1"}
    house.ask({"Detection": 3}, by=first, code=codes[first])
    house.join("zed", "Detection")
    house.ask({"Detection": 5}, by=second, code=codes[second])
    silences = house.seen_by("Detection").silences
    assert silences.get(codes[second]) is (Silence.OTHER_RULES if looks else None)
    # After the silence it is set fresh, and later rounds of either follow on their own.
    house.ask({"Detection": 5}, by=second, code=codes[second])
    assert not house.seen_by("Detection").silences
    house.ask({"Detection": 5}, by=first, code=codes[first])
    assert not house.seen_by("Detection").silences


@pytest.mark.parametrize("looks", [True, False], ids=["", "planted: the same questionnaire alone"])
def test_who_came_and_left_between_two_rounds_was_in_no_fresh_colour_of_another_questionnaire_meanwhile(
    house: House, monkeypatch: pytest.MonkeyPatch, looks: bool
) -> None:
    instruments.bring(OWN.encode(), by=None, at=house.at)
    house.ask({"Detection": 3})
    house.join("zed", "Detection")
    house.ask({"Detection": 5}, by="own-small", code="CA1")
    house.ask({"Detection": 5}, by="own-small", code="CA1")
    assert not house.seen_by("Detection").silences
    house.leave(next(one for one in house.of("Detection") if one.email == "zed@example.org"))
    if not looks:
        before = rounds.asked_before
        monkeypatch.setattr(rounds, "asked_before", lambda people, view, **_which: before(people, view))
    house.ask({"Detection": 1})
    if not looks:
        assert house.colour_of("Detection") == (Band.LOW, True)
        return
    assert house.seen_by("Detection").silences["IN1"] is Silence.OTHER_RULES


def test_the_same_people_are_shown_what_another_questionnaire_says_at_once(house: House) -> None:
    instruments.bring(OWN.encode(), by=None, at=house.at)
    house.ask({"Detection": 3, "Cloud": 3})
    house.join("zed", "Cloud")
    house.ask({"Detection": 5, "Cloud": 5}, by="own-small", code="CA1")
    assert not house.seen_by("Detection").silences
    assert set(house.seen_by("Cloud").silences.values()) == {Silence.OTHER_RULES}


def test_two_questionnaires_that_come_with_andon_are_shown_at_once_whoever_joined(house: House) -> None:
    house.ask({"Detection": 3})
    house.join("zed", "Detection")
    house.ask({"Detection": 5}, by="dora-culture", code="DC1")
    assert not house.seen_by("Detection").silences


def test_a_team_that_was_asked_alone_meanwhile_is_followed_as_before(house: House) -> None:
    """What was asked since of other people, or of a few who came from elsewhere, makes nobody forget."""
    house.ask({"Detection": 5, "Cloud": 5})
    house.ask({"Cloud": 5}, node="Cloud")
    house.ask({"Detection": 1, "Cloud": 1})
    assert house.colour_of("Detection") == house.colour_of("Cloud") == (Band.LOW, True)


def test_other_rules_show_nothing_once(house: House) -> None:
    house.ask({"Detection": 5})
    stricter = disclosure.Policy(least_ballots=6)
    with mock.patch.object(rounds_services.choices, "policy", return_value=stricter):
        house.ask({"Detection": 1})
    assert house.seen_by("Detection").silences["IN1"] is Silence.OTHER_RULES


@pytest.mark.parametrize("compares", [True, False], ids=["", "planted: rules that are not compared"])
@pytest.mark.parametrize("is_kept", [True, False], ids=["", "as version 0.1.0 left it"])
def test_after_the_first_rules_the_same_people_are_shown_nothing_once(
    house: House, monkeypatch: pytest.MonkeyPatch, is_kept: bool, compares: bool
) -> None:
    if not compares:
        monkeypatch.setattr(history, "terms", lambda view, policy: "all alike")
    first = disclosure.Policy(rules="andon-disclosure/1")
    with mock.patch.object(rounds_services.choices, "policy", return_value=first):
        house.ask({"Detection": 3})
    assert house.colour_of("Detection") is not None
    if not is_kept:
        LastCounted.objects.all().delete()
    house.join("zed", "Detection")
    house.ask({"Detection": 5})
    if not compares:
        assert house.colour_of("Detection") == (Band.HIGH, True)
        return
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
