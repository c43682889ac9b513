"""Closing a round so that nothing is lost, nothing is doubled, and nothing stays behind.

Seven steps, each of which may be repeated. A process may be killed at any point; the next one looks at what is
there and goes on. What decides: a round that began to be void is void; a committed release is never computed
again; a spooled one is committed as it is; and a round whose box key is gone without either is void, loudly, for
no figure can ever be honest again.

Reference: docs/protocol/close.md.
"""

import json
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.db import transaction

from andon.features.ballots import public as ballots
from andon.features.closing import auditing, computing, history, losses
from andon.features.closing.models import Closing
from andon.features.instruments import public as instruments
from andon.features.issuance import public as issuance
from andon.features.publiclog import public as publiclog
from andon.features.releases import public as releases
from andon.features.rounds import public as rounds
from andon.foundation.audit import public as audit
from andon.foundation.jobs import public as jobs
from andon.kernel import ballot, disclosure, wire
from andon.kernel.disclosure import noise

log = logging.getLogger("andon.closing")


class CannotClose(Exception):
    """The round is not in a state in which it could be closed. Nothing was changed."""


class ReleasedOtherwise(CannotClose):
    """The log says `released`, and what is stored is another release: shown never, void no longer."""

    def __init__(self) -> None:
        super().__init__(
            "The public log says that this round was released, and the release that is stored here is another one or "
            "is gone. Nothing is shown. Put back the database of the app as it was when the round was closed."
        )


# Why a round is void of which the log says `released`, after a restore.
FIGURES_LOST = "figures_lost"
# From so many units on it takes long enough for somebody to wait.
MANY_UNITS = 200


class _Void(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def close_round(*, round_id: str, at: datetime, early: bool, by: object | None) -> None:
    """Close the round, whatever of it was done before.

    Guarantees: every ballot acknowledged before the close is in the figures, each once; figures are drawn once
    and shown once; afterwards keys, ballots and issuance rows are gone from the storage.
    Raises: CannotClose; ballots.KeyDirectoryMissing (the volume is not there: the round waits for it);
    ballots.StorageBusy and publiclog.LogLost. After each of them it may be called again.
    """
    keys = ballots.key_directory()
    with keys.alone(round_id):
        view = rounds.find(round_id)
        if view is not None and view.state in {rounds.State.RELEASED, rounds.State.VOID}:
            return
        if view is not None and view.state is rounds.State.WITHDRAWING:
            withdrawn, _fresh = Closing.objects.get_or_create(round_id=round_id, defaults={"at": at, "early": False})
            _end_as_void(withdrawn, keys, reason="withdrawn", at=at, by=by)
            return
        if view is None or view.state not in {rounds.State.OPEN, rounds.State.CLOSING}:
            raise CannotClose("Only an open round can be closed. Nothing was changed.")
        if early and not view.early_close:
            raise CannotClose("This round was published to stay open until its date. Nothing was changed.")
        closing, _fresh = Closing.objects.get_or_create(round_id=round_id, defaults={"at": at, "early": early})
        try:
            reason = _void_reason(closing)
            if reason:
                raise _Void(reason)
            _Steps(closing, view, keys, by, at).run()
        except _Void as void:
            _end_as_void(closing, keys, reason=void.reason, at=at, by=by)
        except releases.ReleaseDamaged:
            _end_as_void(closing, keys, reason="release_damaged", at=at, by=by)


class _Steps:
    def __init__(
        self, closing: Closing, view: rounds.RoundView, keys: ballots.KeyDirectory, by: object | None, at: datetime
    ) -> None:
        self.closing, self.view, self.keys, self.by, self.at = closing, view, keys, by, at
        self.round_id = view.id

    def run(self) -> None:
        self.stop_taking()
        self.freeze()
        self.compute_and_commit()
        self.read_back()
        self.destroy_keys()
        self.forget()
        self.show()

    def stop_taking(self) -> None:
        ballots.close_box(self.round_id)

    def freeze(self) -> None:
        if not self.closing.box_digest:
            self._note(box_digest=computing.box_digest(ballots.read_box(self.round_id)))

    def compute_and_commit(self) -> None:
        if releases.is_committed(self.round_id):
            return
        finished = self._spooled() or self._compute_and_spool()
        if self.closing.spool_digest not in {"", finished.digest}:
            raise _Void("spool_damaged")
        self._note(spool_digest=finished.digest)
        slots_root, _figures_root = computing.roots(finished)
        self._say(
            "closed",
            box=self.closing.box_digest,
            early=self.closing.early,
            units={"count": len(finished.units), "root": slots_root},
        )
        releases.commit(finished)

    def read_back(self) -> None:
        releases.committed(self.round_id, self.closing.spool_digest)

    def destroy_keys(self) -> None:
        if self.closing.keys_destroyed:
            return
        self.keys.destroy(self.round_id)
        self._note(keys_destroyed=True)

    def forget(self) -> None:
        if self.closing.forgotten:
            return
        ballots.delete_ballots(self.round_id)
        issuance.delete_issuance(self.round_id)
        ballots.compact()
        issuance.compact()
        self.keys.destroy_spool(self.round_id)
        self._note(forgotten=True)

    def show(self) -> None:
        # Read once more: forgetting may have taken minutes, and what is shown must be what was read back.
        finished = releases.committed(self.round_id, self.closing.spool_digest)
        _slots_root, figures_root = computing.roots(finished)
        groups = computing.groups_tree(finished)
        of_groups = {"groups": groups} if groups else {}
        self._say("released", **of_groups, units={"count": len(finished.units), "root": figures_root})
        with transaction.atomic(using="default"):
            releases.show(self.round_id, instrument_id=self.view.instrument_id, counted=self._counted())
            rounds.record_ending(round_id=self.round_id, kind="closed", reason="", at=self.at)
            self._note(finished=True)
            audit.record(
                kind="round.closed",
                by=self.by,
                at=self.at,
                subject=self.view.words,
                round=self.round_id,
                early=self.closing.early,
            )
            # In the transaction: who listens enqueues what follows, and that must not be lost with this process.
            jobs.emit("release.shown", round_id=self.round_id)

    def _counted(self) -> dict[str, releases.Counted]:
        terms = history.terms(self.view, disclosure.Policy.from_json(self._manifest()["policy"]))
        return {
            node: releases.Counted(self.round_id, unit.id, terms)
            for unit in rounds.units_of(self.round_id)
            for node in unit.node_ids
        }

    def _say(self, kind: str, **facts: Any) -> None:
        body = {"round": self.round_id, **facts}
        if publiclog.append(kind, round_id=self.round_id, body=body).body != body:
            # The log holds the root of another release: this one was drawn a second time, and is not for showing.
            raise _Void("other_release_logged")

    def _spooled(self) -> releases.Finished | None:
        sealed = self.keys.spooled(self.round_id)
        if sealed is None:
            return None
        try:
            return _unseal(sealed, self._box_key(), self.round_id)
        except InvalidTag:
            raise _Void("spool_damaged") from None

    def _compute_and_spool(self) -> releases.Finished:
        self._check_generation()
        if self.closing.spool_digest:
            # A release was finished and noted, and is neither here nor committed: drawing another is forbidden.
            raise _Void("spool_lost")
        box_key = self._box_key()
        rows = ballots.read_box(self.round_id)
        if computing.box_digest(rows) != self.closing.box_digest:
            raise _Void("box_changed")
        units, instrument = rounds.units_of(self.round_id), self._instrument()
        policy = disclosure.Policy.from_json(self._manifest()["policy"])
        rosters = rounds.counted_units([unit.id for unit in units])
        pasts = losses.silent_after(history.pasts(units, rosters, self.view, policy), units, self.view)
        try:
            finished = computing.compute(
                round_id=self.round_id,
                units=units,
                rows=rows,
                instrument=instrument,
                questions=[str(question["code"]) for question in self._manifest().get("questions", ())],
                policy=policy,
                pasts=pasts,
                grouping=rounds.grouping_of(self.round_id),
                noise=noise.OpenDpNoise(),
                box_key=box_key,
                asks_comments=wire.COMMENT in self._manifest()["purposes"],
                on_percent=self._tell if len(units) >= MANY_UNITS else lambda percent: None,
            )
        except disclosure.MoreBallotsThanRoster:
            raise _Void("more_ballots_than_members") from None
        refused = auditing.findings(finished, rosters, pasts, policy)
        if refused:
            log.error("The auditor refuses the release of the round %s: %s.", self.round_id, refused[0].reason)
            raise _Void("audit_failed")
        self.keys.spool(self.round_id, _seal(finished, box_key))
        return finished

    def _tell(self, percent: int) -> None:
        """For the page of the round. Hundredths of units, of which everybody knows how many there are; no ballots."""
        rounds.note_counted(round_id=self.round_id, percent=percent)

    def _box_key(self) -> bytes:
        try:
            key = self.keys.read(ballots.KeyKind.BOX, self.round_id)
        except ballots.KeyGone:
            raise _Void("box_key_lost") from None
        # With another key no ballot opens, and each would count as one in which everything was skipped.
        if wire.b64u(ballot.box_public_key(key)) != self._manifest()["box_key"]:
            raise _Void("box_key_lost")
        return key

    def _check_generation(self) -> None:
        if self._manifest()["generations"]["ballots"] != ballots.generation():
            raise _Void("ballot_box_replaced")

    def _instrument(self) -> instruments.Instrument:
        """The version that was published. A newer one has other statements, and would not read the ballots."""
        try:
            instrument = instruments.load(self.view.instrument_id, self.view.instrument_version)
        except instruments.UnknownInstrument:
            instrument = None
        wanted = self._manifest()["instrument"]["sha256"]
        if instrument is None or wire.sha256_hex(wire.canonical(instrument.to_json())) != wanted:
            raise CannotClose(
                f"The instrument {self.view.instrument_id} {self.view.instrument_version} of this round is not in this "
                "installation. Nothing was computed and nothing is lost. Install the version of Andon that has it."
            )
        return instrument

    def _manifest(self) -> dict[str, Any]:
        entry = publiclog.find("manifest", self.round_id)
        if entry is None:
            raise publiclog.LogLost
        return entry.body

    def _note(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self.closing, name, value)
        self.closing.save(update_fields=list(values))


def void_round(*, round_id: str, reason: str, at: datetime, by: object | None) -> None:
    """End the round without figures and say so in the public log. May be repeated; the first reason stands.

    Raises: CannotClose, ballots.KeyDirectoryMissing, ballots.StorageBusy, publiclog.LogLost.
    """
    keys = ballots.key_directory()
    with keys.alone(round_id):
        view = rounds.find(round_id)
        if view is not None and view.state == rounds.State.VOID:
            return
        if view is None or view.state not in {rounds.State.OPEN, rounds.State.CLOSING}:
            raise CannotClose("Only an open round can be made void. Nothing was changed.")
        closing, _fresh = Closing.objects.get_or_create(round_id=round_id, defaults={"at": at, "early": False})
        _end_as_void(closing, keys, reason=_void_reason(closing) or reason, at=at, by=by)


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of the rounds of another store, by their ids.

    `lost` are those that were released and whose release is in no backup; `waiting` those whose release is here, and is
    another one than the log names.
    """

    voided: tuple[str, ...]
    lost: tuple[str, ...]
    waiting: tuple[str, ...]


def end_rounds_of_another_store(*, at: datetime) -> Ended:
    """After a restore: end every round whose ballots were in another store than this one. May be repeated.

    Guarantees: one whose release was committed is released; one that the log calls released, and of which nothing is
    here, ends without figures and without a word in the log; of every other one the log says `void`, also where only
    the log knows the round.
    Raises: ballots.KeyDirectoryMissing, ballots.StorageBusy, publiclog.LogLost.
    """
    here = ballots.generation()
    voided: list[str] = []
    lost: list[str] = []
    waiting: list[str] = []
    for published in publiclog.manifests():
        round_id = str(published.body["round"])
        if published.body["generations"]["ballots"] == here:
            continue
        view = rounds.find(round_id)
        if view is not None and view.state is rounds.State.PREPARING:
            rounds.finish_publication(round_id=round_id, at=at)
        elif view is not None and view.state in {rounds.State.RELEASED, rounds.State.VOID}:
            continue
        try:
            reason = _end_with_what_is_here(round_id, known=view is not None, at=at)
        except ReleasedOtherwise:
            waiting.append(round_id)
            continue
        if reason:
            (lost if reason == FIGURES_LOST else voided).append(round_id)
    return Ended(tuple(voided), tuple(lost), tuple(waiting))


def _end_with_what_is_here(round_id: str, *, known: bool, at: datetime) -> str:
    """Why the round is without figures; empty where its committed release is shown. Raises: ReleasedOtherwise."""
    reason = "ballot_box_replaced"
    if not known:
        if publiclog.find("released", round_id) is not None:
            return FIGURES_LOST
        publiclog.append("void", round_id=round_id, body={"reason": reason, "round": round_id})
        return reason
    keys = ballots.key_directory()
    if releases.is_committed(round_id) and publiclog.find("closed", round_id) and not publiclog.find("void", round_id):
        asked = rounds.ask_to_close(round_id=round_id, by=None, at=at)
        close_round(round_id=round_id, at=at, early=asked.early, by=None)
        return ""
    with keys.alone(round_id):
        closing, _fresh = Closing.objects.get_or_create(round_id=round_id, defaults={"at": at, "early": False})
        _end_as_void(closing, keys, reason=_void_reason(closing) or reason, at=at, by=None)
    return closing.void_reason


def _are_figures_lost(round_id: str) -> bool:
    """Whether nothing of the release of a round that was released is here, and nothing can bring it back: a restore
    began another store of ballots, so that the database of the app is no older copy beside the others, which the right
    one could take the place of."""
    published = publiclog.find("manifest", round_id)
    of_another_store = published is not None and published.body["generations"]["ballots"] != ballots.generation()
    return of_another_store and not releases.is_committed(round_id)


def _in_words(round_id: str) -> str:
    view = rounds.find(round_id)
    return view.words if view else round_id


def unfinished() -> list[str]:
    """Rounds whose end began and was cut off."""
    return list(Closing.objects.filter(finished=False).values_list("round_id", flat=True))


def _void_reason(closing: Closing) -> str:
    """Why the round began to be void; empty if it did not. What everybody can read in the log decides."""
    entry = publiclog.find("void", closing.round_id)
    return str(entry.body["reason"]) if entry else closing.void_reason


def _end_as_void(closing: Closing, keys: ballots.KeyDirectory, *, reason: str, at: datetime, by: object | None) -> None:
    round_id = closing.round_id
    if publiclog.find("released", round_id) is not None:
        if not _are_figures_lost(round_id):
            raise ReleasedOtherwise
        reason = FIGURES_LOST
    # Before anything is destroyed, so that whoever resumes knows that what is missing was meant to be.
    closing.void_reason = reason
    closing.save(update_fields=["void_reason"])
    ballots.void_box(round_id)
    # People saw the figures, so the log goes on saying `released` and nothing that contradicts it.
    if reason != FIGURES_LOST:
        publiclog.append("void", round_id=round_id, body={"reason": reason, "round": round_id})
    keys.destroy(round_id)
    ballots.delete_ballots(round_id)
    issuance.delete_issuance(round_id)
    ballots.compact()
    issuance.compact()
    keys.destroy_spool(round_id)
    with transaction.atomic(using="default"):
        releases.discard(round_id)
        rounds.record_ending(round_id=round_id, kind="void", reason=reason, at=at)
        closing.finished = True
        closing.save(update_fields=["finished"])
        audit.record(kind="round.void", by=by, at=at, subject=_in_words(round_id), round=round_id, reason=reason)
    # What a lead asked for is no fault.
    level = logging.INFO if reason == "withdrawn" else logging.ERROR
    log.log(level, "The round %s is void and has no figures: %s.", round_id, reason)


def _spool_cipher(box_key: bytes, round_id: str) -> ChaCha20Poly1305:
    # Under a key made from the box key, so that what destroys the ballots' key makes the spool unreadable too.
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=wire.lp("andon/v1/spool", round_id)).derive(box_key)
    return ChaCha20Poly1305(derived)


_NONCE_BYTES = 12


def _seal(finished: releases.Finished, box_key: bytes) -> bytes:
    content = wire.canonical(
        {
            "groups": [part.to_json() for part in finished.groups],
            "units": [part.to_json() for part in finished.units],
        }
    )
    # Drawn each time: a process that was killed while spooling leaves another release under the same key behind.
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + _spool_cipher(box_key, finished.round_id).encrypt(nonce, content, None)


def _unseal(sealed: bytes, box_key: bytes, round_id: str) -> releases.Finished:
    nonce, sealed = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    if len(nonce) != _NONCE_BYTES:
        raise InvalidTag
    content = json.loads(_spool_cipher(box_key, round_id).decrypt(nonce, sealed, None))
    return releases.Finished(
        round_id,
        tuple(releases.FinishedUnit.from_json(part) for part in content["units"]),
        # A spool that version 0.1.0 left has none.
        tuple(releases.FinishedGroup.from_json(part) for part in content.get("groups", ())),
    )
