"""Somebody whose browser asks for German signs in, answers a round and reads mail in German, and may change that."""

from collections.abc import Callable

import pytest
from django.utils import translation
from playwright.sync_api import Page, Request, expect

from tests.journeys import people
from tests.journeys.mailbox import Mailbox
from tests.journeys.watching import assert_accessible, assert_fits, screenshot
from tests.languages import catalogue, extracting
from tests.stack import Stack

NAMES = ["Ada", "Bo", "Cleo", "Dan", "Eve"]
ROSTER = "e-mail,name,team,role\n" + "".join(
    f"{name.lower()}@example.org,{name} Example,Lanternworks/Detection,{'lead' if name == 'Ada' else 'member'}\n"
    for name in NAMES
)
WIDTHS = (320, 390, 1280)


@pytest.fixture(scope="module")
def stack(founded: Callable[[str], Stack]) -> Stack:
    return founded(ROSTER)


def app(text: str) -> str:
    with translation.override("de"):
        return translation.gettext(text)


_BROWSER = {
    message.text: message.translations[0]
    for message in catalogue.read((extracting.LOCALE / "de/LC_MESSAGES/djangojs.po").read_text())
}


def looks_right(page: Page, name: str) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        assert_fits(page)
        screenshot(page, f"german-{name}-{width}")
    assert_accessible(page)
    page.emulate_media(color_scheme="dark")
    screenshot(page, f"german-{name}-dark")
    assert_accessible(page, only=["color-contrast"])
    page.emulate_media(color_scheme="light")
    # And from right to left, as a page of a catalogue would be that says so of itself.
    page.evaluate("() => { document.documentElement.dir = 'rtl' }")
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        assert_fits(page)
        screenshot(page, f"turned-{name}-{width}")
    page.evaluate("() => { document.documentElement.dir = 'ltr' }")
    page.set_viewport_size({"width": 390, "height": 844})


def signs_in(page: Page, stack: Stack, mailbox: Mailbox, address: str) -> str:
    """In German; the text of the letter."""
    before = len(mailbox.received)
    page.goto(f"{stack.app_url}/")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    looks_right(page, "sign-in")
    page.get_by_label(app("E-mail address")).fill(address)
    page.get_by_role("button", name=app("Send me a code")).click()
    expect(page.get_by_role("heading", name=app("Type the code"))).to_be_visible()
    page.get_by_label(app("Code"), exact=True).fill(mailbox.code_for(address, after=before))
    page.get_by_role("button", name=app("Sign in"), exact=True).click()
    expect(page.get_by_role("heading", name=app("Today"), level=1)).to_be_visible()
    letter: str = mailbox.newest_to(address, after=before).get_content()
    return letter


def test_a_browser_that_asks_for_german_gets_german_everywhere(
    stack: Stack, mailbox: Mailbox, profile: Callable[..., Page]
) -> None:
    ada = profile("Ada")
    people.sign_in(ada, stack, mailbox, "ada@example.org")
    people.open_round(ada, stack, "Lanternworks / Detection")

    bo = profile("Bo", locale="de-DE", viewport={"width": 390, "height": 844})
    fetched: list[Request] = []
    bo.on("request", lambda request: fetched.append(request) if "/messages-" in request.url else None)
    letter = signs_in(bo, stack, mailbox, "bo@example.org")
    assert letter.startswith("Dein Code zum Anmelden:")

    bo.goto(f"{stack.app_url}/")
    ready = _BROWSER["Slip ready for the full round. It closes on %(date)s."].partition("%(date)s")[0].strip()
    expect(bo.frame_locator("[data-wallet-frame]").get_by_text(ready)).to_be_visible()
    looks_right(bo, "today")

    bo.get_by_role("link", name=app("Answer"), exact=True).click()
    expect(bo.locator("html")).to_have_attribute("lang", "de")
    expect(bo.get_by_role("button", name=_BROWSER["Start"])).to_be_visible()
    # The German statements are a draft, which is said once, with the way to the original.
    expect(bo.get_by_role("button", name=_BROWSER["Ask me in the original wording"])).to_be_visible()
    looks_right(bo, "begin")
    says_nothing_about_anybody(stack, fetched)

    bo.get_by_role("button", name=_BROWSER["Start"]).click()
    expect(bo.locator("h1 [lang=de]")).to_have_text("In diesem Team kann ich sein, wie ich bin.")
    looks_right(bo, "statement")
    for _statement in range(people.STATEMENTS):
        number = bo.locator(".progress span").inner_text()
        bo.keyboard.press("4")
        expect(bo.locator(".progress span").get_by_text(number, exact=True)).to_have_count(0)
    looks_right(bo, "review")
    bo.get_by_role("button", name=_BROWSER["Send my answers"]).click()
    expect(bo.get_by_role("heading", name=_BROWSER["Your answers are in the box"])).to_be_visible()
    looks_right(bo, "receipt")

    # What is chosen on You comes before what the browser asks for; and back again.
    bo.goto(f"{stack.app_url}/you/")
    looks_right(bo, "you")
    bo.get_by_label(app("Language")).select_option(label="English")
    bo.get_by_role("button", name=app("Keep this")).click()
    expect(bo.locator("html")).to_have_attribute("lang", "en")
    expect(bo.get_by_text("Your choice is saved.")).to_be_visible()
    bo.get_by_label("Language").select_option(label="Deutsch")
    bo.get_by_role("button", name="Keep this").click()
    expect(bo.locator("html")).to_have_attribute("lang", "de")
    expect(bo.get_by_text(app("Your choice is saved."))).to_be_visible()


def says_nothing_about_anybody(stack: Stack, fetched: list[Request]) -> None:
    """One static file, the same for everybody who reads the language, asked for without cookie and referrer."""
    answered = 0
    for request in fetched:
        assert request.url.startswith(f"{stack.anonymous_url}/bundle/")
        assert "?" not in request.url
        sent = {name for name, value in request.all_headers().items() if value}
        assert not {"cookie", "referer", "authorization"} & sent
        answer = request.response()
        if answer is None:
            # The page was left before it came.
            assert request.failure == "net::ERR_ABORTED"
            continue
        answered += 1
        assert answer.ok
        assert "set-cookie" not in answer.all_headers()
    assert answered
