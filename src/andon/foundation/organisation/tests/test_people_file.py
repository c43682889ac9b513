import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.foundation.organisation import people_file
from andon.foundation.organisation.models import Membership
from andon.foundation.organisation.people_file import BadRow, Row, read_people

HEADER = "e-mail,name,team path,role\n"


def rows(text: str) -> tuple[Row, ...]:
    file = read_people(text.encode())
    assert file.bad_rows == ()
    return file.rows


def problems(text: str | bytes) -> list[tuple[int, str]]:
    file = read_people(text if isinstance(text, bytes) else text.encode())
    return [(bad.line, bad.value) for bad in file.bad_rows]


def test_a_row_says_who_where_and_as_what() -> None:
    [row] = rows(HEADER + 'Ada@Example.org, Ada  Okafor ,Security / Detection/SOC night,"lead, steward"\n')
    assert row == Row(
        line=2,
        email="ada@example.org",
        name="Ada Okafor",
        path=("Security", "Detection", "SOC night"),
        role=Membership.Role.LEAD,
        duties=frozenset({"steward"}),
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_file_is_read_as_any_spreadsheet_saves_it(delimiter: str, encoding: str, newline: str) -> None:
    lines = [delimiter.join(["Name", "E-MAIL", "Team Path"]), delimiter.join(["Zoë Łuk", "zoe@example.org", "Ä/Ö"])]
    file = read_people((newline.join(lines) + newline).encode(encoding))
    assert file.bad_rows == ()
    assert [(row.name, row.path, row.role) for row in file.rows] == [("Zoë Łuk", ("Ä", "Ö"), None)]


@pytest.mark.parametrize("header", ["Mail,Full name,Department", "email_address,DISPLAY NAME,unit", "E-Mail,Name,Path"])
def test_headers_have_their_common_synonyms(header: str) -> None:
    assert rows(f"{header}\nbo@example.org,Bo,Security\n")[0].email == "bo@example.org"


def test_a_quoted_cell_may_hold_delimiters_quotes_and_lines() -> None:
    [first, second] = rows(HEADER + '"a@example.org","Okafor, ""Ada""\nB.",Security,\nb@example.org,Bo,Security,\n')
    assert first.name == 'Okafor, "Ada" B.'
    assert second.line == 4


def test_composed_and_decomposed_letters_are_one_name() -> None:
    [row] = rows(HEADER + "a@example.org,Zoe\u0308,Se\u0301curite\u0301,\n")
    assert (row.name, row.path) == ("Zoë", ("Sécurité",))


def test_columns_that_are_not_ours_are_named() -> None:
    file = read_people(b"email,name,team,phone\na@example.org,Ada,Security,1\n")
    assert file.columns_not_read == ("phone",)
    assert file.bad_rows == ()


def test_every_problem_of_every_row_is_named_at_once() -> None:
    text = (
        HEADER
        + "not an address,Ada,Security,chief\n"
        + "bo@example.org,,Security//Night,\n"
        + "fine@example.org,Fine,Security,\n"
        + "twice@example.org,One,Security,\n"
        + "TWICE@example.org,,Security,\n"
        + 'both@example.org,Both,Security,"member,lead"\n'
        + "short@example.org,Short\n"
    )
    assert problems(text) == [
        (2, "not an address"),
        (2, "chief"),
        (3, "bo@example.org"),
        (3, "Security//Night"),
        (5, "twice@example.org"),
        (6, "TWICE@example.org"),
        (6, "twice@example.org"),
        (7, "member,lead"),
        (8, "short@example.org | Short"),
    ]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", 1),
        (b"\n\n", 1),
        (b"name,team\nAda,Security\n", 1),
        (b"email,name,team\n", 1),
        (b"email,e-mail,name,team\na@example.org,b@example.org,A,S\n", 1),
        (b"email,name,team\na@example.org,Zo\x81,Security\n", 2),
        ("email,name,team\na@example.org,Zoë,S\n".encode() + b"b@example.org,Zo\xeb,S\n", 3),
        (b"PK\x03\x04workbook", 1),
        (b"\xd0\xcf\x11\xe0workbook", 1),
        (b"\xff\xfee", 1),
        (b"\x00\x01\xff\xfe\x80binary", 1),
        (b'email,name,team\na@example.org,A,S\nb@example.org,"B,S\n', 3),
        (b"email,name,team\na@example.org,A\x00,S\n", 2),
        ("email,name,team\na@example.org,A\u200b,S\n".encode(), 2),
        ("email,name,team\na@example.org,\u202eA,S\n".encode(), 2),
        ("email,name,team\na@example.org\u200b,A,S\n".encode(), 2),
        ("email,name,team\na@example.org\u200d,A,S\n".encode(), 2),
        (b"email,name,team\na@example.org,Bo <bo@example.org>,S\n", 2),
        (b"email,name,team\na@example.org,%s,S\n" % (b"n" * 151), 2),
        (b"email,name,team\na@example.org,A,%s\n" % (b"t" * 201), 2),
        (b"email,name,team\na@example.org,A,\n", 2),
        (b"email,name,team\n%s@example.org,A,S\n" % (b"a" * 300), 2),
    ],
)
def test_what_cannot_be_understood_is_refused_with_its_line(content: bytes, line: int) -> None:
    assert [bad.line for bad in read_people(content).bad_rows] == [line]


def test_a_name_that_needs_a_joiner_is_a_name() -> None:
    file = read_people("email,name,team\na@example.org,\u0645\u06cc\u200c\u0631,S\n".encode())
    assert [row.name for row in file.rows] == ["\u0645\u06cc\u200c\u0631"]


@given(st.binary(max_size=400) | st.text(max_size=300).map(lambda text: (HEADER + text).encode("utf-8", "replace")))
def test_no_bytes_make_it_fail(content: bytes) -> None:
    file = read_people(content)
    assert file.rows or file.bad_rows
    assert all(isinstance(bad, BadRow) for bad in file.bad_rows)


@pytest.mark.parametrize("sign", ["[", "[ ", "] ", '"'])
def test_a_header_of_a_hundred_thousand_signs_is_read_in_a_moment(sign: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def seconds() -> float:
        began = time.process_time()
        read_people((sign * 100_000).encode())
        return time.process_time() - began

    assert seconds() < 2
    if sign == "[":
        # The planted fault: all of it is looked at, from every bracket on.
        monkeypatch.setattr(people_file, "_LONGEST_HEADER", 100_000)
        assert seconds() > 2


def test_a_file_of_another_kind_ends_before_it_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_file, "MOST_BAD_ROWS", 50)
    read = people_file.read_people(b"email,name,team\n" + b"a\n" * 1_000)
    assert len(read.bad_rows) <= 101
    assert "were not read" in read.bad_rows[-1].reason
    assert len(people_file.read_people(b"email,name,team\n" + b"a\n" * 10).bad_rows) >= 10
