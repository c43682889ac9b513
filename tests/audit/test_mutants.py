"""What is read of mutmut, and when too many survived."""

import ast
import json
from pathlib import Path

import pytest

from tests.audit.mutants import BOUNDS, Mutant, graded, results, sample, undecorated

BALLOT = "andon.kernel.ballot.cast.x_parse_cast__mutmut_{}"


def grade(*codes: int | None) -> list[str]:
    met = [Mutant(BALLOT.format(number), code) for number, code in enumerate(codes)]
    return list(graded(met, frozenset(one.name for one in met), ["ballot"]).missed)


def test_mutants_that_tests_notice_are_a_pass() -> None:
    assert grade(1, 3, 36, -11, *[1] * 20) == []


@pytest.mark.parametrize("code", [0, 33, 5])
def test_survivors_beyond_the_bound_are_none(code: int) -> None:
    assert "survived" in grade(*[1] * 5, code)[0]


@pytest.mark.parametrize("code", [None, 2, 34, 35])
def test_one_that_was_not_tried_to_the_end_is_none(code: int | None) -> None:
    assert "not tried" in grade(*[1] * 50, code)[0]


def test_a_package_of_which_nothing_was_tried_is_none() -> None:
    assert len(grade()) == 1


def test_the_sample_is_the_same_each_time_and_no_larger_than_said() -> None:
    names = [BALLOT.format(number) for number in range(1000)]
    taken = sample(names)
    assert taken == sample(reversed(names))
    assert len(taken) == BOUNDS["ballot"][1]


def test_what_mutmut_wrote_down_is_read(tmp_path: Path) -> None:
    (tmp_path / "mutants").mkdir()
    said = {"exit_code_by_key": {BALLOT.format(1): 0, BALLOT.format(2): None}}
    (tmp_path / "mutants" / "cast.py.meta").write_text(json.dumps(said))
    assert [(one.package, one.code) for one in results(tmp_path)] == [("ballot", 0), ("ballot", None)]


def test_dataclasses_and_what_is_cached_are_the_same_with_their_decorators_behind_them() -> None:
    source = (
        "from dataclasses import dataclass\nfrom functools import cache\n\n"
        "@dataclass(\n    frozen=True,\n)\nclass One:\n    a: int\n\n"
        "    def twice(self):\n        return 2 * self.a\n\n"
        "@cache\ndef two():\n    return One(1).twice()\n"
    )
    changed = undecorated(source)
    assert all(not node.decorator_list for node in ast.parse(changed).body if hasattr(node, "decorator_list"))
    made: dict[str, object] = {}
    exec(changed, made)
    assert made["two"]() == 2  # type: ignore[operator]
    assert made["two"].cache_info().currsize == 1  # type: ignore[attr-defined]
    assert made["One"](3) == made["One"](3)  # type: ignore[operator]
