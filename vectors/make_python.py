"""Write andon-python.json: what the Python implementation makes, for the other one to check.

Run it from the repository: `python vectors/make_python.py`. Everything follows from the constants below, except
sealed ballots and proofs, which draw their own randomness: those are kept from the file as long as they still hold,
so a second run changes nothing.
"""

import hashlib
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from voprf.ristretto import Evaluator

from andon.kernel import ballot, credential, manifest, wire

HERE = Path(__file__).parent
TARGET = HERE / "andon-python.json"


def drawn(label: str, length: int = 32) -> bytes:
    """Test randomness: a function of its label, so that nothing here is a secret anybody uses."""
    return hashlib.shake_256(b"andon vectors, python: " + label.encode()).digest(length)


SEED, BOX_KEY, ISSUANCE_KEY, STEWARD_KEY = (drawn(name) for name in ("seed", "box key", "issuance key", "steward"))
DELEGATE_KEY = drawn("delegate")
ROUND, ORGANISATION = drawn("round", 16).hex(), drawn("organisation", 16).hex()
UNITS = sorted(drawn(f"unit {n}", 16).hex() for n in range(5))
PURPOSES = ("ballot", "ballot/TS3", "comment")
CODES = ("TS1", "TS2", "TS3")
# A name beyond U+FFFF and one just below sort differently by code points and by UTF-16 code units.
MEMBERS: tuple[str, ...] = (
    "Ada <ada@example.org>",
    "Bo <bo@example.org>",
    "Çelik <celik@example.org>",
    "\U0001f9ea <lab@example.org>",
)
MEMBERS = (*MEMBERS, "\ufb03 <ffi@example.org>", "Zoë <zoe@example.org>")


def main() -> int:
    kept = json.loads(TARGET.read_text(encoding="utf-8")) if TARGET.exists() else {}
    text = json.dumps(vectors(kept), ensure_ascii=True, indent=1, sort_keys=True) + "\n"
    TARGET.write_text(text, encoding="ascii")
    return 0


def vectors(kept: dict[str, Any]) -> dict[str, Any]:
    """The whole file as a value. `kept` is an earlier file, whose random values are used again while they hold."""
    log = log_section()
    return {
        "andon": "v1",
        "made_by": "python",
        "wire": wire_section(),
        "keys": keys_section(),
        "slips": slips_section(kept.get("slips", {})),
        "payloads": payloads_section(),
        "ballots": ballots_section(kept.get("ballots", {})),
        "merkle": merkle_section(),
        "units": units_section(),
        "slots": slots_section(),
        "releases": releases_section(),
        "fingerprints": fingerprints_section(log),
        "log": log,
    }


def wire_section() -> dict[str, Any]:
    samples: list[object] = [
        {},
        {"b": 1, "a": [True, False, None, -7, 2**53 - 1], "c": {"z": "", "y": "\u00e9\u20ac\U0001f9ea"}},
        {"\ufb33": 1, "\U0001f600": 2, "\u00f6": 3, "1": 4, "\r": 5},
        ['\u0000\u001f\u007f"\\/\b\f\n\r\t', "\u2028\u2029"],
    ]
    refused = [
        '{"a":1.0}',
        '{"a":1e2}',
        '{"a": 1}',
        '{"b":1,"a":2}',
        '{"a":1,"a":1}',
        '{"a":"\\u0061"}',
        "[1,]",
        "-0",
        "9007199254740992",
        '"\\ud800"',
        " 1",
        "1\n",
        "",
    ]
    parts: list[list[str]] = [
        [],
        [""],
        ["", ""],
        ["a", "bc"],
        ["ab", "c"],
        ["andon/v1", ROUND, UNITS[0], "ballot"],
        ["\u00e9"],
    ]
    return {
        "lp": [{"text_parts": some, "hex": wire.lp(*some).hex()} for some in parts],
        "u32": [{"n": n, "hex": wire.u32(n).hex()} for n in (0, 1, 255, 256, 2**32 - 1)],
        "b64u": [{"hex": raw.hex(), "text": wire.b64u(raw)} for raw in (b"", b"\xff", b"\xfb\xff", drawn("b64u", 32))],
        "b64u_refused": ["A", "AA==", "AB", "AAF", "A+AA", "A/AA", "AA AA", "AAAA\n"],
        "canonical": [{"value": value, "utf8_hex": wire.canonical(value).hex()} for value in samples],
        "not_canonical": refused,
        "purposes": [*PURPOSES, "ballot/XX10"],
        "purposes_refused": [
            "",
            "Ballot",
            "ballot/",
            "ballot/ts3",
            "ballot/TS",
            "ballot/TS123",
            "comment/TS1",
            "ballot\n",
        ],
    }


def keys_section() -> dict[str, Any]:
    derived = []
    for unit in UNITS[:2]:
        for purpose in PURPOSES:
            key = credential.EvaluationKey.derive(SEED, round_id=ROUND, unit_id=unit, purpose=purpose)
            info = wire.lp("andon/v1", ROUND, unit, purpose).hex()
            derived.append({"unit": unit, "purpose": purpose, "info": info, "public_key": key.public_key.hex()})
    row = credential.issuance_row_key(ISSUANCE_KEY, member_id="member-1", purpose="ballot")
    return {
        "seed": SEED.hex(),
        "round": ROUND,
        "derived": derived,
        "box_key": BOX_KEY.hex(),
        "box_public_key": ballot.box_public_key(BOX_KEY).hex(),
        "issuance": {"key": ISSUANCE_KEY.hex(), "member": "member-1", "purpose": "ballot", "row_key": row.hex()},
    }


def slips_section(kept: Any) -> list[dict[str, Any]]:
    """The blinds are those of RFC 9497, A.1.2, whose blinded elements are known; the keys are ours."""
    made: list[dict[str, Any]] = []
    unit = UNITS[0]
    key = credential.EvaluationKey.derive(SEED, round_id=ROUND, unit_id=unit, purpose="ballot")
    # The input of a slip is always a public key; those of the RFC are shorter, so this goes past the kernel.
    evaluator = Evaluator.from_seed(SEED, wire.lp("andon/v1", ROUND, unit, "ballot"))
    for number, rfc in enumerate(rfc9497()["vectors"][:2]):
        given = bytes.fromhex(rfc["Input"])
        evaluation = key.evaluate(bytes.fromhex(rfc["BlindedElement"])).hex()
        fields: dict[str, Any] = {
            "unit": unit,
            "purpose": "ballot",
            "server_public_key": key.public_key.hex(),
            "input": given.hex(),
            "blind": rfc["Blind"],
            "blinded": rfc["BlindedElement"],
            "output": evaluator.evaluate_known_input(given).hex(),
        }

        def holds(old: str, evaluation: str = evaluation) -> bool:
            # The proof is random; the element after it is not.
            return old[128:] == evaluation[128:]

        made.append(_keep(kept, number, fields, "evaluation", holds, partial(str, evaluation)))
    return made


def rfc9497() -> dict[str, Any]:
    suites = json.loads((HERE / "rfc9497-ristretto255-sha512.json").read_text(encoding="utf-8"))
    (verifiable,) = (suite for suite in suites if suite["mode"] == 1)
    found: dict[str, Any] = verifiable
    return found


def payloads_section() -> list[dict[str, Any]]:
    payloads: list[tuple[str, ballot.Payload]] = [
        ("ballot", ballot.AnswersPayload({"TS2": 5, "TS1": 1, "TS3": 3})),
        ("ballot", ballot.AnswersPayload({})),
        ("ballot/TS3", ballot.AnswersPayload({"TS3": 4})),
        ("comment", ballot.CommentPayload('Nobody asks twice. \u00e9\u20ac\U0001f9ea "quoted"\n')),
        ("comment", ballot.CommentPayload("")),
        ("comment", ballot.CommentPayload("x" * 2026)),
    ]
    return [
        {
            "purpose": purpose,
            "codes": list(CODES),
            "payload": _payload_value(payload),
            "plaintext": ballot.encode_payload(payload).hex(),
        }
        for purpose, payload in payloads
    ]


def _payload_value(payload: ballot.Payload) -> dict[str, Any]:
    match payload:
        case ballot.AnswersPayload(answers):
            return {"answers": dict(answers), "v": 1}
        case ballot.CommentPayload(comment):
            return {"comment": comment, "v": 1}


def ballots_section(kept: Any) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    cases: list[tuple[str, int, ballot.Payload]] = [
        ("ballot", 1, ballot.AnswersPayload({"TS1": 1, "TS2": 5})),
        ("ballot", 2**32 - 1, ballot.AnswersPayload({"TS1": 2})),
        ("ballot/TS3", 2, ballot.AnswersPayload({"TS3": 4})),
        ("comment", 1, ballot.CommentPayload("Thank you \U0001f9ea")),
    ]
    for number, (purpose, sequence, payload) in enumerate(cases):
        unit, private = UNITS[number % 2], drawn(f"slip {number}")
        public = Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
        key = credential.EvaluationKey.derive(SEED, round_id=ROUND, unit_id=unit, purpose=purpose)
        slot, plaintext = ballot.slot_of(public), ballot.encode_payload(payload)
        place: dict[str, Any] = {"round_id": ROUND, "unit_id": unit, "purpose": purpose, "sequence": sequence}
        sealed_for = {**place, "slot": slot}

        def opens(old: str, sealed_for: dict[str, Any] = sealed_for, plaintext: bytes = plaintext) -> bool:
            try:
                return ballot.open_sealed(bytes.fromhex(old), box_key=BOX_KEY, **sealed_for) == plaintext
            except ballot.CannotOpen:
                return False

        def sealed(sealed_for: dict[str, Any] = sealed_for, plaintext: bytes = plaintext) -> str:
            box_public_key = ballot.box_public_key(BOX_KEY)
            return ballot.seal(plaintext, box_public_key=box_public_key, **sealed_for).hex()

        fields: dict[str, Any] = {
            "round": ROUND,
            "unit": unit,
            "purpose": purpose,
            "sequence": sequence,
            "seed": SEED.hex(),
            "box_key": BOX_KEY.hex(),
            "private_key": private.hex(),
            "public_key": public.hex(),
            "slot": slot.hex(),
            "output": key.output(public).hex(),
            "info": wire.lp("andon/v1/ballot", ROUND, unit, purpose, slot, wire.u32(sequence)).hex(),
            "plaintext": plaintext.hex(),
        }
        fields = _keep(kept, number, fields, "ciphertext", opens, sealed)
        ciphertext = bytes.fromhex(fields["ciphertext"])
        cast = ballot.sign_cast(private, **place, output=key.output(public), ciphertext=ciphertext)
        ballot.check_cast(cast, key)
        fields["ciphertext_sha256"] = ballot.ciphertext_hash(ciphertext)
        fields["signature"] = cast.signature.hex()
        fields["body"] = ballot.encode_cast(cast).decode("ascii")
        made.append(fields)
    return made


def _keep(
    kept: Any, number: int, fields: dict[str, Any], name: str, holds: Callable[[str], bool], make: Callable[[], str]
) -> dict[str, Any]:
    old = kept[number] if isinstance(kept, list) and number < len(kept) else {}
    same = all(old.get(field) == value for field, value in fields.items())
    return {**fields, name: old[name] if same and name in old and holds(old[name]) else make()}


def merkle_section() -> list[dict[str, Any]]:
    # The inputs of the reference test of Certificate Transparency, whose roots are published.
    inputs: list[str] = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    leaves = [bytes.fromhex(text) for text in inputs]
    return [
        {
            "leaves": inputs[:count],
            "root": manifest.merkle_root(leaves[:count]).hex(),
            "paths": [[step.hex() for step in manifest.inclusion_path(leaves[:count], n)] for n in range(count)],
        }
        for count in range(1, len(leaves) + 1)
    ]


def units() -> list[tuple[dict[str, object], manifest.Opening | manifest.SeatedOpening]]:
    """Two rosters of version 0.1.0, and three of which members can be erased; from one of these somebody was."""
    made: list[tuple[dict[str, object], manifest.Opening | manifest.SeatedOpening]] = []
    for number, unit in enumerate(UNITS):
        members = manifest.sorted_members(MEMBERS[: 5 + number % 2])
        salt, name = drawn(f"roster salt {number}"), f"Unit {number}"
        opening: manifest.Opening | manifest.SeatedOpening = manifest.Opening(salt, name, tuple(members))
        if number >= 2:
            seats = [manifest.Seat.of(label, drawn(f"seat {number} {label}", 16)) for label in members]
            in_order = sorted(seats, key=lambda seat: seat.hash)
            in_order[1] = in_order[1].erased() if number == 3 else in_order[1]
            opening = manifest.SeatedOpening(salt, name, tuple(in_order))
        keys = {
            purpose: credential.EvaluationKey.derive(SEED, round_id=ROUND, unit_id=unit, purpose=purpose).public_key
            for purpose in ("ballot", "comment")
        }
        made.append((manifest.unit_leaf(unit, keys, opening.commitment()), opening))
    return made


def units_section() -> dict[str, Any]:
    leaves = [wire.canonical(leaf) for leaf, _ in units()]
    return {
        "root": manifest.merkle_root(leaves).hex(),
        "count": len(leaves),
        "units": [
            {
                "leaf": leaf,
                "leaf_utf8_hex": leaves[index].hex(),
                "opening": opening.to_wire(),
                "index": index,
                "path": [step.hex() for step in manifest.inclusion_path(leaves, index)],
            }
            for index, (leaf, opening) in enumerate(units())
        ],
    }


def slot_lists() -> list[list[manifest.Slot]]:
    """One list per unit; one is empty, as a unit in which nobody answered."""
    return [
        manifest.sorted_slots(
            [
                (
                    drawn(f"slot {number} {n}").hex(),
                    "comment" if n == 3 else "ballot",
                    drawn(f"hash {number} {n}").hex(),
                )
                for n in range(number)
            ]
        )
        for number in range(len(UNITS))
    ]


def slots_section() -> dict[str, Any]:
    salts = [drawn(f"slot salt {number}") for number in range(len(UNITS))]
    commitments = [manifest.slots_commitment(salt, slots) for salt, slots in zip(salts, slot_lists(), strict=True)]
    leaves = [wire.canonical(manifest.slot_leaf(unit, it)) for unit, it in zip(UNITS, commitments, strict=True)]
    rows = [(slot, purpose, 1, ciphertext) for slots in slot_lists() for slot, purpose, ciphertext in slots]
    return {
        "root": manifest.merkle_root(leaves).hex(),
        "count": len(leaves),
        "box_rows": [list(row) for row in rows],
        "box": ballot.box_digest(rows),
        "units": [
            {
                "unit": unit,
                "salt": wire.b64u(salts[index]),
                "list": [list(slot) for slot in slot_lists()[index]],
                "slots": commitments[index],
                "leaf_utf8_hex": leaves[index].hex(),
                "index": index,
                "path": [step.hex() for step in manifest.inclusion_path(leaves, index)],
            }
            for index, unit in enumerate(UNITS)
        ],
    }


def releases_section() -> dict[str, Any]:
    salts = [drawn(f"release salt {number}") for number in range(len(UNITS))]
    releases: list[dict[str, object]] = [
        {"ballots": 5 + n, "bands": {"TS1": "high", "TS2": None}} for n in range(len(UNITS))
    ]
    commitments = [manifest.release_commitment(salt, it) for salt, it in zip(salts, releases, strict=True)]
    leaves = [wire.canonical(manifest.release_leaf(unit, it)) for unit, it in zip(UNITS, commitments, strict=True)]
    return {
        "root": manifest.merkle_root(leaves).hex(),
        "count": len(leaves),
        "units": [
            {
                "unit": unit,
                "salt": wire.b64u(salts[index]),
                "content": releases[index],
                "release": commitments[index],
                "leaf_utf8_hex": leaves[index].hex(),
                "index": index,
                "path": [step.hex() for step in manifest.inclusion_path(leaves, index)],
            }
            for index, unit in enumerate(UNITS)
        ],
    }


def log_section() -> dict[str, Any]:
    steward = Ed25519PrivateKey.from_private_bytes(STEWARD_KEY).public_key().public_bytes_raw()
    entries: list[manifest.Entry] = []
    delegated = False

    def append(kind: str, body: dict[str, object]) -> None:
        previous = manifest.entry_hash(entries[-1]) if entries else manifest.NO_PREVIOUS
        if kind == "manifest":
            body = {**body, "previous": previous}
        key = DELEGATE_KEY if kind in manifest.DELEGATED_KINDS and delegated else STEWARD_KEY
        signature = manifest.sign_body(key, kind, body) if kind in manifest.SIGNED_KINDS else None
        entry = manifest.make_entry(index=len(entries), previous=previous, kind=kind, body=body, signature=signature)
        entries.append(entry)

    append("genesis", {"andon": "v1", "organisation": ORGANISATION, "steward_key": wire.b64u(steward)})
    append("manifest", manifest_body(ROUND))
    append("opened", {"round": ROUND})
    reason = "The page did not open in one browser."
    append("bundle", {"files": {"answer.html": drawn("page 2").hex()}, "reason": reason, "round": ROUND})
    closing = slots_section()
    tree = {"count": closing["count"], "root": closing["root"]}
    append("closed", {"box": closing["box"], "early": False, "round": ROUND, "units": tree})
    released = releases_section()
    append("released", {"round": ROUND, "units": {"count": released["count"], "root": released["root"]}})
    delegate = Ed25519PrivateKey.from_private_bytes(DELEGATE_KEY).public_key().public_bytes_raw()
    append(
        "delegation",
        {
            "andon": "v1",
            "delegate": wire.b64u(delegate),
            "from": "2026-11-01T00:00:00Z",
            "organisation": ORGANISATION,
            "previous": manifest.entry_hash(entries[1]),
            "until": "2027-12-01T00:00:00Z",
        },
    )
    delegated = True
    second = drawn("second round", 16).hex()
    append("manifest", manifest_body(second))
    append("void", {"reason": "key_missing", "round": second})
    manifest.check_chain(entries)
    return {
        "delegate_private_key": DELEGATE_KEY.hex(),
        "steward_private_key": STEWARD_KEY.hex(),
        "entries": entries,
        "hashes": [manifest.entry_hash(entry) for entry in entries],
    }


def manifest_body(round_id: str) -> dict[str, object]:
    tree = units_section()
    return {
        "andon": "v1",
        "box_key": wire.b64u(ballot.box_public_key(BOX_KEY)),
        "bundle": {name: drawn(name).hex() for name in ("answer.html", "answer.js", "frame.html", "frame.js")},
        "closes_at": "2026-11-30T17:00:00Z",
        "generations": {"ballots": drawn("ballots", 16).hex(), "issuance": drawn("issuance", 16).hex()},
        "instrument": {"id": "team-safety", "sha256": drawn("instrument").hex(), "version": "1.0.0"},
        "kind": "full",
        "opens_at": "2026-11-23T08:00:00Z",
        "policy": {"bands": "wide-4", "early_close": True, "least_ballots": 5, "rules": "andon-disclosure/1"},
        "purposes": ["ballot", "comment"],
        "round": round_id,
        "units": {"count": tree["count"], "root": tree["root"]},
    }


def fingerprints_section(log: dict[str, Any]) -> list[dict[str, Any]]:
    bodies = [entry["body"] for entry in log["entries"] if entry["kind"] == "manifest"]
    return [{"manifest": body, "fingerprint": manifest.fingerprint(body)} for body in bodies]


if __name__ == "__main__":
    sys.exit(main())
