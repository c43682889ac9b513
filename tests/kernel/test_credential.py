import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voprf.ristretto import BlindedInput, Evaluator

from andon.kernel import credential
from andon.kernel.wire import Malformed
from tests.kernel.made import OTHER_ROUND, OTHER_SEED, OTHER_UNIT, ROUND, SEED, UNIT, drawn, key_for, public_key_of

RFC = Path(__file__).parents[2] / "vectors" / "rfc9497-ristretto255-sha512.json"
# 2^255 - 19 + 1 is a non-canonical encoding, and 1 is negative: RFC 9496, 4.3.1 and A.2.
NOT_ELEMENTS = [
    bytes(32),
    b"\x01" + bytes(31),
    b"\xee" + b"\xff" * 30 + b"\x7f",
    b"\xff" * 32,
    b"",
    bytes(31),
    bytes(33),
]
modest = settings(max_examples=15, deadline=None, derandomize=True, database=None)


def rfc_verifiable() -> dict[str, Any]:
    (suite,) = (suite for suite in json.loads(RFC.read_text(encoding="utf-8")) if suite["mode"] == 1)
    found: dict[str, Any] = suite
    return found


def test_keys_evaluations_and_outputs_are_those_of_rfc_9497() -> None:
    suite = rfc_verifiable()
    evaluator = Evaluator.from_seed(bytes.fromhex(suite["seed"]), bytes.fromhex(suite["keyInfo"]))
    key = credential.EvaluationKey(ROUND, UNIT, "ballot", evaluator)
    assert key.public_key.hex() == suite["pkSm"]
    singles = [vector for vector in suite["vectors"] if vector["Batch"] == 1]
    assert len(singles) == 2
    for vector in singles:
        evaluation = key.evaluate(bytes.fromhex(vector["BlindedElement"]))
        assert evaluation[64:].hex() == vector["EvaluationElement"]
        assert evaluator.evaluate_known_input(bytes.fromhex(vector["Input"])).hex() == vector["Output"]


def test_the_proofs_of_rfc_9497_have_the_length_and_order_we_send() -> None:
    suite = rfc_verifiable()
    for vector in suite["vectors"][:2]:
        assert len(bytes.fromhex(vector["Proof"]["proof"])) == 64
        assert (
            BlindedInput.deserialize(bytes.fromhex(vector["BlindedElement"])).serialize().hex()
            == (vector["BlindedElement"])
        )


@modest
@given(st.binary(min_size=32, max_size=32))
def test_a_finished_slip_has_the_output_the_server_computes(public_key: bytes) -> None:
    key = key_for()
    request = credential.SlipRequest.begin(public_key)
    output = request.finish(key.evaluate(request.blinded), key.public_key)
    assert output == key.output(public_key)
    assert len(output) == credential.OUTPUT_BYTES


def test_two_requests_for_one_public_key_share_nothing_visible() -> None:
    public_key = public_key_of(drawn("Bo"))
    assert credential.SlipRequest.begin(public_key).blinded != credential.SlipRequest.begin(public_key).blinded


@pytest.mark.parametrize(
    "other", [{"round_id": OTHER_ROUND}, {"unit_id": OTHER_UNIT}, {"purpose": "comment"}, {"purpose": "ballot/TS1"}]
)
def test_every_round_unit_and_purpose_has_its_own_key(other: dict[str, str]) -> None:
    public_key = public_key_of(drawn("Bo"))
    assert key_for(**other).public_key != key_for().public_key
    assert key_for(**other).output(public_key) != key_for().output(public_key)


def test_the_same_seed_and_names_give_the_same_key_and_another_seed_another() -> None:
    assert key_for().public_key == key_for().public_key
    assert key_for(OTHER_SEED).public_key != key_for().public_key


def test_an_evaluation_by_a_key_of_ones_own_is_refused() -> None:
    """The per-person key: the server marks Bo by evaluating with a key that only Bo is given."""
    request = credential.SlipRequest.begin(public_key_of(drawn("Bo")))
    marked = key_for(OTHER_SEED).evaluate(request.blinded)
    with pytest.raises(credential.BadProof):
        request.finish(marked, key_for().public_key)


@pytest.mark.parametrize("position", [0, 31, 32, 63, 64, 95])
def test_an_altered_evaluation_is_refused(position: int) -> None:
    request = credential.SlipRequest.begin(public_key_of(drawn("Bo")))
    evaluation = bytearray(key_for().evaluate(request.blinded))
    evaluation[position] ^= 1
    with pytest.raises(credential.BadProof):
        request.finish(bytes(evaluation), key_for().public_key)


@pytest.mark.parametrize("length", [0, 95, 97])
def test_an_evaluation_of_another_length_is_refused(length: int) -> None:
    request = credential.SlipRequest.begin(public_key_of(drawn("Bo")))
    evaluation = key_for().evaluate(request.blinded).ljust(length, b"\0")[:length]
    with pytest.raises(credential.BadProof):
        request.finish(evaluation, key_for().public_key)


def test_an_evaluation_for_another_request_is_refused() -> None:
    bo, cy = (credential.SlipRequest.begin(public_key_of(drawn(name))) for name in ("Bo", "Cy"))
    with pytest.raises(credential.BadProof):
        bo.finish(key_for().evaluate(cy.blinded), key_for().public_key)


@pytest.mark.parametrize("key", NOT_ELEMENTS)
def test_a_server_key_that_is_no_element_is_refused(key: bytes) -> None:
    request = credential.SlipRequest.begin(public_key_of(drawn("Bo")))
    with pytest.raises(credential.BadProof):
        request.finish(key_for().evaluate(request.blinded), key)


@pytest.mark.parametrize("blinded", NOT_ELEMENTS)
def test_a_blinded_value_that_is_no_element_is_refused(blinded: bytes) -> None:
    with pytest.raises(credential.BadBlindedValue):
        key_for().evaluate(blinded)


def test_a_blinded_value_with_bytes_after_it_is_refused() -> None:
    """The library ignores them; the store would take the two spellings for two slips."""
    blinded = credential.SlipRequest.begin(public_key_of(drawn("Bo"))).blinded
    assert len(key_for().evaluate(blinded)) == credential.EVALUATION_BYTES
    with pytest.raises(credential.BadBlindedValue):
        key_for().evaluate(blinded + b"\0")


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_seed_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(credential.BadSeed):
        key_for(bytes(length))


@pytest.mark.parametrize("place", [{"round_id": "x"}, {"unit_id": UNIT.upper()}, {"purpose": "vote"}])
def test_a_key_for_no_place_is_refused(place: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        key_for(**place)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_public_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(Malformed):
        key_for().output(bytes(length))
    with pytest.raises(Malformed):
        credential.SlipRequest.begin(bytes(length))


def test_a_key_shows_no_secret_when_printed() -> None:
    assert SEED.hex() not in repr(key_for())
    assert "valuator" not in repr(key_for())


def test_an_issuance_row_is_the_members_and_the_purposes_own() -> None:
    def row(member: str = "member-1", purpose: str = "ballot", key: bytes = drawn("issuance")) -> bytes:
        return credential.issuance_row_key(key, member_id=member, purpose=purpose)

    assert row() == row()
    assert len(row()) == 32
    others = [row(member="member-2"), row(purpose="comment"), row(key=drawn("another"))]
    assert len({row(), *others}) == 4


def test_an_issuance_key_of_another_length_is_refused() -> None:
    with pytest.raises(credential.BadIssuanceKey):
        credential.issuance_row_key(bytes(31), member_id="member-1", purpose="ballot")
    with pytest.raises(Malformed):
        credential.issuance_row_key(bytes(32), member_id="member-1", purpose="vote")
