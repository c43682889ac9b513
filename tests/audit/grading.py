"""What a grader is, what it says, and when that is a pass.

A grader that finds nothing may be one that looked at nothing. So each is first given faults that were planted for it,
and what it says of Andon counts only where it found every one of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Finding:
    """`rule`: how the grader names it; `place`: page, operation or line; `said`: in the grader's words, one line."""

    rule: str
    place: str
    said: str


@dataclass(frozen=True)
class Planted:
    """A fault made for the grader, in one phrase, and whether it was found."""

    fault: str
    is_found: bool


@dataclass(frozen=True)
class Grade:
    """Of Andon as it is. `looked_at`: how much, in one phrase with a number; `figures`: what is printed beside."""

    looked_at: str
    findings: Sequence[Finding]
    figures: Mapping[str, str] = field(default_factory=dict)
    # Bounds that were missed, each in one sentence.
    missed: Sequence[str] = ()


class Grader(Protocol):
    """A module of this folder has one, named `GRADER`."""

    # One word, as in `make audit ONLY=wapiti`.
    name: str
    # What it is and what it looks for, in one phrase.
    about: str
    # Findings that we live with: a rule, or a rule and the start of a place, to the reason, in whole sentences.
    # One that meets no finding any more is itself a fault.
    accepted: Mapping[tuple[str, str], str]

    def version(self) -> str: ...

    def planted(self, folder: Path) -> Sequence[Planted]:
        """Look at what is known to be broken. `folder` is empty, and kept under test-results/audit."""

    def grade(self, folder: Path) -> Grade:
        """Look at Andon."""


@dataclass(frozen=True)
class Judged:
    """What came of a grader."""

    name: str
    about: str
    version: str
    planted: Sequence[Planted]
    grade: Grade
    seconds: float
    accepted: Mapping[tuple[str, str], str]

    @property
    def faults(self) -> list[str]:
        """Why this is no pass; empty where it is one."""
        blind = [f"did not find what was planted: {one.fault}" for one in self.planted if not one.is_found]
        if not self.planted:
            blind.append("nothing was planted for it")
        met = {key for key in self.accepted for one in self.grade.findings if meets(key, one)}
        open_ones = [
            f"{one.rule} at {one.place}: {one.said}"
            for one in self.grade.findings
            if not any(meets(key, one) for key in self.accepted)
        ]
        stale = [f"accepts what is not found any more: {rule} at {place}" for rule, place in self.accepted.keys() - met]
        return [*blind, *self.grade.missed, *open_ones, *sorted(stale)]


def meets(key: tuple[str, str], finding: Finding) -> bool:
    rule, place = key
    return finding.rule == rule and finding.place.startswith(place)
