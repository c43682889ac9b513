"""Whatever is handed to a parser: a value, or one of the errors that it declares, soon, and without much memory."""

import ast
import json
import sys
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.architecture.repository import ROOT, own_python
from tests.hostile.parsers import Parser, parsers

pytestmark = pytest.mark.django_db
PARSERS = [*parsers()]
BY_NAME = {f"{number} {' '.join(one.covers[:2])}": one for number, one in enumerate(PARSERS)}
# The database matters to few.
EACH = [
    pytest.param(name, marks=[] if one.needs_database else pytest.mark.sqlite_only) for name, one in BY_NAME.items()
]
FEW, MANY = 60, 3_000
quick = settings(deadline=None, suppress_health_check=list(HealthCheck), database=None, max_examples=FEW)
# Of a text of the greatest length that is sent here; a parser of files may read all of it several times.
LONGEST = 300_000
SECONDS, BYTES_A_BYTE, BYTES_AT_LEAST = 5.0, 200, 4_000_000

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where in a JSON value something stands, the whole of it first."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    if not path:
        return by
    key, *rest = path
    if isinstance(value, dict):
        return {**value, key: replaced(value[key], tuple(rest), by)}
    return [*value[:key], replaced(value[key], tuple(rest), by), *value[key + 1 :]]


@st.composite
def changed_json(draw: st.DrawFn, good: Any) -> Any:
    """The good value with something else at a place of it: anything, one more field, nothing, or all twice."""
    for _change in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from([*places(good)]))
        here = good
        for key in path:
            here = here[key]
        how = draw(st.sampled_from(["anything", "more", "less", "twice", "near"]))
        if how == "more" and isinstance(here, dict):
            here = {**here, draw(st.text(max_size=5)): draw(anything)}
        elif how == "less" and here and isinstance(here, (dict, list, str)):
            here = dict([*here.items()][1:]) if isinstance(here, dict) else here[1:]
        elif how == "twice" and isinstance(here, (list, str)):
            here = here + here
        elif how == "near" and type(here) is int:
            here = draw(st.sampled_from([here + 1, -here, here << 64, float(here), str(here), not here]))
        elif how == "near" and isinstance(here, str):
            here = draw(st.sampled_from([here.upper(), f"{here}\n", f"{here}\0", f"\ud800{here}", here[::-1]]))
        else:
            here = draw(anything)
        good = replaced(good, path, here)
    return good


@st.composite
def changed_text(draw: st.DrawFn, good: Any) -> Any:
    """Text or bytes: moved, cut, doubled, flipped, or something else put in."""
    empty = good[:0]
    piece = draw(st.binary(max_size=12) if isinstance(good, bytes) else st.text(max_size=12))
    for _change in range(draw(st.integers(1, 3))):
        begin = draw(st.integers(0, len(good)))
        end = draw(st.integers(begin, min(len(good), begin + 40)))
        how = draw(st.sampled_from(["put", "cut", "drop", "double", "move"]))
        if how == "put":
            good = good[:begin] + piece + good[end:]
        elif how == "cut":
            good = good[:begin]
        elif how == "drop":
            good = good[:begin] + good[end:]
        elif how == "double":
            good = good[:end] + good[begin:]
        else:
            good = empty.join([good[begin:end], good[:begin], good[end:]])
    return good


def sent_to(parser: Parser) -> st.SearchStrategy[Any]:
    if parser.kind == "json":
        return st.one_of(anything, *map(changed_json, parser.good))
    near = [changed_text(good) for good in parser.good]
    if parser.kind == "text":
        return st.one_of(st.text(max_size=80), *near)
    inside = [changed_json(json.loads(good)).map(_dumped) for good in parser.good if _is_json(good)]
    return st.one_of(st.binary(max_size=200), anything.map(_dumped), *near, *inside)


def _dumped(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True, default=str).encode("utf-8", "surrogatepass")


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except ValueError:
        return False
    return True


def extremes(parser: Parser) -> Iterator[Any]:
    """What is long, deep or many: at which a careless reader hangs, fills the memory, or ends with the wrong error."""
    if parser.kind == "json":
        deep: Any = None
        for _level in range(500):
            deep = [deep]
        yield from (deep, "x" * LONGEST, 10**5_000, {str(number): number for number in range(20_000)}, [[]] * 50_000)
        for good in parser.good:
            for path in [*places(good)][:40]:
                yield from (replaced(good, path, one) for one in (deep, "9" * 5_000, 10**400, float("inf")))
        return
    plain = ["[" * LONGEST, '{"a":' * 60_000, "9" * LONGEST, "a" * LONGEST, "\0" * 1_000, "=" * 5_000, "-" * 50_000]
    plain += ["\n" * LONGEST, '"' * 50_000, "a: &a [*a]\n" * 100, "1e999999", f'{{"a": {"9" * 5_000}}}', "\ufeff", ""]
    for text in plain:
        yield text if parser.kind == "text" else text.encode()
    for good in parser.good:
        yield good * min(50, 1 + LONGEST // max(1, len(good)))
    if parser.kind == "bytes":
        yield from (bytes(range(256)) * 1_000, b"\xff\xfe" + b"\0\xd8" * 1_000, b"\x1f\x8b" + bytes(1_000))


def fault(parser: Parser, given: Any) -> str | None:
    """What is wrong with how the parser took it."""
    try:
        parser.read(given)
    except parser.errors:
        pass
    except Exception as error:  # noqa: BLE001 - which it is, is the finding
        return f"{type(error).__name__}: {str(error)[:200]}, of {str(given)[:200]!r}"
    return None


def test_each_good_example_is_read() -> None:
    for parser in PARSERS:
        assert parser.good, parser.name
        for good in parser.good:
            parser.read(good)


def tried(parser: Parser, times: int) -> None:
    @settings(quick, max_examples=times)
    @given(sent_to(parser))
    def hold(sent: Any) -> None:
        assert fault(parser, sent) is None

    hold()


def strained(parser: Parser) -> None:
    for sent in extremes(parser):
        size = len(sent) if isinstance(sent, (str, bytes)) else 50_000
        began = time.process_time()
        tracemalloc.start()
        try:
            assert fault(parser, sent) is None
            _now, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert time.process_time() - began < SECONDS, str(sent)[:80]
        assert most < BYTES_AT_LEAST + BYTES_A_BYTE * size, (most, str(sent)[:80])


@pytest.mark.parametrize("name", EACH)
def test_nothing_makes_a_parser_raise_what_it_does_not_declare(name: str) -> None:
    tried(BY_NAME[name], FEW)


@pytest.mark.sweep
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("name", EACH)
def test_nothing_does_however_often_it_is_tried(name: str) -> None:
    tried(BY_NAME[name], MANY)


@pytest.mark.parametrize("name", EACH)
def test_what_is_long_or_deep_ends_soon_and_fills_no_memory(name: str) -> None:
    strained(BY_NAME[name])


def careless(content: bytes) -> object:
    """A field that is missing, a number that is none, a depth that no stack has."""
    return int(json.loads(content)["count"])


def hungry(content: bytes) -> object:
    return bytes(len(content) * 1_000 + 2 * BYTES_AT_LEAST)


def slow(content: bytes) -> object:
    return sum(1 for _step in range(80 * len(content)))


@pytest.mark.parametrize(
    ("planted", "way"),
    [(careless, tried), (careless, strained), (hungry, strained), (slow, strained)],
)
def test_a_planted_parser_is_seen(planted: Any, way: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # The slow one takes 80 steps a byte: quicker than what is allowed here, not than this.
    monkeypatch.setattr(sys.modules[__name__], "SECONDS", 0.5)
    parser = Parser(("planted",), "bytes", planted, (b'{"count":3}',), (ValueError,))
    arguments = (parser, FEW) if way is tried else (parser,)
    with pytest.raises((AssertionError, BaseExceptionGroup)):
        way(*arguments)


# What makes a value of what may be anything.
READS = {"loads", "fromisoformat", "b64decode", "urlsafe_b64decode", "decompress", "decompressobj", "fromhex", "UUID"}
NAMED = ("parse", "read_", "decode", "unb64", "from_json", "from_wire", "key_from")
GIVEN = {"bytes", "str", "object", "bytes | str", "Headers", "Mapping[str, object]", "Iterable[Mapping[str, object]]"}
# What reads only what the service itself wrote, or is called by a parser of the list. Each with its reason.
OURS = "reads what this service wrote into its own databases, behind the same protection as the code"
BUILT = "reads a file of the installed package"
KEYS = "reads files of the key directory and of the data directory, which only the service's account can write"
EXCUSED = {
    **dict.fromkeys(
        (
            "andon.features.ballots.services:read_box",
            "andon.features.publiclog.queries:Entry.body",
            "andon.features.releases.public:FinishedGroup.from_json",
            "andon.features.releases.public:FinishedUnit.from_json",
            "andon.features.releases.public:_group",
            "andon.features.releases.public:_part",
            "andon.features.releases.public:figures_shown",
            "andon.features.releases.public:remembered",
            "andon.features.rounds.queries:seat_of",
            "andon.features.rounds.renewal:_units_of",
            "andon.features.rounds.services:parsed_leaf",
            "andon.foundation.organisation.tasks:read_people_file",
            "andon.foundation.people.factors:_opened",
            "andon.foundation.people.sessions:SessionStore.create_model_instance",
            "andon.foundation.people.sessions:_end",
        ),
        OURS,
    ),
    **dict.fromkeys(("andon.features.ballots.bundle:installed", "andon.features.rooms.bundle:installed"), BUILT),
    **dict.fromkeys(
        (
            "andon.features.closing.services:_unseal",
            "andon.gateways.backup.marker:under_way",
            "andon.gateways.cli.setting_up:_drawn_before",
        ),
        KEYS,
    ),
    **dict.fromkeys(
        ("andon.project.settings.base:read_flag", "andon.project.settings.base:read_secret"),
        "reads the environment, which who starts the service writes",
    ),
    "andon.features.rounds.signing:accept_delegation": "reads what `_read_signed` read, and an entry of our own log",
    "andon.gateways.cli.backing_up:restore": "reads the day of a heading that `_checked_heading` read",
    "andon.gateways.cli.management.commands.steward_delegate:Command.handle": "reads the request that it has just made",
    "andon.gateways.cli.setting_up:_given": "reads the words of a command, of which argparse has seen to the kinds",
    "andon.verifier.verification:_Run._read_log": "reads pages by `_json`; tests/verifier sends it pages of any shape",
    "andon.verifier.verification:_included": "reads places of a unit's file, whose reader has seen to their types",
}


def candidates(file: Path) -> Iterator[str]:
    """Functions of a module that look as if they read what may be anything, as "module:name"."""
    module = ".".join(file.relative_to(ROOT / "src").with_suffix("").parts)
    yield from (f"{module}:{name}" for name in readers(ast.parse(file.read_text())))


def readers(tree: ast.AST, within: str = "") -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield from readers(node, f"{within}{node.name}.")
        elif isinstance(node, ast.FunctionDef):
            takes = {ast.unparse(one.annotation) for one in node.args.args if one.annotation is not None}
            calls = {
                call.func.attr
                for call in ast.walk(node)
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
            }
            if calls & READS or (node.name.lstrip("_").startswith(NAMED) and takes & GIVEN):
                yield f"{within}{node.name}"


def test_every_parser_of_the_sources_is_tried_or_excused() -> None:
    covered = {name for parser in PARSERS for name in parser.covers}
    found = {name for file in own_python() for name in candidates(file)}
    assert len(found) > 40
    assert sorted(found - covered - EXCUSED.keys()) == []
    assert sorted(EXCUSED.keys() - found) == []
    assert sorted(EXCUSED.keys() & covered) == []
    # What is covered is there.
    assert sorted(name for name in covered if ":" in name and not exists(name)) == []


def exists(name: str) -> bool:
    module, _, path = name.partition(":")
    file = (ROOT / "src" / Path(*module.split("."))).with_suffix(".py")
    return file.exists() and f"def {path.split('.')[-1]}(" in file.read_text()


def test_a_new_parser_is_seen() -> None:
    tree = ast.parse("class A:\n def take(self, x: str) -> int:\n  return json.loads(x)\ndef parse(x: bytes): ...\n")
    assert [*readers(tree)] == ["A.take", "parse"]
