"""Casting while the round closes, and two processes that want the same thing."""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.anomalies.processes import Installation, Running
from tests.anomalies.promises import closed_well

NewRound = Callable[[], dict[str, Any]]
FIRST_NUMBER = 400_000
CASTERS = 3
CROWD = 24


class Pause:
    """Where a process stops, and the two files by which it says so and is told to go on."""

    def __init__(self, folder: Path) -> None:
        self.paused, self.go = folder / "paused", folder / "go"

    @property
    def files(self) -> dict[str, str]:
        return {"paused": str(self.paused), "go": str(self.go)}

    def before(self, point: str) -> dict[str, str]:
        return {"pause_before": point, **self.files}

    def wait(self) -> None:
        until = time.monotonic() + 30
        while not self.paused.exists():
            assert time.monotonic() < until, "it never came to its pause"
            time.sleep(0.005)

    def end(self) -> None:
        self.go.touch()


@pytest.fixture
def pause(tmp_path: Path) -> Pause:
    return Pause(tmp_path)


def still_runs(installation: Installation, running: Running, *, ends: object = False) -> bool:
    """Half a second is long for what it has left to do, so a process that still runs is waiting for another.

    `ends`: it is to end by itself, however long a busy machine takes.
    """
    until = time.monotonic() + (30 if ends else 0.5)
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{running.pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return False
        if state == "Z":
            return False
        time.sleep(0.02)
    return True


def acknowledged(files: list[Path]) -> tuple[dict[str, str], set[str]]:
    """The newest acknowledged ciphertext of each slot, and the slots of which a cast was refused."""
    newest: dict[str, str] = {}
    refused = set()
    for file in files:
        # What is still being written down has no end yet.
        for line in file.read_text().split("\n")[:-1]:
            match line.split():
                case ["accepted", slot, ciphertext]:
                    newest[slot] = ciphertext
                case ["refused", "AlreadyClosed", slot]:
                    refused.add(slot)
                case _:
                    pytest.fail(f"a cast ended otherwise: {line.split()[:2]}")
    return newest, refused


@pytest.mark.parametrize("killed", [False, True], ids=["", "while a caster is killed"])
def test_what_is_acknowledged_while_the_round_closes_is_in_the_release_and_nothing_else(
    installation: Installation, tmp_path: Path, killed: bool
) -> None:
    round_id = installation.do("publish", number=FIRST_NUMBER + killed, node="Crowd")
    installation.do("open_round", round_id=round_id)
    each = CROWD // CASTERS
    files = [tmp_path / f"{number}.txt" for number in range(CASTERS)]
    casters = [
        installation.start(
            "cast_until_refused",
            round_id=round_id,
            names=[f"Crowd {number * each + member}" for member in range(1, each + 1)],
            said=str(file),
        )
        for number, file in enumerate(files)
    ]
    until = time.monotonic() + 30
    while any(not file.exists() for file in files) or len(acknowledged(files)[0]) < CROWD:
        assert time.monotonic() < until, "not everybody has begun"
        time.sleep(0.01)
    if killed:
        installation.kill(casters[0])
    installation.do("close", round_id=round_id)
    ended = [installation.end(caster) for caster in casters]
    assert [one.raised for one in ended] == [""] * CASTERS
    seen = installation.do("look", round_id=round_id)

    newest, refused = acknowledged(files)
    slots = {slot: ciphertext for slot, _purpose, ciphertext in seen["units"]["Crowd"]["slots"]}
    assert len(newest) == CROWD
    if killed:
        # Of a slot whose caster was killed the last cast may have been kept without being acknowledged.
        own = {slot for slot in newest if slot in acknowledged(files[1:])[0]}
        assert set(slots) == set(newest)
        assert all(slots[slot] == newest[slot] for slot in own)
    else:
        assert slots == newest
        assert refused == set(newest)
    assert seen["units"]["Crowd"]["figures"]["ballots"] == CROWD
    assert (seen["ballots"], seen["slips"]) == (0, 0)


@pytest.mark.parametrize("fault", ["", "keeps_ballots_after_the_close"])
def test_a_cast_that_was_overtaken_by_the_close_is_refused_and_leaves_nothing(
    installation: Installation, new_round: NewRound, pause: Pause, fault: str
) -> None:
    prepared = new_round()
    # It has seen that the box is open, and its slip is good.
    casting = installation.start(
        "cast_once",
        round_id=prepared["round"],
        name="Response 5",
        disturb=pause.before("ballots: INSERT ballots_ballot"),
        fault=fault,
    )
    pause.wait()
    installation.do("close", round_id=prepared["round"])
    pause.end()
    outcome = installation.end(casting).returned["outcome"]
    left = installation.do("look", round_id=prepared["round"])["ballots"]
    # With the fault it was acknowledged and can never be counted.
    assert (outcome, left) == (("Accepted", 1) if fault else ("AlreadyClosed", 0))


@pytest.mark.parametrize("fault", ["", pytest.param("casts_without_lock", marks=pytest.mark.postgres_only)])
def test_a_close_waits_for_a_cast_that_is_being_kept(
    installation: Installation, new_round: NewRound, pause: Pause, fault: str
) -> None:
    prepared = new_round()
    casting = installation.start(
        "cast_and_hold", round_id=prepared["round"], name="Response 5", fault=fault, **pause.files
    )
    pause.wait()
    closing = installation.start("close", round_id=prepared["round"])
    waits = still_runs(installation, closing)
    pause.end()
    cast = installation.end(casting)
    assert not cast.raised, cast.trace
    assert cast.returned["outcome"] == "Accepted"
    assert not installation.end(closing).raised
    seen = installation.do("look", round_id=prepared["round"])
    slots = [slot for unit in seen["units"].values() for slot in unit["slots"]]
    kept = [cast.returned["slot"], "ballot", cast.returned["ciphertext"]] in slots
    # Without the lock it was acknowledged after the box had been read.
    assert (waits and kept) is not bool(fault)


@pytest.mark.parametrize("fault", ["", "issues_whatever_has_ended"])
def test_a_slip_that_was_overtaken_by_the_close_is_not_given_and_leaves_no_row(
    installation: Installation, new_round: NewRound, pause: Pause, fault: str
) -> None:
    prepared = new_round()
    issuing = installation.start(
        "issue",
        round_id=prepared["round"],
        name="Response 5",
        disturb=pause.before("issuance: INSERT issuance_issuedslip"),
        fault=fault,
    )
    pause.wait()
    installation.do("close", round_id=prepared["round"])
    pause.end()
    outcome = installation.end(issuing).returned
    left = installation.do("look", round_id=prepared["round"])["slips"]
    assert (outcome, left) == (("Issued", 1) if fault else ("NotIssuing", 0))


@pytest.mark.parametrize("fault", ["", pytest.param("issues_without_lock", marks=pytest.mark.postgres_only)])
def test_a_slip_that_is_being_given_during_the_close_leaves_no_row(
    installation: Installation, new_round: NewRound, pause: Pause, fault: str
) -> None:
    prepared = new_round()
    issuing = installation.start(
        "issue_and_hold", round_id=prepared["round"], name="Response 5", fault=fault, **pause.files
    )
    pause.wait()
    closing = installation.start("close", round_id=prepared["round"])
    still_runs(installation, closing)
    pause.end()
    assert installation.end(issuing).returned == "Issued"
    installation.end(closing)
    assert installation.do("look", round_id=prepared["round"])["slips"] == (1 if fault else 0)


@pytest.mark.parametrize("fault", ["", "closes_not_alone"])
def test_of_two_that_close_one_does_it_and_the_other_finds_it_done(
    installation: Installation, new_round: NewRound, uninterrupted: dict[str, Any], pause: Pause, fault: str
) -> None:
    prepared = new_round()
    first = installation.start(
        "close", round_id=prepared["round"], disturb=pause.before("keys: remove spool/*.release"), fault=fault
    )
    pause.wait()
    second = installation.start("close", round_id=prepared["round"], fault=fault)
    assert still_runs(installation, second, ends=fault) == (not fault)
    pause.end()
    ended = [installation.end(one) for one in (first, second)]
    seen = installation.do("look", round_id=prepared["round"])
    if not fault:
        assert [one.raised for one in ended] == ["", ""]
        closed_well(seen, prepared, uninterrupted)
    else:
        # Even then nothing is shown that the log does not say; but the end is recorded twice.
        assert seen["log"].count("released") == 1
        with pytest.raises(AssertionError):
            closed_well(seen, prepared, uninterrupted)


@pytest.mark.parametrize("fault", ["", "plans_with_others"])
def test_of_two_that_publish_for_the_same_people_one_is_refused(
    installation: Installation, pause: Pause, fault: str
) -> None:
    # With the fault for other people, since these may not be asked again so soon.
    node = "South" if fault else "North"
    first = installation.start(
        "publish", number=FIRST_NUMBER + 10, node=node, rested=False, fault=fault,
        disturb=pause.before("default: write of rounds_rosterentry"),
    )  # fmt: skip
    pause.wait()
    second = installation.start("publish", number=FIRST_NUMBER + 11, node=node, rested=False, fault=fault)
    still_runs(installation, second)
    pause.end()
    ended = [installation.end(one) for one in (first, second)]
    assert [one.raised for one in ended] == (["", ""] if fault else ["", "AskedAlready"])
    assert len(installation.do("rounds_of_node", node=node)) == (2 if fault else 1)


@pytest.mark.parametrize("fault", ["", "closes_not_alone"])
def test_of_two_that_finish_a_publication_one_does_it(installation: Installation, pause: Pause, fault: str) -> None:
    number = FIRST_NUMBER + 20 + bool(fault)
    first = installation.start(
        "publish", number=number, disturb=pause.before("ballots: commit of publiclog_logentry"), fault=fault
    )
    pause.wait()
    planned = installation.do("look_at_publication", number=number)
    second = installation.start(
        "do_what_is_due", round_id=planned["round"], at="2026-03-02T09:00:00+00:00", fault=fault
    )
    waits = still_runs(installation, second)
    pause.end()
    assert [installation.end(one).raised for one in (first, second)] == ["", ""]
    # Without the lock on the round it waits for the log, and then both did the same work: nothing comes of it.
    assert waits
    after = installation.do("look_at_publication", number=number)
    assert (after["manifests"], after["published"], after["keys"]) == (1, 1, planned["keys"])
    assert all(after["agrees"].values())


@pytest.mark.parametrize("fault", ["", "generation_without_lock"])
def test_two_first_calls_agree_on_the_identity_of_the_ballot_box(
    installation: Installation, pause: Pause, fault: str
) -> None:
    [was] = installation.do("forget_generation")
    try:
        point = "ballots: INSERT ballots_generation" if fault else "ballots: commit of ballots_generation"
        first = installation.start("generation", disturb=pause.before(point), fault=fault)
        with contextlib.ExitStack() as stack:
            stack.callback(pause.end)
            pause.wait()
            second = installation.start("generation", fault=fault)
            still_runs(installation, second)
        made = [installation.end(one).returned for one in (first, second)]
        left = installation.do("forget_generation")
    finally:
        installation.do("put_back_generation", identity=was)
    assert (len(left) == 1 and made == left * 2) is not bool(fault)
