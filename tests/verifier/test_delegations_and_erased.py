"""Who signed, and who is counted without a name: said plainly, and nothing is passed over in silence."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from andon.kernel import manifest
from andon.verifier import verification, verify
from tests.kernel.made import drawn
from tests.verifier.made import NEXT_ROUND, ROUND, Organisation, saved, serving
from tests.verifier.test_verifier import problems

DELEGATE, SUCCESSOR = drawn("delegate"), drawn("successor")
BO = "Bo <bo0@example.org>"


def a_life(*, delegated: Callable[[Organisation], None] | None = None, **options: Any) -> Organisation:
    """One round to its release, and the next one published by whoever signs then."""
    made = Organisation(**options)
    made.publish(ROUND)
    made.append("opened", {"round": ROUND})
    made.close()
    made.release()
    if delegated is not None:
        delegated(made)
    made.publish(NEXT_ROUND)
    return made


def test_who_signed_until_when_and_how_often_is_said() -> None:
    def twice(made: Organisation) -> None:
        made.delegate_to(DELEGATE)
        made.delegate_to(SUCCESSOR, until="2027-06-01T00:00:00Z")

    with serving(a_life(delegated=twice)) as server:
        report = verify(server.app)
    shown = report.to_text()
    assert problems(report) == []
    assert "The steward's key let another key sign, 2 times" in shown
    assert "many in a short time are a reason to ask" in shown
    assert "signed by the steward's own key" in shown
    assert "signed by the key that the steward's key delegated to in entry 6, until 2027-06-01T00:00:00Z" in shown


def test_a_log_without_a_delegation_says_nothing_about_them() -> None:
    with serving(a_life()) as server:
        assert "let another key sign" not in verify(server.app).to_text()


@pytest.mark.parametrize(
    ("delegated", "named"),
    [
        (lambda made: setattr(made, "delegate", DELEGATE), "WrongSignature"),
        (lambda made: made.delegate_to(DELEGATE, until="2026-11-02T00:00:00Z"), "OutsideDelegation"),
        (lambda made: made.delegate_to(DELEGATE, organisation="0" * 32), "BadDelegation"),
        (
            lambda made: [made.delegate_to(DELEGATE), made.delegate_to(SUCCESSOR), setattr(made, "delegate", DELEGATE)],
            "WrongSignature",
        ),
        (
            lambda made: [
                made.delegate_to(DELEGATE),
                setattr(made, "steward_key", DELEGATE),
                made.delegate_to(SUCCESSOR),
            ],
            "WrongSignature",
        ),
    ],
    ids=["never delegated", "ended before", "another organisation", "replaced", "by the delegate itself"],
)
def test_a_key_that_may_not_sign_is_caught(delegated: Callable[[Organisation], None], named: str) -> None:
    with serving(a_life(delegated=delegated)) as server:
        report = verify(server.app)
    assert report.exit_code == 1
    assert named in report.to_text()


def test_a_file_saved_before_or_after_somebody_was_erased_holds_and_counts_them(tmp_path: Path) -> None:
    organisation = a_life(seated=True)
    before = saved(tmp_path, organisation.unit_file(), "before.json")
    organisation.erase(BO)
    after = saved(tmp_path, organisation.unit_file(), "after.json")
    with serving(organisation) as server:
        one = verify(server.app, unit_file=before)
        other = verify(server.app, unit_file=after, colleagues=[before])
    assert problems(one) == problems(other) == []
    assert BO in one.to_text()
    assert "erased" not in one.to_text()
    assert BO not in json.dumps(json.loads(after.read_text()))
    assert "somebody who was erased: 1 of 5" in other.to_text()
    assert "ballot: 5 of 5" in other.to_text()


def test_a_ghost_behind_an_erased_place_that_was_not_fixed_is_caught(tmp_path: Path) -> None:
    organisation = a_life(seated=True)
    content = organisation.unit_file()
    ghost = {"hash": drawn("ghost").hex()}
    seats = [*map(manifest.Seat.parse, content["opening"]["members"]), manifest.Seat.parse(ghost)]
    in_order = sorted(seats, key=lambda seat: seat.hash)
    content["opening"]["members"] = [seat.to_wire() for seat in in_order]
    with serving(organisation) as server:
        report = verify(server.app, unit_file=saved(tmp_path, content))
    assert problems(report) == ["FAILED: Your roster is the one that was fixed before opening"]


def test_a_roster_of_version_0_1_0_that_lost_somebody_is_neither_right_nor_wrong(tmp_path: Path) -> None:
    organisation = a_life()
    before = saved(tmp_path, organisation.unit_file(), "before.json")
    organisation.erase(BO)
    after = saved(tmp_path, organisation.unit_file(), "after.json")
    with serving(organisation) as server:
        assert problems(verify(server.app, unit_file=before)) == []
        report = verify(server.app, unit_file=after)
    assert problems(report) == ["UNKNOWN: Your roster is the one that was fixed before opening"]
    assert report.exit_code == 2
    assert "A file that was saved before can still be checked" in report.to_text()
    assert "ballot: 5 of 5" in report.to_text()


def test_a_weaker_verifier_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each promise above is shown able to fail."""
    planted: list[tuple[str, Any, Callable[[], None]]] = [
        (
            "check_opening",
            lambda *_: None,
            lambda: test_a_ghost_behind_an_erased_place_that_was_not_fixed_is_caught(tmp_path),
        ),
        (
            "check_opening",
            lambda *_: None,
            lambda: test_a_roster_of_version_0_1_0_that_lost_somebody_is_neither_right_nor_wrong(tmp_path),
        ),
        (
            "check_chain",
            lambda _entries: manifest.check_chain(copy.deepcopy(a_life().entries)),
            lambda: test_a_key_that_may_not_sign_is_caught(
                lambda made: setattr(made, "delegate", DELEGATE), "WrongSignature"
            ),
        ),
        ("_signer", lambda _delegation: "somebody", test_who_signed_until_when_and_how_often_is_said),
    ]
    for name, weaker, promise in planted:
        promise()
        with monkeypatch.context() as fault:
            fault.setattr(verification, name, weaker)
            with pytest.raises(AssertionError):
                promise()
