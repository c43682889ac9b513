"""An organisation that has been lived in: teams, people in every role, and rounds in every state.

Built through the services once a process, and put back for each module as it was then, on committed rows; the tests of
the module each run in a transaction that is rolled back. The first two of each team have names by which tests know
them: Ada leads Detection and Bo is a member of it, Dee leads Application security and Eve is a member of it; Gil leads
everybody, Cy belongs to no team.
"""

import contextlib
import copy
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, connections, router, transaction
from django.test import override_settings
from django.utils import timezone

from andon.features.ballots import public as ballots
from andon.features.cadence import services as schedules
from andon.features.closing import public as closing
from andon.features.results import queries as results
from andon.features.results import sharing, steps
from andon.features.results.tasks import draw_release
from andon.features.rounds import public as rounds
from andon.features.rounds import services as rounds_services
from andon.foundation.organisation import waiting
from andon.foundation.organisation.importing import import_people
from andon.foundation.organisation.models import Duty, Membership, Node, Organisation
from andon.foundation.people.models import Member
from tests.cast_of_people import Slip, box_key_of, slip_for
from tests.emptying import empty

ALIASES = ("default", "ballots", "issuance", "mailboxes")
LONG_AGO = timedelta(days=1_000)
WEEK = timedelta(days=7)

# The roles of the permission table, in its order, and who has them. "nobody" is not signed in.
ROLES = {
    "nobody": None,
    "outside": "Cy",
    "member": "Bo",
    "lead": "Ada",
    "lead above": "Gil",
    "other member": "Eve",
    "other lead": "Dee",
    "steward": "Stella",
    "auditor": "Otto",
    "facilitator": "Fay",
}
# On PostgreSQL, where pages ask the same of another database, those who between them reach every page.
FURTHEST = {"member", "lead above", "steward"}
ROLES_HERE = {role: name for role, name in ROLES.items() if connection.vendor == "sqlite" or role in FURTHEST}
NEW_PEOPLE = b"email,name,team,extra\nnew@example.org,New One,Lanternworks/Security/Dawn,x\n"
BAD_PEOPLE = b"email,name,team\nnot an address,Somebody,Lanternworks\n"
SURNAMES = ("Abara", "Brandt", "Castillo", "Demir", "Eriksen", "Farouk", "Goldberg", "Haddad", "Iyer", "Jansen")


class LivedIn:
    """Attributes: `now`, `people` (by first name), `nodes`, `rounds` and `files` (ids, by name)."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.people: dict[str, Member] = {}
        self.nodes: dict[str, Node] = {}
        self.rounds: dict[str, str] = {}
        self.files: dict[str, str] = {}
        self.schedule = ""
        self._keys: dict[str, bytes] = {}

    def add_node(self, name: str, parent: str | None = None) -> None:
        self.nodes[name] = Node.objects.create(name=name, parent=self.nodes[parent] if parent else None)

    def add_member(self, name: str, node: str | None = None, *, role: str = "member", duty: str = "") -> None:
        surname = SURNAMES[len(self.people) % len(SURNAMES)]
        address = f"{name.lower().replace(' ', '.')}@example.org"
        member = self.people[name] = Member.objects.create_user(address, f"{name} {surname}")
        if node:
            since = (self.now - LONG_AGO).date()
            Membership.objects.create(member=member, node=self.nodes[node], role=role, starts_on=since)
        if duty:
            Duty.objects.create(member=member, role=duty)

    def add_team(self, name: str, parent: str, people: Sequence[str]) -> None:
        """The first of the people leads."""
        self.add_node(name, parent)
        for number, person in enumerate(people):
            self.add_member(person, name, role="member" if number else "lead")

    def open_round(
        self,
        name: str,
        node: str,
        *,
        by: str,
        ago: timedelta,
        opens_in: timedelta = timedelta(),
        instrument: str = "andon-core",
        asks_comments: bool = False,
    ) -> str:
        at = self.now - ago
        published = rounds.publish_round(
            node_id=self.nodes[node].pk,
            instrument_id=instrument,
            opens_at=at + opens_in,
            closes_at=at + opens_in + WEEK,
            by=self.people[by],
            at=at,
            asks_comments=asks_comments,
        )
        if not opens_in:
            rounds.open_round(round_id=published.pk, at=at)
        self.rounds[name] = published.pk
        return str(published.pk)

    def slip(self, person: str, round_id: str) -> Slip:
        return slip_for(self.people[person], round_id)

    def body(self, slip: Slip, answers: Mapping[str, int]) -> bytes:
        return slip.cast(answers, box_public_key=self.box_key(slip.round_id))

    def box_key(self, round_id: str) -> bytes:
        if round_id not in self._keys:
            self._keys[round_id] = box_key_of(round_id)
        return self._keys[round_id]

    def answer(self, round_id: str, people: Sequence[str], answers: Mapping[str, int]) -> None:
        for person in people:
            assert isinstance(ballots.cast(self.body(self.slip(person, round_id), answers)), ballots.Accepted)

    def close(self, round_id: str, *, ago: timedelta) -> None:
        closing.close_round(round_id=round_id, at=self.now - ago, early=False, by=None)

    def agree_on_step(self, round_id: str, words: str, *, by: str, owner: str, ago: timedelta) -> None:
        steps.agree_on_step(
            own=results.own_result(self.people[by], round_id),
            words=words,
            owner_id=self.people[owner].pk,
            due_on=(self.now + WEEK).date(),
            by=self.people[by],
            at=self.now - ago,
        )

    def propose_to_share(self, round_id: str, node: str, *, by: str, ago: timedelta) -> None:
        sharing.propose(
            own=results.own_result(self.people[by], round_id),
            node_id=self.nodes[node].pk,
            by=self.people[by],
            on=(self.now - ago).date(),
        )


@contextlib.contextmanager
def founded(folder: Path) -> Iterator[LivedIn]:
    """An organisation with its head only, on committed rows that are removed afterwards."""
    private, public = rounds.new_steward_key()
    (folder / "steward.key").write_text(private)
    ballots.prepare_key_directory(folder / "keys")
    with _removed_afterwards(folder):
        Organisation.objects.create(name="Lanternworks", steward_public_key=public)
        made = LivedIn(timezone.now().replace(microsecond=0))
        made.add_node("Lanternworks")
        made.add_member("Gil", "Lanternworks", role="lead")
        yield made


@contextlib.contextmanager
def _removed_afterwards(folder: Path) -> Iterator[None]:
    with override_settings(KEY_DIRECTORY=folder / "keys", STEWARD_KEY_FILE=str(folder / "steward.key")):
        try:
            yield
        finally:
            for alias in ALIASES:
                empty(alias)


class Kept:
    """What the databases and the folder held when an organisation was made, to put it back instead of making another:
    sealing, closing and auditing its rounds takes seconds."""

    def __init__(self, made: LivedIn, folder: Path) -> None:
        self._made = copy.deepcopy(made)
        self._rows = {
            (alias, model): list(model._base_manager.using(alias).all())
            for alias in ALIASES
            for model in apps.get_models(include_auto_created=True)
            if model._meta.managed and not model._meta.proxy and router.allow_migrate_model(alias, model)
        }
        self._files = {
            path.relative_to(folder): (path.stat().st_mode, None if path.is_dir() else path.read_bytes())
            for path in sorted(folder.rglob("*"))
        }

    def put_back(self, folder: Path) -> LivedIn:
        for name, (mode, content) in self._files.items():
            if content is None:
                (folder / name).mkdir()
            else:
                (folder / name).write_bytes(content)
            (folder / name).chmod(mode)
        with contextlib.ExitStack() as stack:
            for alias in ALIASES:
                stack.enter_context(transaction.atomic(using=alias))
            for (alias, model), rows in self._rows.items():
                # What Django itself writes into empty databases is there already.
                if not model._base_manager.using(alias).exists():
                    model._base_manager.using(alias).bulk_create(copy.deepcopy(rows))
                assert model._base_manager.using(alias).count() == len(rows), model
            for alias in ALIASES:
                _count_on(alias, [model for kept, model in self._rows if kept == alias])
        return copy.deepcopy(self._made)


def _count_on(alias: str, models: Sequence[Any]) -> None:
    """PostgreSQL gives numbers from a sequence, which knows nothing of rows that came with theirs."""
    with connections[alias].cursor() as cursor:
        for statement in connections[alias].ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


_kept: list[Kept] = []


def members(*names: str) -> list[str]:
    """Six people: those with names, and others beside them."""
    return [*names, *(f"{names[0]} {number}" for number in range(1, 7 - len(names)))]


# Belonging is easy here, challenging is not, so that facets come out in different bands. AC5 was skipped.
AGREED = {5: "IN1 IN2 IN4 CH3 CH4 AC1 AC2 AC3", 4: "LE1 LE2 LE3", 3: "CO1 CO2 CO3 CO4", 2: "LE4", 1: "IN3 CH1 CH2 AC4"}
ANSWERS = {code: value for value, codes in AGREED.items() for code in codes.split()}


@contextlib.contextmanager
def lived_in(folder: Path) -> Iterator[LivedIn]:
    """Rounds by name: "autumn" (everybody, but Gil, who is in no unit), "released" and "open" (Detection, set fresh),
    "security" (Detection, about security work), "kept" (Cloud, whose colours are those of autumn), "few" (Application
    security, three ballots), "published", "closing", "void" and "preparing" (a team each).
    """
    if _kept:
        with _removed_afterwards(folder):
            yield _kept[0].put_back(folder)
        return
    with founded(folder) as made:
        made.add_node("Security", "Lanternworks")
        made.add_team("Detection", "Security", members("Ada", "Bo"))
        made.add_team("Application security", "Security", members("Dee", "Eve"))
        for team, lead in (("Cloud", "Hal"), ("Identity", "Ivy"), ("Forensics", "Joe"), ("Response", "Kai")):
            made.add_team(team, "Security", members(lead))
        made.add_member("Cy")
        for name, duty in (("Stella", "steward"), ("Otto", "auditor"), ("Fay", "facilitator")):
            made.add_member(name, duty=duty)
        _live(made)
        _kept.append(Kept(made, folder))
        yield made


def _live(made: LivedIn) -> None:
    days = timedelta(days=1)
    newcomer = b"email,name,team\nnia@example.org,Nia Iyer,Lanternworks/Security/Response\n"
    import_people(newcomer, by=made.people["Stella"], at=made.now - 200 * days, on=(made.now - 200 * days).date())
    autumn = made.open_round("autumn", "Lanternworks", by="Gil", ago=100 * days)
    made.answer(autumn, members("Ada", "Bo")[:4], ANSWERS)
    made.answer(autumn, members("Hal")[:5], ANSWERS)
    made.close(autumn, ago=93 * days)
    released = made.open_round("released", "Detection", by="Ada", ago=44 * days)
    made.answer(released, members("Ada", "Bo")[1:], ANSWERS)
    made.close(released, ago=37 * days)
    draw_release.func(released)
    # A name, so that no page holds a sentence that nobody translates.
    made.agree_on_step(released, "Lanternworks", by="Ada", owner="Bo", ago=36 * days)
    made.propose_to_share(released, "Security", by="Bo", ago=36 * days)
    made.schedule = schedules.make_schedule(
        node_id=made.nodes["Detection"].pk,
        instrument_id="andon-core",
        first_on=(made.now + 60 * days).date(),
        weeks=13,
        open_days=7,
        by=made.people["Ada"],
        at=made.now,
        on=made.now.date(),
    ).pk
    security = made.open_round("security", "Detection", by="Ada", ago=80 * days, instrument="andon-security")
    made.answer(security, members("Ada", "Bo"), {"SE1": 5, "SE2": 4, "SE3": 2, "SE4": 1, "SE5": 1, "SE6": 5, "SE7": 3})
    made.close(security, ago=73 * days)
    draw_release.func(security)
    kept = made.open_round("kept", "Cloud", by="Hal", ago=44 * days)
    made.answer(kept, members("Hal")[1:], ANSWERS)
    made.close(kept, ago=37 * days)
    draw_release.func(kept)
    few = made.open_round("few", "Application security", by="Dee", ago=44 * days)
    made.answer(few, members("Dee", "Eve")[:3], ANSWERS)
    made.close(few, ago=37 * days)
    void = made.open_round("void", "Forensics", by="Joe", ago=40 * days)
    (ballots.key_directory().root / "box" / f"{void}.key").unlink()
    made.close(void, ago=33 * days)
    made.open_round("open", "Detection", by="Ada", ago=days)
    made.open_round("published", "Cloud", by="Hal", ago=days, opens_in=3 * days)
    ended = made.open_round("closing", "Identity", by="Ivy", ago=days)
    rounds.ask_to_close(round_id=ended, by=made.people["Ivy"], at=made.now)
    for name, content in (("reading", NEW_PEOPLE), ("ready", NEW_PEOPLE), ("refused", BAD_PEOPLE)):
        file = waiting.start(content=content, is_complete=False, team="", by=made.people["Stella"], at=made.now)
        made.files[name] = file.pk
        if name != "reading":
            waiting.read(file.pk)
    with patch.object(rounds_services, "finish_publication"):
        made.open_round("preparing", "Response", by="Kai", ago=days, opens_in=3 * days)


def absent_id() -> str:
    return secrets.token_hex(16)


@contextlib.contextmanager
def undone() -> Iterator[None]:
    """Whatever is written inside, in any database, was never written."""
    with contextlib.ExitStack() as stack:
        for alias in ALIASES:
            stack.enter_context(transaction.atomic(using=alias))
        yield
        for alias in ALIASES:
            transaction.set_rollback(True, using=alias)


@contextlib.contextmanager
def queries() -> Iterator[list[str]]:
    """Every statement that is sent to any database meanwhile, but for those that begin and end transactions."""
    seen: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    with contextlib.ExitStack() as stack:
        for alias in ALIASES:
            stack.enter_context(connections[alias].execute_wrapper(note))
        yield seen
