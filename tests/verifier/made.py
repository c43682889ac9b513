"""A made-up organisation, made with the kernel, and two small servers that show it to the verifier."""

import copy
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from andon.kernel import ballot, manifest, wire
from tests.kernel.made import drawn, key_for, public_key_of

STEWARD_KEY = drawn("the steward's key")
UNITS = sorted(drawn(f"unit of the organisation {n}", 16).hex() for n in range(3))
ROUND, NEXT_ROUND = drawn("first round", 16).hex(), drawn("next round", 16).hex()
NAMES = ("Ada", "Bo", "Cy", "Di", "Eve", "Fay")
PAGES = {
    "answer.html": b"<!doctype html><title>Answer</title>",
    "answer.js": b"console.log('answer')",
    "frame.html": b"<!doctype html><title>Wallet</title>",
}
INSTRUMENT = wire.canonical({"id": "team-safety", "statements": ["TS1", "TS2"], "version": "1"})


class Organisation:
    """Its log and files. The defaults are honest; a test changes what it wants to see caught."""

    def __init__(self, steward_key: bytes = STEWARD_KEY, *, seated: bool = False) -> None:
        self.steward_key = steward_key
        # Signs manifests and bundles, once there is one.
        self.delegate: bytes | None = None
        self.seated = seated
        self.entries: list[manifest.Entry] = []
        self.files: dict[str, bytes] = {wire.sha256_hex(content): content for content in PAGES.values()}
        self.files[wire.sha256_hex(INSTRUMENT)] = INSTRUMENT
        self.slots = {unit: self._ballots(n) for n, unit in enumerate(UNITS)}
        self.bands: dict[str, dict[str, object]] = {unit: {"TS1": "high"} for unit in UNITS}
        self.openings: dict[str, manifest.Opening | manifest.SeatedOpening] = {
            unit: self._opening(n) for n, unit in enumerate(UNITS)
        }
        self.leaves = {unit: self._leaf(unit) for unit in UNITS}
        steward = wire.b64u(public_key_of(steward_key))
        self.append("genesis", {"andon": "v1", "organisation": drawn("org", 16).hex(), "steward_key": steward})

    @classmethod
    def whole(cls, **options: Any) -> "Organisation":
        """One round from manifest to release, and the next one published."""
        made = cls(**options)
        made.publish(ROUND)
        made.append("opened", {"round": ROUND})
        made.close()
        made.release()
        made.publish(NEXT_ROUND)
        return made

    def append(self, kind: str, body: dict[str, object]) -> None:
        previous = manifest.entry_hash(self.entries[-1]) if self.entries else manifest.NO_PREVIOUS
        if kind == "manifest":
            body = {**body, "previous": previous}
        key = (kind in manifest.DELEGATED_KINDS and self.delegate) or self.steward_key
        signature = manifest.sign_body(key, kind, body) if kind in manifest.SIGNED_KINDS else None
        self.entries.append(
            manifest.make_entry(index=len(self.entries), previous=previous, kind=kind, body=body, signature=signature)
        )

    def delegate_to(self, key: bytes, **change: object) -> None:
        genesis: Any = self.entries[0]["body"]
        body: dict[str, object] = {
            "andon": "v1",
            "delegate": wire.b64u(public_key_of(key)),
            "from": "2026-11-01T00:00:00Z",
            "organisation": genesis["organisation"],
            "previous": manifest.entry_hash(self.entries[-1]),
            "until": "2027-11-01T00:00:00Z",
        }
        self.append("delegation", {**body, **change})
        self.delegate = key

    def erase(self, label: str) -> None:
        """What a server does when somebody asks to be forgotten."""
        for unit, opening in self.openings.items():
            if isinstance(opening, manifest.SeatedOpening):
                seats = tuple(seat.erased() if seat.label == label else seat for seat in opening.seats)
                self.openings[unit] = manifest.SeatedOpening(opening.salt, opening.name, seats)
            elif label in opening.members:
                left = tuple(member for member in opening.members if member != label)
                self.openings[unit] = manifest.Opening(opening.salt, opening.name, left, opening.erased + 1)

    def publish(self, round_id: str, *, instrument: bytes = INSTRUMENT) -> None:
        self.append(
            "manifest",
            {
                "andon": "v1",
                "box_key": wire.b64u(ballot.box_public_key(drawn("box"))),
                "bundle": {name: wire.sha256_hex(content) for name, content in PAGES.items()},
                "closes_at": "2026-11-30T17:00:00Z",
                "generations": {"ballots": "0" * 32, "issuance": "1" * 32},
                "instrument": {"id": "team-safety", "sha256": wire.sha256_hex(instrument), "version": "1"},
                "kind": "full",
                "opens_at": "2026-11-23T08:00:00Z",
                "policy": {
                    "bands": "wide-4",
                    "depth": 0,
                    "early_close": False,
                    "least_ballots": 5,
                    "rules": "andon-disclosure/2",
                },
                "purposes": ["ballot"],
                "round": round_id,
                "units": self._tree([self.leaves[unit] for unit in UNITS]),
            },
        )

    def close(self) -> None:
        rows = [(slot, purpose, 1, digest) for slots in self.slots.values() for slot, purpose, digest in slots]
        leaves = [self._slot_leaf(unit) for unit in UNITS]
        body = {"box": ballot.box_digest(rows), "early": False, "round": ROUND, "units": self._tree(leaves)}
        self.append("closed", body)

    def release(self) -> None:
        self.append("released", {"round": ROUND, "units": self._tree([self._release_leaf(unit) for unit in UNITS])})

    def unit_file(self, unit: str = UNITS[0]) -> dict[str, Any]:
        """What a member of the unit downloads after the release."""
        slots = {"list": [list(slot) for slot in self.slots[unit]], "salt": wire.b64u(drawn(f"slots {unit}"))}
        release = {"content": self.releases[unit], "salt": wire.b64u(drawn(f"release {unit}"))}
        return copy.deepcopy(
            {
                **self._place([self.leaves[it] for it in UNITS], unit),
                "leaf": self.leaves[unit],
                "opening": self.openings[unit].to_wire(),
                "release": {**self._place([self._release_leaf(it) for it in UNITS], unit), **release},
                "round": ROUND,
                "slots": {**self._place([self._slot_leaf(it) for it in UNITS], unit), **slots},
                "unit": unit,
            }
        )

    @property
    def releases(self) -> dict[str, dict[str, object]]:
        """Made of as many ballots as are listed."""
        return {unit: {"ballots": len(self.slots[unit]), "bands": self.bands[unit], "unit": unit} for unit in UNITS}

    def receipt(self, unit: str = UNITS[0], number: int = 0) -> str:
        slot, _, digest = self.slots[unit][number]
        return f"{slot}:{digest}"

    def _ballots(self, number: int) -> list[manifest.Slot]:
        made = [(drawn(f"s {number} {n}").hex(), "ballot", drawn(f"h {number} {n}").hex()) for n in range(5)]
        return manifest.sorted_slots(made)

    def _opening(self, number: int) -> manifest.Opening | manifest.SeatedOpening:
        members = manifest.sorted_members([f"{name} <{name.lower()}{number}@example.org>" for name in NAMES[:5]])
        if self.seated:
            seats = [manifest.Seat.of(label, drawn(f"seat {label}", 16)) for label in members]
            in_order = tuple(sorted(seats, key=lambda seat: seat.hash))
            return manifest.SeatedOpening(drawn(f"salt {number}"), f"Team {number}", in_order)
        return manifest.Opening(drawn(f"salt {number}"), f"Team {number}", tuple(members))

    def _leaf(self, unit: str) -> dict[str, object]:
        opening = self.openings[unit]
        return manifest.unit_leaf(unit, {"ballot": key_for(unit_id=unit).public_key}, opening.commitment())

    def _slot_leaf(self, unit: str) -> dict[str, object]:
        return manifest.slot_leaf(unit, manifest.slots_commitment(drawn(f"slots {unit}"), self.slots[unit]))

    def _release_leaf(self, unit: str) -> dict[str, object]:
        commitment = manifest.release_commitment(drawn(f"release {unit}"), self.releases[unit])
        return manifest.release_leaf(unit, commitment)

    def _tree(self, leaves: list[dict[str, object]]) -> dict[str, object]:
        return {"count": len(leaves), "root": manifest.merkle_root([wire.canonical(leaf) for leaf in leaves]).hex()}

    def _place(self, leaves: list[dict[str, object]], unit: str) -> dict[str, Any]:
        index = UNITS.index(unit)
        path = manifest.inclusion_path([wire.canonical(leaf) for leaf in leaves], index)
        return {"count": len(leaves), "index": index, "path": [step.hex() for step in path]}


class Server:
    """Two doors on two ports. `answers` overrides any address of the door or the app by its path."""

    def __init__(self, organisation: Organisation) -> None:
        self.organisation = organisation
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.redirects: dict[str, str] = {}
        self.requested: list[str] = []
        self.app = self.door = ""

    def answer(self, target: str) -> tuple[int, bytes]:
        self.requested.append(target)
        if target in self.answers:
            return self.answers[target]
        parts, entries = urlsplit(target), self.organisation.entries
        first, _, rest = parts.path.lstrip("/").partition("/")
        match first:
            case ".well-known":
                return self._json({"andon": "v1", "anonymous_door": self.door, "app": self.app})
            case "log" if rest == "head":
                return self._json({"hash": manifest.entry_hash(entries[-1]), "index": len(entries) - 1})
            case "log":
                start = int(parse_qs(parts.query)["from"][0])
                return self._json({"entries": entries[start : start + 100]})
            case "blob" | "bundle":
                content = self.organisation.files.get(rest.split("/")[0])
                return (404, b"") if content is None else (200, content)
            case "answer":
                return self._page("answer.html", rest.strip("/"))
            case "frame":
                return self._page("frame.html", "")
        return 404, b""

    def _page(self, name: str, round_id: str) -> tuple[int, bytes]:
        newest: Any = {}
        for entry in self.organisation.entries:
            body: Any = entry["body"]
            if entry["kind"] == "manifest" and round_id in ("", body["round"]):
                newest = body["bundle"]
            if entry["kind"] == "bundle" and round_id in ("", body["round"]):
                newest = body["files"]
        return 200, self.organisation.files[newest[name]]

    def _json(self, value: object) -> tuple[int, bytes]:
        return 200, json.dumps(value).encode()


@contextmanager
def serving(organisation: Organisation) -> Iterator[Server]:
    server = Server(organisation)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path in server.redirects:
                self.send_response(302)
                self.send_header("Location", server.redirects[self.path])
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            status, content = server.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            return None

    doors = [ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _ in range(2)]
    threads = [threading.Thread(target=door.serve_forever, args=(0.01,), daemon=True) for door in doors]
    for thread in threads:
        thread.start()
    server.app, server.door = (f"http://127.0.0.1:{door.server_port}" for door in doors)
    try:
        yield server
    finally:
        for door, thread in zip(doors, threads, strict=True):
            door.shutdown()
            door.server_close()
            thread.join()


def saved(folder: Path, content: object, name: str = "unit.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
