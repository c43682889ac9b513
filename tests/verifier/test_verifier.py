"""Each way to tamper is tried against an honest organisation, and the verifier must say so, and where."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from andon.kernel import manifest, wire
from andon.verifier import BadReceipt, CannotFetch, Outcome, Report, fetch, verify
from andon.verifier.command import main
from tests.kernel.made import drawn, public_key_of
from tests.verifier.made import (
    INSTRUMENT,
    NEXT_ROUND,
    PAGES,
    ROUND,
    STEWARD_KEY,
    UNITS,
    Organisation,
    Server,
    saved,
    serving,
)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Organisation.whole()) as running:
        yield running


def problems(report: Report) -> list[str]:
    return [f"{check.outcome.value}: {check.title}" for check in report.checks if check.outcome is not Outcome.OK]


def only_problem(report: Report) -> str:
    (problem,) = problems(report)
    return problem


def meaning(report: Report) -> str:
    return next(check.meaning for check in report.checks if check.outcome is not Outcome.OK)


# The honest organisation


def test_an_honest_organisation_holds(server: Server, tmp_path: Path) -> None:
    unit, pin = saved(tmp_path, server.organisation.unit_file()), tmp_path / "pins.json"
    receipt = server.organisation.receipt()
    report = verify(server.app, unit_file=unit, receipt=receipt, pin=pin)
    assert problems(report) == []
    assert report.exit_code == 0
    assert len(report.checks) == 19
    shown = report.to_text()
    assert (
        manifest.fingerprint(next(iter(manifest.check_chain(server.organisation.entries).rounds.values())).manifest)
        in shown
    )
    assert "Bo <bo0@example.org>" in shown
    assert "ballot: 5 of 5" in shown


def test_a_log_of_several_pages_is_read_whole(server: Server) -> None:
    for number in range(60):
        round_id = drawn(f"many {number}", 16).hex()
        server.organisation.publish(round_id)
        server.organisation.append("void", {"reason": "test", "round": round_id})
    report = verify(server.app)
    assert problems(report) == []
    assert "/log/?from=100" in server.requested
    # Files are read once, however many rounds name them.
    assert sum(target.startswith("/bundle/") for target in server.requested) == len(PAGES)


def test_an_organisation_without_a_round_holds() -> None:
    with serving(Organisation()) as server:
        assert verify(server.app).exit_code == 0


def test_a_bundle_replaced_by_the_steward_holds_and_is_said(server: Server) -> None:
    repaired = b"<!doctype html><title>Repaired</title>"
    server.organisation.files[wire.sha256_hex(repaired)] = repaired
    files = {name: wire.sha256_hex(content) for name, content in PAGES.items()}
    files["answer.html"] = wire.sha256_hex(repaired)
    server.organisation.append("bundle", {"files": files, "reason": "Nothing was shown.", "round": NEXT_ROUND})
    report = verify(server.app)
    assert problems(report) == []
    assert "signed for by the steward: Nothing was shown." in report.to_text()


def test_nothing_but_reading_is_asked_of_the_server(server: Server) -> None:
    verify(server.app)
    kinds = {target.split("/")[1] for target in server.requested}
    assert kinds == {".well-known", "log", "blob", "bundle", "answer", "frame"}


# A tampered log


def body_of(organisation: Organisation, kind: str) -> Any:
    return next(entry for entry in organisation.entries if entry["kind"] == kind)["body"]


def rechained(organisation: Organisation) -> None:
    """The operator can hash again what the operator changed; only signatures stay out of reach."""
    for before, after in zip(organisation.entries, organisation.entries[1:], strict=False):
        after["previous"] = manifest.entry_hash(before)


def test_a_changed_manifest_is_caught(server: Server) -> None:
    body_of(server.organisation, "manifest")["closes_at"] = "2026-11-24T17:00:00Z"
    report = verify(server.app)
    assert report.exit_code == 1
    assert "WrongSignature" in report.to_text()


def test_a_changed_and_rechained_manifest_is_caught(server: Server) -> None:
    body_of(server.organisation, "manifest")["units"]["root"] = "0" * 64
    rechained(server.organisation)
    report = verify(server.app)
    assert report.exit_code == 1
    assert "WrongSignature" in report.to_text()


def test_a_changed_close_is_caught(server: Server) -> None:
    body_of(server.organisation, "closed")["box"] = "0" * 64
    report = verify(server.app)
    assert report.exit_code == 1
    assert "BrokenChain" in report.to_text()


def test_a_gap_is_caught(server: Server) -> None:
    del server.organisation.entries[3]
    report = verify(server.app)
    assert report.exit_code == 1
    assert "Gap" in report.to_text()


def test_a_release_before_its_close_is_caught(server: Server) -> None:
    units = {"count": 3, "root": "0" * 64}
    server.organisation.append("opened", {"round": NEXT_ROUND})
    server.organisation.append("released", {"round": NEXT_ROUND, "units": units})
    report = verify(server.app)
    assert report.exit_code == 1
    assert "OutOfOrder" in report.to_text()


def test_entries_that_are_held_back_are_caught(server: Server) -> None:
    last = server.organisation.entries[-1]
    server.answers["/log/head"] = (200, json.dumps({"hash": manifest.entry_hash(last), "index": 7}).encode())
    report = verify(server.app)
    assert "held back" in meaning(report)
    assert report.exit_code == 1


def test_a_head_of_another_log_is_caught(server: Server) -> None:
    server.answers["/log/head"] = (200, json.dumps({"hash": "0" * 64, "index": 5}).encode())
    report = verify(server.app)
    assert "forked" in meaning(report)
    assert report.exit_code == 1


def test_a_log_signed_with_another_key_is_caught(server: Server) -> None:
    body_of(server.organisation, "genesis")["steward_key"] = wire.b64u(public_key_of(drawn("their key")))
    rechained(server.organisation)
    report = verify(server.app)
    assert report.exit_code == 1
    assert "WrongSignature" in report.to_text()


def test_a_whole_log_of_another_steward_is_caught_by_the_key_one_was_given() -> None:
    expected = wire.b64u(public_key_of(STEWARD_KEY))
    with serving(Organisation.whole(steward_key=drawn("their key"))) as server:
        assert verify(server.app).exit_code == 0
        report = verify(server.app, steward_key=expected)
        assert only_problem(report) == "FAILED: The log belongs to the steward key"
    with serving(Organisation.whole()) as server:
        assert verify(server.app, steward_key=expected).exit_code == 0


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"entries":5}', b'{"entries":[5]}', b"\xff", b"[" * 50_000])
def test_a_log_without_shape_is_caught(server: Server, raw: bytes) -> None:
    server.answers["/log/?from=0"] = (200, raw)
    assert verify(server.app).exit_code == 1


# Pins


def test_a_log_that_grew_is_accepted_by_its_pin(server: Server, tmp_path: Path) -> None:
    pin = tmp_path / "pins.json"
    assert verify(server.app, pin=pin).exit_code == 0
    server.organisation.append("void", {"reason": "key_missing", "round": NEXT_ROUND})
    assert verify(server.app, pin=pin).exit_code == 0
    (kept,) = json.loads(pin.read_text(encoding="utf-8")).values()
    assert kept["index"] == 6


def refused_by_pin(server: Server, pin: Path, change: Callable[[], None]) -> str:
    assert verify(server.app, pin=pin).exit_code == 0
    before = pin.read_bytes()
    change()
    report = verify(server.app, pin=pin)
    assert report.exit_code == 1
    assert pin.read_bytes() == before
    assert only_problem(report) == "FAILED: The log extends the one seen before"
    return meaning(report)


def test_a_forked_log_is_caught_by_its_pin(server: Server, tmp_path: Path) -> None:
    def fork() -> None:
        del server.organisation.entries[-1]
        server.organisation.append("manifest", {**body_of(server.organisation, "manifest"), "round": "0" * 32})

    assert "rewritten" in refused_by_pin(server, tmp_path / "pins.json", fork)


def test_a_log_that_was_cut_is_caught_by_its_pin(server: Server, tmp_path: Path) -> None:
    assert "shorter" in refused_by_pin(
        server, tmp_path / "pins.json", lambda: server.organisation.entries.pop() and None
    )


def test_a_log_begun_anew_with_another_key_is_caught_by_its_pin(server: Server, tmp_path: Path) -> None:
    def begin_anew() -> None:
        server.organisation = Organisation.whole(steward_key=drawn("their key"))

    assert "steward key" in refused_by_pin(server, tmp_path / "pins.json", begin_anew)


def test_a_log_begun_anew_under_another_name_is_caught_by_its_pin(server: Server, tmp_path: Path) -> None:
    def begin_anew() -> None:
        organisation = Organisation()
        body: Any = {**body_of(organisation, "genesis"), "organisation": "0" * 32}
        organisation.entries.clear()
        organisation.append("genesis", body)
        server.organisation = organisation

    assert "another organisation" in refused_by_pin(server, tmp_path / "pins.json", begin_anew)


@pytest.mark.parametrize("content", ["", "[]", '{"x":{}}', '{"' + "0" * 32 + '":{"app":1}}'])
def test_a_broken_pin_file_is_said_and_left_alone(server: Server, tmp_path: Path, content: str) -> None:
    pin = tmp_path / "pins.json"
    pin.write_text(content, encoding="utf-8")
    report = verify(server.app, pin=pin)
    assert only_problem(report) == "UNKNOWN: The log extends the one seen before"
    assert report.exit_code == 2
    assert pin.read_text(encoding="utf-8") == content


# Tampered pages


def test_an_altered_answering_page_is_caught(server: Server) -> None:
    server.answers[f"/answer/{NEXT_ROUND}/"] = (200, PAGES["answer.html"] + b"<script src=/spy.js></script>")
    report = verify(server.app)
    assert only_problem(report) == f"FAILED: Round {NEXT_ROUND[:8]}: the answering page is the published one"
    assert report.exit_code == 1


def test_an_altered_frame_is_caught(server: Server) -> None:
    server.answers["/frame/"] = (200, b"<!doctype html>")
    assert only_problem(verify(server.app)) == "FAILED: The wallet's frame is the published one"


@pytest.mark.parametrize(("status", "content"), [(200, b"spy()"), (404, b"")])
def test_an_altered_or_missing_file_of_the_bundle_is_caught(server: Server, status: int, content: bytes) -> None:
    server.answers[f"/bundle/{wire.sha256_hex(PAGES['answer.js'])}/answer.js"] = (status, content)
    report = verify(server.app)
    assert problems(report) == [
        f"FAILED: Round {round_id[:8]}: every file of the page is the published one" for round_id in (ROUND, NEXT_ROUND)
    ]
    assert "answer.js" in report.to_text()


def test_an_altered_instrument_is_caught(server: Server) -> None:
    server.answers[f"/blob/{wire.sha256_hex(INSTRUMENT)}"] = (200, INSTRUMENT.replace(b"TS2", b"TS9"))
    assert verify(server.app).exit_code == 1


def test_what_is_gone_with_a_void_round_is_not_known_and_what_is_served_instead_is_caught(server: Server) -> None:
    """A restored server may lack what a later round published; of a round that goes on that is a failure."""
    of_another, voided = wire.canonical({"id": "other", "statements": ["O1"], "version": "1"}), drawn("void", 16).hex()
    server.organisation.publish(voided, instrument=of_another)
    assert verify(server.app).exit_code == 1
    assert "is not served" in meaning(verify(server.app))
    server.organisation.append("void", {"reason": "ballot_box_replaced", "round": voided})
    report = verify(server.app)
    assert only_problem(report) == f"UNKNOWN: Round {voided[:8]}: the statements are the published ones"
    assert "The round is void" in meaning(report)
    server.answers[f"/blob/{wire.sha256_hex(of_another)}"] = (200, INSTRUMENT)
    assert verify(server.app).exit_code == 1


def test_an_instrument_that_is_not_canonical_is_caught(server: Server) -> None:
    loose = INSTRUMENT + b"\n"
    server.organisation.files[wire.sha256_hex(loose)] = loose
    body = {**body_of(server.organisation, "manifest"), "round": "0" * 32}
    body["instrument"] = {**body["instrument"], "sha256": wire.sha256_hex(loose)}
    server.organisation.append("manifest", body)
    assert "not canonical" in meaning(verify(server.app))


def test_a_bundle_without_its_pages_is_caught(server: Server) -> None:
    body = {**body_of(server.organisation, "manifest"), "round": "0" * 32, "bundle": {"x.js": "0" * 64}}
    server.organisation.append("manifest", body)
    server.answers[f"/answer/{'0' * 32}/"] = server.answers["/frame/"] = (200, b"")
    assert problems(verify(server.app)) == [
        "FAILED: Round 00000000: the answering page is the published one",
        "FAILED: Round 00000000: every file of the page is the published one",
        "FAILED: The wallet's frame is the published one",
    ]


# A tampered unit


def checked(server: Server, tmp_path: Path, content: object, receipt: str | None = None) -> Report:
    return verify(server.app, unit_file=saved(tmp_path, content), receipt=receipt)


def test_a_ghost_member_added_after_publication_is_caught(server: Server, tmp_path: Path) -> None:
    content = server.organisation.unit_file()
    members = manifest.sorted_members([*content["opening"]["members"], "Ghost <ghost@example.org>"])
    content["opening"]["members"] = members
    assert only_problem(checked(server, tmp_path, content)) == (
        "FAILED: Your roster is the one that was fixed before opening"
    )


def test_a_ghost_member_in_a_new_leaf_is_caught(server: Server, tmp_path: Path) -> None:
    content = server.organisation.unit_file()
    opening = manifest.Opening.parse(content["opening"])
    members = tuple(manifest.sorted_members([*opening.members, "Ghost <ghost@example.org>"]))
    content["opening"] = manifest.Opening(opening.salt, opening.name, members).to_wire()
    content["leaf"]["roster"] = manifest.roster_commitment(opening.salt, opening.name, members)
    assert only_problem(checked(server, tmp_path, content)) == (
        "FAILED: Your unit's keys and roster are in the manifest"
    )


def test_a_key_for_one_person_is_caught(server: Server, tmp_path: Path) -> None:
    content = server.organisation.unit_file()
    content["leaf"]["keys"]["ballot"] = wire.b64u(drawn("a key for Bo alone"))
    assert only_problem(checked(server, tmp_path, content)) == (
        "FAILED: Your unit's keys and roster are in the manifest"
    )


class Splitting(Organisation):
    """One roster twice in the tree: the second leaf, with a key and a salt of its own, is for one person alone."""

    def __init__(self) -> None:
        super().__init__()
        first, alone = UNITS[:2]
        told = self.openings[first]
        self.openings[alone] = manifest.Opening(drawn("another salt"), told.name, told.members)
        self.leaves[alone] = self._leaf(alone)


def test_one_person_behind_a_key_of_their_own_is_caught_by_two_files(tmp_path: Path) -> None:
    with serving(Splitting.whole()) as server:
        colleague, alone = (saved(tmp_path, server.organisation.unit_file(unit), f"{unit}.json") for unit in UNITS[:2])
        assert verify(server.app, unit_file=colleague).exit_code == 0
        assert verify(server.app, unit_file=alone).exit_code == 0
        report = verify(server.app, unit_file=colleague, colleagues=[alone])
    assert only_problem(report) == "FAILED: Everybody whose file was given is counted in one group only"
    assert "told apart" in meaning(report)


def test_one_person_behind_a_key_of_their_own_has_other_words_than_the_colleagues(tmp_path: Path) -> None:
    words = []
    with serving(Splitting.whole()) as server:
        for unit in UNITS[:2]:
            report = verify(server.app, unit_file=saved(tmp_path, server.organisation.unit_file(unit)))
            words.append([text for check in report.checks for text in check.evidence if "twelve words" in text])
    assert len(words[0]) == len(words[1]) == 1
    assert words[0] != words[1]


def test_files_of_one_group_and_of_another_one_hold(server: Server, tmp_path: Path) -> None:
    content = server.organisation.unit_file()
    files = [saved(tmp_path, content, "own.json"), saved(tmp_path, content, "same.json")]
    files.append(saved(tmp_path, server.organisation.unit_file(UNITS[1]), "other.json"))
    report = verify(server.app, unit_file=files[0], colleagues=files[1:])
    assert report.exit_code == 0, problems(report)


def test_a_list_or_figures_from_a_spare_place_of_the_tree_are_caught(tmp_path: Path) -> None:
    first, spare = UNITS[:2]

    class Equivocating(Organisation):
        """The spare place holds a second list and a second release for the first unit."""

        def _slot_leaf(self, unit: str) -> dict[str, object]:
            own = super()._slot_leaf(unit)
            return {**own, "unit": first} if unit == spare else own

        def _release_leaf(self, unit: str) -> dict[str, object]:
            own = super()._release_leaf(unit)
            return {**own, "unit": first} if unit == spare else own

    with serving(Equivocating.whole()) as server:
        shown = server.organisation.unit_file(spare)
        content = {**server.organisation.unit_file(first), "slots": shown["slots"]}
        assert only_problem(checked(server, tmp_path, content)) == (
            "FAILED: Your unit's list of ballots is the one fixed at close"
        )
        content = {**server.organisation.unit_file(first), "release": shown["release"]}
        assert only_problem(checked(server, tmp_path, content)) == (
            "FAILED: The figures you were shown are the ones fixed at release"
        )


def test_figures_over_another_number_of_ballots_than_were_listed_are_caught(tmp_path: Path) -> None:
    class Miscounting(Organisation):
        @property
        def releases(self) -> dict[str, dict[str, object]]:
            return {unit: {**release, "ballots": 4} for unit, release in super().releases.items()}

    with serving(Miscounting.whole()) as server:
        report = checked(server, tmp_path, server.organisation.unit_file())
    assert only_problem(report) == "FAILED: The figures you were shown are the ones fixed at release"


def test_a_tree_of_another_size_is_caught(server: Server, tmp_path: Path) -> None:
    content = server.organisation.unit_file()
    content["count"] = 4
    assert checked(server, tmp_path, content).exit_code == 1


def test_a_roster_of_four_is_caught(tmp_path: Path) -> None:
    organisation = Organisation()
    opening = organisation.openings[UNITS[0]]
    four = manifest.Opening(opening.salt, opening.name, opening.members[:4])
    organisation.openings[UNITS[0]] = four
    roster = manifest.roster_commitment(four.salt, four.name, four.members)
    organisation.leaves[UNITS[0]]["roster"] = roster
    organisation.slots[UNITS[0]] = organisation.slots[UNITS[0]][:4]
    organisation.publish(ROUND)
    organisation.append("opened", {"round": ROUND})
    organisation.close()
    organisation.release()
    with serving(organisation) as server:
        report = checked(server, tmp_path, organisation.unit_file())
    assert only_problem(report) == "FAILED: Your roster is the one that was fixed before opening"
    assert "fewer than five" in meaning(report)


def test_a_ballot_dropped_from_the_list_after_the_close_is_caught(server: Server, tmp_path: Path) -> None:
    content = server.organisation.unit_file()
    receipt = server.organisation.receipt()
    del content["slots"]["list"][0]
    report = checked(server, tmp_path, content, receipt)
    assert problems(report) == [
        "FAILED: Your unit's list of ballots is the one fixed at close",
        "FAILED: Your ballot is in the list",
    ]


def test_a_ballot_dropped_before_the_close_is_caught_by_its_receipt(tmp_path: Path) -> None:
    honest = Organisation.whole()
    dropping = Organisation()
    dropping.publish(ROUND)
    dropping.append("opened", {"round": ROUND})
    del dropping.slots[UNITS[0]][0]
    dropping.close()
    dropping.release()
    with serving(dropping) as server:
        report = checked(server, tmp_path, dropping.unit_file(), honest.receipt())
    assert only_problem(report) == "FAILED: Your ballot is in the list"
    assert "dropped" in meaning(report)


def test_a_ballot_replaced_before_the_close_is_caught_by_its_receipt(tmp_path: Path) -> None:
    honest = Organisation.whole()
    replacing = Organisation()
    replacing.publish(ROUND)
    replacing.append("opened", {"round": ROUND})
    slot, purpose, _ = replacing.slots[UNITS[0]][0]
    replacing.slots[UNITS[0]][0] = (slot, purpose, drawn("another ciphertext").hex())
    replacing.close()
    replacing.release()
    with serving(replacing) as server:
        report = checked(server, tmp_path, replacing.unit_file(), honest.receipt())
    assert only_problem(report) == "FAILED: Your ballot is in the list"
    assert "replaced" in meaning(report)


def test_more_ballots_than_members_are_caught(tmp_path: Path) -> None:
    stuffing = Organisation()
    stuffing.publish(ROUND)
    stuffing.append("opened", {"round": ROUND})
    stuffed = (drawn("stuffed").hex(), "ballot", drawn("stuffed").hex())
    stuffing.slots[UNITS[0]] = manifest.sorted_slots([*stuffing.slots[UNITS[0]], stuffed])
    stuffing.close()
    stuffing.release()
    with serving(stuffing) as server:
        report = checked(server, tmp_path, stuffing.unit_file())
    assert "More ballots" in meaning(report)
    assert report.exit_code == 1


def test_ballots_for_another_purpose_are_caught(tmp_path: Path) -> None:
    organisation = Organisation()
    organisation.publish(ROUND)
    organisation.append("opened", {"round": ROUND})
    organisation.slots[UNITS[0]] = [(slot, "comment", digest) for slot, _, digest in organisation.slots[UNITS[0]]]
    organisation.close()
    organisation.release()
    with serving(organisation) as server:
        assert "does not ask" in meaning(checked(server, tmp_path, organisation.unit_file()))


def test_figures_changed_after_the_release_are_caught(server: Server, tmp_path: Path) -> None:
    content = server.organisation.unit_file()
    content["release"]["content"]["bands"]["TS1"] = "low"
    assert only_problem(checked(server, tmp_path, content)) == (
        "FAILED: The figures you were shown are the ones fixed at release"
    )


def test_a_list_or_figures_before_their_time_are_caught(tmp_path: Path) -> None:
    organisation = Organisation()
    organisation.publish(ROUND)
    organisation.append("opened", {"round": ROUND})
    with serving(organisation) as server:
        report = checked(server, tmp_path, organisation.unit_file())
    assert problems(report) == [
        "FAILED: Your unit's list of ballots is the one fixed at close",
        "FAILED: The figures you were shown are the ones fixed at release",
    ]


def test_a_unit_file_of_an_open_round_holds_and_its_receipt_has_to_wait(tmp_path: Path) -> None:
    organisation = Organisation()
    organisation.publish(ROUND)
    content = {**organisation.unit_file(), "slots": None, "release": None}
    with serving(organisation) as server:
        assert checked(server, tmp_path, content).exit_code == 0
        report = checked(server, tmp_path, content, organisation.receipt())
    assert report.exit_code == 2
    assert only_problem(report) == "UNKNOWN: Your ballot is in the list"


def test_a_unit_file_saved_too_early_is_said(server: Server, tmp_path: Path) -> None:
    content = {**server.organisation.unit_file(), "slots": None, "release": None}
    report = checked(server, tmp_path, content, server.organisation.receipt())
    assert [problem.split(":")[0] for problem in problems(report)] == ["UNKNOWN"] * 3
    assert report.exit_code == 2


def test_a_unit_file_of_a_round_that_was_never_published_is_caught(server: Server, tmp_path: Path) -> None:
    content = {**server.organisation.unit_file(), "round": "0" * 32}
    assert checked(server, tmp_path, content).exit_code == 1


@pytest.mark.parametrize(
    "change",
    [
        {"more": 1},
        {"unit": "x"},
        {"unit": UNITS[1]},
        {"leaf": {}},
        {"path": ["x"]},
        {"index": "0"},
        {"slots": {}},
        {"opening": None},
        {"release": 5},
        {"round": 5},
    ],
)
def test_a_broken_unit_file_is_said(server: Server, tmp_path: Path, change: dict[str, object]) -> None:
    report = checked(server, tmp_path, {**server.organisation.unit_file(), **change})
    assert only_problem(report) == "UNKNOWN: The unit file belongs to a round of this log"
    assert report.exit_code == 2


def test_an_absent_unit_file_is_said(server: Server, tmp_path: Path) -> None:
    assert verify(server.app, unit_file=tmp_path / "absent.json").exit_code == 2


def test_a_receipt_without_a_unit_file_is_said(server: Server) -> None:
    assert verify(server.app, receipt=server.organisation.receipt()).exit_code == 2


@pytest.mark.parametrize("receipt", ["", "abc", "0" * 64, f"{'0' * 64}:{'0' * 63}", f"{'0' * 64}:{'g' * 64}"])
def test_a_broken_receipt_is_refused(receipt: str) -> None:
    with pytest.raises(BadReceipt):
        verify("http://127.0.0.1:1", receipt=receipt)


# What the server answers, and what it may not do


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"andon": "v2"},
        {"anonymous_door": "ftp://x"},
        {"anonymous_door": "http://a@b"},
        {"app": "http://elsewhere"},
        {"anonymous_door": "http://["},
        {"anonymous_door": 5},
    ],
)
def test_an_app_that_names_no_door_is_caught(server: Server, answer: dict[str, object]) -> None:
    honest = {"andon": "v1", "anonymous_door": server.door, "app": server.app}
    content = {} if not answer else {**honest, **answer}
    server.answers["/.well-known/andon"] = (200, json.dumps(content).encode())
    report = verify(server.app)
    assert only_problem(report) == "FAILED: The app names its anonymous door"
    assert report.exit_code == 1


@pytest.mark.parametrize("app", ["http://127.0.0.1:1", "ftp://127.0.0.1", "not an address", "http://[", "file:///etc"])
def test_a_server_that_is_not_there_is_no_failure_and_no_success(app: str) -> None:
    assert verify(app).exit_code == 2


def test_a_server_in_trouble_is_no_failure_and_no_success(server: Server) -> None:
    server.answers["/frame/"] = (503, b"")
    assert verify(server.app).exit_code == 2


def test_a_failure_weighs_more_than_something_unknown(server: Server) -> None:
    server.answers["/frame/"] = (503, b"")
    server.answers[f"/answer/{ROUND}/"] = (200, b"altered")
    assert verify(server.app).exit_code == 1


def test_a_redirect_to_another_host_is_not_followed(server: Server) -> None:
    with serving(Organisation.whole()) as other:
        server.redirects["/frame/"] = f"{other.door}/frame/"
        report = verify(server.app)
        assert other.requested == []
    assert only_problem(report) == "UNKNOWN: The wallet's frame is the published one"
    server.redirects = {"/frame/": "file:///etc/passwd"}
    assert verify(server.app).exit_code == 2


def test_a_redirect_within_the_host_is_followed(server: Server) -> None:
    server.redirects["/frame/"] = "/frame/?again"
    assert verify(server.app).exit_code == 0


def test_an_answer_larger_than_its_bound_is_not_read(server: Server) -> None:
    server.answers["/large"] = (200, bytes(2_000))
    assert len(fetch(f"{server.door}/large", 2_000)) == 2_000
    with pytest.raises(CannotFetch):
        fetch(f"{server.door}/large", 1_999)


def test_a_name_cannot_repaint_the_terminal(server: Server) -> None:
    server.organisation.append(
        "bundle",
        {
            "files": {name: wire.sha256_hex(content) for name, content in PAGES.items()},
            "reason": "\x1b[2J 1  OK",
            "round": NEXT_ROUND,
        },
    )
    assert "\x1b" not in verify(server.app).to_text()


# The command


def test_the_command_prints_and_returns_its_exit_code(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([server.app]) == 0
    shown = capsys.readouterr().out
    assert "  1  OK       The app names its anonymous door" in shown
    assert "Everything that was checked holds." in shown
    server.answers["/frame/"] = (200, b"altered")
    assert main([server.app, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["exit_code"] == 1
    assert [check["outcome"] for check in found["checks"]].count("FAILED") == 1
    assert main([server.app, "--receipt", "abc"]) == 2


def test_the_verifier_needs_no_django() -> None:
    code = "import sys, andon.verifier.command; sys.exit(any(name.split('.')[0] == 'django' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
