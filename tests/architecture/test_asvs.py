"""The page about OWASP's ASVS speaks of each requirement of levels 1 and 2 once, and what it names is there."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.architecture.repository import ROOT

PAGE = ROOT / "docs" / "security" / "asvs.md"
LIST = ROOT / "tests" / "architecture" / "asvs-5.0.0.txt"
STATES = ("met", "met in part", "not met", "does not apply")
LINE = re.compile(r"^\| (V[0-9.]+) \| (\d) \| ([^|]+) \| ([^|]+) \| (.+) \|$", re.MULTILINE)
SUM = re.compile(
    r"^\| (?:\[(V\d+)\]\(#v\d+\) [^|]+|(all)) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", re.MULTILINE
)
NAMED = re.compile(r"`([^`]+)`")
A_PATH = re.compile(r"^(?:src|tests|client|deploy|docs|bench)/|^[\w-]+\.(?:md|toml|lock|json)$")
IS_TEST = re.compile(r"(?:^|/)test_\w+\.py$|\.test\.ts$")
A_TEST = re.compile(r"^(?:async )?def test_|^    def test_|^test\(", re.MULTILINE)
# Letters, beside names of files.
LEAST_REASON = 12


@dataclass(frozen=True)
class Line:
    id: str
    level: str
    words: str
    state: str
    shown: str

    @property
    def names(self) -> list[str]:
        return [name for name in NAMED.findall(self.shown) if A_PATH.search(name)]


def required(text: str) -> dict[str, str]:
    """Level by id, of levels 1 and 2."""
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return {name: level for name, level in lines if level in {"1", "2"}}


def lines_in(text: str) -> list[Line]:
    return [Line(*found) for found in LINE.findall(text)]


def absent(name: str) -> str:
    """What is wrong with a name, which may be `file` or `file::test`."""
    file, _colons, test = name.partition("::")
    path = ROOT / file
    if not path.exists():
        return f"names {file}, which is not there"
    if not path.is_file():
        return ""
    text = path.read_text()
    if IS_TEST.search(file) and not A_TEST.search(text):
        return f"names {file}, which holds no test"
    wanted = f"test('{test}'" if file.endswith(".ts") else f"def {test}("
    return f"names {test}, which is not in {file}" if test and wanted not in text else ""


def faults_of_line(line: Line) -> Iterator[str]:
    reason = re.sub(r"`[^`]*`|[^\w]", "", line.shown.rpartition("Missing")[2])
    if line.state not in STATES:
        yield f"is {line.state!r}, which is no state"
    if line.state in {"met", "met in part"} and not line.names:
        yield "names nothing that shows it"
    if line.state in {"not met", "met in part"} and "Missing" not in line.shown:
        yield "does not say what is missing"
    if line.state != "met" and len(reason) < LEAST_REASON:
        yield "gives no reason"
    if line.state in {"met", "does not apply"} and "Missing" in line.shown:
        yield "is missing something"
    yield from filter(None, (absent(name) for name in line.names))


def faults_of(text: str) -> Iterator[str]:
    lines, wanted = lines_in(text), required(LIST.read_text())
    count = Counter(line.id for line in lines)
    yield from (f"{name} is not spoken of" for name in wanted if name not in count)
    yield from (f"{name} is spoken of {times} times" for name, times in count.items() if times > 1)
    yield from (f"{name} is no requirement of these levels" for name in count if name not in wanted)
    # A row that the pattern does not read would be left out without a word.
    yield from (f"{row} cannot be read" for row in set(re.findall(r"^\| (V[0-9.]+)", text, re.MULTILINE)) - set(count))
    for line in lines:
        if line.level != wanted.get(line.id, line.level):
            yield f"{line.id} is of level {wanted[line.id]}"
        yield from (f"{line.id} {fault}" for fault in faults_of_line(line))
    counted = Counter((line.id.partition(".")[0], line.state) for line in lines)
    sums = {(chapter or everything): [int(n) for n in numbers] for chapter, everything, *numbers in SUM.findall(text)}
    for chapter in {line.id.partition(".")[0] for line in lines} | {"all"}:
        found = [
            sum(n for (own, of), n in counted.items() if of == state and chapter in {own, "all"}) for state in STATES
        ]
        if sums.get(chapter) != [*found, sum(found)]:
            yield f"{chapter} is summed up as {sums.get(chapter)} instead of {[*found, sum(found)]}"


def test_the_list_is_whole() -> None:
    """As many as the standard says it has: 70 of level 1, 183 of level 2 and 92 of level 3, in 17 chapters."""
    lines = [line.split() for line in LIST.read_text().splitlines() if line and not line.startswith("#")]
    assert Counter(level for _name, level in lines) == {"1": 70, "2": 183, "3": 92}
    assert [*dict.fromkeys(name.partition(".")[0] for name, _level in lines)] == [f"V{n}" for n in range(1, 18)]
    assert len({name for name, _level in lines}) == len(lines)
    # Nothing is left out in between: numbers of a section follow each other.
    sections = Counter(name.rpartition(".")[0] for name, _level in lines)
    assert [name for name, _level in lines] == [
        f"{one}.{n}" for one, most in sections.items() for n in range(1, most + 1)
    ]


def test_each_requirement_is_spoken_of_once_and_what_is_named_is_there() -> None:
    assert [*faults_of(PAGE.read_text())] == []


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (r"^\| V1\.2\.4 .*\n", "", "V1.2.4 is not spoken of"),
        (r"^(\| V1\.2\.4 .*\n)", r"\1\1", "V1.2.4 is spoken of 2 times"),
        (r"^\| V1\.2\.4 ", "| V1.2.10 ", "V1.2.10 is no requirement of these levels"),
        (r"^\| V1\.2\.4 \|", "| V1.2.4 ", "V1.2.4 cannot be read"),
        (r"^\| V1\.2\.4 \| 1", "| V1.2.4 | 2", "V1.2.4 is of level 1"),
        (r"^(\| V1\.2\.4 .*) \| met \|", r"\1 | nearly met |", "V1.2.4 is 'nearly met', which is no state"),
        (r"^(\| V7\.2\.1 .*)`src[^`]*`", r"\1everything", "V7.2.1 names nothing that shows it"),
        (r"^(\| V7\.2\.1 .*people/)sessions", r"\1session", "V7.2.1 names src/andon/foundation/people/session.py"),
        (
            r"^(\| V7\.2\.1 .*)src/[^`]*`",
            r"\1tests/architecture/test_gone.py`",
            "V7.2.1 names tests/architecture/test_gone",
        ),
        (r"^(\| V16\.4\.1 .*::)test", r"\1tost", "V16.4.1 names tost_a_line_of_text_is_one_line_with_a_time_in_utc"),
        (r"^(\| V3\.5\.5 .*::the app )ignores", r"\1reads", "V3.5.5 names the app reads a frame"),
        (r"^(\| V1\.2\.6 .*) \| .*$", r"\1 | No. |", "V1.2.6 gives no reason"),
        (r"^(\| V6\.5\.2 .*) Missing: .*$", r"\1 Nobody needs it here. |", "V6.5.2 does not say what is missing"),
        (r"^(\| V6\.5\.2 .* Missing:).*$", r"\1 `src` |", "V6.5.2 gives no reason"),
        (r"^(\| V6\.5\.2 .*) \| not met \|", r"\1 | met |", "V6.5.2 is missing something"),
        (r"^(\| V6\.5\.2 .*) \| not met \|", r"\1 | met in part |", "V6 is summed up as"),
        (r"^\| all \| \d+", "| all | 1", "all is summed up as"),
    ],
)
def test_each_planted_fault_is_found(old: str, new: str, found: str) -> None:
    text = PAGE.read_text()
    planted, times = re.subn(old, new, text, count=1, flags=re.MULTILINE)
    assert times == 1
    assert any(fault.startswith(found) for fault in faults_of(planted)), [*faults_of(planted)]


def test_a_named_test_file_without_a_test_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.architecture.test_asvs.A_TEST", re.compile("nowhere at all"))
    assert absent("tests/kernel/test_wire.py") == "names tests/kernel/test_wire.py, which holds no test"
