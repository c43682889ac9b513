"""Files as directories export them, and as spreadsheets save them."""

from datetime import date
from itertools import pairwise

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from andon.foundation.organisation.importing import import_people, preview_people
from andon.foundation.organisation.models import Duty, Membership, Node
from andon.foundation.organisation.people_file import PeopleFile, read_people
from andon.foundation.organisation.tests import cast as people
from andon.foundation.organisation.tests.test_importing import NOW, TODAY, everything
from andon.foundation.people.models import Member

OKTA = (
    "login,firstName,lastName,middleName,email,title,displayName,userType,organization,division,department,status\n"
    "ada@example.org,Ada,Okafor,,ada@example.org,Lead,,,Lanternworks Inc,Security,Detection,ACTIVE\n"
    "bo@example.org,Bo,Lindqvist,,,Analyst,Bo L.,,Lanternworks Inc,Security,,DEPROVISIONED\n"
)
ENTRA = (
    "userPrincipalName,displayName,surname,mail,givenName,id,userType,jobTitle,department,accountEnabled,state\n"
    "ada@tenant.onmicrosoft.com,Ada Okafor,Okafor,ada@example.org,Ada,1,Member,Lead,Detection,True,Oslo\n"
    "bo@example.org,Bo Lindqvist,Lindqvist,,Bo,2,Member,Analyst,Detection,False,Oslo\n"
)
GOOGLE = (
    "First Name [Required],Last Name [Required],Email Address [Required],Password [Required],"
    "Org Unit Path [Required],Status [READ ONLY],Employee Title,Department\n"
    "Ada,Okafor,ada@example.org,****,/Security/Detection,Active,Lead,Detection\n"
    "Cy,Tanaka,cy@example.org,****,/,Active,,\n"
    "Dee,Brandt,dee@example.org,****,/,Active,,Cloud\n"
    "Bo,Lindqvist,bo@example.org,****,/Security,Suspended,,\n"
)


def read(text: str | bytes, **options: object) -> PeopleFile:
    file = read_people(text if isinstance(text, bytes) else text.encode(), **options)  # type: ignore[arg-type]
    assert file.bad_rows == ()
    return file


def told(file: PeopleFile) -> list[tuple[str, str, tuple[str, ...], bool]]:
    return [(row.email, row.name, row.path, row.is_gone) for row in file.rows]


def test_an_export_of_okta_is_read() -> None:
    file = read(OKTA)
    assert told(file) == [
        ("ada@example.org", "Ada Okafor", ("Security", "Detection"), False),
        ("bo@example.org", "", (), True),
    ]
    assert file.columns_not_read == ("middleName", "title", "userType", "organization")


def test_an_export_of_entra_is_read() -> None:
    file = read(ENTRA)
    assert told(file) == [("ada@example.org", "Ada Okafor", ("Detection",), False), ("bo@example.org", "", (), True)]
    assert "state" in file.columns_not_read


def test_an_export_of_google_workspace_is_read() -> None:
    assert told(read(GOOGLE)) == [
        ("ada@example.org", "Ada Okafor", ("Security", "Detection"), False),
        ("cy@example.org", "Cy Tanaka", (), False),
        ("dee@example.org", "Dee Brandt", ("Cloud",), False),
        ("bo@example.org", "", (), True),
    ]


def test_an_unknown_status_is_read_as_active_and_named() -> None:
    file = read("email,name,team,status\na@example.org,A,S,On leave\n")
    assert not file.rows[0].is_gone
    assert "On leave" in file.notes[0]


def test_windows_1252_is_read_and_said() -> None:
    file = read("email;name;team\nzoe@example.org;Zoë Müller;Sécurité\n".encode("cp1252"))
    assert file.rows[0].name == "Zoë Müller"
    assert "Windows-1252" in file.notes[0]
    assert read("email,name,team\nzoe@example.org,Zoë,S\n").notes == ()


def test_a_first_line_that_names_the_separator_and_empty_ends_are_no_rows() -> None:
    file = read("sep=;\r\nemail;name;team;;\r\na@example.org;A;S;;\r\n;;;;\r\n\r\n")
    assert [(row.line, row.email) for row in file.rows] == [(3, "a@example.org")]
    assert file.columns_not_read == ()


def test_names_from_right_to_left_lose_only_their_marks() -> None:
    assert read("email,name,team\na@example.org,\u200fשרה כהן\u200f,S\n").rows[0].name == "שרה כהן"


def test_a_workbook_is_told_how_to_become_a_table() -> None:
    [bad] = read_people(b"PK\x03\x04\x14\x00\x06\x00").bad_rows
    assert "CSV UTF-8" in bad.reason


DAYS = "email,name,team,start,end\n"


@pytest.mark.parametrize(
    ("written", "also", "day"),
    [
        ("2026-03-01", "", date(2026, 3, 1)),
        ("2026-03-01T00:00:00Z", "", date(2026, 3, 1)),
        ("1.3.2026", "", date(2026, 3, 1)),
        ("3/1/2026", "12/31/2026", date(2026, 3, 1)),
        ("1/3/2026", "31/12/2026", date(2026, 3, 1)),
        ("3/3/2026", "", date(2026, 3, 3)),
    ],
)
def test_days_are_read_where_they_are_clear(written: str, also: str, day: date) -> None:
    file = read(DAYS + f"a@example.org,A,S,{written},\nb@example.org,B,S,{also},\n")
    assert file.rows[0].starts_on == day


@pytest.mark.parametrize("days", [["3/1/2026"], ["13/1/2026", "1/13/2026"], ["2026-02-30"], ["soon"]])
def test_days_that_are_not_clear_are_refused(days: list[str]) -> None:
    text = DAYS + "".join(f"p{number}@example.org,P,S,{day},\n" for number, day in enumerate(days))
    assert [bad.value for bad in read_people(text.encode()).bad_rows] == days


def test_an_end_before_the_start_is_refused() -> None:
    assert len(read_people((DAYS + "a@example.org,A,S,2026-03-02,2026-03-01\n").encode()).bad_rows) == 1


row = st.tuples(
    st.sampled_from(["ada", "bo", "cy", "new", "other", "Zoe"]),
    st.sampled_from(["Ada Okafor", "Bo Lindqvist", "=Name", "Zoë"]),
    st.sampled_from(["", "Security/", "SECURITY/", "/"]),
    st.sampled_from(["Detection", "Detection/SOC night", "detection/SOC NIGHT", "Application security", "Dawn"]),
    st.sampled_from(["", "lead", "member", '"lead,auditor"']),
    st.sampled_from(["", "", "2026-01-01", "2026-03-02", "2026-05-01"]),
    st.sampled_from(["", "", "2026-12-31", "2026-02-01"]),
    st.sampled_from(["", "ACTIVE", "SUSPENDED"]),
)
files = st.tuples(st.lists(row, min_size=1, max_size=6, unique_by=lambda cells: cells[0].lower()), st.booleans())


class Property(TestCase):  # type: ignore[misc]
    @given(first=files, second=files)
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    def test_a_preview_is_the_effect_and_the_same_file_again_changes_nothing(
        self, first: tuple[list[tuple[str, ...]], bool], second: tuple[list[tuple[str, ...]], bool]
    ) -> None:
        people.enter()
        for rows, is_complete in (first, second):
            text = "email,name,team,role,start,end,status\nstella@example.org,Stella Marin,Security,,,,\n" + "".join(
                f"{who}@example.org,{name},{top}{team},{role},{start},{end},{status}\n"
                for who, name, top, team, role, start, end, status in rows
            )
            content = text.encode()
            if read_people(content, on=TODAY).bad_rows:
                return
            foreseen = preview_people(content, on=TODAY, is_complete=is_complete, seed="s")
            done = import_people(content, by=None, at=NOW, on=TODAY, is_complete=is_complete, seed="s")
            assert done == foreseen
            before = everything()
            again = import_people(content, by=None, at=NOW, on=TODAY, is_complete=is_complete, seed="t")
            assert again.changes_nothing, again.people
            assert everything() == before
            for member in Member.objects.all():
                spans = list(Membership.objects.filter(member=member).order_by("starts_on"))
                for one, next_one in pairwise(spans):
                    assert one.ends_on is not None
                    assert one.ends_on < next_one.starts_on
            assert Duty.objects.filter(role="steward", member__is_active=True).exists()
            assert not Node.objects.filter(memberships__ends_on=None, retired_on__isnull=False).exists()


@pytest.mark.django_db
def test_the_command_lets_absent_people_leave_only_when_their_number_is_said(tmp_path: object) -> None:
    people.enter()
    file = tmp_path / "people.csv"  # type: ignore[operator]
    file.write_text("email,name\nstella@example.org,Stella Marin\n")
    with pytest.raises(CommandError, match="1 thing to put right"):
        call_command("import_people", str(file))
    with pytest.raises(CommandError, match="3 of 4 people would leave"):
        call_command("import_people", str(file), "--complete", "--team", "Detection", "--yes")
    assert Member.objects.filter(is_active=True).count() == 4
    call_command("import_people", str(file), "--complete", "--team", "Detection", "--leaving", "3")
    assert Member.objects.filter(is_active=True).count() == 1
