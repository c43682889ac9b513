"""How the units of a round were counted last: what slow colours follow on.

Reference: docs/protocol/disclosure.md, section 5.
"""

from collections.abc import Mapping, Sequence

from andon.features.releases import public as releases
from andon.features.rounds import public as rounds
from andon.kernel import disclosure


def terms(view: rounds.RoundView, policy: disclosure.Policy) -> str:
    """What two rounds must share for the colours of one to follow those of the other.

    Who answers one question a day answers otherwise than who answers all at once, so the kind of a window is a part.
    """
    shared = f"{view.instrument_version} {policy.makes_bands_as}"
    return f"{shared} {view.kind}" if view.is_window else shared


def pasts(
    units: Sequence[rounds.UnitView],
    now: Mapping[str, rounds.CountedUnit],
    view: rounds.RoundView,
    policy: disclosure.Policy,
) -> dict[str, disclosure.Past | None]:
    """For each unit how it was counted last; None where neither its teams nor most of its people ever were.

    A unit follows on its last round where the same teams were counted together in both, on the same terms. Teams that
    are new, of people who are not, follow on nothing and show nothing once: a team that was renamed in a file, or made
    anew, would else have a fresh colour beside its last one, and whoever joined between them stand out. People who were
    erased count as having left, or as having joined: their number is known, and no longer who they were.
    """
    last = releases.last_counted(view.instrument_id, {node for unit in units for node in unit.node_ids})
    round_of = {place.unit_id: place.round_id for place in last.values()}
    before, remembered = rounds.counted_units(round_of), releases.remembered(round_of)
    wanted = terms(view, policy)
    new = [unit for unit in units if not unit.node_ids & last.keys()]
    known = rounds.counted_before({one for unit in new for one in now[unit.id].people}, view)
    found: dict[str, disclosure.Past | None] = {}
    for unit in units:
        places = {last.get(node) for node in unit.node_ids}
        place = next(iter(places)) if len(places) == 1 else None
        if places == {None} and 2 * len(now[unit.id].people & known) <= now[unit.id].size:
            found[unit.id] = None
        elif (
            place is None
            or place.terms != wanted
            or place.unit_id not in before
            or before[place.unit_id].node_ids != unit.node_ids
        ):
            found[unit.id] = disclosure.Past({}, 0, 0, follows=False)
        else:
            was, here = before[place.unit_id], now[unit.id]
            stayed = len(was.people & here.people)
            found[unit.id] = disclosure.Past(
                remembered.get(place.unit_id, {}), joiners=here.size - stayed, leavers=was.size - stayed
            )
    return found
