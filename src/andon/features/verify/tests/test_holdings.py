"""Every row of this server that leads to a member is told to that member, and to nobody else."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.test import Client, override_settings
from django_tasks_db.models import DBTaskResult

from andon.features.cadence.models import LetterKind
from andon.features.verify import holdings
from andon.foundation.invitations.models import Invitation
from andon.foundation.notifications.models import OutboxMail
from andon.foundation.organisation.models import PeopleFile
from andon.foundation.people.models import Member
from tests.lived_in import ANSWERS, LivedIn

pytestmark = pytest.mark.django_db(databases="__all__")

# Models that could hold a trace of a member by their shape or by what stands in them, and do not; or hold it beside a
# row that is told already. Each with its reason.
NOT_TOLD = {
    "account.EmailConfirmation": "belongs to an address that is told, and is never made here",
    "socialaccount.SocialAccount": "never written here: test_nothing_of_it_is_kept_but_the_account",
    "socialaccount.SocialToken": "the same",
    "rounds.Publication": "a record of a round, whose opening is told to whoever opened it",
    "rounds.Opening": "the same",
    "rounds.Ending": "the same",
    "cadence.Turn": "a day of a schedule and its round, told to whoever made the schedule",
    "results.NotShared": "that one of a unit said no; who is not known, and never may be",
    "rounds.RoundGroup": "a node above several units, and how many people it had",
    "rounds.RoundUnit": "the list of a unit, told to each of its members as the unit they are counted with",
    DBTaskResult._meta.label: "arguments are ids of rounds; held to below",
}
# A field that names a person without being a relation.
PERSONAL = re.compile(r"(^|_)(user|member|person|owner|email|e_mail|to|sender|recipient|name_of|address|ip)(_|$)")


def may_lead_to_a_member(model: type[models.Model]) -> bool:
    """By its shape: a relation to a member, directly or through others, or a field that is called like a person."""
    return any(
        leads_to(field.related_model, {model})
        if field.is_relation and field.related_model is not None
        else PERSONAL.search(field.name) is not None
        for field in model._meta.get_fields()
        if not (field.auto_created and not field.concrete)
    )


def leads_to(model: Any, seen: set[Any]) -> bool:
    if model is Member:
        return True
    return (
        False
        if model in seen
        else any(
            leads_to(field.related_model, seen | {model})
            for field in model._meta.get_fields()
            if field.concrete and field.is_relation and field.related_model is not None
        )
    )


def unspoken(found: Iterable[type[models.Model]]) -> set[str]:
    return {
        model._meta.label
        for model in found
        if may_lead_to_a_member(model) and model._meta.label not in {*holdings.SPOKEN_FOR, *NOT_TOLD}
    }


def test_every_model_that_can_lead_to_a_member_is_spoken_for() -> None:
    assert unspoken(apps.get_models()) == set()
    known = {model._meta.label for model in apps.get_models()}
    assert {*holdings.SPOKEN_FOR, *NOT_TOLD} <= known


@pytest.mark.parametrize(
    "field",
    [
        ("member", models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")),
        ("entry", models.ForeignKey("rounds.RosterEntry", on_delete=models.CASCADE, related_name="+")),
        ("seen_by", models.ManyToManyField(Member, related_name="+")),
        ("member_key", models.CharField(max_length=32)),
        ("email", models.EmailField()),
    ],
    ids=lambda field: field[0],
)
def test_a_made_up_model_is_seen(field: tuple[str, models.Field]) -> None:
    kept = dict(apps.all_models["verify"])
    try:
        name, made = field
        body = {name: made, "__module__": __name__, "Meta": type("Meta", (), {"app_label": "verify"})}
        planted: Any = type("Planted", (models.Model,), body)
        assert unspoken([planted]) == {"verify.Planted"}
    finally:
        apps.all_models["verify"].clear()
        apps.all_models["verify"].update(kept)
        apps.clear_cache()


def traces(member: Member) -> Iterator[str]:
    """The models with a row in which the member's id, address or name stands, in any database, however written."""
    marks = [member.id.hex, str(member.id), member.email, member.name]
    for model in apps.get_models():
        for row in model._default_manager.all().values_list():
            text = " ".join(value.decode("latin1") if isinstance(value, bytes) else str(value) for value in row)
            if any(mark in text for mark in (*marks, member.id.bytes.decode("latin1"))):
                yield model._meta.label
                break


@pytest.fixture
def gil(lived_in: LivedIn, settings: Any) -> SimpleNamespace:
    """Gil has everything: he leads, was left out, opened and closed, is signed in, has a factor, and got a letter."""
    from allauth.account.models import EmailAddress
    from allauth.mfa.models import Authenticator

    member = lived_in.people["Gil"]
    client = Client()
    client.force_login(member)
    Authenticator.objects.create(user=member, type="totp", data={})
    EmailAddress.objects.create(user=member, email=member.email, verified=True)
    OutboxMail.objects.create(at=lived_in.now, to=member.email, subject="Your code for Andon", text="Dear Gil Abara")
    return SimpleNamespace(member=member, client=client)


def told(client: Client) -> dict[str, list[dict[str, str]]]:
    answer = json.loads(client.get("/verify/me.json").content)
    return {held["title"]: held["rows"] for held in answer["holdings"]}


def test_wherever_a_member_stands_in_any_database_the_model_is_spoken_for(
    lived_in: LivedIn, gil: SimpleNamespace
) -> None:
    lived_in.slip("Bo", lived_in.rounds["open"])
    for member in (gil.member, lived_in.people["Bo"], lived_in.people["Ada"], lived_in.people["Stella"]):
        found = set(traces(member))
        assert "people.Member" in found
        assert found - {*holdings.SPOKEN_FOR, *NOT_TOLD} == set()


def test_a_trace_in_a_place_that_nobody_thought_of_is_seen(lived_in: LivedIn) -> None:
    from andon.features.releases.models import Release

    Release.objects.create(round_id="0" * 32, digest=lived_in.people["Bo"].id.hex)
    assert set(traces(lived_in.people["Bo"])) - {*holdings.SPOKEN_FOR, *NOT_TOLD} == {"releases.Release"}


def test_what_is_held_about_somebody_with_everything_is_told_in_words(gil: SimpleNamespace) -> None:
    held = told(gil.client)
    assert held["Your account"][0]["E-mail address"] == "gil@example.org"
    assert held["Where you belong"][0] | {"Since": ""} == {
        "Team": "Lanternworks",
        "Role": "lead",
        "Since": "",
        "Until": "now",
    }
    [left_out] = held["Rounds you were not asked in"]
    assert left_out["Reason"] == "no team beside yours to be counted with"
    assert [row["What"] for row in held["Rounds you opened or closed"]] == ["opened it"]
    assert [row["What"] for row in held["Changes by you and about you"]] == ["A round was published"]
    assert len(held["Where you are signed in"]) == 1
    assert {"Kind": "totp"} in held["Ways to prove that it is you"]
    assert [row["Subject"] for row in held["Letters to you"]] == ["Your code for Andon"]


# Fields of a member that are not told, each with its reason; every other one stands under "Your account".
NOT_IN_THE_ACCOUNT = {
    "id": "a random number by which rows name the member",
    "epoch": "a random text that ends sessions; it says nothing about anybody",
    "is_active": "whoever can read the page is",
}


def test_every_field_of_an_account_is_told_or_has_a_reason(gil: SimpleNamespace) -> None:
    told_of = {
        "name": "Name",
        "email": "E-mail address",
        "language": "Language",
        "time_zone": "Time zone",
        "wants_letters": "Letters about rounds",
        "password": "Password",
        "has_signed_in": "Signed in before",
        "second_factor_by": "Second factor to be set up until",
    }
    fields = {field.name for field in Member._meta.get_fields() if field.concrete}
    assert fields == {*told_of, *NOT_IN_THE_ACCOUNT}
    [account] = told(gil.client)["Your account"]
    assert set(account) == set(told_of.values())
    assert account["Second factor to be set up until"] == "nothing is noted"
    Member.objects.filter(pk=gil.member.pk).update(has_signed_in=True, second_factor_by=date(2026, 3, 9))
    [account] = told(gil.client)["Your account"]
    assert account["Signed in before"] == "yes; when is not kept"
    assert account["Second factor to be set up until"] == "2026-03-09"


def test_files_of_others_that_may_name_a_member_are_told_to_everybody_but_not_as_theirs(
    lived_in: LivedIn, gil: SimpleNamespace
) -> None:
    PeopleFile.objects.all().delete()
    assert told(gil.client)["Files of people"] == []
    ada = lived_in.people["Ada"]
    for step in PeopleFile.Step:
        PeopleFile.objects.create(by=ada, at=lived_in.now, step=step, content=b"name,email\n")
    [row] = told(gil.client)["Files of people"]
    # All but the one that was carried out, of which numbers are left.
    assert row["Uploaded by others"] == "4"
    assert datetime.fromisoformat(row["Gone at the latest"]) == (lived_in.now + timedelta(days=1)).replace(
        microsecond=0
    )
    PeopleFile.objects.update(by=gil.member)
    assert [set(row) for row in told(gil.client)["Files of people"]] == [{"File", "When", "State"}] * 5


def test_an_invitation_that_was_used_is_told_as_used(gil: SimpleNamespace) -> None:
    Invitation.objects.update_or_create(member=gil.member, defaults={"step": Invitation.Step.SENT})
    Member.objects.filter(pk=gil.member.pk).update(has_signed_in=False)
    assert told(gil.client)["Your invitation"][0] == {"State": "sent"}
    Member.objects.filter(pk=gil.member.pk).update(has_signed_in=True)
    assert told(gil.client)["Your invitation"][0] == {"State": "no longer needed: you have signed in"}


def test_a_slip_is_told_to_its_member_until_the_round_closes_and_an_answer_never(lived_in: LivedIn) -> None:
    client = Client()
    client.force_login(lived_in.people["Bo"])
    assert told(client)["Slips that were given to your browser"] == []
    opened = lived_in.rounds["open"]
    lived_in.answer(opened, ["Bo"], ANSWERS)
    held = told(client)
    [given] = held["Slips that were given to your browser"]
    assert given["Slip given for"] == "answering once"
    # Bo answered in "released" and "security" too, of which only the rosters are left.
    assert len(held["Rounds you were asked in"]) == 4
    assert not any(code in json.dumps(held) for code in ANSWERS)


def test_nobody_is_told_what_is_held_about_another(lived_in: LivedIn, gil: SimpleNamespace) -> None:
    client = Client()
    client.force_login(lived_in.people["Cy"])
    page = client.get("/verify/me/").content.decode()
    for name, member in lived_in.people.items():
        assert (member.email in page) == (name == "Cy")


def test_tasks_hold_no_member(lived_in: LivedIn) -> None:
    """What is enqueued has ids of rounds and of roster files for arguments: results may be kept without being told."""

    from andon.foundation.jobs.schedule import enqueue_due

    with override_settings(TASKS={"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}):
        enqueue_due(lived_in.now + lived_in.now.resolution)
    rows = list(DBTaskResult.objects.all())
    assert rows
    known = {*lived_in.rounds.values(), *lived_in.files.values(), lived_in.schedule, *LetterKind.values}
    for row in rows:
        assert set(row.args_kwargs["args"]) <= known
        assert row.args_kwargs["kwargs"] == {}
    for member in Member.objects.all():
        assert DBTaskResult._meta.label not in set(traces(member))
