"""Every claim of the threat model names what shows it and what stays open, and what is named is there and is a test."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.architecture.repository import ROOT

THREAT_MODEL = ROOT / "docs" / "security" / "threat-model.md"
CLAIM = re.compile(r"^\*\*(C[0-9]+[a-z]?)\. ", re.MULTILINE)
NAMED = re.compile(r"`((?:src|tests|client)/[^`\s]+|make [a-z0-9-]+)`")
A_TEST = re.compile(r"^(?:async )?def test_|^    def test_|^test\(", re.MULTILINE)


@dataclass(frozen=True)
class Claim:
    id: str
    text: str

    @property
    def shown_by(self) -> list[str]:
        """What is named between "Shown by" and "Open:"; a claim may name it in several sentences."""
        parts = re.findall(r"Shown by\s(.*?)(?=\bOpen[:.]|\bOpen \b|\Z)", self.text, re.DOTALL)
        return [name for part in parts for name in NAMED.findall(part)]


def claims_in(text: str) -> list[Claim]:
    starts = [*CLAIM.finditer(text)]
    ends = [*(start.start() for start in starts[1:]), len(text)]
    # What follows a claim up to the next heading is not a part of it.
    return [
        Claim(start[1], text[start.start() : end].partition("\n## ")[0])
        for start, end in zip(starts, ends, strict=True)
    ]


def faults_of(text: str) -> Iterator[str]:
    claims = claims_in(text)
    ids = [claim.id for claim in claims]
    for one in sorted({one for one in ids if ids.count(one) > 1}):
        yield f"{one} is claimed twice"
    for referred in re.findall(r"\bC[0-9]+[a-z]?\b", text):
        if referred not in ids:
            yield f"{referred} is referred to and not claimed"
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for claim in claims:
        if not claim.shown_by:
            yield f"{claim.id} names nothing that shows it"
        if "Open:" not in claim.text:
            yield f"{claim.id} does not say what stays open"
        for name in claim.shown_by:
            if name.startswith("make "):
                if name.removeprefix("make ") not in targets:
                    yield f"{claim.id} names `{name}`, which is no target"
            elif not is_a_test(name):
                yield f"{claim.id} names {name}, which is no test"


def is_a_test(name: str) -> bool:
    path = ROOT / name
    files = [path] if path.is_file() else [*path.rglob("test_*.py"), *path.rglob("*.test.ts")]
    return any(A_TEST.search(file.read_text()) for file in files)


def test_every_claim_is_shown_by_a_test_that_there_is_and_says_what_stays_open() -> None:
    text = THREAT_MODEL.read_text()
    assert len(claims_in(text)) > 30
    assert [*faults_of(text)] == []


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("`tests/kernel/disclosure/test_bands.py`", "`tests/kernel/disclosure/test_bonds.py`", "C1 names tests/kernel"),
        ("`tests/kernel/disclosure/test_bands.py`", "`tests/kernel/made.py`", "C1 names tests/kernel/made.py"),
        ("Shown by `tests/kernel/disclosure/test_bands.py`", "Everybody knows it", "C1 names nothing that shows it"),
        ("**C2. ", "**C1. ", "C1 is claimed twice"),
        ("(C3 to C6)", "(C3 to C600)", "C600 is referred to"),
        ("Open: several statements add up", "Several statements add up", "C1 does not say what stays open"),
    ],
)
def test_each_planted_fault_is_found(old: str, new: str, found: str) -> None:
    text = THREAT_MODEL.read_text()
    assert text.count(old) >= 1
    assert any(fault.startswith(found) for fault in faults_of(text.replace(old, new, 1)))
