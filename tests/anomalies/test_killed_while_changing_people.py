"""kill -9 at every write of an erasure, also while a round is open, and of carrying out a file of people."""

from typing import Any

import pytest

from tests.anomalies.processes import Installation
from tests.anomalies.promises import all_points_but_few_on_postgres, told_where

LONGER_THAN_ANY = 60
TEAM = 60


@pytest.fixture(scope="module")
def installation(own_installation: Installation) -> Installation:
    return own_installation


@pytest.fixture(scope="module")
def asked(installation: Installation) -> str:
    """An open round of a team whose people are erased one after the other."""
    installation.do("add_team", name="Leaving", size=TEAM)
    round_id = installation.do("publish", number=510_000, node="Leaving")
    installation.do("open_round", round_id=round_id)
    return str(round_id)


def erased_well(seen: dict[str, Any], gone: int) -> None:
    """All or nothing before it is done again, and afterwards nothing of this person, told once, and all others open."""
    before, after = seen["before"], seen["after"]
    if before["is_there"]:
        assert before["traces"] == ["email", "id", "name"]
        assert (before["erased"], before["asked"], before["erasures"]) == (gone - 1, TEAM - gone + 1, gone - 1)
    else:
        assert before == after
    assert (after["is_there"], after["traces"], after["erasures"]) == (False, [], gone)
    assert (after["seats"], after["erased"], after["asked"]) == (TEAM, gone, TEAM - gone)
    assert after["opens"]


def erase(installation: Installation, asked: str, number: int, **options: Any) -> tuple[bool, dict[str, Any]]:
    name = f"Leaving {number:02}"
    person = installation.do("person", name=name)
    if number % 5 == 1:
        # Also of those who have a slip by now, whom nobody can tell from the others.
        assert installation.do("ask_for_a_slip", name=name, round_id=asked) == "Issued"
    ended = installation.run("erase", name=name, **options)
    assert not ended.raised, ended.trace
    return ended.killed, installation.do("erase_again", person=person, round_id=asked)


@all_points_but_few_on_postgres
def test_an_erasure_that_is_killed_at_any_write_erases_all_or_nothing_and_then_all(
    installation: Installation, asked: str, step: int
) -> None:
    for number, point in enumerate(range(1, LONGER_THAN_ANY, step), start=1):
        disturb = {"kill_before": point, "each_write": True}
        killed, seen = erase(installation, asked, number, disturb=disturb)
        with told_where(number):
            erased_well(seen, number)
            # Behind the commit stands what keeps an older backup from bringing the person back.
            assert killed or not seen["before"]["is_there"]
        if not killed:
            break
    assert point > 15
    # What a killed one had not written of that, the next one has.
    assert installation.do("missing_marks") == 0
    # Whoever is left is asked as before, and somebody who only has the name of one who went is not.
    assert installation.do("ask_for_a_slip", name=f"Leaving {TEAM}", round_id=asked) == "Issued"
    assert installation.do("check_log") > 0
    # The planted fault: without its transaction an erasure is killed half way, and that is seen.
    at = {"kill_at": "default: INSERT audit_auditentry"}
    killed, seen = erase(installation, asked, number + 1, disturb=at, fault="erases_step_by_step")
    assert killed
    with pytest.raises(AssertionError):
        erased_well(seen, number + 1)


def carried_out_well(seen: dict[str, Any], team: str, imports: int) -> None:
    """All or nothing before the worker takes it up again; afterwards what was agreed to, once, and no bytes."""
    before, after = seen["before"], seen["after"]
    stayed, joined = [[team, False, True]], [team, True, True]
    assert before in (
        after,
        {
            "step": "writing",
            "bytes": before["bytes"],
            "imports": imports - 1,
            "people": [[f"{name} {team}", True, stayed] for name in ("One", "Two", "Three")],
        },
    )
    assert seen["due"] == (["carry_out_people_file"] if before["step"] == "writing" else [])
    assert (after["step"], after["bytes"], after["imports"]) == ("done", 0, imports)
    assert after["people"] == [
        [f"One {team}", True, [[team, False, False], [f"{team} new", True, True]]],
        [f"Two {team} renamed", True, stayed],
        [f"Three {team}", False, [[team, False, False]]],
        [f"Four {team}", True, [joined]],
    ]
    assert seen["left"] == []


def test_a_file_of_people_that_is_killed_at_any_write_is_carried_out_once(installation: Installation) -> None:
    for number in range(1, LONGER_THAN_ANY):
        team = f"File{number:02}"
        file_id = installation.do("agreed_file", team=team)
        disturb = {"kill_before": number, "each_write": True}
        ended = installation.run("carry_out", file_id=file_id, disturb=disturb)
        assert not ended.raised, ended.trace
        seen = installation.do("be_due_to_be_carried_out", file_id=file_id, team=team)
        with told_where(number):
            carried_out_well(seen, team, number)
        if not ended.killed:
            break
    assert number > 8
    # The planted fault: where the file's end is not in the same transaction, it is carried out twice, or shown anew.
    file_id = installation.do("agreed_file", team="Fault")
    at = {"kill_at": "default: UPDATE organisation_peoplefile"}
    assert installation.run("carry_out", file_id=file_id, disturb=at, fault="concludes_afterwards").killed
    seen = installation.do("be_due_to_be_carried_out", file_id=file_id, team="Fault", fault="concludes_afterwards")
    with pytest.raises(AssertionError):
        carried_out_well(seen, "Fault", number + 1)
