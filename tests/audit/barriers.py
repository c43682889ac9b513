"""Two engines for accessibility, over the running service: each kind of page that a role reaches, on a phone at night.

Every page in every state is looked at by both in the tests (tests/pages/test_engines.py), laid out without its scripts.
Here the scripts run, and the wallet's frame is there.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

from tests.architecture.repository import ROOT
from tests.audit.grading import Finding, Grade, Planted
from tests.audit.service import ROLES, Answer, broken_site, demonstration, sign_in
from tests.journeys.conftest import CHROMIUM, FLAGS
from tests.journeys.watching import ACE, AXE, RUN_ACE, RUN_AXE, UNSTYLED, WCAG
from tests.stack import Stack

PHONE = {"width": 390, "height": 844}
NOBODY = "nobody"
# What a link leads to is a file, or the end of the visit.
NO_PAGES = re.compile(r"\.(json|csv|pdf|svg|txt)$|/export/|/logout/|/me/text/")
MOST_PAGES_OF_A_ROLE = 25
LEAST_PAGES = 60
ANONYMOUS_PAGES = ("/answer/", "/frame/", "/room/", "/room/moderate/", "/self-check/", "/no/such/page")
HEAD = (
    "<!doctype html><html lang='en'><head><title>x</title><link rel='stylesheet' href='/style.css'></head>"
    "<body><main><h1>x</h1>{}</main></body></html>"
)
STYLE = Answer("h1 { margin: 0 }", {"Content-Type": "text/css"})
# Made by a script, so that an engine that reads what the server sent finds nothing.
MADE = "<script>document.querySelector('main').insertAdjacentHTML('beforeend', `{}`)</script>"
PALE = "<p style='color: #ccc; background: #fff'>too pale</p>"
DARK = "<style>@media (prefers-color-scheme: dark) { p { color: #222; background: #000 } }</style><p>dark on dark</p>"
PLANTED = {
    "axe: label": ("a field without a label, to axe", MADE.format("<input>")),
    "ace: input_label_exists": ("a field without a label, to accessibility-checker", MADE.format("<input>")),
    "axe: color-contrast": ("text that is too pale, to axe", MADE.format(PALE)),
    "ace: text_contrast_sufficient": ("text that is too pale at night, to accessibility-checker", DARK),
    "axe: image-alt": ("a picture without words, to axe", MADE.format("<img src='/x.svg'>")),
}


class Barriers:
    name = "barriers"
    about = "axe and accessibility-checker: every kind of page with its scripts running, as on a phone in dark colours"
    accepted: Mapping[tuple[str, str], str] = dict.fromkeys(
        (
            ("axe: landmark-one-main", "anonymous door /frame/"),
            ("axe: page-has-heading-one", "anonymous door /frame/"),
            ("ace: skip_main_exists", "anonymous door /frame/"),
        ),
        "The frame stands in pages that have a heading and a main part. With its own a page would seem to begin twice.",
    )

    def version(self) -> str:
        engine = json.loads((ROOT / "node_modules" / "accessibility-checker-engine" / "package.json").read_text())
        return f"{AXE.partition('axe v')[2].split()[0]}, {engine['version']}"

    def planted(self, folder: Path) -> Sequence[Planted]:
        bodies = [body for _fault, body in PLANTED.values()]

        def answer(path: str, _fields: dict[str, str]) -> Answer:
            number = path.strip("/")
            if number == "style.css":
                return STYLE
            return Answer(HEAD.format(bodies[int(number)] if number.isdigit() else ""))

        with broken_site(answer) as site, browsing() as page:
            origin = f"http://localhost:{site.port}"
            page.goto(f"{origin}/sound")
            assert complaints(page) == []
            found = []
            for number, (rule, (fault, _body)) in enumerate(PLANTED.items()):
                page.goto(f"{origin}/{number}")
                found.append(Planted(fault, rule in {one for one, _said in complaints(page)}))
        return found

    def grade(self, folder: Path) -> Grade:
        found, figures = [], {}
        with demonstration(folder / "stack") as stack:
            for role in (NOBODY, *ROLES):
                seen = 0
                for place, said in visited(stack, role):
                    seen += 1
                    found += [Finding(rule, f"{place} as {role}", text) for rule, text in said]
                figures[role] = f"{seen} pages"
                print(f"{role}: {seen} pages", file=sys.stderr, flush=True)
        count = sum(int(one.split()[0]) for one in figures.values())
        missed = [f"{count} pages were seen, fewer than {LEAST_PAGES}."] if count < LEAST_PAGES else []
        return Grade(f"{count} pages", found, figures, missed)


Said = list[tuple[str, str]]


def visited(stack: Stack, role: str) -> Iterator[tuple[str, Said]]:
    """Each kind of page that links lead to, once: those that differ in the id that their address names are of one."""
    with browsing() as page:
        if role == NOBODY:
            for path in ANONYMOUS_PAGES:
                page.goto(f"{stack.anonymous_url}{path}")
                yield f"anonymous door {path}", complaints(page)
        else:
            cookies = sign_in(stack, role).items()
            page.context.add_cookies([{"name": n, "value": v, "url": stack.app_url} for n, v in cookies])
        known, left = set(), ["/accounts/login/" if role == NOBODY else "/"]
        while left and len(known) < MOST_PAGES_OF_A_ROLE:
            path = left.pop(0)
            if kind_of(path) in known:
                continue
            known.add(kind_of(path))
            answer = page.goto(f"{stack.app_url}{path}")
            assert answer is not None
            if not answer.ok or "html" not in answer.headers.get("content-type", ""):
                continue
            yield kind_of(path), complaints(page)
            links = page.evaluate("() => [...document.querySelectorAll('a[href]')].map(one => one.href)")
            here = [urlsplit(link).path for link in links if link.startswith(f"{stack.app_url}/")]
            left += [one for one in here if not NO_PAGES.search(one)]


def kind_of(path: str) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}|(?<=/)\d+(?=/)", "...", path)


def complaints(page: Page) -> Said:
    """(rule, what is wrong) of both engines about the page as it stands, with what is folded unfolded."""
    page.wait_for_load_state("networkidle")
    page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true })")
    # Without them nothing is wrong with colours that nobody sees.
    unstyled = [("no styles", one) for one in page.evaluate(UNSTYLED)]
    page.evaluate(AXE)
    page.evaluate(ACE + "\n; globalThis.ace = globalThis.ace ?? ace;")
    violations: list[dict[str, Any]] = page.evaluate(RUN_AXE, WCAG)
    told = [(f"axe: {one['id']}", f"{one['help']} ({one['nodes'][0]['html']})"[:300]) for one in violations]
    split: list[tuple[str, str, str]] = [said.partition(": ") for said in page.evaluate(RUN_ACE)]
    return unstyled + told + [(f"ace: {rule}", text[:300]) for rule, _, text in split]


@contextmanager
def browsing() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        # The engines are no scripts of the page, and its policy would refuse them.
        context = browser.new_context(
            viewport=PHONE, color_scheme="dark", reduced_motion="reduce", bypass_csp=True, locale="en-GB"
        )
        context.set_default_timeout(30_000)
        yield context.new_page()
        browser.close()


GRADER = Barriers()
