"""The vectors are what the kernel makes today, and what the other implementation made holds here."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from voprf.ristretto import Evaluator

from andon.kernel import ballot, credential, manifest, wire

VECTORS = Path(__file__).parents[2] / "vectors"


def load(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((VECTORS / name).read_text(encoding="utf-8"))
    return found


def make_python() -> Any:
    spec = importlib.util.spec_from_file_location("make_python", VECTORS / "make_python.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_python_vectors_are_up_to_date() -> None:
    kept = load("andon-python.json")
    made = json.loads(json.dumps(make_python().vectors(kept)))
    assert made == kept


@pytest.fixture(scope="module", params=["andon-python.json", "andon-typescript.json"])
def vectors(request: pytest.FixtureRequest) -> dict[str, Any]:
    return load(request.param)


def section(vectors: dict[str, Any], name: str) -> Any:
    """A section of either file. It is never absent, or a test would pass for nothing."""
    assert vectors.get(name), f"{vectors['made_by']} has no {name}"
    return vectors[name]


def test_wire(vectors: dict[str, Any]) -> None:
    found = section(vectors, "wire")
    for sample in found.get("lp", []):
        assert wire.lp(*sample["text_parts"]).hex() == sample["hex"]
    for sample in found.get("u32", []):
        assert wire.u32(sample["n"]).hex() == sample["hex"]
    for sample in found.get("b64u", []):
        assert wire.b64u(bytes.fromhex(sample["hex"])) == sample["text"]
    for sample in found.get("canonical", []):
        assert wire.canonical(sample["value"]).hex() == sample["utf8_hex"]
        assert wire.parse_canonical(bytes.fromhex(sample["utf8_hex"])) == sample["value"]
    for text in found.get("b64u_refused", []):
        with pytest.raises(wire.Malformed):
            wire.unb64u(text)
    for text in found.get("not_canonical", []):
        with pytest.raises(wire.Malformed):
            wire.parse_canonical(text.encode())


def test_keys(vectors: dict[str, Any]) -> None:
    found = section(vectors, "keys")
    seed = bytes.fromhex(found["seed"])
    assert found["derived"]
    for derived in found["derived"]:
        key = credential.EvaluationKey.derive(
            seed, round_id=found["round"], unit_id=derived["unit"], purpose=derived["purpose"]
        )
        assert key.public_key.hex() == derived["public_key"]
    assert ballot.box_public_key(bytes.fromhex(found["box_key"])).hex() == found["box_public_key"]


def test_slips(vectors: dict[str, Any]) -> None:
    keys = vectors.get("keys", {})
    for slip in section(vectors, "slips"):
        # A slip may bring its own seed and round; else they are those of the file.
        seed, round_id = bytes.fromhex(slip.get("seed") or keys["seed"]), slip.get("round") or keys["round"]
        key = credential.EvaluationKey.derive(seed, round_id=round_id, unit_id=slip["unit"], purpose=slip["purpose"])
        assert key.public_key.hex() == slip["server_public_key"]
        # The proof is random; the element after it is not.
        assert key.evaluate(bytes.fromhex(slip["blinded"]))[64:].hex() == slip["evaluation"][128:]
        info = wire.lp("andon/v1", round_id, slip["unit"], slip["purpose"])
        evaluator = Evaluator.from_seed(seed, info)
        assert evaluator.evaluate_known_input(bytes.fromhex(slip["input"])).hex() == slip["output"]


def test_payloads(vectors: dict[str, Any]) -> None:
    for sample in section(vectors, "payloads"):
        plaintext = bytes.fromhex(sample["plaintext"])
        payload = ballot.decode_payload(plaintext, purpose=sample["purpose"], codes=sample["codes"])
        assert ballot.encode_payload(payload) == plaintext
        match payload:
            case ballot.AnswersPayload(answers):
                assert {"answers": answers, "v": 1} == sample["payload"]
            case ballot.CommentPayload(comment):
                assert {"comment": comment, "v": 1} == sample["payload"]


def test_ballots(vectors: dict[str, Any]) -> None:
    for sample in section(vectors, "ballots"):
        cast = ballot.parse_cast(sample["body"].encode("ascii"))
        place: dict[str, Any] = {"round_id": sample["round"], "unit_id": sample["unit"], "purpose": sample["purpose"]}
        ballot.check_cast(cast, credential.EvaluationKey.derive(bytes.fromhex(sample["seed"]), **place))
        slot = ballot.slot_of(cast.public_key)
        assert slot.hex() == sample["slot"]
        assert cast.public_key.hex() == sample["public_key"]
        assert cast.output.hex() == sample["output"]
        assert cast.sequence == sample["sequence"]
        assert cast.signature.hex() == sample["signature"]
        assert cast.ciphertext.hex() == sample["ciphertext"]
        assert ballot.ciphertext_hash(cast.ciphertext) == sample["ciphertext_sha256"]
        box_key = bytes.fromhex(sample["box_key"])
        opened = ballot.open_sealed(cast.ciphertext, box_key=box_key, slot=slot, sequence=cast.sequence, **place)
        assert opened.hex() == sample["plaintext"]
        # Ed25519 is deterministic: what we sign is what they signed.
        again = ballot.sign_cast(
            bytes.fromhex(sample["private_key"]),
            output=cast.output,
            sequence=cast.sequence,
            ciphertext=cast.ciphertext,
            **place,
        )
        assert again == cast


def test_merkle(vectors: dict[str, Any]) -> None:
    for tree in section(vectors, "merkle"):
        leaves = [bytes.fromhex(leaf) for leaf in tree["leaves"]]
        assert manifest.merkle_root(leaves).hex() == tree["root"]
        paths = [[step.hex() for step in manifest.inclusion_path(leaves, n)] for n in range(len(leaves))]
        assert paths == tree["paths"]


def included(leaf: dict[str, object], unit: dict[str, Any], tree: dict[str, Any]) -> bool:
    path = [bytes.fromhex(step) for step in unit["path"]]
    root = bytes.fromhex(tree["root"])
    return manifest.verify_inclusion(
        wire.canonical(leaf), index=unit["index"], count=tree["count"], path=path, root=root
    )


def test_units(vectors: dict[str, Any]) -> None:
    found = section(vectors, "units")
    openings = [manifest.parse_opening(unit["opening"]) for unit in found["units"]]
    assert {type(opening) for opening in openings} == {manifest.Opening, manifest.SeatedOpening}
    assert sum(opening.erased for opening in openings) == 1
    for unit in found["units"]:
        manifest.check_opening(unit["leaf"], manifest.parse_opening(unit["opening"]))
        assert included(unit["leaf"], unit, found)


def test_slots(vectors: dict[str, Any]) -> None:
    found = section(vectors, "slots")
    for unit in found["units"]:
        commitment = manifest.slots_commitment(wire.unb64u(unit["salt"], 32), unit["list"])
        assert commitment == unit["slots"]
        assert [list(slot) for slot in manifest.sorted_slots(unit["list"])] == unit["list"]
        assert included(manifest.slot_leaf(unit["unit"], commitment), unit, found)
    if "box" in found:
        rows = [(row[0], row[1], row[2], row[3]) for row in found["box_rows"]]
        assert ballot.box_digest(rows) == found["box"]


def test_releases() -> None:
    # Browsers read releases and make none.
    found = section(load("andon-python.json"), "releases")
    for unit in found["units"]:
        commitment = manifest.release_commitment(wire.unb64u(unit["salt"], 32), unit["content"])
        assert commitment == unit["release"]
        assert included(manifest.release_leaf(unit["unit"], commitment), unit, found)


def test_fingerprints(vectors: dict[str, Any]) -> None:
    for sample in section(vectors, "fingerprints"):
        assert manifest.fingerprint(sample["manifest"]) == sample["fingerprint"]


def test_log(vectors: dict[str, Any]) -> None:
    found = section(vectors, "log")
    assert list(manifest.check_chain(found["entries"]).hashes) == found["hashes"]
    delegated = False
    for entry in found["entries"]:
        if entry["kind"] in manifest.SIGNED_KINDS:
            steward, delegate = (bytes.fromhex(found[f"{whose}_private_key"]) for whose in ("steward", "delegate"))
            private = delegate if delegated and entry["kind"] in manifest.DELEGATED_KINDS else steward
            assert manifest.sign_body(private, entry["kind"], entry["body"]) == entry["signature"]
            delegated = delegated or entry["kind"] == "delegation"
    assert delegated
