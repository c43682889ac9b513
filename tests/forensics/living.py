"""A simulated round with known truth, through the service's own code: slips are really blinded, ballots really sealed.

Each function here is a deed of a process that `tests/anomalies/forking.py` forks. People fetch slips on the days before
the round opens or on a visit during it, and answer at a time of their own, some at once; people of different teams come
in between each other; one in ten casts twice. The clock is a simulated one, which never stands on a whole second.
"""

import hashlib
import json
import random
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from django.conf import settings
from django.utils import timezone

from andon.features.ballots import public as ballots
from andon.features.ballots import together
from andon.features.closing import public as closing
from andon.features.instruments import public as instruments
from andon.features.rounds import public as rounds
from andon.features.rounds import services as rounds_services
from andon.foundation.organisation.models import Membership, Node
from andon.foundation.people.models import Member, Session
from andon.foundation.people.sessions import SessionStore
from andon.kernel import ballot, credential, wire
from tests.cast_of_people import NOW, Slip, box_key_of, slip_for
from tests.forensics import plants
from tests.forensics.teams import TEAM

FOREST = "Forest"
NOTICE, OPEN_FOR = timedelta(days=2), timedelta(days=7)
AGAIN = 0.1


def found(teams: int) -> None:
    """An organisation part of so many teams of eight, whose people have names that nothing else is called."""
    top = Node.objects.create(name=FOREST, parent=Node.objects.get(name="Lanternworks", parent=None))
    nodes = Node.objects.bulk_create([Node(name=f"Tree {n}", parent=top) for n in range(teams)], 500)
    people = Member.objects.bulk_create(
        [
            Member(email=f"{secrets.token_hex(9)}@example.org", name=f"{secrets.token_hex(10)} Wren", password="!")
            for _ in range(teams * TEAM)
        ],
        500,
    )
    since = (NOW - timedelta(days=60)).date()
    Membership.objects.bulk_create(
        [Membership(member=one, node=nodes[n // TEAM], starts_on=since) for n, one in enumerate(people)], 500
    )


def begin(day: int) -> str:
    """Publish a round on this day, which opens two days later; other rounds may have asked the same people."""
    with mock.patch.object(rounds_services, "_check_rests"):
        opens_at = NOW + timedelta(days=day) + NOTICE
        published = rounds.publish_round(
            node_id=Node.objects.get(name=FOREST).pk,
            instrument_id="andon-core",
            opens_at=opens_at,
            closes_at=opens_at + OPEN_FOR,
            by=None,
            at=opens_at - NOTICE,
        )
    return str(published.pk)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def fill(round_id: str, seed: int, file: str, through_pages: bool, plant: str, folder: str) -> None:
    """Everybody fetches a slip and casts; what is true of it is written to the file."""
    draw, clock = random.Random(seed), Clock()
    opens_at = rounds.find(round_id).opens_at  # type: ignore[union-attr]
    people = list(Member.objects.filter(memberships__node__parent__name=FOREST).order_by("memberships__node", "email"))
    assert len(people) % TEAM == 0
    told = [Told(member, round_id, draw, opens_at) for member in people]
    events = sorted((moment, number, what) for number, one in enumerate(told) for moment, what in one.events)
    box_key, is_open = box_key_of(round_id), False
    with mock.patch("django.utils.timezone.now", clock), plants.planted(plant, "fill", Path(folder), told):
        for moment, number, what in events:
            if moment >= opens_at and not is_open:
                is_open = True
                rounds.open_round(round_id=round_id, at=opens_at)
            clock.now = moment
            if what == "fetch":
                told[number].fetch(through_pages)
            else:
                told[number].cast(box_key)
    key = ballots.key_directory().read(ballots.KeyKind.ISSUANCE, round_id)
    truth = {
        "round_id": round_id,
        "people": [{"id": one.member.key, "email": one.member.email, "name": one.member.name} for one in told],
        "ballots": [one.truth(key) for one in told],
        "keys": {kind.value: ballots.key_directory().read(kind, round_id).hex() for kind in ballots.KeyKind},
        # That of the opening is everybody's, and stands in the log.
        "moments": [moment.timestamp() for moment, _number, _what in events if moment != opens_at],
    }
    Path(file).write_text(json.dumps(truth))


class Told:
    """A person, what they do in the round, and what a ballot of theirs is."""

    def __init__(self, member: Member, round_id: str, draw: random.Random, opens_at: datetime) -> None:
        self.member, self.round_id = member, round_id
        fetched = opens_at - timedelta(seconds=draw.uniform(0, NOTICE.total_seconds()))
        if draw.random() < 0.4:
            fetched = opens_at + _some_hour(draw)
        cast = max(opens_at, fetched) + timedelta(seconds=2, minutes=draw.expovariate(1 / 5))
        if draw.random() < 0.7:
            cast = max(fetched, opens_at + _some_hour(draw)) + timedelta(minutes=draw.expovariate(1 / 20))
        self.events = [(fetched, "fetch"), (cast, "cast")]
        if draw.random() < AGAIN:
            self.events.append((cast + timedelta(hours=draw.expovariate(1 / 10)), "cast"))
        codes = instruments.load("andon-core", instruments.load("andon-core").version).codes
        self.answers = {code: draw.randint(1, 5) for code in codes if draw.random() < 0.85} or {codes[0]: 3}
        self.ciphertexts: list[bytes] = []
        self.slip: Slip | None = None
        self.slot = b""

    @property
    def length(self) -> int:
        return len(wire.canonical({"answers": self.answers, "v": 1}))

    def fetch(self, through_pages: bool) -> None:
        if through_pages:
            self.slip = fetch_through_pages(self.member, self.round_id)
        else:
            self.slip = slip_for(self.member, self.round_id)

    def cast(self, box_key: bytes) -> None:
        assert self.slip is not None
        body = self.slip.cast(self.answers, box_public_key=box_key, sequence=len(self.ciphertexts) + 1)
        [answer] = together.answer([body])
        assert answer is not None
        assert answer[0] == 200
        self.ciphertexts.append(ballot.parse_cast(body).ciphertext)
        self.slot = self.slip.slot

    def truth(self, issuance_key: bytes) -> dict[str, Any]:
        assert self.slip is not None
        row_key = credential.issuance_row_key(issuance_key, member_id=self.member.key, purpose="ballot")
        return {
            "slot": self.slot.hex(),
            "ciphertexts": [one.hex() for one in self.ciphertexts],
            "hashes": [ballot.ciphertext_hash(one) for one in self.ciphertexts],
            "output": self.slip.output.hex(),
            "public_key": self.slip.public_key.hex(),
            "row_key": row_key.hex(),
            "slip": hashlib.sha256(self.slip.blinded).hexdigest(),
            "issued": self.events[0][0].timestamp(),
            "cast": self.events[1][0].timestamp(),
            "length": self.length,
            "payload": wire.canonical({"answers": self.answers, "v": 1}).decode(),
        }


def _some_hour(draw: random.Random) -> timedelta:
    """On one of the days, in working hours mostly."""
    # Never within the second of the opening, which stands in the log.
    return timedelta(days=draw.randrange(6), hours=min(15.0, max(0.0, draw.gauss(4, 3))), seconds=draw.uniform(2, 600))


_clients: list[Any] = []


def fetch_through_pages(member: Member, round_id: str) -> Slip:
    """As a browser that is signed in does it."""
    from django.test import Client

    slip = Slip(round_id)
    # One for all: each would otherwise load everything that stands between a request and its page.
    client = _clients[0] if _clients else Client(headers={"host": settings.ALLOWED_HOSTS[0]})
    _clients[:] = [client]
    client.cookies[settings.SESSION_COOKIE_NAME] = session_of(member)
    answer = client.post("/slips/", json.dumps(slip.asking), content_type="application/json")
    assert answer.status_code == 200, answer.content
    return slip.finish(json.loads(answer.content))


def session_of(member: Member) -> str:
    """The key of a session that began on the day."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    Session.objects.filter(member=member).delete()
    store = SessionStore()
    store.update(
        {
            SESSION_KEY: str(member.pk),
            BACKEND_SESSION_KEY: "andon.foundation.people.backends.MemberBackend",
            HASH_SESSION_KEY: member.get_session_auth_hash(),
            "since": timezone.now().date().isoformat(),
            "days": 14,
        }
    )
    store.create()
    return str(store.session_key)


def close(round_id: str, plant: str, folder: str) -> None:
    view = rounds.find(round_id)
    assert view is not None
    with (
        plants.planted(plant, "close", Path(folder), []),
        mock.patch("django.utils.timezone.now", return_value=view.closes_at),
    ):
        closing.close_round(round_id=round_id, at=view.closes_at, early=False, by=None)


def end_plant(plant: str, folder: str) -> None:
    with plants.planted(plant, "end", Path(folder), []):
        pass


def answer_some(round_id: str, count: int) -> None:
    """The round that follows: it is opened, and some answer."""
    view = rounds.find(round_id)
    assert view is not None
    rounds.open_round(round_id=round_id, at=view.opens_at)
    people = list(Member.objects.filter(memberships__node__parent__name=FOREST).order_by("pk")[:count])
    for member in people:
        body = slip_for(member, round_id).cast({"IN1": 3}, box_public_key=box_key_of(round_id))
        assert together.answer([body])[0] is not None
