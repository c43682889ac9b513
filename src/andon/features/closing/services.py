"""Closing a round so that nothing is lost, nothing is doubled, and nothing stays behind.

Seven steps, each of which may be repeated. A process may be killed at any point; the next one looks at what is
there and goes on. What decides: a committed release is never computed again; a spooled one is committed as it
is; and a round whose box key is gone without either is void, loudly, for no figure can ever be honest again.

Reference: docs/protocol/close.md.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.db import transaction

from andon.features.ballots import public as ballots
from andon.features.closing import computing
from andon.features.closing.models import Closing
from andon.features.instruments import public as instruments
from andon.features.issuance import public as issuance
from andon.features.publiclog import public as publiclog
from andon.features.releases import public as releases
from andon.features.rounds import public as rounds
from andon.foundation.audit import public as audit
from andon.foundation.jobs import public as jobs
from andon.kernel import disclosure, wire

Reached = Callable[[str], None]


class CannotClose(Exception):
    """The round is not in a state in which it could be closed. Nothing was changed."""


class _Void(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _nothing(point: str) -> None:
    """Production does nothing at the points at which the tests kill the process."""


def close_round(*, round_id: str, at: datetime, early: bool, by: object | None, reached: Reached = _nothing) -> None:
    """Close the round, whatever of it was done before.

    Guarantees: every ballot acknowledged before the close is in the figures, each once; figures are drawn once
    and shown once; afterwards keys, ballots and issuance rows are gone from the storage.
    Raises: CannotClose; ballots.KeyDirectoryMissing (the volume is not there: the round waits for it).
    """
    keys = ballots.key_directory()
    with keys.alone(round_id):
        view = rounds.find(round_id)
        if view is None or view.state not in {rounds.State.OPEN, rounds.State.CLOSING}:
            if view is not None and view.state in {rounds.State.RELEASED, rounds.State.VOID}:
                return
            raise CannotClose("Only an open round can be closed.")
        closing, _fresh = Closing.objects.get_or_create(round_id=round_id, defaults={"at": at, "early": early})
        try:
            _Steps(closing, view, keys, by, at, reached).run()
        except _Void as void:
            void_round(round_id=round_id, reason=void.reason, at=at, by=by)


class _Steps:
    def __init__(
        self,
        closing: Closing,
        view: rounds.RoundView,
        keys: ballots.KeyDirectory,
        by: object | None,
        at: datetime,
        reached: Reached,
    ) -> None:
        self.closing, self.view, self.keys, self.by, self.at, self.reached = closing, view, keys, by, at, reached
        self.round_id = view.id

    def run(self) -> None:
        for name, step in (
            ("1-closed", self.stop_taking),
            ("2-frozen", self.freeze),
            ("3-committed", self.compute_and_commit),
            ("4-read-back", self.read_back),
            ("5-keys-destroyed", self.destroy_keys),
            ("6-forgotten", self.forget),
            ("7-shown", self.show),
        ):
            step()
            self.reached(name)

    def stop_taking(self) -> None:
        self.reached("1-before")
        ballots.close_box(self.round_id)

    def freeze(self) -> None:
        if self.closing.box_digest:
            return
        digest = computing.box_digest(ballots.read_box(self.round_id))
        self.reached("2-digest-known")
        self._note(box_digest=digest)

    def compute_and_commit(self) -> None:
        if releases.committed_digest(self.round_id) is not None:
            return
        finished = self._spooled() or self._compute_and_spool()
        self.reached("3-spooled")
        self._note(spool_digest=finished.digest)
        self.reached("3-spool-noted")
        slots_root, _figures_root = computing.roots(finished)
        publiclog.append(
            "closed",
            round_id=self.round_id,
            body={
                "box": self.closing.box_digest,
                "early": self.closing.early,
                "round": self.round_id,
                "units": {"count": len(finished.units), "root": slots_root},
            },
        )
        self.reached("3-logged")
        releases.commit(finished)

    def read_back(self) -> None:
        committed = releases.committed_digest(self.round_id)
        if committed != self.closing.spool_digest:
            raise _Void("release_damaged")

    def destroy_keys(self) -> None:
        if self.closing.keys_destroyed:
            return
        self.reached("5-before")
        self.keys.destroy(self.round_id)
        self.reached("5-destroyed")
        self._note(keys_destroyed=True)

    def forget(self) -> None:
        if self.closing.forgotten:
            return
        ballots.delete_ballots(self.round_id)
        self.reached("6-ballots-deleted")
        issuance.delete_issuance(self.round_id)
        self.reached("6-issuance-deleted")
        ballots.compact()
        self.reached("6-ballots-compacted")
        issuance.compact()
        self.keys.destroy_spool(self.round_id)
        self.reached("6-spool-destroyed")
        self._note(forgotten=True)

    def show(self) -> None:
        finished = releases.Finished(self.round_id, tuple(releases.parts(self.round_id)))
        _slots_root, figures_root = computing.roots(finished)
        publiclog.append(
            "released",
            round_id=self.round_id,
            body={"round": self.round_id, "units": {"count": len(finished.units), "root": figures_root}},
        )
        self.reached("7-logged")
        with transaction.atomic(using="default"):
            releases.show(self.round_id)
            rounds.record_ending(round_id=self.round_id, kind="closed", reason="", at=self.at)
            self._note(finished=True)
            audit.record(kind="round.closed", by=self.by, at=self.at, subject=self.round_id, early=self.closing.early)
            self.reached("7-in-transaction")
        jobs.emit("release.shown", round_id=self.round_id)

    def _spooled(self) -> releases.Finished | None:
        sealed = self.keys.spooled(self.round_id)
        if sealed is None:
            return None
        try:
            return _unseal(sealed, self._box_key(), self.round_id)
        except InvalidTag:
            raise _Void("spool_damaged") from None

    def _compute_and_spool(self) -> releases.Finished:
        if self.closing.spool_digest:
            # A release was finished and noted, and is neither here nor committed: drawing another is forbidden.
            raise _Void("spool_lost")
        box_key = self._box_key()
        rows = ballots.read_box(self.round_id)
        if computing.box_digest(rows) != self.closing.box_digest:
            raise _Void("box_changed")
        self._check_generation()
        try:
            finished = computing.compute(
                round_id=self.round_id,
                units=rounds.units_of(self.round_id),
                rows=rows,
                instrument=instruments.load(self.view.instrument_id),
                policy=disclosure.Policy(early_close=self.view.early_close),
                box_key=box_key,
            )
        except disclosure.MoreBallotsThanRoster:
            raise _Void("more_ballots_than_members") from None
        self.reached("3-computed")
        self.keys.spool(self.round_id, _seal(finished, box_key))
        return finished

    def _box_key(self) -> bytes:
        try:
            return self.keys.read(ballots.KeyKind.BOX, self.round_id)
        except ballots.KeyGone:
            raise _Void("box_key_lost") from None

    def _check_generation(self) -> None:
        manifest = publiclog.find("manifest", self.round_id)
        if manifest is None or manifest.body["generations"]["ballots"] != ballots.generation():
            raise _Void("ballot_box_replaced")

    def _note(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self.closing, name, value)
        self.closing.save(update_fields=list(values))


def void_round(*, round_id: str, reason: str, at: datetime, by: object | None) -> None:
    """End the round without figures and say so in the public log. May be repeated."""
    ballots.void_box(round_id)
    publiclog.append("void", round_id=round_id, body={"reason": reason, "round": round_id})
    ballots.key_directory().destroy(round_id)
    ballots.delete_ballots(round_id)
    issuance.delete_issuance(round_id)
    ballots.compact()
    issuance.compact()
    ballots.key_directory().destroy_spool(round_id)
    with transaction.atomic(using="default"):
        rounds.record_ending(round_id=round_id, kind="void", reason=reason, at=at)
        audit.record(kind="round.void", by=by, at=at, subject=round_id, reason=reason)


def _spool_cipher(box_key: bytes, round_id: str) -> ChaCha20Poly1305:
    # Under a key made from the box key, so that what destroys the ballots' key makes the spool unreadable too.
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=wire.lp("andon/v1/spool", round_id)).derive(box_key)
    return ChaCha20Poly1305(derived)


# The key is used for one message only: a round is spooled once, and a spool is never replaced by another.
_NONCE = bytes(12)


def _seal(finished: releases.Finished, box_key: bytes) -> bytes:
    content = wire.canonical({"units": [part.to_json() for part in finished.units]})
    return _spool_cipher(box_key, finished.round_id).encrypt(_NONCE, content, None)


def _unseal(sealed: bytes, box_key: bytes, round_id: str) -> releases.Finished:
    content = json.loads(_spool_cipher(box_key, round_id).decrypt(_NONCE, sealed, None))
    return releases.Finished(round_id, tuple(releases.FinishedUnit.from_json(part) for part in content["units"]))
