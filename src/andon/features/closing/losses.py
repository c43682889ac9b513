"""What may follow on a release that a restore has lost: nothing, once for each unit and questionnaire.

Reference: docs/protocol/disclosure.md, section 5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from andon.features.closing import history
from andon.features.rounds import public as rounds
from andon.kernel import disclosure


def silent_after(
    pasts: Mapping[str, disclosure.Past | None], units: Sequence[rounds.UnitView], view: rounds.RoundView
) -> Mapping[str, disclosure.Past | None]:
    """These pasts, with silence where people may have seen a colour that nothing here remembers.

    A unit that was not counted since shows nothing and forgets what it remembered; of one that was, each statement
    that was not asked since rests. Two queries where nothing is lost.
    """
    since = rounds.lost_before()
    if since is None:
        return pasts
    asked = history.statements_of(view)
    later = rounds.asked_since({unit.known_by for unit in units}, instrument_id=view.instrument_id, since=since)
    found: dict[str, disclosure.Past | None] = {}
    for unit in units:
        past = pasts[unit.id]
        if unit.known_by not in later:
            found[unit.id] = disclosure.Past({}, 0, 0, follows=False)
            continue
        rounds_since = later[unit.known_by]
        resting = asked - {code for codes in rounds_since for code in (asked if codes is None else codes)}
        if resting:
            past = past or disclosure.Past({}, 0, 0)
            past = replace(past, resting=past.resting | resting)
        found[unit.id] = past
    return found
