"""How bytes, identifiers and JSON look on the wire (docs/protocol, section 1)."""

import base64
import binascii
import hashlib
import json
import re
from datetime import UTC, datetime
from typing import NoReturn

import rfc8785

_ID = re.compile(r"[0-9a-f]{32}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
# The purpose of slips and envelopes that hold somebody's own words.
COMMENT = "comment"
_PURPOSE = re.compile(rf"ballot(/[A-Z]{{2}}[0-9]{{1,2}})?|{COMMENT}")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")

MAX_PART_BYTES = 65_535
MAX_U32 = 2**32 - 1
# Beyond this a JavaScript number is no longer exact, and RFC 8785 refuses it.
MAX_INTEGER = 2**53 - 1
# Nothing the protocol defines is nested deeper than six; a bound keeps a hostile text from exhausting the stack.
MAX_DEPTH = 32


class Malformed(ValueError):
    """Something on the wire does not have the one shape the protocol allows."""


def lp(*parts: bytes | str) -> bytes:
    """Join parts so that no two different lists of parts give the same bytes.

    Guarantees: injective for a fixed meaning of each position; text is UTF-8.
    Does not: say which part was text and which was bytes.
    Raises: Malformed when a part is longer than 65,535 bytes or is not valid Unicode.
    """
    joined = bytearray()
    for part in parts:
        raw = _utf8(part) if isinstance(part, str) else part
        if len(raw) > MAX_PART_BYTES:
            raise Malformed("a part is longer than 65,535 bytes")
        joined += len(raw).to_bytes(2, "big") + raw
    return bytes(joined)


def u32(n: int) -> bytes:
    """Four bytes, big-endian. Raises: Malformed outside 0 to 2^32 - 1."""
    if type(n) is not int or not 0 <= n <= MAX_U32:
        raise Malformed("not an unsigned 32-bit integer")
    return n.to_bytes(4, "big")


def b64u(data: bytes) -> str:
    """Base64url without padding. Reference: RFC 4648, section 5."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64u(text: str, length: int | None = None) -> bytes:
    """Read base64url as strictly as it is written.

    Guarantees: `b64u(unb64u(text)) == text`, so one value has one spelling.
    Raises: Malformed for padding, another alphabet, non-zero trailing bits, or bytes that are not `length` long.
    """
    if not isinstance(text, str) or not _BASE64URL.fullmatch(text):
        raise Malformed("not base64url without padding")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise Malformed("not base64url without padding") from None
    if b64u(data) != text:
        raise Malformed("base64url with stray trailing bits")
    if length is not None and len(data) != length:
        raise Malformed(f"expected {length} bytes")
    return data


def canonical(value: object) -> bytes:
    """Canonical JSON in UTF-8, integers only.

    Guarantees: equal values give equal bytes, in both implementations.
    Raises: Malformed for floats, integers beyond 2^53 - 1, keys that are not text, lone surrogates, other types,
        and values nested deeper than 32.
    Reference: RFC 8785; docs/protocol, section 1.
    """
    _check_json(value, depth=0)
    try:
        return rfc8785.dumps(value)  # type: ignore[arg-type]
    except (rfc8785.CanonicalizationError, UnicodeError):
        raise Malformed("not representable as canonical JSON") from None


def integrity(data: bytes) -> str:
    """What a page says of a file that it loads, so that a browser takes no other bytes.

    Reference: W3C, Subresource Integrity.
    """
    return f"sha384-{base64.b64encode(hashlib.sha384(data).digest()).decode('ascii')}"


def parse_canonical(data: bytes) -> object:
    """Read JSON that is already in its canonical form.

    Guarantees: `canonical(parse_canonical(data)) == data`; so no duplicate keys, no spaces, no floats, one spelling.
    Raises: Malformed for everything else.
    """
    try:
        value: object = json.loads(data.decode("utf-8"), parse_float=_refuse_number, parse_constant=_refuse_number)
    except (ValueError, RecursionError):
        raise Malformed("not canonical JSON") from None
    if canonical(value) != data:
        raise Malformed("not canonical JSON")
    return value


def check_id(text: str) -> str:
    """A round, unit or organisation id: 16 bytes as 32 lower-case hex characters. Raises: Malformed."""
    if not isinstance(text, str) or not _ID.fullmatch(text):
        raise Malformed("not an id of 32 lower-case hex characters")
    return text


def check_digest(text: str) -> str:
    """A SHA-256 digest as 64 lower-case hex characters. Raises: Malformed."""
    if not isinstance(text, str) or not _DIGEST.fullmatch(text):
        raise Malformed("not a digest of 64 lower-case hex characters")
    return text


def check_purpose(text: str) -> str:
    """`ballot`, `ballot/<statement code>` or `comment`. Raises: Malformed."""
    if not isinstance(text, str) or not _PURPOSE.fullmatch(text):
        raise Malformed("not a purpose")
    return text


def check_keys(value: object, names: frozenset[str]) -> dict[str, object]:
    """An object with exactly these keys. Raises: Malformed (which names no value and no foreign key)."""
    if not isinstance(value, dict):
        raise Malformed("not an object")
    if value.keys() != names:
        raise Malformed("expected exactly the keys " + ", ".join(sorted(names)))
    return value


def utc_text(moment: datetime) -> str:
    """A moment in UTC to the second, as manifests, delegations and files have it: 2026-11-27T09:00:00Z.

    Does not: round; what is below a second is cut off. A moment without a time zone is taken for local time.
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def sha256_hex(data: bytes) -> str:
    """SHA-256 in lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def utf16_order(text: str) -> bytes:
    """The key for sorting text by UTF-16 code units, as RFC 8785 sorts keys and JavaScript sorts strings.

    Python sorts by code points, which differs beyond U+FFFF: the two sides would commit to different lists.
    """
    try:
        return text.encode("utf-16-be")
    except UnicodeEncodeError:
        raise Malformed("not valid Unicode text") from None


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise Malformed("not valid Unicode text") from None


def _refuse_number(_text: str) -> NoReturn:
    raise Malformed("numbers on the wire are integers")


def _check_json(value: object, *, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise Malformed("nested too deeply")
    if value is None or isinstance(value, bool | str):
        return
    if type(value) is int:
        if abs(value) > MAX_INTEGER:
            raise Malformed("an integer beyond 2^53 - 1")
        return
    if isinstance(value, dict):
        for key, member in value.items():
            if not isinstance(key, str):
                raise Malformed("a key that is not text")
            _check_json(member, depth=depth + 1)
        return
    if isinstance(value, list | tuple):
        for member in value:
            _check_json(member, depth=depth + 1)
        return
    raise Malformed("only objects, lists, text, integers, true, false and null")
