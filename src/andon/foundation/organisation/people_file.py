"""A file of people, read into rows. Knows nothing of the database: bytes in, rows or reasons out."""

import codecs
import csv
import io
import unicodedata
from collections import defaultdict
from dataclasses import dataclass

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
DELIMITERS = ",;\t"
LONGEST_NAME = 150
LONGEST_NODE = 200


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
    rows: tuple[Row, ...]
    columns_not_read: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Every bad row of the file, in the order of its lines."""

    bad_rows: tuple[BadRow, ...]


class _Refused(Exception):
    def __init__(self, line: int, value: str, reason: str) -> None:
        self.bad_row = BadRow(line, value[:200], reason)
        super().__init__(reason)


def read_people(content: bytes) -> PeopleFile | Unreadable:
    """Read comma, semicolon or tab separated text in UTF-8 (with or without a mark) or marked UTF-16.

    Guarantees: either every row was understood, or every row that was not is named.
    """
    try:
        lines = _records(_decode(content))
        columns, not_read, lines = _columns(lines)
    except _Refused as refused:
        return Unreadable((refused.bad_row,))
    rows: list[Row] = []
    bad: list[BadRow] = []
    for line, cells in lines:
        values = {column: cells[place] if place < len(cells) else "" for column, place in columns.items()}
        try:
            if len(cells) != len(columns) + len(not_read):
                raise _Refused(
                    line,
                    " | ".join(cells),
                    _("has %(found)d columns where the header has %(wanted)d")
                    % {"found": len(cells), "wanted": len(columns) + len(not_read)},
                )
            rows.append(_row(line, values))
        except _Refused as refused:
            bad.append(refused.bad_row)
    bad.extend(_twice(rows))
    if bad:
        return Unreadable(tuple(sorted(bad, key=lambda row: row.line)))
    if not rows:
        return Unreadable((BadRow(1, "", _("The file has a header and no people below it.")),))
    return PeopleFile(tuple(rows), not_read)


def _decode(content: bytes) -> str:
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        value = repr(content[error.start : error.end])
        raise _Refused(line, value, _("is not UTF-8. Save the file as “CSV UTF-8” and try again.")) from None


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
    missing = [column for column in NEEDED if column not in columns]
    if missing:
        reason = _("The first line must name the columns e-mail, name and team path. Not found: %(missing)s.")
        raise _Refused(line, ", ".join(header), reason % {"missing": ", ".join(missing)})
    return columns, tuple(not_read), records[1:]


def _clean(line: int, text: str) -> str:
    """One line of composed Unicode without control characters."""
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    if any(unicodedata.category(letter) in {"Cc", "Cs", "Co", "Cn"} for letter in composed):
        raise _Refused(line, repr(text), _("contains a character that is not text"))
    return composed


def _row(line: int, values: dict[str, str]) -> Row:
    email = _clean(line, values["email"]).lower()
    try:
        validate_email(email)
    except ValidationError:
        raise _Refused(line, values["email"], _("is not an e-mail address")) from None
    if len(email) > 254:
        raise _Refused(line, email, _("is longer than an e-mail address can be"))
    name = _clean(line, values["name"])
    if not name:
        raise _Refused(line, email, _("has no name"))
    if len(name) > LONGEST_NAME:
        raise _Refused(line, name, _("is a name of more than 150 characters"))
    role, duties = _roles(line, values.get("role", ""))
    return Row(line, email, name, _path(line, email, values["team"]), role, duties)


def _path(line: int, email: str, text: str) -> tuple[str, ...]:
    path = tuple(_clean(line, step) for step in text.split("/"))
    if path == ("",):
        raise _Refused(line, email, _("has no team"))
    if not all(path):
        raise _Refused(line, text, _("has an empty step between two slashes"))
    if any(len(step) > LONGEST_NODE for step in path):
        raise _Refused(line, text, _("has a step of more than 200 characters"))
    return path


def _roles(line: int, text: str) -> tuple[Membership.Role | None, frozenset[str] | None]:
    words = [word.strip().casefold() for word in text.split(",") if word.strip()]
    if not words:
        return None, None
    for word in words:
        if word not in Membership.Role.values and word not in Duty.Role.values:
            reason = _("is not a role: use member, lead, steward, auditor or facilitator, separated by commas")
            raise _Refused(line, word, reason)
    if {Membership.Role.MEMBER, Membership.Role.LEAD} <= set(words):
        raise _Refused(line, text, _("says member and lead at once; a lead is a member already"))
    role = Membership.Role.LEAD if Membership.Role.LEAD in words else Membership.Role.MEMBER
    return role, frozenset(words) & frozenset(Duty.Role.values)


def _twice(rows: list[Row]) -> list[BadRow]:
    lines: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        lines[row.email].append(row.line)
    return [
        BadRow(line, email, _("stands in the file more than once: lines %(lines)s") % {"lines": ", ".join(map(str, at))})
        for email, at in lines.items()
        if len(at) > 1
        for line in at
    ]
