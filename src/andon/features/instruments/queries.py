"""Finding instruments: what is here, and what a round may ask."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

from andon.features.instruments.model import Instrument
from andon.features.instruments.models import OwnInstrument, Retirement, RightsConfirmation
from andon.features.instruments.parsing import parse
from andon.features.instruments.refusals import UnknownInstrument
from andon.features.instruments.shipped import CORE, shipped
from andon.features.instruments.wording import Wording, in_words

# Ids of what an organisation brought begin so, and no shipped one does: a later version of Andon cannot take one.
OWN = "own-"
NOTE = "LicenseRef-"


@dataclass(frozen=True, slots=True)
class Listed:
    """A version of an instrument, and how it stands."""

    instrument: Instrument
    is_newest: bool
    # Its rights are a note that a steward has to confirm, and whether one did.
    has_note: bool
    is_confirmed: bool
    is_retired: bool

    @property
    def is_own(self) -> bool:
        return self.instrument.id.startswith(OWN)

    @property
    def waits(self) -> bool:
        return self.has_note and not self.is_confirmed

    @property
    def is_on_offer(self) -> bool:
        return self.is_newest and not self.waits and not self.is_retired


def load(instrument_id: str, version: str | None = None) -> Instrument:
    """An instrument: the given version, or the newest. Asks the database for own ones only.

    Raises: UnknownInstrument.
    """
    if instrument_id.startswith(OWN):
        here = _own(OwnInstrument.objects.filter(instrument_id=instrument_id))
    else:
        here = list(shipped())
    found = [one for one in here if one.id == instrument_id and version in (None, one.version)]
    if not found:
        wanted = instrument_id if version is None else f"{instrument_id} {version}"
        raise UnknownInstrument(f"there is no instrument {wanted!r} in this installation")
    return max(found, key=order)


def available() -> tuple[Instrument, ...]:
    """Every instrument and version of this installation. One query."""
    return (*shipped(), *_own(OwnInstrument.objects.order_by("instrument_id", "version")))


def listed() -> list[Listed]:
    """Everything that is here with how it stands: ours first, then by id, the newest version first. Three queries."""
    here = available()
    newest: dict[str, Instrument] = {}
    for one in sorted(here, key=order):
        newest[one.id] = one
    confirmed = set(RightsConfirmation.objects.values_list("instrument_id", "version"))
    retired = set(Retirement.objects.values_list("instrument_id", flat=True))
    found = [
        Listed(
            one,
            is_newest=newest[one.id] is one,
            has_note=one.rights.startswith(NOTE),
            is_confirmed=(one.id, one.version) in confirmed,
            is_retired=one.id in retired,
        )
        for one in sorted(here, key=order, reverse=True)
    ]
    return sorted(found, key=lambda line: (line.instrument.id != CORE, line.is_own, line.instrument.id))


def on_offer() -> list[Instrument]:
    """What a round can ask: the newest version of each, unless its rights wait for a steward or it retired."""
    return [line.instrument for line in listed() if line.is_on_offer]


def titles(versions: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Wording]:
    """What these are called, by id and version; one that is gone by its id. At most one query."""
    wanted = set(versions)
    own = {instrument_id for instrument_id, _version in wanted if instrument_id.startswith(OWN)}
    here = [*shipped(), *(_own(OwnInstrument.objects.filter(instrument_id__in=own)) if own else ())]
    known = {(one.id, one.version): in_words(one.title) for one in here}
    return {version: known.get(version) or Wording(version[0], "en") for version in wanted}


def order(instrument: Instrument) -> tuple[int, ...]:
    return tuple(int(part) for part in instrument.version.split("."))


def _own(rows: Collection[OwnInstrument] | Iterable[OwnInstrument]) -> list[Instrument]:
    return [_parsed(row.text) for row in rows]


# Text in, value out: what was stored never changes. Reading a file takes tens of milliseconds.
_parsed = lru_cache(maxsize=64)(parse)
