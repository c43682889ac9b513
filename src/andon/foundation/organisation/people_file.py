"""A file of people, read into rows. Knows nothing of the database: bytes in, rows or reasons out."""

import codecs
import csv
import io
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from andon.foundation.organisation.models import Duty, Membership

HEADERS = {
    "email": {"email", "emailaddress", "mail", "mailaddress", "workemail"},
    "name": {"name", "fullname", "displayname", "person"},
    "team": {"team", "teampath", "path", "unit", "department", "group"},
    "role": {"role", "roles", "duty", "duties"},
}
NEEDED = ("email", "name", "team")
# What the first line of a file calls them; not translated, because it is typed.
CALLED = {"email": "e-mail", "name": "name", "team": "team path"}
DELIMITERS = ",;\t"
LONGEST_NAME = 150
LONGEST_NODE = 200

Read = TypeVar("Read")
Roles = tuple[Membership.Role | None, frozenset[str] | None]


@dataclass(frozen=True, slots=True)
class BadRow:
    """Why a file was refused: the line where the row begins, the value, and what is wrong with it."""

    line: int
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Row:
    """One person as the file tells it. `role` and `duties` are None where the file leaves them open."""

    line: int
    email: str
    name: str
    path: tuple[str, ...]
    role: Membership.Role | None
    duties: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class PeopleFile:
    """Rows that were understood, and every problem of those that were not, in the order of the lines."""

    rows: tuple[Row, ...]
    bad_rows: tuple[BadRow, ...]
    columns_not_read: tuple[str, ...] = ()


class _Refused(Exception):
    def __init__(self, line: int, value: str, reason: str) -> None:
        self.bad_row = BadRow(line, value[:200], reason)
        super().__init__(reason)


def read_people(content: bytes) -> PeopleFile:
    """Read comma, semicolon or tab separated text in UTF-8 (with or without a mark) or marked UTF-16.

    Guarantees: every row was understood or is named, with every reason it has, so that one correction is enough.
    """
    try:
        columns, not_read, records = _columns(_records(_decode(content)))
    except _Refused as refused:
        return PeopleFile((), (refused.bad_row,))
    rows: list[Row] = []
    bad: list[BadRow] = []
    lines: dict[str, list[int]] = defaultdict(list)
    for line, cells in records:
        values = {column: cells[place] if place < len(cells) else "" for column, place in columns.items()}
        lines[_plain(values["email"]).lower()].append(line)
        row, problems = _row(line, values, cells, len(columns) + len(not_read))
        bad.extend(problems)
        if row is not None:
            rows.append(row)
    bad.extend(_twice(lines))
    if not records:
        bad.append(BadRow(1, "", _("The file has a header and no people below it.")))
    return PeopleFile(tuple(rows), tuple(sorted(bad, key=lambda problem: problem.line)), not_read)


def _decode(content: bytes) -> str:
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        value = content[error.start : error.end].hex(" ")
        reason = _("is a byte that is not text in UTF-8. Save the table as “CSV UTF-8” and choose it again.")
        raise _Refused(line, value, reason) from None


def _records(text: str) -> list[tuple[int, list[str]]]:
    """Records with the line where each begins; a quoted cell may span several lines. Empty lines are left out."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=lambda candidate: _known_headers(first, candidate))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    records: list[tuple[int, list[str]]] = []
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                records.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error as error:
        reason = _("cannot be read as a table, mostly because of a quotation mark that is not closed")
        raise _Refused(begins, str(error), reason) from None
    return records


def _header(cell: str) -> str:
    """The column that a header means, or "" for one that is not ours."""
    plain = "".join(letter for letter in cell.casefold() if letter.isalnum())
    return next((column for column, names in HEADERS.items() if plain in names), "")


def _known_headers(line: str, delimiter: str) -> int:
    return sum(1 for cell in line.split(delimiter) if _header(cell))


def _columns(
    records: list[tuple[int, list[str]]],
) -> tuple[dict[str, int], tuple[str, ...], list[tuple[int, list[str]]]]:
    if not records:
        raise _Refused(1, "", _("The file is empty."))
    line, header = records[0]
    columns: dict[str, int] = {}
    not_read: list[str] = []
    for place, cell in enumerate(header):
        column = _header(cell)
        if column in columns:
            raise _Refused(line, cell, _("means the same as another column of the header"))
        if column:
            columns[column] = place
        else:
            not_read.append(cell.strip())
    missing = [CALLED[column] for column in NEEDED if column not in columns]
    if missing:
        reason = _("The first line must name the columns e-mail, name and team path. Not found: %(missing)s.")
        raise _Refused(line, ", ".join(header), reason % {"missing": ", ".join(missing)})
    return columns, tuple(not_read), records[1:]


def _plain(text: str) -> str:
    """One line of composed Unicode."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


_NOT_TEXT = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"


def _text(line: int, text: str) -> str:
    plain = _plain(text)
    # What nobody sees can make two people on a roster look alike, or turn around how a line reads. Some scripts need
    # the two joiners.
    if any(unicodedata.category(letter) in _NOT_TEXT and letter not in _JOINERS for letter in plain):
        raise _Refused(line, repr(text), _("contains a character that is not text"))
    return plain


def _row(line: int, values: dict[str, str], cells: list[str], wanted: int) -> tuple[Row | None, list[BadRow]]:
    """The row, or everything that is wrong with it."""
    if len(cells) != wanted:
        reason = _("has %(found)d columns where the header has %(wanted)d")
        return None, [BadRow(line, " | ".join(cells)[:200], reason % {"found": len(cells), "wanted": wanted})]
    problems: list[BadRow] = []

    def read(reader: Callable[[int, str, str], Read], column: str, otherwise: Read) -> Read:
        try:
            return reader(line, values.get(column, ""), values["email"])
        except _Refused as refused:
            problems.append(refused.bad_row)
            return otherwise

    no_path: tuple[str, ...] = ()
    no_roles: Roles = (None, None)
    email = read(_email, "email", "")
    name = read(_name, "name", "")
    path = read(_path, "team", no_path)
    role, duties = read(_roles, "role", no_roles)
    return (None if problems else Row(line, email, name, path, role, duties)), problems


def _email(line: int, text: str, _whose: str) -> str:
    email = _text(line, text).lower()
    try:
        validate_email(email.translate(dict.fromkeys(map(ord, _JOINERS), " ")))
    except ValidationError:
        raise _Refused(line, text, _("is not an e-mail address")) from None
    if len(email) > 254:
        raise _Refused(line, email, _("is longer than an e-mail address can be"))
    return email


def _name(line: int, text: str, whose: str) -> str:
    name = _text(line, text)
    if not name:
        raise _Refused(line, whose, _("has no name"))
    if "<" in name or ">" in name:
        raise _Refused(line, name, _("has an angle bracket, which stands around addresses on a roster"))
    if len(name) > LONGEST_NAME:
        raise _Refused(line, name, _("is a name of more than 150 characters"))
    return name


def _path(line: int, text: str, whose: str) -> tuple[str, ...]:
    path = tuple(_text(line, step) for step in text.split("/"))
    if path == ("",):
        raise _Refused(line, whose, _("has no team"))
    if not all(path):
        raise _Refused(line, text, _("has an empty step beside a slash"))
    if any(len(step) > LONGEST_NODE for step in path):
        raise _Refused(line, text, _("has a step of more than 200 characters"))
    return path


def _roles(line: int, text: str, _whose: str) -> Roles:
    words = [word.strip().casefold() for word in text.split(",") if word.strip()]
    if not words:
        return None, None
    unknown = [word for word in words if word not in Membership.Role.values and word not in Duty.Role.values]
    if unknown:
        reason = _("is not a role: use member, lead, steward, auditor or facilitator, separated by commas")
        raise _Refused(line, ", ".join(unknown), reason)
    if {Membership.Role.MEMBER, Membership.Role.LEAD} <= set(words):
        raise _Refused(line, text, _("says member and lead at once; a lead is a member already"))
    role = Membership.Role.LEAD if Membership.Role.LEAD in words else Membership.Role.MEMBER
    return role, frozenset(words) & frozenset(Duty.Role.values)


def _twice(lines: dict[str, list[int]]) -> list[BadRow]:
    reason = _("stands in the file more than once: lines %(lines)s")
    return [
        BadRow(line, email, reason % {"lines": ", ".join(map(str, at))})
        for email, at in lines.items()
        if email and len(at) > 1
        for line in at
    ]
