"""Whether a release holds what was acknowledged: nothing lost, nothing twice, nothing that nobody sent."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.anomalies.under_load.crowd import Person
from tests.stack import Stack

ROOT = Path(__file__).resolve().parents[3]
LOOK = """
import json, sys
sys.path.insert(0, {root!r})
from tests.anomalies import deeds
print('LOOK', json.dumps(deeds.look({round_id!r})))
"""


@dataclass(frozen=True)
class Ledger:
    """Slots of the release against the receipts of people. All numbers are 0 where all is well, but `ballots`."""

    ballots: int
    lost: int
    older: int
    doubled: int
    of_nobody: int
    left: int
    is_released_once: bool

    @property
    def holds(self) -> bool:
        return self.is_released_once and not (self.lost or self.older or self.doubled or self.of_nobody or self.left)


def look(stack: Stack, round_id: str) -> dict[str, Any]:
    printed = stack.manage("shell", "-c", LOOK.format(round_id=round_id, root=str(ROOT))).stdout
    [line] = [line for line in printed.splitlines() if line.startswith("LOOK ")]
    seen: dict[str, Any] = json.loads(line.removeprefix("LOOK "))
    return seen


def compare(seen: dict[str, Any], people: Iterable[Person]) -> Ledger:
    listed = [(slot, digest) for unit in seen["units"].values() for slot, _purpose, digest in unit["slots"]]
    by_slot = dict(listed)
    known = {person.slot: person for person in people}
    lost = older = 0
    for person in known.values():
        digest = by_slot.get(person.slot)
        if person.acknowledged and digest is None:
            lost += 1
        # A newer one whose acknowledgement did not arrive may have taken its place, an older one never.
        elif person.acknowledged and digest not in {
            sent for sequence, sent in person.sent.items() if sequence >= person.acknowledged
        }:
            older += 1
    counted = sum(unit["figures"]["ballots"] or 0 for unit in seen["units"].values())
    return Ledger(
        ballots=len(listed),
        lost=lost,
        older=older,
        doubled=len(listed) - len(by_slot) + abs(counted - len(listed)),
        of_nobody=sum(slot not in known or digest not in known[slot].sent.values() for slot, digest in listed),
        left=seen["ballots"] + seen["slips"] + len([name for name in seen["files"] if not name.endswith(".lock")]),
        is_released_once=(seen["state"], seen["releases"], seen["finished"]) == ("released", 1, [True])
        and seen["log"] == ["manifest", "opened", "closed", "released"],
    )
