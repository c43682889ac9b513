"""A file of people, read into rows. Knows nothing of the database: bytes in, rows or reasons out."""

import codecs
import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from andon.foundation.organisation.days import FURTHEST_AHEAD
from andon.foundation.organisation.models import Duty, Membership
from andon.foundation.people import names

# What each column may be called: our own words, then those of exports of Okta, Microsoft Entra and Google Workspace.
# Compared in small letters, without anything that is no letter or digit, and without Google's "[Required]".
HEADERS = {
    "email": {"email", "emailaddress", "mail", "mailaddress", "workemail", "primaryemail"},
    "login": {"login", "userprincipalname", "username"},
    "name": {"name", "fullname", "person"},
    "display": {"displayname"},
    "first": {"firstname", "givenname"},
    "last": {"lastname", "surname", "familyname"},
    "team": {"team", "teampath", "path", "unit", "group"},
    "orgunit": {"orgunitpath", "orgunit", "organizationalunit"},
    "division": {"division"},
    "department": {"department"},
    "organisation": {"organization", "organisation", "company", "companyname"},
    "role": {"role", "roles", "duty", "duties"},
    "status": {"status", "accountstatus", "userstatus"},
    "enabled": {"accountenabled", "enabled", "active", "isactive"},
    "suspended": {"suspended", "issuspended", "disabled", "isdisabled"},
    "starts": {"start", "startdate", "startday", "starts", "startson", "hiredate", "employeehiredate"},
    "ends": {"end", "enddate", "endday", "ends", "endson", "lastday", "terminationdate", "employeeleavedatetime"},
}
_MEANS = {name: column for column, names in HEADERS.items() for name in names}
_PATH_COLUMNS = ("team", "orgunit", "division", "department", "organisation")
# Words of an account that is closed (Okta, Google Workspace), and of one that is not.
CLOSED = frozenset({"suspended", "deprovisioned", "deactivated", "disabled", "inactive", "archived", "deleted"})
OPEN = frozenset(
    {"", "active", "enabled", "staged", "provisioned", "recovery", "password_expired", "password_reset", "locked_out"}
    | {"pending", "pending_user_action"}
)
_YES, _NO = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})
DELIMITERS = ",;\t"
LONGEST_NAME = 150
LONGEST_NODE = 200
PROGRESS_EVERY = 1_000
# A file of another kind has millions of rows that are none. With all of them in memory the worker would die, again and
# again.
MOST_BAD_ROWS = 100_000

Read = TypeVar("Read")
Roles = tuple[Membership.Role | None, frozenset[str] | None]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class BadRow:
    """Why a file was refused: the line where the row begins, the value, and what is wrong with it.

    The line is 0 where what is wrong stands in no row.
    """

    line: int
    value: str
    reason: str
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One person as the file tells it. `role` and `duties` are None where the file leaves them open.

    Somebody who `is_gone` has an account that is closed, or a last day that is over; name and team then say nothing.
    """

    line: int
    email: str
    name: str
    path: tuple[str, ...]
    role: Membership.Role | None
    duties: frozenset[str] | None
    is_gone: bool = False
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class PeopleFile:
    """Rows that were understood, and every problem of those that were not, in the order of the lines.

    `notes` are sentences about what was assumed.
    """

    rows: tuple[Row, ...]
    bad_rows: tuple[BadRow, ...]
    columns_not_read: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class _Refused(Exception):
    def __init__(self, line: int, value: str, reason: str) -> None:
        self.bad_row = BadRow(line, value[:200], reason)
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class _Table:
    """A header that was understood, and a way to walk over the records below it, more than once."""

    columns: Mapping[str, int]
    not_read: tuple[str, ...]
    header: tuple[str, ...]
    records: Callable[[], Iterator[tuple[int, list[str]]]]


def read_people(
    content: bytes, *, team: str = "", on: date | None = None, progress: Progress | None = None
) -> PeopleFile:
    """Read comma, semicolon or tab separated text in UTF-8, marked UTF-16 or, failing these, Windows-1252.

    `team` is the path for everybody in a file that has no team column. A last day before `on` makes somebody gone.
    Guarantees: every row was understood or is named, with every reason it has, so that one correction is enough.
    """
    try:
        text, notes = _decode(content)
        table = _table(text, team)
        every_team = _path(1, team, team) if team.strip() else None
        dates = {column: _Dates(table, column) for column in ("starts", "ends") if column in table.columns}
    except _Refused as refused:
        return PeopleFile((), (refused.bad_row,))
    rows: list[Row] = []
    bad: list[BadRow] = []
    lines: dict[str, list[int]] = defaultdict(list)
    unknown: dict[str, int] = defaultdict(int)
    total = text.count("\n") or text.count("\r")
    count = 0
    try:
        for line, cells in table.records():
            count += 1
            if progress is not None and count % PROGRESS_EVERY == 0:
                progress(min(line, total), total)
            reading = _Reading(line, cells, table, dates, every_team, on, unknown)
            row = reading.row()
            if reading.email:
                lines[reading.email].append(line)
            bad.extend(reading.problems)
            if row is not None:
                rows.append(row)
            if len(bad) >= MOST_BAD_ROWS:
                bad.append(BadRow(line + 1, "", _("So many rows are wrong that those from here on were not read.")))
                break
    except _Refused as refused:
        return PeopleFile((), (refused.bad_row,), header=table.header)
    bad.extend(_twice(lines, table))
    if not count:
        bad.append(BadRow(1, "", _("The file has a header and no people below it.")))
    notes += _notes_about_status(unknown)
    return PeopleFile(
        tuple(rows), tuple(sorted(bad, key=lambda problem: problem.line)), table.not_read, table.header, tuple(notes)
    )


def _decode(content: bytes) -> tuple[str, list[str]]:
    """The text, and what had to be assumed about its bytes."""
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        reason = _("This is a workbook of a spreadsheet program. Save its table as “CSV UTF-8” and choose that file.")
        raise _Refused(1, "", reason)
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return content.decode("utf-16"), []
        except UnicodeDecodeError:
            raise _Refused(
                1, "", _("begins like UTF-16 and does not go on so. Save the table as “CSV UTF-8”.")
            ) from None
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        text = _windows_1252(content)
        if text is not None:
            note = _("The file is not UTF-8 and was read as Windows-1252. Check names with accents before you say yes.")
            return text, [note]
        line = content[: error.start].count(b"\n") + 1
        value = content[error.start : error.end].hex(" ")
        reason = _("is a byte that is not text in UTF-8. Save the table as “CSV UTF-8” and choose it again.")
        raise _Refused(line, value, reason) from None


_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_MANY_BYTES = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def _windows_1252(content: bytes) -> str | None:
    # Where some letters are good UTF-8, the others are damaged, not of another encoding.
    if content.startswith(codecs.BOM_UTF8) or _CONTROL.search(content) or _MANY_BYTES.search(content):
        return None
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        return None


def _table(text: str, team: str) -> _Table:
    sample, skipped = _first_lines(text)
    told = re.fullmatch(r"\ufeff?\"?sep=(.)\"?", sample[0].strip(" \r\n"), re.IGNORECASE) if sample else None
    if told:
        delimiter = told[1]
    else:
        first = sample[0] if sample else ""
        delimiter = max(DELIMITERS, key=lambda candidate: _known_headers(first, candidate))

    def records() -> Iterator[tuple[int, list[str]]]:
        walked = _records(text, delimiter)
        for _number in range(2 if told else 1):
            next(walked, None)
        return walked

    walked = _records(text, delimiter)
    if told:
        next(walked, None)
    line, header = next(walked, (1 + skipped, None))
    if header is None:
        raise _Refused(1, "", _("The file is empty."))
    while header and not header[-1].strip():
        header.pop()
    columns: dict[str, int] = {}
    not_read: list[str] = []
    for place, cell in enumerate(header):
        column = _header(cell)
        if column in columns:
            raise _Refused(line, cell, _("means the same as another column of the header"))
        if column:
            columns[column] = place
        elif cell.strip():
            not_read.append(names.one_line(cell))
    not_read.extend(names.one_line(header[columns.pop(column)]) for column in _of_no_use(columns))
    _check_columns(line, header, columns, team)
    return _Table(columns, tuple(not_read), tuple(names.one_line(cell) for cell in header), records)


def _first_lines(text: str) -> tuple[list[str], int]:
    """The first line that is not empty, and how many stand before it."""
    for number, line in enumerate(io.StringIO(text, newline="")):
        if line.strip():
            return [line], number
    return [], 0


def _of_no_use(columns: Mapping[str, int]) -> list[str]:
    """Columns that are known and yet not read, because a better one is there."""
    if "team" in columns:
        return [column for column in _PATH_COLUMNS[1:] if column in columns]
    if "organisation" in columns and any(column in columns for column in _PATH_COLUMNS[:-1]):
        # The name of a company, which is the top of the tree already.
        return ["organisation"]
    return []


def _check_columns(line: int, header: Sequence[str], columns: Mapping[str, int], team: str) -> None:
    missing = []
    if "email" not in columns and "login" not in columns:
        missing.append(_("e-mail"))
    if "name" not in columns and "display" not in columns and not {"first", "last"} & columns.keys():
        missing.append(_("name"))
    has_team = any(column in columns for column in _PATH_COLUMNS)
    if missing or not (has_team or team.strip()):
        if not has_team and not missing:
            reason = _("There is no column for the team. Choose one team for everybody in the file, or add the column.")
            raise _Refused(line, ", ".join(header), reason)
        if not has_team:
            missing.append(_("team path"))
        reason = _("The first line must name the columns e-mail, name and team path. Not found: %(missing)s.")
        raise _Refused(line, ", ".join(header), reason % {"missing": ", ".join(missing)})


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Records with the line where each begins; a quoted cell may span several lines. Empty lines are left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        reason = _("cannot be read as a table, mostly because of a quotation mark that is not closed")
        raise _Refused(begins, str(error), reason) from None


_LONGEST_HEADER = 200


def _header(cell: str) -> str:
    """The column that a header means, or "" for one that is not ours."""
    # No header is that long, and the pattern looks on from every bracket.
    plain = re.sub(r"\[[^\]]*\]\s*$", "", cell[:_LONGEST_HEADER].strip().strip('"'))
    return _MEANS.get("".join(letter for letter in plain.casefold() if letter.isalnum()), "")


def _known_headers(line: str, delimiter: str) -> int:
    return sum(1 for cell in line.split(delimiter) if _header(cell))


class _Dates:
    """How the days of one column are written: 2026-03-01, 1.3.2026, or 3/1/2026 where the column tells which is which.

    A day with slashes is read only when some other day of the column leaves no doubt about the order.
    """

    def __init__(self, table: _Table, column: str) -> None:
        place = table.columns[column]
        first_is_day = second_is_day = False
        for _line, cells in table.records():
            found = _SLASHES.fullmatch(cells[place].strip()) if place < len(cells) else None
            if found:
                first_is_day |= int(found[1]) > 12
                second_is_day |= int(found[2]) > 12
        self._order = None if first_is_day == second_is_day else ("day" if first_is_day else "month")

    def read(self, line: int, text: str) -> date | None:
        text = text.strip()
        if not text:
            return None
        try:
            if iso := _ISO.fullmatch(text):
                return date(int(iso[1]), int(iso[2]), int(iso[3]))
            if dots := _DOTS.fullmatch(text):
                return date(int(dots[3]), int(dots[2]), int(dots[1]))
            if slashes := _SLASHES.fullmatch(text):
                one, two, year = (int(part) for part in slashes.groups())
                if self._order is None and one != two:
                    reason = _("could be two days, for the column does not tell month from day. Write 2026-03-01.")
                    raise _Refused(line, text, reason)
                return date(year, two, one) if self._order == "day" else date(year, one, two)
        except ValueError:
            pass
        raise _Refused(line, text, _("is not a day. Write it as 2026-03-01."))


_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ].*)?", re.ASCII)
_DOTS = re.compile(r"(\d\d?)\.(\d\d?)\.(\d{4})", re.ASCII)
_SLASHES = re.compile(r"(\d\d?)/(\d\d?)/(\d{4})", re.ASCII)


# Names that are written from right to left come out of some programs with these around them. They are left out.
_MARKS = dict.fromkeys(map(ord, "\u200e\u200f\u061c"))


def _text(line: int, text: str) -> str:
    plain = names.one_line(text.translate(_MARKS) if not text.isascii() else text)
    # What nobody sees can make two people on a roster look alike, or turn around how a line reads. Some scripts need
    # the two joiners.
    if not names.is_text(plain):
        raise _Refused(line, repr(text), _("contains a character that is not text"))
    return plain


class _Reading:
    """One record on its way to a row, with everything that is wrong with it."""

    __slots__ = ("_cells", "_dates", "_every_team", "_line", "_on", "_table", "_unknown", "_whose", "email", "problems")

    def __init__(
        self,
        line: int,
        cells: list[str],
        table: _Table,
        dates: Mapping[str, _Dates],
        every_team: tuple[str, ...] | None,
        on: date | None,
        unknown: dict[str, int],
    ) -> None:
        self._line, self._cells, self._table, self._dates = line, cells, table, dates
        self._every_team, self._on, self._unknown = every_team, on, unknown
        self.problems: list[BadRow] = []
        self.email = self._whose = ""

    def row(self) -> Row | None:
        """The row, or None and `problems`."""
        cells, wanted = self._cells, len(self._table.header)
        while len(cells) > wanted and not cells[-1].strip():
            cells.pop()
        self._whose = self._cell("email") or self._cell("login")
        self.email = names.one_line(self._whose).lower()
        if len(cells) != wanted:
            reason = _("has %(found)d columns where the header has %(wanted)d")
            self._refuse(" | ".join(cells)[:200], reason % {"found": len(cells), "wanted": wanted})
            return None
        email = self._read(lambda: _email(self._line, self._whose), "")
        starts_on = self._read(lambda: self._day("starts"), None)
        if starts_on and self._on and starts_on - self._on > FURTHEST_AHEAD:
            self._refuse(str(starts_on), _("is a first day more than two years ahead: look at the year"))
        ends_on = self._read(lambda: self._day("ends"), None)
        if starts_on and ends_on and ends_on < starts_on:
            self._refuse(f"{starts_on} - {ends_on}", _("ends before it starts"))
        is_gone = self._read(self._is_closed, False) or bool(ends_on and self._on and ends_on < self._on)
        if is_gone:
            return None if self.problems else Row(self._line, email, "", (), None, None, is_gone=True)
        name = self._read(self._name, "")
        no_path: tuple[str, ...] = ()
        path = self._read(self._path, no_path)
        no_roles: Roles = (None, None)
        role, duties = self._read(lambda: _roles(self._line, self._cell("role")), no_roles)
        if self.problems:
            return None
        return Row(self._line, email, name, path, role, duties, starts_on=starts_on, ends_on=ends_on)

    def _refuse(self, value: str, reason: str) -> None:
        self.problems.append(BadRow(self._line, value, reason, tuple(self._cells)))

    def _read(self, reader: Callable[[], Read], otherwise: Read) -> Read:
        try:
            return reader()
        except _Refused as refused:
            self._refuse(refused.bad_row.value, refused.bad_row.reason)
            return otherwise

    def _cell(self, column: str) -> str:
        place = self._table.columns.get(column)
        return self._cells[place].strip() if place is not None and place < len(self._cells) else ""

    def _day(self, column: str) -> date | None:
        return self._dates[column].read(self._line, self._cell(column)) if column in self._dates else None

    def _is_closed(self) -> bool:
        enabled, suspended = self._cell("enabled").casefold(), self._cell("suspended").casefold()
        for value in (enabled, suspended):
            if value and value not in _YES | _NO:
                raise _Refused(self._line, value, _("is neither true nor false"))
        status = self._cell("status").casefold().replace(" ", "_")
        if status not in OPEN | CLOSED:
            self._unknown[self._cell("status")] += 1
        return enabled in _NO or suspended in _YES or status in CLOSED

    def _name(self) -> str:
        parts = " ".join(part for part in (self._cell("first"), self._cell("last")) if part)
        return _name(self._line, self._cell("name") or self._cell("display") or parts, self._whose)

    def _path(self) -> tuple[str, ...]:
        """Steps of the path; none where the file says that somebody belongs to the organisation itself."""
        columns = self._table.columns
        if "team" in columns:
            return _path(self._line, self._cell("team"), self._whose)
        steps: tuple[str, ...] = ()
        if unit := self._cell("orgunit").strip("/ "):
            steps = _path(self._line, unit, self._whose)
        else:
            for column in ("division", "department", "organisation"):
                if text := self._cell(column):
                    more = _path(self._line, text, self._whose)
                    # Many directories repeat one as the other.
                    steps = steps if steps[-len(more) :] == more else steps + more
        if steps:
            return steps
        if self._every_team is not None:
            return self._every_team
        if self._cell("orgunit"):
            return ()
        raise _Refused(self._line, self._whose, _("has no team"))


def _email(line: int, text: str) -> str:
    email = _text(line, text).lower()
    try:
        validate_email(email.translate(dict.fromkeys(map(ord, names.JOINERS), " ")))
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
    if not path[0] and len(path) > 1:
        path = path[1:]
    if not all(path):
        raise _Refused(line, text, _("has an empty step beside a slash"))
    if any(len(step) > LONGEST_NODE for step in path):
        raise _Refused(line, text, _("has a step of more than 200 characters"))
    return path


def _roles(line: int, text: str) -> Roles:
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


def _twice(lines: dict[str, list[int]], table: _Table) -> list[BadRow]:
    reason = _("stands in the file more than once: lines %(lines)s")
    twice = {email: at for email, at in lines.items() if len(at) > 1}
    # Walked over once more, since only now it is known which rows these are; of all others nothing is kept.
    wanted = {line for at in twice.values() for line in at}
    last = max(wanted, default=0)
    cells = {
        line: tuple(cells)
        for line, cells in takewhile(lambda record: record[0] <= last, table.records() if wanted else ())
        if line in wanted
    }
    return [
        BadRow(line, email, reason % {"lines": ", ".join(map(str, at[:10]))}, cells[line])
        for email, at in twice.items()
        for line in at
    ]


def _notes_about_status(unknown: Mapping[str, int]) -> list[str]:
    if not unknown:
        return []
    words = ", ".join(f"“{word}”" for word in sorted(unknown)[:10])
    return [_("These words for a status are not known here and were read as active: %(words)s.") % {"words": words}]
