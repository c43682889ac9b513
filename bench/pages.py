"""Server time of every page, and its weight, in an organisation of 100,000 people in 10,000 units.

    python bench/pages.py [--people 100000] [--units 10000] [--visits 20] [--database sqlite|postgres] [--only WORD]

Prints a table: p50 and p95 in milliseconds, the p95 as a multiple of the smallest page's (`/healthz`, in the same run),
the first view after a change (the middle one of several), queries, and what a browser with an empty cache loads,
compressed. Writes var/bench/pages.json. What the numbers mean: docs/operations/performance.md. Pages are asked for in
this process, through the whole chain of the app but its socket.
"""

import argparse
import contextlib
import gc
import gzip
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
MOST_MILLISECONDS = 100.0
MOST_KILOBYTES = 150.0
CHANGES = 3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--units", type=int, default=10_000)
    parser.add_argument("--visits", type=int, default=20)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--only", default="", help="pages whose address holds this")
    options = parser.parse_args()
    with contextlib.ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="andon-bench-pages-")))
        running.enter_context(installation(folder, options.database))
        began = time.monotonic()
        house = House(options.people, options.units)
        # As both doors do when they have loaded: see `andon.project.wsgi_app`.
        gc.collect()
        gc.freeze()
        print(f"{options.people:,} people in {options.units:,} units, made in {time.monotonic() - began:.0f} s")
        rows = list(house.measure(options.visits, options.only))
        house.close()
    return report(rows, options)


@contextlib.contextmanager
def installation(folder: Path, database: str) -> Iterator[None]:
    """A prepared installation of its own, and Django set up for it."""
    for name in [name for name in os.environ if name.startswith("ANDON_")]:
        del os.environ[name]
    os.environ |= {"ANDON_DATA": str(folder / "data"), "ANDON_STEWARD_KEY_FILE": str(folder / "steward.key")}
    os.environ["DJANGO_SETTINGS_MODULE"] = "andon.project.settings.app"
    with contextlib.ExitStack() as running:
        if database == "postgres":
            from tests import postgres

            server = folder / "postgres"
            running.enter_context(postgres.server(server))
            urls = postgres.create_databases(server, "bench")
            os.environ |= {f"ANDON_DATABASE_{alias.upper()}_URL": url for alias, url in urls.items()}
        subprocess.run([sys.executable, "-m", "andon.gateways.cli", "prepare"], check=True, stdout=subprocess.DEVNULL)
        import django

        django.setup()
        yield


class House:
    """The organisation, a round over all of it, and one browser for each role."""

    def __init__(self, people: int, units: int) -> None:
        from django.conf import settings
        from django.db import connection
        from django.utils import timezone

        from andon.features.rounds import public as rounds
        from andon.foundation.organisation import public as organisation
        from andon.foundation.organisation.models import Duty, Membership, Node
        from andon.foundation.people.models import Member

        self.changes = 0
        now = timezone.now()
        private, public = rounds.new_steward_key()
        Path(settings.STEWARD_KEY_FILE).write_text(private)
        organisation.create_organisation(name="Bench", steward_public_key=public, at=now)
        top = Node.objects.get(parent=None)
        # Three levels: areas of a hundred departments, departments of ten teams.
        areas = [Node(name=f"Area {n}", parent=top) for n in range(max(1, units // 1_000))]
        departments = [Node(name=f"Department {n}", parent=areas[n % len(areas)]) for n in range(max(1, units // 100))]
        teams = [Node(name=f"Team {n}", parent=departments[n % len(departments)]) for n in range(units)]
        for level in (areas, departments, teams):
            Node.objects.bulk_create(level, 500)
        people_made = Member.objects.bulk_create(
            [
                Member(email=f"m{n}@example.org", name=f"Member {n}", password="!", has_signed_in=True)
                for n in range(people)
            ],
            500,
        )
        since = (now - timedelta(days=100)).date()
        Membership.objects.bulk_create(
            [
                Membership(
                    member=member,
                    node=teams[number % units],
                    role="lead" if number < units else "member",
                    starts_on=since,
                )
                for number, member in enumerate(people_made)
            ],
            500,
        )
        self.member, self.lead, self.steward = people_made[units + 1], people_made[1], people_made[units + 2]
        # A hundred thousand objects in memory would slow down each large garbage collection; no server has them.
        self.movable = people_made[-500:]
        del people_made
        Duty.objects.create(member=self.steward, role="steward")
        # Somebody at the very top, who leads everybody.
        self.head = Member.objects.create_user("head@example.org", "Head", has_signed_in=True)
        Membership.objects.create(member=self.head, node=top, role="lead", starts_on=since)
        self.top, self.team, self.department = top, teams[1], departments[min(1, len(departments) - 1)]
        self.area, self.other_department = areas[0], departments[-1]
        began = time.monotonic()
        published = rounds.publish_round(
            node_id=top.pk,
            instrument_id="andon-core",
            opens_at=now + timedelta(days=1),
            closes_at=now + timedelta(days=8),
            by=self.steward,
            at=now,
        )
        self.round = published.pk
        print(f"a round over all of them published in {time.monotonic() - began:.0f} s")
        if connection.vendor == "postgresql":
            # What its autovacuum does within a minute of such a change: until then plans are made for empty tables, and
            # indexes cannot answer alone.
            with connection.cursor() as cursor:
                cursor.execute("VACUUM (ANALYZE)")

    def pages(self) -> list[tuple[str, Any, str]]:
        """(what it is, whose browser, address) of every page that grows with the organisation, and of the others."""
        from django.urls import NoReverseMatch, reverse

        wanted: list[tuple[str, Any, str, list[Any]]] = [
            ("Today", self.member, "today:home", []),
            ("Rounds of a member", self.member, "rounds:index", []),
            ("Rounds of a lead", self.lead, "rounds:index", []),
            ("Opening a round", self.lead, "rounds:new", []),
            ("A round of everybody", self.steward, "rounds:detail", [self.round]),
            ("Results", self.member, "results:index", []),
            ("People", self.member, "organisation:people", []),
            ("People, for a steward", self.steward, "organisation:people", []),
            ("People of a department", self.member, "organisation:people_below", [self.department.pk]),
            ("People of a team", self.member, "organisation:people_below", [self.team.pk]),
            ("Teams, to edit", self.steward, "organisation:teams", []),
            ("A team, to edit", self.steward, "organisation:team", [self.team.pk]),
            ("A person, to edit", self.steward, "organisation:person", [self.member.pk]),
            ("A file of people", self.steward, "organisation:import_preview", []),
            ("Settings", self.steward, "configuration:index", []),
            ("Mail settings", self.steward, "configuration:section", ["mail"]),
            ("Change log", self.member, "audit:changes", []),
            ("Verify", self.member, "verify:index", []),
            ("What is held about me", self.member, "verify:about_me", []),
            ("Privacy", self.member, "privacy:notice", []),
            ("You", self.member, "people:profile", []),
            ("Sign-in", None, "account_login", []),
            ("Slips on offer", self.member, "issuance:offer", []),
            ("Rounds, leading everybody", self.head, "rounds:index", []),
            ("Opening, leading everybody", self.head, "rounds:new", []),
            ("Invitations", self.steward, "invitations:index", []),
            ("Sessions", self.member, "people:sessions", []),
            ("People of the largest area", self.member, "organisation:people_below", [self.area.pk]),
            ("The top, to edit", self.steward, "organisation:team", [self.top.pk]),
        ]
        found = []
        for what, who, name, arguments in wanted:
            with contextlib.suppress(NoReverseMatch):
                found.append((what, who, reverse(name, args=arguments)))
        choosing = reverse("rounds:new")
        for what, query in (
            ("Opening, one department", f"?at={self.department.pk}"),
            ("Opening, searched", "?q=team+77"),
            ("Opening, everybody chosen", f"?node={self.top.pk}"),
        ):
            found.append((what, self.head, choosing + query))
        for what, who, query in (
            ("People, searched", self.steward, "?q=member+77"),
            ("People, page 500", self.steward, "?page=500"),
            ("Searched: nobody", self.steward, "?q=nobody-like-this"),
            ("Searched: two teams' words", self.steward, "?q=team+77"),
            ("In no team", self.steward, "?show=no-team"),
            ("Not invited", self.steward, "?show=not-invited"),
            ("Leave soon", self.steward, "?show=leaves-soon"),
            ("In the largest area", self.steward, f"?in={self.area.pk}"),
            ("In the whole tree", self.steward, f"?in={self.top.pk}"),
        ):
            found.append((what, who, reverse("organisation:people") + query))
        moved = reverse("organisation:move_team", args=[self.team.pk])
        found.append(("Preview of a move", self.steward, f"{moved}?to={self.other_department.pk}"))
        from andon.foundation.configuration import public as configuration

        # Those without settings of their own are pages of other features.
        for section in (section for section in configuration.sections() if section.settings):
            # A section that another room serves has an address of its own.
            address = reverse(
                section.url_name or "configuration:section", args=[] if section.url_name else [section.slug]
            )
            found.append((f"Settings: {section.slug}", self.steward, address))
        return found

    def measure(self, visits: int, only: str) -> Iterator[dict[str, Any]]:
        floor = self._visit("the floor: /healthz", None, "/healthz", visits * 5)
        yield floor
        for what, who, address in self.pages():
            if only in address:
                yield self._visit(what, who, address, visits)
        for what, who, address, sent in self.looks_at_everybody():
            if only in address:
                yield self._visit(what, who, address, visits, sent)

    def looks_at_everybody(self) -> list[tuple[str, Any, str, dict[str, str] | None]]:
        """What is about all people at once, because somebody asked for just that. Bound like every other page."""
        from django.urls import reverse

        form = {"node": self.top.pk, "instrument": "andon-core", "opens": "3d", "closes": "7d"}
        this = reverse("rounds:detail", args=[self.round])
        return [
            ("Preview of a round of everybody", self.head, reverse("rounds:new"), form),
            ("The same, page 200", self.head, reverse("rounds:new"), form | {"page": "200"}),
            ("Comparison with today", self.steward, f"{this}?compare=yes", None),
            ("Withdraw, of everybody", self.head, reverse("rounds:renew", args=[self.round]), None),
        ]

    def change(self) -> None:
        """Something that a steward does: somebody else moves to another team, so that every count above is another."""
        from django.utils import timezone

        from andon.foundation.organisation import membership
        from andon.foundation.organisation import public as organisation
        from andon.foundation.organisation.membership import Placing

        self.changes += 1
        member = self.movable[-self.changes]
        placing = Placing(self.team, "member", organisation.today())
        membership.place_person(
            member=member, placing=placing, by=self.steward, at=timezone.now(), on=organisation.today()
        )

    def _visit(
        self, what: str, who: Any, address: str, visits: int, sent: dict[str, str] | None = None
    ) -> dict[str, Any]:
        from django.conf import settings
        from django.test import Client

        from andon.project.origins import host_of

        client = Client(headers={"host": host_of(settings.APP_ORIGIN)}, raise_request_exception=True)
        if who is not None:
            client.force_login(who, backend="andon.foundation.people.backends.MemberBackend")
        times = []

        def ask() -> Any:
            return client.get(address) if sent is None else client.post(address, sent)

        ask()
        with counted() as statements:
            ask()
        for _number in range(visits):
            began = time.perf_counter()
            answer = ask()
            times.append((time.perf_counter() - began) * 1_000)
        times.sort()
        cold = []
        for _number in range(CHANGES):
            self.change()
            began = time.perf_counter()
            ask()
            cold.append((time.perf_counter() - began) * 1_000)
        return {
            "what": what,
            "address": re.sub(r"[0-9a-f-]{32,36}", "…", address),
            "status": answer.status_code,
            "p50_ms": statistics.median(times),
            "p95_ms": times[min(len(times) - 1, int(len(times) * 0.95))],
            "cold_ms": statistics.median(cold),
            "queries": len(statements),
            "kilobytes": weight(answer) / 1_000,
        }

    def close(self) -> None:
        from django.db import connections

        connections.close_all()


@contextlib.contextmanager
def counted() -> Iterator[list[str]]:
    from django.db import connections

    seen: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    with contextlib.ExitStack() as stack:
        for alias in connections:
            stack.enter_context(connections[alias].execute_wrapper(note))
        yield seen


def weight(answer: Any) -> int:
    """Bytes of the page and of all that it names, compressed as a browser gets it that has nothing yet."""
    from django.contrib.staticfiles import finders

    total = len(gzip.compress(answer.content, 6))
    named = set(re.findall(rb'(?:href|src)="(/static/[^"]+)"', answer.content))
    for address in named:
        file = finders.find(address.decode().removeprefix("/static/"))
        if file:
            total += len(gzip.compress(Path(file).read_bytes(), 6))
    return total


def report(rows: list[dict[str, Any]], options: argparse.Namespace, *, file: str = "pages.json") -> int:
    floor = rows[0]["p95_ms"]
    print(f"\n{'page':<32}{'p50 ms':>9}{'p95 ms':>9}{'x floor':>9}{'cold ms':>9}{'queries':>9}{'kB':>8}  address")
    late, late_at_first, heavy = [], [], []
    for row in rows:
        print(
            f"{row['what']:<32}{row['p50_ms']:>9.1f}{row['p95_ms']:>9.1f}{row['p95_ms'] / floor:>9.1f}"
            f"{row['cold_ms']:>9.1f}{row['queries']:>9}{row['kilobytes']:>8.1f}  {row['address']}"
            + ("" if row["status"] == 200 else f"  STATUS {row['status']}")
        )
        late += [row["what"]] * (row["p95_ms"] > MOST_MILLISECONDS)
        late_at_first += [row["what"]] * (row["cold_ms"] > MOST_MILLISECONDS)
        heavy += [row["what"]] * (row["kilobytes"] > MOST_KILOBYTES)
    wrong = [row["what"] for row in rows if row["status"] != 200]
    written = ROOT / "var/bench" / file
    written.parent.mkdir(parents=True, exist_ok=True)
    written.write_text(json.dumps({"options": vars(options), "rows": rows}, indent=1))
    if late_at_first:
        print(f"over 100 ms only when first seen after a change, or also then: {', '.join(late_at_first)}")
    for words, names in (("over 100 ms", late), ("over 150 kB", heavy), ("not answered with 200", wrong)):
        if names:
            print(f"{words}: {', '.join(names)}")
    return 1 if late or heavy or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
