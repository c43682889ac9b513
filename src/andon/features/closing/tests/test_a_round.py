"""A round from publishing to release, through the services, on the real databases."""

from typing import Any

import pytest

from andon.features.ballots import public as ballots
from andon.features.ballots import services as casting
from andon.features.ballots.models import Ballot
from andon.features.closing import public as closing
from andon.features.issuance import services as issuance
from andon.features.issuance.models import IssuedSlip
from andon.features.publiclog import public as publiclog
from andon.features.publiclog.models import LogEntry
from andon.features.releases import public as releases
from andon.features.rounds import public as rounds
from andon.kernel import manifest, wire
from tests.cast_of_people import NOW, WEEK, Slip, box_key_of, found_organisation, opened_round, slip_for

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


@pytest.fixture
def people(tmp_path: Any, settings: Any, key_directory: Any) -> dict[str, Any]:
    return found_organisation(tmp_path, settings, teams={"Detection": 8})


@pytest.fixture
def opened(people: dict[str, Any]) -> str:
    return opened_round(people["Detection"], by=people["Detection 1"])


def cast(slip: Slip, answers: dict[str, int], sequence: int = 1) -> casting.CastOutcome:
    body = slip.cast(answers, box_public_key=box_key_of(slip.round_id), sequence=sequence)
    return casting.cast(body)


def test_a_round_goes_from_publishing_to_a_release_that_counts_every_ballot(
    people: dict[str, Any], opened: str
) -> None:
    receipts = []
    for number in range(1, 8):
        outcome = cast(slip_for(people[f"Detection {number}"], opened), {"IN1": 5, "IN3": 1, "LE1": 3})
        assert isinstance(outcome, casting.Accepted)
        receipts.append((outcome.slot, "ballot", outcome.ciphertext))

    rounds.ask_to_close(round_id=opened, by=people["Detection 1"], at=NOW)
    closing.close_round(round_id=opened, at=NOW, early=True, by=None)

    unit = rounds.unit_of(people["Detection 8"], opened)
    assert unit is not None
    part = releases.unit(opened, unit.id)
    assert part is not None
    release = part.release
    assert (release.ballots, release.roster_size) == (7, 8)
    assert release.figures is not None
    # IN3 is reversed: everybody disagreed that people are left out.
    assert [release.figures[code].band.value for code in ("IN1", "IN3", "LE1")] == ["high", "high", "mixed-low"]
    assert list(part.slots) == sorted(receipts)


def test_after_the_close_no_key_no_ballot_and_no_issuance_row_is_left(people: dict[str, Any], opened: str) -> None:
    cast(slip_for(people["Detection 2"], opened), {"IN1": 5})
    assert Ballot.objects.count() == IssuedSlip.objects.count() == 1

    closing.close_round(round_id=opened, at=NOW, early=False, by=None)

    assert Ballot.objects.count() == IssuedSlip.objects.count() == 0
    keys = ballots.key_directory()
    for kind in ballots.KeyKind:
        with pytest.raises(ballots.KeyGone):
            keys.read(kind, opened)
    assert [path.name for path in keys.root.rglob("*") if path.suffix in {".key", ".new", ".release"}] == []


def test_the_log_of_a_round_holds_and_its_entries_bind_the_release(people: dict[str, Any], opened: str) -> None:
    cast(slip_for(people["Detection 2"], opened), {"IN1": 5})
    closing.close_round(round_id=opened, at=NOW, early=False, by=None)

    entries = [wire.parse_canonical(entry.content) for entry in publiclog.page(0)]
    summary = manifest.check_chain(entries)  # type: ignore[arg-type]
    assert [entry["kind"] for entry in entries] == ["genesis", "manifest", "opened", "closed", "released"]  # type: ignore[index]
    assert list(summary.rounds) == [opened]
    unit = rounds.unit_of(people["Detection 2"], opened)
    assert unit is not None
    part = releases.unit(opened, unit.id)
    assert part is not None
    assert manifest.verify_inclusion(
        wire.canonical(unit.leaf),
        index=unit.position,
        count=1,
        path=unit.path,
        root=bytes.fromhex(entries[1]["body"]["units"]["root"]),  # type: ignore[index]
    )


def test_a_second_cast_with_the_same_slip_replaces_the_first(people: dict[str, Any], opened: str) -> None:
    slip = slip_for(people["Detection 2"], opened)
    cast(slip, {"IN1": 1}, sequence=1)
    second = cast(slip, {"IN1": 5}, sequence=2)
    assert isinstance(second, casting.Accepted)
    assert Ballot.objects.count() == 1
    assert Ballot.objects.get().sequence == 2


def test_a_lower_sequence_is_refused_with_the_stored_number(people: dict[str, Any], opened: str) -> None:
    slip = slip_for(people["Detection 2"], opened)
    cast(slip, {"IN1": 1}, sequence=7)
    assert cast(slip, {"IN1": 5}, sequence=6) == casting.LowerSequence(7)


def test_the_same_bytes_again_are_accepted_again_and_other_bytes_are_not(people: dict[str, Any], opened: str) -> None:
    slip = slip_for(people["Detection 2"], opened)
    body = slip.cast({"IN1": 1}, box_public_key=box_key_of(opened))
    assert casting.cast(body) == casting.cast(body)
    assert cast(slip, {"IN1": 1}) == casting.EqualSequence()


def test_a_ballot_before_the_opening_and_after_the_close_is_refused(people: dict[str, Any]) -> None:
    published = rounds.publish_round(
        node_id=people["Detection"].pk,
        instrument_id="andon-core",
        opens_at=NOW,
        closes_at=NOW + WEEK,
        by=people["Detection 1"],
        at=NOW,
    )
    slip = slip_for(people["Detection 2"], published.pk)
    assert cast(slip, {"IN1": 1}) == casting.NotOpen()
    rounds.open_round(round_id=published.pk, at=NOW)
    body = slip.cast({"IN1": 1}, box_public_key=box_key_of(published.pk))
    closing.close_round(round_id=published.pk, at=NOW, early=False, by=None)
    assert casting.cast(body) == casting.AlreadyClosed()


def test_a_slip_of_another_round_or_unit_or_purpose_opens_nothing(people: dict[str, Any], opened: str) -> None:
    slip = slip_for(people["Detection 2"], opened)
    for change in ({"unit_id": "0" * 32}, {"purpose": "comment"}):
        forged = Slip(opened, private_key=slip.private_key)
        forged.unit_id, forged.output = slip.unit_id, slip.output
        for name, value in change.items():
            setattr(forged, name, value)
        assert cast(forged, {}) == casting.BadSlip()
    assert cast(slip, {"IN1": 2}) != casting.BadSlip()


def test_one_slip_a_member_and_the_same_blinded_value_gives_it_again(people: dict[str, Any], opened: str) -> None:
    member = people["Detection 3"]
    slip = Slip(opened)
    for _again in range(2):
        outcome = issuance.issue(member=member, round_id=opened, blinded=[("ballot", slip.blinded)])
        assert isinstance(outcome, issuance.Issued)
    other = issuance.issue(member=member, round_id=opened, blinded=[("ballot", Slip(opened).blinded)])
    assert other == issuance.AlreadyIssued()
    assert IssuedSlip.objects.count() == 1


def test_cy_who_is_on_no_roster_gets_the_answer_of_a_round_that_does_not_exist(
    people: dict[str, Any], opened: str
) -> None:
    from andon.foundation.people.models import Member

    cy = Member.objects.create_user("cy@example.org", "Cy")
    slip = Slip(opened)
    for round_id in (opened, "f" * 32):
        assert issuance.issue(member=cy, round_id=round_id, blinded=[("ballot", slip.blinded)]) == (
            issuance.NoSuchRound()
        )


def test_four_ballots_give_no_figure_and_say_why(people: dict[str, Any], opened: str) -> None:
    for number in range(1, 5):
        cast(slip_for(people[f"Detection {number}"], opened), {"IN1": 5})
    closing.close_round(round_id=opened, at=NOW, early=False, by=None)
    unit = rounds.unit_of(people["Detection 1"], opened)
    assert unit is not None
    part = releases.unit(opened, unit.id)
    assert part is not None
    assert part.release.figures is None
    assert part.release.reason is not None


def test_a_lost_box_key_voids_the_round_loudly_and_a_missing_volume_does_not(
    people: dict[str, Any], opened: str
) -> None:
    keys = ballots.key_directory()
    marker = keys.root / "this-is-the-andon-key-directory"
    marker.rename(keys.root / "elsewhere")
    with pytest.raises(ballots.KeyDirectoryMissing):
        closing.close_round(round_id=opened, at=NOW, early=False, by=None)
    (keys.root / "elsewhere").rename(marker)
    assert publiclog.find("void", opened) is None

    (keys.root / "box" / f"{opened}.key").unlink()
    closing.close_round(round_id=opened, at=NOW, early=False, by=None)

    entry = publiclog.find("void", opened)
    assert entry is not None
    assert entry.body["reason"] == "box_key_lost"
    assert not releases.is_shown(opened)
    view = rounds.find(opened)
    assert view is not None
    assert view.state == rounds.State.VOID


def test_a_ballot_that_nobody_can_open_counts_as_one_that_skipped_everything(
    people: dict[str, Any], opened: str
) -> None:
    for number in range(1, 6):
        slip = slip_for(people[f"Detection {number}"], opened)
        key = bytes(32) if number == 1 else box_key_of(opened)
        if number == 1:
            from andon.kernel.ballot import box_public_key

            key = box_public_key(b"\x01" * 32)
        assert isinstance(casting.cast(slip.cast({"IN1": 5}, box_public_key=key)), casting.Accepted)
    closing.close_round(round_id=opened, at=NOW, early=False, by=None)
    unit = rounds.unit_of(people["Detection 1"], opened)
    assert unit is not None
    part = releases.unit(opened, unit.id)
    assert part is not None
    assert part.release.ballots == 5


def test_every_step_of_the_log_is_written_once(people: dict[str, Any], opened: str) -> None:
    for _again in range(3):
        rounds.finish_publication(round_id=opened, at=NOW)
        rounds.open_round(round_id=opened, at=NOW)
        closing.close_round(round_id=opened, at=NOW, early=False, by=None)
    assert LogEntry.objects.count() == 5


def test_the_figures_follow_the_policy_that_was_published(people: dict[str, Any], opened: str) -> None:
    for number in range(1, 7):
        cast(slip_for(people[f"Detection {number}"], opened), {"IN1": 4})
    row = LogEntry.objects.get(kind="manifest")
    row.content = bytes(row.content).replace(b'"least_ballots":5', b'"least_ballots":7')
    row.save()
    closing.close_round(round_id=opened, at=NOW + WEEK, early=False, by=None)
    assert [part.figures.get("reason") for part in releases.parts(opened)] == ["too_few_ballots"]
