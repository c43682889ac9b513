"""What a page lets happen, asked of a real browser: no markup and no code made of text, and no file but the right one.

Each is asked of the same page without its protection as well: otherwise a browser that had never tried would do.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.journeys.watching import Watcher
from tests.stack import Stack

# Each takes a way from text to code or to another origin. They run in a task of the page's own: what the driver of a
# browser calls is let through.
WAYS = """() => new Promise(tell => setTimeout(async () => {
  const taken = [];
  const take = async (name, way) => { try { if (await way()) taken.push(name) } catch { /* It was refused. */ } };
  const element = document.createElement('div');
  await take('markup', () => { element.innerHTML = '<b>text</b>'; return element.children.length });
  await take('a policy of its own', () => trustedTypes.createPolicy('own', { createHTML: text => text }));
  await take('the name of the only policy there is by default',
    () => trustedTypes.createPolicy('default', { createHTML: text => text }));
  await take('eval', () => (0, eval)('1'));
  await take('a function from text', () => new Function('return 1')());
  await take('an inline script', () => {
    const script = document.createElement('script');
    script.append('window.inline = 1');
    document.head.append(script);
    script.remove();
    return window.inline;
  });
  await take('an inline style', () => {
    const style = document.createElement('style');
    style.append('html { --planted: 1 }');
    document.head.append(style);
    const is_taken = getComputedStyle(document.documentElement).getPropertyValue('--planted');
    style.remove();
    return is_taken;
  });
  await take('another origin', () => fetch('http://elsewhere.test/', { mode: 'no-cors' }));
  tell(taken);
}, 0))"""
ALL_WAYS = {
    "markup",
    "a policy of its own",
    "the name of the only policy there is by default",
    "eval",
    "a function from text",
    "an inline script",
    "an inline style",
    "another origin",
}
PAGES = {
    "signed out": "{app}/accounts/login/",
    "signed in": "{app}/you/",
    "the answering page": "{anonymous}/answer/",
    "the wallet's frame": "{anonymous}/frame/",
    "the self-check": "{anonymous}/self-check/",
    "a phone in a conversation": "{anonymous}/room/",
    "an address of nothing": "{anonymous}/nothing/",
}
A_FILE = re.compile(r"\.(?:js|css)(?:\?|$)")


@pytest.fixture(scope="module")
def stack(make_stack: Callable[..., Any]) -> Stack:
    stack: Stack = make_stack(parts=("app", "anonymous"), ANDON_DEMO="1")
    stack.andon("demo", "--rounds=1")
    return stack


@pytest.fixture
def page(profile: Callable[..., Page], stack: Stack, watcher: Watcher) -> Page:
    """Ada's, signed in. What is refused says so in the console, and the other origin is asked for on purpose."""
    for said in ("Content Security [Pp]olicy", "'integrity'", "Trusted(HTML|Script)'", "elsewhere.test", "/nothing/"):
        watcher.allow(said)
    page = profile("ada")
    page.goto(f"{stack.app_url}/accounts/login/")
    page.locator('form[action="/demo/sign-in/lead/"] button').click()
    expect(page.get_by_role("heading", name="Today", level=1)).to_be_visible()
    page.route("http://elsewhere.test/**", lambda route: route.fulfill(body="found"))
    return page


def go(page: Page, stack: Stack, address: str) -> None:
    page.goto(address.format(app=stack.app_url, anonymous=stack.anonymous_url))


def answered(route: Route, *, change: Callable[[str], str] = str, without: str = "") -> None:
    """Pass on what the service answers, with its text changed or without a header."""
    answer = route.fetch()
    headers = {name: value for name, value in answer.headers.items() if name not in {without, "content-length"}}
    route.fulfill(status=answer.status, headers=headers, body=change(answer.text()))


@pytest.mark.parametrize("where", PAGES)
def test_no_page_makes_code_or_markup_out_of_text(page: Page, stack: Stack, where: str) -> None:
    go(page, stack, PAGES[where])
    assert page.evaluate(WAYS) == []


def test_without_the_policy_every_way_is_open(page: Page, stack: Stack) -> None:
    page.route(f"{stack.app_url}/you/", lambda route: answered(route, without="content-security-policy"))
    go(page, stack, PAGES["signed in"])
    assert set(page.evaluate(WAYS)) == ALL_WAYS


def changed(text: str) -> str:
    return f"{text}\n/* one more line */"


@pytest.mark.parametrize("where", PAGES)
def test_no_page_takes_a_file_that_was_changed_on_the_way(page: Page, stack: Stack, where: str) -> None:
    asked: list[str] = []
    refused: list[str] = []
    page.on("console", lambda message: refused.extend(re.findall(r"digest in the 'integrity' attribute", message.text)))

    def change(route: Route) -> None:
        asked.append(route.request.url)
        answered(route, change=changed)

    # The frame that a page of the app holds is a page by itself.
    page.route(A_FILE, lambda route: change(route) if route.request.frame == page.main_frame else route.continue_())
    go(page, stack, PAGES[where])
    page.wait_for_load_state("networkidle")
    assert asked
    assert len(refused) == len(asked), asked
    assert page.evaluate("() => [...document.styleSheets].length") == 0


def test_without_its_word_for_them_it_takes_them_all(page: Page, stack: Stack) -> None:
    def unsaid(text: str) -> str:
        return re.sub(r' integrity="[^"]*"', "", text)

    page.route(f"{stack.app_url}/you/", lambda route: answered(route, change=unsaid))
    page.route(A_FILE, lambda route: answered(route, change=changed))
    go(page, stack, PAGES["signed in"])
    assert page.evaluate("() => [...document.styleSheets].length") > 1
