"""How schemathesis is asked to follow a description of a door, and that of the anonymous one."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import rfc8785
import yaml
from schemathesis.config import SchemathesisConfig
from schemathesis.core import NotSet
from schemathesis.engine import events, from_schema

from tests.architecture.repository import ROOT

FILE = ROOT / "docs" / "protocol" / "anonymous-door.yaml"
CAST_BODY_BYTES = 4_096
# Each value at its borders; drawn ones; and what one answer holds, sent on with the next request.
ALONE = ("coverage", "examples", "fuzzing")
PHASES = (*ALONE, "stateful")


def description() -> dict[str, Any]:
    told: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return told


@dataclass
class Grade:
    """What was found: the statuses that each operation answered with, and the first fault by each check that failed."""

    answers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    checks: set[str] = field(default_factory=set)
    faults: dict[str, str] = field(default_factory=dict)
    requests: int = 0


def graded(schema: Any) -> Grade:
    grade = Grade()
    for event in from_schema(schema).execute():
        match event:
            case events.NonFatalError():
                raise event.value
            case events.FatalError():
                raise event.exception
            case events.ScenarioFinished():
                _note(grade, event.recorder)
    return grade


def _note(grade: Grade, recorder: Any) -> None:
    for case_id, interaction in recorder.interactions.items():
        if interaction.response is not None:
            grade.requests += 1
            grade.answers[recorder.cases[case_id].value.operation.label].add(str(interaction.response.status_code))
    for check in (one for checks in recorder.checks.values() for one in checks):
        grade.checks.add(check.name)
        if check.failure_info is not None:
            told = f"{check.failure_info.failure.message}\n{check.failure_info.code_sample}"
            grade.faults.setdefault(check.name, told)


def configuration(
    *, examples: int, phases: Collection[str], known: Mapping[str, Collection[str]], **more: Any
) -> SchemathesisConfig:
    """`known`: by the name of a parameter in a path, what there is of it, so that it gets past what is absent."""
    return SchemathesisConfig.from_dict(
        {
            "seed": 1,
            "continue-on-failure": True,
            "cache": {"enabled": False},
            "generation": {"deterministic": True, "max-examples": examples, "no-shrink": True, "database": "none"},
            "phases": {name: {"enabled": name in phases} for name in PHASES},
            "dictionaries": {name: {"values": list(values)} for name, values in known.items()},
            "parameters": {f"path.{name}": {"dictionary": name, "probability": 0.6} for name in known},
            **more,
        }
    )


@contextmanager
def canonical_bodies(transport: Any) -> Iterator[None]:
    """Bodies in the bytes that this door reads: canonical, and a ballot in its one size."""

    def serialized(context: Any, value: Any) -> dict[str, Any]:
        if isinstance(value, NotSet):
            return {}
        try:
            body = value if isinstance(value, bytes) else rfc8785.dumps(value)
        except (rfc8785.CanonicalizationError, UnicodeError, RecursionError):
            # What was drawn to be wrong, such as half a character, has no canonical form.
            return {"json": value}
        if context.case.operation.path == "/cast/":
            body = body.ljust(CAST_BODY_BYTES)
        return {"data": body}

    with patch.dict(transport._serializers, {"application/json": serialized}):
        yield
