"""The anonymous door and the keys of a round: one that is lost is not one that was closed, and none is kept."""

import time
from pathlib import Path
from typing import Any

import pytest

from andon.features.ballots import services
from andon.features.issuance import services as issuance
from andon.features.publiclog import public as publiclog
from andon.features.rounds import public as rounds
from andon.kernel import wire
from tests.cast_of_people import NOW, WEEK, Slip, found_organisation

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


@pytest.fixture
def body(tmp_path: Path, settings: Any, key_directory: Path) -> bytes:
    """A cast body for an open round, as a wallet sends it."""
    people = found_organisation(tmp_path, settings, teams={"Detection": 5})
    published = rounds.publish_round(
        node_id=people["Detection"].pk,
        instrument_id="andon-core",
        opens_at=NOW,
        closes_at=NOW + WEEK,
        by=None,
        at=NOW,
    )
    rounds.open_round(round_id=published.pk, at=NOW)
    slip = Slip(str(published.pk))
    issued = issuance.issue(
        member=people["Detection 1"], round_id=str(published.pk), blinded=[("ballot", slip.blinded)]
    )
    assert isinstance(issued, issuance.Issued)
    entry = publiclog.find("manifest", str(published.pk))
    assert entry is not None
    box_key = wire.unb64u(entry.body["box_key"], 32)
    cast: bytes = slip.finish(issued.to_json(wire.b64u)).cast({"IN1": 4}, box_public_key=box_key, sequence=1)
    services.evaluation_keys.forget(str(published.pk))
    return cast


def sent(client: Any, body: bytes) -> tuple[int, str]:
    answer = client.post("/cast/", body, content_type="application/json")
    return answer.status_code, answer.json().get("error", "accepted")


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"short")])
def test_a_seed_that_is_lost_while_the_round_is_open_is_no_close(
    anonymous_client: Any, body: bytes, key_directory: Path, damage: Any
) -> None:
    (seed,) = (key_directory / "seed").iterdir()
    kept = seed.read_bytes()
    damage(seed)
    # `closed` would make a wallet give up for good; this one it tries again.
    assert sent(anonymous_client, body) == (503, "unavailable")
    seed.write_bytes(kept)
    assert sent(anonymous_client, body) == (200, "accepted")


def test_a_seed_that_is_gone_after_the_close_is_a_close(
    anonymous_client: Any, body: bytes, key_directory: Path
) -> None:
    (seed,) = (key_directory / "seed").iterdir()
    services.close_box(seed.stem)
    seed.unlink()
    assert sent(anonymous_client, body) == (410, "closed")


def test_a_seed_that_is_being_written_over_by_the_close_makes_no_slip_bad(
    anonymous_client: Any, body: bytes, key_directory: Path
) -> None:
    (seed,) = (key_directory / "seed").iterdir()
    seed.write_bytes(bytes(len(seed.read_bytes())))
    assert sent(anonymous_client, body) == (403, "bad_slip")
    services.close_box(seed.stem)
    services.evaluation_keys.forget(seed.stem)
    assert sent(anonymous_client, body) == (410, "closed")


def test_a_key_leaves_the_memory_of_a_door_that_nobody_asks_any_more(key_directory: Path) -> None:
    keys = services.EvaluationKeys(seconds=0.2)
    services.key_directory().create("a" * 32)
    keys.get("a" * 32, "b" * 32, "ballot")
    assert len(keys._keys) == 1
    deadline = time.monotonic() + 5
    while keys._keys and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not keys._keys
    assert keys._timer is None
