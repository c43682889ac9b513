"""What an attacker reads from an image: places, numbers and moments of ballots, and what must not be there at all."""

import base64
import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.forensics import pages, scoring
from tests.forensics.finding import Found, Needle, Needles
from tests.forensics.images import File, Image, Row
from tests.forensics.teams import TEAM

# What names a person, what names a ballot (beside the bytes that only the box has), what is left of giving a slip.
IDENTITY = {"address", "name", "member"}
OF_BALLOTS = {"slot", "slot text", "ciphertext", "hash text", "output", "public key"}
OF_SLIPS = {"slip row", "slip value"}
AS_TEXT = {"slot text", "hash text"}
KEYS = {"box key", "seed key", "issuance key"}
BLOCK = 4_096


@dataclass(frozen=True)
class Truth:
    """A simulated round. Ballot number n was cast by person number n; eight that follow on each other
    are a team.

    Of a ballot: slot, ciphertexts, hashes, output, public_key, row_key, slip (hex), cast and issued (seconds), length
    (bytes of the answers before they are padded), payload (text). Of a person: id, email, name. `moments` are all at
    which somebody was there, in seconds.
    """

    round_id: str
    people: list[dict[str, Any]]
    ballots: list[dict[str, Any]]
    keys: dict[str, str]
    moments: list[float]

    @property
    def teams(self) -> int:
        return len(self.people) // TEAM

    def needles(self) -> Needles:
        return Needles(self._all())

    def _all(self) -> Iterator[Needle]:
        for number, ballot in enumerate(self.ballots):
            slot = bytes.fromhex(ballot["slot"])
            yield Needle("slot", number, slot)
            yield Needle("slot text", number, ballot["slot"].encode())
            for text in ballot["ciphertexts"]:
                content = bytes.fromhex(text)
                # The beginning, where it was sealed, and the middle: PostgreSQL keeps it in two pieces.
                yield Needle("ciphertext", number, content[:32])
                yield Needle("ciphertext", number, content[1_024:1_056])
                yield Needle("ciphertext", number, _b64u(content)[:40])
            for text in ballot["hashes"]:
                yield Needle("hash text", number, text.encode())
            for kind in ("output", "public_key"):
                content = bytes.fromhex(ballot[kind])
                for spelled in (content, content.hex().encode(), _b64u(content)):
                    yield Needle(kind.replace("_", " "), number, spelled)
            for kind, name in (("slip row", "row_key"), ("slip value", "slip")):
                yield Needle(kind, number, bytes.fromhex(ballot[name]))
                yield Needle(kind, number, ballot[name].encode())
        for number, person in enumerate(self.people):
            yield Needle("address", number, person["email"].encode())
            yield Needle("name", number, person["name"].encode())
            identity = person["id"]
            dashed = "-".join((identity[:8], identity[8:12], identity[12:16], identity[16:20], identity[20:]))
            for content in (bytes.fromhex(identity), identity.encode(), dashed.encode()):
                yield Needle("member", number, content)
        for name, text in self.keys.items():
            for content in (bytes.fromhex(text), text.encode(), _b64u(bytes.fromhex(text))):
                yield Needle(f"{name} key", -1, content)
        for text in {ballot["payload"][:24] for ballot in self.ballots}:
            yield Needle("answers", -1, text.encode())
        for number, moment in enumerate(self.moments):
            yield from (Needle("moment", -1, spelled) for spelled in _spellings(moment, to_the_second=number < SECONDS))


def _b64u(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


_POSTGRES_BEGAN = dt.datetime(2000, 1, 1, tzinfo=dt.UTC).timestamp()


# So many moments are looked for without their fraction too. Of very many, some would be other moments by chance.
SECONDS = 1_000


def _spellings(moment: float, *, to_the_second: bool) -> Iterator[bytes]:
    """As text, without the year, which all share; and as PostgreSQL keeps it."""
    text = dt.datetime.fromtimestamp(moment, dt.UTC).isoformat()[5:]
    for end in (19, 14) if to_the_second else (19,):
        yield text[:end].encode()
        yield text[:end].replace("T", " ").encode()
    exact = round((moment - _POSTGRES_BEGAN) * 1_000_000)
    yield exact.to_bytes(8, "little")
    if to_the_second:
        yield (exact // 1_000_000 * 1_000_000).to_bytes(8, "little")


@dataclass(frozen=True)
class Reading:
    """By ballot what was read of it. `known` is what the attacker compares it with: cast, issued or length."""

    values: list[float | None]
    known: str = "cast"

    def score(self, truth: Truth) -> scoring.Score:
        known = [float(ballot[self.known]) for ballot in truth.ballots]
        size = TEAM
        starts = range(0, len(known), size)
        return scoring.score(
            [self.values[start : start + size] for start in starts], [known[start : start + size] for start in starts]
        )


# PostgreSQL's log goes on holding sealed ballots in the order of casting until it is written over, which no close can
# change: what is read there is told. That nobody can open them any more is what is held.
TOLD = "pg_wal"


class Looked:
    """Everything that was found in an image, once."""

    def __init__(self, image: Image, truth: Truth, needles: Needles | None = None) -> None:
        self.image, self.truth = image, truth
        needles = needles or truth.needles()
        self._places: dict[str, dict[str, dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
        self.counts: Counter[tuple[str, str]] = Counter()
        self.together: list[str] = []
        self.lines: Counter[str] = Counter()
        logs = sorted((file for file in image.files if file.kind == "pg_wal"), key=lambda file: file.name)
        for order, file in enumerate(sorted(image.files, key=lambda file: file.name)):
            if file.kind != "pg_wal":
                self._look_at(file, order, needles)
        if logs:
            self._look_at_log(logs, needles)

    def _look_at(self, file: File, order: int, needles: Needles) -> None:
        content = file.read()
        if file.kind == "log":
            self.lines[file.door] += content.count(b"\n")
        blocks: dict[int, set[str]] = defaultdict(set)
        lines = _line_ends(content) if file.kind in {"log", "backup"} else None
        main = pages.SqliteFile(content) if file.kind == "sqlite" and content else None
        owners: set[int] = set()
        for found in needles.find(content):
            self.counts[found.kind, file.kind] += 1
            block, place, kind = self._where(file, content, main, lines, found.offset)
            blocks[block].add(found.kind)
            if found.kind in OF_BALLOTS | OF_SLIPS:
                owners.add(found.owner)
                group = "slips" if found.kind in OF_SLIPS else "ballots"
                if found.kind in AS_TEXT:
                    # A text is written forwards, wherever in its page it begins.
                    self._note(f"{group}: text in {kind}", found, order * 1e12 + found.offset)
                else:
                    self._note(f"{group}: {kind}", found, order * 1e12 + place)
                if kind == "heap" and (row := pages.transaction_of(content, found.offset)) is not None:
                    self._note(f"{group}: xmin", found, row)
        self._tell_together(file.name, blocks)
        named = [
            n for n, ballot in enumerate(self.truth.ballots) if file.kind == "temp" and ballot["slot"] in file.name
        ]
        # A file for each ballot: then the file has a time, which is the ballot's.
        if len(owners | set(named)) == 1:
            [owner] = owners | set(named)
            self._note("ballots: times of files", Found(0, "file", owner), file.changed)

    def _where(
        self, file: File, content: bytes, main: pages.SqliteFile | None, lines: np.ndarray | None, offset: int
    ) -> tuple[int, float, str]:
        if main is not None:
            return offset // main.page_size, main.place(offset), f"{main.kind_at(offset)} pages"
        if file.kind == "sqlite log" and pages.is_sqlite_log(content):
            return pages.frame_of(content, offset), pages.frame_place(content, offset), "write-ahead log"
        if file.kind in {"heap", "toast", "index"}:
            return offset // pages.POSTGRES_PAGE, pages.falling(offset, pages.POSTGRES_PAGE), file.kind
        if lines is not None:
            return int(np.searchsorted(lines, offset)), offset, "logs" if file.kind == "log" else file.kind
        return offset // BLOCK, offset, "other files"

    def _look_at_log(self, files: list[File], needles: Needles) -> None:
        """PostgreSQL's log by records: a page of it holds what different databases wrote at the same moment."""
        content = bytearray()
        begins = []
        since = pages.log_place(self.image.log_from) if self.image.log_from else 0
        for record in pages.records((file.read() for file in files), since=since):
            begins.append((len(content), record.place))
            content += record.content
        blocks: dict[int, set[str]] = defaultdict(set)
        number = 0
        for found in needles.find(bytes(content)):
            while number + 1 < len(begins) and begins[number + 1][0] <= found.offset:
                number += 1
            self.counts[found.kind, "pg_wal"] += 1
            blocks[number].add(found.kind)
            if found.kind in OF_BALLOTS | OF_SLIPS:
                group = "slips" if found.kind in OF_SLIPS else "ballots"
                self._note(f"{group}: {TOLD}", found, begins[number][1])
        self._tell_together("pg_wal", blocks)

    def _note(self, name: str, found: Found, place: float) -> None:
        kinds = self._places[name][found.kind]
        kinds[found.owner] = min(place, kinds.get(found.owner, place))

    def _tell_together(self, name: str, blocks: Mapping[int, set[str]]) -> None:
        for block, kinds in blocks.items():
            if kinds & IDENTITY and kinds & OF_BALLOTS:
                self.together.append(f"{name}, block {block}: {', '.join(sorted(kinds))}")

    def readings(self) -> dict[str, Reading]:
        """By name of an extractor. Where several things of a ballot lie in one kind of place, that of which most were
        found counts."""
        found = {}
        for name, kinds in self._places.items():
            values = max(kinds.values(), key=len)
            known = "issued" if name.startswith("slips") else "cast"
            found[name] = Reading([values.get(number) for number in range(len(self.truth.ballots))], known)
        found |= self._of_rows()
        found["ballots: slot order"] = Reading([int(ballot["slot"], 16) for ballot in self.truth.ballots])
        best = next((found[name] for name in ("ballots: table pages", "ballots: heap") if name in found), None)
        if best is not None:
            found["ballots: against issuance order"] = Reading(best.values, "issued")
        return found

    def _of_rows(self) -> dict[str, Reading]:
        """What stands beside a slot or a slip in the tables: its place, and every column that has an order."""
        whose = {bytes.fromhex(ballot["slot"]): number for number, ballot in enumerate(self.truth.ballots)}
        slips = {bytes.fromhex(ballot["row_key"]): number for number, ballot in enumerate(self.truth.ballots)}
        read: dict[str, dict[int, float]] = defaultdict(dict)
        for order, row in enumerate(self.image.rows):
            for number, place in _listed(row, whose):
                read["ballots: slot list"][number] = order * 1e12 + place
            for group, owners in (("ballots", whose), ("slips", slips)):
                owner = next((owners[key] for value in row.values.values() if (key := _raw(value)) in owners), None)
                if owner is None:
                    continue
                table = row.table.split(".")[-1]
                if row.place is not None:
                    read[f"{group}: place of the row"].setdefault(owner, row.place)
                for name, value in _ordered(row):
                    read[f"{group}: {table}.{name}"][owner] = value
        return {
            name: Reading(
                [values.get(number) for number in range(len(self.truth.ballots))],
                "issued" if name.startswith("slips") else "length" if name.endswith(" length") else "cast",
            )
            for name, values in read.items()
        }


def _listed(row: Row, whose: Mapping[bytes, int]) -> Iterator[tuple[int, int]]:
    """Slots in a text, in the order in which they stand there."""
    if "slots" in row.values:
        for match in re.finditer(r"\b[0-9a-f]{64}\b", str(row.values["slots"])):
            if (number := whose.get(bytes.fromhex(match[0]))) is not None:
                yield number, match.start()


def _line_ends(content: bytes) -> np.ndarray:
    return np.flatnonzero(np.frombuffer(content, dtype=np.uint8) == ord("\n"))


def _raw(value: Any) -> bytes:
    return bytes(value) if isinstance(value, (bytes, memoryview)) else b""


def _ordered(row: Row) -> Iterator[tuple[str, float]]:
    for name, value in row.values.items():
        if isinstance(value, dt.datetime):
            yield name, value.timestamp()
        elif isinstance(value, int | float):
            yield name, float(value)
        elif isinstance(value, str) and (moment := _moment(value)) is not None:
            yield name, moment
        elif name == "ciphertext":
            yield f"{name} length", float(len(_raw(value)))


def _moment(text: str) -> float | None:
    try:
        return dt.datetime.fromisoformat(text).timestamp() if len(text) > 15 else None
    except ValueError:
        return None


def refused(looked: Looked, *, is_closed: bool) -> list[str]:
    """What must not be in an image, found there. While a round is open ballots, slips and keys have their places."""
    found: list[str] = [f"a person and a ballot in one block: {where}" for where in looked.together[:3]]
    counts = looked.counts
    at = lambda kinds: sorted({place for kind, place in counts if kind in kinds})  # noqa: E731
    found += [f"an answer in plain words: {place}" for place in at({"answers"})]
    found += [f"a key of the round: {place}" for place in at(KEYS) if is_closed or place != "key"]
    found += [f"a moment at which somebody was there: {place}" for place in at({"moment"})]
    found += [
        f"a ballot, a slip or a key in the backup: {place}" for place in at(OF_BALLOTS | OF_SLIPS) if place == "backup"
    ]
    found += [f"a slip or its output: {place}" for place in at({"output", "public key"})]
    few = max(20, len(looked.truth.ballots) // 8)
    found += [f"a line for each visitor in the log of {door}" for door, lines in looked.lines.items() if lines > few]
    lengths = {len(_raw(row.values["ciphertext"])) for row in looked.image.rows if "ciphertext" in row.values}
    if len(lengths) > 1:
        found.append("ballots of different lengths")
    if is_closed:
        # As text a slot stands in the unit's list, by design; as bytes nowhere but in PostgreSQL's log.
        found += [f"a ballot after the close: {place}" for place in at({"slot", "ciphertext"}) if place != TOLD]
        found += [f"what was given to whom, after the close: {place}" for place in at(OF_SLIPS) if place != TOLD]
    return found


def gated(readings: Mapping[str, Reading]) -> dict[str, Reading]:
    return {name: reading for name, reading in readings.items() if not name.endswith(TOLD)}


def scores(readings: Mapping[str, Reading], truth: Truth) -> dict[str, scoring.Score]:
    return {name: reading.score(truth) for name, reading in readings.items()}
