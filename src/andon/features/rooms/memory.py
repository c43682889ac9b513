"""Rooms for a conversation: cards that people choose on their phones and that turn over all at once.

Everything here is in the memory of one process. Nothing is written anywhere, and when the process ends so do its rooms.
"""

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

LEAST_PHONES = 3
MOST_PHONES = 30
MOST_ROOMS = 200
# Phones that went away keep their place for a while; only so many, so that nobody fills the memory with them.
MOST_SEATS = 2 * MOST_PHONES

# Digits and letters that are not taken for one another (Crockford's base 32): eight of them are 40 bits.
CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 8
SECRET_BYTES = 16

PASS = 0
ANSWERS = (1, 2, 3, 4, 5)

SECONDS_WITHOUT_LIFE = 2 * 60 * 60.0
# A room that nobody has come to.
SECONDS_ALONE = 15 * 60.0
# A phone that did not ask for so long is not in the room: a screen that went dark, a page that was closed.
SECONDS_PRESENT = 20.0
# Between the moderator's word and the cards, so that every screen knows the moment before it comes.
SECONDS_TO_TURN = 1.5
# When all have chosen: long enough to see it and to change one's mind.
SECONDS_AFTER_ALL = 4.0

# How often one screen asks, and how many questions a second all screens together may cost.
SECONDS_BETWEEN_LOOKS = 1.0
LEAST_SECONDS_BETWEEN_LOOKS = 0.25
LOOKS_A_SECOND = 150
# New rooms, for everybody together: no address is kept to count by.
ROOMS_AT_ONCE = 20
SECONDS_PER_ROOM = 2.0


class NoSuchRoom(Exception):
    """No room, or none of yours: the two look the same."""


class RoomFull(Exception):
    pass


class NoRoomLeft(Exception):
    pass


class TooSoon(Exception):
    pass


class AnotherStatement(Exception):
    """The card was for a statement that is not on the table any more, or whose cards have turned."""


class TooFewCards(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Statement:
    """What is on the table: the code of a statement that every screen knows, or the moderator's own words."""

    code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a screen may know. Before the cards turn it is the same whatever is on them."""

    phase: str
    turn: int
    statement: Statement | None
    phones: int
    chosen: int
    # This phone's card lies on the table; a moderator has none.
    mine: bool
    # Cards per answer from 1 to 5 when they have turned; None where they stay face down.
    cards: tuple[int, ...] | None
    turns_in: float | None
    look_again_in: float


@dataclass(slots=True)
class _Seat:
    last_seen: float
    last_look: float = float("-inf")


@dataclass(slots=True)
class _Room:
    key_hash: bytes
    last_deed: float
    has_been_visited: bool = False
    # So many phones at once that cards can turn: until then there is no conversation in it.
    has_met: bool = False
    seats: dict[str, _Seat] = field(default_factory=dict)
    statement: Statement | None = None
    turn: int = 0
    choices: dict[str, int] = field(default_factory=dict)
    turns_at: float | None = None
    by_itself: bool = False
    turned: bool = False
    cards: tuple[int, ...] | None = None

    def present(self, now: float) -> int:
        """Phones that are here, or whose card is on the table: people can count them against those in the room."""
        return sum(
            1 for name, seat in self.seats.items() if now - seat.last_seen < SECONDS_PRESENT or name in self.choices
        )

    @property
    def phase(self) -> str:
        if self.turned:
            return "turned"
        return "waiting" if self.statement is None else "open"

    def settle(self, now: float) -> None:
        """Bring the room to this moment."""
        if self.statement is None or self.turned:
            return
        if self.turns_at is not None and now >= self.turns_at:
            self._turn_over()
            return
        everybody = len(self.choices) >= LEAST_PHONES and self.present(now) == len(self.choices)
        if everybody and self.turns_at is None:
            self.turns_at, self.by_itself = now + SECONDS_AFTER_ALL, True
        elif not everybody and self.by_itself:
            # Somebody has come, and has not chosen yet.
            self.turns_at, self.by_itself = None, False

    def _turn_over(self) -> None:
        numbers = [choice for choice in self.choices.values() if choice != PASS]
        # Two numbers would tell each of the two what the other chose.
        if len(numbers) >= LEAST_PHONES:
            self.cards = tuple(numbers.count(answer) for answer in ANSWERS)
        self.turned, self.turns_at, self.by_itself = True, None, False
        # From here on nobody, also not this process, knows which card was whose.
        self.choices.clear()


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def new_code() -> str:
    return "".join(secrets.choice(CODE_LETTERS) for _place in range(CODE_LENGTH))


class Rooms:
    """All rooms of one process.

    Guarantees: before the cards of a statement turn, nothing that is handed out depends on what is on them, beside
    whether there are at least three; afterwards it holds how many cards had each answer, and the choices themselves
    are gone. Fewer than three cards with a number stay face down.
    Does not: know who asks, or keep anything when the process ends. Whoever reads the memory of the process while
    cards are face down can read them.
    Raises: NoSuchRoom, RoomFull, NoRoomLeft, TooSoon, AnotherStatement, TooFewCards.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rooms: dict[str, _Room] = {}
        self._lock = threading.Lock()
        self._allowed = float(ROOMS_AT_ONCE)
        self._allowed_at = clock()

    def create(self) -> tuple[str, str]:
        """A code that everybody may see, and the key that only its moderator has."""
        with self._lock:
            now = self._clock()
            self._forget(now)
            self._allowed = min(ROOMS_AT_ONCE, self._allowed + (now - self._allowed_at) / SECONDS_PER_ROOM)
            self._allowed_at = now
            if self._allowed < 1:
                raise TooSoon
            if len(self._rooms) >= MOST_ROOMS:
                self._give_up_an_empty_one()
            self._allowed -= 1
            code, key = new_code(), secrets.token_urlsafe(SECRET_BYTES)
            while code in self._rooms:
                code = new_code()
            self._rooms[code] = _Room(key_hash=_hash(key), last_deed=now)
            return code, key

    def join(self, code: str) -> str:
        """The seat of one more phone: a secret by which it is known again after a reload."""
        with self._lock:
            now = self._clock()
            room = self._room(code, now)
            room.settle(now)
            if room.present(now) >= MOST_PHONES:
                raise RoomFull
            self._make_place(room, now)
            seat = secrets.token_urlsafe(SECRET_BYTES)
            room.seats[seat] = _Seat(last_seen=now)
            room.has_been_visited, room.last_deed = True, now
            room.has_met = room.has_met or room.present(now) >= LEAST_PHONES
            return seat

    def look(self, code: str, seat: str) -> Seen:
        with self._lock:
            now = self._clock()
            room = self._room(code, now)
            place = self._seat(room, seat)
            if now - place.last_look < LEAST_SECONDS_BETWEEN_LOOKS:
                raise TooSoon
            place.last_look = now
            return self._seen(room, now, seat)

    def choose(self, code: str, seat: str, turn: int, choice: int) -> Seen:
        with self._lock:
            now = self._clock()
            room = self._room(code, now)
            self._seat(room, seat)
            room.settle(now)
            if room.phase != "open" or room.turn != turn:
                raise AnotherStatement
            room.choices[seat] = choice
            room.last_deed = now
            return self._seen(room, now, seat)

    def leave(self, code: str, seat: str) -> None:
        with self._lock:
            now = self._clock()
            room = self._room(code, now)
            self._seat(room, seat)
            room.settle(now)
            # What was chosen goes along: whoever leaves has taken the card back.
            room.choices.pop(seat, None)
            del room.seats[seat]
            room.settle(now)

    def watch(self, code: str, key: str) -> Seen:
        with self._lock:
            now = self._clock()
            return self._seen(self._moderated(code, key, now), now)

    def show(self, code: str, key: str, statement: Statement) -> Seen:
        """Put a statement on the table. Cards for the one before are gone, turned or not."""
        with self._lock:
            now = self._clock()
            room = self._moderated(code, key, now)
            room.statement, room.turn, room.last_deed = statement, room.turn + 1, now
            room.choices.clear()
            room.turned, room.cards, room.turns_at, room.by_itself = False, None, None, False
            return self._seen(room, now)

    def turn(self, code: str, key: str, turn: int) -> Seen:
        with self._lock:
            now = self._clock()
            room = self._moderated(code, key, now)
            room.settle(now)
            if room.phase != "open" or room.turn != turn:
                raise AnotherStatement
            if len(room.choices) < LEAST_PHONES:
                raise TooFewCards
            at = now + SECONDS_TO_TURN
            room.turns_at = at if room.turns_at is None else min(at, room.turns_at)
            room.by_itself, room.last_deed = False, now
            return self._seen(room, now)

    def end(self, code: str, key: str) -> None:
        with self._lock:
            self._moderated(code, key, self._clock())
            del self._rooms[code]

    def _room(self, code: str, now: float) -> _Room:
        room = self._rooms.get(code)
        if room is None:
            raise NoSuchRoom
        if self._is_over(room, now):
            del self._rooms[code]
            raise NoSuchRoom
        return room

    def _moderated(self, code: str, key: str, now: float) -> _Room:
        room = self._room(code, now)
        if not hmac.compare_digest(room.key_hash, _hash(key)):
            raise NoSuchRoom
        return room

    def _seat(self, room: _Room, seat: str) -> _Seat:
        place = room.seats.get(seat)
        if place is None:
            raise NoSuchRoom
        place.last_seen = self._clock()
        return place

    def _seen(self, room: _Room, now: float, seat: str = "") -> Seen:
        room.settle(now)
        phones = sum(len(other.seats) + 1 for other in self._rooms.values())
        turns_in = None if room.turns_at is None else max(0.0, room.turns_at - now)
        look_again_in = max(SECONDS_BETWEEN_LOOKS, phones / LOOKS_A_SECOND)
        return Seen(
            phase=room.phase,
            turn=room.turn,
            statement=room.statement,
            phones=room.present(now),
            chosen=sum(room.cards or ()) if room.turned else len(room.choices),
            mine=seat in room.choices,
            cards=room.cards,
            turns_in=turns_in,
            # Every screen looks again when the cards turn, so that they turn everywhere at once.
            look_again_in=(
                look_again_in if turns_in is None else min(look_again_in, max(turns_in, LEAST_SECONDS_BETWEEN_LOOKS))
            ),
        )

    def _is_over(self, room: _Room, now: float) -> bool:
        return now - room.last_deed >= (SECONDS_WITHOUT_LIFE if room.has_been_visited else SECONDS_ALONE)

    def _forget(self, now: float) -> None:
        for code in [code for code, room in self._rooms.items() if self._is_over(room, now)]:
            del self._rooms[code]

    def _give_up_an_empty_one(self) -> None:
        """The oldest that nobody came to, else the oldest in which there never were enough for cards to turn."""
        empty = [
            (room.has_been_visited, room.last_deed, code) for code, room in self._rooms.items() if not room.has_met
        ]
        if not empty:
            raise NoRoomLeft
        del self._rooms[min(empty)[2]]

    def _make_place(self, room: _Room, now: float) -> None:
        away = sorted(
            (seat.last_seen, name)
            for name, seat in room.seats.items()
            if now - seat.last_seen >= SECONDS_PRESENT and name not in room.choices
        )
        for _last_seen, name in away[: max(0, len(room.seats) + 1 - MOST_SEATS)]:
            del room.seats[name]
