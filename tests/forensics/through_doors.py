"""The small run: the same round through the real doors and the worker, each a process of its own with its own log."""

import hashlib
import http.client
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from andon.kernel import ballot, credential, wire
from tests.anomalies.processes import REPOSITORY
from tests.cast_of_people import Slip
from tests.forensics import reading
from tests.forensics.images import Storage, log_position
from tests.forensics.simulated import Taken, make_backup, take
from tests.stack import Stack

CSRF = "b" * 32
CODES = ("IN1", "IN3", "LE1", "LE4", "CO2", "CH1", "CH4", "AC1", "AC5")

# Each is a program of its own, as a steward would run one at the server: the doors know nothing of it.
BEGIN = """
import json, sys
sys.path.insert(0, REPOSITORY)
from datetime import timedelta
from pathlib import Path
from unittest import mock
from django.conf import settings
from django.utils import timezone
from andon.features.ballots import public as ballots
from andon.features.publiclog import public as publiclog
from andon.features.rounds import public as rounds
from andon.features.rounds import services
from andon.foundation.organisation.models import Node
from andon.foundation.people.models import Member
from tests.cast_of_people import found_organisation
from tests.forensics import living
if TEAMS:
    found_organisation(Path(FOLDER), settings, teams={})
    living.found(TEAMS)
now = timezone.now()
with mock.patch.object(services, "_check_rests"):
    view = rounds.publish_round(node_id=Node.objects.get(name=living.FOREST).pk, instrument_id="andon-core",
        opens_at=now, closes_at=now + timedelta(days=1), by=None, at=now)
rounds.open_round(round_id=view.pk, at=now)
people = list(Member.objects.filter(memberships__node__parent__name=living.FOREST)
    .order_by("memberships__node", "email"))
print(json.dumps({"round": view.pk, "box_key": publiclog.find("manifest", view.pk).body["box_key"],
    "people": [{"id": one.key, "email": one.email, "name": one.name} for one in people],
    "sessions": [living.session_of(one) for one in people[:SESSIONS]],
    "cookies": [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME]}))
"""
CLOSE = """
import time
from django.utils import timezone
from andon.features.releases import public as releases
from andon.features.rounds import public as rounds
rounds.ask_to_close(round_id=ROUND, by=None, at=timezone.now())
until = time.monotonic() + 100
while not releases.is_shown(ROUND):
    assert time.monotonic() < until, "the worker closes nothing"
    time.sleep(0.1)
"""


class ThroughDoors:
    """An organisation of so many teams in a running stack, made with `ANDON_STEWARD_KEY_FILE` below its folder."""

    def __init__(self, stack: Stack, teams: int) -> None:
        self.stack, self.teams = stack, teams
        self._app = http.client.HTTPConnection(urlsplit(stack.app_url).netloc)
        self._anonymous = http.client.HTTPConnection(urlsplit(stack.anonymous_url).netloc)

    def close(self) -> None:
        """A door ends a connection that nobody uses for a while; the next request opens another one."""
        self._app.close()
        self._anonymous.close()

    def round(self, folder: Path, seed: int = 1) -> Iterator[Taken]:
        """While the round is open, after its close, and while the next one is open."""
        urls = self._database_urls()
        begins = log_position(urls["ballots"]) if urls else ""
        begun = self._begin(self.teams, sessions=10_000)
        truth = self._answer(begun, random.Random(seed))
        needles = truth.needles()
        backup = make_backup(folder, lambda *words: self.stack.andon(*words).stdout)
        storage = Storage(
            self.stack.data_directory, self.stack.postgres_server, urls, self.stack.logs, None, backup, begins
        )
        yield take(storage, truth, needles, "mid", folder, is_closed=False)
        self._shell(CLOSE, ROUND=truth.round_id)
        yield take(storage, truth, needles, "after", folder, is_closed=True)
        following = self._begin(0, sessions=40)
        self.close()
        for number, session in enumerate(following["sessions"]):
            self._cast(self._fetch(following, session), following, {"IN1": 1 + number % 5}, 1)
        yield take(storage, truth, needles, "next", folder, is_closed=True)

    def _answer(self, begun: dict[str, Any], draw: random.Random) -> reading.Truth:
        """Half have their slips from before; the others fetch one when they come, and answer now or later."""
        events: list[tuple[float, int, str]] = []
        for number in range(len(begun["people"])):
            fetched = draw.uniform(-2, 0) if draw.random() < 0.5 else draw.uniform(0, 6)
            cast = max(0.0, fetched) + draw.expovariate(1 if draw.random() < 0.5 else 100)
            events += [(fetched, number, "fetch"), (cast, number, "cast")]
            if draw.random() < 0.1:
                events.append((cast + draw.expovariate(2), number, "cast"))
        slips: dict[int, Slip] = {}
        ballots: dict[int, dict[str, Any]] = {}
        key = (self.stack.key_directory / "issuance" / f"{begun['round']}.key").read_bytes()
        for place, (_moment, number, what) in enumerate(sorted(events)):
            if what == "fetch":
                slips[number] = self._fetch(begun, begun["sessions"][number])
                ballots[number] = _ballot(slips[number], key, begun["people"][number]["id"], place, draw)
                continue
            known = ballots[number]
            sealed = self._cast(slips[number], begun, known["answers"],
                                len(known["ciphertexts"]) + 1)  # fmt: skip
            known["ciphertexts"].append(sealed.hex())
            known["hashes"].append(ballot.ciphertext_hash(sealed))
            known.setdefault("cast", float(place))
        keys = {
            kind: (self.stack.key_directory / kind / f"{begun['round']}.key").read_bytes().hex()
            for kind in ("box", "seed", "issuance")
        }
        # Real clocks: moments of people are among those of everything else.
        return reading.Truth(begun["round"], begun["people"], [ballots[n] for n in range(len(ballots))], keys, [])

    def _fetch(self, begun: dict[str, Any], session: str) -> Slip:
        slip = Slip(begun["round"])
        cookies = zip(begun["cookies"], (session, CSRF), strict=True)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies), "X-CSRFToken": CSRF}
        return slip.finish(json.loads(_post(self._app, "/slips/", json.dumps(slip.asking).encode(), headers)))

    def _cast(self, slip: Slip, begun: dict[str, Any], answers: dict[str, int], sequence: int) -> bytes:
        body = slip.cast(answers, box_public_key=wire.unb64u(begun["box_key"], 32), sequence=sequence)
        _post(self._anonymous, "/cast/", body, {})
        return ballot.parse_cast(body).ciphertext

    def _begin(self, teams: int, *, sessions: int) -> dict[str, Any]:
        said = self._shell(
            BEGIN,
            TEAMS=teams,
            FOLDER=str(Path(self.stack.env["ANDON_STEWARD_KEY_FILE"]).parent),
            SESSIONS=sessions,
            REPOSITORY=str(REPOSITORY),
        )
        return dict(json.loads(said.splitlines()[-1]))

    def _shell(self, program: str, **values: Any) -> str:
        given = "".join(f"{name} = {value!r}\n" for name, value in values.items())
        return self.stack.manage("shell", "--no-imports", "-c", given + program).stdout

    def _database_urls(self) -> dict[str, str]:
        if self.stack.postgres_server is None:
            return {}
        return {name: self.stack.env[f"ANDON_DATABASE_{name.upper()}_URL"]
                for name in ("default", "ballots", "issuance", "mailboxes")}  # fmt: skip


def _ballot(slip: Slip, issuance_key: bytes, member: str, place: int, draw: random.Random) -> dict[str, Any]:
    answers = {code: draw.randint(1, 5) for code in CODES if draw.random() < 0.85} or {"IN1": 3}
    payload = wire.canonical({"answers": answers, "v": 1})
    return {
        "slot": slip.slot.hex(),
        "output": slip.output.hex(),
        "public_key": slip.public_key.hex(),
        "row_key": credential.issuance_row_key(issuance_key, member_id=member, purpose="ballot").hex(),
        "slip": hashlib.sha256(slip.blinded).hexdigest(),
        "issued": float(place),
        "length": len(payload),
        "payload": payload.decode(),
        "ciphertexts": [],
        "hashes": [],
        "answers": answers,
    }


def _post(connection: http.client.HTTPConnection, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    content = answer.read()
    assert answer.status == 200, (answer.status, content[:300])
    return content
