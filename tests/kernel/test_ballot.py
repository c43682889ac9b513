import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.kernel import ballot
from andon.kernel.wire import Malformed, canonical, lp
from tests.kernel.made import (
    BOX_KEY,
    CODES,
    OTHER_ROUND,
    OTHER_SEED,
    OTHER_UNIT,
    ROUND,
    UNIT,
    a_cast,
    drawn,
    key_for,
    public_key_of,
)

RFC = Path(__file__).parents[2] / "vectors" / "rfc9180-x25519-sha256-chacha20poly1305-base.json"
SLOT = ballot.slot_of(public_key_of(drawn("Bo's slip")))
PLACE: dict[str, Any] = {"round_id": ROUND, "unit_id": UNIT, "purpose": "ballot", "slot": SLOT, "sequence": 1}
PLAINTEXT = ballot.encode_payload(ballot.AnswersPayload({"TS1": 4}))
modest = settings(max_examples=40, deadline=None, derandomize=True, database=None)


def sealed(plaintext: bytes = PLAINTEXT, **place: Any) -> bytes:
    return ballot.seal(plaintext, box_public_key=ballot.box_public_key(BOX_KEY), **{**PLACE, **place})


def padded(body: bytes, length: int | None = None) -> bytes:
    return ((len(body) if length is None else length).to_bytes(2, "big") + body).ljust(2048, b"\0")


# Payload


@modest
@given(st.dictionaries(st.sampled_from(CODES), st.integers(1, 5)))
def test_answers_come_back_and_are_always_as_long(answers: dict[str, int]) -> None:
    plaintext = ballot.encode_payload(ballot.AnswersPayload(answers))
    assert len(plaintext) == ballot.PLAINTEXT_BYTES
    assert ballot.decode_payload(plaintext, purpose="ballot", codes=CODES) == ballot.AnswersPayload(answers)


@modest
@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_comments_come_back_and_are_always_as_long(comment: str) -> None:
    plaintext = ballot.encode_payload(ballot.CommentPayload(comment))
    assert len(plaintext) == ballot.PLAINTEXT_BYTES
    assert ballot.decode_payload(plaintext, purpose="comment", codes=CODES) == ballot.CommentPayload(comment)


def test_a_comment_that_fits_to_the_byte_is_taken_and_one_more_is_refused() -> None:
    assert ballot.encode_payload(ballot.CommentPayload("x" * 2026))[-1:] == b"}"
    with pytest.raises(ballot.TooLong):
        ballot.encode_payload(ballot.CommentPayload("x" * 2027))


@pytest.mark.parametrize("answer", [0, 6, -1, True, 3.0, "3", None])
def test_an_answer_off_the_scale_is_not_written(answer: Any) -> None:
    with pytest.raises((ballot.OutOfScale, Malformed)):
        ballot.encode_payload(ballot.AnswersPayload({"TS1": answer}))


@pytest.mark.parametrize("length", [0, 2047, 2049, 4096])
def test_a_plaintext_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ballot.BadLength):
        ballot.decode_payload(PLAINTEXT.ljust(length, b"\0")[:length], purpose="ballot", codes=CODES)


@pytest.mark.parametrize("length", [2047, 65535])
def test_a_length_that_points_outside_is_refused(length: int) -> None:
    with pytest.raises(ballot.BadLength):
        ballot.decode_payload(padded(b"", length), purpose="ballot", codes=CODES)


def test_padding_that_is_not_zero_is_refused() -> None:
    """Padding could carry a mark that links a ballot to a device."""
    body_bytes = 2 + int.from_bytes(PLAINTEXT[:2], "big")
    for position in (body_bytes, 1000, 2047):
        marked = bytearray(PLAINTEXT)
        marked[position] = 1
        with pytest.raises(ballot.BadPadding):
            ballot.decode_payload(bytes(marked), purpose="ballot", codes=CODES)


@pytest.mark.parametrize(
    "body",
    [
        b'{"v":1,"answers":{}}',
        b'{"answers": {},"v":1}',
        b'{"answers":{"TS1":1.0},"v":1}',
        b"",
        b"\xff",
        b'{"answers":',
        b'{"answers":{"TS1":1,"TS1":2},"v":1}',
    ],
)
def test_a_payload_with_another_spelling_is_refused(body: bytes) -> None:
    with pytest.raises(ballot.NotCanonical):
        ballot.decode_payload(padded(body), purpose="ballot", codes=CODES)


@pytest.mark.parametrize(
    ("purpose", "value"),
    [
        ("ballot", {"answers": {}}),
        ("ballot", {"answers": {}, "v": 2}),
        ("ballot", {"answers": {}, "v": True}),
        ("ballot", {"answers": {}, "device": "x", "v": 1}),
        ("ballot", {"answers": [], "v": 1}),
        ("ballot", {"comment": "x", "v": 1}),
        ("comment", {"answers": {}, "v": 1}),
        ("comment", {"comment": "x", "answers": {}, "v": 1}),
        ("ballot", []),
    ],
)
def test_unknown_keys_are_refused(purpose: str, value: object) -> None:
    with pytest.raises(ballot.UnknownKeys):
        ballot.decode_payload(padded(canonical(value)), purpose=purpose, codes=CODES)


@pytest.mark.parametrize("answer", [0, 6, -1, True, "3", None, [3]])
def test_an_answer_off_the_scale_is_refused(answer: object) -> None:
    body = canonical({"answers": {"TS1": answer}, "v": 1})
    with pytest.raises(ballot.OutOfScale):
        ballot.decode_payload(padded(body), purpose="ballot", codes=CODES)


def test_a_comment_that_is_no_text_is_refused() -> None:
    with pytest.raises(ballot.OutOfScale):
        ballot.decode_payload(padded(canonical({"comment": 5, "v": 1})), purpose="comment", codes=CODES)


def test_a_statement_that_is_not_asked_is_refused() -> None:
    other = ballot.encode_payload(ballot.AnswersPayload({"ZZ9": 3}))
    with pytest.raises(ballot.UnknownCode):
        ballot.decode_payload(other, purpose="ballot", codes=CODES)


def test_a_daily_ballot_answers_its_one_statement_or_none() -> None:
    for answers in ({}, {"TS2": 3}):
        plaintext = ballot.encode_payload(ballot.AnswersPayload(answers))
        assert ballot.decode_payload(plaintext, purpose="ballot/TS2", codes=CODES) == ballot.AnswersPayload(answers)
    for answers in ({"TS1": 3}, {"TS1": 3, "TS2": 3}):
        plaintext = ballot.encode_payload(ballot.AnswersPayload(answers))
        with pytest.raises(ballot.UnknownCode):
            ballot.decode_payload(plaintext, purpose="ballot/TS2", codes=CODES)
    plaintext = ballot.encode_payload(ballot.AnswersPayload({"ZZ9": 3}))
    with pytest.raises(ballot.UnknownCode):
        ballot.decode_payload(plaintext, purpose="ballot/ZZ9", codes=CODES)


def test_what_is_printed_of_a_ballot_holds_no_answer_and_no_slip() -> None:
    assert repr(ballot.AnswersPayload({"TS1": 4})) == "AnswersPayload(...)"
    assert "secret" not in repr(ballot.CommentPayload("secret"))
    assert repr(a_cast()) == "Cast(...)"


# Sealing


def test_hpke_opens_the_vectors_of_rfc_9180() -> None:
    (vector,) = json.loads(RFC.read_text(encoding="utf-8"))
    key = X25519PrivateKey.from_private_bytes(bytes.fromhex(vector["skRm"]))
    assert ballot.box_public_key(bytes.fromhex(vector["skRm"])).hex() == vector["pkRm"]
    from andon.kernel.ballot.sealing import _SUITE

    # Ballots have no aad and all vectors do; the library keeps the call with aad to itself.
    first = vector["encryptions"][0]
    message = bytes.fromhex(vector["enc"] + first["ct"])
    info, aad = bytes.fromhex(vector["info"]), bytes.fromhex(first["aad"])
    assert openssl.hpke._decrypt_with_aad(_SUITE, message, key, info, aad).hex() == first["pt"]


def test_hpke_without_aad_uses_the_key_and_nonce_of_rfc_9180() -> None:
    (vector,) = json.loads(RFC.read_text(encoding="utf-8"))
    from andon.kernel.ballot.sealing import _SUITE

    # The vector's own key and base nonce (sequence 0) seal a message without aad; the suite opens it.
    aead = ChaCha20Poly1305(bytes.fromhex(vector["key"]))
    ct = aead.encrypt(bytes.fromhex(vector["base_nonce"]), b"no aad", None)
    key = X25519PrivateKey.from_private_bytes(bytes.fromhex(vector["skRm"]))
    assert _SUITE.decrypt(bytes.fromhex(vector["enc"]) + ct, key, bytes.fromhex(vector["info"])) == b"no aad"


def test_a_sealed_ballot_opens_in_its_place_and_has_one_size() -> None:
    ciphertext = sealed()
    assert len(ciphertext) == ballot.CIPHERTEXT_BYTES == 2096
    assert ballot.open_sealed(ciphertext, box_key=BOX_KEY, **PLACE) == PLAINTEXT


def test_sealing_twice_gives_different_bytes() -> None:
    assert sealed() != sealed()


def test_a_ballot_does_not_open_anywhere_else() -> None:
    ciphertext = sealed()
    for other in (
        {"round_id": OTHER_ROUND},
        {"unit_id": OTHER_UNIT},
        {"purpose": "comment"},
        {"slot": drawn("another slot")},
        {"sequence": 2},
    ):
        with pytest.raises(ballot.CannotOpen):
            ballot.open_sealed(ciphertext, box_key=BOX_KEY, **{**PLACE, **other})


def test_a_ballot_does_not_open_with_another_key() -> None:
    with pytest.raises(ballot.CannotOpen):
        ballot.open_sealed(sealed(), box_key=drawn("another box key"), **PLACE)


@pytest.mark.parametrize("position", [0, 31, 32, 1000, 2079, 2080, 2095])
def test_an_altered_ballot_does_not_open(position: int) -> None:
    altered = bytearray(sealed())
    altered[position] ^= 1
    with pytest.raises(ballot.CannotOpen):
        ballot.open_sealed(bytes(altered), box_key=BOX_KEY, **PLACE)


@pytest.mark.parametrize("length", [0, 32, 2095, 2097])
def test_a_ballot_of_another_length_does_not_open(length: int) -> None:
    with pytest.raises(ballot.CannotOpen):
        ballot.open_sealed(sealed().ljust(length, b"\0")[:length], box_key=BOX_KEY, **PLACE)


def test_a_ballot_whose_enc_is_of_small_order_does_not_open() -> None:
    with pytest.raises(ballot.CannotOpen):
        ballot.open_sealed(bytes(32) + sealed()[32:], box_key=BOX_KEY, **PLACE)


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33), bytes(32), b"\x01" + bytes(31)])
def test_nothing_is_sealed_to_a_key_that_is_none(key: bytes) -> None:
    with pytest.raises(ballot.BadBoxKey):
        ballot.seal(PLAINTEXT, box_public_key=key, **PLACE)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_box_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ballot.BadBoxKey):
        ballot.box_public_key(bytes(length))
    with pytest.raises(ballot.BadBoxKey):
        ballot.open_sealed(sealed(), box_key=bytes(length), **PLACE)


@pytest.mark.parametrize("length", [0, 2047, 2049])
def test_a_plaintext_of_another_length_is_not_sealed(length: int) -> None:
    with pytest.raises(ballot.BadLength):
        sealed(bytes(length))


@pytest.mark.parametrize(
    "place", [{"slot": bytes(31)}, {"sequence": 0}, {"sequence": 2**32}, {"round_id": ""}, {"purpose": "vote"}]
)
def test_a_place_that_is_none_is_refused(place: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        sealed(**place)


# Cast


def test_a_cast_is_accepted_and_comes_back_from_its_4096_bytes() -> None:
    cast = a_cast()
    body = ballot.encode_cast(cast)
    assert len(body) == ballot.CAST_BODY_BYTES
    assert ballot.parse_cast(body) == cast
    ballot.check_cast(ballot.parse_cast(body), key_for())


def test_the_largest_cast_fits() -> None:
    cast = a_cast(purpose="ballot/TS1", sequence=2**32 - 1)
    assert len(ballot.encode_cast(cast)) == 4096


def test_the_signature_covers_what_the_protocol_says() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    cast = a_cast()
    parts = (ROUND, UNIT, "ballot", cast.public_key, cast.output, (1).to_bytes(4, "big"), cast.ciphertext)
    Ed25519PublicKey.from_public_bytes(cast.public_key).verify(cast.signature, lp("andon/v1/cast", *parts))


def test_an_output_of_another_key_is_refused() -> None:
    cast = a_cast()
    for other in (
        key_for(OTHER_SEED).output(cast.public_key),
        key_for(unit_id=OTHER_UNIT).output(cast.public_key),
        key_for().output(public_key_of(drawn("Cy"))),
        bytes(64),
        bytes([*cast.output[:-1], cast.output[-1] ^ 1]),
    ):
        # Bo signs it properly: the output alone must be what is refused.
        place = {"round_id": ROUND, "unit_id": UNIT, "purpose": "ballot", "sequence": 1}
        forged = ballot.sign_cast(drawn("Bo's slip"), output=other, ciphertext=cast.ciphertext, **place)
        with pytest.raises(ballot.BadOutput):
            ballot.check_cast(forged, key_for())


def test_a_cast_that_was_altered_is_refused() -> None:
    cast = a_cast()
    other = a_cast(TS1=1)
    for change in (
        {"sequence": 2},
        {"ciphertext": other.ciphertext},
        {"ciphertext": bytes([cast.ciphertext[0] ^ 1, *cast.ciphertext[1:]])},
        {"signature": other.signature},
        {"signature": bytes(64)},
        {"signature": bytes([*cast.signature[:-1], cast.signature[-1] ^ 0x80])},
    ):
        with pytest.raises(ballot.BadSignature):
            ballot.check_cast(dataclasses.replace(cast, **change), key_for())


def test_a_copied_output_is_of_no_use_without_the_slips_own_key() -> None:
    """Cy has seen Bo's output in the database of the server; Cy signs with Cy's own key."""
    bo = a_cast()
    place = {"round_id": ROUND, "unit_id": UNIT, "purpose": "ballot", "sequence": 2}
    cy = ballot.sign_cast(drawn("Cy"), output=bo.output, ciphertext=bo.ciphertext, **place)
    with pytest.raises(ballot.BadOutput):
        ballot.check_cast(cy, key_for())
    with pytest.raises(ballot.BadSlip):
        ballot.check_cast(dataclasses.replace(cy, public_key=bo.public_key), key_for())


def test_a_public_key_that_is_no_point_is_refused() -> None:
    cast = a_cast()
    no_point = b"\x02" + bytes(31)
    altered = dataclasses.replace(cast, public_key=no_point, output=key_for().output(no_point))
    with pytest.raises(ballot.BadSignature):
        ballot.check_cast(altered, key_for())


@pytest.mark.parametrize("place", [{"round_id": OTHER_ROUND}, {"unit_id": OTHER_UNIT}, {"purpose": "comment"}])
def test_a_key_of_another_place_is_the_callers_fault(place: dict[str, str]) -> None:
    with pytest.raises(ballot.WrongKey):
        ballot.check_cast(a_cast(), key_for(**place))


@pytest.mark.parametrize("size", [0, 4095, 4097, 100_000])
def test_a_body_of_another_size_is_refused_unread(size: int) -> None:
    with pytest.raises(ballot.WrongSize):
        ballot.parse_cast(b"\xff" * size)


def altered_body(**change: object) -> bytes:
    fields = json.loads(ballot.encode_cast(a_cast()))
    fields.update(change)
    return canonical({name: value for name, value in fields.items() if value is not ...}).ljust(4096, b" ")


@pytest.mark.parametrize(
    "change",
    [
        {"device": "x"}, {"unit": ...}, {"sequence": 0}, {"sequence": 2**32}, {"sequence": "1"}, {"sequence": True},
        {"sequence": None}, {"round": "x"}, {"round": 5}, {"unit": UNIT.upper()}, {"purpose": "vote"},
        {"public_key": "AA"}, {"output": "AA"}, {"ciphertext": "AA"}, {"signature": "AA"}, {"signature": None},
        {"output": "A" * 85 + "B"},
    ],
)  # fmt: skip
def test_a_body_with_a_broken_field_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        ballot.parse_cast(altered_body(**change))


def test_a_body_with_another_spelling_is_refused() -> None:
    body = ballot.encode_cast(a_cast())
    text = body.rstrip()
    for other in (
        b" " + body[:-1],
        text.ljust(4096, b"\n"),
        text.ljust(4096, b"\0"),
        text.replace(b'"unit":', b'"unit": ').ljust(4096),
        json.dumps(dict(reversed(json.loads(text).items())), separators=(",", ":")).encode().ljust(4096),
        b" " * 4096,
        bytes(4096),
    ):
        assert len(other) == 4096
        with pytest.raises(Malformed):
            ballot.parse_cast(other)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.integers(0, 4095), st.integers(1, 255))
def test_no_altered_byte_of_a_body_is_accepted_as_another_cast(position: int, mask: int) -> None:
    body = bytearray(BODY)
    body[position] ^= mask
    try:
        altered = ballot.parse_cast(bytes(body))
        ballot.check_cast(altered, key_for(round_id=altered.round_id, unit_id=altered.unit_id))
    except (Malformed, ballot.BadSlip, ballot.WrongKey):
        return
    pytest.fail("an altered body was accepted")


BODY = ballot.encode_cast(a_cast())


def test_signing_with_fields_of_a_wrong_length_is_refused() -> None:
    good: dict[str, Any] = {
        "round_id": ROUND,
        "unit_id": UNIT,
        "purpose": "ballot",
        "output": bytes(64),
        "sequence": 1,
        "ciphertext": bytes(2096),
    }
    ballot.sign_cast(drawn("Bo"), **good)
    for wrong in ({"output": bytes(63)}, {"ciphertext": bytes(2095)}, {"sequence": 0}, {"unit_id": ""}):
        with pytest.raises(Malformed):
            ballot.sign_cast(drawn("Bo"), **{**good, **wrong})
    with pytest.raises(Malformed):
        ballot.sign_cast(bytes(31), **good)
    with pytest.raises(Malformed):
        ballot.slot_of(bytes(31))


# Box

ROWS = [(drawn(f"slot {n}").hex(), "ballot", n + 1, drawn(f"hash {n}").hex()) for n in range(6)]


@modest
@given(st.permutations(ROWS))
def test_the_digest_of_the_box_says_nothing_about_order(rows: list[tuple[str, str, int, str]]) -> None:
    assert ballot.box_digest(rows) == ballot.box_digest(sorted(ROWS))


def test_the_digest_of_the_box_changes_with_any_row() -> None:
    digests = {ballot.box_digest(ROWS), ballot.box_digest(ROWS[1:]), ballot.box_digest([])}
    slot, purpose, sequence, ciphertext = ROWS[0]
    for row in (
        (drawn("x").hex(), purpose, sequence, ciphertext),
        (slot, "comment", sequence, ciphertext),
        (slot, purpose, sequence + 1, ciphertext),
        (slot, purpose, sequence, drawn("x").hex()),
    ):
        digests.add(ballot.box_digest([row, *ROWS[1:]]))
    assert len(digests) == 7


def test_a_box_with_two_ballots_in_one_slot_is_refused() -> None:
    slot, purpose, sequence, _ = ROWS[0]
    with pytest.raises(Malformed):
        ballot.box_digest([*ROWS, (slot, purpose, sequence + 1, drawn("x").hex())])
    with pytest.raises(Malformed):
        ballot.box_digest([("x", purpose, sequence, drawn("x").hex())])


def test_a_receipt_names_the_hash_of_the_ciphertext() -> None:
    assert ballot.ciphertext_hash(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
