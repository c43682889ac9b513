"""What a room lets its screens know, and when; and what becomes of it."""

import itertools
from collections.abc import Iterator
from dataclasses import astuple

import pytest

from andon.features.rooms import memory
from andon.features.rooms.memory import Rooms, Statement

OWN = Statement(text="We say it early.")


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Room:
    """A room with its moderator Ada and as many phones as asked for."""

    def __init__(self, phones: int) -> None:
        self.clock = Clock()
        self.rooms = Rooms(self.clock)
        self.code, self.key = self.rooms.create()
        self.seats = [self.rooms.join(self.code) for _phone in range(phones)]

    def pass_time(self, seconds: float) -> None:
        self.clock.now += seconds

    def show(self, statement: Statement = OWN) -> memory.Seen:
        return self.rooms.show(self.code, self.key, statement)

    def watch(self) -> memory.Seen:
        return self.rooms.watch(self.code, self.key)

    def look(self, phone: int) -> memory.Seen:
        self.pass_time(0.5)
        return self.rooms.look(self.code, self.seats[phone])

    def choose(self, phone: int, choice: int, turn: int = 1) -> memory.Seen:
        return self.rooms.choose(self.code, self.seats[phone], turn, choice)

    def turn(self, turn: int = 1) -> memory.Seen:
        return self.rooms.turn(self.code, self.key, turn)

    def everything_seen(self) -> list[object]:
        return [astuple(self.watch()), *(astuple(self.look(phone)) for phone in range(len(self.seats)))]


def test_before_the_cards_turn_all_screens_see_the_same_whatever_was_chosen() -> None:
    seen = []
    for choices in ((1, 1, 1, 1), (5, 4, 3, 2), (0, 0, 0, 0), (5, 5, 5, 0)):
        room = Room(5)
        room.show()
        for phone, choice in enumerate(choices):
            room.choose(phone, choice)
        seen.append(room.everything_seen())
        room.turn()
        seen[-1] += room.everything_seen()[:2]
    assert all(other == seen[0] for other in seen)


def test_a_room_that_says_what_was_chosen_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = memory._Room.present
    monkeypatch.setattr(memory._Room, "present", lambda self, now: honest(self, now) + sum(self.choices.values()))
    with pytest.raises(AssertionError):
        test_before_the_cards_turn_all_screens_see_the_same_whatever_was_chosen()


def test_cards_turn_on_every_screen_at_one_moment_and_in_no_order_of_phones() -> None:
    for choices in itertools.permutations((5, 2, 2, 4)):
        room = Room(4)
        room.show()
        for phone, choice in enumerate(choices):
            room.choose(phone, choice)
        told = room.turn()
        assert told.turns_in == memory.SECONDS_TO_TURN
        assert told.cards is None
        room.pass_time(memory.SECONDS_TO_TURN - 0.01)
        assert room.watch().cards is None
        room.pass_time(0.01)
        assert room.watch().cards == (0, 2, 0, 1, 1)
        assert {room.look(phone).cards for phone in range(4)} == {(0, 2, 0, 1, 1)}


def test_what_was_chosen_is_gone_when_the_cards_have_turned() -> None:
    room = Room(3)
    room.show()
    for phone in range(3):
        room.choose(phone, 4)
    room.turn()
    room.pass_time(memory.SECONDS_TO_TURN)
    room.watch()
    assert room.rooms._rooms[room.code].choices == {}


def test_when_all_have_chosen_the_cards_turn_by_themselves_and_until_then_anybody_may_change() -> None:
    room = Room(3)
    room.show()
    room.choose(0, 1)
    room.choose(1, 1)
    assert room.watch().turns_in is None
    assert room.choose(2, 1).turns_in == memory.SECONDS_AFTER_ALL
    assert room.choose(2, 5).turns_in == memory.SECONDS_AFTER_ALL
    room.pass_time(memory.SECONDS_AFTER_ALL)
    assert room.watch().cards == (2, 0, 0, 0, 1)
    with pytest.raises(memory.AnotherStatement):
        room.choose(2, 1)


def test_somebody_who_comes_then_is_waited_for() -> None:
    room = Room(3)
    room.show()
    for phone in range(3):
        room.choose(phone, 3)
    room.seats.append(room.rooms.join(room.code))
    assert room.watch().turns_in is None
    assert room.choose(3, 3).turns_in == memory.SECONDS_AFTER_ALL


def test_a_phone_that_went_away_is_not_waited_for_and_its_card_counts() -> None:
    room = Room(4)
    room.show()
    room.choose(0, 1)
    room.pass_time(memory.SECONDS_PRESENT)
    for phone in (1, 2):
        room.choose(phone, 2)
    seen = room.watch()
    assert (seen.phones, seen.chosen) == (3, 3)
    assert seen.turns_in == memory.SECONDS_AFTER_ALL
    room.pass_time(memory.SECONDS_AFTER_ALL)
    assert room.watch().cards == (1, 2, 0, 0, 0)


def test_below_three_cards_nothing_turns() -> None:
    room = Room(5)
    room.show()
    room.choose(0, 1)
    room.choose(1, 1)
    with pytest.raises(memory.TooFewCards):
        room.turn()
    room.choose(2, 1)
    room.turn()


@pytest.mark.parametrize(("choices", "shown"), [((0, 4, 4), None), ((0, 0, 0), None), ((3, 4, 4, 0), (0, 0, 1, 2, 0))])
def test_fewer_than_three_numbers_stay_face_down(choices: tuple[int, ...], shown: tuple[int, ...] | None) -> None:
    room = Room(len(choices))
    room.show()
    for phone, choice in enumerate(choices):
        room.choose(phone, choice)
    room.pass_time(memory.SECONDS_AFTER_ALL)
    seen = room.watch()
    assert (seen.phase, seen.cards) == ("turned", shown)
    # Also how many passed is not said, beside what the cards on the table say.
    assert seen.chosen == sum(shown or ())


def test_the_next_statement_takes_all_cards_off_the_table() -> None:
    room = Room(3)
    room.show()
    for phone in range(3):
        room.choose(phone, 4)
    seen = room.show(Statement(code="CH2"))
    assert (seen.turn, seen.chosen, seen.phase) == (2, 0, "open")
    with pytest.raises(memory.AnotherStatement):
        room.choose(0, 4, turn=1)
    with pytest.raises(memory.AnotherStatement):
        room.turn(turn=1)


def test_whoever_leaves_takes_the_card_along() -> None:
    room = Room(4)
    room.show()
    for phone in range(4):
        room.choose(phone, phone + 1)
    room.rooms.leave(room.code, room.seats[3])
    room.pass_time(memory.SECONDS_AFTER_ALL)
    assert room.watch().cards == (1, 1, 1, 0, 0)


def test_a_room_holds_thirty_phones_and_a_place_is_free_when_one_went_away() -> None:
    room = Room(memory.MOST_PHONES)
    with pytest.raises(memory.RoomFull):
        room.rooms.join(room.code)
    room.pass_time(memory.SECONDS_PRESENT)
    for _phone in range(3 * memory.MOST_SEATS):
        room.rooms.join(room.code)
        room.pass_time(memory.SECONDS_PRESENT)
    assert len(room.rooms._rooms[room.code].seats) <= memory.MOST_SEATS


def test_a_room_without_life_ends_and_looking_on_is_no_life() -> None:
    room = Room(3)
    for _minute in range(119):
        room.pass_time(60)
        room.watch()
    room.pass_time(60)
    with pytest.raises(memory.NoSuchRoom):
        room.watch()
    assert room.rooms._rooms == {}


def test_a_room_that_nobody_came_to_ends_sooner() -> None:
    room = Room(0)
    room.pass_time(memory.SECONDS_ALONE)
    with pytest.raises(memory.NoSuchRoom):
        room.watch()


def test_an_ended_room_is_gone_for_everybody() -> None:
    room = Room(3)
    room.rooms.end(room.code, room.key)
    with pytest.raises(memory.NoSuchRoom):
        room.look(0)
    with pytest.raises(memory.NoSuchRoom):
        room.rooms.join(room.code)


def wrong_ways(room: Room) -> Iterator[object]:
    other = room.rooms.create()
    seat = room.seats[0]
    yield lambda: room.rooms.watch(room.code, other[1])
    yield lambda: room.rooms.show(room.code, seat, OWN)
    yield lambda: room.rooms.turn(room.code, seat, 1)
    yield lambda: room.rooms.end(room.code, seat)
    yield lambda: room.rooms.look(room.code, room.key)
    yield lambda: room.rooms.look(other[0], seat)
    yield lambda: room.rooms.choose(other[0], seat, 1, 3)
    yield lambda: room.rooms.leave(other[0], seat)
    yield lambda: room.rooms.join("00000000")


def test_what_belongs_to_another_room_looks_like_nothing() -> None:
    room = Room(3)
    room.show()
    for way in wrong_ways(room):
        with pytest.raises(memory.NoSuchRoom):
            way()  # type: ignore[operator]
    assert room.watch().chosen == 0


def test_new_rooms_are_slowed_down_for_everybody_together_and_old_ones_go_on() -> None:
    clock = Clock()
    rooms = Rooms(clock)
    made = [rooms.create() for _room in range(memory.ROOMS_AT_ONCE)]
    with pytest.raises(memory.TooSoon):
        rooms.create()
    rooms.watch(*made[0])
    clock.now += memory.SECONDS_PER_ROOM
    rooms.create()


def test_when_all_rooms_are_taken_one_that_nobody_came_to_is_given_up_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST_ROOMS", 2)
    rooms = Rooms(Clock())
    visited, empty = rooms.create(), rooms.create()
    rooms.join(visited[0])
    newest = rooms.create()
    with pytest.raises(memory.NoSuchRoom):
        rooms.watch(*empty)
    rooms.watch(*visited)
    # Then one in which there never were enough for cards to turn.
    for _phone in range(memory.LEAST_PHONES):
        rooms.join(newest[0])
    another = rooms.create()
    with pytest.raises(memory.NoSuchRoom):
        rooms.watch(*visited)
    for _phone in range(memory.LEAST_PHONES):
        rooms.join(another[0])
    with pytest.raises(memory.NoRoomLeft):
        rooms.create()


def test_a_phone_that_asks_too_often_is_told_so_and_the_screens_are_told_to_ask_less_when_there_are_many() -> None:
    room = Room(3)
    assert room.look(0).look_again_in == memory.SECONDS_BETWEEN_LOOKS
    with pytest.raises(memory.TooSoon):
        room.rooms.look(room.code, room.seats[0])
    for _other in range(18):
        code, _key = room.rooms.create()
        for _phone in range(memory.MOST_PHONES):
            room.rooms.join(code)
    assert room.look(0).look_again_in > 3


def test_codes_are_forty_bits_of_letters_that_are_not_taken_for_one_another() -> None:
    assert len(set(memory.CODE_LETTERS)) ** memory.CODE_LENGTH == 2**40
    assert not set("ILOU") & set(memory.CODE_LETTERS)
    assert len({memory.new_code() for _code in range(1_000)}) == 1_000
