"""How the units of a round were counted last: what slow colours follow on.

Reference: docs/protocol/disclosure.md, section 5.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from andon.features.instruments import public as instruments
from andon.features.releases import public as releases
from andon.features.rounds import public as rounds
from andon.kernel import disclosure
from andon.kernel.disclosure import slow


def terms(view: rounds.RoundView, policy: disclosure.Policy) -> str:
    """What two rounds must share for the colours of one to follow those of the other.

    Who answers one question a day answers otherwise than who answers all at once, so the kind of a window is a part.
    """
    shared = f"{view.instrument_version} {policy.makes_bands_as}"
    return f"{shared} {view.kind}" if view.is_window else shared


def statements_of(view: rounds.RoundView) -> frozenset[str]:
    """What the round asks, all at once or one by one, also of a window what its end may have come before."""
    if view.is_window:
        return frozenset(question.code for question in view.questions)
    return frozenset(instruments.load(view.instrument_id, view.instrument_version).codes)


def pasts(
    units: Sequence[rounds.UnitView],
    now: Mapping[str, rounds.CountedUnit],
    view: rounds.RoundView,
    policy: disclosure.Policy,
) -> dict[str, disclosure.Past | None]:
    """For each unit how it was counted last; None where neither its teams nor many of its people ever were.

    A unit follows on its last round where the same teams were counted together in both, on the same terms. A colour
    that follows on nothing is set fresh only if it says nothing beside an earlier one of the same people: a statement
    that five of a unit, or more than half, were asked last with other teams or on other terms shows nothing once. A
    team that was renamed in a file, or made anew, or that people moved into, would else have a fresh colour beside
    their last one, and whoever joined between them stand out. So would people who were asked elsewhere meanwhile and
    came back: of them what the unit remembers rests, too, and is forgotten. People who were erased count as having
    left, as having joined, and as known from elsewhere: their number is known, and no longer who they were.
    """
    last = releases.last_counted(view.instrument_id, {node for unit in units for node in unit.node_ids})
    round_of = {place.unit_id: place.round_id for place in last.values()}
    before, remembered = rounds.counted_units(round_of), releases.remembered(round_of)
    wanted = terms(view, policy)
    found: dict[str, disclosure.Past | None] = {}
    counted_in: dict[str, str] = {}
    for unit in units:
        places = {last.get(node) for node in unit.node_ids}
        place = next(iter(places)) if len(places) == 1 else None
        if places == {None}:
            found[unit.id] = None
        elif (
            place is None
            or place.terms != wanted
            or place.unit_id not in before
            or before[place.unit_id].node_ids != unit.node_ids
        ):
            found[unit.id] = disclosure.Past({}, 0, 0, follows=False)
        else:
            counted_in[unit.id] = place.round_id
            was, here = before[place.unit_id], now[unit.id]
            stayed = len(was.people & here.people)
            found[unit.id] = disclosure.Past(
                remembered.get(place.unit_id, {}), joiners=here.size - stayed, leavers=was.size - stayed
            )
    found |= _came_back(found, counted_in, now, view, wanted)
    return found | _with_rests(found, now, view, wanted)


def _came_back(
    found: Mapping[str, disclosure.Past | None],
    last_rounds: Mapping[str, str],
    now: Mapping[str, rounds.CountedUnit],
    view: rounds.RoundView,
    wanted: str,
) -> dict[str, disclosure.Past | None]:
    """Those of these units whose people were asked elsewhere since the unit was counted last, or by another
    questionnaire among other people, without what is remembered of the statements that they were asked.

    Else two teams could remember the same people, one of them with somebody more, and be asked in turn: each colour
    would follow on its own team's with no change counted, and the one person be the difference of the two.
    """
    # After more changes everything is forgotten in any case, and says that it is for these.
    kept = {
        unit_id: past
        for unit_id, past in found.items()
        if past and past.remembered and past.joiners + past.leavers <= slow.MOST_CHANGES
    }
    people = {one for unit_id in kept for one in now[unit_id].people}
    later = rounds.asked_before(people, view, since={last_rounds[unit_id] for unit_id in kept}, by_others=True)
    by_another = _counted_by_another(later)
    forgotten: dict[str, disclosure.Past | None] = {}
    for unit_id, past in kept.items() if later else ():
        # Where somebody came or left, a margin stands between this colour and that of another questionnaire.
        compared = [one for one in later if not one.by_another or not past.joiners + past.leavers]
        elsewhere = _resting(frozenset(past.remembered), now[unit_id], compared, wanted, by_another)
        if elsewhere:
            remembered = {code: value for code, value in past.remembered.items() if code not in elsewhere}
            forgotten[unit_id] = replace(past, remembered=remembered)
    return forgotten


def _with_rests(
    found: Mapping[str, disclosure.Past | None],
    now: Mapping[str, rounds.CountedUnit],
    view: rounds.RoundView,
    wanted: str,
) -> dict[str, disclosure.Past | None]:
    """Those of these units of which statements rest, with them."""
    asked = statements_of(view)
    fresh = {
        unit_id: asked - (past.remembered.keys() if past else frozenset())
        for unit_id, past in found.items()
        if past is None or past.follows
    }
    fresh = {unit_id: codes for unit_id, codes in fresh.items() if codes}
    earlier = rounds.asked_before({one for unit_id in fresh for one in now[unit_id].people}, view, by_others=True)
    if not earlier:
        return {}
    by_another = _counted_by_another(earlier)
    rests: dict[str, disclosure.Past | None] = {}
    for unit_id, codes in fresh.items():
        resting = _resting(codes, now[unit_id], earlier, wanted, by_another)
        past = found[unit_id] or disclosure.Past({}, 0, 0)
        if resting:
            rests[unit_id] = replace(past, resting=resting)
    return rests


def _counted_by_another(earlier: Sequence[rounds.AskedBefore]) -> dict[str, rounds.CountedUnit]:
    return rounds.counted_units({unit for one in earlier if one.by_another for unit in one.unit_of.values()})


def _resting(
    codes: frozenset[str],
    unit: rounds.CountedUnit,
    earlier: Sequence[rounds.AskedBefore],
    wanted: str,
    by_another: Mapping[str, rounds.CountedUnit],
) -> frozenset[str]:
    """Those of these statements that many of the unit were asked last with other teams or on other terms, or since then
    by another questionnaire among other people: in these units, `by_another`."""
    here = rounds.known_by(unit.node_ids)
    # Statements of the same rounds have the same past; None stands for whatever a round asked all at once.
    asked_in = [None if one.by_another else _asked_in(one.round) for one in earlier]
    alike: dict[tuple[bool, ...], set[str]] = defaultdict(set)
    for code in codes:
        alike[tuple(asked is None or code in asked for asked in asked_in)].add(code)
    resting: set[str] = set()
    for places, some in alike.items():
        rounds_of_these = [one for one, is_asked in zip(earlier, places, strict=True) if is_asked]
        elsewhere = unit.size - len(unit.people)
        for member in unit.people:
            asked = [one for one in rounds_of_these if member in one.counted_with]
            same = next((one for one in asked if not one.by_another), None)
            at_home = same is None or (same.counted_with[member] == here and terms(same.round, same.policy) == wanted)
            # What another questionnaire asked may have meant the same, so whoever came or left since stands out.
            if asked and asked[0].by_another:
                beside = by_another[asked[0].unit_of[member]]
                at_home = at_home and (beside.size, beside.people) == (unit.size, unit.people)
            elsewhere += not at_home
        if elsewhere >= disclosure.LEAST_UNIT or 2 * elsewhere > unit.size:
            resting |= some
    return frozenset(resting)


def _asked_in(view: rounds.RoundView) -> frozenset[str] | None:
    return frozenset(question.code for question in view.asked_questions) if view.is_window else None
