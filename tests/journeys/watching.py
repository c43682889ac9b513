"""What a journey sees beside what it clicks on: errors, requests to strangers, missing styles, barriers."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, WebError

from tests.architecture.repository import ROOT

OWN_SCHEMES = {"about", "blob", "data"}
# axe is in no frame, and would wait half a second for an answer from each: frames are looked at by themselves.
WCAG = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    "resultTypes": ["violations"],
    "iframes": False,
}
AXE = Axe().axe_script
RUN_AXE = "async options => (await axe.run(document, options)).violations"
ACE = (ROOT / "node_modules/accessibility-checker-engine/ace.js").read_text()
# A form without a name is no landmark (HTML-AAM), so several of them on a page need none; and the frame in which the
# set-up asks the anonymous door is empty until it does.
RUN_ACE = """async () => {
    const found = await new ace.Checker().check(document, ['WCAG_2_2']);
    return found.results
        .filter(one => one.value[0] === 'VIOLATION' && one.value[1] === 'FAIL')
        .filter(one => one.ruleId !== 'html_lang_exists' || !one.path.dom.includes('iframe'))
        .filter(one => one.ruleId !== 'aria_form_label_unique')
        .map(one => `${one.ruleId}: ${one.message} (${one.path.dom})`);
}"""


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class Watcher:
    """Notes every console error, page error and request to another origin, in every context that it is shown.

    `allow(pattern)` excuses what a test provokes on purpose, such as the 404 of a page that must not be there.
    """

    def __init__(self, origins: Iterable[str]) -> None:
        self.origins = set(origins)
        self.seen: list[str] = []
        self._allowed: list[str] = []

    def watch(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", self._page_error)
        context.on("request", self._request)

    def allow(self, pattern: str) -> None:
        self._allowed.append(pattern)

    def faults(self) -> list[str]:
        return [fault for fault in self.seen if not any(re.search(pattern, fault) for pattern in self._allowed)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.seen.append(f"console error: {message.text} ({message.location.get('url', '')})")

    def _page_error(self, error: WebError) -> None:
        self.seen.append(f"page error: {error.error}")

    def _request(self, request: Request) -> None:
        if urlsplit(request.url).scheme not in OWN_SCHEMES and origin_of(request.url) not in self.origins:
            self.seen.append(f"request to another origin: {request.method} {request.url}")


UNSTYLED = """() => {
  const sheets = [...document.querySelectorAll('link[rel~="stylesheet"]')];
  if (sheets.length === 0) return ['the page names no stylesheet'];
  return sheets.filter(link => {
    try { return !link.sheet || link.sheet.cssRules.length === 0 } catch { return true }
  }).map(link => 'this stylesheet did not arrive: ' + link.href);
}"""


def assert_styled(page: Page) -> None:
    """The styles arrived. Without them axe finds nothing wrong with colours that nobody sees."""
    missing = page.evaluate(UNSTYLED)
    assert not missing, f"{page.url}: {missing}"


def assert_accessible(page: Page, *, without: Iterable[str] = (), only: Iterable[str] = ()) -> None:
    """axe finds no barrier of WCAG 2.2 A and AA, nor of its best practices, on the page as it stands.

    `without`: rules that do not apply here, each with its reason beside the call. `only`: these rules alone, where the
    page was looked at already and something else changed, such as its colours.
    Does not: replace a keyboard, a screen reader and a person; an engine sees fewer than half of the criteria.
    """
    assert_styled(page)
    options: dict[str, Any] = WCAG | {"rules": {rule: {"enabled": False} for rule in without}}
    if only:
        options |= {"runOnly": {"type": "rule", "values": list(only)}}
    # Loading it takes longer than judging most pages, and a page is looked at in several ways while it stands.
    if not page.evaluate("() => 'axe' in globalThis"):
        page.evaluate(AXE)
    found = page.evaluate(RUN_AXE, options)
    text = "\n".join(f"{v['id']}: {v['help']}\n  " + "\n  ".join(n["html"] for n in v["nodes"]) for v in found)
    assert not found, f"{page.url}\n{text}"


def assert_fits(page: Page) -> None:
    """Nothing sticks out to the right: no sideways scrolling at this width."""
    widths = page.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert widths[0] <= widths[1], f"{page.url} is {widths[0]} px wide in a window of {widths[1]} px"


# What WCAG 2.2, 1.4.12 lets a reader set. In a constructed sheet, which a content security policy does not refuse.
SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
    word-spacing: 0.16em !important } p { margin-bottom: 2em !important }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""
CLIPPED = """() => [...document.querySelectorAll('body *')].filter(element => {
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
  return own && box.width > 2 && box.height > 2 && style.clip === 'auto' && style.clipPath === 'none'
    && ((style.overflowX === 'hidden' && element.scrollWidth > element.clientWidth + 1)
      || (style.overflowY === 'hidden' && element.scrollHeight > element.clientHeight + 1));
}).map(element => element.outerHTML.slice(0, 200))"""


def assert_spacing(page: Page) -> None:
    """With the text spread as wide as WCAG 1.4.12 asks for, nothing is cut off and nothing sticks out."""
    kept = page.evaluate("() => document.adoptedStyleSheets.length")
    page.evaluate(SPACED)
    clipped = page.evaluate(CLIPPED)
    assert not clipped, f"{page.url}: cut off: {clipped}"
    assert_fits(page)
    page.evaluate(f"() => {{ document.adoptedStyleSheets = document.adoptedStyleSheets.slice(0, {kept}) }}")


# The ring may be drawn around what stands for the element: a radio button that is hidden has a label that is not.
RING = """() => {
  const focused = document.activeElement;
  if (!focused || focused === document.body) return 'nothing has the focus';
  const around = [focused, focused.closest('label'), focused.nextElementSibling, focused.parentElement];
  const seen = around.filter(Boolean).some(element => {
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && box.width > 1 && box.height > 1;
  });
  return seen ? '' : focused.outerHTML.slice(0, 200);
}"""


def assert_focus_visible(page: Page) -> None:
    unseen = page.evaluate(RING)
    assert not unseen, f"{page.url}: no ring around {unseen}"


def screenshot(page: Page, name: str) -> Path:
    """A picture of the whole page in test-results/screenshots, for whoever looks into a failure."""
    folder = Path("test-results/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.png"
    page.screenshot(path=path, full_page=True, animations="disabled", caret="hide")
    return path
