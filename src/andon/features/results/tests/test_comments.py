"""Comments on a unit's page: for the unit, as text, apart from figures; and on no other way out."""

import html
import json
from typing import Any

import pytest
from django.test import Client

from andon.features.releases import public as releases
from andon.features.releases.models import ReleasedComment, ReleasedUnit
from andon.features.rounds import public as rounds
from andon.features.rounds.models import Round
from andon.kernel import disclosure, wire
from tests.lived_in import LivedIn

pytestmark = pytest.mark.django_db(databases="__all__")

WORDS = "<b>We</b> wait\nfor https://example.org"


def client_of(house: LivedIn, name: str) -> Client:
    client = Client()
    client.force_login(house.people[name])
    return client


def say(house: LivedIn, said: disclosure.CommentsRelease, *texts: str) -> str:
    """Let the released round of Bo's unit have these comments."""
    round_id = house.rounds["released"]
    unit = rounds.unit_of(house.people["Bo"], round_id)
    assert unit is not None
    row = ReleasedUnit.objects.get(round_id=round_id, unit_id=unit.id)
    figures = json.loads(row.figures) | {"comments": said.to_json()}
    ReleasedUnit.objects.filter(round_id=round_id, unit_id=unit.id).update(figures=wire.canonical(figures).decode())
    for number, text in enumerate(texts):
        ReleasedComment.objects.create(key=f"{number:064x}", round_id=round_id, unit_id=unit.id, text=text)
    return round_id


def report(house: LivedIn, round_id: str, name: str = "Bo") -> Any:
    return client_of(house, name).get(f"/results/{round_id}/")


def test_members_of_the_unit_read_comments_as_text_and_not_as_markup(lived_in: LivedIn) -> None:
    written = (disclosure.Comment("0" * 64, WORDS),)
    round_id = say(lived_in, disclosure.comments_release(written), WORDS)
    page = report(lived_in, round_id).content.decode()
    assert "&lt;b&gt;We&lt;/b&gt; wait<br>for https://example.org" in page
    assert 'href="https://example.org"' not in page


def test_dropped_comments_are_explained_and_a_unit_that_could_write_none_has_no_section(lived_in: LivedIn) -> None:
    assert "In your own words" not in report(lived_in, lived_in.rounds["released"]).content.decode()
    round_id = say(lived_in, disclosure.CommentsRelease(None, None))
    assert "Fewer than 8 people of your group answered" in report(lived_in, round_id).content.decode()
    row = Round.objects.get(pk=round_id)
    row.policy |= {"least_ballots": 11}
    Round.objects.filter(pk=round_id).update(policy=row.policy)
    assert "Fewer than 11 people of your group answered" in report(lived_in, round_id).content.decode()


def test_a_comment_is_no_ballot_in_the_list_that_a_receipt_is_compared_with(lived_in: LivedIn) -> None:
    round_id = say(lived_in, disclosure.CommentsRelease(None, None))
    unit = rounds.unit_of(lived_in.people["Bo"], round_id)
    assert unit is not None
    row = ReleasedUnit.objects.get(round_id=round_id, unit_id=unit.id)
    slots = json.loads(row.slots)
    more = wire.canonical([*slots, ["f" * 64, "comment", "e" * 64]]).decode()
    ReleasedUnit.objects.filter(round_id=round_id, unit_id=unit.id).update(slots=more)
    page = client_of(lived_in, "Bo").get(f"/results/{round_id}/receipt/").content.decode()
    assert f"{len(slots)} ballots of {unit.size} people are in your unit's list. 1 comment is there" in html.unescape(
        page
    )
    assert (page.count("<td>Ballot</td>"), page.count("<td>Comment</td>")) == (len(slots), 1)


def test_comments_are_in_no_file_that_is_taken_along(lived_in: LivedIn) -> None:
    round_id = say(lived_in, disclosure.comments_release((disclosure.Comment("0" * 64, WORDS),)), WORDS)
    client = client_of(lived_in, "Bo")
    assert "example.org" in client.get(f"/results/{round_id}/").content.decode()
    taken = [client.post(f"/results/{round_id}/export/", {"as": kind}) for kind in ("csv", "json")]
    taken.append(client.get(f"/results/{round_id}/unit.json"))
    for answer in taken:
        assert answer.status_code == 200
        assert b"We</b>" not in answer.content
        assert b"https://example.org" not in answer.content


def test_comments_of_a_round_that_is_not_shown_are_not_read(lived_in: LivedIn) -> None:
    ReleasedComment.objects.create(key="0" * 64, round_id="f" * 32, unit_id="e" * 32, text=WORDS)
    assert releases.comments_shown("f" * 32, "e" * 32) == []
