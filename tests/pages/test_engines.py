"""Every page in every state it has, looked at by two accessibility engines that nobody here wrote.

The pages come from the views, as in the other tests of this folder, and are laid out by Chromium with their own style
sheets; no server runs. Journeys look at fewer pages more closely (tests/journeys/test_barriers.py).
"""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import Browser, Page, Route, sync_playwright

from andon.features.ballots import public as ballots
from tests.journeys.conftest import CHROMIUM, FLAGS
from tests.journeys.watching import ACE, AXE, RUN_ACE, RUN_AXE, WCAG
from tests.lived_in import LivedIn, undone
from tests.pages import visiting
from tests.pages.test_html import unsound

ORIGIN = "http://andon.test"


class Laid:
    """A tab in which pages are laid out one after the other, without any server.

    Both engines are loaded once: a document that is written anew stays in the same window, and reading a megabyte of
    program for each page takes as long as judging it. That they judge the newest document is shown below.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        page.route("**/*", self._answer)
        page.goto(f"{ORIGIN}/")
        page.evaluate(AXE)
        page.evaluate(ACE + "\n; globalThis.ace = globalThis.ace ?? ace;")

    def _answer(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        if route.request.resource_type == "document" and route.request.url.startswith(ORIGIN):
            route.fulfill(status=200, body="<!doctype html>", content_type="text/html; charset=utf-8")
        elif path.startswith("/static/") and path.endswith(".svg"):
            route.fulfill(status=200, body=static(path.removeprefix("/static/")), content_type="image/svg+xml")
        else:
            # Scripts would ask the wallet's frame, which is not here; how a page is built does not depend on them.
            route.abort()

    def show(self, content: bytes) -> None:
        self.page.set_content(with_its_styles(content).decode(), wait_until="domcontentloaded")

    def complaints(self, content: bytes) -> list[str]:
        self.show(content)
        assert self.page.evaluate("() => document.styleSheets.length"), "the style sheets did not arrive"
        self.page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true })")
        violations = self.page.evaluate(RUN_AXE, WCAG)
        found = [f"axe, {one['id']}: {one['help']} ({one['nodes'][0]['html']})" for one in violations]
        return found + [f"ace, {said}" for said in self.page.evaluate(RUN_ACE)]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Only while no database is asked: Django takes Playwright's loop for its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def laid_out(browser: Browser, **options: Any) -> Laid:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce", **options)
    return Laid(context.new_page())


def complaints(laid: Laid, pages: Mapping[str, bytes]) -> list[str]:
    return [f"{name}: {said}" for name, content in pages.items() for said in laid.complaints(content)]


@cache
def static(name: str) -> bytes:
    found = finders.find(name)
    assert found, name
    return Path(found).read_bytes()


def with_its_styles(page: bytes) -> bytes:
    """The page with its style sheets inside: asking for fourteen of them takes longer than laying a page out."""
    return re.sub(
        rb'<link rel="stylesheet" href="/static/([^"?]+)[^>]*>',
        lambda link: b"<style>" + static(link[1].decode()) + b"</style>",
        page,
    )


# What it takes to lay out a page with nothing on it, in tags.
A_PAGE_BY_ITSELF = 800


def worth_laying_out(
    pages: Mapping[str, bytes], *, every: bool, more: Callable[[bytes], Iterable[bytes]] = lambda page: ()
) -> dict[str, bytes]:
    """Pages that between them have every element there is, with its class, role and kind; with `every` all that differ.

    Few are enough: whichever has the most for its size that is not looked at yet comes next. `more`: what a page has
    beside its elements. What an engine complains of lies in an element and what is around it; that a page is sound as a
    whole, its headings and its ids, is asked of every page below.
    """
    parts: dict[str, set[Hashable]] = {}
    for name, page in pages.items():
        built = frame_of(page)
        parts[name] = {built, *more(page)} if every else {*built, *more(page)}
    left, chosen = set().union(*parts.values()), []
    effort = {name: A_PAGE_BY_ITSELF + page.count(b"<") for name, page in pages.items()}
    while left:
        chosen.append(max(parts, key=lambda name: len(parts[name] & left) / effort[name]))
        left -= parts[chosen[-1]]
    return {name: pages[name] for name in chosen}


def frame_of(page: bytes) -> tuple[bytes, ...]:
    """What an engine judges: elements in their order, with class, role and kind. Repeated rows count once, so that the
    same page with other names in it, or with more of them, is looked at once."""
    found: list[bytes] = []
    for tag, attributes in re.findall(rb"<([a-z][a-z0-9]*)([^>]*)>", page):
        kept = re.findall(rb'(?:class|role|type|lang|dir)="[^"]*"|aria-[a-z]+', attributes)
        found.append(tag + b" " + b" ".join(re.sub(rb"[0-9a-f]{6,}|[0-9]+", b"", one) for one in kept))
    # Runs of rows and list items that are built alike.
    text = b"\n".join(found)
    for _pass in range(3):
        text = re.sub(rb"(?m)^((?:(?:tr|li|dt|option|div)[^\n]*\n)(?:[^\n]*\n){0,12}?)\1+", rb"\1", text)
    return tuple(text.split(b"\n"))


# Which pages: few that have every element in `make test`, all that differ in `make test-slow`.
which_pages = pytest.mark.parametrize(
    "every", [pytest.param(False, id="few"), pytest.param(True, id="every", marks=pytest.mark.sweep)]
)


@pytest.fixture(scope="module")
def pages_of(lived_in: LivedIn, django_db_blocker: Any) -> Callable[[bool], dict[str, bytes]]:
    """Every page in every state, by name; asked for once, since that takes as long as judging some of them."""

    @cache
    def pages_of(every: bool) -> dict[str, bytes]:
        with django_db_blocker.unblock(), undone():
            seen = list(visiting.every_page(lived_in, every=every))
        assert len(seen) > 100
        return {f"{one.what}, by {one.by}": one.content for one in seen}

    return pages_of


@pytest.mark.sqlite_only
@pytest.mark.timeout(400)
@which_pages
def test_two_engines_find_no_barrier_on_any_page(pages_of: Callable[[bool], dict[str, bytes]], every: bool) -> None:
    chosen = worth_laying_out(pages_of(every), every=every)
    assert len(chosen) > 30
    with chromium() as browser:
        assert complaints(laid_out(browser), chosen) == []


def test_few_pages_have_all_elements_between_them_and_none_is_left_out() -> None:
    def page(*elements: str) -> bytes:
        return "".join(f"<{one}>" for one in elements).encode()

    pages = {"small": page("p"), "other": page("p", "b"), "large": page("p", "i", "u"), "again": page("i", "p", "u")}
    assert worth_laying_out(pages, every=False) == {name: pages[name] for name in ("large", "other")}
    long = {"long": page("p", *("i" for _row in range(3_000))), "short": page("p", "b"), "other": page("i")}
    assert worth_laying_out(long, every=False) == {name: long[name] for name in ("short", "other")}
    assert worth_laying_out(pages, every=True) == pages
    longer = worth_laying_out(pages, every=False, more=lambda content: [b"word"] if content == pages["small"] else [])
    assert longer.keys() == {"large", "other", "small"}


@pytest.mark.sqlite_only
@pytest.mark.django_db(databases="__all__")
def test_whoever_sees_what_others_see_is_asked_for_the_rest_and_no_address_is_left_out(lived_in: LivedIn) -> None:
    few, all_of_them = visiting.readings(lived_in, every=False), visiting.readings(lived_in, every=True)
    assert set().union(*few.values()) == set().union(*all_of_them.values())
    assert {name for name in few if few[name] != all_of_them[name]} == visiting.LIKE_OTHERS
    for name in visiting.LIKE_OTHERS:
        assert visiting.THEIR_OWN <= few[name] <= all_of_them[name]
        assert {what for what in all_of_them[name] if what.startswith("report of ")} <= few[name]
    assert sum(map(len, few.values())) < 0.65 * sum(map(len, all_of_them.values()))


@pytest.mark.sqlite_only
@pytest.mark.timeout(600)
@pytest.mark.sweep
def test_the_pages_that_few_are_asked_for_have_every_element_there_is(
    pages_of: Callable[[bool], dict[str, bytes]],
) -> None:
    def elements(pages: Mapping[str, bytes]) -> set[bytes]:
        return {element for page in pages.values() for element in frame_of(page)}

    assert elements(pages_of(False)) == elements(pages_of(True))


@pytest.mark.sqlite_only
@pytest.mark.timeout(300)
@which_pages
def test_every_page_is_sound(pages_of: Callable[[bool], dict[str, bytes]], every: bool, tmp_path: Path) -> None:
    pages = pages_of(every)
    bundle = {f"{name} of the bundle": f.content for name, f in ballots.installed_bundle().items() if "html" in name}
    assert unsound(pages | bundle, tmp_path) == []


PLANTED = {
    "axe, label": "<main><h1>x</h1><input></main>",
    "ace, input_label_exists": "<main><h1>x</h1><input></main>",
    "axe, color-contrast": '<main><h1>x</h1><p id="grey">too pale</p></main>',
    "ace, text_contrast_sufficient": '<main><h1>x</h1><p id="grey">too pale</p></main>',
    "ace, img_alt_valid": '<main><h1>x</h1><img src="/static/interface/andon.svg"></main>',
}


def planted(body: str) -> bytes:
    return (
        '<!doctype html><html lang="en"><head><title>x</title>'
        '<link rel="stylesheet" href="/static/interface/css/tokens.css">'
        f"<style>#grey {{ color: #ccc; background: #fff }}</style></head><body>{body}</body></html>"
    ).encode()


@pytest.mark.sqlite_only
def test_each_engine_sees_what_was_planted_whatever_it_saw_before() -> None:
    sound = planted('<main><h1>x</h1><label>y <input></label><p style="color: #000; background: #fff">z</p></main>')
    with chromium() as browser:
        laid = laid_out(browser)
        for said, body in PLANTED.items():
            assert laid.complaints(sound) == []
            found = laid.complaints(planted(body))
            assert any(one.startswith(said) for one in found), (said, found)
        assert laid.complaints(sound) == []
