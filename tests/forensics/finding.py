"""Looking for very many secrets in very large files at once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

_HEAD = 8
_AT_ONCE = 1 << 22


@dataclass(frozen=True)
class Needle:
    """`kind` says what it is, `owner` whose: the number of a ballot or a person."""

    kind: str
    owner: int
    content: bytes


@dataclass(frozen=True)
class Found:
    offset: int
    kind: str
    owner: int


class Needles:
    """Finds each place of each needle.

    Guarantees: nothing is found that is not there, as a whole. Does not: find what is compressed, or cut in two by the
    end of a page, or spelled in another way than it was handed in.
    """

    def __init__(self, needles: Iterable[Needle]) -> None:
        by_head: dict[bytes, list[Needle]] = {}
        for needle in needles:
            assert len(needle.content) >= _HEAD, needle.kind
            by_head.setdefault(needle.content[:_HEAD], []).append(needle)
        self._by_head = by_head
        self._heads = np.sort(np.frombuffer(b"".join(by_head), dtype="<u8"))
        # Whether three bytes begin any needle: nearly every place of a file is passed over with this.
        self._begins = np.zeros(1 << 24, dtype=bool)
        for head in by_head:
            self._begins[int.from_bytes(head[:3], "little")] = True

    def find(self, content: bytes) -> Iterator[Found]:
        """In the order of their places."""
        whole = np.frombuffer(content, dtype=np.uint8)
        last = len(whole) - _HEAD + 1
        for start in range(0, max(0, last), _AT_ONCE):
            part = whole[start : min(start + _AT_ONCE, last) + 2].astype(np.uint32)
            places = np.flatnonzero(self._begins[part[:-2] | part[1:-1] << 8 | part[2:] << 16]) + start
            if not len(places):
                continue
            heads = np.ascontiguousarray(whole[places[:, None] + np.arange(_HEAD)]).view("<u8").ravel()
            at = np.minimum(np.searchsorted(self._heads, heads), len(self._heads) - 1)
            for place in places[self._heads[at] == heads].tolist():
                for needle in self._by_head[content[place : place + _HEAD]]:
                    if content.startswith(needle.content, place):
                        yield Found(place, needle.kind, needle.owner)
