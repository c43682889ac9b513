"""Server time of the pages on which an organisation of 150,000 units is looked through, a released round among them.

    python bench/browse.py [--units 150000] [--people 5] [--visits 20] [--database sqlite|postgres]

The tree, the people, the rosters and the release of one round are written straight into the database, in the shape in
which publishing and closing leave them: figures of units and of groups come from the kernel, drawn from 200 different
teams. What leads to the public log is missing, and the pages that are measured show nothing of it. The table is that of
bench/pages.py, and so is the bound: 100 ms at p95, 150 kB. Writes var/bench/browse.json.
What the numbers mean: docs/operations/performance.md.
"""

import argparse
import contextlib
import gc
import random
import secrets
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.pages import House, installation, report  # noqa: E402

# So many different teams stand for all of them.
DRAWN = 200
AT_ONCE = 2_000
# What proves a place in the public log: as long as one of 150,000.
PATH = secrets.token_bytes(32 * 18)
TEAMS_IN_A_DEPARTMENT = DEPARTMENTS_IN_AN_AREA = 100


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", type=int, default=150_000)
    parser.add_argument("--people", type=int, default=5, help="in each unit")
    parser.add_argument("--visits", type=int, default=20)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    options = parser.parse_args()
    with contextlib.ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="andon-bench-browse-")))
        running.enter_context(installation(folder, options.database))
        began = time.monotonic()
        house = Released(options.people, options.units)
        gc.collect()
        gc.freeze()
        people = options.people * options.units
        print(f"{people:,} people in {options.units:,} units, made in {time.monotonic() - began:.0f} s", flush=True)
        rows = list(house.measure(options.visits, ""))
        house.close()
    return report(rows, options, file="browse.json")


class Released(House):
    """An organisation of many units with one released round, in which everybody was asked and everybody answered."""

    def __init__(self, people: int, units: int) -> None:
        from django.conf import settings
        from django.db import connection
        from django.utils import timezone

        from andon.features.rounds import public as rounds
        from andon.foundation.organisation import public as organisation
        from andon.foundation.organisation.models import Duty, Node

        self.changes = 0
        self.now = timezone.now()
        private, public = rounds.new_steward_key()
        Path(settings.STEWARD_KEY_FILE).write_text(private)
        organisation.create_organisation(name="Bench", steward_public_key=public, at=self.now)
        self.top = Node.objects.get(parent=None)
        departments = max(1, units // TEAMS_IN_A_DEPARTMENT)
        self.areas = [
            Node(name=f"Area {n}", parent=self.top) for n in range(max(1, departments // DEPARTMENTS_IN_AN_AREA))
        ]
        self.departments = [
            Node(name=f"Department {n}", parent=self.areas[n % len(self.areas)]) for n in range(departments)
        ]
        self.teams = [Node(name=f"Team {n}", parent=self.departments[n % departments]) for n in range(units)]
        for level in (self.areas, self.departments, self.teams):
            Node.objects.bulk_create(level, 500)
        self.team, self.other_department = self.teams[1], self.departments[-1]
        self._told("nodes")
        self._enter(people)
        self._told("people")
        Duty.objects.create(member=self.steward, role="steward")
        self._release(people)
        self._told("the round")
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("VACUUM (ANALYZE)")

    def _told(self, what: str) -> None:
        from django.utils import timezone

        print(f"  {(timezone.now() - self.now).total_seconds():6.0f} s  {what}", flush=True)

    def _enter(self, people: int) -> None:
        """Of all that were made only those who look, or move, stay in memory; the others are their keys."""
        from andon.foundation.organisation.models import Membership
        from andon.foundation.people.models import Member

        since = (self.now - timedelta(days=100)).date()
        self.keys: list[Any] = []
        self.movable: list[Any] = []
        for numbers in batches(range(people * len(self.teams))):
            made = Member.objects.bulk_create(
                (
                    Member(email=f"m{n}@example.org", name=f"Member {n}", password="!", has_signed_in=True)
                    for n in numbers
                ),
                500,
            )
            Membership.objects.bulk_create(
                (
                    Membership(
                        member=member,
                        node=self.teams[n % len(self.teams)],
                        role="lead" if n < len(self.teams) else "member",
                        starts_on=since,
                    )
                    for n, member in zip(numbers, made, strict=True)
                ),
                500,
            )
            self.keys += [member.pk for member in made]
            self.movable = made[-500:]
        self.lead, self.member, self.steward = (Member.objects.get(email=f"m{n}@example.org") for n in (1, 1, 2))

    def _release(self, people: int) -> None:
        from andon.features.instruments import public as instruments
        from andon.features.releases.models import Release
        from andon.features.rounds.models import Ending, Opening, Publication, Round
        from andon.kernel import disclosure

        instrument = instruments.load("andon-core")
        opened, closed = self.now - timedelta(days=20), self.now - timedelta(days=13)
        units = [disclosure.UnitPlace(f"{n:032x}", (team.pk,), people) for n, team in enumerate(self.teams)]
        parents = {node.pk: node.parent_id for node in (self.top, *self.areas, *self.departments, *self.teams)}
        grouping = disclosure.groups_above(parents, units)
        policy = disclosure.Policy(depth=grouping.depth)
        asked = Round.objects.create(
            node=self.top,
            instrument_id=instrument.id,
            instrument_version=instrument.version,
            policy=policy.to_json(),
            opens_at=opened,
            closes_at=closed,
            by=self.steward,
            at=opened,
        )
        self.round = asked.pk
        Publication.objects.create(round=asked, at=opened, log_index=1, fingerprint="bench")
        Opening.objects.create(round=asked, at=opened)
        Ending.objects.create(round=asked, kind=Ending.Kind.CLOSED, at=closed)
        Release.objects.create(round_id=self.round, digest="0" * 64, shown=True)
        figures = self._write_groups(asked, instrument, policy, units, grouping)
        self._told("groups")
        self._write_units(asked, units, grouping, figures)

    def _write_groups(self, asked: Any, instrument: Any, policy: Any, units: list[Any], grouping: Any) -> list[Any]:
        """The groups with their figures; returned are the releases of the units that are drawn."""
        from andon.features.closing import computing
        from andon.features.releases.models import ReleasedGroup
        from andon.features.rounds import services as rounds_services
        from andon.kernel import disclosure, wire
        from andon.kernel.disclosure.noise import OpenDpNoise

        draw = random.Random(3)
        ballots = [
            tuple(
                {code: draw.choices((1, 2, 3, 4, 5), (4, 8, 18, 40, 30))[0] for code in instrument.codes}
                for _person in range(units[0].people)
            )
            for _drawn in range(DRAWN)
        ]
        answers = [
            disclosure.UnitAnswers(unit.id, unit.people, ballots[place % DRAWN]) for place, unit in enumerate(units)
        ]
        figures = [
            disclosure.publish_unit(one, policy=policy, statements=instrument.codes).release for one in answers[:DRAWN]
        ]
        words = [computing._words(one, instrument) for one in figures]
        published = disclosure.publish_groups(
            grouping,
            answers=answers,
            released={unit.id: replace(figures[place % DRAWN], unit_id=unit.id) for place, unit in enumerate(units)},
            words={unit.id: words[place % DRAWN] for place, unit in enumerate(units)},
            statements=instrument.codes,
            policy=policy,
            noise=OpenDpNoise(),
        )
        names = {node.pk: node.name for node in (self.top, *self.areas, *self.departments)}
        rounds_services.keep_groups(asked, grouping, names)
        ReleasedGroup.objects.bulk_create(
            (
                ReleasedGroup(
                    round_id=self.round,
                    node_id=group.group_id,
                    position=position,
                    figures=wire.canonical(group.to_json()).decode(),
                    salt=secrets.token_bytes(32),
                    path=PATH,
                )
                for position, group in enumerate(published)
            ),
            500,
        )
        return figures

    def _write_units(self, asked: Any, units: list[Any], grouping: Any, figures: list[Any]) -> None:
        from andon.features.releases.models import ReleasedUnit
        from andon.features.rounds.models import RosterEntry, RoundUnit
        from andon.kernel import wire

        people = units[0].people
        slots = wire.canonical([[secrets.token_hex(32), "ballot", secrets.token_hex(32)] for _person in range(people)])
        for places in batches(range(len(units))):
            keys = {place: [self.keys[place + turn * len(units)] for turn in range(people)] for place in places}
            RoundUnit.objects.bulk_create(
                (
                    RoundUnit(
                        id=units[place].id,
                        round=asked,
                        name=f"Team {place}",
                        node_ids=list(units[place].nodes),
                        known_by=units[place].id,
                        members=[{"label": str(key), "salt": secrets.token_hex(32)} for key in keys[place]],
                        size=people,
                        salt=secrets.token_bytes(32),
                        group_node=grouping.home.get(units[place].id, ""),
                        leaf="{}",
                        position=place,
                        path=PATH,
                    )
                    for place in places
                ),
                500,
            )
            RosterEntry.objects.bulk_create(
                (
                    RosterEntry(round=asked, unit_id=units[place].id, member_id=key)
                    for place in places
                    for key in keys[place]
                ),
                1_000,
            )
            ReleasedUnit.objects.bulk_create(
                (
                    ReleasedUnit(
                        round_id=self.round,
                        unit_id=units[place].id,
                        position=place,
                        figures=wire.canonical(
                            replace(figures[place % DRAWN], unit_id=units[place].id).to_json()
                        ).decode(),
                        figures_salt=secrets.token_bytes(32),
                        figures_path=PATH,
                        slots=slots.decode(),
                        slots_salt=secrets.token_bytes(32),
                        slots_path=PATH,
                    )
                    for place in places
                ),
                500,
            )

    def pages(self) -> list[tuple[str, Any, str]]:
        """(what it is, whose browser, address)."""
        from django.urls import reverse

        area, department = self.areas[0], self.departments[0]
        member, steward = self.member, self.steward
        return [
            ("Today", member, reverse("today:home")),
            ("Results", member, reverse("results:index")),
            ("Results of my unit", member, reverse("results:report", args=[self.round])),
            ("What to talk about", member, reverse("results:debrief", args=[self.round])),
            ("Share the colours", member, reverse("results:share", args=[self.round])),
            ("Shared with me", member, reverse("results:shared")),
            ("The organisation", member, reverse("results:groups", args=[self.round])),
            ("An area of it", member, reverse("results:group", args=[self.round, area.pk])),
            ("The same, page 2", member, reverse("results:group", args=[self.round, area.pk]) + "?page=2"),
            ("A department of it", member, reverse("results:group", args=[self.round, department.pk])),
            ("The round", member, reverse("rounds:detail", args=[self.round])),
            ("People", member, reverse("organisation:people")),
            ("People of an area", member, reverse("organisation:people_below", args=[area.pk])),
            ("People of a department", member, reverse("organisation:people_below", args=[department.pk])),
            ("People of a team", member, reverse("organisation:people_below", args=[self.team.pk])),
            ("Teams, to edit", steward, reverse("organisation:teams")),
            ("A team, to edit", steward, reverse("organisation:team", args=[self.team.pk])),
        ]

    def looks_at_everybody(self) -> list[tuple[str, Any, str, dict[str, str] | None]]:
        return []


def batches(numbers: Iterable[int]) -> Iterator[list[int]]:
    left = iter(numbers)
    while some := list(islice(left, AT_ONCE)):
        yield some


if __name__ == "__main__":
    sys.exit(main())
