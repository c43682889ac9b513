"""From the frozen box to a finished release: the only place where ballots are opened."""

import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from andon.features.ballots import public as ballots
from andon.features.instruments import public as instruments
from andon.features.releases import public as releases
from andon.features.rounds import public as rounds
from andon.kernel import ballot, disclosure, manifest, psychometrics, wire
from andon.kernel.disclosure import large

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
    questions: Sequence[str] = (),
    policy: disclosure.Policy,
    pasts: Mapping[str, disclosure.Past | None],
    grouping: disclosure.Grouping,
    noise: large.Noise,
    box_key: bytes,
    asks_comments: bool = False,
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    on_percent: Callable[[int], None] = lambda percent: None,
) -> releases.Finished:
    """Open every ballot, publish every unit and every group. ``pasts`` is how each unit was counted last.

    ``questions`` are the statements of a window, of which each ballot answers one; empty where all was asked at once.

    Guarantees: a function of the frozen box, the rosters, the policy and earlier releases, but for fresh salts and the
    noise of large groups; a ballot that cannot be opened counts as one in which everything was skipped, so that the
    number of ballots depends on nothing that stands in them. Comments are opened only where enough ballots came, and
    stand in an order of their own. ``on_percent`` is told how many hundredths of the units are done, at each new one.
    Raises: disclosure.MoreBallotsThanRoster, where the box holds what no roster can have cast.
    """
    statements = tuple(questions) or instrument.codes
    cast: dict[str, list[ballots.StoredBallot]] = {unit.id: [] for unit in units}
    for row in rows:
        if row.unit_id not in cast:
            raise disclosure.MoreBallotsThanRoster("a ballot is in a unit that this round does not have")
        cast[row.unit_id].append(row)
    published, slots, opened, comments = [], [], [], []
    for place, unit in enumerate(units):
        if (percent := 100 * place // len(units)) > 100 * (place - 1) // len(units):
            on_percent(percent)
        # For each purpose, also those of which no figure is made: the slot list shows them all to the unit.
        most = max(Counter(row.purpose for row in cast[unit.id]).values(), default=0)
        if most > unit.size:
            raise disclosure.MoreBallotsThanRoster("a unit has more ballots of one purpose than members")
        with_answers = [row for row in cast[unit.id] if row.purpose != wire.COMMENT]
        keyed = [(row.purpose, _keyed(row, round_id, instrument, box_key)) for row in with_answers]
        answers = _answers(unit, keyed, questions)
        opened.append(answers)
        one = disclosure.publish_unit(answers, policy=policy, statements=statements, past=pasts[unit.id])
        written: tuple[disclosure.Comment, ...] = ()
        if asks_comments and disclosure.may_comment(unit.size, least_ballots=policy.least_ballots):
            said = disclosure.CommentsRelease(None, None)
            if disclosure.may_read_comments(
                roster_size=unit.size, ballots=answers.cast, least_ballots=policy.least_ballots
            ):
                written = _comments(cast[unit.id], round_id, box_key, random_bytes)
                said = disclosure.comments_release(written)
            one = replace(one, release=replace(one.release, comments=said))
        comments.append(written)
        published.append(one)
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
                comments=comments[position],
                remembered={code: kept.to_json() for code, kept in sorted(published[position].remembered.items())},
            )
            for position, unit in enumerate(units)
        ),
        _groups(
            grouping,
            opened,
            {one.release.unit_id: one.release for one in published},
            instrument,
            statements,
            policy,
            noise,
        ),
    )


def _comments(
    rows: Sequence[ballots.StoredBallot], round_id: str, box_key: bytes, random_bytes: Callable[[int], bytes]
) -> tuple[disclosure.Comment, ...]:
    """What stands in the comments, shuffled. Only for a unit that may read them."""
    payloads = [_payload(row, round_id, (), box_key) for row in rows if row.purpose == wire.COMMENT]
    return disclosure.shuffle_comments(
        (payload.comment for payload in payloads if isinstance(payload, ballot.CommentPayload)),
        random_bytes=random_bytes,
    )


def _answers(
    unit: rounds.UnitView, keyed: Sequence[tuple[str, dict[str, int]]], questions: Sequence[str]
) -> disclosure.UnitAnswers | disclosure.WindowAnswers:
    if not questions:
        whole = tuple(given for purpose, given in keyed if purpose == "ballot")
        return disclosure.UnitAnswers(unit.id, unit.size, whole)
    of_each = {
        code: tuple(given.get(code) for purpose, given in keyed if purpose == f"ballot/{code}") for code in questions
    }
    return disclosure.WindowAnswers(unit.id, unit.size, of_each)


def _groups(
    grouping: disclosure.Grouping,
    opened: Sequence[disclosure.UnitAnswers | disclosure.WindowAnswers],
    released: Mapping[str, disclosure.UnitRelease],
    instrument: instruments.Instrument,
    statements: Sequence[str],
    policy: disclosure.Policy,
    noise: large.Noise,
) -> tuple[releases.FinishedGroup, ...]:
    published = disclosure.publish_groups(
        grouping,
        answers=opened,
        released=released,
        words={unit: _words(release, instrument) for unit, release in released.items()},
        statements=statements,
        policy=policy,
        noise=noise,
    )
    figures = [group.to_json() for group in published]
    salts = [secrets.token_bytes(SALT_BYTES) for _group in published]
    leaves = [
        group_leaf(group.group_id, salt, part) for group, salt, part in zip(published, salts, figures, strict=True)
    ]
    paths = manifest.inclusion_paths(leaves) if leaves else []
    return tuple(
        releases.FinishedGroup(group.group_id, position, figures[position], salts[position], tuple(paths[position]))
        for position, group in enumerate(published)
    )


def _words(release: disclosure.UnitRelease, instrument: instruments.Instrument) -> dict[str, disclosure.Band]:
    """The word of each facet as the unit's own page has it; of one with colours that were kept, that of back then."""
    found = {}
    for facet in instrument.facets:
        codes = [statement.code for statement in instrument.of_facet(facet.id)]
        figures = [release.figures[code] for code in codes if release.figures and code in release.figures]
        if len(figures) == len(codes):
            is_new = all(figure.updated for figure in figures)
            index = psychometrics.facet_index(figures) if is_new else None
            found[facet.id] = psychometrics.word_for(index) if index else psychometrics.last_word(figures)
    return found


def group_leaf(node_id: str, salt: bytes, figures: dict[str, object]) -> bytes:
    return wire.canonical(manifest.release_leaf(node_id, manifest.release_commitment(salt, figures)))


def groups_tree(finished: releases.Finished) -> dict[str, object] | None:
    """What the log says of the groups at `released`: how many, and the root over their figures. None without any."""
    parts = sorted(finished.groups, key=lambda part: part.position)
    if not parts:
        return None
    root = manifest.merkle_root([group_leaf(part.node_id, part.salt, part.figures) for part in parts])
    return {"count": len(parts), "root": root.hex()}


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
    payload = _payload(row, round_id, instrument.codes, box_key)
    if not isinstance(payload, ballot.AnswersPayload):
        return {}
    directions = instrument.directions
    return {code: psychometrics.key_answer(value, directions[code]) for code, value in payload.answers.items()}


def _payload(row: ballots.StoredBallot, round_id: str, codes: Sequence[str], box_key: bytes) -> ballot.Payload | None:
    """What is sealed in it; None where it cannot be opened or is not what its purpose asks for."""
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
        return ballot.decode_payload(plaintext, purpose=row.purpose, codes=codes)
    except (ballot.CannotOpen, ballot.BadPayload):
        return None
