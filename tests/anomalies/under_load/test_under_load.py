"""The books that are kept of a crowd: each thing that must not happen to a ballot is found by them."""

import copy
import random
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from andon.kernel import wire
from andon.kernel.ballot import box_public_key
from tests.anomalies.under_load import ledger, nowhere, scenes
from tests.anomalies.under_load.__main__ import with_table
from tests.anomalies.under_load.crowd import Crowd, Person
from tests.anomalies.under_load.playing import HEAD, play

SEED = 20_261_128
WORLD = {
    "box_key": wire.b64u(box_public_key(bytes(range(32)))),
    "csrf_cookie": "csrf",
    "round": "a" * 32,
    "session_cookie": "session",
}


def person(number: int, *, sent: int = 3, acknowledged: int = 2) -> Person:
    made = Person(WORLD, f"session {number}", random.Random(number))
    made.sent = {one: sha256(f"{number} {one}".encode()).hexdigest() for one in range(1, sent + 1)}
    made.sequence, made.acknowledged = sent, acknowledged
    return made


@pytest.fixture
def people() -> list[Person]:
    return [person(number) for number in range(5)]


def seen_of(people: list[Person]) -> dict[str, Any]:
    slots = sorted([one.slot, "ballot", one.sent[2]] for one in people)
    return {
        "state": "released",
        "releases": 1,
        "finished": [True],
        "log": ["manifest", "opened", "closed", "released"],
        "units": {"Team": {"slots": slots, "figures": {"ballots": len(slots)}}},
        "ballots": 0,
        "slips": 0,
        "files": ["seed/aa.lock"],
    }


def test_a_release_with_every_receipt_balances(people: list[Person]) -> None:
    assert ledger.compare(seen_of(people), people).holds


def test_a_newer_ballot_whose_acknowledgement_was_cut_off_may_have_taken_the_place(people: list[Person]) -> None:
    seen = seen_of(people)
    first = next(one for one in people if one.slot == seen["units"]["Team"]["slots"][0][0])
    seen["units"]["Team"]["slots"][0][2] = first.sent[3]
    assert ledger.compare(seen, people).holds


def lose(seen: dict[str, Any]) -> None:
    seen["units"]["Team"]["slots"].pop()
    seen["units"]["Team"]["figures"]["ballots"] -= 1


def go_back(seen: dict[str, Any]) -> None:
    slots = seen["units"]["Team"]["slots"]
    slots[0][2] = seen["older"][slots[0][0]]


def double(seen: dict[str, Any]) -> None:
    slots = seen["units"]["Team"]["slots"]
    slots.append(list(slots[0]))
    seen["units"]["Team"]["figures"]["ballots"] += 1


def count_twice(seen: dict[str, Any]) -> None:
    seen["units"]["Team"]["figures"]["ballots"] += 1


def make_up(seen: dict[str, Any]) -> None:
    seen["units"]["Team"]["slots"].append(["f" * 64, "ballot", "0" * 64])
    seen["units"]["Team"]["figures"]["ballots"] += 1


def leave_a_key(seen: dict[str, Any]) -> None:
    seen["files"].append("box/aa.key")


def leave_a_ballot(seen: dict[str, Any]) -> None:
    seen["ballots"] = 1


def end_twice(seen: dict[str, Any]) -> None:
    seen["log"].append("released")


@pytest.mark.parametrize(
    ("fault", "which"),
    [
        (lose, "lost"),
        (go_back, "older"),
        (double, "doubled"),
        (count_twice, "doubled"),
        (make_up, "of_nobody"),
        (leave_a_key, "left"),
        (leave_a_ballot, "left"),
        (end_twice, ""),
    ],
)
def test_each_planted_fault_is_in_the_books(people: list[Person], fault: Any, which: str) -> None:
    seen = copy.deepcopy(seen_of(people))
    seen["older"] = {one.slot: one.sent[1] for one in people}
    fault(seen)
    books = ledger.compare(seen, people)
    assert not books.holds
    assert not which or getattr(books, which) == 1


def test_a_door_that_answers_with_anything_else_is_unclear() -> None:
    crowd = Crowd(
        {**WORLD, "sessions": []}, app_url="http://localhost:1", anonymous_url="http://localhost:1", clients=1, seed=1
    )
    for status, body, clear in (
        (503, b'{"error": "unavailable"}', True),
        (500, b'{"error": "unavailable"}', False),
        (503, b"<!doctype html>", False),
        (502, b"", False),
    ):
        before = len(crowd.told.unclear)
        crowd.note("cast", status, body)
        assert (len(crowd.told.unclear) == before) == clear, (status, body)


@pytest.mark.sweep
@pytest.mark.timeout(900)
def test_nothing_acknowledged_is_lost_when_processes_are_killed(tmp_path: Path, postgres_server: Path | None) -> None:
    row = play("kills", "postgres" if postgres_server else "sqlite", folder=tmp_path, times=8, seed=SEED, members=40)
    assert row.passed, row.cells


@pytest.mark.sweep
@pytest.mark.sqlite_only
@pytest.mark.timeout(600)
def test_nothing_is_sent_to_anybody_outside() -> None:
    try:
        done = nowhere.enter(["sqlite"])
    except scenes.NotHere as reason:
        pytest.skip(f"needs {reason}")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_report_takes_the_place_of_the_one_before() -> None:
    table = [HEAD, *([name, *["1"] * (len(HEAD) - 1)] for name in ("kills", "full disk"))]
    page = with_table("# Faults\n\nBefore.\n", table) + "\nAfter.\n\n| scene | what is done |\n| --- | --- |\n"
    assert page.count("| kills |") == 1
    shorter = with_table(page, table[:2])
    assert "| full disk |" not in shorter
    assert shorter == page.replace("| full disk " + "| 1 " * (len(HEAD) - 1) + "|\n", "")
