"""What the files of both databases are made of: pages, frames, rows and records, read without the database.

Reference: the SQLite file format (pages, freelist, write-ahead log); PostgreSQL, database page layout and write-ahead
log internals (`bufpage.h`, `itemid.h`, `htup_details.h`, `xlog_internal.h`, `xlogrecord.h`), version 16 to 18.
"""

import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

POSTGRES_PAGE = 8_192
_SQLITE = b"SQLite format 3\0"
_WAL_MAGIC = (0x377F0682, 0x377F0683)
_WAL_HEADER, _FRAME_HEADER = 32, 24


def is_sqlite(content: bytes) -> bool:
    return content.startswith(_SQLITE)


def is_sqlite_log(content: bytes) -> bool:
    return len(content) >= _WAL_HEADER and struct.unpack_from(">I", content)[0] in _WAL_MAGIC


class SqliteFile:
    """The pages of a main file. A page's kind is "table", "index", "free" or "other"."""

    _KINDS = {0x0D: "table", 0x05: "table", 0x0A: "index", 0x02: "index"}

    def __init__(self, content: bytes) -> None:
        self._content = content
        size = struct.unpack_from(">H", content, 16)[0]
        self.page_size = 65_536 if size == 1 else size
        self.free = frozenset(self._freelist())

    def kind_at(self, offset: int) -> str:
        page = offset // self.page_size
        if page in self.free:
            return "free"
        # The first page begins with the header of the file.
        return self._KINDS.get(self._content[page * self.page_size + (100 if page == 0 else 0)], "other")

    def place(self, offset: int) -> float:
        return falling(offset, self.page_size)

    def _freelist(self) -> Iterator[int]:
        trunk, seen = struct.unpack_from(">I", self._content, 32)[0], set()
        while trunk and trunk not in seen and trunk * self.page_size <= len(self._content):
            seen.add(trunk)
            yield trunk - 1
            following, count = struct.unpack_from(">II", self._content, (trunk - 1) * self.page_size)
            leaves = struct.unpack_from(f">{min(count, self.page_size // 4 - 2)}I", self._content,
                                        (trunk - 1) * self.page_size + 8)  # fmt: skip
            yield from (leaf - 1 for leaf in leaves)
            trunk = following


def falling(offset: int, page_size: int) -> float:
    """Both databases fill a page from its end, so what stands further back was written earlier."""
    page, within = divmod(offset, page_size)
    return page * page_size + page_size - within


def frame_of(content: bytes, offset: int) -> int:
    """In which frame of SQLite's write-ahead log a place is."""
    page_size = struct.unpack_from(">I", content, 8)[0]
    return (offset - _WAL_HEADER) // (_FRAME_HEADER + page_size)


def frame_place(content: bytes, offset: int) -> float:
    """Frames in their order, and within one as in a page."""
    page_size = struct.unpack_from(">I", content, 8)[0]
    frame = frame_of(content, offset)
    within = offset - _WAL_HEADER - frame * (_FRAME_HEADER + page_size) - _FRAME_HEADER
    return frame * page_size + page_size - within


def transaction_of(content: bytes, offset: int) -> int | None:
    """xmin of the heap row that holds this place of a PostgreSQL table; None where no row does."""
    start = offset // POSTGRES_PAGE * POSTGRES_PAGE
    lower = struct.unpack_from("<H", content, start + 12)[0]
    for pointer in range(start + 24, start + min(lower, POSTGRES_PAGE), 4):
        word = struct.unpack_from("<I", content, pointer)[0]
        row, length = word & 0x7FFF, word >> 17
        if row <= offset - start < row + length:
            return int(struct.unpack_from("<I", content, start + row)[0])
    return None


@dataclass(frozen=True)
class Record:
    content: bytes
    place: int


_RECORD = struct.Struct("<IIQBBHI")
_LONG_HEADER, _MOST_BYTES = 0x0002, 1 << 20


def records(segments: Iterable[bytes], *, since: int = 0) -> Iterator[Record]:
    """The records of PostgreSQL's write-ahead log that were written after a place in it, in their order.

    Each page says where in the log it belongs, so segments may come in any order: one that is set aside for reuse has
    a later name and its old pages. Pages that were written over are gaps, over which no record goes. Does not: check
    the sums; what is no record is passed over up to the next page that begins with one.
    """
    stream, begins, gaps = _stream(segments, since)
    # The first page begins with the end of a record of which nothing else is here.
    place, following = begins[0] if begins else 0, iter(begins)
    while place + _RECORD.size <= len(stream):
        length, _xid, _before, _info, manager, padding, _sum = _RECORD.unpack_from(stream, place)
        whole = gaps[bisect_right(gaps, place)]
        if _RECORD.size <= length <= _MOST_BYTES and manager < 128 and not padding and place + length <= whole:
            yield Record(bytes(stream[place : place + length]), place)
            place += -(-length // 8) * 8
            continue
        further = next((begin for begin in following if begin > place), None)
        if further is None:
            return
        place = further


def log_place(position: str) -> int:
    """A position as PostgreSQL writes it, "0/1A2B3C", as the number that stands in pages."""
    high, low = position.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def _stream(segments: Iterable[bytes], since: int) -> tuple[bytearray, list[int], list[int]]:
    """The log without the headers of its pages; where in it a page's first own record begins; after what pages are
    missing, with the end of all."""
    written: dict[int, bytes] = {}
    for content in segments:
        for start in range(0, len(content), POSTGRES_PAGE):
            place = struct.unpack_from("<Q", content, start + 8)[0]
            if place and place + POSTGRES_PAGE > since:
                written[place] = content[start : start + POSTGRES_PAGE]
    stream, begins, gaps = bytearray(), [], []
    for place, page in sorted(written.items()):
        if stream and place - POSTGRES_PAGE not in written:
            gaps.append(len(stream))
        info, rest = struct.unpack_from("<H", page, 2)[0], struct.unpack_from("<I", page, 16)[0]
        header = 40 if info & _LONG_HEADER else 24
        begins.append(len(stream) + -(-rest // 8) * 8)
        stream += page[header:]
    return stream, begins, [*gaps, len(stream)]
