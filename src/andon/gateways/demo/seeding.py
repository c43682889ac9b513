"""Filling a new installation with Lanternworks, in steps that may be repeated."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from andon.features.closing import public as closing
from andon.features.instruments import public as instruments
from andon.features.publiclog import public as publiclog
from andon.features.results import public as results
from andon.features.rounds import public as rounds
from andon.foundation.organisation import public as organisation
from andon.foundation.organisation.models import Duty, Membership, Node
from andon.foundation.people.demo import demo_address
from andon.foundation.people.models import Member
from andon.foundation.whole_files import write_whole
from andon.gateways.demo import lanternworks, wallet
from andon.kernel import psychometrics, wire

INSTRUMENT = "andon-core"
# More than the 28 days of rest before the close of the last round, so that a new one may be opened at once.
OPENED_BEFORE = timedelta(days=44)
OPEN_FOR = timedelta(days=7)
RHYTHM = timedelta(weeks=8)
AGREED_AFTER = timedelta(days=6)
# With the week in which anybody may say no: seen by now.
PROPOSED_AFTER = timedelta(days=8)
STEP_DUE_AFTER = timedelta(days=45)
FOUNDED_BEFORE = timedelta(days=1600)
SKIP_RATE = 0.02
_SEED = 20260105
# The number of the last round, which is the one that asks for comments.
LAST = 0


class DemoRefused(Exception):
    """The demonstration was not made. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What is there now. `is_new`: whether this call made any of it."""

    people: int
    teams: int
    rounds: int
    units: int
    round_id: str
    is_new: bool


def seed_demo(*, now: datetime, rounds_asked: int = lanternworks.ROUNDS) -> Seeded:
    """Make the invented organisation and its closed rounds, or whatever of them is missing.

    `rounds_asked`: the last so many of the rounds of 18 months; fewer take less time.

    Guarantees: the same people, teams and answers each time; slips, ballots and figures are made by the real
    protocol, so that every check of a real round can be shown on them. A second call changes nothing.
    Raises: DemoRefused where this is no demonstration, or where a real organisation is here.
    """
    if not settings.DEMO:
        raise DemoRefused(
            _("This installation is not a demonstration. Nothing was changed. Set ANDON_DEMO=1 on a new one.")
        )
    is_new = _found(now)
    top = Node.objects.get(parent=None)
    for number, earlier in _numbered(_asked(top, now), rounds_asked, now):
        round_id = earlier or _publish(top, number, now)
        is_new |= not earlier
        is_new |= _run_to_the_end(round_id, number)
        is_new |= _agree(round_id, number)
    is_new |= _share(round_id)
    return Seeded(
        people=Member.objects.count(),
        teams=len(lanternworks.TEAMS),
        rounds=len(_asked(top, now)),
        units=rounds.unit_count(round_id),
        round_id=round_id,
        is_new=is_new,
    )


def _opened(number: int, now: datetime) -> datetime:
    return now - OPENED_BEFORE + number * RHYTHM


def _asked(top: Node, now: datetime) -> list[rounds.RoundView]:
    """The rounds of everybody that are as old as those made here, in their order: others are none of ours to close."""
    found = [view for view in rounds.all_rounds() if view.node_id == top.pk and view.opens_at <= _opened(0, now)]
    return sorted(found, key=lambda view: view.opens_at)[: lanternworks.ROUNDS]


def _numbered(found: Sequence[rounds.RoundView], rounds_asked: int, now: datetime) -> Iterator[tuple[int, str | None]]:
    """Every round by its number, with those that are there; the others are made in their order.

    The log goes forward only: where fewer were asked for at first, or somebody made rounds of their own, none follow.
    """
    going_on = len(found) + 1 - rounds_asked
    is_cut_off = going_on <= 0 and (not found or _opened(going_on, now) > found[-1].opens_at + RHYTHM / 2)
    first = 1 - rounds_asked if is_cut_off else 1 - len(found)
    for number in range(first, 1):
        place = number - first
        yield number, found[place].id if place < len(found) else None


def _found(now: datetime) -> bool:
    here = organisation.current()
    if here is not None:
        if is_the_demo(here):
            return False
        raise DemoRefused(
            _("There is an organisation here already: “%(name)s”. Nothing was changed. Use an empty ANDON_DATA.")
            % {"name": here.name}
        )
    public_key = _steward_key()
    with transaction.atomic(using="default"):
        organisation.create_organisation(name=lanternworks.NAME, steward_public_key=public_key, at=now - FOUNDED_BEFORE)
        _place_people(now)
    return True


def is_the_demo(here: organisation.Organisation) -> bool:
    """Whether this organisation is the invented one, in which anybody may sign in as anybody."""
    return here.name == lanternworks.NAME and Member.objects.filter(email=demo_address("steward")).exists()


def _steward_key() -> str:
    """The public half of the steward key; a fresh one is written where the settings expect it, unless one is there."""
    file = Path(settings.STEWARD_KEY_FILE)
    if not file.exists():
        private, _public = rounds.new_steward_key()
        write_whole(file, private + "\n")
    return rounds.steward_public_key()


def address_of(name: str) -> str:
    role = lanternworks.DEMO_PEOPLE.get(name)
    if role is not None:
        return demo_address(role)
    # Đ has no decomposition; every other letter with a mark becomes the letter without it.
    plain = unicodedata.normalize("NFKD", name.lower().replace("đ", "d"))
    letters = "".join(sign for sign in plain if (sign.isascii() and sign.isalnum()) or sign == " ")
    return ".".join(letters.split()) + "@example.org"


def _place_people(now: datetime) -> None:
    """Everybody has been here since before the first round; some in a team that is not there any more."""
    random = Random(_SEED)  # noqa: S311
    first = _opened(lanternworks.FIRST, now).date()
    changed = (_opened(lanternworks.REORGANISED, now) - RHYTHM / 3).date()
    top = Node.objects.get(parent=None)
    department = Node.objects.create(name=lanternworks.DEPARTMENT, parent=top)
    _place(lanternworks.HEAD, top, leads=True, since=first - timedelta(days=600))
    dissolved = Node.objects.create(name=lanternworks.DISSOLVED.name, parent=department, retired_on=changed)
    for team in lanternworks.TEAMS:
        node = Node.objects.create(name=team.name, parent=department)
        for name in (team.lead, *team.members):
            since = first - timedelta(days=random.randrange(10, 900))
            if name in team.came:
                leads = name == lanternworks.DISSOLVED.lead
                _place(name, dissolved, leads=leads, since=since, until=changed - timedelta(days=1))
                since = changed
            _place(name, node, leads=name == team.lead, since=since)


def _place(name: str, node: Node, *, leads: bool, since: date, until: date | None = None) -> None:
    member = Member.objects.filter(email=address_of(name)).first() or Member.objects.create_user(address_of(name), name)
    role = Membership.Role.LEAD if leads else Membership.Role.MEMBER
    Membership.objects.create(member=member, node=node, role=role, starts_on=since, ends_on=until)
    duty = lanternworks.DUTIES.get(lanternworks.DEMO_PEOPLE.get(name, ""))
    if duty is not None:
        Duty.objects.get_or_create(member=member, role=duty)


def _publish(top: Node, number: int, now: datetime) -> str:
    opens_at = _opened(number, now)
    published = rounds.publish_round(
        node_id=top.pk,
        instrument_id=INSTRUMENT,
        opens_at=opens_at,
        closes_at=opens_at + OPEN_FOR,
        by=Member.objects.get(email=address_of(lanternworks.HEAD)),
        at=opens_at,
        asks_comments=number == LAST,
    )
    return str(published.pk)


def _run_to_the_end(round_id: str, number: int) -> bool:
    """Have the round answered and closed, from wherever it stands; whether there was anything to do."""
    view = rounds.find(round_id)
    if view is None or view.state in {rounds.State.RELEASED, rounds.State.VOID}:
        return False
    if view.state is rounds.State.PREPARING:
        rounds.finish_publication(round_id=round_id, at=view.opens_at)
    if view.state in {rounds.State.PREPARING, rounds.State.PUBLISHED}:
        rounds.open_round(round_id=round_id, at=view.opens_at)
    if view.state is not rounds.State.CLOSING:
        _have_it_answered(round_id, number)
        rounds.ask_to_close(round_id=round_id, by=None, at=view.closes_at)
    closing.close_round(round_id=round_id, at=view.closes_at, early=False, by=None)
    return True


def _have_it_answered(round_id: str, number: int) -> None:
    manifest = publiclog.find("manifest", round_id)
    if manifest is None:
        raise DemoRefused(_("The round of the demonstration is not in the public log. Start with an empty ANDON_DATA."))
    box_key = wire.unb64u(manifest.body["box_key"], 32)
    members = {member.name: member for member in Member.objects.all()}
    for name, answers in made_answers(number).items():
        wallet.answer(members[name], round_id, answers, box_key=box_key)
    if wire.COMMENT in manifest.body["purposes"]:
        for name, words in made_comments(number).items():
            wallet.comment(members[name], round_id, words, box_key=box_key)


def made_comments(number: int = LAST) -> dict[str, str]:
    """Who of those who answer adds a comment, and what: at most three of each team."""
    random = Random(_SEED + number)  # noqa: S311
    answering = made_answers(number)
    made: dict[str, str] = {}
    for team in lanternworks.teams(number):
        names = sorted(set(team.people(number)) & answering.keys())
        words = random.sample(lanternworks.COMMENTS, 3)
        made |= dict(zip(random.sample(names, min(3, len(names))), words, strict=False))
    return made


def made_answers(number: int = 0) -> dict[str, dict[str, int]]:
    """Who answers a round, by name, and what: as on the page, before reversed statements are turned."""
    random = Random(_SEED + number)  # noqa: S311
    instrument = instruments.load(INSTRUMENT)
    world = psychometrics.World()
    made = {}
    for team in lanternworks.teams(number):
        stand = team.stand(number)
        shifts = {statement.code: stand.shifts.get(statement.facet, 0.0) for statement in instrument.statements}
        for name in sorted(random.sample(team.people(number), stand.answering)):
            # How somebody differs from their team stays with them from round to round.
            person = psychometrics.simulate_person(Random(f"{_SEED} {name}"), world)  # noqa: S311
            keyed = psychometrics.answer_once(
                random, stand.level + person, instrument.codes, world, shifts, skip_rate=SKIP_RATE
            )
            # Turning twice is identity, so what keys an answer also brings it back to the page's wording.
            made[name] = psychometrics.key_ballot(keyed, instrument.directions)
    return made


def _agree(round_id: str, number: int) -> bool:
    """Write down what a team agreed on after the round, and what became of it; whether there was anything to do."""
    view = rounds.find(round_id)
    if view is None or view.state is not rounds.State.RELEASED:
        return False
    agreed = lanternworks.STEPS.get(number)
    if agreed is None:
        return False
    at = view.closes_at + AGREED_AFTER
    return results.agree_on_step(
        Member.objects.get(email=address_of(agreed.owner)),
        round_id,
        words=agreed.words,
        due_on=(at + STEP_DUE_AFTER).date(),
        became=agreed.became,
        at=at,
    )


def _share(round_id: str) -> bool:
    """Let the department see a team's colours of the last round; whether there was anything to do."""
    view = rounds.find(round_id)
    if view is None or view.state is not rounds.State.RELEASED:
        return False
    department = Node.objects.get(name=lanternworks.DEPARTMENT)
    proposing = Member.objects.get(email=address_of(lanternworks.SHARED_BY))
    return results.propose_to_share(
        proposing, round_id, node_id=department.pk, on=(view.closes_at + PROPOSED_AFTER).date()
    )
