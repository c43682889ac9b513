"""The members' side of the measurement, a process of its own: python -m bench.answers.load JOB (a file of JSON)."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from andon.kernel import ballot, wire
from andon.kernel.credential import SlipRequest
from bench.answers import cpu
from bench.answers.keep_alive import UnexpectedAnswer, Work, drive, post

PURPOSE = "ballot"
ANSWERS = {f"{facet}{number}": 1 + number % 5 for facet in ("IN", "LE", "CO", "CH", "AC") for number in range(1, 5)}
CSRF = "b" * 32


class Wallet:
    """One member with a slip to come. What can be computed before the server is asked is computed here."""

    def __init__(self, world: dict, session: str, app: tuple[str, int], anonymous: tuple[str, int]) -> None:
        self.round_id, self.box_key = world["round"], wire.unb64u(world["box_key"], 32)
        self.anonymous = anonymous
        key = Ed25519PrivateKey.generate()
        self.private_key, self.public_key = key.private_bytes_raw(), key.public_key().public_bytes_raw()
        self.request = SlipRequest.begin(self.public_key)
        asked = {"blinded": [{"purpose": PURPOSE, "value": wire.b64u(self.request.blinded)}], "round": self.round_id}
        self.issue_request = post(
            "/slips/",
            app,
            json.dumps(asked).encode(),
            f"Cookie: {world['session_cookie']}={session}; {world['csrf_cookie']}={CSRF}",
            f"X-CSRFToken: {CSRF}",
        )
        self.issued = b""

    def cast_request(self) -> bytes:
        """Check the proof, unblind, seal and sign: what only the member can do."""
        issued = json.loads(self.issued)
        leaf = issued["leaf"]
        output = self.request.finish(wire.unb64u(issued["evaluations"][0]["value"]), wire.unb64u(leaf["keys"][PURPOSE]))
        place = {"round_id": self.round_id, "unit_id": leaf["unit"], "purpose": PURPOSE, "sequence": 1}
        sealed = ballot.seal(
            ballot.encode_payload(ballot.AnswersPayload(ANSWERS)),
            box_public_key=self.box_key,
            slot=ballot.slot_of(self.public_key),
            **place,
        )
        signed = ballot.sign_cast(self.private_key, output=output, ciphertext=sealed, **place)
        return post("/cast/", self.anonymous, ballot.encode_cast(signed))


def issue(wallet: Wallet) -> Work:
    wallet.issued = _good((yield "issue", wallet.issue_request))


def cast(request: bytes) -> Work:
    _good((yield "cast", request))


def issue_and_cast(wallet: Wallet, request: bytes) -> Work:
    """One member fetches a slip, another casts: the server's work for one answer, none of the member's."""
    wallet.issued = _good((yield "issue", wallet.issue_request))
    _good((yield "cast", request))


def whole_answer(wallet: Wallet) -> Work:
    wallet.issued = _good((yield "issue", wallet.issue_request))
    _good((yield "cast", wallet.cast_request()))


def _good(answer: tuple[int, bytes]) -> bytes:
    status, body = answer
    if status != 200:
        raise UnexpectedAnswer(f"{status}: {body[:300]!r}")
    return body


def measure(job: dict) -> list[dict]:
    world = json.loads(Path(job["world"]).read_text())
    app, anonymous = tuple(job["app"]), tuple(job["anonymous"])
    addresses = {"issue": app, "cast": anonymous}
    sessions = iter(world["sessions"])
    seconds, most = job["seconds"], job["most"]

    def wallets(count: int) -> list[Wallet]:
        return [Wallet(world, session, app, anonymous) for session, _ in zip(sessions, range(count), strict=False)]

    def run(clients: int, works: Iterable[Work], times: int = 1) -> dict[str, object]:
        before = cpu.seconds_of(job["processes"])
        measured = drive(addresses, clients, iter(works), seconds=seconds * times, most=most * times)
        after = cpu.seconds_of(job["processes"])
        spent = {name: round(1000 * (after[name] - before[name]) / max(1, measured.done), 3) for name in after}
        return measured.summary() | {"clients": clients, "processor_milliseconds": spent}

    # Connections, caches and the interpreter warm up on work that is not counted.
    warm = wallets(64)
    run(4, (whole_answer(wallet) for wallet in warm))
    rows = []
    for clients in job["clients"]:
        # Twice as many slips as are cast alone: the second half is cast while others are issued.
        fetching = wallets(2 * most)
        rows.append({"what": "issue", **run(clients, map(issue, fetching), 2)})
        casts = [wallet.cast_request() for wallet in fetching if wallet.issued]
        half = len(casts) // 2
        rows.append({"what": "cast", **run(clients, map(cast, casts[:half]))})
        pairs: Iterator[Work] = map(issue_and_cast, wallets(len(casts) - half), casts[half:])
        rows.append({"what": "server", **run(clients, pairs)})
        rows.append({"what": "whole", **run(clients, map(whole_answer, wallets(most)))})
    return rows


def members_needed(clients: int, most: int) -> int:
    return 64 + clients * 4 * most


if __name__ == "__main__":
    job = json.loads(Path(sys.argv[1]).read_text())
    Path(job["results"]).write_text(json.dumps(measure(job)))
