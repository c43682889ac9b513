"""What is read of Pysa, and which flaws are made for it."""

import pytest

from tests.audit import environments
from tests.audit.pysa import FLAWS, RULES, flaws, names_nothing


def test_a_model_of_ours_that_names_nothing_is_seen_and_those_for_other_frameworks_are_not() -> None:
    log = (
        "2026-01-01 [PID 1] ERROR  /a/taint/andon.pysa:36: Could not find symbol `BaseManager.create`.\n"
        "2026-01-01 [PID 1] ERROR  /a/taint/core/django_rest_framework.pysa:1: no module `rest_framework`.\n"
        "2026-01-01 [PID 1] INFO  /a/taint/andon.pysa: read\n"
    )
    assert list(names_nothing(log)) == ["andon.pysa:36: Could not find symbol `BaseManager.create`."]


def test_each_kind_of_flaw_is_made_at_least_once_and_none_is_made_that_no_rule_is_for() -> None:
    made = [(name, rules) for name, _words, rules in flaws(FLAWS)]
    assert len(made) >= 20
    assert {rule for _name, rules in made for rule in rules} == {rule for rules in RULES.values() for rule in rules}


def test_flaws_stand_behind_the_decorators_that_views_have() -> None:
    sources = "".join(file.read_text() for file in FLAWS.rglob("*.py"))
    for decorator in ("@member_required", '@needs_duty("steward")', "@needs_again", "@signed_in", "@require_POST"):
        assert decorator in sources


def test_a_grader_that_is_missing_says_so() -> None:
    with pytest.raises(environments.NotInstalled, match="deploy/setup audit"):
        environments.program("no-such-program")
