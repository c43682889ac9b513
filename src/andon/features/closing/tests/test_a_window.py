"""A window from publishing to release: a slip and a ballot for each question, and each counted by itself."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from unittest import mock

import pytest

from andon.features.ballots import services as casting
from andon.features.closing import auditing, computing, history
from andon.features.closing import public as closing
from andon.features.issuance import services as issuance
from andon.features.issuance.models import IssuedSlip
from andon.features.publiclog import public as publiclog
from andon.features.releases import public as releases
from andon.features.rounds import public as rounds
from andon.kernel import disclosure, manifest, wire
from andon.kernel.disclosure import Band, Silence, audit
from tests.cast_of_people import NOW, WEEK, Slip, found_organisation

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


@pytest.fixture
def people(tmp_path: Any, settings: Any, key_directory: Any) -> dict[str, Any]:
    return found_organisation(tmp_path, settings, teams={"Detection": 7})


def open_window(people: dict[str, Any], *, at: Any = NOW, kind: str = "daily") -> rounds.RoundView:
    published = rounds.publish_round(
        node_id=people["Detection"].pk,
        instrument_id="andon-core",
        opens_at=at,
        closes_at=at + WEEK if kind == "full" else None,
        by=None,
        at=at,
        kind=kind,
    )
    rounds.open_round(round_id=published.pk, at=at)
    view = rounds.find(published.pk)
    assert view is not None
    return view


def slips_for(member: Any, view: rounds.RoundView) -> dict[str, Slip]:
    """A slip for each question, all with one request, as the frame asks for them."""
    slips = {purpose: Slip(view.id, purpose) for purpose in view.purposes}
    blinded = [(purpose, slip.blinded) for purpose, slip in slips.items()]
    issued = issuance.issue(member=member, round_id=view.id, blinded=blinded)
    assert isinstance(issued, issuance.Issued)
    answer = issued.to_json(wire.b64u)
    return {purpose: slip.finish(answer) for purpose, slip in slips.items()}


def cast(slip: Slip, answers: Mapping[str, int], *, sequence: int = 1) -> casting.CastOutcome:
    entry = publiclog.find("manifest", slip.round_id)
    assert entry is not None
    body = slip.cast(answers, box_public_key=wire.unb64u(entry.body["box_key"], 32), sequence=sequence)
    return casting.cast(body)


def answer(people: dict[str, Any], view: rounds.RoundView, answers: Mapping[str, tuple[int, ...]]) -> None:
    """By question, the answers of the first so many of the team."""
    for number in range(1, 8):
        slips = slips_for(people[f"Detection {number}"], view)
        for code, given in answers.items():
            if number <= len(given):
                outcome = cast(slips[f"ballot/{code}"], {code: given[number - 1]})
                assert isinstance(outcome, casting.Accepted)


def close(view: rounds.RoundView) -> None:
    closing.close_round(round_id=view.id, at=view.closes_at, early=False, by=None)


def part_of(people: dict[str, Any], view: rounds.RoundView) -> releases.FinishedUnit:
    unit = rounds.unit_of(people["Detection 1"], view.id)
    assert unit is not None
    part = releases.unit(view.id, unit.id)
    assert part is not None
    return part


def test_each_question_is_counted_by_itself(people: dict[str, Any]) -> None:
    view = open_window(people)
    answer(people, view, {"IN1": (5,) * 7, "IN3": (5,) * 5, "LE1": (5,) * 4})
    close(view)
    release = part_of(people, view).release
    assert release.figures is not None
    # IN3 is reversed; LE1 has four ballots, and the other eighteen have none.
    assert {code: (figure.band, figure.n) for code, figure in release.figures.items()} == {
        "IN1": (Band.HIGH, 7),
        "IN3": (Band.LOW, 5),
    }
    assert (release.counts["LE1"], release.counts["AC1"], release.ballots) == (4, 0, 7)
    assert release.silences["LE1"] is release.silences["AC1"] is Silence.TOO_FEW_BALLOTS


def test_the_slot_list_holds_every_ballot_with_its_question(people: dict[str, Any]) -> None:
    view = open_window(people)
    slips = slips_for(people["Detection 1"], view)
    cast(slips["ballot/IN1"], {"IN1": 2})
    last = cast(slips["ballot/IN1"], {"IN1": 4}, sequence=2)
    other = cast(slips["ballot/CH4"], {"CH4": 1})
    assert isinstance(last, casting.Accepted)
    assert isinstance(other, casting.Accepted)
    close(view)
    expected = {(last.slot, "ballot/IN1", last.ciphertext), (other.slot, "ballot/CH4", other.ciphertext)}
    assert set(part_of(people, view).slots) == expected
    # Two ballots of one person share nothing.
    assert last.slot != other.slot


def test_a_slip_is_given_once_for_each_question_and_for_nothing_else(people: dict[str, Any]) -> None:
    view, bo = open_window(people), people["Detection 2"]
    slips_for(bo, view)
    assert IssuedSlip.objects.count() == 21
    again = issuance.issue(member=bo, round_id=view.id, blinded=[("ballot/IN1", Slip(view.id, "ballot/IN1").blinded)])
    assert isinstance(again, issuance.AlreadyIssued)
    for purpose in ("ballot", "ballot/ZZ9", "comment"):
        outcome = issuance.issue(member=bo, round_id=view.id, blinded=[(purpose, Slip(view.id, purpose).blinded)])
        assert isinstance(outcome, issuance.NoSuchPurpose)


def test_a_slip_of_one_question_answers_no_other(people: dict[str, Any]) -> None:
    view = open_window(people)
    slip = slips_for(people["Detection 2"], view)["ballot/IN1"]
    slip.purpose = "ballot/IN2"
    assert isinstance(cast(slip, {"IN2": 5}), casting.BadSlip)


def test_an_answer_to_another_question_inside_a_ballot_counts_as_nothing(people: dict[str, Any]) -> None:
    """Whoever seals six answers into the ballot of one question has answered none of them."""
    view = open_window(people)
    answer(people, view, {"IN1": (5,) * 4})
    cast(slips_for_again(people["Detection 5"], view), {"IN1": 5, "IN2": 5})
    close(view)
    release = part_of(people, view).release
    assert release.figures is not None
    # Four times 5 and a middle.
    assert (release.figures["IN1"].n, release.counts["IN2"]) == (5, 0)


def slips_for_again(member: Any, view: rounds.RoundView) -> Slip:
    """A slip whose giving is undone first: `answer` gave this member theirs and threw them away."""
    IssuedSlip.objects.all().delete()
    return slips_for(member, view)["ballot/IN1"]


def test_windows_of_one_kind_follow_on_each_other_and_another_kind_rests_once(people: dict[str, Any]) -> None:
    first = open_window(people)
    answer(people, first, {"IN1": (5,) * 7})
    close(first)
    second = open_window(people, at=first.closes_at)
    answer(people, second, {"IN1": (1,) * 7})
    close(second)
    release = part_of(people, second).release
    assert release.figures is not None
    assert (release.figures["IN1"].band, release.figures["IN1"].updated) == (Band.LOW, True)
    whole = open_window(people, at=second.closes_at + 5 * WEEK, kind="full")
    for number in range(1, 8):
        cast(slips_for(people[f"Detection {number}"], whole)["ballot"], {"IN1": 1})
    close(whole)
    assert set(part_of(people, whole).release.silences.values()) == {Silence.OTHER_RULES}


def test_without_the_kind_in_its_terms_a_round_would_follow_on_a_window(people: dict[str, Any]) -> None:
    """Planted: rounds of all kinds share their terms, and two ways of asking are compared as if they were one."""
    with mock.patch.object(history, "terms", return_value="alike"):
        window = open_window(people)
        answer(people, window, {"IN1": (5,) * 7})
        close(window)
        whole = open_window(people, at=window.closes_at + 5 * WEEK, kind="full")
        for number in range(1, 8):
            cast(slips_for(people[f"Detection {number}"], whole)["ballot"], {"IN1": 5})
        close(whole)
    assert "IN1" not in part_of(people, whole).release.silences


def test_counted_without_its_question_a_ballot_would_stand_behind_another(people: dict[str, Any]) -> None:
    """Planted: all ballots of a unit behind each question. `test_each_question_is_counted_by_itself` sees that."""

    def careless(unit: Any, keyed: Any, questions: Any) -> Any:
        given = [answers for _purpose, answers in keyed]
        return disclosure.WindowAnswers(
            unit.id, unit.size, {code: tuple(one.get(code) for one in given) for code in questions}
        )

    view = open_window(people)
    answer(people, view, {"IN1": (5,) * 5})
    with mock.patch.object(computing, "_answers", careless):
        close(view)
    assert part_of(people, view).release.counts["LE1"] == 5


def test_silence_in_one_question_keeps_its_colour_and_that_of_no_other(people: dict[str, Any]) -> None:
    first = open_window(people)
    answer(people, first, {"IN1": (5,) * 7, "IN2": (5,) * 7})
    close(first)
    second = open_window(people, at=first.closes_at)
    answer(people, second, {"IN1": (1,) * 6, "IN2": (1,) * 7})
    close(second)
    figures = part_of(people, second).release.figures
    assert figures is not None
    assert (figures["IN1"].band, figures["IN1"].updated) == (Band.HIGH, False)
    assert (figures["IN2"].band, figures["IN2"].updated) == (Band.LOW, True)


def test_the_auditor_looks_at_every_figure_of_a_window(people: dict[str, Any]) -> None:
    seen: list[audit.AuditedUnit] = []

    def watched(units: Any) -> Any:
        seen.extend(units)
        return audit.Audit((), 0)

    view = open_window(people)
    answer(people, view, {"IN1": (5,) * 7, "LE1": (2,) * 5})
    with mock.patch.object(auditing.audit, "audit", watched):
        close(view)
    [unit] = seen
    assert {code: figure.ballots for code, figure in unit.figures.items()} == {"IN1": 7, "LE1": 5}


def test_a_window_with_a_figure_against_the_rules_is_refused_by_the_auditor(people: dict[str, Any]) -> None:
    """Planted: bounds of one question that no rule gives. The round is void and shows nothing."""
    view = open_window(people)
    answer(people, view, {"IN1": (5,) * 5, "LE1": (5,) * 6})
    honest = computing.disclosure.publish_unit

    def careless(answers: Any, **rest: Any) -> Any:
        published = honest(answers, **rest)
        figures = dict(published.release.figures or {})
        figures["LE1"] = replace(figures["LE1"], low=6, high=30)
        return replace(published, release=replace(published.release, figures=figures))

    with mock.patch.object(computing.disclosure, "publish_unit", careless):
        close(view)
    after = rounds.find(view.id)
    assert after is not None
    assert (after.state, after.void_reason) == (rounds.State.VOID, "audit_failed")


def test_the_log_of_a_window_holds(people: dict[str, Any]) -> None:
    view = open_window(people)
    answer(people, view, {"IN1": (3,) * 5})
    close(view)
    entries = [wire.parse_canonical(entry.content) for entry in publiclog.page(0)]
    summary = manifest.check_chain(entries)  # type: ignore[arg-type]
    assert summary.rounds[view.id].released is not None
