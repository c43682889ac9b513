"""The door of `tokens`: keys for programs, and what they may read."""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.functional import Promise

from andon.foundation.audit import public as audit
from andon.foundation.people.models import Member
from andon.foundation.tokens.models import ProgramKey, ProgramRead
from andon.kernel import wire

__all__ = [
    "LONGEST",
    "MOST",
    "Grant",
    "KeyLine",
    "TooManyKeys",
    "UnknownScope",
    "end_key",
    "grant_for",
    "is_first_read",
    "keys_of",
    "make_key",
    "register_scope",
    "scopes",
]

PREFIX = "andon"
SECRET_BYTES = 32
LONGEST = timedelta(days=366)
# Of one member: enough for any purpose, and few enough to be looked through.
MOST = 20

_scopes: dict[str, str | Promise] = {}


class UnknownScope(ValueError):
    """A key names something that no room offers to programs."""


class TooManyKeys(ValueError):
    """The member has as many keys as one may have."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a key allows: to read as this member, in these scopes."""

    key_id: str
    member: Member
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key as its member sees it."""

    id: str
    name: str
    scopes: tuple[str, ...]
    made_on: date
    ends_on: date
    has_ended: bool


def register_scope(scope: str, words: str | Promise) -> None:
    """Called from `AppConfig.ready`: something that programs may read."""
    _scopes[scope] = words


def scopes() -> Mapping[str, str | Promise]:
    """What programs may read, in words, in the order of their names."""
    return dict(sorted(_scopes.items()))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def make_key(*, member: Member, name: str, allowed: Collection[str], ends_on: date, at: datetime, on: date) -> str:
    """Make a key and return what the program sends: the only time that it can be seen.

    Guarantees: what is stored does not tell it; the change log says that it was made and what it may read.
    Raises: UnknownScope, TooManyKeys; ValueError for an end in the past or beyond a year.
    """
    if not allowed or not set(allowed) <= _scopes.keys():
        raise UnknownScope
    if not on <= ends_on <= on + LONGEST:
        raise ValueError("a key ends within a year, and not before today")
    secret = wire.b64u(secrets.token_bytes(SECRET_BYTES))
    with transaction.atomic(using="default"):
        # Two at once of one member wait for each other.
        Member.objects.select_for_update().get(pk=member.pk)
        ProgramKey.objects.filter(member=member, ends_on__lt=on).delete()
        if ProgramKey.objects.filter(member=member).count() >= MOST:
            raise TooManyKeys
        row = ProgramKey.objects.create(
            member=member, name=name, scopes=sorted(allowed), digest=_digest(secret), made_on=on, ends_on=ends_on
        )
        audit.record(kind="token.made", by=member, at=at, may=", ".join(row.scopes))
    return f"{PREFIX}_{row.pk}_{secret}"


def end_key(*, member: Member, key_id: str, at: datetime) -> bool:
    """End one of the member's keys at once. False where there is none, also when it was ended before."""
    with transaction.atomic(using="default"):
        ended, _by_model = ProgramKey.objects.filter(pk=key_id, member=member).delete()
        if ended:
            audit.record(kind="token.ended", by=member, at=at)
    return bool(ended)


def keys_of(member: Member, *, on: date) -> list[KeyLine]:
    rows = ProgramKey.objects.filter(member=member).order_by("made_on", "pk")
    return [KeyLine(row.pk, row.name, tuple(row.scopes), row.made_on, row.ends_on, row.ends_on < on) for row in rows]


def grant_for(sent: str, *, on: date) -> Grant | None:
    """What this key allows on that day; None for one that is malformed, unknown or over, or whose member has left.

    One query. Takes as long for a wrong secret as for a right one.
    """
    prefix, _line, rest = sent.partition("_")
    key_id, _line, secret = rest.partition("_")
    if prefix != PREFIX or not secret or len(sent) > 200 or "\x00" in sent:
        return None
    row = ProgramKey.objects.select_related("member").filter(pk=key_id).first()
    digest = row.digest if row else "0" * 64
    if not hmac.compare_digest(_digest(secret), digest) or row is None:
        return None
    if row.ends_on < on or not row.member.is_active:
        return None
    return Grant(row.pk, row.member, frozenset(row.scopes) & _scopes.keys())


def is_first_read(grant: Grant, what: str, *, on: date) -> bool:
    """Note that the key read this today; True the first time. In the caller's transaction."""
    _row, is_new = ProgramRead.objects.get_or_create(key_id=grant.key_id, what=what[:120], day=on)
    return is_new
