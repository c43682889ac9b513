"""Beginning the public log with a steward key that never comes near the server.

The server says what is to be signed; whoever holds the key (a browser, or a command that forgets it) signs; the
server checks and appends. Ed25519 has one signature for one key and one text, so a founding that was cut off is
repeated with the same key and finds its own entries.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction

from andon.features.publiclog import public as publiclog
from andon.features.rounds import signing
from andon.kernel import manifest, wire


class FoundingRefused(Exception):
    """The log was not begun with these signatures. Nothing was changed."""


class BegunWithAnotherKey(FoundingRefused):
    """The log has a beginning that another key signed, or for another organisation."""


@dataclass(frozen=True, slots=True)
class FoundingRequest:
    """What is to be signed: for which organisation, and which key of the server may publish from when until when."""

    organisation_id: str
    delegate: str
    begins: str
    until: str


@dataclass(frozen=True, slots=True)
class FoundingSignatures:
    """The steward's public key and its signatures over the genesis entry and the delegation, all b64u."""

    steward_public_key: str
    genesis: str
    delegation: str


def begun_for() -> tuple[str, str] | None:
    """The organisation's id and the steward's public key in the log's first entry, if there is one."""
    first = publiclog.find("genesis", "")
    return (first.body["organisation"], first.body["steward_key"]) if first else None


def founding_request(*, at: datetime) -> FoundingRequest:
    """What is to be signed now, with a fresh key of the server unless one waits. Writes that key's file.

    A log that was begun by a founding that was cut off keeps its organisation and its delegation.
    """
    begun, delegation = begun_for(), publiclog.newest("delegation")
    if begun and delegation:
        body = delegation.body
        return FoundingRequest(begun[0], body["delegate"], body["from"], body["until"])
    begins = at.replace(microsecond=0)
    organisation_id = begun[0] if begun else secrets.token_hex(16)
    until = begins + signing.DELEGATION_LASTS
    return FoundingRequest(organisation_id, signing.make_delegate(), wire.utc_text(begins), wire.utc_text(until))


def sign_founding(request: FoundingRequest, private_key: bytes) -> FoundingSignatures:
    """What a browser does, for whoever has the key in memory. client/src/setup.ts does the same."""
    public_key = wire.b64u(Ed25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw())
    genesis = manifest.sign_body(private_key, "genesis", genesis_body(request, public_key))
    first = manifest.make_entry(
        index=0,
        previous=manifest.NO_PREVIOUS,
        kind="genesis",
        body=genesis_body(request, public_key),
        signature=genesis,
    )
    delegation = delegation_body(request, manifest.entry_hash(first))
    return FoundingSignatures(public_key, genesis, manifest.sign_body(private_key, "delegation", delegation))


def begin_signed_log(request: FoundingRequest, signatures: FoundingSignatures) -> None:
    """Append the genesis entry and the first delegation, both or neither. May be repeated with the same key.

    Raises: FoundingRefused where a signature does not fit; BegunWithAnotherKey where the log began otherwise.
    """
    try:
        genesis, delegation = entries = _entries(request, signatures)
        manifest.check_chain(entries)
    except (manifest.BadLog, wire.Malformed) as fault:
        raise FoundingRefused(str(fault)) from None
    with transaction.atomic(using="ballots"):
        first = _append(genesis)
        if first.hash != delegation["previous"]:
            raise BegunWithAnotherKey
        try:
            _append(delegation)
        except manifest.BadDelegation:
            # Another key of this machine was delegated to before; its file is lost, or it is another machine.
            raise BegunWithAnotherKey from None


def _append(entry: manifest.Entry) -> publiclog.Entry:
    body, signature = cast(dict[str, Any], entry["body"]), cast(str, entry["signature"])
    return publiclog.append(str(entry["kind"]), body=lambda _previous: (body, signature))


def _entries(request: FoundingRequest, signatures: FoundingSignatures) -> tuple[manifest.Entry, manifest.Entry]:
    genesis = manifest.make_entry(
        index=0,
        previous=manifest.NO_PREVIOUS,
        kind="genesis",
        body=genesis_body(request, signatures.steward_public_key),
        signature=signatures.genesis,
    )
    previous = manifest.entry_hash(genesis)
    delegation = manifest.make_entry(
        index=1,
        previous=previous,
        kind="delegation",
        body=delegation_body(request, previous),
        signature=signatures.delegation,
    )
    return genesis, delegation


def genesis_body(request: FoundingRequest, steward_public_key: str) -> dict[str, Any]:
    return {"andon": "v1", "organisation": request.organisation_id, "steward_key": steward_public_key}


def delegation_body(request: FoundingRequest, previous: str) -> dict[str, Any]:
    return {
        "andon": "v1",
        "delegate": request.delegate,
        "from": request.begins,
        "organisation": request.organisation_id,
        "previous": previous,
        "until": request.until,
    }
