"""After the close nothing in the files tells what a ballot was, or who was given a slip."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.anomalies.processes import Installation
from tests.anomalies.test_at_the_same_time import Pause

NewRound = Callable[[], dict[str, Any]]


@pytest.fixture
def pause(tmp_path: Path) -> Pause:
    return Pause(tmp_path)


def needles(prepared: dict[str, Any]) -> dict[str, list[bytes]]:
    """What is looked for. A piece of each ciphertext: PostgreSQL keeps long values in pieces of its own."""
    ciphertexts = [bytes.fromhex(text) for text in prepared["ciphertexts"]]
    return {
        "ciphertexts": [text[start : start + 48] for text in ciphertexts for start in (0, 700, 2_048)],
        # In the release a slot stands as text, by design; nowhere does it stand as bytes.
        "slots": [bytes.fromhex(slot) for slot, _purpose, _hash in prepared["receipts"]],
        "issuance rows": [bytes.fromhex(text) for text in (*prepared["row_keys"], *prepared["blinded"])],
        "keys": [bytes.fromhex(text) for text in prepared["keys"].values()],
    }


def files_of(installation: Installation) -> Iterator[Path]:
    """All data of the installation. On PostgreSQL also every file of its databases, indexes and TOAST among them."""
    folders = [installation.data]
    if installation.postgres_server is not None:
        installation.do("checkpoint")
        places = installation.do("database_folders")
        folders += [Path(places[alias]) for alias in ("default", "ballots", "issuance", "mailboxes")]
    for folder in folders:
        yield from (path for path in folder.rglob("*") if path.is_file())


def found(installation: Installation, prepared: dict[str, Any], paths: Iterator[Path] | None = None) -> set[str]:
    """The kinds of needle that some file holds."""
    wanted = needles(prepared)
    kinds = set()
    for path in paths or files_of(installation):
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            continue
        kinds |= {kind for kind, parts in wanted.items() if any(part in content for part in parts)}
    return kinds


def test_no_file_holds_a_ballot_a_slot_an_issuance_row_or_a_key_of_a_closed_round(
    installation: Installation, new_round: NewRound
) -> None:
    prepared, other = new_round(), new_round()
    everything = {"ciphertexts", "slots", "issuance rows", "keys"}
    installation.do("analyze")
    assert found(installation, prepared) == everything
    installation.do("close", round_id=prepared["round"])
    assert found(installation, prepared) == set()
    # The round beside it is open, and all of it is there.
    assert found(installation, other) == everything
    # What stays by design: the unit's slot list, in the release.
    seen = installation.do("look", round_id=prepared["round"])
    assert sorted(slot for unit in seen["units"].values() for slot in unit["slots"]) == sorted(prepared["receipts"])


@pytest.mark.postgres_only
def test_a_snapshot_that_could_still_see_the_ballots_does_not_keep_them(
    installation: Installation, new_round: NewRound, pause: Pause
) -> None:
    prepared = new_round()
    reader = installation.start("hold_old_snapshot", alias="ballots", **pause.files)
    pause.wait()
    installation.do("close", round_id=prepared["round"])
    left = found(installation, prepared)
    pause.end()
    assert not installation.end(reader).raised
    assert left == set()


@pytest.mark.postgres_only
def test_the_write_ahead_log_of_postgresql_keeps_ciphertexts_and_no_key_to_them(
    installation: Installation, new_round: NewRound
) -> None:
    prepared = new_round()
    installation.do("close", round_id=prepared["round"])
    log = Path(installation.do("database_folders")["pg_wal"])
    left = found(installation, prepared, (path for path in log.iterdir() if path.is_file()))
    # As docs/protocol/close.md says; this also shows that what is looked for can be found.
    assert "ciphertexts" in left
    assert "keys" not in left


HELD = {
    "keeps_bytes_of_ballots": "ballots",
    "keeps_bytes_of_slips": "issuance",
    "rewrites_as_postgresql_would": "ballots",
}


@pytest.mark.parametrize(
    ("fault", "noticed"),
    [
        ("keeps_bytes_of_ballots", "ciphertexts"),
        ("keeps_bytes_of_slips", "issuance rows"),
        ("keeps_keys", "keys"),
        pytest.param("rewrites_as_postgresql_would", "ciphertexts", marks=pytest.mark.postgres_only),
    ],
)
def test_the_promise_notices(
    installation: Installation, new_round: NewRound, pause: Pause, fault: str, noticed: str
) -> None:
    prepared = new_round()
    reader = None
    if installation.postgres_server is not None and fault in HELD:
        # Otherwise its autovacuum, which comes when it likes, might do what the fault leaves undone.
        reader = installation.start("hold_old_snapshot", alias=HELD[fault], **pause.files)
        pause.wait()
    installation.do("close", round_id=prepared["round"], fault=fault)
    left = found(installation, prepared)
    pause.end()
    if reader is not None:
        installation.end(reader)
    assert noticed in left


@pytest.mark.postgres_only
def test_samples_of_a_planner_would_be_noticed(installation: Installation, new_round: NewRound) -> None:
    prepared = new_round()
    installation.do("sample_slots")
    installation.do("close", round_id=prepared["round"])
    left = found(installation, prepared)
    installation.do("forget_samples")
    assert "slots" in left
