"""Letters about rounds: the same to everybody, by day, once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.core import mail
from django.utils import timezone

from andon.features.cadence import letters
from andon.features.cadence.models import Letter, LetterKind, Mailing
from andon.features.cadence.tasks import _due
from andon.features.rounds import public as rounds
from andon.foundation.configuration import public as configuration
from andon.foundation.notifications.public import MailNotSent
from andon.foundation.people.models import Member
from tests.lived_in import ANSWERS, LivedIn, founded, members

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)
DAY = timedelta(days=1)
# A Wednesday at noon, and the night before.
NOON, NIGHT = datetime(2026, 11, 25, 12, tzinfo=UTC), datetime(2026, 11, 25, 2, tzinfo=UTC)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LivedIn]:
    monkeypatch.setattr(letters, "SECONDS_BETWEEN", 0)
    with founded(tmp_path) as made:
        made.add_team("Detection", "Lanternworks", members("Ada", "Bo"))
        made.add_member("Stella", duty="steward")
        yield made


def send(at: datetime = NOON) -> list[Any]:
    before = len(mail.outbox)
    while letters.send_some(at):
        pass
    return mail.outbox[before:]


def opened(house: LivedIn) -> str:
    round_id = house.open_round("one", "Detection", by="Ada", ago=DAY)
    letters.write_letters(round_id=round_id, kind=LetterKind.OPENED)
    return round_id


def test_everybody_who_is_asked_gets_the_same_letter_whether_they_answered_or_not(house: LivedIn) -> None:
    round_id = house.open_round("one", "Detection", by="Ada", ago=DAY)
    house.answer(round_id, ["Bo", "Ada"], ANSWERS)
    letters.write_letters(round_id=round_id, kind=LetterKind.ENDS_SOON)
    sent = send()
    assert sorted(one.to[0] for one in sent) == sorted(house.people[name].email for name in members("Ada", "Bo"))
    assert len({(one.subject, one.body) for one in sent}) == 1
    assert "this server cannot know" in sent[0].body
    assert not Letter.objects.exists()


def left_out(house: LivedIn, sent: list[Any]) -> set[str]:
    """Those on the roster who got no letter, or another one than the first."""
    alike = {one.to[0] for one in sent if (one.subject, one.body) == (sent[0].subject, sent[0].body)}
    return {house.people[name].email for name in members("Ada", "Bo")} - alike


def test_a_letter_only_to_those_whose_slip_was_not_fetched_would_be_seen(
    house: LivedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: what somebody would build who wants to remind those that did not answer."""
    round_id = house.open_round("one", "Detection", by="Ada", ago=DAY)
    house.answer(round_id, ["Bo"], ANSWERS)
    letters.write_letters(round_id=round_id, kind=LetterKind.OPENED)
    assert left_out(house, send()) == set()
    honest = rounds.asked_ids

    def without_those_who_fetched(asked: str) -> Any:
        return honest(asked).exclude(member=house.people["Bo"])

    monkeypatch.setattr(rounds, "asked_ids", without_those_who_fetched)
    letters.write_letters(round_id=round_id, kind=LetterKind.ENDS_SOON)
    assert left_out(house, send()) == {house.people["Bo"].email}


def test_letters_are_made_once_and_each_leaves_once(house: LivedIn) -> None:
    round_id = opened(house)
    letters.write_letters(round_id=round_id, kind=LetterKind.OPENED)
    assert len(send()) == 6
    letters.write_letters(round_id=round_id, kind=LetterKind.OPENED)
    assert send() == []
    assert Mailing.objects.get().is_done


def test_at_night_nothing_leaves_and_everybody_has_their_own_night(house: LivedIn) -> None:
    Member.objects.filter(pk=house.people["Bo"].pk).update(time_zone="Pacific/Auckland")
    opened(house)
    assert [one.to for one in send(NIGHT)] == [[house.people["Bo"].email]]
    assert len(send(NOON)) == 5


def test_a_zone_that_this_machine_does_not_know_is_the_organisations(house: LivedIn) -> None:
    Member.objects.filter(pk=house.people["Bo"].pk).update(time_zone="Nowhere/AtAll")
    opened(house)
    assert send(NIGHT) == []
    assert len(send(NOON)) == 6


def test_a_worker_that_was_killed_in_the_middle_sends_no_letter_twice(house: LivedIn) -> None:
    opened(house)
    honest = letters.send_mail
    handed = []

    def killed(**options: Any) -> None:
        honest(**options)
        handed.append(options["to"][0])
        raise KeyboardInterrupt

    with patch.object(letters, "send_mail", killed), pytest.raises(KeyboardInterrupt):
        letters.send_some(NOON)
    rest = send()
    assert len(rest) == 5
    assert handed[0] not in {one.to[0] for one in rest}


def test_a_mail_server_that_refuses_holds_up_nobody(house: LivedIn) -> None:
    opened(house)
    with patch.object(letters, "send_mail", side_effect=MailNotSent):
        assert letters.send_some(NOON) == 0
    assert not Letter.objects.exists()


def test_what_is_not_true_any_more_is_not_written(house: LivedIn) -> None:
    round_id = opened(house)
    house.close(round_id, ago=timedelta(0))
    assert send() == []
    assert not Letter.objects.exists()


def test_a_result_is_told_to_everybody_at_once(house: LivedIn) -> None:
    round_id = house.open_round("one", "Detection", by="Ada", ago=8 * DAY)
    house.answer(round_id, members("Ada", "Bo"), ANSWERS)
    house.close(round_id, ago=timedelta(hours=1))
    assert (round_id, LetterKind.RESULT) in letters.wanted(timezone.now())
    letters.write_letters(round_id=round_id, kind=LetterKind.RESULT)
    sent = send()
    assert len(sent) == 6
    assert f"/results/{round_id}/" in sent[0].body
    assert not [name for name in ("unsafe", "safe") if name in sent[0].body]


def test_old_results_are_no_news_after_an_upgrade(house: LivedIn) -> None:
    round_id = house.open_round("one", "Detection", by="Ada", ago=30 * DAY)
    house.close(round_id, ago=23 * DAY)
    assert list(letters.wanted(timezone.now())) == []


def test_a_round_is_brought_to_mind_shortly_before_it_closes_and_a_short_one_is_not(house: LivedIn) -> None:
    round_id = house.open_round("one", "Detection", by="Ada", ago=DAY)
    closes = house.now - DAY + timedelta(days=7)
    assert (round_id, LetterKind.ENDS_SOON) not in letters.wanted(timezone.now())
    assert (round_id, LetterKind.ENDS_SOON) in letters.wanted(closes - timedelta(hours=20))
    assert (round_id, LetterKind.ENDS_SOON) not in letters.wanted(closes - timedelta(minutes=30))


def test_without_letters_none_is_made(house: LivedIn) -> None:
    house.open_round("one", "Detection", by="Ada", ago=DAY)
    assert [key for key, _task, _args in _due(timezone.now()) if key.startswith("letters")]
    configuration.write({"cadence.letters": False}, by=house.people["Stella"], at=timezone.now())
    assert [key for key, _task, _args in _due(timezone.now()) if key.startswith("letters")] == []


def test_whoever_was_erased_or_left_gets_none(house: LivedIn) -> None:
    round_id = house.open_round("one", "Detection", by="Ada", ago=DAY)
    Member.objects.filter(pk=house.people["Bo"].pk).update(is_active=False)
    letters.write_letters(round_id=round_id, kind=LetterKind.OPENED)
    house.people["Ada 1"].delete()
    assert len(send()) == 4


def test_whoever_wants_none_gets_none_also_after_they_were_made(house: LivedIn) -> None:
    Member.objects.filter(pk=house.people["Ada"].pk).update(wants_letters=False)
    opened(house)
    Member.objects.filter(pk=house.people["Bo"].pk).update(wants_letters=False)
    sent = send()
    assert left_out(house, sent) == {house.people["Ada"].email, house.people["Bo"].email}
    assert not Letter.objects.exists()
    assert "/you/" in sent[0].body
