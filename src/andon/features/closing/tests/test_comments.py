"""Comments from the slip to the unit's page: who may write, when they are dropped, and what leads back to nobody."""

from typing import Any

import pytest

from andon.features.ballots import public as ballots
from andon.features.ballots import services as casting
from andon.features.closing import computing
from andon.features.closing import public as closing
from andon.features.issuance import services as issuance
from andon.features.publiclog import public as publiclog
from andon.features.publiclog.models import LogEntry
from andon.features.releases import public as releases
from andon.features.releases.models import ReleasedComment
from andon.features.rounds import public as rounds
from andon.foundation.configuration import public as configuration
from andon.kernel import disclosure
from tests.cast_of_people import NOW, Slip, box_key_of, found_organisation, opened_round, slip_for

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

WORDS = [f"words number {number} that nobody else uses" for number in range(1, 9)]


@pytest.fixture
def people(tmp_path: Any, settings: Any, key_directory: Any) -> dict[str, Any]:
    return found_organisation(tmp_path, settings, teams={"Detection": 8, "Response": 6})


def open_round(people: dict[str, Any], *, asks_comments: bool = True) -> str:
    return opened_round(people["top"], by=people["Detection 1"], asks_comments=asks_comments)


def answered_by(people: dict[str, Any], round_id: str, numbers: range) -> None:
    for number in numbers:
        slip = slip_for(people[f"Detection {number}"], round_id, "ballot")
        assert isinstance(casting.cast(slip.cast({"IN1": 4}, box_public_key=box_key_of(round_id))), casting.Accepted)


def commented_by(people: dict[str, Any], round_id: str, numbers: range) -> list[casting.Accepted]:
    accepted = []
    for number in numbers:
        slip = slip_for(people[f"Detection {number}"], round_id, "comment")
        outcome = casting.cast(slip.comment(WORDS[number - 1], box_public_key=box_key_of(round_id)))
        assert isinstance(outcome, casting.Accepted)
        accepted.append(outcome)
    return accepted


def close(people: dict[str, Any], round_id: str) -> None:
    rounds.ask_to_close(round_id=round_id, by=people["Detection 1"], at=NOW)
    closing.close_round(round_id=round_id, at=NOW, early=True, by=None)


def part_of(people: dict[str, Any], round_id: str) -> releases.FinishedUnit:
    unit = rounds.unit_of(people["Detection 1"], round_id)
    assert unit is not None
    part = releases.unit(round_id, unit.id)
    assert part is not None
    return part


def test_comments_of_a_unit_of_eight_are_read_by_it_and_bound_by_its_release(people: dict[str, Any]) -> None:
    round_id = open_round(people)
    answered_by(people, round_id, range(1, 9))
    accepted = commented_by(people, round_id, range(1, 4))
    close(people, round_id)
    part = part_of(people, round_id)
    assert sorted(releases.comments_shown(round_id, part.unit_id)) == WORDS[:3]
    kept = [disclosure.Comment(row.key, row.text) for row in ReleasedComment.objects.all()]
    assert part.release.comments == disclosure.comments_release(kept)
    assert part.release.ballots == 8
    # The receipt of a comment is in the slot list, as that of a ballot.
    listed = {(slot, ciphertext) for slot, purpose, ciphertext in part.slots if purpose == "comment"}
    assert listed == {(one.slot, one.ciphertext) for one in accepted}


def test_a_comment_that_is_sent_again_replaces_the_first(people: dict[str, Any]) -> None:
    round_id = open_round(people)
    answered_by(people, round_id, range(1, 9))
    slip = slip_for(people["Detection 1"], round_id, "comment")
    for sequence, words in enumerate(("first", "second"), start=1):
        casting.cast(slip.comment(words, box_public_key=box_key_of(round_id), sequence=sequence))
    close(people, round_id)
    assert releases.comments_shown(round_id, part_of(people, round_id).unit_id) == ["second"]


def test_under_eight_ballots_comments_are_dropped_unread(
    people: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    round_id = open_round(people)
    answered_by(people, round_id, range(1, 8))
    commented_by(people, round_id, range(1, 9))
    opened, payload = [], computing._payload
    monkeypatch.setattr(computing, "_payload", lambda row, *rest: opened.append(row.purpose) or payload(row, *rest))
    close(people, round_id)
    part = part_of(people, round_id)
    assert set(opened) == {"ballot"}
    assert part.release.comments == disclosure.CommentsRelease(None, None)
    assert releases.comments_shown(round_id, part.unit_id) == []
    assert not ReleasedComment.objects.exists()


def test_a_publisher_that_forgets_the_rule_is_stopped_by_the_auditor(
    people: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    round_id = open_round(people)
    answered_by(people, round_id, range(1, 8))
    commented_by(people, round_id, range(1, 3))
    monkeypatch.setattr(disclosure, "may_read_comments", lambda **counts: True)
    close(people, round_id)
    view = rounds.find(round_id)
    assert view is not None
    assert view.void_reason == "audit_failed"
    assert not ReleasedComment.objects.exists()


def test_a_unit_under_eight_has_no_key_for_comments_and_is_given_no_slip(people: dict[str, Any]) -> None:
    round_id = open_round(people)
    small, large = (rounds.unit_of(people[name], round_id) for name in ("Response 1", "Detection 1"))
    assert small is not None
    assert large is not None
    assert set(small.leaf["keys"]) == {"ballot"}
    assert set(large.leaf["keys"]) == {"ballot", "comment"}
    asked = [("comment", Slip(round_id, "comment").blinded)]
    refused = issuance.issue(member=people["Response 1"], round_id=round_id, blinded=asked)
    assert isinstance(refused, issuance.NoSuchPurpose)
    view = rounds.find(round_id)
    assert view is not None
    assert rounds.purposes_for(people["Response 1"], [view]) == {round_id: ("ballot",)}
    assert rounds.purposes_for(people["Detection 1"], [view]) == {round_id: ("ballot", "comment")}


def test_where_a_figure_needs_more_a_unit_of_fewer_is_asked_for_no_comment_that_nobody_could_read(
    people: dict[str, Any],
) -> None:
    configuration.write({"policy.least_ballots": 9}, by=None, at=NOW)
    large = rounds.unit_of(people["Detection 1"], open_round(people))
    assert large is not None
    assert large.size == 8
    assert set(large.leaf["keys"]) == {"ballot"}


def test_a_comment_for_a_unit_under_eight_is_refused_at_the_door(people: dict[str, Any]) -> None:
    round_id = open_round(people)
    slip = slip_for(people["Detection 1"], round_id, "comment")
    small = rounds.unit_of(people["Response 1"], round_id)
    assert small is not None
    slip.unit_id = small.id
    outcome = casting.cast(slip.comment("hello", box_public_key=box_key_of(round_id)))
    assert not isinstance(outcome, casting.Accepted)


def test_a_round_that_asks_for_no_comments_is_as_it_always_was(people: dict[str, Any]) -> None:
    round_id = open_round(people, asks_comments=False)
    entry = publiclog.find("manifest", round_id)
    assert entry is not None
    assert entry.body["purposes"] == ["ballot"]
    answered_by(people, round_id, range(1, 9))
    close(people, round_id)
    assert "comments" not in part_of(people, round_id).figures


def test_a_window_asks_for_no_comments(people: dict[str, Any]) -> None:
    with pytest.raises(rounds.RoundRefused):
        rounds.publish_round(
            node_id=people["top"].pk,
            instrument_id="andon-core",
            opens_at=NOW,
            closes_at=None,
            by=None,
            at=NOW,
            kind="daily",
            asks_comments=True,
        )


def test_no_word_of_a_comment_is_in_the_public_log_the_slot_list_or_what_is_taken_home(people: dict[str, Any]) -> None:
    round_id = open_round(people)
    answered_by(people, round_id, range(1, 9))
    commented_by(people, round_id, range(1, 9))
    close(people, round_id)
    part = part_of(people, round_id)
    written = " ".join(map(repr, [part.to_json(), *LogEntry.objects.values()]))
    assert "words number" not in written
    # It is somewhere, or this would say nothing.
    assert "words number" in repr(list(ReleasedComment.objects.values()))


def test_a_comment_has_nothing_that_leads_to_a_ballot_or_a_person(people: dict[str, Any]) -> None:
    assert {column.name for column in ReleasedComment._meta.get_fields()} == {"key", "round_id", "unit_id", "text"}
    assert not any(column.is_relation for column in ReleasedComment._meta.get_fields())


def test_the_order_of_comments_is_not_that_of_their_slots(people: dict[str, Any]) -> None:
    """Of 40,320 orders this one is as likely as any other; a box read in its own order always gives it."""
    round_id = open_round(people)
    answered_by(people, round_id, range(1, 9))
    accepted = commented_by(people, round_id, range(1, 9))
    assert len({one.slot for one in accepted}) == 8
    close(people, round_id)
    shown = releases.comments_shown(round_id, part_of(people, round_id).unit_id)
    by_slot = [words for _slot, words in sorted(zip((one.slot for one in accepted), WORDS, strict=True))]
    assert sorted(shown) == WORDS
    assert shown not in (by_slot, by_slot[::-1], WORDS, WORDS[::-1])


def test_an_altered_comment_is_never_shown(people: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    round_id = open_round(people)
    answered_by(people, round_id, range(1, 9))
    commented_by(people, round_id, range(1, 3))
    commit = releases.commit

    def alter(finished: releases.Finished) -> None:
        commit(finished)
        ReleasedComment.objects.update(text="what nobody wrote")

    monkeypatch.setattr(releases, "commit", alter)
    close(people, round_id)
    view = rounds.find(round_id)
    assert view is not None
    assert view.void_reason == "release_damaged"
    assert not ReleasedComment.objects.exists()
    assert not ballots.read_box(round_id)
