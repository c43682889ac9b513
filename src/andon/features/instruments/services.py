"""What stewards do to instruments: bring one, confirm rights, take one off the offer and put it back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from andon.features.instruments.model import Instrument
from andon.features.instruments.models import OwnInstrument, Retirement, RightsConfirmation
from andon.features.instruments.parsing import parse
from andon.features.instruments.queries import NOTE, OWN, available, load
from andon.features.instruments.refusals import InstrumentError
from andon.features.instruments.shipped import CORE, shipped
from andon.features.instruments.wording import heard
from andon.foundation.audit import public as audit


class IdTaken(InstrumentError):
    """The id belongs to an instrument that came with Andon, or could belong to one some day."""


class VersionTaken(InstrumentError):
    """This id and version are here already, with other bytes."""


class StatementTaken(InstrumentError):
    """Another instrument asks one of these statements. Two rounds that ask the same would give away who changed."""


class CoreStays(InstrumentError):
    """The core instrument is always on offer."""


@dataclass(frozen=True, slots=True)
class Brought:
    instrument: Instrument
    is_new: bool


def bring(content: bytes, *, by: object | None, at: datetime) -> Brought:
    """Keep an instrument file that a steward brought.

    Guarantees: either it is kept as it is, for ever, and the change log says so; or nothing was stored. The same bytes
    again change nothing.
    Does not: recognise a statement of another instrument that was written in other words.
    Raises: an InstrumentError with its reason.
    """
    instrument = parse(content)
    _check_id(instrument)
    digest = hashlib.sha256(content).hexdigest()
    _check_statements(instrument)
    try:
        with transaction.atomic(using="default"):
            kept, is_new = OwnInstrument.objects.get_or_create(
                instrument_id=instrument.id,
                version=instrument.version,
                defaults={"text": content.decode("utf-8-sig"), "sha256": digest, "at": at},
            )
            if is_new:
                audit.record(kind="instrument.brought", by=by, at=at, subject=in_short(instrument), sha256=digest)
    except IntegrityError:
        # Somebody else was a moment faster.
        kept, is_new = OwnInstrument.objects.get(instrument_id=instrument.id, version=instrument.version), False
    if kept.sha256 != digest:
        raise VersionTaken(
            _(
                "%(name)s is here already, and its file is another one. What was asked under a version is never "
                "changed: give the new wording a new version."
            )
            % {"name": in_short(instrument)}
        )
    return Brought(instrument, is_new)


def confirm_rights(instrument_id: str, version: str, *, by: object | None, at: datetime) -> None:
    """Note that a steward read the rights note of this version. May be repeated. Raises: UnknownInstrument."""
    instrument = load(instrument_id, version)
    if not instrument.rights.startswith(NOTE):
        return
    with transaction.atomic(using="default"):
        _row, is_new = RightsConfirmation.objects.get_or_create(
            instrument_id=instrument_id, version=version, defaults={"at": at}
        )
        if is_new:
            audit.record(kind="instrument.rights_confirmed", by=by, at=at, subject=in_short(instrument))


def retire(instrument_id: str, *, by: object | None, at: datetime) -> None:
    """Offer the instrument for no new round. May be repeated. Raises: UnknownInstrument, CoreStays."""
    load(instrument_id)
    if instrument_id == CORE:
        raise CoreStays(_("Andon core is always on offer. Nothing was changed."))
    with transaction.atomic(using="default"):
        _row, is_new = Retirement.objects.get_or_create(instrument_id=instrument_id, defaults={"at": at})
        if is_new:
            audit.record(kind="instrument.retired", by=by, at=at, subject=instrument_id)


def offer_again(instrument_id: str, *, by: object | None, at: datetime) -> None:
    with transaction.atomic(using="default"):
        deleted, _rows = Retirement.objects.filter(instrument_id=instrument_id).delete()
        if deleted:
            audit.record(kind="instrument.offered_again", by=by, at=at, subject=instrument_id)


def in_short(instrument: Instrument) -> str:
    return f"{instrument.id} {instrument.version}"


def _check_id(instrument: Instrument) -> None:
    if any(one.id == instrument.id for one in shipped()):
        raise IdTaken(
            _("%(id)s comes with Andon and cannot be replaced. Give your own an id that begins with “%(own)s”.")
            % {"id": instrument.id, "own": OWN}
        )
    if not instrument.id.startswith(OWN):
        raise IdTaken(
            _(
                "The id of your own questionnaire begins with “%(own)s”, such as %(own)s%(id)s, so that no later "
                "version of Andon can come with another one of the same name."
            )
            % {"id": instrument.id, "own": OWN}
        )


def _check_statements(instrument: Instrument) -> None:
    """A statement is asked by one instrument only, for rests and slow colours are kept for each instrument alone."""
    wanted = dict(_plain(instrument))
    for other in available():
        if other.id == instrument.id:
            continue
        for wording, code in _plain(other):
            if wording in wanted:
                raise StatementTaken(
                    _(
                        "%(code)s says the same as %(other)s of %(name)s. Two rounds that ask the same soon after one "
                        "another could give away who answered what, so a statement belongs to one questionnaire. "
                        "Leave it out, or ask %(name)s."
                    )
                    % {"code": wanted[wording], "other": code, "name": in_short(other)}
                )


def _plain(instrument: Instrument) -> Iterator[tuple[str, str]]:
    for statement in instrument.statements:
        for wording in statement.wording.values():
            yield heard(wording), statement.code
