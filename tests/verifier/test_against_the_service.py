"""What the service really serves, from its own addresses, holds for the verifier; and a changed byte of it does not."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from andon.features.ballots import services as casting
from andon.features.closing import public as closing
from andon.features.issuance import services as issuance
from andon.features.results import queries as results
from andon.features.rounds import public as rounds
from andon.kernel import wire
from andon.verifier import NotServed, Outcome, Report, verification, verify
from tests.cast_of_people import NOW, WEEK, Slip, box_key_of, found_organisation, slip_for
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
    outcomes = []
    for number in (2, 3):
        slip = slip_for(people[f"Detection {number}"], round_id)
        outcomes.append(casting.cast(slip.cast({"IN1": 5}, box_public_key=box_key_of(round_id), sequence=1)))
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


@pytest.fixture
def window(people: dict[str, Any]) -> tuple[str, list[str]]:
    """A daily window in which two members answered IN1 and one of them LE1: its id, and the receipts of that one."""
    published = rounds.publish_round(
        node_id=people["Detection"].pk,
        instrument_id="andon-core",
        opens_at=NOW,
        closes_at=None,
        by=people["Detection 1"],
        at=NOW,
        kind="daily",
    )
    round_id = str(published.pk)
    rounds.open_round(round_id=round_id, at=NOW)
    receipts = []
    for number, codes in ((3, ["IN1"]), (2, ["IN1", "LE1"])):
        slips = [Slip(round_id, f"ballot/{code}") for code in codes]
        blinded = [(slip.purpose, slip.blinded) for slip in slips]
        issued = issuance.issue(member=people[f"Detection {number}"], round_id=round_id, blinded=blinded)
        assert isinstance(issued, issuance.Issued)
        receipts = []
        for slip, code in zip(slips, codes, strict=True):
            ready = slip.finish(issued.to_json(wire.b64u))
            outcome = casting.cast(ready.cast({code: 5}, box_public_key=box_key_of(round_id)))
            assert isinstance(outcome, casting.Accepted)
            receipts.append(f"{outcome.slot}:{outcome.ciphertext}")
    closing.close_round(round_id=round_id, at=published.closes_at, early=False, by=None)
    return round_id, receipts


def test_a_window_holds_with_a_receipt_for_each_question(
    people: dict[str, Any], window: tuple[str, list[str]], fetch: Any, settings: Any, tmp_path: Path
) -> None:
    round_id, receipts = window
    unit = saved(tmp_path, results.unit_file(people["Detection 2"], round_id))
    report = verify(settings.APP_ORIGIN, unit_file=unit, receipt=receipts, fetch=fetch)
    assert problems(report) == []
    text = report.to_text()
    assert "ballot/IN1: 2 of 8" in text
    assert all(f"ballot/{code}: {receipt[:64]}" in text for code, receipt in zip(("IN1", "LE1"), receipts, strict=True))
    # The hash of one question does not stand for the other.
    mixed = f"{receipts[0][:64]}:{receipts[1][65:]}"
    report = verify(settings.APP_ORIGIN, unit_file=unit, receipt=[receipts[1], mixed], fetch=fetch)
    assert [line for line in problems(report) if "replaced" in line]


@pytest.mark.parametrize("change", [{"counts": {"IN1": 3}, "ballots": 3}, {"ballots": 1}, {"counts": {}}, {}])
def test_figures_of_a_window_over_other_ballots_than_were_listed_are_found(
    change: dict[str, Any],
    people: dict[str, Any],
    window: tuple[str, list[str]],
    fetch: Any,
    settings: Any,
    tmp_path: Path,
) -> None:
    """A server that counts more ballots of a question than it lists: with the roots to match, only the counts tell."""
    round_id, _receipts = window
    file = results.unit_file(people["Detection 2"], round_id)
    content = {**file["release"]["content"], **change}
    listed = Counter(purpose for _slot, purpose, _hash in file["slots"]["list"])
    assert verification._fits_the_list(content, listed, is_window=True) is (not change)


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
