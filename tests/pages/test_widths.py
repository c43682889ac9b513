"""Every page in every state fits on a narrow phone, a phone and a desk in German, whose words are long.

In a language that is written from right to left, too: tests/pages/test_language.py.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone, translation
from playwright.sync_api import Page

from andon.foundation.configuration import public as configuration
from tests.architecture.repository import ROOT, own_files
from tests.journeys.watching import assert_fits
from tests.lived_in import LivedIn
from tests.pages import visiting
from tests.pages.test_engines import Laid, chromium, laid_out, which_pages, worth_laying_out
from tests.pages.texts import Texts, read_again

# The smallest that WCAG 2.2, 1.4.10 asks for, which no phone is narrower than, and a desk.
WIDTHS = (320, 1280)
# Text that runs out of its own box, which nobody scrolls to.
BOXES = ".navigation a, button, [role=button], .band, .tag, th, td, dt, dd, h1, h2, h3, label, summary, figcaption"
RUNS_OUT = """(boxes) => {
  const seen = (one) => {
    for (let above = one; above; above = above.parentElement) {
      const style = getComputedStyle(above);
      if (style.clip !== 'auto' || style.clipPath !== 'none') return false;
    }
    return one.getClientRects().length > 0;
  };
  return [...document.querySelectorAll(boxes)]
    .filter(one => getComputedStyle(one).overflowX === 'visible' && getComputedStyle(one).display !== 'inline')
    .filter(one => one.scrollWidth > one.clientWidth + 1 && seen(one))
    .map(one => one.outerHTML.slice(0, 200));
}"""


# As many letters as no box is too narrow for.
LONG_WORD = re.compile(r"[^\W\d_]{14,}")


def built(house: LivedIn, *, every: bool) -> dict[str, bytes]:
    return {f"{seen.what}, by {seen.by}": seen.content for seen in visiting.every_page(house, every=every)}


def long_words(page: bytes) -> set[bytes]:
    return {word.encode() for word in LONG_WORD.findall(re.sub(r"<[^>]*>", " ", page.decode()))}


def without(pages: dict[str, bytes], words: bytes) -> list[str]:
    return [name for name, content in pages.items() if words not in content]


# Short words that stand in almost every English sentence and in no German one.
ENGLISH = re.compile(r"\b(?:the|and|you|your|is|are|of|to|not|this|that|for|with|it|from|by)\b", re.IGNORECASE)
# Django and allauth bring German of their own; theirs may say Sie where ours says du.
FORMAL = re.compile(r"(?<=[a-zäöüß,] )(?:Sie|Ihnen|Ihre?[mnrs]?)\b")
SPEAKS_FOR_ITSELF = re.compile(r'<(\w+)[^>]* lang="en"[^>]*>.*?</\1>', re.DOTALL)


def not_german(page: str) -> list[str]:
    """Texts of the page with a word that is English, or with the formal address. Names in the tests have neither."""
    reader = Texts()
    reader.feed(SPEAKS_FOR_ITSELF.sub(" ", page.partition("<body")[2]))
    # Paths of files, the name of a licence, and what stands in a roster file that is refused.
    found = [re.sub(r"/\S+|\bCC.BY\b|^not an address$", " ", text.strip()) for text in reader.found]
    return [text for text in found if ENGLISH.search(text) or FORMAL.search(text)]


def too_wide(laid: Laid, pages: dict[str, bytes]) -> Iterator[str]:
    for name, content in pages.items():
        laid.show(content)
        laid.page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true })")
        for width in WIDTHS:
            yield from (f"{name}, {width} px: {fault}" for fault in faults_of(laid.page, width))


def faults_of(page: Page, width: int) -> list[str]:
    page.set_viewport_size({"width": width, "height": 800})
    found: list[str] = page.evaluate(RUNS_OUT, BOXES)
    try:
        assert_fits(page)
    except AssertionError as wide:
        found.append(str(wide))
    return found


@pytest.mark.sqlite_only
@pytest.mark.timeout(600)
@pytest.mark.django_db(databases="__all__")
@which_pages
def test_every_page_fits_in_german(lived_in: LivedIn, every: bool) -> None:
    configuration.write({"organisation.language": "de"}, by=None, at=timezone.now())
    with translation.override("de"):
        read_again(lived_in)
        pages = built(lived_in, every=every)
    assert len(pages) > 100
    assert without(pages, b'<html lang="de"') == ["components, by nobody"]
    assert {name: found for name, page in pages.items() if (found := not_german(page.decode()))} == {}
    with chromium() as browser:
        assert list(too_wide(laid_out(browser), worth_laying_out(pages, every=every, more=long_words))) == []


@pytest.mark.parametrize(
    "planted", ["<p>Choose the team.</p>", "<p>Bitte geben Sie eine Adresse ein.</p>", '<img alt="by hand">']
)
def test_what_is_not_our_german_is_seen(planted: str) -> None:
    assert not_german(f"<body>{planted}</body>")


def test_german_and_what_says_that_it_is_english_are_left_alone() -> None:
    page = '<body><p>Sie gilt. Du wählst, was sie tun.</p><p lang="en">I can be of use to you.</p></body>'
    assert not_german(page) == []


TOO_WIDE = (
    "<h1>Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft</h1>",
    '<p style="white-space: nowrap">one two three four five six seven eight nine ten eleven twelve thirteen</p>',
    '<div style="width: 60px"><button style="width: 60px; padding: 0">Veröffentlichung</button></div>',
)


@pytest.mark.sqlite_only
def test_what_does_not_fit_is_seen() -> None:
    pages = {
        f"{direction}, {planted}": f'<!doctype html><html dir="{direction}"><body style="margin: 0">{planted}</body>'
        for direction in ("ltr", "rtl")
        for planted in TOO_WIDE
    }
    with chromium() as browser:
        laid = laid_out(browser)
        seen = [name for name, page in pages.items() if list(too_wide(laid, {name: page.encode()}))]
    assert seen == list(pages)


# A rule that names a side holds for languages that begin there. Those of the flow hold for all.
PHYSICAL = re.compile(
    r"^\s*(?:(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)\b[\w-]*|left|right"
    r"|border-(?:top|bottom)-(?:left|right)-radius)\s*:"
    r"|\b(?:text-align|float|clear|caption-side)\s*:\s*(?:left|right)\b",
    re.MULTILINE,
)
# Four sides, or four corners, of which the second and the fourth differ.
FOUR = re.compile(r"^\s*(margin|padding|inset|border-radius)\s*:\s*([^;]+);", re.MULTILINE)


def sides_named(sheet: str) -> list[str]:
    sheet = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    found = [match.group().strip() for match in PHYSICAL.finditer(sheet)]
    for match in FOUR.finditer(sheet):
        values = re.findall(r"(?:[^\s()]|\((?:[^()]|\([^()]*\))*\))+", match[2].removesuffix("!important").strip())
        if len(values) < 4:
            continue
        top, right, bottom, left = values[:4]
        if (top, left) != (right, bottom) if match[1] == "border-radius" else right != left:
            found.append(match.group().strip())
    return found


OWN_SHEETS = [path for path in own_files() if path.suffix == ".css"]


@pytest.mark.parametrize("path", OWN_SHEETS, ids=lambda path: path.name)
def test_no_style_sheet_names_left_or_right(path: Path) -> None:
    assert sides_named(path.read_text()) == [], f"{path.relative_to(ROOT)}: say inline-start or inline-end"


def test_all_our_style_sheets_are_looked_at() -> None:
    assert {"tokens.css", "page.css", "answer.css", "frame.css", "setup.css"} <= {path.name for path in OWN_SHEETS}


@pytest.mark.parametrize(
    "planted",
    [
        "a { margin-left: 4px; }",
        "a {\n  border-left-width: 3px;\n}",
        "a {\n  left: 0;\n}",
        "a { text-align: right; }",
        "a { float: left; }",
        "a {\n  border-top-left-radius: 0;\n}",
        "a {\n  padding: 1px 2px 1px 0;\n}",
        "a {\n  padding: 0 0 var(--space-4) calc(28px + var(--space-3));\n}",
        "a {\n  border-radius: 0 4px 4px 0;\n}",
    ],
)
def test_a_side_that_is_named_is_seen(planted: str) -> None:
    assert sides_named(planted.replace("{ ", "{\n  "))


@pytest.mark.parametrize(
    "sound",
    [
        "a {\n  padding: 1px 2px 3px 2px;\n}",
        "a {\n  margin-inline-start: auto;\n}",
        "/* on the left: */ a {\n  top: 0;\n}",
    ],
)
def test_what_names_no_side_is_left_alone(sound: str) -> None:
    assert sides_named(sound) == []
