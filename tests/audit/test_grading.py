"""When what a grader says is a pass."""

import pytest

from tests.audit.grading import Finding, Grade, Judged, Planted

FOUND = Planted("an open door", is_found=True)
ODD = Finding("odd-header", "/people/7/", "The header is odd.")


def judged(
    *findings: Finding, planted: tuple[Planted, ...] = (FOUND,), missed: tuple[str, ...] = (), **accepted: str
) -> Judged:
    rules = {(name.replace("_", "-"), place): "We live with it." for name, place in accepted.items()}
    return Judged("one", "looks", "1.0", planted, Grade("3 pages", findings, missed=missed), 1.0, rules)


def test_one_that_saw_what_was_planted_and_nothing_else_is_a_pass() -> None:
    assert judged().faults == []


@pytest.mark.parametrize("planted", [(), (FOUND, Planted("a hole", is_found=False))])
def test_a_blind_grader_is_no_pass(planted: tuple[Planted, ...]) -> None:
    assert len(judged(planted=planted).faults) == 1


def test_a_finding_is_no_pass_unless_we_live_with_it_there() -> None:
    assert judged(ODD).faults == ["odd-header at /people/7/: The header is odd."]
    assert judged(ODD, odd_header="/people/").faults == []
    assert len(judged(ODD, odd_header="/rounds/").faults) == 2
    assert len(judged(ODD, other="").faults) == 2


def test_a_reason_for_what_is_gone_is_no_pass() -> None:
    assert judged(odd_header="").faults == ["accepts what is not found any more: odd-header at "]


def test_a_missed_bound_is_no_pass() -> None:
    assert judged(missed=("5 of 100 survived, more than 4.",)).faults == ["5 of 100 survived, more than 4."]
