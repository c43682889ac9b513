"""Every function that makes a value of bytes, text or JSON from outside, with good examples and the errors it declares.

What comes in may have been made by anybody: a stranger at the anonymous door, a steward's file, a server that the
verifier asks, an archive that somebody sent. `test_parsers.py` sends them anything, and fails on a function of the
sources that is neither here nor excused.
"""

import argparse
import json
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import jwt
import pyrage
from cryptography.hazmat.primitives.asymmetric import rsa

from andon.features.ballots import together as casts_together
from andon.features.instruments import parsing as instruments
from andon.features.instruments.refusals import InstrumentError
from andon.features.instruments.tests.test_loading import SMALL
from andon.features.issuance import together as slips_together
from andon.features.issuance import views as issuance
from andon.features.privacy import marks
from andon.features.rooms import memory
from andon.features.rooms import requests as rooms
from andon.features.rounds import signing
from andon.features.setup import code
from andon.foundation import last_backup
from andon.foundation.configuration import sealing
from andon.foundation.organisation import people_file
from andon.foundation.people import addresses, links
from andon.foundation.providers import oidc, rescue
from andon.foundation.tokens import public as tokens
from andon.gateways.backup import envelope, lines, restoring
from andon.gateways.cli import addresses as origins
from andon.gateways.cli import durations, env_file
from andon.kernel import ballot, disclosure, manifest, wire
from andon.kernel.disclosure import above, comments, release, slow
from andon.kernel.manifest import key_words, log, merkle, roster, schema
from andon.verifier import pins, steward, unit_file, verification
from tests.kernel import made
from tests.verifier.made import UNITS, Organisation

Kind = Literal["bytes", "text", "json"]
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Parser:
    """`covers`: the functions of the sources that this calls, as "module:name"; `errors`: what it says it raises."""

    covers: tuple[str, ...]
    kind: Kind
    read: Callable[[Any], object]
    good: tuple[Any, ...]
    errors: tuple[type[Exception], ...] = ()
    needs_database: bool = False

    @property
    def name(self) -> str:
        return self.covers[0]


def in_a_file(read: Callable[[Path], object], name: str = "given") -> Callable[[bytes], object]:
    """A reader of files as one of bytes. Others than the owner may not read it, as its readers want it."""

    def from_bytes(content: bytes) -> object:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / name
            file.touch(mode=0o600)
            file.write_bytes(content)
            return read(file)

    return from_bytes


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()


ORGANISATION = Organisation.whole()
SEATED = Organisation.whole(seated=True)
UNIT_FILE = as_json(ORGANISATION.unit_file())
CHAIN: list[dict[str, Any]] = json.loads(as_json(ORGANISATION.entries))
LEAF = ORGANISATION.leaves[UNITS[0]]
MANIFEST = next(entry["body"] for entry in CHAIN if entry["kind"] == "manifest")
HEAD = manifest.entry_hash(ORGANISATION.entries[0])
STEWARD = made.public_key_of(ORGANISATION.steward_key)
PLACE: dict[str, Any] = {"round_id": made.ROUND, "unit_id": made.UNIT, "purpose": "ballot", "sequence": 1}
CAST = made.a_cast()
SLOT = ballot.slot_of(CAST.public_key)
IDENTITY = pyrage.x25519.Identity.generate()
DELEGATION = {
    "andon": "v1",
    "delegate": wire.b64u(made.public_key_of(made.drawn("delegate"))),
    "from": "2026-11-01T00:00:00Z",
    "organisation": made.drawn("org", 16).hex(),
    "previous": "0" * 64,
    "until": "2027-11-01T00:00:00Z",
}
PROVIDER_KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
CLAIMS = {"iss": "https://id.example.org", "aud": "andon", "sub": "ada", "nonce": "n", "iat": 0, "exp": 4_000_000_000}


def _id_token(token: str) -> object:
    numbers = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(PROVIDER_KEY.public_key()))
    return oidc.read_id_token(
        token,
        configuration={"issuer": CLAIMS["iss"]},
        client_id="andon",
        nonce="n",
        keys={"one": jwt.PyJWK(numbers | {"kid": "one", "alg": "RS256"})},
    )


def _archive() -> bytes:
    entry = lines.Table("ballots", "publiclog.LogEntry", ("index", "content"))
    row = [0, lines.encode(wire.canonical(CHAIN[0]))]
    entry.add(lines.line(row))
    told = [
        {"andon_backup": lines.FORMAT, "at": NOON.isoformat(), "migrations": {"default": [["a", "b"]]}, "version": "1"},
        {"secret_key": "not a secret"},
        {"database": "ballots"},
        {"table": entry.model, "fields": entry.fields},
        row,
        {"end": {"tables": {entry.name: entry.sum()}, "head": None}},
    ]
    return b"".join(map(lines.line, told))


def _archive_lines(content: bytes, listener: lines.Listener | None = None) -> object:
    parser = lines.Parser(listener or lines.Listener())
    splitter = lines.Splitter(parser.take)
    splitter.feed(content)
    splitter.finish()
    return parser.finish()


def _headers(value: object) -> list[tuple[str, str]]:
    """Whatever JSON it is, as pairs of text: what a server hands on."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else [value])
    return [(str(name), content if isinstance(content, str) else type(content).__name__) for name, content in pairs]


def _objects(value: object) -> list[dict[str, object]]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def _verified(value: Any) -> bool:
    """Numbers and hashes as they stand in a unit's file, whose reader has seen to their types."""
    if not isinstance(value, dict) or not isinstance(value.get("path"), list):
        return False
    path = [bytes.fromhex(one) for one in value["path"] if isinstance(one, str) and len(one) == 64]
    index, count = (value.get(name) if type(value.get(name)) is int else -1 for name in ("index", "count"))
    return merkle.verify_inclusion(b"leaf", index=index, count=count, path=path, root=bytes(32))


def parsers() -> Iterator[Parser]:
    yield from of_the_kernel()
    yield from of_releases()
    yield from of_the_doors()
    yield from of_files()
    yield from of_links()
    yield from of_the_verifier()


def of_the_kernel() -> Iterator[Parser]:
    at = "andon.kernel."
    malformed = (wire.Malformed,)
    yield Parser((f"{at}wire:unb64u",), "text", wire.unb64u, (wire.b64u(b"12345"), ""), malformed)
    yield Parser((f"{at}wire:parse_canonical",), "bytes", wire.parse_canonical, (wire.canonical(LEAF),), malformed)
    for name, good in (("check_id", made.ROUND), ("check_digest", "0" * 64), ("check_purpose", "ballot/IN1")):
        yield Parser((f"{at}wire:{name}",), "text", getattr(wire, name), (good,), malformed)
    yield Parser(
        (f"{at}wire:check_keys",),
        "json",
        lambda value: wire.check_keys(value, frozenset({"a", "b"})),
        ({"a": 1, "b": []},),
        malformed,
    )
    openings = tuple(opening.to_wire() for made_up in (ORGANISATION, SEATED) for opening in made_up.openings.values())
    yield Parser(
        (
            f"{at}manifest.roster:parse_opening",
            f"{at}manifest.roster:Opening.parse",
            f"{at}manifest.roster:SeatedOpening.parse",
            f"{at}manifest.roster:Seat.parse",
        ),
        "json",
        roster.parse_opening,
        openings,
        malformed,
    )
    yield Parser((f"{at}manifest.roster:check_leaf",), "json", roster.check_leaf, (LEAF,), malformed)
    yield Parser((f"{at}manifest.schema:check_manifest",), "json", schema.check_manifest, (MANIFEST,), malformed)
    for entry in CHAIN:
        yield Parser(
            (f"{at}manifest.schema:check_body", f"a body of {entry['kind']}"),
            "json",
            lambda body, kind=entry["kind"]: schema.check_body(kind, body),
            (entry["body"],),
            malformed,
        )
    yield Parser(
        (f"{at}manifest.schema:check_body", "a delegation"),
        "json",
        lambda body: schema.check_body("delegation", body),
        (DELEGATION,),
        malformed,
    )
    yield Parser((f"{at}manifest.schema:read_time",), "json", schema.read_time, (DELEGATION["from"],), malformed)
    yield Parser(
        (f"{at}manifest.log:check_entry",),
        "json",
        lambda entry: log.check_entry(
            # That it is an object is seen to by who reads it.
            entry if isinstance(entry, dict) else {},
            previous_entry=CHAIN[0],
            steward_public_key=STEWARD,
        ),
        (CHAIN[1],),
        (log.BadLog,),
    )
    yield Parser(
        (f"{at}manifest.log:check_chain",),
        "json",
        lambda value: log.check_chain(_objects(value)),
        (CHAIN,),
        (log.BadLog,),
    )
    yield Parser(
        (f"{at}manifest.merkle:verify_inclusion",), "json", _verified, ({"index": 0, "count": 1, "path": []},), ()
    )
    yield Parser(
        (f"{at}manifest.key_words:key_from_words",),
        "text",
        key_words.key_from_words,
        (" ".join(key_words.key_words(made.STEWARD_KEY)),),
        malformed,
    )
    yield Parser(
        (f"{at}ballot.cast:parse_cast",),
        "bytes",
        ballot.parse_cast,
        (ballot.encode_cast(CAST),),
        (ballot.WrongSize, *malformed),
    )
    for payload, purpose in (
        (ballot.AnswersPayload({"TS1": 4, "TS2": 1}), "ballot"),
        (ballot.CommentPayload("We say it early."), "comment"),
    ):
        yield Parser(
            (f"{at}ballot.payload:decode_payload", purpose),
            "bytes",
            lambda plaintext, purpose=purpose: ballot.decode_payload(plaintext, purpose=purpose, codes=made.CODES),
            (ballot.encode_payload(payload),),
            (ballot.BadPayload,),
        )
    yield Parser(
        (f"{at}ballot.sealing:open_sealed",),
        "bytes",
        lambda ciphertext: ballot.open_sealed(ciphertext, box_key=made.BOX_KEY, slot=SLOT, **PLACE),
        (CAST.ciphertext,),
        (ballot.CannotOpen,),
    )


def of_releases() -> Iterator[Parser]:
    at = "andon.kernel.disclosure."
    policy = disclosure.Policy()
    opened = tuple({"IN1": value, "IN2": 6 - value} for value in (1, 2, 3, 4, 5, 5))
    published = disclosure.publish_unit(
        disclosure.UnitAnswers(UNITS[0], 8, opened), policy=policy, statements=("IN1", "IN2")
    )
    few = disclosure.publish_unit(
        disclosure.UnitAnswers(UNITS[0], 8, opened[:2]), policy=policy, statements=("IN1", "IN2")
    )
    yield Parser(
        (f"{at}release:Policy.from_json",),
        "json",
        disclosure.Policy.from_json,
        (policy.to_json(),),
        (release.MalformedPolicy,),
    )
    yield Parser(
        (f"{at}release:UnitRelease.from_json",),
        "json",
        disclosure.UnitRelease.from_json,
        (published.release.to_json(), few.release.to_json()),
        (release.MalformedRelease,),
    )
    group = {"group": UNITS[0], "histograms": {"IN1": [1, 2, 3, 4, 5, 0]}, "noise": 2_500, "people": 120}
    yield Parser(
        (f"{at}above:GroupRelease.from_json", f"{at}above:GroupRelease._read"),
        "json",
        above.GroupRelease.from_json,
        (group, {"group": UNITS[0], "people": 40, "reason": "under_a_hundred"}),
        (release.MalformedRelease,),
    )
    yield Parser(
        (f"{at}comments:CommentsRelease.from_json",),
        "json",
        comments.CommentsRelease.from_json,
        ({"reason": "too_few_ballots"}, {"count": 3, "digest": "0" * 64}),
        (comments.MalformedComments,),
    )
    yield Parser(
        (f"{at}slow:Remembered.from_json",),
        "json",
        slow.Remembered.from_json,
        tuple(one.to_json() for one in published.remembered.values()),
        (slow.MalformedMemory,),
    )


def of_the_doors() -> Iterator[Parser]:
    asking = {"blinded": [{"purpose": "ballot", "value": wire.b64u(bytes(32))}], "round": made.ROUND}
    yield Parser(
        ("andon.features.issuance.views:read_asked", "andon.features.issuance.views:_json"),
        "bytes",
        issuance.read_asked,
        (as_json(asking),),
        (wire.Malformed,),
    )
    headers = {"host": "answer.localhost", "content-type": "application/json", "content-length": "4096", "cookie": "a"}
    yield Parser(
        ("andon.features.issuance.together:read",),
        "json",
        lambda value: slips_together.read(_headers(value), b"{}"),
        (headers,),
    )
    yield Parser(
        ("andon.features.ballots.together:read",),
        "json",
        lambda value: casts_together.read(_headers(value), bytes(ballot.CAST_BODY_BYTES)),
        (headers,),
    )
    room, secret = memory.CODE_LETTERS[:1] * memory.CODE_LENGTH, wire.b64u(bytes(16))
    values = {
        "choice": 5, "code": room, "key": secret, "seat": secret, "statement": {"text": "We say it."}, "turn": 1
    }  # fmt: skip
    for deed, names in rooms.FIELDS.items():
        yield Parser(
            ("andon.features.rooms.requests:read", deed, *_ROOM_READERS),
            "bytes",
            lambda body, deed=deed: rooms.read(deed, body),
            (wire.canonical({name: values[name] for name in names}),),
            (wire.Malformed,),
        )
    yield Parser(
        ("andon.foundation.tokens.public:grant_for",),
        "text",
        lambda sent: tokens.grant_for(sent, on=date(2026, 11, 23)),
        ("andon_0123456789ab_secret",),
        needs_database=True,
    )


_ROOM_READERS = tuple(
    f"andon.features.rooms.requests:read_{name}" for name in ("code", "secret", "turn", "choice", "statement")
)


def of_files() -> Iterator[Parser]:
    yield Parser(
        ("andon.features.instruments.parsing:parse", "andon.features.instruments.yaml_parts:read"),
        "bytes",
        instruments.parse,
        (SMALL.encode(),),
        (InstrumentError,),
    )
    yield Parser(
        ("andon.foundation.organisation.people_file:read_people", "andon.foundation.organisation.people_file:_decode"),
        "bytes",
        people_file.read_people,
        (
            b"email,name,team,starts\nada@example.org,Ada,Lanternworks / Security,2026-11-01\n",
            "email;name;team\nbo@example.org;B\u00f6;A / B\n".encode("utf-16"),
        ),
    )
    first = marks._FIRST_LINE.encode()
    yield Parser(
        ("andon.features.privacy.marks:read",),
        "bytes",
        in_a_file(marks.read),
        (first + b"\n" + b"0" * 64 + b"\n", first + b"\n"),
        (marks.BadList,),
    )
    yield Parser(
        ("andon.gateways.backup.restoring:read_erasures",),
        "bytes",
        in_a_file(lambda file: restoring.read_erasures([file])),
        (first + b"\n",),
        (restoring.RestoreRefused,),
    )
    yield Parser(
        ("andon.gateways.backup.restoring:read_entries",),
        "bytes",
        in_a_file(lambda file: restoring.read_entries([file])),
        (as_json({"entries": CHAIN}),),
        (restoring.RestoreRefused,),
    )
    yield Parser(
        ("andon.gateways.backup.restoring:checked_log", "andon.gateways.backup.restoring:_entry"),
        "bytes",
        lambda content: restoring.checked_log([content], [], HEAD),
        (wire.canonical(CHAIN[0]),),
        (restoring.RestoreRefused,),
    )
    yield Parser(
        ("andon.gateways.backup.restoring:Looked.row", "andon.gateways.backup.lines:_checked_heading"),
        "bytes",
        lambda content: _archive_lines(content, restoring.Looked()),
        (_archive(),),
        (lines.BadArchive,),
    )
    yield Parser(
        ("andon.features.rounds.signing:_read_signed",),
        "bytes",
        signing._read_signed,
        (as_json({"body": {}, "kind": "delegation", "signature": "a", "steward_key": "b"}),),
        (signing.DelegationRefused,),
    )
    yield Parser(
        ("andon.features.setup.code:_parse",), "text", code._parse, ("ABCD-EFGH-JKLM\n2\n", "ABCD-EFGH-JKLM"), ()
    )
    yield Parser(
        ("andon.gateways.backup.lines:Parser.take",), "bytes", _archive_lines, (_archive(),), (lines.BadArchive,)
    )
    yield Parser(
        ("andon.gateways.backup.envelope:read",),
        "bytes",
        _archive_file,
        (_sealed(zlib.compress(_archive())),),
        (lines.BadArchive,),
    )
    yield Parser(
        ("andon.gateways.backup.envelope:_Opened.__init__", "andon.gateways.backup.envelope:_Opened.write"),
        "bytes",
        lambda packed: _archive_file(_sealed(packed)),
        (zlib.compress(_archive()),),
        (lines.BadArchive,),
    )
    yield Parser(
        ("andon.foundation.last_backup:read",),
        "bytes",
        in_a_file(lambda file: last_backup.read(file.parent), last_backup.NAME),
        (as_json({"at": NOON.isoformat(), "destination": "/backups"}),),
        (last_backup.Unreadable,),
    )
    yield Parser(
        ("andon.gateways.cli.env_file:read",),
        "bytes",
        in_a_file(lambda file: env_file.read(file.parent), env_file.NAME),
        (b"# Ports\nANDON_PORT=8000\n",),
        (env_file.BadEnvFile,),
    )
    yield Parser(
        ("andon.gateways.cli.durations:duration",),
        "text",
        durations.duration,
        ("30m", "2h"),
        (argparse.ArgumentTypeError,),
    )
    yield Parser(
        ("andon.gateways.cli.addresses:read_origin",),
        "text",
        lambda text: origins.read_origin("ANDON_APP_ORIGIN", text),
        ("https://andon.example.org", "http://localhost:8000"),
        (origins.BadAddresses,),
    )


def _sealed(content: bytes) -> bytes:
    return pyrage.encrypt(content, [IDENTITY.to_public()])


def _archive_file(content: bytes) -> object:
    return in_a_file(lambda file: envelope.read(file, [IDENTITY], lines.Listener()))(content)


def of_links() -> Iterator[Parser]:
    """What stands in the address of a letter or comes from a provider."""
    yield Parser(
        ("andon.foundation.people.links:read",),
        "text",
        lambda token: links.read("password", token, lasts=timedelta(days=1)),
        (f"{made.ROUND}:1abcde:signature",),
        needs_database=True,
    )
    yield Parser(
        ("andon.foundation.people.addresses:read",),
        "text",
        addresses.read,
        (f"{made.ROUND}:signature",),
        needs_database=True,
    )
    yield Parser(
        ("andon.foundation.providers.rescue:read",),
        "text",
        rescue.read,
        (f"{made.ROUND}:1abcde:signature",),
        needs_database=True,
    )
    yield Parser(
        ("andon.foundation.configuration.sealing:open_sealed",),
        "text",
        sealing.open_sealed,
        (sealing.seal("a password"),),
        (sealing.CannotOpen,),
    )
    yield Parser(
        ("andon.foundation.providers.oidc:read_id_token",),
        "text",
        _id_token,
        (jwt.encode(CLAIMS, PROVIDER_KEY, algorithm="RS256", headers={"kid": "one"}),),
        (oidc.NotTrusted,),
    )


def of_the_verifier() -> Iterator[Parser]:
    yield Parser(
        (
            "andon.verifier.unit_file:parse",
            "andon.verifier.unit_file:_parse",
            "andon.verifier.unit_file:_place",
        ),
        "bytes",
        unit_file.parse,
        (UNIT_FILE, as_json(SEATED.unit_file())),
        (unit_file.BadUnitFile,),
    )
    request = {"body": DELEGATION, "kind": "delegation", "steward_key": wire.b64u(STEWARD)}
    yield Parser(("andon.verifier.steward:parse",), "bytes", steward.parse, (as_json(request),), (steward.CannotSign,))
    yield Parser(
        ("andon.verifier.steward:read_key",),
        "text",
        steward.read_key,
        (wire.b64u(made.STEWARD_KEY), " ".join(key_words.key_words(made.STEWARD_KEY))),
        (steward.CannotSign,),
    )
    yield Parser(
        ("andon.verifier.verification:_parse_receipt",),
        "text",
        verification._parse_receipt,
        (ORGANISATION.receipt(),),
        (verification.BadReceipt,),
    )
    yield Parser(
        ("andon.verifier.verification:_json",), "bytes", verification._json, (as_json(CHAIN),), (wire.Malformed,)
    )
    pin = {"app": "https://andon.example.org", "hash": "0" * 64, "index": 3, "steward_key": wire.b64u(STEWARD)}
    yield Parser(
        ("andon.verifier.pins:load", "andon.verifier.pins:_parse"),
        "bytes",
        in_a_file(pins.load),
        (as_json({made.drawn("org", 16).hex(): pin}),),
        (pins.CannotPin,),
    )
