"""Filling a new installation with Lanternworks, in steps that may be repeated."""

import unicodedata
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
from andon.features.rounds import public as rounds
from andon.foundation.organisation import public as organisation
from andon.foundation.organisation.models import Duty, Membership, Node
from andon.foundation.people.demo import demo_address
from andon.foundation.people.models import Member
from andon.foundation.whole_files import write_whole
from andon.gateways.demo import lanternworks, wallet
from andon.kernel import psychometrics, wire

INSTRUMENT = "andon-core"
# More than the 28 days of rest before the close, so that a new round may be opened at once.
OPENED_BEFORE = timedelta(days=44)
CLOSED_BEFORE = timedelta(days=37)
SKIP_RATE = 0.02
_SEED = 20260105


class DemoRefused(Exception):
    """The demonstration was not made. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What is there now. `is_new`: whether this call made any of it."""

    people: int
    teams: int
    units: int
    round_id: str
    is_new: bool


def seed_demo(*, now: datetime) -> Seeded:
    """Make the invented organisation and its closed round, or whatever of it is missing.

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
    earlier = [view for view in rounds.all_rounds() if view.node_id == top.pk]
    if earlier:
        round_id = earlier[-1].id
    else:
        is_new = True
        round_id = _publish(top, now)
    if _run_to_the_end(round_id, now):
        is_new = True
    return Seeded(
        people=Member.objects.count(),
        teams=len(lanternworks.TEAMS),
        units=rounds.unit_count(round_id),
        round_id=round_id,
        is_new=is_new,
    )


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
        organisation.create_organisation(
            name=lanternworks.NAME, steward_public_key=public_key, at=now - timedelta(days=400)
        )
        _place_people(now.date())
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


def _place_people(today: date) -> None:
    random = Random(_SEED)  # noqa: S311
    top = Node.objects.get(parent=None)
    department = Node.objects.create(name=lanternworks.DEPARTMENT, parent=top)
    _place(lanternworks.HEAD, top, leads=True, since=today - timedelta(days=1200))
    for team in lanternworks.TEAMS:
        node = Node.objects.create(name=team.name, parent=department)
        for name in (team.lead, *team.members):
            _place(name, node, leads=name == team.lead, since=today - timedelta(days=random.randrange(90, 1500)))


def _place(name: str, node: Node, *, leads: bool, since: date) -> None:
    member = Member.objects.create_user(address_of(name), name)
    role = Membership.Role.LEAD if leads else Membership.Role.MEMBER
    Membership.objects.create(member=member, node=node, role=role, starts_on=since)
    duty = lanternworks.DUTIES.get(lanternworks.DEMO_PEOPLE.get(name, ""))
    if duty is not None:
        Duty.objects.create(member=member, role=duty)


def _publish(top: Node, now: datetime) -> str:
    published = rounds.publish_round(
        node_id=top.pk,
        instrument_id=INSTRUMENT,
        opens_at=now - OPENED_BEFORE,
        closes_at=now - CLOSED_BEFORE,
        by=Member.objects.get(email=address_of(lanternworks.HEAD)),
        at=now - OPENED_BEFORE,
    )
    return str(published.pk)


def _run_to_the_end(round_id: str, now: datetime) -> bool:
    """Have the round answered and closed, from wherever it stands; whether there was anything to do."""
    view = rounds.find(round_id)
    if view is None or view.state in {rounds.State.RELEASED, rounds.State.VOID}:
        return False
    if view.state is rounds.State.PREPARING:
        rounds.finish_publication(round_id=round_id, at=view.opens_at)
    if view.state in {rounds.State.PREPARING, rounds.State.PUBLISHED}:
        rounds.open_round(round_id=round_id, at=view.opens_at)
    if view.state is not rounds.State.CLOSING:
        _have_it_answered(round_id)
        rounds.ask_to_close(round_id=round_id, by=None, at=view.closes_at)
    closing.close_round(round_id=round_id, at=view.closes_at, early=False, by=None)
    return True


def _have_it_answered(round_id: str) -> None:
    manifest = publiclog.find("manifest", round_id)
    if manifest is None:
        raise DemoRefused(_("The round of the demonstration is not in the public log. Start with an empty ANDON_DATA."))
    box_key = wire.unb64u(manifest.body["box_key"], 32)
    members = {member.name: member for member in Member.objects.all()}
    for name, answers in made_answers().items():
        wallet.answer(members[name], round_id, answers, box_key=box_key)


def made_answers() -> dict[str, dict[str, int]]:
    """Who answers, by name, and what: as on the page, before reversed statements are turned."""
    random = Random(_SEED)  # noqa: S311
    instrument = instruments.load(INSTRUMENT)
    made = {}
    for team in lanternworks.TEAMS:
        keyed = psychometrics.simulate_team(
            random,
            team.answering,
            instrument.codes,
            team_level=team.level,
            shifts={statement.code: team.shifts.get(statement.facet, 0.0) for statement in instrument.statements},
            skip_rate=SKIP_RATE,
        )
        names = sorted(random.sample((team.lead, *team.members), team.answering))
        for name, ballot in zip(names, keyed, strict=True):
            # Turning twice is identity, so what keys an answer also brings it back to the page's wording.
            made[name] = psychometrics.key_ballot(ballot, instrument.directions)
    return made
