"""A feature is entered by its `public.py`, and the box of ballots is read by `closing` alone."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import grimp
import pytest

from tests.architecture.repository import SOURCE, own_python

# What hands out sealed ballots, or takes them away.
READERS_OF_BALLOTS = {"read_box", "delete_ballots"}
MAY_READ = {"andon.features.ballots", "andon.features.closing"}
TABLES_OF_BALLOTS = ("ballots_ballot",)


def feature_of(module: str) -> str | None:
    parts = module.split(".")
    return ".".join(parts[:3]) if parts[:2] == ["andon", "features"] and len(parts) > 2 else None


def trespasses(imports: Iterable[tuple[str, str]]) -> list[str]:
    """Imports of a feature's inside from outside of it. Tests may look inside; they promise nothing to anybody."""
    found = []
    for importer, imported in imports:
        owner = feature_of(imported)
        if owner is None or feature_of(importer) == owner or ".tests" in importer:
            continue
        if imported != f"{owner}.public":
            found.append(f"{importer} -> {imported}")
    return found


def all_imports() -> Iterator[tuple[str, str]]:
    graph = grimp.build_graph("andon", cache_dir=None)
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            yield importer, imported


def test_features_are_entered_by_their_doors():
    imports = list(all_imports())
    assert ("andon.features.closing.services", "andon.features.rounds.public") in imports
    assert trespasses(imports) == []


@pytest.mark.parametrize(
    "planted",
    [
        ("andon.features.results.queries", "andon.features.closing.models"),
        ("andon.gateways.cli.prepare", "andon.features.ballots.services"),
        ("andon.project.urls_app", "andon.features.today.views"),
        ("andon.features.today.views", "andon.features.rounds"),
    ],
)
def test_a_planted_trespass_is_seen(planted):
    assert trespasses([planted]) == [" -> ".join(planted)]


@pytest.mark.parametrize(
    "allowed",
    [
        ("andon.features.results.queries", "andon.features.releases.public"),
        ("andon.features.results.views", "andon.features.results.queries"),
        ("andon.features.results.views", "andon.foundation.people.models"),
        ("andon.features.results.tests.test_views", "andon.features.closing.models"),
    ],
)
def test_a_door_is_no_trespass(allowed):
    assert trespasses([allowed]) == []


def reads_ballots(source: str) -> list[str]:
    """Uses of the reader of ballots, of the model, or of its table, in Python text."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name) | ast.alias(name=name):
                if name in READERS_OF_BALLOTS or name == "Ballot":
                    found.append(name)
            case ast.Constant(value=str(text)):
                if any(table in text for table in TABLES_OF_BALLOTS) or text in READERS_OF_BALLOTS | {"Ballot"}:
                    found.append(text)
    return found


def module_of(path: Path) -> str:
    return ".".join(("andon", *path.relative_to(SOURCE).with_suffix("").parts))


def test_closing_is_the_only_reader_of_ballots():
    readers = {module_of(path) for path in own_python() if reads_ballots(path.read_text())}
    assert "andon.features.closing.services" in readers or "andon.features.closing.computing" in readers
    assert {reader for reader in readers if feature_of(reader) not in MAY_READ} == set()


@pytest.mark.parametrize(
    "planted",
    [
        "from andon.features.ballots import public as ballots\nballots.read_box(round_id)",
        "from andon.features.ballots.public import read_box",
        "from andon.features.ballots.public import delete_ballots as tidy",
        "from django.apps import apps\napps.get_model('ballots', 'Ballot')",
        "cursor.execute('SELECT ciphertext FROM ballots_ballot')",
        "getattr(ballots, 'read_box')",
    ],
)
def test_a_planted_reader_is_seen(planted):
    assert reads_ballots(planted)


def test_using_the_rest_of_the_door_is_not_reading():
    assert not reads_ballots("from andon.features.ballots import public as ballots\nballots.prepare_box(round_id)")


def users_of_rooms(imports: Iterable[tuple[str, str]]) -> set[str]:
    inside = "andon.features.rooms"
    return {
        importer
        for importer, imported in imports
        if f"{imported}.".startswith(f"{inside}.") and not f"{importer}.".startswith(f"{inside}.")
    }


def test_nobody_looks_into_rooms():
    """Neither metrics nor the app nor a command: the addresses of the anonymous door name them, and no module does."""
    assert users_of_rooms(all_imports()) == set()
    assert users_of_rooms([("andon.gateways.monitoring.figures", "andon.features.rooms.memory")]) != set()
