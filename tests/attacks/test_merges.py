"""What docs/protocol/disclosure.md, section 12, says of teams that are merged, split or joined."""

import re
from itertools import product

import pytest

from andon.kernel import disclosure
from tests.architecture.repository import ROOT
from tests.attacks import merges

pytestmark = pytest.mark.sqlite_only
SECTION = (ROOT / "docs" / "protocol" / "disclosure.md").read_text().partition("## 12.")[2]


def ways(found: list[merges.Together]) -> str:
    return f"{sum(one.excluding for one in found):,} of {sum(one.tried for one in found):,}"


def test_every_way_in_which_colours_can_stand_is_counted_as_the_protocol_says() -> None:
    said = re.sub(r"\s+", " ", SECTION)
    assert ways([merges.merged(one, other) for one, other in product(range(5, 16), repeat=2)]) in said
    for few in (1, 2, 3):
        assert ways([merges.joined(unit, few) for unit in range(5, 31)]) in said


def test_three_who_joined_are_told_apart_much_less_often_than_one() -> None:
    one, three = merges.joined_teams(1000, 1), merges.joined_teams(1000, 3)
    assert three.excluding < one.excluding / 10
    assert merges.merged_teams(1000).excluding <= 5


def test_what_is_counted_by_formula_is_what_trying_every_answer_finds() -> None:
    cells = disclosure.wide_cells
    for few in (1, 2):
        tried = excluding = 0
        for (low, high), (least, most) in product(cells(5), cells(5 + few)):
            agreeing = {
                answers[0]
                for answers in product(range(1, 6), repeat=few)
                if any(least <= total + sum(answers) <= most for total in range(low, high + 1))
            }
            tried += bool(agreeing)
            excluding += 0 < len(agreeing) < 5
        assert merges.joined(5, few) == merges.Together(tried, excluding)
