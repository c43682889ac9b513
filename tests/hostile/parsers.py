"""Every function that turns what comes from outside into a value: what it may be given, and what it may raise.

`test_parsers.py` gives each of them whatever there is, and looks in the sources for one that is not here.
"""

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.exceptions import ValidationError

from andon.features.ballots import together as casts_together
from andon.features.instruments import parsing as instruments
from andon.features.instruments import refusals, yaml_parts
from andon.features.issuance import together as slips_together
from andon.features.issuance import views as slips
from andon.features.privacy import marks
from andon.features.rooms import requests as rooms
from andon.features.rounds import signing
from andon.features.setup import code as setup_code
from andon.foundation import last_backup
from andon.foundation.configuration import origins, sealing
from andon.foundation.notifications import choices as mail_choices
from andon.foundation.organisation import people_file
from andon.foundation.people import addresses as people_addresses
from andon.foundation.people import links
from andon.foundation.providers import asking, oidc, rescue
from andon.foundation.tokens import public as tokens
from andon.gateways.backup import envelope, lines, restoring
from andon.gateways.cli import addresses as cli_addresses
from andon.gateways.cli import env_file, serve
from andon.gateways.cli.refusal import Refusal
from andon.kernel import ballot, manifest, wire
from andon.kernel.disclosure import comments, release, slow
from andon.kernel.disclosure.above import GroupRelease
from andon.kernel.manifest import key_words, schema
from andon.verifier import pins, steward, unit_file, verification
from tests.kernel.made import BOX_KEY, CODES, ROUND, UNIT, a_cast, drawn
from tests.verifier import made

SOURCES = Path(__file__).parents[2] / "src" / "andon"
PEOPLE = "e-mail,name,team,role,start\nada@example.org,Ada,Top/Cats,lead,2026-01-02\nbo@example.org,Bo,Top/Cats,,\n"
DELEGATION = {
    "andon": "v1",
    "delegate": wire.b64u(drawn("delegate")),
    "from": "2026-11-27T09:00:00Z",
    "organisation": ROUND,
    "previous": "0" * 64,
    "until": "2027-02-27T09:00:00Z",
}


@dataclass(frozen=True, slots=True)
class Parser:
    """One function. It takes bytes, text (`unicode`: as the doors hand it on) or a value of JSON (`objects`: a list of
    them), and raises nothing but what is declared.

    `names` is what it covers: places in the sources, as `test_parsers.py` finds them. With a `writer`, whatever is
    read and written again is read as the same; where only one spelling is right (`canonical`), it is the same bytes.
    """

    names: str
    takes: str
    call: Callable[[Any], Any]
    raises: tuple[type[Exception], ...] = ()
    examples: tuple[Any, ...] = ()
    writer: Callable[[Any], Any] | None = None
    canonical: bool = False
    needs_database: bool = False
    # No good one can be made up here, so the examples are only near to one.
    refuses_examples: bool = False
    # How much it is given where its costs are measured: what is slow by nature, such as YAML, gets less.
    longest: int = 64_000

    @property
    def name(self) -> str:
        return self.names.split()[0]


def in_file(call: Callable[[Path], Any], name: str = "given") -> Callable[[bytes], Any]:
    """For what reads a file: these bytes are in it."""

    def read(content: bytes) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / name
            file.write_bytes(content)
            file.chmod(0o600)
            return call(file)

    return read


def in_folder(call: Callable[[Path], Any], name: str) -> Callable[[bytes], Any]:
    return in_file(lambda file: call(file.parent), name)


@cache
def organisation() -> made.Organisation:
    return made.Organisation.whole(seated=True)


def entries() -> list[Any]:
    return [dict(entry) for entry in organisation().entries]


def verifying(address: str) -> Callable[[bytes], Any]:
    """The whole verifier, where the server answers this address with these bytes, and every other one honestly."""

    def run(content: bytes) -> Any:
        server = made.Server(organisation())
        server.app, server.door = "https://andon.example.org", "https://answer.example.org"
        if address:
            server.answers[address] = (200, content)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "unit.json"
            file.write_bytes(content if not address else json.dumps(organisation().unit_file()).encode())

            def fetch(url: str, most: int) -> bytes:
                from andon.verifier.fetching import CannotFetch, NotServed

                status, body = server.answer(url.removeprefix(server.app).removeprefix(server.door))
                if status != 200:
                    raise NotServed(str(status))
                if len(body) > most:
                    raise CannotFetch("too long")
                return body

            report = verification.verify(server.app, unit_file=file, receipt=organisation().receipt(), fetch=fetch)
        return report.exit_code if hasattr(report, "exit_code") else report

    return run


def honest(address: str) -> bytes:
    server = made.Server(organisation())
    server.app, server.door = "https://andon.example.org", "https://answer.example.org"
    return server.answer(address)[1]


def backup(*more: Any) -> bytes:
    """The inside of a whole backup."""
    heading = {"version": "1", "at": "2026-11-28T10:00:00+00:00", "migrations": {"ballots": [["ballots", "0001"]]}}
    parser_lines = [lines.object_line(andon_backup=1, **heading), lines.object_line(database="ballots")]
    table = lines.Table("ballots", "publiclog.LogEntry", ("index", "content"))
    parser_lines.append(lines.object_line(table=table.model, fields=table.fields))
    for row in ([0, lines.encode(b"{}")], [1, lines.encode(b"[]")], *more):
        parser_lines.append(lines.line(row))
        table.add(parser_lines[-1])
    parser_lines.append(lines.object_line(end={"tables": {table.name: table.sum()}, "head": None}))
    return b"".join(parser_lines)


def read_backup(content: bytes) -> Any:
    parser = lines.Parser(restoring.Looked())
    splitter = lines.Splitter(parser.take)
    splitter.feed(content)
    splitter.finish()
    return parser.finish()


def read_envelope(content: bytes) -> Any:
    return in_file(lambda file: envelope.read(file, [identity()], lines.Listener()))(content)


@cache
def identity() -> Any:
    return envelope.pyrage.x25519.Identity.generate()


@cache
def sealed_backup() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "backup"
        envelope.write(file, iter([backup()]), [identity().to_public()])
        return file.read_bytes()


PLACE: dict[str, Any] = {"round_id": ROUND, "unit_id": UNIT, "purpose": "ballot", "slot": drawn("slot"), "sequence": 1}


def opened(ciphertext: bytes) -> bytes:
    return ballot.open_sealed(ciphertext, box_key=BOX_KEY, **PLACE)


def sealed_ballot() -> bytes:
    return ballot.seal(plaintext(), box_public_key=ballot.box_public_key(BOX_KEY), **PLACE)


@cache
def _provider_key() -> Any:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def provider_keys() -> dict[str, Any]:
    shown = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(_provider_key().public_key()))
    return {"k": jwt.PyJWK.from_dict(shown | {"alg": "ES256"})}


def id_token() -> str:
    now = int(time.time())
    claims = {"aud": "c", "exp": now + 86_400, "iat": now, "iss": "https://id", "nonce": "n", "sub": "bo"}
    return jwt.encode(claims, _provider_key(), "ES256", headers={"kid": "k"})


def headers_of(text: str) -> list[tuple[str, str]]:
    return [("content-type", "application/json"), ("content-length", text), ("host", text), ("cookie", text)]


def instrument(name: str = "andon-security.yaml") -> bytes:
    return (SOURCES / "features" / "instruments" / "content" / name).read_bytes()


def cast_body() -> bytes:
    return ballot.encode_cast(a_cast())


def plaintext() -> bytes:
    return ballot.encode_payload(ballot.AnswersPayload({"TS1": 4, "TS2": 2}))


def manifest_body() -> Any:
    return next(entry["body"] for entry in entries() if entry["kind"] == "manifest")


def request_to_sign() -> bytes:
    return json.dumps({"body": DELEGATION, "kind": "delegation", "steward_key": wire.b64u(drawn("key"))}).encode()


BODIES: dict[str, Any] = {
    "bundle": {"files": {"answer.html": "0" * 64}, "reason": "A fault was mended.", "round": ROUND},
    "delegation": DELEGATION,
    "void": {"reason": "key_lost", "round": ROUND},
}
UNIT_RELEASE = {
    "ballots": 6,
    "counts": {"TS1": 6, "TS2": 4},
    "figures": {"TS1": {"band": "high", "n": 6}},
    "roster": 7,
    "silent": {"TS2": "too_many_changes"},
    "unit": UNIT,
}
ROOM_FIELDS: dict[str, Any] = {
    "choice": 5,
    "code": "2" * rooms.CODE_LENGTH,
    "key": "k" * 22,
    "seat": "s" * 22,
    "statement": {"text": "We say it."},
    "turn": 1,
}
GROUP_RELEASE = {"group": ROUND, "histograms": {"TS1": [1, 2, 3, 4, 5, 0]}, "noise": 1500, "people": 120}
REMEMBERED = {"band": "high", "changes": 1, "kept": True, "margin_rounds": 0, "silent": 2, "swaps": False}
BAD_LOG = (manifest.BadLog,)
MALFORMED = (wire.Malformed,)

PARSERS: tuple[Parser, ...] = (
    # The wire.
    Parser(
        "kernel/wire.parse_canonical",
        "bytes",
        wire.parse_canonical,
        MALFORMED,
        (b'{"a":[1,"x"],"b":null}',),
        writer=wire.canonical,
        canonical=True,
    ),
    Parser(
        "kernel/wire.unb64u",
        "value",
        wire.unb64u,
        MALFORMED,
        ("_w", "dIgPlsf-QyPRnH-v"),
        writer=wire.b64u,
        canonical=True,
    ),
    Parser(
        "kernel/wire.canonical kernel/wire._check_json",
        "value",
        wire.canonical,
        MALFORMED,
        ({"a": [1]},),
        writer=wire.parse_canonical,
    ),
    Parser("kernel/wire.check_id", "value", wire.check_id, MALFORMED, (ROUND,)),
    Parser("kernel/wire.check_digest", "value", wire.check_digest, MALFORMED, ("0" * 64,)),
    Parser("kernel/wire.check_purpose", "value", wire.check_purpose, MALFORMED, ("ballot/AA1", "comment")),
    Parser(
        "kernel/wire.check_keys",
        "value",
        lambda value: wire.check_keys(value, frozenset({"a"})),
        MALFORMED,
        ({"a": 1},),
    ),
    # Ballots.
    Parser(
        "kernel/ballot/cast.parse_cast",
        "bytes",
        ballot.parse_cast,
        (wire.Malformed, ballot.WrongSize),
        (cast_body(),),
        writer=ballot.encode_cast,
        canonical=True,
    ),
    Parser(
        "kernel/ballot/payload.decode_payload kernel/ballot/payload._check_scale",
        "bytes",
        lambda given: ballot.decode_payload(given, purpose="ballot", codes=CODES),
        (ballot.BadPayload,),
        (plaintext(),),
        writer=ballot.encode_payload,
        canonical=True,
    ),
    Parser("kernel/ballot/sealing.open_sealed", "bytes", opened, (ballot.CannotOpen,), (sealed_ballot(),)),
    Parser(
        "features/ballots/together.read",
        "text",
        lambda text: casts_together.read(headers_of(text), bytes(ballot.CAST_BODY_BYTES)),
        (),
        ("4096",),
    ),
    # Slips.
    Parser(
        "features/issuance/views.read_asked features/issuance/views._json",
        "bytes",
        slips.read_asked,
        MALFORMED,
        (json.dumps({"blinded": [{"purpose": "ballot", "value": "_w"}], "round": ROUND}).encode(),),
    ),
    Parser(
        "features/issuance/together.read", "text", lambda text: slips_together.read(headers_of(text), b"{}"), (), ("2",)
    ),
    # Manifest and log.
    Parser(
        "kernel/manifest/schema.check_manifest kernel/manifest/schema._check_manifest "
        "kernel/manifest/schema._check_purposes kernel/manifest/schema._check_questions "
        "kernel/manifest/schema._check_policy",
        "value",
        manifest.check_manifest,
        (manifest.BadManifest,),
        (manifest_body(),),
    ),
    *(
        Parser(
            f"kernel/manifest/schema.check_body {kind}",
            "value",
            lambda value, kind=kind: manifest.check_body(kind, value),
            MALFORMED,
            tuple(entry["body"] for entry in entries() if entry["kind"] == kind) or (BODIES[kind],),
        )
        for kind in sorted(schema.KINDS)
    ),
    Parser(
        "kernel/manifest/schema.read_time",
        "value",
        manifest.read_time,
        (manifest.BadDates,),
        ("2026-11-27T09:00:00Z",),
        writer=wire.utc_text,
        canonical=True,
    ),
    Parser(
        "kernel/manifest/log.check_chain kernel/manifest/log.check_entry kernel/manifest/log.check_delegation "
        "kernel/manifest/log._check_closing kernel/manifest/log._check_shape kernel/manifest/log._check_signer "
        "kernel/manifest/log._check_signature",
        "objects",
        manifest.check_chain,
        BAD_LOG,
        (entries(),),
    ),
    Parser(
        "kernel/manifest/roster.check_leaf",
        "value",
        manifest.check_leaf,
        MALFORMED,
        (organisation().leaves[made.UNITS[0]],),
        writer=lambda leaf: leaf,
    ),
    Parser(
        "kernel/manifest/roster.parse_opening kernel/manifest/roster.Opening.parse kernel/manifest/roster.Seat.parse"
        " kernel/manifest/roster.SeatedOpening.parse",
        "value",
        manifest.parse_opening,
        MALFORMED,
        (organisation().unit_file()["opening"], manifest.Opening(bytes(32), "Cats", ("a", "b")).to_wire()),
        writer=lambda opening: opening.to_wire(),
    ),
    Parser(
        "kernel/manifest/roster.check_opening",
        "value",
        lambda value: manifest.check_opening(organisation().leaves[made.UNITS[0]], manifest.parse_opening(value)),
        (wire.Malformed, manifest.BadOpening),
        (organisation().unit_file()["opening"],),
    ),
    Parser(
        "kernel/manifest/merkle.verify_inclusion",
        "bytes",
        lambda given: manifest.verify_inclusion(
            given[:64],
            index=int.from_bytes(given[64:68]),
            count=int.from_bytes(given[68:72]),
            path=[given[at : at + 32] for at in range(72, len(given), 32)],
            root=given[:32].ljust(32, b"0"),
        ),
        MALFORMED,
        (bytes(72 + 96),),
    ),
    Parser(
        "kernel/manifest/key_words.key_from_words",
        "text",
        key_words.key_from_words,
        MALFORMED,
        (" ".join(key_words.key_words(drawn("key"))),),
        writer=lambda key: " ".join(key_words.key_words(key)),
    ),
    # Releases.
    Parser(
        "kernel/disclosure/release.Policy.from_json",
        "value",
        release.Policy.from_json,
        (release.MalformedPolicy,),
        (release.Policy().to_json(),),
        writer=lambda policy: policy.to_json(),
    ),
    Parser(
        "kernel/disclosure/release.UnitRelease.from_json",
        "value",
        release.UnitRelease.from_json,
        (release.MalformedRelease,),
        (UNIT_RELEASE,),
        writer=lambda read: read.to_json(),
    ),
    Parser(
        "kernel/disclosure/above.GroupRelease.from_json kernel/disclosure/above.GroupRelease._read",
        "value",
        GroupRelease.from_json,
        (release.MalformedRelease,),
        (GROUP_RELEASE,),
        writer=lambda read: read.to_json(),
    ),
    Parser(
        "kernel/disclosure/comments.CommentsRelease.from_json",
        "value",
        comments.CommentsRelease.from_json,
        (comments.MalformedComments,),
        ({"count": 2, "digest": "0" * 64}, {"reason": "too_few_ballots"}),
        writer=lambda read: read.to_json(),
    ),
    Parser(
        "kernel/disclosure/slow.Remembered.from_json",
        "value",
        slow.Remembered.from_json,
        (slow.MalformedMemory,),
        (REMEMBERED,),
        writer=lambda read: read.to_json(),
    ),
    Parser(
        "kernel/disclosure/comments._readable",
        "text",
        comments._readable,
        (),
        ("Words\n\n\nof somebody",),
        longest=4_000,
    ),
    # The verifier.
    Parser(
        "verifier/unit_file.parse verifier/unit_file._parse",
        "bytes",
        unit_file.parse,
        (unit_file.BadUnitFile,),
        (json.dumps(organisation().unit_file()).encode(),),
    ),
    Parser(
        "verifier/pins.load verifier/pins._parse",
        "bytes",
        in_file(pins.load),
        (pins.CannotPin,),
        (json.dumps({ROUND: {"app": "x", "hash": "0" * 64, "index": 1, "steward_key": "k"}}).encode(),),
    ),
    Parser(
        "verifier/steward.parse",
        "bytes",
        lambda raw: steward.parse(raw).in_words(),
        (steward.CannotSign,),
        (request_to_sign(),),
    ),
    Parser("verifier/steward.read_key", "text", steward.read_key, (steward.CannotSign,), (wire.b64u(drawn("key")),)),
    Parser(
        "verifier/verification._parse_receipt",
        "text",
        verification._parse_receipt,
        (verification.BadReceipt,),
        (organisation().receipt(),),
        writer=":".join,
    ),
    Parser(
        "verifier/verification.verify",
        "text",
        lambda url: verification.verify(url, fetch=lambda _url, _most: b"{}"),
        (),
        ("https://andon.example.org",),
    ),
    *(
        Parser(
            f"verifier/verification.verify {address or 'unit-file'}",
            "bytes",
            verifying(address),
            (),
            (honest(address) if address else json.dumps(organisation().unit_file()).encode(),),
        )
        for address in ("", "/.well-known/andon", "/log/head", "/log/?from=0")
    ),
    # Rooms.
    *(
        Parser(
            f"features/rooms/requests.read {deed}",
            "bytes",
            lambda body, deed=deed: rooms.read(deed, body),
            MALFORMED,
            (wire.canonical({name: ROOM_FIELDS[name] for name in rooms.FIELDS[deed]}),),
        )
        for deed in sorted(rooms.FIELDS)
    ),
    *(
        Parser(f"features/rooms/requests.{name}", "value", getattr(rooms, name), MALFORMED, (example,))
        for name, example in (
            ("read_code", "2" * rooms.CODE_LENGTH),
            ("read_secret", "k" * 22),
            ("read_turn", 1),
            ("read_choice", 5),
            ("read_statement", {"text": "We say it."}),
        )
    ),
    # Files that stewards choose or write.
    Parser(
        "foundation/organisation/people_file.read_people foundation/organisation/people_file._decode "
        "foundation/organisation/people_file._Dates.read foundation/organisation/people_file._check_columns",
        "bytes",
        lambda content: people_file.read_people(content, on=date(2026, 11, 28)),
        (),
        (PEOPLE.encode(), PEOPLE.replace(",", ";").encode("utf-16"), b"sep=;\r\n" + PEOPLE.encode("cp1252")),
    ),
    Parser(
        "features/instruments/parsing.parse features/instruments/yaml_parts.read "
        "features/instruments/yaml_parts._check_letters features/instruments/parsing._check_statements",
        "bytes",
        instruments.parse,
        (refusals.InstrumentError,),
        (instrument(), instrument("dora-culture.yaml")),
        longest=8_000,
    ),
    Parser(
        "features/instruments/yaml_parts.read text",
        "text",
        yaml_parts.read,
        (refusals.InstrumentError,),
        ("id: a\nfacets:\n- name: 'x'\n",),
        longest=8_000,
    ),
    # Files of this machine.
    Parser(
        "features/privacy/marks.read features/privacy/marks.read_or_none",
        "bytes",
        in_file(marks.read_or_none),
        (marks.BadList,),
        (b"people erased from Andon, 1\n" + b"0" * 64 + b"\n",),
    ),
    Parser(
        "features/rounds/signing._read_key",
        "bytes",
        in_file(signing._read_key),
        (signing.StewardKeyMissing,),
        (wire.b64u(drawn("key")).encode(),),
    ),
    Parser(
        "features/rounds/signing._read_signed",
        "bytes",
        signing._read_signed,
        (signing.DelegationRefused,),
        (json.dumps({"body": DELEGATION, "kind": "delegation", "signature": "s", "steward_key": "k"}).encode(),),
    ),
    Parser(
        "features/setup/code._read features/setup/code._parse",
        "bytes",
        in_folder(setup_code.current, setup_code.NAME),
        (),
        (b"ABCD-EFGH-JKMN-PQRS\n3\n",),
    ),
    Parser(
        "foundation/last_backup.read",
        "bytes",
        in_folder(last_backup.read, last_backup.NAME),
        (last_backup.Unreadable,),
        (b'{"at": "2026-11-28T10:00:00+00:00", "destination": "x"}',),
    ),
    Parser(
        "gateways/cli/env_file.read",
        "bytes",
        in_folder(env_file.read, env_file.NAME),
        (env_file.BadEnvFile,),
        (b"# Kept\nANDON_APP_ORIGIN='https://andon.example.org'\n",),
    ),
    # Backups.
    Parser("gateways/backup/lines.Parser.take", "bytes", read_backup, (lines.BadArchive,), (backup(),)),
    Parser("gateways/backup/envelope.read", "bytes", read_envelope, (lines.BadArchive,), (sealed_backup(),)),
    Parser(
        "gateways/backup/envelope.recipients_from",
        "text",
        lambda text: envelope.recipients_from([text]),
        (envelope.BadRecipient,),
        (str(identity().to_public()), "ssh-ed25519 AAAA"),
    ),
    Parser(
        "gateways/backup/envelope.identities_from",
        "bytes",
        in_file(envelope.identities_from),
        (envelope.BadIdentity,),
        (f"# a comment\n{identity()}\n".encode(), b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n"),
    ),
    Parser(
        "gateways/backup/restoring.read_entries",
        "bytes",
        in_file(lambda file: restoring.read_entries([file])),
        (restoring.RestoreRefused,),
        (json.dumps({"entries": entries()}).encode(),),
    ),
    Parser(
        "gateways/backup/restoring.checked_log",
        "bytes",
        lambda content: restoring.checked_log([content], [], manifest.entry_hash(organisation().entries[0])),
        (restoring.RestoreRefused,),
        (wire.canonical(entries()[0]),),
    ),
    Parser(
        "gateways/backup/restoring.read_erasures",
        "bytes",
        in_file(lambda file: restoring.read_erasures([file])),
        (restoring.RestoreRefused,),
        (b"people erased from Andon, 1\n" + b"0" * 64 + b"\n",),
    ),
    # Settings and addresses.
    Parser("foundation/configuration/origins.split", "text", origins.split, (), ("https://andon.example.org:8443",)),
    Parser(
        "gateways/cli/addresses.read_origin gateways/cli/addresses.check gateways/cli/serve.check_origins",
        "text",
        lambda text: cli_addresses.check(text, "https://answer.example.org"),
        (cli_addresses.BadAddresses,),
        ("https://andon.example.org",),
    ),
    Parser(
        "gateways/cli/serve.address",
        "text",
        lambda text: serve.address("ANDON_APP_BIND", text),
        (Refusal,),
        ("127.0.0.1:8000", "[::1]:8000"),
    ),
    Parser("gateways/cli/serve._count", "text", lambda text: serve._count("X", {"X": text}, 1), (Refusal,), ("4",)),
    Parser(
        "foundation/configuration/sealing.open_sealed",
        "text",
        sealing.open_sealed,
        (sealing.CannotOpen,),
        (sealing.seal("x"),),
    ),
    Parser(
        "foundation/notifications/choices.check_sender",
        "text",
        mail_choices.check_sender,
        (ValidationError,),
        ("Andon <andon@example.org>",),
    ),
    Parser("foundation/providers/asking.host_of", "text", asking.host_of, (asking.NotAsked,), ("https://id.example",)),
    Parser(
        "foundation/providers/asking.check_scheme",
        "text",
        asking.check_scheme,
        (asking.NotAsked,),
        ("https://id.example:8443/",),
    ),
    # Links, tokens and what providers say.
    Parser(
        "foundation/providers/oidc.read_id_token",
        "text",
        lambda token: oidc.read_id_token(
            token, configuration={"issuer": "https://id"}, client_id="c", nonce="n", keys=provider_keys()
        ),
        (oidc.NotTrusted,),
        (id_token(), "eyJhbGciOiJSUzI1NiJ9.e30.AA"),
    ),
    Parser(
        "foundation/people/links.read",
        "unicode",
        lambda token: links.read("rescue", token, lasts=timedelta(minutes=1)),
        (),
        ("0" * 32 + ":aaaaaa:sig",),
        needs_database=True,
    ),
    Parser(
        "foundation/providers/rescue.read", "unicode", rescue.read, (), ("0" * 32 + ":aaaaaa:sig",), needs_database=True
    ),
    Parser(
        "foundation/people/addresses.read",
        "unicode",
        people_addresses.read,
        (),
        ("0" * 32 + ":sig",),
        needs_database=True,
    ),
    Parser(
        "foundation/tokens/public.grant_for",
        "unicode",
        lambda sent: tokens.grant_for(sent, on=date(2026, 11, 28)),
        (),
        ("andon_0123456789abcdef_secret",),
        needs_database=True,
    ),
)

# What has such a name and reads nothing that somebody could have made up.
_EXCUSES = {
    "reads a row, a box or a key of this service by its name, which was checked": """
        features/ballots/keys.KeyDirectory.read features/ballots/services.open_box features/ballots/services.read_box
        features/rounds/services.open_round features/rounds/tasks.open_round foundation/organisation/waiting.read
        foundation/organisation/tasks.read_people_file foundation/configuration/public.read
        foundation/configuration/public.read_all features/instruments/queries.load features/results/paper._read""",
    "what the service stored itself, under a digest that is compared": """
        features/releases/public.FinishedGroup.from_json features/releases/public.FinishedUnit.from_json""",
    "a variable of the environment, or a file of the machine, as it stands": """
        project/settings/base.read_secret project/settings/base.read_flag
        project/settings/base.read_count gateways/doctor/place.Place.read
        verifier/steward._read""",
    "bytes of a request, which tests/doors/test_whole_requests.py sends in every way": """
        project/whole_requests.WholeRequests._read project/whole_requests.WholeRequests._read_into""",
    "what ships inside the program, and is read by its tests": "features/guide/parsing.read",
    "a piece of the verifier, all of which is run by `verify`": "verifier/verification._Run._read_log",
    "not a parser: it hands a request on, runs a command or walks a tree": """
        features/rooms/views._from gateways/cli/backing_up._verify gateways/cli/command._verify
        kernel/disclosure/units._from_the_top gateways/doctor/machine._open_to_others""",
}
EXCUSED = {name: reason for reason, names in _EXCUSES.items() for name in names.split()}
