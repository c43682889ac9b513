"""No text of the answering page or of the wallet frame is kept from translators: a static look at their sources.

Whatever reaches the page through an element, a heading, a button, an attribute that is read aloud or `textContent` must
not be a text in quotes: texts come from gettext and ngettext. What comes in a variable was looked at where it was made:
no text in quotes that reads like prose may stand anywhere but in gettext, an error or a comment.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.architecture.repository import ROOT

SOURCES = sorted((ROOT / "client/src").glob("*.ts"))

TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
    |(?P<regex>(?<=[(,=:\[!&|?{};])\s*/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*)
    |(?P<text>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)
    |(?P<word>[A-Za-z_$][\w$]*)
    |(?P<sign>===|!==|=>|\.\.\.|\?\?|&&|\|\||[^\s\w])
    |(?P<number>\d[\w.]*)""",
    re.VERBOSE | re.DOTALL,
)
# The call, and from which argument on it shows what it is given.
SHOWS = {"h": 2, "heading": 0, "details": 0, "note": 1}
# Arguments by place.
SHOWS_AT = {"button": {0, 3}}
READ_ALOUD = {"alt", "aria-description", "aria-label", "aria-roledescription", "placeholder", "title"}
ASSIGNED = {"textContent", "innerText", "title", "placeholder", "ariaLabel", "alt"}
TRANSLATES = {"gettext", "ngettext"}
# Said to developers, or to other programs: an error, a domain of a hash, a message between windows.
FOR_PROGRAMS = {"Error", "TypeError", "Malformed", "Refusal", "Unreachable", "lp", "utf8", "encode", "fetch", "super"}
# What is typed into a shell is the same in every language.
NOT_READ = {"'code'"}


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    line: int


def tokens(source: str) -> list[Token]:
    found = []
    for match in TOKEN.finditer(source):
        kind = match.lastgroup or ""
        if kind != "comment":
            found.append(Token(kind, match.group(), source.count("\n", 0, match.start()) + 1))
    return found


@dataclass(slots=True)
class Frame:
    """An open bracket: the call it belongs to, which argument one is in, whether it is shown."""

    sign: str
    call: str
    argument: int
    shown: bool
    key: str = ""


def said(token: Token) -> str:
    """The letters of a text, without what a template fills in."""
    inner = re.sub(r"\$\{[^}]*\}", "", token.text[1:-1])
    return inner if re.search(r"[^\W\d_]{2,}", inner) else ""


def forgotten(source: str) -> Iterator[str]:
    frames = [Frame("", "", 0, False)]
    listed = tokens(source)
    for at, token in enumerate(listed):
        before = listed[at - 1] if at else Token("", "", 0)
        after = listed[at + 1] if at + 1 < len(listed) else Token("", "", 0)
        top = frames[-1]
        if token.kind == "sign" and token.text in "([{":
            call = before.text if before.kind == "word" and token.text == "(" else ""
            within = "gettext" if call in TRANSLATES or top.call == "gettext" else ""
            # Brackets of grouping and lists pass on what they stand in; objects and other calls do not.
            shown = starts_shown(call) if call else top.shown and token.text in "([" and before.text not in {"]", ")"}
            frames.append(Frame(token.text, within or call or passed_on(top, token), 0, shown))
        elif token.kind == "sign" and token.text in ")]}":
            if len(frames) > 1:
                frames.pop()
        elif token.text == "," and top.sign in "([{":
            top.argument += 1
            top.key = ""
            if top.sign == "(" and (top.call in SHOWS or top.call in SHOWS_AT):
                top.shown = is_shown(top.call, top.argument)
        elif top.sign == "{" and after.text == ":" and token.kind in {"text", "word"}:
            top.key = token.text.strip("'\"")
        elif token.text in NOT_READ and top.call == "h" and top.argument == 0:
            top.call = token.text
        elif token.kind == "text" and said(token):
            compared = {before.text, after.text} & {"===", "!==", "in", "case", "+="}
            assigned = before.text == "=" and listed[at - 2].text in ASSIGNED
            if top.call in TRANSLATES or compared:
                continue
            if top.shown or assigned or (top.sign == "{" and top.key in READ_ALOUD):
                yield f"line {token.line}: {token.text}"
            elif is_prose(token) and not FOR_PROGRAMS & {frame.call for frame in frames}:
                yield f"line {token.line}: {token.text} (reads like prose)"


def passed_on(top: Frame, token: Token) -> str:
    return top.call if token.text in "([" and top.call in {*TRANSLATES, *FOR_PROGRAMS} else ""


def starts_shown(call: str) -> bool:
    return is_shown(call, 0)


def is_shown(call: str, argument: int) -> bool:
    return argument >= SHOWS[call] if call in SHOWS else argument in SHOWS_AT.get(call, ())


def is_prose(token: Token) -> bool:
    """Two words beside each other, the first with a capital: a sentence or a label."""
    return re.search(r"[A-Z][a-z]+ [a-z]+", said(token)) is not None


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_text_of_the_page_comes_from_gettext(path: Path) -> None:
    assert list(forgotten(path.read_text())) == []


@pytest.mark.parametrize(
    "planted",
    [
        "h('p', {}, 'Sealed here')",
        "h('p', { class: 'quiet' }, open ? gettext('Now') : 'later')",
        "h('p', {}, `${count} answered`)",
        "h('dl', {}, ...[h('dt', {}, 'slot')])",
        "heading('your answers')",
        "button('send', 'main', () => send())",
        "button(gettext('Copy'), 'second', () => copy(), 'copy the receipt')",
        "details('more', h('p', {}, gettext('x')))",
        "h('img', { alt: 'a box' })",
        "h('button', { 'aria-label': 'menu' }, icon)",
        "said.textContent = 'copied';",
        "document.title = 'wallet';",
        "const label = 'Not yet sent';",
        "return { title: `Try again later` };",
    ],
)
def test_a_text_in_quotes_is_seen(planted: str) -> None:
    assert list(forgotten(planted))


@pytest.mark.parametrize(
    "sound",
    [
        "h('p', { class: 'quiet small', role: 'alert' }, gettext('Sealed here, %(n)s of them', { n: 3 }))",
        "h('dd', {}, h('code', {}, receipt?.slot ?? ''))",
        "button(gettext('Send'), 'main', () => this.go('next screen'))",
        "if (kind === 'void round') return ngettext('%(n)s person', '%(n)s people', n);",
        "throw new Error('The plural rule is not one');",
        "// h('p', {}, 'A comment')\nconst x = 1;",
        "const found = /^It's a (?:pattern)'/.exec(name);",
        "h('pre', {}, h('code', {}, 'andon verify --unit FILE'))",
    ],
)
def test_what_is_no_text_of_the_page_is_left_alone(sound: str) -> None:
    assert list(forgotten(sound)) == []
