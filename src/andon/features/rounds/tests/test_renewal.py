"""A roster that is wrong is corrected before the round opens: the round is withdrawn, and published anew."""

import re
import shutil
from datetime import timedelta
from heapq import nsmallest
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from andon.features.ballots import public as ballots
from andon.features.closing import services as closing
from andon.features.closing import tasks as closing_tasks
from andon.features.issuance import public as issuance
from andon.features.publiclog import public as publiclog
from andon.features.rounds import public as rounds
from andon.features.rounds import queries, renewal, services
from andon.features.rounds.models import CloseRequest, RosterEntry, Round
from andon.foundation.audit.models import AuditEntry
from andon.foundation.organisation import membership
from andon.foundation.organisation import public as organisation
from andon.foundation.organisation.membership import Placing
from andon.foundation.organisation.models import Membership
from andon.foundation.people.models import Member
from tests.lived_in import LivedIn

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def _nothing_rewritten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files cannot be rewritten inside the transaction of a test; tests/anomalies looks into the files."""
    monkeypatch.setattr(ballots, "compact", lambda: None)
    monkeypatch.setattr(issuance, "compact", lambda: None)


@pytest.fixture(autouse=True)
def _own_keys(lived_in: LivedIn, tmp_path: Path, settings: Any) -> None:
    """Keys that a test destroys are gone from its own copy: no transaction brings a file back."""
    settings.KEY_DIRECTORY = Path(shutil.copytree(ballots.key_directory().root, tmp_path / "keys"))


def client_of(house: LivedIn, name: str) -> Client:
    client = Client()
    client.force_login(house.people[name])
    return client


def text(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


def add(house: LivedIn, name: str, team: str) -> Member:
    on = organisation.today()
    return membership.add_person(
        email=f"{name.lower()}@example.org",
        name=name,
        placing=Placing(house.nodes[team], "member", on),
        by=house.people["Stella"],
        at=timezone.now(),
        on=on,
    )


def leave(house: LivedIn, name: str) -> None:
    membership.deactivate(
        member=house.people[name], by=house.people["Stella"], at=timezone.now(), on=organisation.today()
    )


def renew(house: LivedIn) -> Any:
    return client_of(house, "Hal").post(f"/rounds/{house.rounds['published']}/again/")


def work() -> None:
    """What the worker does with rounds, once."""
    for _key, job, arguments in closing_tasks._due(timezone.now()):
        job.func(*arguments)


def test_a_lead_sees_in_numbers_who_came_and_went_and_a_member_does_not(lived_in: LivedIn) -> None:
    address = f"/rounds/{lived_in.rounds['published']}/"
    assert "Everybody on the roster is still here" in text(client_of(lived_in, "Hal").get(address))
    add(lived_in, "Una", "Cloud")
    add(lived_in, "Uwe", "Cloud")
    add(lived_in, "Ute", "Identity")
    leave(lived_in, "Hal 3")
    for name in ("Hal", "Stella"):
        said = text(client_of(lived_in, name).get(address))
        assert "2 people joined , 1 left" in said or "2 people joined, 1 left" in said
    assert "joined" not in text(client_of(lived_in, "Hal 1").get(address))
    assert "Withdraw" not in text(client_of(lived_in, "Stella").get(address))


def test_of_very_many_people_the_comparison_is_made_when_somebody_asks_for_it(
    lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/rounds/{lived_in.rounds['published']}/"
    add(lived_in, "Una", "Cloud")
    assert "1 person joined" in text(client_of(lived_in, "Hal").get(address))
    monkeypatch.setattr(renewal, "COMPARED_AT_ONCE", 5)
    said = text(client_of(lived_in, "Hal").get(address))
    assert "Compare with today" in said
    assert "joined" not in said
    assert "1 person joined" in text(client_of(lived_in, "Hal").get(f"{address}?compare=yes"))
    # Asking shows nothing to those who may not see it.
    assert "joined" not in text(client_of(lived_in, "Hal 1").get(f"{address}?compare=yes"))


@pytest.mark.parametrize("at_once", [0, 2_000])
def test_a_round_of_everybody_is_compared_as_any_other(
    lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    now = timezone.now()
    on = organisation.today(now)
    # Others are open at the same time, which only another questionnaire would allow.
    monkeypatch.setattr(services, "_check_rests", lambda *_arguments: None)
    whole = lived_in.open_round("everybody", "Lanternworks", by="Gil", ago=timedelta(0))
    row = Round.objects.get(pk=whole)
    entries = list(row.roster.order_by("member__name")[:5])
    place = Membership.objects.filter

    def told() -> tuple[renewal.RosterChanges | None, tuple[int, int, int]]:
        here = renewal._here(row, on=on)
        asked = RosterEntry.objects.filter(round_id=whole)
        return renewal.changes_since(whole, at=now), renewal._since(here, asked, fixed_on=organisation.today(row.at))

    assert told()[0] == renewal.RosterChanges(joined=0, left=0, moved=0)
    add(lived_in, "Una", "Cloud")
    place(member=entries[0].member_id).update(ends_on=on - timedelta(days=1))
    place(member=entries[1].member_id).update(starts_on=on + timedelta(days=1))
    # Deactivated, with and without a place that goes on; the last day is a day.
    Member.objects.filter(pk__in=[entries[2].member_id, entries[0].member_id]).update(is_active=False)
    place(member=entries[3].member_id).update(ends_on=on)
    monkeypatch.setattr(renewal, "COMPARED_AT_ONCE", at_once)
    changes, slowly = told()
    assert changes == renewal.RosterChanges(joined=1, left=3, moved=0)
    if at_once:
        assert (
            renewal._since_of_everybody(whole, row.roster.count(), on=on, fixed_on=organisation.today(row.at)) == slowly
        )


def test_a_round_that_is_open_says_that_somebody_was_erased(lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "_check_rests", lambda *_arguments: None)
    whole = lived_in.open_round("everybody", "Lanternworks", by="Gil", ago=timedelta(0))
    gil = client_of(lived_in, "Gil")
    assert "Everybody on the roster is still here" in text(gil.get(f"/rounds/{whole}/"))
    hal = lived_in.people["Hal"].pk
    rounds.erase_member(member_id=hal, at=timezone.now())
    Member.objects.filter(pk=hal).delete()
    said = text(gil.get(f"/rounds/{whole}/"))
    assert "Since the roster was fixed: 1 was erased." in said
    assert "still here" not in said


def round_of_everybody(house: LivedIn, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(services, "_check_rests", lambda *_: None)
    days = timedelta(days=1)
    return house.open_round("everybody", "Lanternworks", by="Gil", ago=days, opens_in=3 * days)


def test_of_very_many_units_those_that_change_are_shown_first_and_the_others_are_counted(
    lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    round_id = round_of_everybody(lived_in, monkeypatch)
    add(lived_in, "Una", "Response")
    whole = renewal.plan_renewal(round_id, at=timezone.now())
    by_name = [unit.name for unit in whole.units]
    assert (len(by_name), whole.more_units) == (6, 0)
    assert by_name == sorted(by_name, key=str.casefold)
    assert by_name[-1] == "Response"
    monkeypatch.setattr(renewal, "UNITS_SHOWN", 2)
    # How many are shown never changes while a process runs, so it is in no key.
    monkeypatch.setattr(renewal, "_comparisons", organisation.Memory(most=1))
    cut = renewal.plan_renewal(round_id, at=timezone.now())
    assert [unit.name for unit in cut.units] == ["Response", by_name[0]]
    assert cut.more_units == 4
    said = text(client_of(lived_in, "Gil").get(f"/rounds/{round_id}/again/"))
    assert "And 4 more units. Those that change stand first." in said
    assert "Forensics" not in said
    # What is published is never cut.
    new = renewal.renew_round(round_id=round_id, by=None, at=timezone.now())
    assert new.units.count() == 6


def test_cut_without_that_order_the_unit_that_changes_would_not_be_shown(
    lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    round_id = round_of_everybody(lived_in, monkeypatch)
    add(lived_in, "Una", "Response")
    monkeypatch.setattr(renewal, "UNITS_SHOWN", 2)
    taken: list[int] = []

    def without_the_changed(count: int, found: Any, *, key: Any) -> list[Any]:
        taken.append(count)
        return [] if len(taken) == 1 else nsmallest(count, found, key=key)

    monkeypatch.setattr(renewal, "nsmallest", without_the_changed)
    shown = [unit.name for unit in renewal.plan_renewal(round_id, at=timezone.now()).units]
    assert "Response" not in shown


def test_a_round_is_withdrawn_and_published_again_with_the_people_of_today(lived_in: LivedIn) -> None:
    una = add(lived_in, "Una", "Cloud")
    leave(lived_in, "Hal 3")
    old = lived_in.rounds["published"]
    dates = Round.objects.get(pk=old)
    preview = client_of(lived_in, "Hal").get(f"/rounds/{old}/again/")
    assert CloseRequest.objects.filter(round_id=old).count() == 0
    assert "Cloud" in text(preview)
    answer = renew(lived_in)
    new = Round.objects.get(pk=answer["Location"].split("/")[2])
    asked = {entry.member for entry in new.roster.select_related("member")}
    assert una in asked
    assert lived_in.people["Hal 3"] not in asked
    assert (new.opens_at, new.closes_at) == (dates.opens_at, dates.closes_at)
    assert queries.find(old).state is queries.State.WITHDRAWING  # type: ignore[union-attr]
    work()
    seen = queries.find(old)
    assert seen is not None
    assert (seen.state, seen.void_reason) == (queries.State.VOID, "withdrawn")
    logged = publiclog.find("void", old)
    assert logged is not None
    assert logged.body == {"reason": "withdrawn", "round": old}
    assert not (ballots.key_directory().root / "box" / f"{old}.key").exists()
    assert (ballots.key_directory().root / "box" / f"{new.pk}.key").exists()
    entries = AuditEntry.objects.filter(facts__round=old).order_by("pk")
    assert list(entries.values_list("kind", flat=True)) == ["round.planned", "round.withdrawn", "round.void"]
    said = text(client_of(lived_in, "Hal").get(f"/rounds/{old}/"))
    assert "This round was withdrawn" in said
    assert "must not happen" not in said


def test_a_withdrawn_round_gives_no_slip_and_never_opens(lived_in: LivedIn) -> None:
    old = lived_in.rounds["published"]
    lived_in.slip("Hal 1", old)
    renew(lived_in)
    refused = issuance.issue(member=lived_in.people["Hal 2"], round_id=old, blinded=[("ballot", b"\x00" * 32)])
    assert isinstance(refused, issuance.NotIssuing)
    later = timezone.now() + timedelta(days=4)
    assert old not in queries.due_to_open(later)
    services.open_round(round_id=old, at=later)
    assert publiclog.find("opened", old) is None
    assert Round.objects.filter(pk=old, opening=None).exists()


def test_without_that_check_a_withdrawn_round_would_open(lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    old = lived_in.rounds["published"]
    renew(lived_in)
    monkeypatch.setattr(services, "is_withdrawn", lambda row: False)
    services.open_round(round_id=old, at=timezone.now())
    assert publiclog.find("opened", old) is not None


def test_sent_twice_it_renews_once(lived_in: LivedIn) -> None:
    before, client = Round.objects.count(), client_of(lived_in, "Hal")
    address = f"/rounds/{lived_in.rounds['published']}/again/"
    client.post(address)
    assert "the new one stands under Rounds" in text(client.post(address, follow=True))
    assert Round.objects.count() == before + 1


@pytest.mark.parametrize("state", ["open", "closing", "released", "void"])
def test_no_other_round_is_withdrawn(lived_in: LivedIn, state: str) -> None:
    before = Round.objects.count()
    with pytest.raises(services.RoundRefused):
        renewal.renew_round(round_id=lived_in.rounds[state], by=None, at=timezone.now())
    assert Round.objects.count() == before
    client_of(lived_in, "Gil").post(f"/rounds/{lived_in.rounds[state]}/again/")
    assert Round.objects.count() == before
    work_of = queries.find(lived_in.rounds[state])
    assert work_of is not None
    assert work_of.state.value == {"released": "released", "void": "void"}.get(state, state)


def test_an_opening_that_was_cut_off_has_begun_and_is_not_withdrawn(lived_in: LivedIn) -> None:
    old = lived_in.rounds["published"]
    publiclog.append("opened", round_id=old, body={"round": old})
    with pytest.raises(renewal.CannotRenew):
        renewal.renew_round(round_id=old, by=None, at=timezone.now())
    assert not CloseRequest.objects.filter(round_id=old).exists()


def test_a_lead_of_others_and_a_member_withdraw_nothing(lived_in: LivedIn) -> None:
    old = lived_in.rounds["published"]
    for name in ("Ada", "Hal 1", "Stella", "Otto", "Cy"):
        assert client_of(lived_in, name).post(f"/rounds/{old}/again/").status_code == 404
    assert not CloseRequest.objects.filter(round_id=old).exists()


def test_where_nothing_can_take_its_place_nothing_is_withdrawn(lived_in: LivedIn) -> None:
    for number in (1, 2, 3):
        leave(lived_in, f"Hal {number}")
    address = f"/rounds/{lived_in.rounds['published']}/again/"
    assert "Too few people" in text(client_of(lived_in, "Hal").get(address))
    renew(lived_in)
    assert not CloseRequest.objects.filter(round_id=lived_in.rounds["published"]).exists()


@pytest.mark.parametrize("step", ["void_box", "delete_ballots", "compact"], ids=lambda step: f"killed before {step}")
def test_a_withdrawal_that_is_killed_is_finished_by_the_worker(
    lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    old = lived_in.rounds["published"]
    renew(lived_in)

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(closing.ballots, step, die)
        with pytest.raises(Killed):
            work()
    assert queries.find(old).state is queries.State.WITHDRAWING  # type: ignore[union-attr]
    services.open_round(round_id=old, at=timezone.now())
    assert publiclog.find("opened", old) is None
    work()
    work()
    assert queries.find(old).state is queries.State.VOID  # type: ignore[union-attr]
    assert AuditEntry.objects.filter(kind="round.void", facts__round=old).count() == 1


def test_a_publication_that_is_killed_after_the_withdrawal_is_finished_by_the_worker(
    lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = lived_in.rounds["published"]

    class Killed(BaseException):
        pass

    def die(**_: object) -> None:
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(services, "finish_publication", die)
        with pytest.raises(Killed):
            renewal.renew_round(round_id=old, by=lived_in.people["Hal"], at=timezone.now())
    [new] = [round_id for round_id in queries.unfinished_publications() if round_id != lived_in.rounds["preparing"]]
    work()
    services.finish_publication(round_id=new, at=timezone.now())
    assert queries.find(old).state is queries.State.VOID  # type: ignore[union-attr]
    assert queries.find(new).state is queries.State.PUBLISHED  # type: ignore[union-attr]
