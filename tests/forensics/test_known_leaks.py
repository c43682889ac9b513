"""What storages are known to give away is read by the same code that finds nothing after a close.

Plain tables of a careless design, eight ballots each written in an order of its own; and the one way of SQLite that
gives nothing away.
"""

import contextlib
import hashlib
import random
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psycopg
import pytest

from tests import postgres
from tests.forensics import pages, reading, scoring
from tests.forensics.finding import Needle, Needles
from tests.forensics.images import Storage, log_position
from tests.forensics.scoring import TEAM

TEAMS = 8


@pytest.fixture
def truth() -> reading.Truth:
    draw = random.Random(5)
    ballots, people = [], []
    for _number in range(TEAMS * TEAM):
        made = {name: draw.randbytes(32).hex() for name in ("slot", "output", "public_key", "row_key", "slip")}
        content = draw.randbytes(2_096)
        moment = 1.7e9 + draw.uniform(0, 1e6)
        ballots.append(
            made | {"ciphertexts": [content.hex()], "hashes": [hashlib.sha256(content).hexdigest()], "cast": moment,
                    "issued": moment - 1e6, "length": draw.randrange(300), "payload": '{"answers":{"IN1":3}}    '}
        )  # fmt: skip
        name = draw.randbytes(16).hex()
        people.append({"id": draw.randbytes(16).hex(), "email": f"{name[:20]}@example.org", "name": name})
    return reading.Truth("r", people, ballots, {"box": draw.randbytes(32).hex()}, [])


def in_order(truth: reading.Truth) -> list[tuple[bytes, bytes]]:
    """Slot and ciphertext, as they come in."""
    ordered = sorted(truth.ballots, key=lambda one: one["cast"])
    return [(bytes.fromhex(one["slot"]), bytes.fromhex(one["ciphertexts"][0])) for one in ordered]


def scored(storage: Storage, truth: reading.Truth, folder: Path) -> dict[str, scoring.Score]:
    looked = reading.Looked(storage.freeze("image", folder), truth)
    return reading.scores(looked.readings(), truth)


@contextlib.contextmanager
def sqlite(folder: Path) -> Iterator[sqlite3.Connection]:
    folder.mkdir()
    for alias in ("app", "issuance"):
        sqlite3.connect(folder / f"{alias}.sqlite3").close()
    with contextlib.closing(sqlite3.connect(folder / "ballots.sqlite3", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        yield connection


ROWS = "CREATE TABLE planted (slot blob PRIMARY KEY, ciphertext blob)"
UNNUMBERED = f"{ROWS} WITHOUT ROWID"


def forget(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA secure_delete=ON")
    connection.execute("CREATE TEMPORARY TABLE rows_kept AS SELECT * FROM planted")
    connection.execute("DELETE FROM planted")
    connection.execute("INSERT INTO planted SELECT * FROM rows_kept ORDER BY slot")
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def vacuum(connection: sqlite3.Connection) -> None:
    connection.execute("VACUUM")


def delete(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("PRAGMA secure_delete=OFF")
    connection.execute("DELETE FROM planted")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("table", "then", "extractor"),
    [
        (ROWS, None, "ballots: place of the row"),
        (ROWS, None, "ballots: write-ahead log"),
        (UNNUMBERED, None, "ballots: write-ahead log"),
        (UNNUMBERED, vacuum, "ballots: write-ahead log"),
        (ROWS, delete, "ballots: free pages"),
    ],
)
def test_sqlite_tells_the_order(
    tmp_path: Path,
    truth: reading.Truth,
    table: str,
    then: Callable[[sqlite3.Connection], None] | None,
    extractor: str,
) -> None:
    with sqlite(tmp_path / "data") as connection:
        connection.execute(table)
        for row in in_order(truth):
            connection.execute("INSERT INTO planted VALUES (?, ?)", row)
        if then is not None:
            then(connection)
        score = scored(Storage(tmp_path / "data"), truth, tmp_path / "image")[extractor]
    assert score.tau > 0.95
    assert score.hits > 0.9


@pytest.mark.sqlite_only
@pytest.mark.parametrize("table", [ROWS, UNNUMBERED])
def test_a_sorted_table_in_a_rewritten_file_with_an_empty_log_tells_nothing(
    tmp_path: Path, truth: reading.Truth, table: str
) -> None:
    with sqlite(tmp_path / "data") as connection:
        connection.execute(table)
        for row in in_order(truth):
            connection.execute("INSERT INTO planted VALUES (?, ?)", row)
        forget(connection)
        scores = scored(Storage(tmp_path / "data"), truth, tmp_path / "image")
    assert "ballots: table pages" in scores or "ballots: index pages" in scores
    assert all(score.at_least < 0.1 for score in scores.values())
    assert all(abs(score.tau) < 0.35 for score in scores.values())


@pytest.fixture(scope="module")
def own_server(postgres_server: Path | None) -> Iterator[Path]:
    """A server that nobody else writes to: the log of a busy one is written over at any moment."""
    assert postgres_server is not None
    with tempfile.TemporaryDirectory(prefix="andon-leaks-") as name:
        # The server runs as somebody else.
        Path(name).chmod(0o755)
        with postgres.server(Path(name) / "postgres"):
            yield Path(name) / "postgres"


@pytest.fixture
def databases(own_server: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    prefix = f"leaks_{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:12]}"
    yield postgres.create_databases(own_server, prefix)
    postgres.drop_databases(own_server, prefix)


def postgres_scores(
    databases: dict[str, str], server: Path, truth: reading.Truth, folder: Path, then: Sequence[str] = ()
) -> dict[str, scoring.Score]:
    (folder / "data").mkdir()
    begins = log_position(databases["ballots"])
    with psycopg.connect(databases["ballots"], autocommit=True) as connection:
        connection.execute("CREATE TABLE planted (slot bytea PRIMARY KEY, ciphertext bytea)")
        for row in in_order(truth):
            connection.execute("INSERT INTO planted VALUES (%s, %s)", row)
        for statement in then:
            connection.execute(statement)
    return scored(Storage(folder / "data", server, databases, log_from=begins), truth, folder / "image")


@pytest.mark.postgres_only
def test_postgresql_tells_the_order_in_rows_transactions_and_its_log(
    databases: dict[str, str], own_server: Path, truth: reading.Truth, tmp_path: Path
) -> None:
    scores = postgres_scores(databases, own_server, truth, tmp_path)
    for place in ("place of the row", "heap", "toast", "xmin", "pg_wal"):
        assert scores[f"ballots: {place}"].tau > 0.95, place
        assert scores[f"ballots: {place}"].hits > 0.95, place
    # All keys are on one page of the index, which is filled as they come.
    assert scores["ballots: index"].tau > 0.95


@pytest.mark.postgres_only
def test_a_table_that_is_written_anew_tells_nothing_and_the_log_goes_on_telling(
    databases: dict[str, str], own_server: Path, truth: reading.Truth, tmp_path: Path
) -> None:
    then = (
        "CREATE TEMPORARY TABLE rows_kept AS SELECT * FROM planted",
        "TRUNCATE planted",
        "INSERT INTO planted SELECT * FROM rows_kept ORDER BY slot",
    )
    scores = postgres_scores(databases, own_server, truth, tmp_path, then)
    assert scores["ballots: heap"].read == 1
    telling = [name for name, score in scores.items() if score.at_least > 0.1 or abs(score.tau) > 0.35]
    assert telling == ["ballots: pg_wal"]
    assert scores["ballots: pg_wal"].tau > 0.95


@pytest.mark.sqlite_only
def test_every_needle_is_found_wherever_it_lies_and_nothing_else_is() -> None:
    draw = random.Random(3)
    needles = [Needle("slot", number, draw.randbytes(32)) for number in range(300)]
    # The same beginning, another end: told apart.
    needles.append(Needle("other", 0, needles[0].content[:20] + draw.randbytes(12)))
    content = bytearray(draw.randbytes(9_000_000))
    places = sorted(draw.sample(range(0, len(content) - 40, 40), len(needles)))
    for place, needle in zip(places, needles, strict=True):
        content[place : place + 32] = needle.content
    found = list(Needles(needles).find(bytes(content)))
    assert [(one.offset, one.kind, one.owner) for one in found] == [
        (place, needle.kind, needle.owner) for place, needle in zip(places, needles, strict=True)
    ]
    assert list(Needles(needles).find(draw.randbytes(100_000))) == []
    assert list(Needles(needles).find(b"")) == []


@pytest.mark.postgres_only
def test_the_log_of_postgresql_is_read_record_by_record(
    databases: dict[str, str], own_server: Path, tmp_path: Path
) -> None:
    """A page of the log holds what two databases wrote; a record holds what one of them did."""
    begins = log_position(databases["ballots"])
    with psycopg.connect(databases["ballots"], autocommit=True) as connection:
        connection.execute("CREATE TABLE planted (content bytea)")
        for letter in b"ab":
            connection.execute("INSERT INTO planted VALUES (%s)", [bytes([letter]) * 1_000])
        connection.execute("INSERT INTO planted VALUES (%s)", [b"a" * 500 + b"b" * 500])
    (tmp_path / "data").mkdir()
    image = Storage(tmp_path / "data", own_server, databases, log_from=begins).freeze("image", tmp_path / "image")
    segments = [file.read() for file in sorted(image.files, key=lambda file: file.name) if file.kind == "pg_wal"]
    since = pages.log_place(begins)
    holding = [(b"a" * 100 in one.content, b"b" * 100 in one.content) for one in pages.records(segments, since=since)]
    assert [one for one in holding if any(one)][:3] == [(True, False), (False, True), (True, True)]
    # A segment that is set aside for reuse has a later name: the order comes from the pages.
    parts = [one[start : start + 8_192] for one in segments for start in range(0, len(one), 8_192)]
    assert list(pages.records(reversed(parts), since=since)) == list(pages.records(segments, since=since))
    assert list(pages.records(segments, since=since + (1 << 40))) == []


@pytest.mark.postgres_only
def test_no_record_goes_over_pages_that_were_written_over(
    databases: dict[str, str], own_server: Path, tmp_path: Path
) -> None:
    begins = log_position(databases["ballots"])
    with psycopg.connect(databases["ballots"], autocommit=True) as connection:
        connection.execute("CREATE TABLE planted (content bytea)")
        for number in range(80):
            connection.execute("INSERT INTO planted VALUES (%s)", [bytes([number]) * 1_000])
    (tmp_path / "data").mkdir()
    image = Storage(tmp_path / "data", own_server, databases, log_from=begins).freeze("image", tmp_path / "image")
    since = pages.log_place(begins)
    parts = [
        one[start : start + pages.POSTGRES_PAGE]
        for file in image.files
        if file.kind == "pg_wal"
        for one in [file.read()]
        for start in range(0, len(one), pages.POSTGRES_PAGE)
    ]
    own = [part for part in parts if any(bytes([number]) * 100 in part for number in range(1, 80))]
    there = {one.content for one in pages.records(parts, since=since)}
    assert len(own) >= 8
    for gone in own:
        left = {one.content for one in pages.records([part for part in parts if part is not gone], since=since)}
        assert left
        assert left <= there
