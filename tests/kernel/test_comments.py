"""Comments: whose are read, in which order they stand, and what binds them."""

import random

import pytest

from andon.kernel import disclosure
from andon.kernel.disclosure import audit


def drawn(seed: int = 1) -> "random.Random":
    return random.Random(seed)


@pytest.mark.parametrize(
    ("roster", "least", "may"),
    [(5, 5, False), (7, 5, False), (8, 5, True), (20, 5, True), (9, 10, False), (10, 10, True)],
)
def test_a_unit_writes_comments_only_where_enough_are_in_it_to_read_them(roster: int, least: int, may: bool) -> None:
    assert disclosure.may_comment(roster, least_ballots=least) is may


@pytest.mark.parametrize(
    ("roster", "ballots", "least", "may"), [(7, 7, 5, False), (8, 7, 5, False), (8, 8, 5, True), (12, 9, 10, False)]
)
def test_comments_are_read_from_eight_ballots_on_and_from_more_where_the_policy_asks_for_more(
    roster: int, ballots: int, least: int, may: bool
) -> None:
    assert disclosure.may_read_comments(roster_size=roster, ballots=ballots, least_ballots=least) is may


def test_every_order_of_three_comments_comes_about_as_often_as_any_other() -> None:
    random_bytes, seen = drawn().randbytes, {}
    for _ in range(3_000):
        order = "".join(one.text for one in disclosure.shuffle_comments("abc", random_bytes=random_bytes))
        seen[order] = seen.get(order, 0) + 1
    assert len(seen) == 6
    assert all(400 < count < 600 for count in seen.values())


def kept(text: str) -> list[str]:
    return [one.text for one in disclosure.shuffle_comments([text], random_bytes=drawn().randbytes)]


PERSIAN = "\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"


def test_what_nobody_sees_is_taken_out_of_a_comment() -> None:
    assert kept("a\u202eb\u200bc\ufeff\u2028d") == ["abcd"]
    assert kept("a" + "\n" * 900 + " \n\nb\n\nc\nd") == ["a\n\nb\n\nc\nd"]
    assert kept(PERSIAN) == [PERSIAN]
    assert kept("\u200b \u200d\n") == []


def test_an_order_that_follows_the_box_would_be_seen() -> None:
    rising = iter(range(3_000))
    told = {
        "".join(
            one.text
            for one in disclosure.shuffle_comments("abc", random_bytes=lambda size: next(rising).to_bytes(size, "big"))
        )
        for _ in range(100)
    }
    assert told == {"abc"}


def test_empty_comments_are_left_out_and_control_characters_taken_out() -> None:
    kept = disclosure.shuffle_comments(["", "  \n", "one\x00 two\r\nthree\x1b"], random_bytes=drawn().randbytes)
    assert [one.text for one in kept] == ["one two\nthree"]


def test_the_digest_binds_every_text_and_cannot_be_guessed_without_the_keys() -> None:
    first = disclosure.shuffle_comments(["yes", "no"], random_bytes=drawn(1).randbytes)
    again = disclosure.shuffle_comments(["yes", "no"], random_bytes=drawn(2).randbytes)
    changed = (disclosure.Comment(first[0].key, "maybe"), first[1])
    digests = {disclosure.comments_digest(some) for some in (first, again, changed, first[:1])}
    assert len(digests) == 4
    assert disclosure.comments_digest(first[::-1]) == disclosure.comments_digest(first)


def test_a_release_says_number_and_digest_or_that_comments_were_dropped() -> None:
    written = disclosure.shuffle_comments(["yes"], random_bytes=drawn().randbytes)
    for said in (disclosure.comments_release(written), disclosure.CommentsRelease(None, None)):
        assert disclosure.CommentsRelease.from_json(said.to_json()) == said


@pytest.mark.parametrize(
    "value",
    [None, {}, {"count": 1}, {"count": True, "digest": "0" * 64}, {"count": 1, "digest": "x"}, {"reason": "no"}],
)
def test_what_no_release_says_of_comments_is_refused(value: object) -> None:
    with pytest.raises(disclosure.MalformedComments):
        disclosure.CommentsRelease.from_json(value)


def test_words_are_not_shown_where_a_comment_is_printed() -> None:
    assert "secret" not in repr(disclosure.Comment("0" * 64, "secret"))


@pytest.mark.parametrize(
    ("people", "ballots", "shown", "said", "reasons"),
    [
        (8, 8, 2, 2, []),
        (7, 7, 1, 1, ["comments_of_few"]),
        (8, 7, 1, 1, ["comments_of_few"]),
        (8, 8, 1, 2, ["comments_changed"]),
        (8, 7, 0, 0, []),
    ],
)
def test_the_auditor_finds_comments_that_must_not_be_shown(
    people: int, ballots: int, shown: int, said: int, reasons: list[str]
) -> None:
    unit = audit.AuditedUnit(
        "u", [str(number) for number in range(people)], {}, comments=shown, comments_said=said, ballots=ballots
    )
    assert [finding.reason for finding in audit.audit([unit]).findings] == reasons


@pytest.mark.parametrize(("least", "reasons"), [(5, []), (12, []), (13, ["comments_of_few"])])
def test_the_auditor_asks_for_as_many_ballots_as_the_policy(least: int, reasons: list[str]) -> None:
    people = [str(number) for number in range(14)]
    unit = audit.AuditedUnit("u", people, {}, comments=1, comments_said=1, ballots=12, least_ballots=least)
    assert [finding.reason for finding in audit.audit([unit]).findings] == reasons
