"""From the frozen box to a finished release: the only place where ballots are opened."""

import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from andon.features.ballots import public as ballots
from andon.features.instruments import public as instruments
from andon.features.releases import public as releases
from andon.features.rounds import public as rounds
from andon.kernel import ballot, disclosure, manifest, psychometrics, wire

SALT_BYTES = 32


def box_digest(rows: Sequence[ballots.StoredBallot]) -> str:
    return ballot.box_digest(
        (row.slot.hex(), row.purpose, row.sequence, ballot.ciphertext_hash(row.ciphertext)) for row in rows
    )


def compute(
    *,
    round_id: str,
    units: Sequence[rounds.UnitView],
    rows: Sequence[ballots.StoredBallot],
    instrument: instruments.Instrument,
    policy: disclosure.Policy,
    pasts: Mapping[str, disclosure.Past | None],
    box_key: bytes,
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
) -> releases.Finished:
    """Open every ballot and publish every unit. ``pasts`` is how each unit was counted last.

    Guarantees: a function of the frozen box, the rosters, the policy and earlier releases, but for fresh salts; a
    ballot that cannot be opened counts as one in which everything was skipped, so that the number of ballots depends
    on nothing that stands in them.
    Raises: disclosure.MoreBallotsThanRoster, where the box holds what no roster can have cast.
    """
    cast: dict[str, list[ballots.StoredBallot]] = {unit.id: [] for unit in units}
    for row in rows:
        if row.unit_id not in cast:
            raise disclosure.MoreBallotsThanRoster("a ballot is in a unit that this round does not have")
        cast[row.unit_id].append(row)
    published, slots = [], []
    for unit in units:
        # For each purpose, also those of which no figure is made: the slot list shows them all to the unit.
        most = max(Counter(row.purpose for row in cast[unit.id]).values(), default=0)
        if most > unit.size:
            raise disclosure.MoreBallotsThanRoster("a unit has more ballots of one purpose than members")
        answers = disclosure.UnitAnswers(
            unit.id,
            unit.size,
            tuple(_keyed(row, round_id, instrument, box_key) for row in cast[unit.id] if row.purpose == "ballot"),
        )
        published.append(
            disclosure.publish_unit(answers, policy=policy, statements=instrument.codes, past=pasts[unit.id])
        )
        slots.append(
            manifest.sorted_slots(
                [(row.slot.hex(), row.purpose, ballot.ciphertext_hash(row.ciphertext)) for row in cast[unit.id]]
            )
        )
    figures = [one.release.to_json() for one in published]
    figure_salts = [random_bytes(SALT_BYTES) for _unit in units]
    slot_salts = [random_bytes(SALT_BYTES) for _unit in units]
    figure_paths = manifest.inclusion_paths(
        [figures_leaf(unit.id, salt, part) for unit, salt, part in zip(units, figure_salts, figures, strict=True)]
    )
    slot_paths = manifest.inclusion_paths(
        [slots_leaf(unit.id, salt, part) for unit, salt, part in zip(units, slot_salts, slots, strict=True)]
    )
    return releases.Finished(
        round_id,
        tuple(
            releases.FinishedUnit(
                unit_id=unit.id,
                position=position,
                figures=figures[position],
                figures_salt=figure_salts[position],
                figures_path=tuple(figure_paths[position]),
                slots=tuple(slots[position]),
                slots_salt=slot_salts[position],
                slots_path=tuple(slot_paths[position]),
                remembered={code: kept.to_json() for code, kept in sorted(published[position].remembered.items())},
            )
            for position, unit in enumerate(units)
        ),
    )


def figures_leaf(unit_id: str, salt: bytes, figures: dict[str, object]) -> bytes:
    return wire.canonical(manifest.release_leaf(unit_id, manifest.release_commitment(salt, figures)))


def slots_leaf(unit_id: str, salt: bytes, slots: Sequence[tuple[str, str, str]]) -> bytes:
    return wire.canonical(manifest.slot_leaf(unit_id, manifest.slots_commitment(salt, slots)))


def roots(finished: releases.Finished) -> tuple[str, str]:
    """The roots over the slot lists and over the figures, hex: what the log says at `closed` and at `released`."""
    parts = sorted(finished.units, key=lambda part: part.position)
    slots = manifest.merkle_root([slots_leaf(part.unit_id, part.slots_salt, part.slots) for part in parts])
    figures = manifest.merkle_root([figures_leaf(part.unit_id, part.figures_salt, part.figures) for part in parts])
    return slots.hex(), figures.hex()


def _keyed(
    row: ballots.StoredBallot, round_id: str, instrument: instruments.Instrument, box_key: bytes
) -> dict[str, int]:
    try:
        plaintext = ballot.open_sealed(
            row.ciphertext,
            box_key=box_key,
            round_id=round_id,
            unit_id=row.unit_id,
            purpose=row.purpose,
            slot=row.slot,
            sequence=row.sequence,
        )
        payload = ballot.decode_payload(plaintext, purpose=row.purpose, codes=instrument.codes)
    except (ballot.CannotOpen, ballot.BadPayload):
        return {}
    if not isinstance(payload, ballot.AnswersPayload):
        return {}
    directions = instrument.directions
    return {code: psychometrics.key_answer(value, directions[code]) for code, value in payload.answers.items()}
