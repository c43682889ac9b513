"""kill -9 at every point of a founding and of taking a delegation: who tries again gets what they would have had."""

from typing import Any

import pytest

from tests.anomalies.processes import Installation
from tests.anomalies.promises import few_points_or_all, told_where

LONGER_THAN_ANY = 60


def founded_well(seen: dict[str, Any], *, addresses: int = 0) -> None:
    """One organisation with one steward, told once, whose log holds and lets this machine sign; and no code."""
    assert (seen["organisations"], seen["tops"], seen["members"]) == (["Lanternworks"], 1, 1)
    assert seen["stewards"] == [["ada@example.org", "steward"]]
    assert (seen["log"], seen["holds"], seen["belongs"]) == (["genesis", "delegation"], True, True)
    assert [kind for kind in seen["audited"] if kind != "setting.changed"] == ["organisation.created", "steward.first"]
    assert seen["audited"].count("setting.changed") <= 1
    assert (seen["signs"], seen["code"], seen["addresses"]) == ("valid", False, addresses)
    # The key, and at most a second name of it, which goes with the next delegation.
    assert [name for name in seen["keys"] if not name.endswith(".new")] == ["signing.key"]


def nothing_or_a_beginning(seen: dict[str, Any]) -> None:
    """What a killed founding leaves is empty, or the log's beginning, or all of it."""
    rows = (len(seen["organisations"]), seen["tops"], seen["members"], len(seen["stewards"]))
    assert rows in {(0, 0, 0, 0), (1, 1, 1, 1)}
    assert seen["log"] in ([], ["genesis", "delegation"])
    assert rows[0] == 0 or seen["log"]


@few_points_or_all
@pytest.mark.parametrize(("deed", "addresses"), [("found", 0), ("set_up", 2)], ids=["in a browser", "by command"])
def test_a_founding_that_is_killed_at_any_point_is_completed_by_trying_again(
    nobodys: Installation, deed: str, addresses: int, step: int
) -> None:
    for number in range(1, LONGER_THAN_ANY, step):
        nobodys.do("begin_anew")
        ended = nobodys.run(deed, disturb={"kill_before": number})
        assert not ended.raised, ended.trace
        between = nobodys.do("look_at_founding")
        again = nobodys.run(deed)
        assert not again.raised, again.trace
        with told_where(number):
            nothing_or_a_beginning(between)
            founded_well(nobodys.do("look_at_founding"), addresses=addresses)
        if not ended.killed:
            break
    assert number > 9


@pytest.mark.parametrize(
    ("deed", "fault", "kill_at"),
    [
        ("found", "founds_under_another_id", "ORGANISATION"),
        ("found", "keeps_the_code", ""),
        ("set_up", "keeps_addresses_at_the_end", "data: remove setup-code"),
    ],
)
def test_the_promise_notices(nobodys: Installation, deed: str, fault: str, kill_at: str) -> None:
    nobodys.do("begin_anew")
    if kill_at == "ORGANISATION":
        points = nobodys.do(deed, disturb={"trace": True})
        [kill_at] = [point for point in points if "organisation_organisation" in point]
        nobodys.do("begin_anew")
    ended = nobodys.run(deed, disturb={"kill_at": kill_at}, fault=fault)
    assert ended.killed == bool(kill_at), ended.trace
    nobodys.run(deed, fault=fault)
    with pytest.raises(AssertionError):
        founded_well(nobodys.do("look_at_founding"), addresses=2 if deed == "set_up" else 0)


@pytest.fixture
def founded(nobodys: Installation) -> Installation:
    nobodys.do("begin_anew")
    assert nobodys.do("found") == "founded"
    return nobodys


def delegated_well(seen: dict[str, Any], times: int) -> None:
    """Each delegation stands once in the log and once in the change log, and its key is the one in the file, alone."""
    assert (seen["log"], seen["holds"]) == (["genesis"] + ["delegation"] * (times + 1), True)
    assert seen["audited"].count("steward.delegated") == times
    assert (seen["signs"], seen["keys"]) == ("valid", ["signing.key"])
    assert seen["key"] == seen["delegate"]


def test_a_delegation_that_is_killed_at_any_point_is_completed_by_trying_again(founded: Installation) -> None:
    for number in range(1, LONGER_THAN_ANY):
        asked = founded.run("ask_for_delegation", minute=number, disturb={"kill_before": number})
        signed = founded.do("signed_delegation", minute=number)
        ended = founded.run("accept", signed=signed, disturb={"kill_before": number})
        assert not ended.raised, ended.trace
        until = founded.do("accept", signed=signed)
        assert until == founded.do("accept", signed=signed)
        with told_where(number):
            delegated_well(founded.do("look_at_delegation"), number)
        if not ended.killed and not asked.killed:
            break
    assert number > 5


@pytest.mark.parametrize(
    ("fault", "kill_at"),
    [("tells_only_with_the_log", "default: commit of audit_auditentry"), ("leaves_the_waiting_key", "")],
)
def test_that_promise_notices(founded: Installation, fault: str, kill_at: str) -> None:
    signed = founded.do("signed_delegation", minute=1)
    assert founded.run("accept", signed=signed, disturb={"kill_at": kill_at}, fault=fault).killed == bool(kill_at)
    founded.do("accept", signed=signed, fault=fault)
    with pytest.raises(AssertionError):
        delegated_well(founded.do("look_at_delegation"), 1)
