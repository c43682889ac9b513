from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.kernel import wire

modest = settings(max_examples=60, deadline=None, derandomize=True, database=None)
text = st.text(st.characters(codec="utf-8"), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)


@modest
@given(st.lists(st.binary(max_size=6), max_size=4), st.lists(st.binary(max_size=6), max_size=4))
def test_two_lists_of_parts_never_share_their_bytes(a: list[bytes], b: list[bytes]) -> None:
    assert (wire.lp(*a) == wire.lp(*b)) == (a == b)


def test_moving_a_byte_between_parts_changes_the_bytes() -> None:
    assert wire.lp("ab", "c") != wire.lp("a", "bc")


def test_text_parts_are_utf8() -> None:
    assert wire.lp("é", b"\x01") == b"\x00\x02\xc3\xa9\x00\x01\x01"


def test_a_part_of_65535_bytes_is_taken_and_a_longer_one_refused() -> None:
    assert len(wire.lp(bytes(65_535))) == 65_537
    with pytest.raises(wire.Malformed):
        wire.lp(bytes(65_536))
    with pytest.raises(wire.Malformed):
        wire.lp("\ud800")


@pytest.mark.parametrize(("n", "expected"), [(0, "00000000"), (256, "00000100"), (2**32 - 1, "ffffffff")])
def test_u32_is_four_bytes_big_endian(n: int, expected: str) -> None:
    assert wire.u32(n).hex() == expected


@pytest.mark.parametrize("n", [-1, 2**32, True, 1.0])
def test_u32_refuses_what_does_not_fit(n: int) -> None:
    with pytest.raises(wire.Malformed):
        wire.u32(n)


@modest
@given(st.binary(max_size=70))
def test_base64url_comes_back(data: bytes) -> None:
    written = wire.b64u(data)
    assert "=" not in written
    assert wire.unb64u(written, len(data)) == data


@pytest.mark.parametrize("bad", ["A", "AA==", "AB", "AAF", "A+AA", "A/AA", "AA AA", "AAAA\n", "ÄAAA", "A" * 5])
def test_base64url_of_another_spelling_is_refused(bad: str) -> None:
    with pytest.raises(wire.Malformed):
        wire.unb64u(bad)


@pytest.mark.parametrize("length", [2, 4])
def test_base64url_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(wire.Malformed):
        wire.unb64u("AAAA", length)


@modest
@given(values)
def test_canonical_json_comes_back(value: object) -> None:
    assert wire.parse_canonical(wire.canonical(value)) == value


def test_keys_are_sorted_by_utf16_code_units() -> None:
    # RFC 8785, 3.2.3: U+1F600 sorts before U+FB33, unlike by code points.
    assert wire.canonical({"\ufb33": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\ufb33":1}'.encode()


@pytest.mark.parametrize(
    "bad",
    [
        b'{"a":1.0}', b"1e2", b"[1, 2]", b'{"b":1,"a":2}', b'{"a":1,"a":1}', b'{"a":1,"a":2}', b'"\\u0061"', b"-0",
        b"NaN", b"Infinity", b"9007199254740992", b'"\\ud800"', b" 1", b"1\n", b"", b"\xff", b"\xef\xbb\xbf1",
        b"[" * 100_000, b"[" * 40 + b"]" * 40, b"1" * 5_000, b"01", b"{}{}", b'{"a":1,}',
    ],
)  # fmt: skip
def test_json_that_is_not_canonical_is_refused(bad: bytes) -> None:
    with pytest.raises(wire.Malformed):
        wire.parse_canonical(bad)


@pytest.mark.parametrize("bad", [1.0, float("nan"), 2**53, -(2**53), {1: 2}, {"a": b"x"}, "\ud800", {"\ud800": 1}])
def test_values_without_one_spelling_are_refused(bad: object) -> None:
    with pytest.raises(wire.Malformed):
        wire.canonical(bad)


@pytest.mark.parametrize("good", ["ballot", "ballot/TS1", "ballot/TS12", "comment"])
def test_purposes(good: str) -> None:
    assert wire.check_purpose(good) == good


@pytest.mark.parametrize(
    "bad", ["", "Ballot", "ballot/", "ballot/ts1", "ballot/TS", "ballot/TS123", "comment/TS1", "ballot\n", "ballot/TS١"]
)
def test_what_is_no_purpose_is_refused(bad: str) -> None:
    with pytest.raises(wire.Malformed):
        wire.check_purpose(bad)


@pytest.mark.parametrize("bad", ["", "0" * 31, "0" * 33, "A" * 32, "0" * 31 + "g", "0" * 32 + "\n", "٠" * 32])
def test_what_is_no_id_is_refused(bad: str) -> None:
    assert wire.check_id("0a" * 16) == "0a" * 16
    with pytest.raises(wire.Malformed):
        wire.check_id(bad)


@pytest.mark.parametrize("bad", ["", "0" * 63, "A" * 64, "0" * 64 + "\n"])
def test_what_is_no_digest_is_refused(bad: str) -> None:
    with pytest.raises(wire.Malformed):
        wire.check_digest(bad)


@pytest.mark.parametrize("bad", [None, [], {"a": 1}, {"a": 1, "b": 2, "c": 3}])
def test_an_object_with_other_keys_is_refused(bad: object) -> None:
    assert wire.check_keys({"a": 1, "b": 2}, frozenset({"a", "b"})) == {"a": 1, "b": 2}
    with pytest.raises(wire.Malformed):
        wire.check_keys(bad, frozenset({"a", "b"}))


def test_a_moment_is_written_in_utc_to_the_second() -> None:
    assert wire.utc_text(datetime(2026, 11, 27, 9, 5, 7, 999_999, tzinfo=UTC)) == "2026-11-27T09:05:07Z"
    east = timezone(timedelta(hours=2))
    assert wire.utc_text(datetime(2027, 1, 1, 1, 30, tzinfo=east)) == "2026-12-31T23:30:00Z"
