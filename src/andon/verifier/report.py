"""What a verification found, for people and for programs."""

import enum
import json
from dataclasses import dataclass


class Outcome(enum.Enum):
    OK = "OK"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `meaning` says in plain words what a failure means; `evidence` is to be read."""

    title: str
    outcome: Outcome
    meaning: str = ""
    evidence: tuple[str, ...] = ()


LIMITS = (
    "What this cannot show: that other people are shown the same log (compare the head or the twelve words with a "
    "colleague), that nobody cast for members who never look, or that the figures were added up correctly."
)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was checked, in order."""

    app: str
    checks: tuple[Check, ...]

    @property
    def exit_code(self) -> int:
        """0 only when everything holds; 1 when a check fails; 2 when something could not be checked."""
        outcomes = {check.outcome for check in self.checks}
        if Outcome.FAILED in outcomes:
            return 1
        return 0 if outcomes == {Outcome.OK} else 2

    def to_text(self) -> str:
        lines = [f"andon verify {printable(self.app)}", ""]
        for number, check in enumerate(self.checks, start=1):
            lines.append(f"{number:3}  {check.outcome.value:<7}  {printable(check.title)}")
            lines += [f"              {printable(text)}" for text in (check.meaning, *check.evidence) if text]
        failed = sum(check.outcome is Outcome.FAILED for check in self.checks)
        unknown = sum(check.outcome is Outcome.UNKNOWN for check in self.checks)
        verdict = {
            0: "Everything that was checked holds.",
            1: f"{failed} of {len(self.checks)} checks failed. Keep this output and show it to others.",
            2: f"{unknown} of {len(self.checks)} checks could not be made, so this says nothing yet.",
        }[self.exit_code]
        return "\n".join([*lines, "", verdict, LIMITS, ""])

    def to_json(self) -> str:
        checks = [
            {
                "evidence": list(check.evidence),
                "meaning": check.meaning,
                "number": number,
                "outcome": check.outcome.value,
                "title": check.title,
            }
            for number, check in enumerate(self.checks, start=1)
        ]
        return json.dumps({"app": self.app, "checks": checks, "exit_code": self.exit_code}, indent=2)


def printable(text: str) -> str:
    """Names and reasons come from the server: without control characters they cannot repaint the terminal."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
