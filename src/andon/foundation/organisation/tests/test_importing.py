from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from andon.foundation.audit.models import AuditEntry
from andon.foundation.organisation import importing, membership
from andon.foundation.organisation import public as organisation
from andon.foundation.organisation.importing import ImportOutcome, import_people, preview_people
from andon.foundation.organisation.models import Duty, Membership, Node
from andon.foundation.organisation.tests import cast as people
from andon.foundation.organisation.unit_preview import units_now
from andon.foundation.people.models import Member

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HEADER = "e-mail,name,team path,role\n"
ALL = (
    HEADER
    + "ada@example.org,Ada Okafor,Security/Detection/SOC night,lead\n"
    + "bo@example.org,Bo Lindqvist,Security/Detection/SOC night,member\n"
    + 'stella@example.org,Stella Marin,Security,"member,steward"\n'
)


def bring(text: str, on: date = TODAY, by: Member | None = None) -> ImportOutcome:
    return import_people(text.encode(), by=by, at=NOW, on=on)


def counts(outcome: ImportOutcome) -> tuple[int, int, int, int]:
    assert outcome.refused == ()
    return (outcome.joined, outcome.moved, outcome.changed, outcome.unchanged)


def everything() -> list[object]:
    return [list(model.objects.order_by("pk").values()) for model in (Member, Node, Membership, Duty, AuditEntry)]


def test_a_first_file_makes_the_tree_the_people_and_their_roles() -> None:
    outcome = bring(ALL)
    assert counts(outcome) == (3, 0, 0, 0)
    assert outcome.new_teams == (("Security",), ("Security", "Detection"), ("Security", "Detection", "SOC night"))
    ada = Member.objects.get(email="ada@example.org")
    place = organisation.place_of(ada.id, on=TODAY)
    assert place is not None
    assert (place.path, place.leads) == (("Security", "Detection", "SOC night"), True)
    assert not ada.has_usable_password()
    assert organisation.duties_of(Member.objects.get(email="stella@example.org").id) == {"steward"}


def test_the_same_file_again_changes_nothing() -> None:
    bring(ALL)
    before = everything()
    assert counts(bring(ALL, on=TODAY + timedelta(days=7))) == (0, 0, 0, 3)
    assert everything() == before


def test_a_preview_writes_nothing_and_foresees_the_import() -> None:
    before = everything()
    foreseen = preview_people(ALL.encode(), on=TODAY)
    assert everything() == before
    assert bring(ALL) == foreseen


def test_somebody_who_moves_ends_one_membership_and_starts_another() -> None:
    cast = people.enter()
    outcome = bring(HEADER + "ada@example.org,Ada Okafor,Security/Application security,\n")
    assert counts(outcome) == (0, 1, 0, 0)
    spans = (
        Membership.objects.filter(member=cast.ada)
        .order_by("starts_on")
        .values_list("node__name", "starts_on", "ends_on")
    )
    assert list(spans) == [
        ("SOC night", people.SINCE, TODAY - timedelta(days=1)),
        ("Application security", TODAY, None),
    ]
    assert organisation.leads_of(cast.ada.id, on=TODAY) == set(), "nobody leads a team by moving into it"
    assert organisation.leads_of(cast.ada.id, on=TODAY - timedelta(days=1)) == {cast.night.id}


def test_a_second_move_on_the_same_day_corrects_the_first() -> None:
    cast = people.enter()
    bring(HEADER + "bo@example.org,Bo Lindqvist,Security/Application security,\n")
    bring(HEADER + "bo@example.org,Bo Lindqvist,Security/Detection,\n")
    assert Membership.objects.filter(member=cast.bo).count() == 2
    place = organisation.place_of(cast.bo.id, on=TODAY)
    assert place is not None
    assert place.node_id == cast.detection.id


def test_who_is_not_in_the_file_stays() -> None:
    cast = people.enter()
    bring(HEADER + "new@example.org,New One,Security/Detection,\n")
    for member, node in [(cast.ada, cast.night), (cast.bo, cast.night), (cast.cy, cast.appsec)]:
        place = organisation.place_of(member.id, on=TODAY)
        assert place is not None
        assert place.node_id == node.id


def test_an_open_role_stays_as_it_is_and_a_written_one_counts() -> None:
    cast = people.enter()
    line = "stella@example.org,Stella Marin,Security,"
    assert counts(bring(HEADER + line + "\n")) == (0, 0, 0, 1)
    assert counts(bring(HEADER + line + '"lead,steward,auditor"\n')) == (0, 0, 1, 0)
    assert organisation.duties_of(cast.stella.id) == {"steward", "auditor"}
    assert cast.security.id in organisation.leads_of(cast.stella.id, on=TODAY)


def test_a_new_name_is_a_change() -> None:
    people.enter()
    assert counts(bring(HEADER + "bo@example.org,Bo L. Lindqvist,Security/Detection/SOC night,\n")) == (0, 0, 1, 0)
    assert Member.objects.get(email="bo@example.org").name == "Bo L. Lindqvist"


def test_somebody_who_left_with_a_file_comes_back_with_one() -> None:
    cast = people.enter()
    row = "bo@example.org,Bo Lindqvist,Security/Detection/SOC night"
    bring(f"e-mail,name,team path,status\n{row},suspended\n")
    assert not Member.objects.get(pk=cast.bo.pk).is_active
    outcome = bring(f"{HEADER}{row},\n")
    assert (outcome.joined, outcome.returned, outcome.kept_out) == (0, 1, 0)
    assert Member.objects.get(pk=cast.bo.pk).is_active


def test_somebody_who_was_deactivated_by_hand_stays_so_until_the_file_takes_them_back() -> None:
    cast = people.enter()
    membership.deactivate(member=cast.bo, by=cast.stella, at=NOW, on=TODAY)
    text = HEADER + "bo@example.org,B. Lindqvist,Security/Elsewhere,\nnew@example.org,New One,Security,\n"
    outcome = bring(text)
    assert (outcome.joined, outcome.returned, outcome.kept_out, outcome.new_teams) == (1, 0, 1, ())
    told = [(person.name, person.path) for person in outcome.people if person.what is importing.What.KEPT_OUT]
    assert told == [("Bo Lindqvist", ("Security", "Elsewhere"))]
    assert not Member.objects.get(pk=cast.bo.pk).is_active
    assert AuditEntry.objects.get(kind="people.imported").facts["kept_out"] == 1
    outcome = import_people(text.encode(), by=cast.stella, at=NOW, on=TODAY, takes_back=True)
    assert (outcome.joined, outcome.returned, outcome.kept_out) == (0, 1, 0)
    assert Member.objects.get(pk=cast.bo.pk).is_active
    assert AuditEntry.objects.get(kind="person.reactivated").about == cast.bo
    # From now on they are like everybody else: a file that closes their account, and one that opens it again.
    bring("e-mail,name,team path,status\nbo@example.org,B. Lindqvist,Security,suspended\n")
    assert bring(text).returned == 1


def test_what_somebody_does_by_hand_meanwhile_is_asked_again() -> None:
    cast = people.enter()
    text = HEADER + "bo@example.org,Bo Lindqvist,Security/Detection/SOC night,\n"
    bring("e-mail,name,team path,status\nbo@example.org,Bo Lindqvist,Security,suspended\n")
    before = importing._stand()
    bo = Member.objects.get(pk=cast.bo.pk)
    membership.reactivate(member=bo, by=cast.stella, at=NOW)
    membership.deactivate(member=bo, by=cast.stella, at=NOW, on=TODAY)
    assert importing._stand() != before
    assert bring(text).kept_out == 1


def test_a_team_is_the_same_in_capitals() -> None:
    people.enter()
    outcome = bring(HEADER + "new@example.org,New One,SECURITY/detection/soc NIGHT,\n")
    assert outcome.new_teams == ()


def test_one_bad_row_keeps_out_all_of_them() -> None:
    people.enter()
    before = everything()
    outcome = bring(ALL + "bad,Bad,Security,\nx@example.org,X,Elsewhere//Team,\n")
    assert [(bad.line, bad.value) for bad in outcome.refused] == [(5, "bad"), (6, "Elsewhere//Team")]
    assert everything() == before


def test_the_organisation_stands_before_a_path_that_leaves_it_out() -> None:
    cast = people.enter()
    assert counts(bring(HEADER + "bo@example.org,Bo Lindqvist,/Detection/SOC night,\n")) == (0, 0, 0, 1)
    assert bring(HEADER + "new@example.org,New One,Elsewhere,\n").new_teams == (("Security", "Elsewhere"),)
    assert Node.objects.get(name="Elsewhere").parent == cast.security


def test_a_slash_in_the_organisations_name_is_no_step_of_a_path() -> None:
    Node.objects.create(name="Nordlys A/S")
    outcome = bring(
        HEADER
        + "a@example.org,A,Nordlys A/S/Detection/Night,\n"
        + "b@example.org,B,Detection/Night,\n"
        + "c@example.org,C,NORDLYS A/s,\n"
        + "d@example.org,D,/Nordlys A / S/Detection,\n"
        + "e@example.org,E,Nordlys A,\n"
    )
    detection = ("Nordlys A/S", "Detection")
    assert [person.path for person in outcome.people] == [
        (*detection, "Night"),
        (*detection, "Night"),
        ("Nordlys A/S",),
        detection,
        ("Nordlys A/S", "Nordlys A"),
    ]


def test_a_first_day_more_than_two_years_ahead_is_refused() -> None:
    people.enter()
    text = "e-mail,name,team path,start,end\n"
    near = bring(text + "a@example.org,A,Security,2028-03-02,9999-12-31\n")
    assert (near.joined, near.refused) == (1, ())
    [far] = bring(text + "b@example.org,B,Security,9999-12-31,\n").refused
    assert (far.line, far.value) == (2, "9999-12-31")
    assert "two years" in far.reason


def test_without_an_organisation_the_first_steps_must_agree() -> None:
    outcome = bring(HEADER + "a@example.org,A,Security/Day,\nb@example.org,B,Other/Day,\n")
    assert [(bad.line, bad.value) for bad in outcome.refused] == [(3, "Other/Day")]


def test_a_retired_team_that_is_named_comes_back() -> None:
    cast = people.enter()
    Node.objects.filter(pk=cast.appsec.pk).update(retired_on=TODAY)
    text = HEADER + "new@example.org,New One,Security/Application security,\n"
    assert preview_people(text.encode(), on=TODAY).revived_teams == (("Security", "Application security"),)
    bring(text)
    assert Node.objects.get(pk=cast.appsec.pk).retired_on is None


def complete(text: str, on: date = TODAY) -> ImportOutcome:
    return import_people((HEADER + text).encode(), by=None, at=NOW, on=on, is_complete=True)


STELLA = "stella@example.org,Stella Marin,Security,\n"


def test_whoever_is_absent_from_a_complete_file_leaves_with_place_sessions_and_duties() -> None:
    cast = people.enter()
    Duty.objects.create(member=cast.bo, role=Duty.Role.AUDITOR)
    epoch = cast.bo.epoch
    outcome = complete(STELLA + "cy@example.org,Cy Tanaka,Security/Application security,\n")
    assert (outcome.left, outcome.unchanged, outcome.many_leave) == (2, 2, True)
    assert [(person.name, person.was[-1]) for person in outcome.people] == [
        ("Ada Okafor", "SOC night"),
        ("Bo Lindqvist", "SOC night"),
    ]
    cast.bo.refresh_from_db()
    assert not cast.bo.is_active
    assert cast.bo.epoch != epoch
    assert organisation.place_of(cast.bo.id, on=TODAY) is None
    assert organisation.place_of(cast.bo.id, on=TODAY - timedelta(days=1)) is not None
    assert organisation.duties_of(cast.bo.id) == set()
    cast.cy.refresh_from_db()
    assert cast.cy.is_active


def test_somebody_who_began_today_leaves_without_a_trace_of_a_place() -> None:
    cast = people.enter()
    Membership.objects.filter(member=cast.bo).update(starts_on=TODAY)
    assert complete(STELLA).left == 3
    assert not Membership.objects.filter(member=cast.bo).exists()


def test_a_complete_file_keeps_a_steward() -> None:
    people.enter()
    before = everything()
    outcome = complete("bo@example.org,Bo Lindqvist,Security/Detection/SOC night,\n")
    assert [bad.value for bad in outcome.refused] == ["stella@example.org"]
    assert everything() == before


def test_an_account_that_is_closed_leaves_or_does_not_join() -> None:
    cast = people.enter()
    text = "email,name,department,status\nbo@example.org,,,DEPROVISIONED\nold@example.org,Old One,Detection,SUSPENDED\n"
    outcome = bring(text)
    assert (outcome.left, outcome.closed, outcome.joined) == (1, 1, 0)
    cast.bo.refresh_from_db()
    assert not cast.bo.is_active
    assert not Member.objects.filter(email="old@example.org").exists()
    assert (bring(text).left, bring(text).closed) == (0, 2)


DAYS = "email,name,team,start,end\n"


def test_a_first_day_in_the_future_is_kept_and_a_last_day_too() -> None:
    cast = people.enter()
    text = DAYS + "bo@example.org,Bo Lindqvist,Detection,2026-04-01,2026-12-31\n"
    assert counts(bring(text)) == (0, 1, 0, 0)
    spans = list(
        Membership.objects.filter(member=cast.bo)
        .order_by("starts_on")
        .values_list("node__name", "starts_on", "ends_on")
    )
    assert spans == [
        ("SOC night", people.SINCE, date(2026, 3, 31)),
        ("Detection", date(2026, 4, 1), date(2026, 12, 31)),
    ]
    assert counts(bring(text)) == (0, 0, 0, 1)
    assert counts(bring(text.replace("04-01", "05-01"))) == (0, 0, 1, 0)
    assert Membership.objects.get(member=cast.bo, node=cast.night).ends_on == date(2026, 4, 30)
    assert bring(text.replace("2026-12-31", "2026-02-01").replace("2026-04-01", "")).left == 1


def test_a_move_that_is_planned_by_hand_survives_a_file_that_says_what_is_true_today() -> None:
    cast = people.enter()
    Membership.objects.filter(member=cast.bo).update(ends_on=date(2026, 3, 31))
    Membership.objects.create(member=cast.bo, node=cast.appsec, starts_on=date(2026, 4, 1))
    assert counts(bring(HEADER + "bo@example.org,Bo Lindqvist,Detection/SOC night,\n")) == (0, 0, 0, 1)
    assert counts(bring(HEADER + "bo@example.org,Bo Lindqvist,Detection,\n")) == (0, 1, 0, 0)
    assert list(Membership.objects.filter(member=cast.bo, ends_on=None).values_list("node__name", flat=True)) == [
        "Detection"
    ]


def test_the_preview_says_which_teams_get_a_figure() -> None:
    cast = people.enter()
    text = HEADER + "".join(f"n{n}@example.org,N {n},Application security,\n" for n in range(5))
    changes = {change.path: change for change in preview_people(text.encode(), on=TODAY).unit_changes()}
    assert changes["Security / Application security"].before.standing == "not_asked"
    assert changes["Security / Application security"].after.size == 6
    bring(text)
    units = units_now(TODAY)
    assert units[cast.appsec.id] == changes["Security / Application security"].after


def test_what_is_no_longer_what_was_agreed_to_is_not_done() -> None:
    cast = people.enter()
    text = (HEADER + "bo@example.org,Bo Lindqvist,Detection,\n").encode()
    agreed = preview_people(text, on=TODAY).fingerprint
    Member.objects.filter(pk=cast.bo.pk).update(name="Bo L.")
    before = everything()
    with pytest.raises(importing.PlanChanged):
        import_people(text, by=None, at=NOW, on=TODAY, agreed=agreed)
    assert everything() == before
    Member.objects.filter(pk=cast.bo.pk).update(name="Bo Lindqvist")
    assert import_people(text, by=None, at=NOW, on=TODAY, agreed=agreed).moved == 1


def test_the_last_steward_cannot_be_taken_away_by_a_file() -> None:
    cast = people.enter()
    line = "stella@example.org,Stella Marin,Security,member\n"
    assert [bad.value for bad in bring(HEADER + line).refused] == ["stella@example.org"]
    assert counts(bring(HEADER + line + "cy@example.org,Cy Tanaka,Security/Application security,steward\n")) == (
        0,
        0,
        2,
        0,
    )
    assert organisation.duties_of(cast.cy.id) == {"steward"}
    assert organisation.duties_of(cast.stella.id) == set()


def test_a_failure_in_the_middle_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    people.enter()
    before = everything()

    def fail(**_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(importing.audit, "record", fail)
    with pytest.raises(RuntimeError):
        bring(ALL.replace("SOC night", "SOC dawn"))
    monkeypatch.undo()
    assert everything() == before


def test_an_import_is_written_into_the_change_log_without_addresses() -> None:
    cast = people.enter()
    bring(HEADER + "new@example.org,New One,Security/Detection,\n", by=cast.stella)
    [entry] = AuditEntry.objects.filter(kind="people.imported")
    assert (entry.by, entry.at, entry.facts["joined"]) == (cast.stella, NOW, 1)
    assert "@" not in str(entry.facts)


def test_a_large_file_takes_few_queries(django_assert_max_num_queries: object) -> None:
    people.enter()
    text = HEADER + "".join(f"p{n}@example.org,P {n},Security/Team {n % 3},\n" for n in range(900))
    with django_assert_max_num_queries(30):  # type: ignore[operator]
        assert counts(bring(text)) == (900, 0, 0, 0)


def test_the_command_imports_and_says_what_it_did(tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "people.csv"  # type: ignore[operator]
    file.write_text(ALL)
    call_command("import_people", str(file), "--dry-run")
    assert not Member.objects.exists()
    said = capsys.readouterr().out
    assert "joins: Bo Lindqvist <bo@example.org>, Security / Detection / SOC night\n" in said
    assert said.endswith("3 people would join. Nothing is changed yet.\n")
    call_command("import_people", str(file))
    assert "3 people joined" in capsys.readouterr().out
    assert Member.objects.count() == 3


def test_the_command_names_who_changes_and_which_teams_are_counted_together(
    tmp_path: object, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = people.enter()
    for number in range(4):
        for node in (cast.night, cast.appsec):
            somebody = Member.objects.create_user(f"{node.name.split()[0].lower()}{number}@example.org", "Some One")
            Membership.objects.create(member=somebody, node=node, starts_on=people.SINCE)
    file = tmp_path / "people.csv"  # type: ignore[operator]
    rows = "".join(f"new{number}@example.org,New {number},Security/Detection,\n" for number in range(23))
    moves = "cy@example.org,Cy Tanaka,Security/Detection/SOC night,\n"
    file.write_text(HEADER + rows + moves)
    expected = (
        "joins: New 19 <new19@example.org>, Security / Detection\n  and 3 more\n",
        "moves: Cy Tanaka <cy@example.org>, Security / Application security -> Security / Detection / SOC night\n",
        (
            "counted in another way: Security / Application security: counted together with Security, "
            "people in all: 6 -> counted together with Security, Security / Detection, people in all: 28\n"
        ),
    )
    call_command("import_people", str(file), "--dry-run")
    said = capsys.readouterr().out
    for words in expected:
        assert words in said
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda: "no")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("import_people", str(file))
    said = capsys.readouterr().err
    for words in expected:
        assert words in said
    # Where nobody is asked, nobody is named.
    call_command("import_people", str(file), "--yes")
    whole = capsys.readouterr()
    assert "New 1" not in whole.out + whole.err


def test_the_command_takes_back_only_when_it_is_told_to(tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    cast = people.enter()
    membership.deactivate(member=cast.bo, by=cast.stella, at=NOW, on=TODAY)
    file = tmp_path / "people.csv"  # type: ignore[operator]
    file.write_text(HEADER + "bo@example.org,Bo Lindqvist,Security/Detection/SOC night,\n")
    call_command("import_people", str(file))
    said = capsys.readouterr()
    assert "1 person was deactivated by hand and stays so." in said.out
    assert "stay so without --take-back: 1." in said.err
    assert not Member.objects.get(pk=cast.bo.pk).is_active
    call_command("import_people", str(file), "--take-back")
    assert "1 came back" in capsys.readouterr().out
    assert Member.objects.get(pk=cast.bo.pk).is_active


def test_the_command_names_every_bad_row(tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "people.csv"  # type: ignore[operator]
    file.write_text(HEADER + "bad,Bad,Security,\nworse,Worse,Security,\n")
    with pytest.raises(CommandError, match="2 things to put right"):
        call_command("import_people", str(file))
    errors = capsys.readouterr().err
    assert f"{file}:2: bad is not an e-mail address" in errors
    assert f"{file}:3: worse" in errors


def test_what_changes_between_the_plan_and_its_writing_is_planned_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    people.enter()
    ready = importing._Plan.make_ready
    planned: list[importing._Plan] = []

    def meanwhile(plan: importing._Plan) -> None:
        ready(plan)
        planned.append(plan)
        if len(planned) == 1:
            Member.objects.create_user(f"new.{Member.objects.count()}@example.org", "Somebody New")

    monkeypatch.setattr(importing._Plan, "make_ready", meanwhile)

    def file() -> str:
        planned.clear()
        return HEADER + f"new.{Member.objects.count()}@example.org,Another Name,Security,\n"

    # They joined by hand while the file was being planned: the second plan gives them name and place.
    assert bring(file()).joined == 1
    assert len(planned) == 2
    # The planted fault: nobody looks again, and the first plan meets somebody whom it does not know.
    monkeypatch.setattr(importing, "_stand", lambda: "")
    with pytest.raises(IntegrityError), transaction.atomic():
        bring(file())
