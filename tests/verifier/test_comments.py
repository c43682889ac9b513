"""What `andon verify` holds comments to: keys by the size of the unit, and no more shown than handed in."""

from collections import Counter

import pytest

from andon.verifier.verification import _comments_fit, _purposes_of_a_unit

DIGEST = "0" * 64


@pytest.mark.parametrize(("members", "purposes"), [(7, {"ballot"}), (8, {"ballot", "comment"})])
def test_a_unit_has_a_key_for_comments_from_eight_people_on(members: int, purposes: set[str]) -> None:
    manifest = {"purposes": ["ballot", "comment"], "policy": {"least_ballots": 5}}
    assert _purposes_of_a_unit(manifest, members) == purposes
    assert _purposes_of_a_unit(manifest | {"policy": {"least_ballots": 9}}, members) == {"ballot"}


def test_a_round_without_comments_has_a_key_for_them_in_no_unit() -> None:
    assert _purposes_of_a_unit({"purposes": ["ballot"], "policy": {"least_ballots": 5}}, 20) == {"ballot"}


@pytest.mark.parametrize(
    ("said", "ballots", "members", "least", "fits"),
    [
        ({"count": 2, "digest": DIGEST}, 8, 9, 5, True),
        ({"count": 4, "digest": DIGEST}, 8, 9, 5, False),
        ({"count": "2", "digest": DIGEST}, 8, 9, 5, False),
        ({"count": 1, "digest": DIGEST}, 7, 9, 5, False),
        ({"count": 1, "digest": DIGEST}, 8, 9, 9, False),
        ({"count": 1, "digest": DIGEST}, 7, 7, 5, False),
        ({"reason": "too_few_ballots"}, 7, 9, 5, True),
        ({"reason": "too_few_ballots"}, 8, 9, 9, True),
        ({"reason": "too_few_ballots"}, 8, 9, 5, False),
        (None, 8, 9, 5, False),
        (None, 7, 7, 5, True),
    ],
)
def test_comments_are_shown_where_the_rules_say_so_and_no_more_than_were_handed_in(
    said: object, ballots: int, members: int, least: int, fits: bool
) -> None:
    manifest = {"purposes": ["ballot", "comment"], "policy": {"least_ballots": least}}
    content = {} if said is None else {"comments": said}
    assert _comments_fit(content, Counter(ballot=ballots, comment=3), manifest, members) is fits


def test_a_round_that_asked_for_no_comments_shows_none() -> None:
    manifest = {"purposes": ["ballot"], "policy": {"least_ballots": 5}}
    shown = {"comments": {"count": 0, "digest": DIGEST}}
    assert _comments_fit({}, Counter(ballot=8), manifest, 9)
    assert not _comments_fit(shown, Counter(ballot=8), manifest, 9)
