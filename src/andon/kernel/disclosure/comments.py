"""Which comments a unit may read: those of enough people, in an order that says nothing, bound by one digest."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from andon.kernel.unseen import JOINERS, is_unseen
from andon.kernel.wire import canonical, lp

LEAST_BALLOTS_FOR_COMMENTS = 8
_KEY_BYTES = 32
_KEPT = frozenset("\n" + JOINERS)
_DIGEST = re.compile(r"[0-9a-f]{64}")


class MalformedComments(ValueError):
    """What a release says of its comments is not what these rules write."""


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment and the random key, 64 hex digits, that gives it its place: the order of keys is the shuffle."""

    key: str
    text: str

    def __repr__(self) -> str:
        # What ends up in a traceback must not show anybody's words.
        return "Comment(...)"


@dataclass(frozen=True, slots=True)
class CommentsRelease:
    """What a unit's release says of comments: their number and digest; both None where they were dropped unread."""

    count: int | None
    digest: str | None

    def to_json(self) -> dict[str, object]:
        if self.count is None:
            return {"reason": "too_few_ballots"}
        return {"count": self.count, "digest": self.digest}

    @classmethod
    def from_json(cls, value: object) -> CommentsRelease:
        """Guarantees: from_json(x.to_json()) == x. Raises: MalformedComments."""
        if value == {"reason": "too_few_ballots"}:
            return cls(None, None)
        if not isinstance(value, dict) or set(value) != {"count", "digest"}:
            raise MalformedComments("comments have a number and a digest, or a reason")
        count, digest = value["count"], value["digest"]
        if type(count) is not int or count < 0 or not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
            raise MalformedComments("comments have a number and a digest, or a reason")
        return cls(count, digest)


def ballots_for_comments(least_ballots: int) -> int:
    """How many ballots open a unit's comments: eight, or as many as the policy asks for where that is more (R7)."""
    return max(LEAST_BALLOTS_FOR_COMMENTS, least_ballots)


def may_comment(roster_size: int, *, least_ballots: int) -> bool:
    """Whether a unit of this size is given slips for comments at all (R7): only where they could be read."""
    return roster_size >= ballots_for_comments(least_ballots)


def may_read_comments(*, roster_size: int, ballots: int, least_ballots: int) -> bool:
    """Whether the unit's comments are opened: by roster and ballots alone, never by a comment or how many there are.

    ``ballots`` are those with answers. ``least_ballots`` is the policy's.
    """
    return may_comment(roster_size, least_ballots=least_ballots) and ballots >= ballots_for_comments(least_ballots)


def shuffle_comments(texts: Iterable[str], *, random_bytes: Callable[[int], bytes]) -> tuple[Comment, ...]:
    """Each text under a fresh random key, in the order of the keys; empty ones are left out.

    Guarantees: with keys from a generator nobody can predict the order is independent of that of ``texts``; what a
    database or a page could stumble over is taken out: control characters but line breaks, letters that nobody sees
    but the two joiners of some scripts, and more than one empty line in a row.
    Does not: hide how somebody writes.
    """
    kept = [text for text in map(_readable, texts) if text]
    return tuple(sorted((Comment(random_bytes(_KEY_BYTES).hex(), text) for text in kept), key=lambda one: one.key))


def comments_digest(comments: Sequence[Comment]) -> str:
    """SHA-256(lp("andon/v1/comments") || canonical([[key, text], ...])) in the order of keys, hex.

    Guarantees: binds every text; once the keys are deleted nobody can find out by guessing what a text was.
    Reference: docs/protocol/disclosure.md, section 10.
    """
    ordered = sorted(comments, key=lambda one: one.key)
    return hashlib.sha256(
        lp("andon/v1/comments") + canonical([[comment.key, comment.text] for comment in ordered])
    ).hexdigest()


def comments_release(comments: Sequence[Comment]) -> CommentsRelease:
    return CommentsRelease(len(comments), comments_digest(comments))


def _readable(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(sign for sign in lines if sign in _KEPT or not is_unseen(sign))
    shown = re.sub(r"\n(?:[^\S\n]*\n){2,}", "\n\n", kept).strip()
    return shown if shown.strip(JOINERS) else ""
