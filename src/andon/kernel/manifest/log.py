"""The public log: append-only, hash-chained, and signed where the steward decides something."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from andon.kernel.manifest.schema import DELEGATED_KINDS, KINDS, SIGNED_KINDS, check_body, read_time
from andon.kernel.wire import Malformed, b64u, canonical, check_digest, check_keys, lp, sha256_hex, unb64u

NO_PREVIOUS = "0" * 64
_KEY_BYTES = 32
_SIGNATURE_BYTES = 64

Entry = dict[str, object]


class BadLog(ValueError):
    """The public log does not hold; the subclass says why."""


class BadEntry(BadLog):
    """An entry, or its body, does not have the shape its kind asks for."""


class UnknownKind(BadLog):
    """An entry is of a kind this version does not know, so nobody can say that it is harmless."""


class Gap(BadLog):
    """An index is missing, repeated or out of order."""


class BrokenChain(BadLog):
    """An entry does not name the hash of the one before it: something was changed, inserted or removed."""


class BadGenesis(BadLog):
    """The log does not begin with a genesis entry, has a second one, or its first key is not the one expected."""


class Unsigned(BadLog):
    """An entry that only the steward may write carries no signature."""


class NeedlessSignature(BadLog):
    """An entry that nobody signs carries a signature."""


class WrongSignature(BadLog):
    """A signature is neither the steward's nor that of the key the steward last delegated to."""


class BadDelegation(BadLog):
    """The steward's key let another key sign in a way that does not belong here: for another log, or used again."""


class OutsideDelegation(BadLog):
    """A key signed for a time for which the steward's key did not allow it to sign."""


class OutOfOrder(BadLog):
    """A round does something twice, or before or after the step it belongs to."""


class BadClosing(BadLog):
    """A round is closed with another number of units than published, or early although its policy forbids it."""


class BadPrevious(BadLog):
    """A manifest's own `previous` is not the entry before it: it was signed for another log."""


@dataclass(frozen=True, slots=True)
class Delegation:
    """The steward's key lets another key sign manifests and bundles, from a time until a time (both UTC text)."""

    delegate: bytes
    begins: str
    until: str
    index: int

    @classmethod
    def of(cls, body: Mapping[str, object], *, index: int) -> "Delegation":
        """From a body that was checked."""
        delegate = unb64u(str(body["delegate"]), _KEY_BYTES)
        return cls(delegate, str(body["from"]), str(body["until"]), index)

    def covers(self, first: object, last: object) -> bool:
        """Whether any moment from `first` to `last` is one at which the delegate may sign."""
        return read_time(self.begins) <= read_time(last) and read_time(first) <= read_time(self.until)


@dataclass(frozen=True, slots=True)
class RoundSummary:
    """What the log says about one round. Bodies are as in docs/protocol, section 6; absent steps are None.

    `signer` is the delegation under which the manifest was signed; None is the steward's own key.
    """

    round_id: str
    manifest: Mapping[str, object]
    bundle: Mapping[str, str]
    replaced: tuple[str, ...] = ()
    opened: bool = False
    closed: Mapping[str, object] | None = None
    released: Mapping[str, object] | None = None
    void: str | None = None
    signer: Delegation | None = None


@dataclass(frozen=True, slots=True)
class ChainSummary:
    """A log that holds: who it belongs to, where it ends, and its rounds in the order of their manifests."""

    organisation: str
    steward_key: bytes
    head_index: int
    head_hash: str
    hashes: tuple[str, ...]
    rounds: Mapping[str, RoundSummary]
    delegations: tuple[Delegation, ...] = ()


def make_entry(
    *, index: int, previous: str, kind: str, body: Mapping[str, object], signature: str | None = None
) -> Entry:
    """An entry ready to be appended. Raises: what `check_entry` raises for shape, kind and missing signatures."""
    entry: Entry = {"body": dict(body), "index": index, "kind": kind, "previous": previous, "signature": signature}
    _check_shape(entry)
    return entry


def entry_hash(entry: Mapping[str, object]) -> str:
    """SHA-256(canonical(entry)), hex."""
    return sha256_hex(canonical(dict(entry)))


def sign_body(private_key: bytes, kind: str, body: Mapping[str, object]) -> str:
    """The signature of the steward's or the delegate's key over a body of a signed kind, b64u.

    Does not: know whose key it is, nor whether it may sign this kind now; `check_chain` does.
    Raises: UnknownKind, Malformed.

    Reference: docs/protocol, section 6; RFC 8032.
    """
    if kind not in SIGNED_KINDS:
        raise UnknownKind("nobody signs entries of this kind")
    if len(private_key) != _KEY_BYTES:
        raise Malformed("a signing key has 32 bytes")
    return b64u(Ed25519PrivateKey.from_private_bytes(private_key).sign(_signed_bytes(kind, body)))


def check_entry(
    entry: Mapping[str, object],
    *,
    previous_entry: Mapping[str, object] | None,
    steward_public_key: bytes | None,
    delegation: Delegation | None = None,
) -> Delegation | None:
    """Check one entry against the one before it; the delegation it was signed under, or None.

    Guarantees: passes only if the entry has its kind's shape, the next index, the hash of the entry before it, and
        exactly the signature its kind asks for; a manifest also names the entry before it inside what is signed.
        `delegation` is the last one before this entry: its key may sign manifests of rounds that open within its time,
        and bundles; only the steward's own key signs a genesis entry and a delegation.
    Does not: check that rounds go through their steps in order, nor to which log a delegation belongs, nor the time of
        a bundle; `check_chain` does. With `steward_public_key` None the first entry vouches for its own key: compare
        it with one that came another way.
    Raises: BadEntry, UnknownKind, Gap, BrokenChain, BadGenesis, Unsigned, NeedlessSignature, WrongSignature,
        OutsideDelegation, BadPrevious (all BadLog).
    """
    kind, body = _check_shape(entry)
    if previous_entry is None:
        index, previous = 0, NO_PREVIOUS
    else:
        before = previous_entry["index"]
        if type(before) is not int:
            raise BadEntry("an index is an integer")
        index, previous = before + 1, entry_hash(previous_entry)
    if entry["index"] != index:
        raise Gap("an index is missing, repeated or out of order")
    if entry["previous"] != previous:
        raise BrokenChain("an entry does not name the one before it")
    if (kind == "genesis") != (index == 0):
        raise BadGenesis("a log has one genesis entry, the first")
    if kind == "genesis":
        own_key = unb64u(str(body["steward_key"]), _KEY_BYTES)
        if steward_public_key is not None and steward_public_key != own_key:
            raise BadGenesis("the log begins with another steward key")
        steward_public_key = own_key
    signer = None
    if kind in SIGNED_KINDS:
        if steward_public_key is None:
            raise WrongSignature("there is no steward key to check the signature with")
        signer = _check_signer(kind, body, str(entry["signature"]), steward_public_key, delegation)
    if kind == "manifest" and body["previous"] != previous:
        raise BadPrevious("a manifest does not name the entry before it")
    return signer


def check_chain(entries: Iterable[Mapping[str, object]]) -> ChainSummary:
    """Check a whole log from its first entry.

    Guarantees: every entry passes `check_entry` under the key of the genesis entry and the last delegation before it;
        every round goes through manifest, opened, closed, released in this order and each at most once; void ends a
        round before its release; a replaced bundle belongs to a round that was published and is not over, and its
        signer may sign at some time of that round; a round closes with all its units, and early only if its policy
        allows it; a delegation is for this organisation and was signed after the one that it replaces.
    Does not: know whether the log was cut off at the end, or whether others are shown another one; pin its head. Nor
        when an entry was really written: a time in a body is what its signer says.
    Raises: every BadLog.
    """
    rounds: dict[str, RoundSummary] = {}
    hashes: list[str] = []
    delegations: list[Delegation] = []
    before: Mapping[str, object] | None = None
    organisation, steward_key = "", b""
    for entry in entries:
        last = delegations[-1] if delegations else None
        signer = check_entry(entry, previous_entry=before, steward_public_key=steward_key or None, delegation=last)
        kind, body = str(entry["kind"]), cast(Mapping[str, object], entry["body"])
        if kind == "genesis":
            organisation, steward_key = str(body["organisation"]), unb64u(str(body["steward_key"]), _KEY_BYTES)
        elif kind == "delegation":
            known = hashes[last.index if last else 0 :]
            check_delegation(body, organisation=organisation, steward_public_key=steward_key, known=known)
            delegations.append(Delegation.of(body, index=len(hashes)))
        else:
            _advance(rounds, kind, body, signer=signer)
        hashes.append(entry_hash(entry))
        before = entry
    if before is None:
        raise BadGenesis("the log is empty")
    return ChainSummary(
        organisation, steward_key, len(hashes) - 1, hashes[-1], tuple(hashes), rounds, tuple(delegations)
    )


def check_delegation(
    body: Mapping[str, object], *, organisation: str, steward_public_key: bytes, known: Collection[str]
) -> None:
    """Whether this delegation belongs into this log, at its end.

    `known` are the hashes from the last delegation on (from the genesis entry where there is none): a delegation says
    which entry its signer had seen. One that was signed before the last delegation cannot come after it, so that a key
    that was replaced stays replaced, whoever kept an older signature.
    Does not: check the signature.
    Raises: BadDelegation.
    """
    if body["organisation"] != organisation:
        raise BadDelegation("a delegation is for another organisation")
    if body["delegate"] == b64u(steward_public_key):
        raise BadDelegation("a key delegates to itself")
    if body["previous"] not in known:
        raise BadDelegation("a delegation was signed for another log, or before the one that it would replace")


def _advance(
    rounds: dict[str, RoundSummary],
    kind: str,
    body: Mapping[str, object],
    *,
    signer: Delegation | None = None,
) -> None:
    round_id = str(body["round"])
    known = rounds.get(round_id)
    if kind == "manifest":
        if known is not None:
            raise OutOfOrder("a round has a second manifest")
        bundle = cast(Mapping[str, str], body["bundle"])
        rounds[round_id] = RoundSummary(round_id, body, bundle, signer=signer)
        return
    if known is None:
        raise OutOfOrder("a round without a manifest")
    if known.void is not None or known.released is not None:
        raise OutOfOrder("a round goes on after it was over")
    opened, replaced, bundle = known.opened, known.replaced, known.bundle
    closed, released, void = known.closed, known.released, known.void
    match kind:
        case "bundle":
            if signer is not None and not signer.covers(known.manifest["opens_at"], known.manifest["closes_at"]):
                raise OutsideDelegation("a page was replaced by a key that may not sign at the time of the round")
            bundle, replaced = cast(Mapping[str, str], body["files"]), (*replaced, str(body["reason"]))
        case "opened" if not opened:
            opened = True
        case "closed" if opened and closed is None:
            _check_closing(known.manifest, body)
            closed = body
        case "released" if closed is not None:
            released = body
        case "void":
            void = str(body["reason"])
        case _:
            raise OutOfOrder(f"a round is {kind} twice or too early")
    rounds[round_id] = RoundSummary(
        round_id, known.manifest, bundle, replaced, opened, closed, released, void, known.signer
    )


def _check_closing(manifest: Mapping[str, object], closed: Mapping[str, object]) -> None:
    published, counted = cast(Mapping[str, object], manifest["units"]), cast(Mapping[str, object], closed["units"])
    if published["count"] != counted["count"]:
        raise BadClosing("a round is closed with another number of units than it was published with")
    if closed["early"] and not cast(Mapping[str, object], manifest["policy"])["early_close"]:
        raise BadClosing("a round was closed early although its policy forbids it")


def _check_shape(entry: Mapping[str, object]) -> tuple[str, Mapping[str, object]]:
    try:
        fields = check_keys(dict(entry), frozenset({"body", "index", "kind", "previous", "signature"}))
        kind, signature, previous = fields["kind"], fields["signature"], fields["previous"]
        if not isinstance(kind, str):
            raise Malformed("a kind is text")
        if kind not in KINDS:
            raise UnknownKind("an entry of a kind this version does not know")
        if type(fields["index"]) is not int or fields["index"] < 0:
            raise Malformed("an index is an integer from 0")
        if not isinstance(previous, str):
            raise Malformed("previous is text")
        check_digest(previous)
        body = check_body(kind, fields["body"])
        if signature is None and kind in SIGNED_KINDS:
            raise Unsigned("an entry the steward must sign is not signed")
        if signature is not None:
            if kind not in SIGNED_KINDS:
                raise NeedlessSignature("an entry nobody signs is signed")
            if not isinstance(signature, str):
                raise Malformed("a signature is text")
            unb64u(signature, _SIGNATURE_BYTES)
        canonical(fields)
    except Malformed as fault:
        raise BadEntry(str(fault)) from None
    return kind, body


def _check_signer(
    kind: str, body: Mapping[str, object], signature: str, steward_public_key: bytes, delegation: Delegation | None
) -> Delegation | None:
    try:
        _check_signature(kind, body, signature, steward_public_key)
    except WrongSignature:
        if delegation is None or kind not in DELEGATED_KINDS:
            raise
    else:
        return None
    _check_signature(kind, body, signature, delegation.delegate)
    # Nothing else in the log has a time; what the members see is when the round opens.
    if kind == "manifest" and not delegation.covers(body["opens_at"], body["opens_at"]):
        raise OutsideDelegation("a round opens when the key that published it may not sign")
    return delegation


def _check_signature(kind: str, body: Mapping[str, object], signature: str, public_key: bytes) -> None:
    try:
        key = Ed25519PublicKey.from_public_bytes(public_key)
        key.verify(unb64u(signature, _SIGNATURE_BYTES), _signed_bytes(kind, body))
    except (InvalidSignature, ValueError):
        raise WrongSignature("neither the steward's key nor its delegate signed this") from None


def _signed_bytes(kind: str, body: Mapping[str, object]) -> bytes:
    return lp("andon/v1/signed", kind, hashlib.sha256(canonical(dict(body))).digest())
