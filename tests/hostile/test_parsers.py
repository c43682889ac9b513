"""Whatever a parser is given: a value, or an error that it declares, in a time and a memory that its size bounds."""

import ast
import copy
import json
import math
import random
import re
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hostile.parsers import EXCUSED, PARSERS, SOURCES, Parser

FEW, MANY = 40, 1_500
WITHOUT_DATABASE = [parser for parser in PARSERS if not parser.needs_database]
WITH_DATABASE = [parser for parser in PARSERS if parser.needs_database]

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from([2**53, -(2**64), 10**400, math.inf, math.nan, "\ud800", "", "0" * 64, "²", "\x00"])
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
# What programs stumble over: openings without an end, digits that are none, marks of an encoding, names of YAML.
PIECES = [
    *(b"[", b"{", b'{"a":', b'"', b"\\u0000", b"\\ud800", b"9", b"-", b"1e9", b"&a ", b"*a ", b"- ", b"? ", b"\n"),
    *(b",", b";", b"sep=", b"=", b":", b" ", b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", "²".encode(), b"."),
    *("\u202e".encode(), "e\u0301".encode(), b"NaN", b"null", b"\r", b"!!python/name:os ", b"<<: ", b"%", b"@"),
]
DEEP = 1_500
MOST_PLACES = 25


@st.composite
def hostile_bytes(draw: st.DrawFn, examples: tuple[bytes, ...]) -> bytes:
    body = draw(st.sampled_from(examples or (b"",)))
    for _change in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(body)))
        piece = draw(st.sampled_from(PIECES))
        match draw(st.sampled_from(["flip", "cut", "double", "raw", "insert", "many", "deep", "value", "tail"])):
            case "flip":
                body = body[:place] + draw(st.binary(min_size=1, max_size=4)) + body[place + 1 :]
            case "cut":
                body = body[:place]
            case "tail":
                body = body[place:]
            case "double":
                body = body + body
            case "raw":
                body = draw(st.binary(max_size=200))
            case "insert":
                body = body[:place] + piece + body[place:]
            case "many":
                body = body[:place] + piece * draw(st.integers(2, 2_000)) + body[place:]
            case "deep":
                body = body[:place] + piece * DEEP + body[place:]
            case _:
                body = changed_json(draw, body)
    return body


def changed_json(draw: st.DrawFn, body: bytes) -> bytes:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return body
    return json.dumps(changed_value(draw, value)).encode()


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict | list) and len(path) < 12:
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, key))


def changed_value(draw: st.DrawFn, value: Any) -> Any:
    """The value with something else in it: a part replaced, left out, added or said twice."""
    value = copy.deepcopy(value)
    path = draw(st.sampled_from(list(places(value))))
    if not path:
        return draw(anything)
    holder = value
    for step in path[:-1]:
        holder = holder[step]
    match draw(st.sampled_from(["replace", "remove", "add"])):
        case "replace":
            holder[path[-1]] = draw(anything)
        case "remove":
            del holder[path[-1]]
        case _ if isinstance(holder, dict):
            holder[draw(st.text(max_size=6))] = draw(anything)
        case _:
            holder.insert(path[-1], holder[path[-1]])
    return value


@st.composite
def hostile_values(draw: st.DrawFn, examples: tuple[Any, ...]) -> Any:
    value = draw(st.sampled_from(examples)) if examples else None
    for _change in range(draw(st.integers(1, 2))):
        value = changed_value(draw, value)
    if draw(st.integers(0, 20)) == 0:
        for _level in range(5_000):
            value = [value]
    return value


def given_to(parser: Parser) -> st.SearchStrategy[Any]:
    match parser.takes:
        case "bytes":
            return hostile_bytes(parser.examples)
        case "text" | "unicode":
            examples = tuple(example.encode() for example in parser.examples)
            mixed = hostile_bytes(examples).map(lambda raw: as_given(parser, raw))
            lone = st.text(st.characters(), max_size=60) if parser.takes == "text" else st.nothing()
            return mixed | st.text(max_size=60) | lone
        case "objects":
            return hostile_values(parser.examples).filter(are_objects)
        case _:
            return hostile_values(parser.examples) | anything


def hold(parser: Parser, value: Any) -> str | None:
    """What is wrong with how the parser takes this; None where nothing is."""
    try:
        read = parser.call(value)
    except parser.raises:
        return None
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return f"{type(error).__module__}.{type(error).__name__}: {str(error)[:200]}"
    if parser.writer is None:
        return None
    written = parser.writer(read)
    if parser.canonical:
        return None if written == value else "reads what it would not write"
    again = parser.call(written)
    return None if again == read else "reads something else than it wrote"


def attack(parser: Parser, most: int) -> None:
    @settings(max_examples=most, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(given_to(parser))
    def whatever(value: Any) -> None:
        assert hold(parser, value) is None

    whatever()


ODD = [None, True, -1, 1.5, 2**64, 10**400, math.inf, math.nan, "", "\ud800", "²", "\x00", [], {}, [[]], {"": {}}]


def one_change(parser: Parser) -> Iterator[Any]:
    """Every example with each of the pieces in a few places, or with each of the odd values in every place."""
    for example in parser.examples:
        if parser.takes in ("bytes", "text", "unicode"):
            raw = example if isinstance(example, bytes) else example.encode()
            for piece in PIECES:
                for place in sorted({0, len(raw) // 2, len(raw)}):
                    for times in (1, DEEP):
                        yield as_given(parser, raw[:place] + piece * times + raw[place:])
        if parser.takes in ("value", "objects") or (isinstance(example, bytes) and example[:1] == b"{"):
            yield from odd_values(parser, example)


def odd_values(parser: Parser, example: Any) -> Iterator[Any]:
    try:
        value = json.loads(example) if isinstance(example, bytes) else example
    except ValueError:
        # Lines of JSON, as in a backup.
        return
    chosen = list(places(value))
    for path in chosen if len(chosen) < MOST_PLACES else random.Random(parser.names).sample(chosen, MOST_PLACES):
        for odd in ODD:
            changed = odd
            if path:
                changed = copy.deepcopy(value)
                holder = changed
                for step in path[:-1]:
                    holder = holder[step]
                holder[path[-1]] = odd
            if parser.takes != "objects" or are_objects(changed):
                yield json.dumps(changed).encode() if isinstance(example, bytes) else changed


def are_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def as_given(parser: Parser, raw: bytes) -> Any:
    if parser.takes == "bytes":
        return raw
    return raw.decode("utf-8", "surrogateescape" if parser.takes == "text" else "replace")


def named(parsers: list[Parser]) -> Any:
    return pytest.mark.parametrize("parser", parsers, ids=lambda parser: parser.names.replace(" ", ",")[:80])


@named([parser for parser in PARSERS if parser.examples])
@pytest.mark.django_db(databases="__all__")
def test_what_is_meant_is_read(parser: Parser) -> None:
    for example in parser.examples:
        assert hold(parser, example) is None
    if not parser.refuses_examples:
        parser.call(parser.examples[0])


@named(list(PARSERS))
@pytest.mark.django_db(databases="__all__")
def test_one_thing_that_does_not_belong_there_is_read_or_refused(parser: Parser) -> None:
    wrong = {fault: repr(value)[:200] for value in one_change(parser) if (fault := hold(parser, value))}
    assert wrong == {}


@named(WITHOUT_DATABASE)
def test_a_parser_raises_nothing_that_it_does_not_declare(parser: Parser) -> None:
    attack(parser, FEW)


@named(WITH_DATABASE)
@pytest.mark.django_db(databases="__all__")
def test_a_parser_that_asks_the_database_raises_nothing_either(parser: Parser) -> None:
    attack(parser, FEW)


@pytest.mark.sweep
@pytest.mark.timeout(1_800)
@named(WITHOUT_DATABASE)
def test_a_parser_raises_nothing_that_it_does_not_declare_at_length(parser: Parser) -> None:
    attack(parser, MANY)


MOST_SECONDS = 3.0
MOST_MEMORY = 24_000_000
# Of what is given, times this, besides what every call may take.
MOST_TIMES = 120


def cost(parser: Parser, value: Any) -> tuple[float, int]:
    """Seconds of processor, and the most bytes that were held at once."""
    tracemalloc.start()
    began = time.process_time()
    try:
        hold(parser, value)
        seconds = time.process_time() - began
        return seconds, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@named([parser for parser in WITHOUT_DATABASE if parser.takes in ("bytes", "text")])
def test_what_a_parser_costs_is_bounded_by_the_size_of_what_it_is_given(parser: Parser) -> None:
    chosen = random.Random(parser.names)
    for piece in PIECES:
        head = chosen.choice(parser.examples or (b"",))
        head = head if isinstance(head, bytes) else head.encode()
        body = head[: len(head) // 2] + piece * (parser.longest // len(piece))
        seconds, held = cost(parser, as_given(parser, body))
        assert seconds < MOST_SECONDS, f"{piece!r}: {seconds:.1f} s"
        assert held < MOST_MEMORY + MOST_TIMES * len(body), f"{piece!r}: {held} bytes"


def test_a_parser_that_costs_more_than_it_is_given_is_seen() -> None:
    slow = Parser("planted", "bytes", lambda given: [given] * 3_000 and b"".join([given] * 3_000), (), (b"x",))
    _seconds, held = cost(slow, b"x" * 64_000)
    assert held > MOST_MEMORY + MOST_TIMES * 64_000


class Declared(Exception):
    pass


def test_a_parser_that_raises_something_else_is_seen() -> None:
    def frail(raw: bytes) -> object:
        try:
            return json.loads(raw.decode())["a"]
        except (ValueError, KeyError):
            raise Declared from None

    parser = Parser("planted", "bytes", frail, (Declared,), (b'{"a": 1}',))
    with pytest.raises(AssertionError):
        attack(parser, 3_000)
    faults = {str(hold(parser, value)).partition(":")[0] for value in one_change(parser)}
    assert {"builtins.TypeError", "builtins.RecursionError", "None"} <= faults


def test_a_parser_that_reads_two_spellings_is_seen() -> None:
    parser = Parser(
        "planted", "bytes", json.loads, (ValueError, RecursionError), (b"[1]",), lambda v: json.dumps(v).encode(), True
    )
    assert hold(parser, b"[1]") is None
    assert hold(parser, b"[ 1]") == "reads what it would not write"


NAME = re.compile(r"_?(parse|read|load|from|decode|open|verify)(_|$)|unb64u|.*_from(_|$)|split$")
FROM_OUTSIDE = re.compile(r"\b(bytes|str|object|Any|Path|IO)\b")


def candidates(tree: ast.AST, place: str) -> Iterator[str]:
    """Functions and methods by whose name they read something, and which take bytes, text or a value of JSON."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield from candidates(node, f"{place}.{node.name}")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and NAME.match(node.name):
            given = [one.annotation for one in (*node.args.args, *node.args.kwonlyargs) if one.annotation]
            if any(FROM_OUTSIDE.search(ast.unparse(annotation)) for annotation in given):
                yield f"{place}.{node.name}"


def in_the_sources() -> set[str]:
    found: set[str] = set()
    for file in SOURCES.rglob("*.py"):
        if not {"tests", "migrations"} & set(file.parts):
            found |= set(candidates(ast.parse(file.read_text()), str(file.relative_to(SOURCES).with_suffix(""))))
    return found


def test_every_parser_of_the_sources_is_attacked_or_excused() -> None:
    attacked = {name for parser in PARSERS for name in parser.names.split() if "." in name}
    found = in_the_sources()
    assert sorted(found - attacked - set(EXCUSED)) == []
    # An excuse for something that is gone, or is attacked by now, excuses the next of its name.
    assert sorted(set(EXCUSED) - found) == []
    assert sorted(set(EXCUSED) & attacked) == []


def test_a_new_parser_is_seen() -> None:
    planted = ast.parse("class Box:\n    def parse_lid(self, raw: bytes) -> int: ...\ndef read_it(n: int): ...\n")
    assert list(candidates(planted, "kernel/box")) == ["kernel/box.Box.parse_lid"]
