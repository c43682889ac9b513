"""What a close costs: the figures of a very large organisation, and the whole way of a hundred thousand ballots.

    python bench/close.py [--units 150000] [--people 10] [--ballots 100000] [--only kernel|whole]

Two measures in one run, each with its limit beside it. `kernel`: units from the tree, bands of every statement, and the
auditor, for 1.5 million people in 150,000 units and 21 statements; limits 60 s and 4 GiB. The answers are made outside
of the clock, a thousand units at a time, as a close opens them. `whole`: a close through the services on SQLite, from
sealed ballots in the box to a release that is shown, storage forgotten; limit 300 s. Its bare limit stands beside it:
what opening the same ballots costs with nothing around. Prints how far it is, and writes var/bench/close.json.
What the numbers mean: docs/operations/performance.md.
"""

import argparse
import contextlib
import json
import random
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

STATEMENTS = [f"{facet}{number}" for facet in ("IN", "LE", "CO", "CH") for number in range(1, 5)] + [
    f"AC{number}" for number in range(1, 6)
]
MOST_SECONDS_KERNEL, MOST_BYTES = 60.0, 4 * 2**30
MOST_SECONDS_WHOLE = 300.0
AT_ONCE = 1_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", type=int, default=150_000)
    parser.add_argument("--people", type=int, default=10, help="in each unit")
    parser.add_argument("--ballots", type=int, default=100_000)
    parser.add_argument("--only", choices=("kernel", "whole"))
    options = parser.parse_args()
    found: dict[str, Any] = {}
    if options.only != "whole":
        # In a process of its own, so that its memory is its own.
        words = [sys.executable, __file__, "--only", "kernel", "--units", str(options.units)]
        if options.only is None:
            done = subprocess.run([*words, "--people", str(options.people)], check=False)
            found["kernel"] = json.loads((ROOT / "var/bench/close-kernel.json").read_text())
            status = done.returncode
        else:
            return kernel(options.units, options.people)
    else:
        status = 0
    found["whole"] = whole(options.ballots)
    status = status or int(found["whole"]["seconds"] > MOST_SECONDS_WHOLE)
    _write("close.json", found)
    return status


def _write(name: str, found: dict[str, Any]) -> None:
    folder = ROOT / "var/bench"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(found, indent=2) + "\n")


def kernel(units: int, people: int) -> int:
    from andon.kernel import disclosure
    from andon.kernel.disclosure import audit

    draw = random.Random(1)
    tree = [disclosure.SizedNode("top", None, "top", 0)]
    areas = max(1, units // 100)
    tree += [disclosure.SizedNode(f"a{n}", "top", f"area {n}", 0) for n in range(areas)]
    tree += [disclosure.SizedNode(f"t{n}", f"a{n % areas}", f"team {n}", people) for n in range(units)]
    spent = {"units": 0.0, "bands": 0.0, "audit": 0.0}
    began = time.perf_counter()
    plan = disclosure.units_from_sizes(tree)
    spent["units"] = time.perf_counter() - began
    assert plan.count == units
    policy = disclosure.Policy()
    audited: list[audit.AuditedUnit] = []
    for start in range(0, units, AT_ONCE):
        some = [
            disclosure.UnitAnswers(f"t{n}", people, tuple(_answers(draw) for _person in range(people)))
            for n in range(start, min(start + AT_ONCE, units))
        ]
        began = time.perf_counter()
        published = [disclosure.publish_unit(one, policy=policy, statements=STATEMENTS).release for one in some]
        spent["bands"] += time.perf_counter() - began
        began = time.perf_counter()
        audited += [
            audit.AuditedUnit(
                release.unit_id,
                [f"{release.unit_id}.{person}" for person in range(people)],
                {
                    code: audit.Figure(figure.band.value, figure.low, figure.high, figure.updated, figure.n)
                    for code, figure in (release.figures or {}).items()
                },
            )
            for release in published
        ]
        spent["audit"] += time.perf_counter() - began
        if start // AT_ONCE % 25 == 0:
            print(f"  {start:,} of {units:,} units", flush=True)
    began = time.perf_counter()
    result = audit.audit(audited)
    spent["audit"] += time.perf_counter() - began
    assert result.passed, result.findings[:3]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024
    seconds = sum(spent.values())
    print(f"\nkernel: {units * people:,} people in {units:,} units, {len(STATEMENTS)} statements")
    for name, value in spent.items():
        print(f"  {name:<8}{value:8.1f} s")
    print(f"  together{seconds:8.1f} s, limit {MOST_SECONDS_KERNEL:.0f} s")
    print(f"  memory  {memory / 2**30:8.2f} GiB, limit {MOST_BYTES / 2**30:.0f} GiB, the made-up answers included")
    _write("close-kernel.json", {"seconds": spent, "together": seconds, "bytes": memory, "figures": result.looked_at})
    return int(seconds > MOST_SECONDS_KERNEL or memory > MOST_BYTES)


def _answers(draw: random.Random) -> dict[str, int]:
    return dict(zip(STATEMENTS, draw.choices((1, 2, 3, 4, 5), (4, 8, 18, 40, 30), k=len(STATEMENTS)), strict=True))


def whole(ballots_wanted: int) -> dict[str, Any]:
    from bench.pages import House, installation

    units = max(2, ballots_wanted // 10)
    with tempfile.TemporaryDirectory(prefix="andon-bench-close-") as name, installation(Path(name), "sqlite"):
        house = House(ballots_wanted, units)
        round_id, at = _open(house)
        box_key, made = _fill(round_id, ballots_wanted)
        floor = _open_all(round_id, box_key)
        from andon.features.closing import public as closing

        began = time.perf_counter()
        with _told():
            closing.close_round(round_id=round_id, at=at, early=False, by=None)
        seconds = time.perf_counter() - began
        from andon.features.releases import public as releases

        assert releases.is_shown(round_id)
        house.close()
    print(f"\nwhole: {made:,} sealed ballots in {units:,} units, on SQLite")
    print(f"  close   {seconds:8.1f} s, limit {MOST_SECONDS_WHOLE:.0f} s")
    print(f"  opening the same ballots alone {floor:.1f} s: the close takes {seconds / floor:.1f} times as long")
    return {"ballots": made, "seconds": seconds, "floor_seconds": floor}


def _open(house: Any) -> tuple[str, Any]:
    from datetime import timedelta

    from andon.features.rounds import public as rounds

    view = rounds.find(house.round)
    assert view is not None
    rounds.open_round(round_id=view.id, at=view.opens_at)
    return view.id, view.closes_at + timedelta(seconds=1)


def _fill(round_id: str, wanted: int) -> tuple[bytes, int]:
    """Sealed ballots of ten in each unit, as the door would have kept them. Their slips are not what is measured."""
    from andon.features.ballots import public as ballots
    from andon.features.ballots.models import Ballot
    from andon.features.instruments import public as instruments
    from andon.features.rounds import public as rounds
    from andon.kernel import ballot

    box_key = ballots.key_directory().read(ballots.KeyKind.BOX, round_id)
    public = ballot.box_public_key(box_key)
    view = rounds.find(round_id)
    assert view is not None
    codes = instruments.load(view.instrument_id, view.instrument_version).codes
    draw = random.Random(2)
    rows: list[Ballot] = []
    made = 0
    began = time.perf_counter()
    for unit in rounds.units_of(round_id):
        for _person in range(min(unit.size, 10)):
            if made >= wanted:
                break
            slot = secrets.token_bytes(32)
            answers = {code: draw.choices((1, 2, 3, 4, 5), (4, 8, 18, 40, 30))[0] for code in codes}
            sealed = ballot.seal(
                ballot.encode_payload(ballot.AnswersPayload(answers)),
                box_public_key=public,
                round_id=round_id,
                unit_id=unit.id,
                purpose="ballot",
                slot=slot,
                sequence=1,
            )
            rows.append(
                Ballot(round_id=round_id, slot=slot, purpose="ballot", unit_id=unit.id, sequence=1, ciphertext=sealed)
            )
            made += 1
    Ballot.objects.bulk_create(rows, batch_size=500)
    print(f"  {made:,} ballots sealed and kept in {time.perf_counter() - began:.0f} s", flush=True)
    return box_key, made


def _open_all(round_id: str, box_key: bytes) -> float:
    from andon.features.ballots import public as ballots
    from andon.kernel import ballot

    rows = ballots.read_box(round_id)
    began = time.perf_counter()
    for row in rows:
        ballot.open_sealed(
            row.ciphertext,
            box_key=box_key,
            round_id=round_id,
            unit_id=row.unit_id,
            purpose=row.purpose,
            slot=row.slot,
            sequence=row.sequence,
        )
    return time.perf_counter() - began


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Prints each step of the close with the time at which it began."""
    from andon.features.closing import services

    began = time.perf_counter()

    def telling(name: str, step: Callable[[Any], None]) -> Callable[[Any], None]:
        def told(steps: Any) -> None:
            print(f"  {time.perf_counter() - began:6.1f} s  {name}", flush=True)
            step(steps)

        return told

    names = ("stop_taking", "freeze", "compute_and_commit", "read_back", "destroy_keys", "forget", "show")
    steps = {name: telling(name, getattr(services._Steps, name)) for name in names}
    with mock.patch.multiple(services._Steps, **steps):
        yield


if __name__ == "__main__":
    sys.exit(main())
