"""Who signs in the public log, and with which key.

The steward's own key is kept away from this machine. It signs the beginning of the log, and a delegation: for some
time, a key that lies here may publish rounds. Where the steward's key does lie in a file (a demonstration, an
installation from before there were delegations), it signs whenever no delegation fits.
"""

import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from andon.features.publiclog import public as publiclog
from andon.foundation.audit import public as audit
from andon.foundation.organisation import public as organisation
from andon.kernel import manifest, wire

# A year, and a month in which to notice; the protocol allows 400 days.
DELEGATION_LASTS = timedelta(days=395)
WARN_BEFORE = timedelta(days=30)
_MAX_SIGNED_BYTES = 16_000


class StewardKeyMissing(Exception):
    """There is no key to sign with, so no round can be published. Nothing was changed."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"There is no key to sign with: {reason}. Nothing was published. "
            "Run “andon steward delegate”, or set ANDON_STEWARD_KEY_FILE to the file that holds the steward's key."
        )


class DelegationRefused(Exception):
    """The delegation was not taken. Nothing was changed. The text is for the person who brought it."""


class DelegationState(StrEnum):
    NONE = "none"
    VALID = "valid"
    ENDS_SOON = "ends soon"
    ENDED = "ended"


class Delegated(NamedTuple):
    """Whether a key of this machine may publish, and until when."""

    state: DelegationState
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Delegation:
    """The last delegation in the log."""

    delegate: str
    begins: datetime
    until: datetime

    def covers(self, moment: datetime) -> bool:
        return self.begins <= moment.replace(microsecond=0) <= self.until


# Keys


def new_steward_key() -> tuple[str, str]:
    """A fresh key pair as text: (private, public), both b64u."""
    key = Ed25519PrivateKey.generate()
    return wire.b64u(key.private_bytes_raw()), wire.b64u(key.public_key().public_bytes_raw())


def public_half(private_key: bytes) -> str:
    return wire.b64u(Ed25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw())


def steward_key(file: Path | None = None) -> bytes:
    """The private key of 32 bytes, from the file or from the configured one.

    Raises: StewardKeyMissing, without naming what the file holds.
    """
    if file is None and not settings.STEWARD_KEY_FILE:
        raise StewardKeyMissing("no delegation is valid, and no file with the steward's key is configured")
    return _read_key(file or Path(settings.STEWARD_KEY_FILE))


def _read_key(file: Path) -> bytes:
    try:
        return wire.unb64u(file.read_text().strip(), 32)
    except OSError as error:
        raise StewardKeyMissing(error.strerror or "the file cannot be read") from None
    except (wire.Malformed, UnicodeDecodeError):
        raise StewardKeyMissing("the file does not hold one") from None


def steward_public_key() -> str:
    """The public half of the key in the file, b64u. Raises: StewardKeyMissing."""
    return public_half(steward_key())


def _key_file() -> Path:
    return Path(settings.SIGNING_KEY_FILE)


def _next_key_file() -> Path:
    """A key that waits for its delegation while the one before it still signs."""
    return _key_file().with_name(_key_file().name + ".next")


def make_delegate() -> str:
    """The public half of the key of this machine that is to be delegated to; it is made unless one waits already.

    Guarantees: the private half is whole and durable in a file of mode 0600 before this returns, and no key is ever
    overwritten; of two at once both get the same key. The key that signs now stays until the new one was delegated to.
    """
    current = current_delegation()
    file = _key_file()
    if file.exists() and current is not None and public_half(_read_key(file)) == current.delegate:
        file = _next_key_file()
    if not file.exists():
        _write_once(file, wire.b64u(Ed25519PrivateKey.generate().private_bytes_raw()) + "\n")
    return public_half(_read_key(file))


def _write_once(file: Path, text: str) -> None:
    beside = file.with_name(f"{file.name}.{secrets.token_hex(8)}.new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    try:
        # A link is refused where the name is taken, and the file under it is whole or not there.
        os.link(beside, file)
    except FileExistsError:
        return
    finally:
        beside.unlink(missing_ok=True)
        _sync_directory(file.parent)


def _sync_directory(folder: Path) -> None:
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _delegate_key(public_key: str) -> bytes | None:
    """The private half, if it lies here."""
    for file in (_key_file(), _next_key_file()):
        if file.exists():
            key = _read_key(file)
            if public_half(key) == public_key:
                return key
    return None


def _settle_key_files(public_key: str) -> None:
    """The key that was delegated to takes the place of the one before it, whose file is overwritten by the move."""
    waiting = _next_key_file()
    if waiting.exists() and public_half(_read_key(waiting)) == public_key:
        waiting.replace(_key_file())
    # A second name, left by somebody who was killed while making a key, would keep the old one after its end.
    for left in waiting.parent.glob(f"{_key_file().name}.*.new"):
        left.unlink(missing_ok=True)
    _sync_directory(waiting.parent)


# Delegations


def current_delegation() -> Delegation | None:
    entry = publiclog.newest("delegation")
    if entry is None:
        return None
    return Delegation(
        entry.body["delegate"], manifest.read_time(entry.body["from"]), manifest.read_time(entry.body["until"])
    )


def delegation_state(at: datetime | None = None) -> Delegated:
    """Whether a delegation lets this machine publish now. One whose key does not lie here is none."""
    at = at or timezone.now()
    current = current_delegation()
    if current is None or _delegate_key(current.delegate) is None:
        return Delegated(DelegationState.NONE, None)
    if at > current.until:
        return Delegated(DelegationState.ENDED, current.until)
    soon = at > current.until - WARN_BEFORE
    return Delegated(DelegationState.ENDS_SOON if soon else DelegationState.VALID, current.until)


def delegation_body(*, organisation_id: str, delegate: str, previous: str, at: datetime) -> dict[str, str]:
    begins = at.astimezone(UTC).replace(microsecond=0)
    return {
        "andon": "v1",
        "delegate": delegate,
        "from": wire.utc_text(begins),
        "organisation": organisation_id,
        "previous": previous,
        "until": wire.utc_text(begins + DELEGATION_LASTS),
    }


def delegation_request(*, at: datetime) -> bytes:
    """What the steward takes to the machine with the key: everything that will be signed, and nothing secret.

    It names the newest entry of the log. Other entries may follow before it comes back signed; another delegation may
    not, because then it would undo one that its signer had not seen.
    Raises: DelegationRefused, where the log has not begun.
    """
    genesis, head = publiclog.find("genesis", ""), publiclog.head()
    if genesis is None or head is None:
        raise DelegationRefused(_("The public log has not begun yet. Found the organisation first."))
    body = delegation_body(
        organisation_id=genesis.body["organisation"], delegate=make_delegate(), previous=head.hash, at=at
    )
    request = {"body": body, "kind": "delegation", "steward_key": genesis.body["steward_key"]}
    return (json.dumps(request, indent=1, sort_keys=True) + "\n").encode()


def accept_delegation(signed: bytes, *, at: datetime, by: object | None = None) -> datetime:
    """Take a signed delegation into the public log; when it ends. May be repeated.

    Guarantees: what stands in the log afterwards verifies, and this machine has the key that it names.
    Raises: DelegationRefused.
    """
    body, signature = _read_signed(signed)
    genesis = publiclog.find("genesis", "")
    if genesis is None:
        raise DelegationRefused(_("The public log has not begun yet. Nothing was changed."))
    try:
        entry = manifest.make_entry(index=1, previous=genesis.hash, kind="delegation", body=body, signature=signature)
        root = wire.unb64u(genesis.body["steward_key"], 32)
        manifest.check_entry(entry, previous_entry=json.loads(genesis.content), steward_public_key=root)
    except manifest.WrongSignature:
        raise DelegationRefused(
            _("It is not signed by the steward's key of this organisation's log. Nothing was changed.")
        ) from None
    except manifest.BadLog:
        raise DelegationRefused(_("This is not a delegation that can be read. Nothing was changed.")) from None
    if _delegate_key(body["delegate"]) is None:
        raise DelegationRefused(
            _(
                "It lets a key sign that does not lie on this machine. Nothing was changed. "
                "Make a request with “andon steward delegate” here, and sign that one."
            )
        )
    until = manifest.read_time(body["until"])
    if until <= at:
        raise DelegationRefused(_("It has ended already. Nothing was changed. Make a new request and sign that one."))
    with transaction.atomic(using="default"):
        before = current_delegation()
        try:
            publiclog.append("delegation", body=lambda _previous: (body, signature))
        except manifest.BadDelegation:
            raise DelegationRefused(
                _(
                    "Another delegation was made after this request, or it is for another log. Nothing was changed. "
                    "Make a new request and sign that one."
                )
            ) from None
        # Log and change log are two databases: who was killed between their commits has said it in the first alone.
        if before is None or before.delegate != body["delegate"] or not _is_told(body["until"]):
            audit.record(kind="steward.delegated", by=by, at=at, until=body["until"])
    _settle_key_files(body["delegate"])
    return until


def _is_told(until: str) -> bool:
    return audit.is_recorded("steward.delegated", until=until)


def _read_signed(signed: bytes) -> tuple[dict[str, Any], str]:
    try:
        if len(signed) > _MAX_SIGNED_BYTES:
            raise wire.Malformed("too long")
        fields = wire.check_keys(json.loads(signed.decode()), frozenset({"body", "kind", "signature", "steward_key"}))
        body, signature = fields["body"], fields["signature"]
        if fields["kind"] != "delegation" or not isinstance(body, dict) or not isinstance(signature, str):
            raise wire.Malformed("not a delegation")
    except (ValueError, RecursionError):
        raise DelegationRefused(
            _("This is not a signed delegation. Nothing was changed. Use the file that “andon steward sign” wrote.")
        ) from None
    return body, signature


def found_log(*, private_key: bytes, at: datetime, organisation_id: str | None = None) -> str:
    """Begin the public log and delegate to a key of this machine in one go; the steward's public key, b64u.

    The log is that of the organisation of this installation, or of the one that is about to be founded with this id.
    Guarantees: the steward's key is used in memory and written nowhere. May be repeated with the same key.
    Raises: DelegationRefused, where the log was begun with another key, or for another organisation.
    """
    if organisation_id is None:
        here = organisation.current()
        if here is None:
            raise DelegationRefused(_("There is no organisation yet. Nothing was changed."))
        organisation_id = here.id
    log_of = organisation_id
    body = {"andon": "v1", "organisation": log_of, "steward_key": public_half(private_key)}

    def begin(_previous: str) -> tuple[Mapping[str, Any], str]:
        return body, manifest.sign_body(private_key, "genesis", body)

    def let_sign(previous: str) -> tuple[Mapping[str, Any], str]:
        content = delegation_body(organisation_id=log_of, delegate=make_delegate(), previous=previous, at=at)
        return content, manifest.sign_body(private_key, "delegation", content)

    with transaction.atomic(using="ballots"):
        if publiclog.append("genesis", body=begin).body != body:
            raise DelegationRefused(_("The public log was begun with another key. Nothing was changed."))
        if current_delegation() is None:
            publiclog.append("delegation", body=let_sign)
    return body["steward_key"]


# Signing


def _signing_key(opens_at: datetime) -> bytes:
    """The delegate's key where the last delegation covers the opening, else the steward's own.

    Raises: StewardKeyMissing.
    """
    current = current_delegation()
    if current is not None and current.covers(opens_at):
        key = _delegate_key(current.delegate)
        if key is not None:
            return key
    return steward_key()


def check_key(steward_public_key: str, *, opens_at: datetime) -> None:
    """Whether a round that opens then could be published now.

    Raises: StewardKeyMissing, also where the steward's key is not the one that the organisation began its log with.
    """
    current, public_key = current_delegation(), public_half(_signing_key(opens_at))
    if public_key != steward_public_key and (current is None or public_key != current.delegate):
        raise StewardKeyMissing("it is not the key that belongs to this organisation's public log")


def signed(
    kind: str, body: Callable[[str], Mapping[str, Any]], *, opens_at: datetime
) -> Callable[[str], tuple[Mapping[str, Any], str]]:
    """`body` with the signature of whoever may sign for a round that opens then, for `publiclog.append`."""

    def make(previous: str) -> tuple[Mapping[str, Any], str]:
        content = body(previous)
        # Chosen inside the append, which is alone: a delegation that came a moment ago counts.
        return content, manifest.sign_body(_signing_key(opens_at), kind, content)

    return make


def signed_by_steward(
    kind: str, body: Mapping[str, Any], *, key_file: Path | None = None
) -> Callable[[str], tuple[Mapping[str, Any], str]]:
    """`body` with the signature of the steward's own key in the file, for `publiclog.append`."""
    key = steward_key(key_file)
    return lambda _previous: (body, manifest.sign_body(key, kind, body))
