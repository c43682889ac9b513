"""What the service really serves, from its own addresses, holds for the verifier; and a changed byte of it does not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from andon.features.ballots import services as casting
from andon.features.closing import public as closing
from andon.features.issuance import services as issuance
from andon.features.publiclog import public as publiclog
from andon.features.results import queries as results
from andon.features.rounds import public as rounds
from andon.kernel import wire
from andon.verifier import NotServed, Outcome, Report, verify
from tests.cast_of_people import NOW, WEEK, Slip, found_organisation
from tests.verifier.made import saved

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


@pytest.fixture
def people(tmp_path: Path, settings: Any, key_directory: Path) -> dict[str, Any]:
    return found_organisation(tmp_path, settings, teams={"Detection": 8})


@pytest.fixture
def released(people: dict[str, Any]) -> tuple[str, str]:
    """A round from publishing to release in which two members cast: its id, and the receipt of one of them."""
    published = rounds.publish_round(
        node_id=people["Detection"].pk,
        instrument_id="andon-core",
        opens_at=NOW,
        closes_at=NOW + WEEK,
        by=people["Detection 1"],
        at=NOW,
    )
    round_id = str(published.pk)
    rounds.open_round(round_id=round_id, at=NOW)
    manifest = publiclog.find("manifest", round_id)
    assert manifest is not None
    outcomes = []
    for number in (2, 3):
        slip = Slip(round_id)
        issued = issuance.issue(
            member=people[f"Detection {number}"], round_id=round_id, blinded=[("ballot", slip.blinded)]
        )
        assert isinstance(issued, issuance.Issued)
        slip = slip.finish(issued.to_json(wire.b64u))
        box_public_key = wire.unb64u(manifest.body["box_key"], 32)
        outcomes.append(casting.cast(slip.cast({"IN1": 5}, box_public_key=box_public_key, sequence=1)))
    first = outcomes[0]
    assert isinstance(first, casting.Accepted)
    closing.close_round(round_id=round_id, at=NOW, early=False, by=None)
    return round_id, f"{first.slot}:{first.ciphertext}"


@pytest.fixture
def fetch(client: Any, anonymous_client: Any, settings: Any) -> Callable[[str, int], bytes]:
    def read(url: str, limit: int) -> bytes:
        for origin, door in ((settings.APP_ORIGIN, client), (settings.ANONYMOUS_ORIGIN, anonymous_client)):
            if url.startswith(f"{origin}/"):
                answer = door.get(url.removeprefix(origin))
                if answer.status_code == 404:
                    raise NotServed("there is nothing at this address")
                assert answer.status_code == 200, url
                content = b"".join(answer.streaming_content) if answer.streaming else answer.content
                assert len(content) <= limit
                return bytes(content)
        raise AssertionError(f"the verifier asked {url}")

    return read


def problems(report: Report) -> list[str]:
    return [f"{check.title}: {check.meaning}" for check in report.checks if check.outcome is not Outcome.OK]


def test_a_released_round_holds_with_its_unit_file_and_receipt(
    people: dict[str, Any], released: tuple[str, str], fetch: Any, settings: Any, tmp_path: Path
) -> None:
    round_id, receipt = released
    unit = saved(tmp_path, results.unit_file(people["Detection 2"], round_id))
    report = verify(settings.APP_ORIGIN, unit_file=unit, receipt=receipt, fetch=fetch)
    assert problems(report) == []
    assert "ballot: 2 of 8" in report.to_text()


def test_the_file_of_a_unit_holds_before_and_after_somebody_of_it_was_erased(
    people: dict[str, Any], released: tuple[str, str], fetch: Any, settings: Any, tmp_path: Path
) -> None:
    round_id, receipt = released
    before = saved(tmp_path, results.unit_file(people["Detection 2"], round_id), "before.json")
    rounds.erase_member(member_id=people["Detection 3"].pk, at=NOW)
    after = saved(tmp_path, results.unit_file(people["Detection 2"], round_id), "after.json")
    assert "Detection 3" in before.read_text()
    assert "Detection 3" not in after.read_text()
    for unit in (before, after):
        report = verify(settings.APP_ORIGIN, unit_file=unit, receipt=receipt, fetch=fetch)
        assert problems(report) == []
        assert ("somebody who was erased: 1 of 8" in report.to_text()) is (unit == after)
        assert "ballot: 2 of 8" in report.to_text()


def test_one_changed_byte_of_what_it_serves_does_not_hold(
    people: dict[str, Any], released: tuple[str, str], fetch: Any, settings: Any
) -> None:
    def altered(url: str, limit: int) -> bytes:
        content: bytes = fetch(url, limit)
        return content + b" " if "/answer/" in url else content

    report = verify(settings.APP_ORIGIN, fetch=altered)
    assert report.exit_code == 1
    assert len(problems(report)) == 1
