"""What a forked process does about people and keys: withdrawals, erasures, files of people, foundings, delegations."""

import contextlib
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from andon.features.issuance import public as issuance
from andon.features.privacy import services as privacy
from andon.features.publiclog import public as publiclog
from andon.features.rounds import public as rounds
from andon.features.rounds import renewal, signing
from andon.features.rounds import services as rounds_services
from andon.features.rounds.models import RosterEntry, Round, RoundUnit
from andon.features.setup import public as setup
from andon.foundation.audit.models import AuditEntry
from andon.foundation.organisation import tasks, waiting
from andon.foundation.organisation.models import Duty, Membership, Node, Organisation, PeopleFile
from andon.foundation.people.models import Member
from andon.gateways.cli import setting_up
from andon.gateways.cli.refusal import Refusal
from andon.kernel import manifest, wire
from tests.anomalies import deeds
from tests.cast_of_people import NOW, WEEK, Slip

# A withdrawal


def renew(round_id: str) -> str:
    # Here the same people are asked again and again.
    with mock.patch.object(rounds_services, "_check_rests"):
        return str(renewal.renew_round(round_id=round_id, by=None, at=NOW).pk)


def renew_again(round_id: str) -> dict[str, Any]:
    """Look, send the same page once more, let the worker do what is due, and look again."""
    before = look_at_renewal(round_id)
    try:
        said = renew(round_id)
    except renewal.CannotRenew:
        said = ""
    due = [
        name
        for one in (round_id, *(new.pk for new in _instead_of(round_id)))
        for name in deeds.do_what_is_due(one, NOW.isoformat())
    ]
    return {"before": before, "said": said, "due": due, "after": look_at_renewal(round_id)}


def look_at_renewal(round_id: str) -> dict[str, Any]:
    return {"old": deeds.look(round_id), "new": [deeds.fixed_of(new) for new in _instead_of(round_id)]}


def _instead_of(round_id: str) -> list[Round]:
    old = Round.objects.get(pk=round_id)
    return list(Round.objects.filter(opens_at=old.opens_at, closes_at=old.closes_at).exclude(pk=round_id))


# An erasure


def add_team(name: str, size: int) -> None:
    node = Node.objects.create(name=name, parent=None)
    for number in range(1, size + 1):
        # Of two digits, so that no name is the beginning of another.
        member = Member.objects.create_user(f"{name.lower()}{number:02}@example.org", f"{name} {number:02}")
        Membership.objects.create(member=member, node=node, role="member", starts_on=(NOW - WEEK).date())


def person(name: str) -> dict[str, str]:
    member = Member.objects.get(name=name)
    return {"name": name, "id": member.pk.hex, "email": member.email}


def erase(name: str) -> None:
    privacy.erase(member=Member.objects.get(name=name), by=None, at=NOW)


def missing_marks() -> int:
    return privacy.missing_marks()


def erase_again(person: dict[str, str], round_id: str) -> dict[str, Any]:
    """Look, let a steward do it once more where the person is still there, and look again."""
    before = look_at_person(person, round_id)
    if before["is_there"]:
        erase(person["name"])
    return {"before": before, "after": look_at_person(person, round_id)}


def look_at_person(person: dict[str, str], round_id: str) -> dict[str, Any]:
    unit = RoundUnit.objects.get(round_id=round_id)
    opening = manifest.parse_opening({"members": unit.members, "name": unit.name, "salt": wire.b64u(bytes(unit.salt))})
    stored = _everything_stored()
    return {
        "is_there": Member.objects.filter(email=person["email"]).exists(),
        "traces": sorted(key for key, value in person.items() if value in stored),
        "erasures": AuditEntry.objects.filter(kind="person.erased").count(),
        "seats": len(unit.members),
        "erased": opening.erased,
        "asked": RosterEntry.objects.filter(round_id=round_id).count(),
        "opens": _opens(unit.leaf, opening),
    }


def _opens(leaf: str, opening: Any) -> bool:
    manifest.check_opening(json.loads(leaf), opening)
    return True


def _everything_stored() -> str:
    cells = []
    for alias in connections:
        with connections[alias].cursor() as cursor:
            for model in apps.get_models():
                if model._meta.db_table not in connections[alias].introspection.table_names(cursor):
                    continue
                cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
                cells += [_as_text(cell) for row in cursor.fetchall() for cell in row]
    return "\n".join(cells)


def _as_text(cell: object) -> str:
    text = bytes(cell).decode("latin-1") if isinstance(cell, bytes | memoryview) else str(cell)
    # An id as either database shows it.
    return text.replace("-", "") if len(text) == 36 else text


def ask_for_a_slip(name: str, round_id: str) -> str:
    member = Member.objects.get(name=name)
    return type(issuance.issue(member=member, round_id=round_id, blinded=[("ballot", Slip(round_id).blinded)])).__name__


# A file of people


def agreed_file(team: str) -> str:
    """A file that moves one to a new team, renames another, lets a third go and brings a fourth; a steward said yes."""
    stella = Member.objects.filter(name="Stella").first()
    if stella is None:
        stella = Member.objects.create_user("stella@example.org", "Stella")
        Duty.objects.create(member=stella, role=Duty.Role.STEWARD)
    add_people(team)
    content = (
        "email,name,team,status\n"
        f"{team}1@example.org,One {team},Lanternworks/{team} new,active\n"
        f"{team}2@example.org,Two {team} renamed,Lanternworks/{team},active\n"
        f"{team}3@example.org,Three {team},Lanternworks/{team},inactive\n"
        f"{team}4@example.org,Four {team},Lanternworks/{team},active\n"
    )
    file = waiting.start(content=content.encode(), is_complete=False, team="", by=stella, at=NOW)
    with _on_that_day():
        waiting.read(file.pk)
    file.refresh_from_db()
    assert file.step == PeopleFile.Step.READY, file.outcome
    waiting.agree(file, number_leaving=None)
    return str(file.pk)


def add_people(team: str) -> None:
    node = Node.objects.create(name=team, parent=Node.objects.get(name="Lanternworks"))
    for number, name in enumerate(("One", "Two", "Three"), start=1):
        member = Member.objects.create_user(f"{team.lower()}{number}@example.org", f"{name} {team}")
        Membership.objects.create(member=member, node=node, role="member", starts_on=(NOW - WEEK).date())


def carry_out(file_id: str) -> None:
    with _on_that_day():
        waiting.carry_out(file_id, at=NOW)


def _on_that_day() -> Any:
    """What a file would change depends on the day, and a sweep may last over midnight."""
    return mock.patch.object(waiting, "today", return_value=NOW.date())


def be_due_to_be_carried_out(file_id: str, team: str) -> dict[str, Any]:
    before = look_at_file(file_id, team)
    now = PeopleFile.objects.get(pk=file_id).at
    due = [(task, args) for _key, task, args in tasks._due(now) if args == (file_id,)]
    for _task, args in due:
        carry_out(*args)
    after = look_at_file(file_id, team)
    # A day later, when what is left of the file goes.
    for _key, task, args in list(tasks._due(now + 2 * waiting.KEPT_FOR)):
        if args == (file_id,):
            task.func(*args)
    return {"before": before, "due": [task.func.__name__ for task, _args in due], "after": after, "left": _left()}


def _left() -> list[str]:
    return sorted(path.name for path in Path(settings.DATA_DIRECTORY).glob("people-file-*"))


def look_at_file(file_id: str, team: str) -> dict[str, Any]:
    file = PeopleFile.objects.get(pk=file_id)
    people = Member.objects.filter(email__startswith=team.lower()).order_by("email")
    return {
        "step": file.step,
        "bytes": len(file.content),
        "imports": AuditEntry.objects.filter(kind="people.imported").count(),
        "people": [
            [
                one.name,
                one.is_active,
                [
                    [place.node.name, place.starts_on == NOW.date(), place.ends_on is None]
                    for place in Membership.objects.filter(member=one).select_related("node").order_by("starts_on")
                ],
            ]
            for one in people
        ],
    }


# A founding and what lets this machine sign

ANSWERS = {
    "organisation": "Lanternworks",
    "steward_name": "Ada",
    "steward_email": "ada@example.org",
    "app_origin": "http://localhost:18000",
    "anonymous_origin": "http://localhost:18001",
    "language": "en",
    "time_zone": "Europe/Berlin",
}
FOUNDER = bytes(range(32))


def begin_anew() -> None:
    """As `andon prepare` leaves it, with a code for the set-up in a browser."""
    for alias in connections:
        call_command("flush", verbosity=0, interactive=False, database=alias, inhibit_post_migrate=True)
    data = Path(settings.DATA_DIRECTORY)
    for file in (*data.glob("signing.key*"), *data.glob("andon.env*"), *data.glob("setup-code*")):
        file.unlink()
    Path(settings.DATA_DIRECTORY).with_name("taken-away.key").unlink(missing_ok=True)
    setup.make_code(data)


def found() -> str:
    """What the set-up does once its questions are answered; what the person is told where it is refused."""
    request = rounds.founding_request(at=NOW)
    try:
        setup.found(
            name="Lanternworks",
            steward_name="Ada",
            steward_email="ada@example.org",
            request=request,
            signatures=rounds.sign_founding(request, FOUNDER),
            at=NOW,
        )
    except setup.OthersWereFirst:
        return "has an organisation"
    return "founded"


def set_up() -> str:
    """`andon setup --yes`, up to the key by which it was founded before."""
    given = {**ANSWERS, "mail": {}}
    with contextlib.redirect_stdout(io.StringIO()), mock.patch.object(setting_up, "_steward_key", return_value=FOUNDER):
        try:
            setting_up._set_up(given, asks=False, tries_mail=False)
        except Refusal as refused:
            return str(refused)
    return ""


def look_at_founding() -> dict[str, Any]:
    data = Path(settings.DATA_DIRECTORY)
    entries = list(deeds._log())
    current = rounds.delegation_state(NOW)
    return {
        "organisations": list(Organisation.objects.values_list("name", flat=True)),
        "tops": Node.objects.count(),
        "stewards": list(Duty.objects.values_list("member__email", "role")),
        "members": Member.objects.count(),
        "log": [entry["kind"] for entry in entries],
        "holds": bool(entries) and manifest.check_chain(entries).head_index + 1 == len(entries),
        "audited": list(AuditEntry.objects.order_by("pk").values_list("kind", flat=True)),
        "signs": str(current.state),
        "keys": sorted(path.name for path in data.glob("signing.key*")),
        "code": (data / "setup-code").exists(),
        "addresses": (data / "andon.env").read_text().count("=") if (data / "andon.env").exists() else 0,
        "belongs": bool(entries)
        and [one.pk for one in Organisation.objects.all()] == [entries[0]["body"]["organisation"]],
    }


def ask_for_delegation(minute: int) -> str:
    return rounds.delegation_request(at=NOW + timedelta(minutes=minute)).decode()


def signed_delegation(minute: int) -> str:
    """A request of this machine, as `andon steward sign` gives it back."""
    fields = json.loads(ask_for_delegation(minute))
    return json.dumps({**fields, "signature": manifest.sign_body(FOUNDER, "delegation", fields["body"])})


def accept(signed: str) -> str:
    return rounds.accept_delegation(signed.encode(), at=NOW + timedelta(days=1)).isoformat()


def look_at_delegation() -> dict[str, Any]:
    newest = publiclog.newest("delegation")
    key = Path(settings.SIGNING_KEY_FILE)
    return {
        **look_at_founding(),
        "delegate": newest.body["delegate"] if newest else "",
        "key": signing.public_half(_key_in(key)),
    }


def _key_in(file: Path) -> bytes:
    return wire.unb64u(file.read_text().strip(), 32)
