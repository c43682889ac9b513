"""People who fetch slips and cast ballots over HTTP without end, and write down what they were told.

Whatever is done to the service meanwhile, each of them tries again as a browser does: the same blinded value, the same
bytes of the same ballot. What the doors acknowledged is what must be in the release.
"""

import http.client
import json
import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from andon.kernel import wire
from tests.cast_of_people import Slip

CSRF = "b" * 32
ANSWER_WITHIN_SECONDS = 60.0
# What a door may say while something is wrong with it: that it cannot now, and that it is safe to try again.
CLEAR = {("slips", 503, "unavailable"), ("cast", 503, "unavailable")}


@dataclass
class Told:
    """Everything that the crowd was told, by all its threads."""

    answers: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    cut_off: int = 0
    # Answers that are neither as meant nor a clear refusal: what was asked, the status, and how the answer begins.
    unclear: list[tuple[str, int, str]] = field(default_factory=list)

    @property
    def acknowledged(self) -> int:
        return self.answers["cast", 200, ""]

    @property
    def refused(self) -> int:
        return sum(count for (_what, status, _code), count in self.answers.items() if status == 503)


class Person:
    """A member with a session, and the wallet in their browser."""

    def __init__(self, world: dict[str, Any], session: str, random_values: random.Random) -> None:
        self.world, self.session, self.random = world, session, random_values
        self.slip = Slip(world["round"])
        self.box_key = wire.unb64u(world["box_key"], 32)
        self.has_slip = False
        self.sequence = 0
        # The ballot that was made last, while no door has acknowledged it.
        self.body = b""
        # SHA-256 of the ciphertext of every ballot that was ever sent, by its number; and the highest acknowledged.
        self.sent: dict[int, str] = {}
        self.acknowledged = 0

    @property
    def slot(self) -> str:
        return self.slip.slot.hex()

    @property
    def is_settled(self) -> bool:
        """Whether nothing of theirs is on its way."""
        return not self.has_slip or not self.body

    def slip_request(self) -> tuple[bytes, dict[str, str]]:
        cookies = f"{self.world['session_cookie']}={self.session}; {self.world['csrf_cookie']}={CSRF}"
        return json.dumps(self.slip.asking).encode(), {"Cookie": cookies, "X-CSRFToken": CSRF}

    def next_ballot(self) -> bytes:
        """The ballot that waits for its acknowledgement, else a newer one with other answers."""
        if not self.body:
            self.sequence += 1
            answers = {code: self.random.randint(1, 5) for code in ("IN1", "IN2", "LE1", "CO1", "CH1", "AC1")}
            self.body = self.slip.cast(answers, box_public_key=self.box_key, sequence=self.sequence)
            ciphertext = wire.unb64u(json.loads(self.body)["ciphertext"])
            self.sent[self.sequence] = sha256(ciphertext).hexdigest()
        return self.body

    def was_acknowledged(self, said: dict[str, Any]) -> None:
        assert (said["slot"], said["sequence"]) == (self.slot, self.sequence)
        assert said["ciphertext"] == self.sent[self.sequence]
        self.acknowledged = self.sequence
        self.body = b""


class Crowd:
    """People in threads. Use as a context: they begin when it is entered and have ended when it is left."""

    def __init__(self, world: dict[str, Any], *, app_url: str, anonymous_url: str, clients: int, seed: int) -> None:
        self.random = random.Random(seed)
        self.people = [
            Person(world, session, random.Random(seed * 1_000 + number))
            for number, session in enumerate(world["sessions"])
        ]
        self.addresses = {"slips": _address(app_url), "cast": _address(anonymous_url)}
        self.clients = clients
        self.told = Told()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._ends = threading.Event()
        self._waiting: list[Person] = []
        self._errors: list[BaseException] = []

    def __enter__(self) -> "Crowd":
        self._ends.clear()
        self._waiting = list(self.people)
        self.random.shuffle(self._waiting)
        self._threads = [threading.Thread(target=self._client, daemon=True) for _ in range(self.clients)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        for thread in self._threads:
            thread.join(2 * ANSWER_WITHIN_SECONDS)
            assert not thread.is_alive(), "a door answers nothing and does not hang up either"
        if self._errors:
            raise self._errors[0]

    def settle(self) -> None:
        """Have everybody who waits for something get it, from a service to which nothing happens any more."""
        before = len(self.told.unclear)
        connections: dict[str, http.client.HTTPConnection] = {}
        for person in self.people:
            for _ in range(3):
                if person.has_slip and not person.body and person.acknowledged:
                    break
                self._step(person, connections)
            assert person.acknowledged, f"a working service keeps no ballot: {self.told.answers}"
        for connection in connections.values():
            connection.close()
        assert len(self.told.unclear) == before, self.told.unclear[before:]

    def _client(self) -> None:
        connections: dict[str, http.client.HTTPConnection] = {}
        try:
            while not self._ends.is_set():
                with self._lock:
                    person = self._waiting.pop()
                self._step(person, connections)
                with self._lock:
                    self._waiting.insert(self.random.randrange(len(self._waiting) + 1), person)
        except BaseException as error:  # noqa: BLE001 - told by whoever waits for the threads
            self._errors.append(error)
        finally:
            for connection in connections.values():
                connection.close()

    def _step(self, person: Person, connections: dict[str, http.client.HTTPConnection]) -> None:
        what = "cast" if person.has_slip else "slips"
        body, headers = (person.next_ballot(), {}) if person.has_slip else person.slip_request()
        answered = self._ask(what, body, headers, connections)
        if answered is None:
            return
        status, said = answered
        if what == "slips" and status == 200:
            person.slip.finish(said)
            person.has_slip = True
        elif status == 200:
            person.was_acknowledged(said)

    def _ask(
        self, what: str, body: bytes, headers: dict[str, str], connections: dict[str, http.client.HTTPConnection]
    ) -> tuple[int, dict[str, Any]] | None:
        """None where nothing came back."""
        host, port = self.addresses[what]
        connection = connections.setdefault(what, http.client.HTTPConnection(host, port, timeout=ANSWER_WITHIN_SECONDS))
        try:
            told = {"Content-Type": "application/json", "Host": f"localhost:{port}", **headers}
            connection.request("POST", f"/{what}/", body, told)
            answer = connection.getresponse()
            read = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            if isinstance(error, TimeoutError):
                with self._lock:
                    self.told.unclear.append((what, 0, "no answer in time"))
            with self._lock:
                self.told.cut_off += 1
            self._ends.wait(0.05)
            return None
        said = self.note(what, answer.status, read)
        if answer.status != 200:
            self._ends.wait(0.05)
        return answer.status, said

    def note(self, what: str, status: int, read: bytes) -> dict[str, Any]:
        """Count an answer, and keep it where it is neither as meant nor a clear refusal; what it said."""
        try:
            said = json.loads(read)
            code = str(said.get("error", ""))
        except (ValueError, AttributeError):
            said, code = {}, "not JSON"
        with self._lock:
            self.told.answers[what, status, code] += 1
            if status != 200 and (what, status, code) not in CLEAR:
                self.told.unclear.append((what, status, read[:200].decode(errors="replace")))
        return said


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    # "localhost" may be two addresses, and the doors listen on one.
    return "127.0.0.1", parts.port or 80
