"""Each promise is shown able to fail: a weaker kernel is planted, and the test that guards the promise must notice."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from andon.kernel import wire
from andon.kernel.ballot import cast, payload, sealing
from andon.kernel.credential import evaluation, request
from andon.kernel.manifest import entry_hash, log, merkle, roster, schema, slots, twelve_words
from tests.kernel import made, test_ballot, test_credential, test_manifest, test_wire


class _AcceptsAll:
    """A signature check that forgot to look."""

    @classmethod
    def from_public_bytes(cls, _key: bytes) -> "_AcceptsAll":
        return cls()

    def verify(self, _signature: bytes, _message: bytes) -> None:
        return None


class _ComparesNothing:
    @staticmethod
    def compare_digest(_a: object, _b: object) -> bool:
        return True


def _info_without(position: int) -> Callable[..., bytes]:
    """A seal that is not bound to one part of its place."""

    def info(*place: Any) -> bytes:
        return wire.lp("andon/v1/ballot", *(str(part) for n, part in enumerate(place) if n != position))

    return info


def _signed_without_sequence(a_cast: cast.Cast) -> bytes:
    return wire.lp("andon/v1/cast", a_cast.round_id, a_cast.public_key, a_cast.output, a_cast.ciphertext)


def _hash_without_closing(entry: Any) -> str:
    return entry_hash({**entry, "body": test_manifest.CLOSED} if entry["kind"] == "closed" else entry)


def _sorted_by_python(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _nothing(*_: Any, **__: Any) -> None:
    return None


FAULTS: list[tuple[str, Any, str, Any, Callable[[], None]]] = [
    ("outputs are not compared", cast, "hmac", _ComparesNothing, test_ballot.test_an_output_of_another_key_is_refused),
    (
        "signatures are not checked",
        cast,
        "Ed25519PublicKey",
        _AcceptsAll,
        test_ballot.test_a_cast_that_was_altered_is_refused,
    ),
    (
        "sequence is not signed",
        cast,
        "_signed_bytes",
        _signed_without_sequence,
        test_ballot.test_a_cast_that_was_altered_is_refused,
    ),
    (
        "casts may have two spellings",
        cast,
        "parse_canonical",
        json.loads,
        test_ballot.test_a_body_with_another_spelling_is_refused,
    ),
    *(
        (
            f"seal not bound to part {n}",
            sealing,
            "_info",
            _info_without(n),
            test_ballot.test_a_ballot_does_not_open_anywhere_else,
        )
        for n in range(5)
    ),
    ("padding is not looked at", payload, "any", lambda _: False, test_ballot.test_padding_that_is_not_zero_is_refused),
    (
        "trailing bytes of a blinded value",
        evaluation,
        "len",
        lambda _: 32,
        test_credential.test_a_blinded_value_with_bytes_after_it_is_refused,
    ),
    (
        "one key for all units",
        evaluation,
        "lp",
        lambda *_: b"andon/v1",
        lambda: test_credential.test_every_round_unit_and_purpose_has_its_own_key({"unit_id": made.OTHER_UNIT}),
    ),
    (
        "proofs are not checked",
        request.SlipRequest,
        "finish",
        lambda *_: bytes(64),
        test_credential.test_an_evaluation_by_a_key_of_ones_own_is_refused,
    ),
    (
        "rosters are not compared",
        roster,
        "hmac",
        _ComparesNothing,
        test_manifest.test_a_roster_that_was_changed_after_publication_is_refused,
    ),
    (
        "units of one",
        roster,
        "LEAST_MEMBERS",
        1,
        test_manifest.test_a_roster_of_four_is_refused_even_when_it_was_fixed_so,
    ),
    ("members may repeat", roster, "sorted_members", list, test_manifest.test_a_member_listed_twice_does_not_make_five),
    (
        "members sort by code point",
        roster,
        "utf16_order",
        str,
        test_manifest.test_members_sort_by_utf16_code_units_as_in_javascript,
    ),
    ("slots keep their order", slots, "sorted", list, test_manifest.test_a_slot_list_says_nothing_about_order),
    (
        "log signatures are not checked",
        log,
        "_check_signature",
        _nothing,
        test_manifest.test_a_manifest_changed_by_the_operator_fails_its_signature,
    ),
    (
        "a signature fits every kind",
        log,
        "_signed_bytes",
        lambda _kind, body: wire.canonical(body),
        test_manifest.test_a_signature_for_one_kind_is_none_for_another,
    ),
    (
        "hashes do not cover the body",
        log,
        "entry_hash",
        _hash_without_closing,
        test_manifest.test_an_altered_entry_in_the_middle_no_longer_fits_the_next,
    ),
    (
        "whoever was delegated to once signs for ever",
        log.Delegation,
        "covers",
        lambda *_: True,
        lambda: test_manifest.test_a_round_that_opens_outside_the_delegation_is_refused(
            {"until": "2026-11-23T07:59:59Z"}
        ),
    ),
    (
        "a page is replaced at any time",
        log.Delegation,
        "covers",
        lambda *_: True,
        test_manifest.test_a_page_is_replaced_by_a_delegate_of_the_time_of_its_round,
    ),
    (
        "a delegate delegates",
        log,
        "DELEGATED_KINDS",
        frozenset({"manifest", "bundle", "delegation"}),
        test_manifest.test_only_the_steward_s_key_delegates,
    ),
    *(
        ("delegations are not looked at", log, "check_delegation", _nothing, promise)
        for promise in (
            lambda: test_manifest.test_a_delegation_for_another_log_or_to_the_steward_s_key_itself_is_refused(
                {"organisation": "0" * 32}
            ),
            test_manifest.test_a_replaced_key_is_not_brought_back_by_showing_its_delegation_again,
            test_manifest.test_a_delegation_that_was_signed_and_never_used_dies_with_the_next_one,
        )
    ),
    (
        "delegations for ever",
        schema,
        "LONGEST_DELEGATION",
        schema.timedelta(days=10_000),
        lambda: test_manifest.test_a_delegation_of_another_shape_or_of_more_than_400_days_is_refused(
            {"until": "2027-12-06T00:00:01Z"}
        ),
    ),
    (
        "seats are not compared",
        roster,
        "hmac",
        _ComparesNothing,
        test_manifest.test_seats_that_were_changed_after_publication_are_refused,
    ),
    (
        "a seat keeps the name of whoever was erased",
        roster.Seat,
        "erased",
        lambda seat: seat,
        test_manifest.test_a_roster_opens_for_the_others_when_one_was_erased_and_counts_them,
    ),
    (
        "both forms of a roster hash the same prefix",
        roster,
        "lp",
        lambda _domain, salt: wire.lp("andon/v1/roster", salt),
        test_manifest.test_the_commitment_over_seats_is_what_the_protocol_says,
    ),
    (
        "two who look alike on one roster",
        roster,
        "_visible",
        lambda text: object(),
        test_manifest.test_one_name_with_two_salts_does_not_make_five,
    ),
    (
        "rounds may close against their manifest",
        log,
        "_check_closing",
        _nothing,
        test_manifest.test_a_round_that_closes_against_its_manifest_is_refused,
    ),
    (
        "rounds may skip steps",
        log,
        "_advance",
        _nothing,
        lambda: test_manifest.test_a_round_that_skips_or_repeats_a_step_is_refused([("opened", {"round": made.ROUND})]),
    ),
    (
        "figures from four ballots",
        schema,
        "LEAST_BALLOTS",
        1,
        lambda: test_manifest.test_a_policy_that_protects_less_is_refused({"least_ballots": 4}),
    ),
    (
        "leaves and nodes hash alike",
        merkle,
        "_leaf_hash",
        lambda leaf: merkle.hashlib.sha256(leaf).digest(),
        test_manifest.test_roots_are_those_of_certificate_transparency,
    ),
    (
        "inclusion is not compared",
        merkle,
        "hmac",
        _ComparesNothing,
        test_manifest.test_every_leaf_of_every_tree_up_to_40_is_included_and_nowhere_else,
    ),
    (
        "fingerprints of six words",
        twelve_words,
        "WORDS",
        6,
        test_manifest.test_a_fingerprint_is_the_first_132_bits_in_twelve_words,
    ),
    (
        "questions may be asked in any order",
        schema,
        "_check_questions",
        _nothing,
        lambda: test_manifest.test_questions_that_are_not_the_purposes_in_their_order_are_refused(
            test_manifest.asked(("TS2", "23T08:00:00"), ("TS1", "24T08:00:00"))
        ),
    ),
    (
        "keys sort by code point",
        wire.rfc8785,
        "dumps",
        _sorted_by_python,
        test_wire.test_keys_are_sorted_by_utf16_code_units,
    ),
    (
        "lengths are not part of the bytes",
        wire,
        "lp",
        lambda *parts: b"".join(p.encode() for p in parts),
        test_wire.test_moving_a_byte_between_parts_changes_the_bytes,
    ),
]


@pytest.mark.parametrize(("what", "where", "name", "weaker", "promise"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_a_weaker_kernel_is_noticed(
    what: str, where: Any, name: str, weaker: Any, promise: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    promise()
    with monkeypatch.context() as planted:
        planted.setattr(where, name, weaker, raising=False)
        # BaseException, because pytest's own failures are none of Exception.
        with pytest.raises(BaseException) as noticed:  # noqa: PT011
            promise()
    assert not isinstance(noticed.value, KeyboardInterrupt | SystemExit)
    # The promise was broken, not the test: a planted fault that only crashes would prove nothing.
    assert isinstance(noticed.value, AssertionError | pytest.fail.Exception), what
