"""Lanternworks: made by the real protocol, once, and nowhere but in a demonstration."""

import re
from collections import Counter
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from andon.features.instruments import public as instruments
from andon.features.publiclog import public as publiclog
from andon.features.releases import public as releases
from andon.features.results import public as results
from andon.features.results import queries, sentences, trend
from andon.features.rounds import public as rounds
from andon.foundation.jobs import public as jobs
from andon.foundation.organisation import public as organisation
from andon.foundation.organisation.models import Membership, Node, Organisation
from andon.foundation.people.demo import DEMO_ROLES, demo_address, demo_roles
from andon.foundation.people.models import Member
from andon.gateways.demo import lanternworks, seeding
from andon.kernel import manifest, psychometrics, wire
from andon.kernel.disclosure import Band

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


@pytest.fixture
def demo_mode(tmp_path: Path, settings: Any, key_directory: Path) -> Path:
    """The steward key file of a new demonstration."""
    settings.DEMO = True
    settings.STEWARD_KEY_FILE = str(tmp_path / "steward.key")
    return tmp_path / "steward.key"


def seed(rounds_asked: int = 1) -> str:
    said = StringIO()
    call_command("seed_demo", f"--rounds={rounds_asked}", stdout=said)
    return said.getvalue()


def seen_by(name: str, view: rounds.RoundView) -> tuple[queries.Report, trend.Trend | None]:
    member = Member.objects.get(name=name)
    own = queries.own_result(member, view.id)
    return queries.build_report(own.round, own.unit, own.part), trend.trend_of(own.round, own.unit, asked=member)


def everything() -> dict[str, list[Any]]:
    return {
        model._meta.label: sorted(model._default_manager.values_list("pk", flat=True), key=str)
        for model in apps.get_models()
    }


def test_sixty_people_in_seven_teams_with_a_lead_each_and_a_demo_account_for_every_role(demo_mode: Path) -> None:
    assert "60 people in 7 teams" in seed()

    department = Node.objects.get(name="Security", parent__name="Lanternworks")
    children = department.children.filter(retired_on=None)
    teams = {node.name: node.memberships.filter(ends_on=None).count() for node in children}
    assert sorted(teams.values()) == [3, 6, 7, 8, 9, 12, 14]
    assert Member.objects.count() == sum(teams.values()) + 1 == 60
    for team in children:
        assert team.memberships.filter(role=Membership.Role.LEAD).count() == 1
    assert {role.name for role in demo_roles()} == {role.name for role in DEMO_ROLES}
    assert all(member.email.isascii() and member.email.endswith("@example.org") for member in Member.objects.all())


def test_each_demo_account_has_the_role_of_its_address(demo_mode: Path) -> None:
    seed()
    today = timezone.localdate()
    places = {
        role.name: organisation.place_of(Member.objects.get(email=demo_address(role.name)).pk, on=today)
        for role in DEMO_ROLES
    }
    lead, member = places["lead"], places["member"]
    assert lead is not None
    assert member is not None
    assert lead.leads
    assert not member.leads
    assert lead.node_id == member.node_id
    assert lead.path == ("Lanternworks", "Security", "Detection")
    for role in ("steward", "auditor", "facilitator"):
        assert organisation.duties_of(Member.objects.get(email=demo_address(role)).pk) == {role}


def test_the_round_is_closed_its_log_holds_and_every_unit_has_five_or_more(demo_mode: Path) -> None:
    seed()
    [view] = rounds.all_rounds()
    assert view.state is rounds.State.RELEASED
    entries = [wire.parse_canonical(entry.content) for entry in publiclog.page(0)]
    summary = manifest.check_chain(entries)  # type: ignore[arg-type]
    assert list(summary.rounds) == [view.id]
    assert [entry["kind"] for entry in entries] == ["genesis", "manifest", "opened", "closed", "released"]  # type: ignore[index]
    assert all(len(unit.members) >= 5 for unit in rounds.units_of(view.id))
    silent = [part.unit_id for part in releases.parts(view.id) if part.release.figures is None]
    assert [unit.name for unit in rounds.units_of(view.id) if unit.id in silent] == ["Identity + Security engineering"]


def test_the_team_of_demo_lead_is_strong_in_inclusion_and_weak_in_challenger(demo_mode: Path) -> None:
    seed()
    [view] = rounds.all_rounds()
    unit = rounds.unit_of(Member.objects.get(email=demo_address("lead")), view.id)
    assert unit is not None
    part = releases.unit(view.id, unit.id)
    assert part is not None
    figures = part.release.figures
    assert figures is not None
    bands = {
        facet: Counter(
            figures[statement.code].band
            for statement in instruments.load("andon-core").statements
            if statement.facet == facet
        )
        for facet in ("inclusion", "challenger")
    }
    assert bands["inclusion"] == {Band.HIGH: 4}
    assert bands["challenger"][Band.LOW] >= 3


# What a page says is put together by views, whichever database the rows come from.
@pytest.mark.sqlite_only
def test_the_pages_say_what_became_of_each_team_in_eighteen_months(demo_mode: Path) -> None:
    """A real improvement, a reorganisation, and a unit about which nothing can be said."""
    said = seed(lanternworks.ROUNDS)
    assert "10 closed rounds" in said
    views = sorted(rounds.all_rounds(), key=lambda view: view.opens_at)
    assert {view.state for view in views} == {rounds.State.RELEASED}
    assert timedelta(days=540) < timezone.now() - views[0].opens_at < timedelta(days=560)
    manifest.check_chain([wire.parse_canonical(entry.content) for entry in publiclog.page(0)])  # type: ignore[misc]

    _report, improved = seen_by("Linh Tran", views[-1])
    assert improved is not None
    assert {facet.message.change for facet in improved.facets if facet.message} == {psychometrics.Change.ROSE}
    assert {facet.baseline_until for facet in improved.facets} == {improved.days[5]}
    _report, unchanged = seen_by("Hana Sato", views[-1])
    assert unchanged is not None
    assert {facet.message.change for facet in unchanged.facets if facet.message} == {psychometrics.Change.NONE_SEEN}

    reorganised, parted = seen_by("Tomás Arriaga", views[-1])
    assert parted is not None
    assert reorganised.unit_name == seen_by("Ravi Subramanian", views[-1])[0].unit_name == "Detection"
    assert [step.begins for step in parted.facets[0].steps] == [number in {0, 8} for number in range(10)]
    assert "people joined or left" in sentences.change(parted.facets[0])
    assert seen_by("Ravi Subramanian", views[-3])[0].unit_name == "Platform security"

    nothing, line = seen_by("Peter Novák", views[-1])
    assert (nothing.has_figures, nothing.reason, line) == (False, "too_few_ballots", None)


def test_steps_are_agreed_on_and_the_next_report_opens_with_what_became_of_them(demo_mode: Path) -> None:
    seed(4)
    client = Client()
    client.force_login(Member.objects.get(name="Linh Tran"), "andon.foundation.people.backends.MemberBackend")
    views = sorted(rounds.all_rounds(), key=lambda view: view.opens_at)
    page = client.get(f"/results/{views[1].id}/").content.decode()
    assert "What you agreed on last time" in page
    assert "Begin each design review" in page
    assert "without being asked" in page
    [step] = results.open_steps_of(Member.objects.get(name="Zoë Papadaki"), until=date.max)
    assert step.words.startswith("Invite one person")


def test_one_team_shares_its_colours_with_the_department(demo_mode: Path) -> None:
    seed(1)
    client = Client()
    client.force_login(Member.objects.get(name="Tomás Arriaga"), "andon.foundation.people.backends.MemberBackend")
    page = client.get("/results/shared/").content.decode()
    assert "shared with everybody in Security" in page
    assert re.findall(r"<h2[^>]*>([^<]*)<", page) == ["Application security"]


def test_whoever_began_with_fewer_rounds_keeps_them(demo_mode: Path) -> None:
    seed(2)
    before = everything()
    assert "Nothing was changed" in seed(lanternworks.ROUNDS)
    assert everything() == before


def test_what_was_made_on_an_earlier_day_is_not_made_again(demo_mode: Path) -> None:
    made = seeding.seed_demo(now=timezone.now() - timedelta(days=20), rounds_asked=3)
    again = seeding.seed_demo(now=timezone.now(), rounds_asked=3)
    assert (again.is_new, again.rounds, again.round_id) == (False, 3, made.round_id)


def test_a_second_run_changes_nothing_and_says_so(demo_mode: Path) -> None:
    seed()
    before, key = everything(), demo_mode.read_bytes()
    assert "Nothing was changed" in seed()
    assert everything() == before
    assert demo_mode.read_bytes() == key


def test_a_run_that_was_cut_off_is_finished_by_the_next(demo_mode: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    answer, asked = seeding.wallet.answer, 0

    def answer_three(*given: Any, **named: Any) -> bool:
        nonlocal asked
        asked += 1
        if asked > 3:
            raise Killed
        return answer(*given, **named)

    with monkeypatch.context() as patched:
        patched.setattr(seeding.wallet, "answer", answer_three)
        with pytest.raises(Killed):
            seed()
    seed()
    [view] = rounds.all_rounds()
    assert view.state is rounds.State.RELEASED
    assert "Nothing was changed" in seed()


def test_a_new_round_may_be_opened_today(demo_mode: Path) -> None:
    seed()
    now = timezone.now()
    published = rounds.publish_round(
        node_id=Node.objects.get(name="Detection").pk,
        instrument_id="andon-core",
        opens_at=now,
        closes_at=now + timedelta(days=7),
        by=None,
        at=now,
    )
    assert rounds.find(published.pk) is not None


def test_the_steward_key_is_for_its_owner_only_and_one_that_is_there_is_kept(demo_mode: Path) -> None:
    private, public = rounds.new_steward_key()
    demo_mode.write_text(private)
    seed()
    assert demo_mode.read_text() == private
    assert Organisation.objects.get().steward_public_key == public


def test_a_fresh_steward_key_has_mode_0600(demo_mode: Path) -> None:
    seed()
    assert demo_mode.stat().st_mode & 0o777 == 0o600


def test_outside_of_a_demonstration_nothing_is_made(demo_mode: Path, settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="not a demonstration"):
        seed()
    assert not Member.objects.exists()
    assert not demo_mode.exists()


def test_a_real_organisation_is_left_alone(demo_mode: Path) -> None:
    Organisation.objects.create(name="Northgate", steward_public_key="x" * 43)
    before = everything()
    with pytest.raises(CommandError, match="Northgate"):
        seed()
    assert everything() == before
    assert not demo_mode.exists()


def test_names_and_answers_are_the_same_each_time_and_others_in_each_round() -> None:
    assert seeding.made_answers() == seeding.made_answers()
    assert seeding.made_answers(-1) != seeding.made_answers()
    names = [name for team in lanternworks.TEAMS for name in (team.lead, *team.members)]
    assert len({seeding.address_of(name) for name in names}) == len(names) == 59


def test_it_waits_for_nobody_while_a_worker_runs_and_changes_nothing(demo_mode: Path, settings: Any) -> None:
    with jobs.only_worker(Path(settings.DATA_DIRECTORY)), pytest.raises(CommandError, match="Andon is running here"):
        call_command("seed_demo", stdout=StringIO())
    assert organisation.current() is None
