from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from andon.foundation.audit.models import AuditEntry
from andon.foundation.organisation import importing
from andon.foundation.organisation import public as organisation
from andon.foundation.organisation.importing import ImportOutcome, import_people, preview_people
from andon.foundation.organisation.models import Duty, Membership, Node
from andon.foundation.organisation.tests import cast as people
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


def test_somebody_who_was_closed_out_comes_back() -> None:
    cast = people.enter()
    Member.objects.filter(pk=cast.bo.pk).update(is_active=False)
    assert counts(bring(HEADER + "bo@example.org,Bo Lindqvist,Security/Detection/SOC night,\n")) == (1, 0, 0, 0)
    assert Member.objects.get(pk=cast.bo.pk).is_active


def test_a_team_is_the_same_in_capitals() -> None:
    people.enter()
    outcome = bring(HEADER + "new@example.org,New One,SECURITY/detection/soc NIGHT,\n")
    assert outcome.new_teams == ()


def test_one_bad_row_keeps_out_all_of_them() -> None:
    people.enter()
    before = everything()
    outcome = bring(ALL + "bad,Bad,Security,\nx@example.org,X,Elsewhere/Team,\n")
    assert [(bad.line, bad.value) for bad in outcome.refused] == [(5, "bad"), (6, "Elsewhere/Team")]
    assert everything() == before


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
    call_command("import_people", str(file))
    assert "3 people joined" in capsys.readouterr().out
    assert Member.objects.count() == 3


def test_the_command_names_every_bad_row(tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "people.csv"  # type: ignore[operator]
    file.write_text(HEADER + "bad,Bad,Security,\nworse,Worse,Security,\n")
    with pytest.raises(CommandError, match="2 things to put right"):
        call_command("import_people", str(file))
    errors = capsys.readouterr().err
    assert f"{file}:2: bad is not an e-mail address" in errors
    assert f"{file}:3: worse" in errors
