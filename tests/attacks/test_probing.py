"""Several statements that mean the same, in one round and in two: what holds, and what is told in the documents."""

import re

import pytest

from andon.kernel import disclosure
from andon.kernel.disclosure import slow
from tests.architecture.repository import ROOT
from tests.attacks import probing


@pytest.mark.parametrize("n", range(5, 31))
def test_in_one_round_they_rule_out_no_answer_whatever_the_attacker_says_to_each(n: int) -> None:
    assert probing.ruled_out(n, probing.FIVE_AND_REVERSED) == 0


@pytest.mark.parametrize("n", [5, 8, 15])
def test_with_narrower_bands_they_would(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: a lowest and a highest band of seven totals each."""

    def narrow(total: int, ballots: int) -> disclosure.Band:
        if total <= ballots + 6:
            return disclosure.Band.LOW
        return disclosure.Band.HIGH if total >= 5 * ballots - 6 else disclosure.Band.MIXED_LOW

    monkeypatch.setattr(disclosure, "band", narrow)
    assert probing.ruled_out(n, probing.FIVE_AND_REVERSED) > 0


def test_a_margin_covers_a_newcomer_and_not_an_attacker_who_changes_their_mind_as_well() -> None:
    """Ten people of whom nine add up to 29, then one more, and nobody but the attacker answers otherwise."""
    before = slow.first(29 + 1, slow.Counts(10, 10)).remembered
    assert before is not None

    def colour(own: int, newcomer: int) -> disclosure.Band:
        shown = slow.following(29 + own + newcomer, before, slow.Counts(11, 11, joiners=1)).shown
        assert shown is not None
        return shown.band

    assert {colour(1, newcomer) for newcomer in probing.ANSWERS} == {before.band}
    assert [colour(5, newcomer) is before.band for newcomer in probing.ANSWERS] == [True, True, True, False, False]


def test_what_two_fresh_settings_tell_is_what_the_document_says() -> None:
    text = (ROOT / "docs/protocol/disclosure.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) people \| ([\d.]+) % \| ([\d.]+) % \| ([\d.]+) % \|$", text, re.MULTILINE)
    assert [row[0] for row in rows] == ["5", "8", "15"]
    for people, *told in rows:
        n = int(people)
        found = [
            probing.told_apart(n, probing.ONE, probing.CONTENT),
            probing.told_apart(n, probing.FIVE_AND_REVERSED, probing.CONTENT),
            probing.told_apart(n, probing.FIVE_AND_REVERSED, probing.CONTENT, within=2),
        ]
        assert told == [f"{100 * share:.0f}" for share in found]
