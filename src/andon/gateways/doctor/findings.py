"""What a check says, and the list of all checks."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Said:
    """What one check saw. `evidence` never holds a secret, nor who did what."""

    status: Status
    evidence: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    id: str
    title: str
    status: Status
    evidence: str
    advice: str
    link: str

    def to_json(self) -> dict[str, str]:
        return {
            "advice": self.advice,
            "evidence": self.evidence,
            "id": self.id,
            "link": self.link,
            "status": str(self.status),
            "title": self.title,
        }


def ok(evidence: str) -> Said:
    return Said(Status.OK, evidence)


def warning(evidence: str, advice: str) -> Said:
    return Said(Status.WARNING, evidence, advice)


def problem(evidence: str, advice: str) -> Said:
    return Said(Status.PROBLEM, evidence, advice)


def unknown(evidence: str, advice: str = "") -> Said:
    return Said(Status.UNKNOWN, evidence, advice)


Look = Callable[[Any], Said]


@dataclass(frozen=True, slots=True)
class Check:
    id: str
    title: str
    look: Look
    needs_database: bool


CHECKS: dict[str, Check] = {}


def check(number: str, title: str, *, needs_database: bool = False) -> Callable[[Look], Look]:
    """Enter a check under its number, which never changes its meaning."""

    def enter(look: Look) -> Look:
        if number in CHECKS:
            raise ValueError(f"two checks are called {number}")
        CHECKS[number] = Check(number, title, look, needs_database)
        return look

    return enter


def run(here: Any, *, database: bool = True) -> list[Finding]:
    """Every check in the order of its number. A check that fails itself is unknown, and says so."""
    found = []
    for one in sorted(CHECKS.values(), key=lambda one: one.id):
        if one.needs_database and not database:
            said = unknown("The databases could not be read.", "See the checks of the databases above.")
        else:
            try:
                said = one.look(here)
            except Exception as error:  # noqa: BLE001
                # Not its message, which may repeat what it worked on.
                said = unknown(f"This could not be looked at: {type(error).__name__}.")
        link = f"docs/operations/doctor.md#{one.id.lower()}"
        found.append(Finding(one.id, one.title, said.status, said.evidence, said.advice, link))
    return found
