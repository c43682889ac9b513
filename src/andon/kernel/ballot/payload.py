"""What is inside a ballot, padded to one size so that its length says nothing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from andon.kernel.wire import Malformed, canonical, check_purpose, parse_canonical

PLAINTEXT_BYTES = 2_048
_LENGTH_BYTES = 2
MAX_PAYLOAD_BYTES = PLAINTEXT_BYTES - _LENGTH_BYTES
_VERSION = 1
_LOWEST, _HIGHEST = 1, 5


class BadPayload(ValueError):
    """The plaintext of a ballot is not one this protocol can produce; the subclass says why, never what it held."""


class BadLength(BadPayload):
    """The plaintext is not 2,048 bytes, or the length inside it points outside."""


class BadPadding(BadPayload):
    """There is something other than zeros after the payload."""


class NotCanonical(BadPayload):
    """The payload is not canonical JSON."""


class UnknownKeys(BadPayload):
    """The payload has other keys than its purpose asks for, or another version."""


class OutOfScale(BadPayload):
    """A value is not an integer from 1 to 5, or a comment is not text."""


class UnknownCode(BadPayload):
    """A statement is answered that the instrument, or this purpose, does not contain."""


class TooLong(ValueError):
    """The payload does not fit into a ballot."""


@dataclass(frozen=True, slots=True)
class AnswersPayload:
    """Statement code to answer, 1 to 5; a skipped statement is absent."""

    answers: Mapping[str, int]

    def __repr__(self) -> str:
        # A ballot that ends up in a traceback must not show its answers.
        return "AnswersPayload(...)"


@dataclass(frozen=True, slots=True)
class CommentPayload:
    """A comment in the member's own words."""

    comment: str

    def __repr__(self) -> str:
        return "CommentPayload(...)"


Payload = AnswersPayload | CommentPayload


def encode_payload(payload: Payload) -> bytes:
    """`u16 length || canonical(payload) || zeros`, always 2,048 bytes.

    Guarantees: the size is the same for every ballot and every comment.
    Raises: TooLong when it does not fit, OutOfScale for an answer that is not 1 to 5, Malformed for invalid Unicode.
    Reference: docs/protocol, section 4.
    """
    match payload:
        case AnswersPayload(answers):
            _check_scale(answers.values())
            body = canonical({"answers": dict(answers), "v": _VERSION})
        case CommentPayload(comment):
            body = canonical({"comment": comment, "v": _VERSION})
    if len(body) > MAX_PAYLOAD_BYTES:
        raise TooLong("the payload does not fit into a ballot")
    return (len(body).to_bytes(_LENGTH_BYTES, "big") + body).ljust(PLAINTEXT_BYTES, b"\0")


def decode_payload(plaintext: bytes, *, purpose: str, codes: Collection[str]) -> Payload:
    """Read a plaintext as strictly as it is written.

    Guarantees: accepts only what `encode_payload` produces for this purpose and these statement codes.
    Raises: BadLength, BadPadding, NotCanonical, UnknownKeys, OutOfScale, UnknownCode (all BadPayload); Malformed for
        a purpose that is none.
    Reference: docs/protocol, section 4.
    """
    check_purpose(purpose)
    if len(plaintext) != PLAINTEXT_BYTES:
        raise BadLength("a plaintext has 2,048 bytes")
    length = int.from_bytes(plaintext[:_LENGTH_BYTES], "big")
    if length > MAX_PAYLOAD_BYTES:
        raise BadLength("the length inside the plaintext points outside")
    body, padding = plaintext[_LENGTH_BYTES : _LENGTH_BYTES + length], plaintext[_LENGTH_BYTES + length :]
    if any(padding):
        raise BadPadding("the padding is not all zeros")
    try:
        value = parse_canonical(body)
    except Malformed:
        raise NotCanonical("the payload is not canonical JSON") from None

    content = "comment" if purpose == "comment" else "answers"
    if not isinstance(value, dict) or value.keys() != {content, "v"}:
        raise UnknownKeys("the payload has other keys than its purpose asks for")
    if type(value["v"]) is not int or value["v"] != _VERSION:
        raise UnknownKeys("the payload has another version")
    if content == "comment":
        if not isinstance(value["comment"], str):
            raise OutOfScale("a comment is text")
        return CommentPayload(value["comment"])

    answers = value["answers"]
    if not isinstance(answers, dict):
        raise UnknownKeys("the answers are not an object")
    _, _, only = purpose.partition("/")
    allowed = {code for code in codes if not only or code == only}
    if not answers.keys() <= allowed:
        raise UnknownCode("an answer to a statement that is not asked here")
    _check_scale(answers.values())
    return AnswersPayload(answers)


def _check_scale(answers: Collection[object]) -> None:
    for answer in answers:
        # bool is a subclass of int, and true is not an answer.
        if type(answer) is not int or not _LOWEST <= answer <= _HIGHEST:
            raise OutOfScale("an answer is an integer from 1 to 5")
