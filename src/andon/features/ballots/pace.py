"""How often one slot may be written in a short time, without keeping when anybody did."""

import hashlib
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable


class Pace:
    """Counts what was written to each slot since the present span began, in the memory of one process.

    Guarantees: no moment is kept of any slot, only how often it was written in this span; the span is forgotten as a
    whole when it is over, also in a process that nobody asks for anything. What is kept is a short hash under a key
    that is drawn for the span. Nothing here depends on who asks.
    Does not: count across processes, or refuse anybody because others write: with too many slots it begins anew.
    """

    def __init__(
        self,
        *,
        most: int = 10,
        seconds: float = 60.0,
        most_slots: int = 100_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most, self.seconds, self._most_slots, self._clock = most, seconds, most_slots, clock
        self._lock = threading.Lock()
        self._forget()

    def _forget(self) -> None:
        self._begun, self._key, self._counts = self._clock(), secrets.token_bytes(16), Counter[bytes]()

    def _settle(self) -> None:
        if self._clock() - self._begun >= self.seconds:
            self._forget()

    def _name(self, place: tuple[str, bytes, str]) -> bytes:
        round_id, slot, purpose = place
        return hashlib.blake2b(slot + f"{round_id} {purpose}".encode(), key=self._key, digest_size=8).digest()

    def is_over(self, place: tuple[str, bytes, str]) -> bool:
        """Whether this slot was written as often as it may be for now."""
        with self._lock:
            self._settle()
            return self._counts[self._name(place)] >= self._most if self._counts else False

    def count(self, place: tuple[str, bytes, str]) -> None:
        with self._lock:
            self._settle()
            if len(self._counts) >= self._most_slots:
                self._forget()
            if not self._counts:
                self._begun = self._clock()
                timer = threading.Timer(self.seconds, self._tidy)
                timer.daemon = True
                timer.start()
            self._counts[self._name(place)] += 1

    def _tidy(self) -> None:
        with self._lock:
            self._settle()
