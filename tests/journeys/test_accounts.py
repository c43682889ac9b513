"""How people come in and stay safe: passwords, an authenticator app, paper codes, passkeys, sessions, guesses."""

import re
import time
from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from tests.journeys import people
from tests.journeys.mailbox import Mailbox
from tests.journeys.watching import Watcher, assert_accessible, assert_fits, screenshot
from tests.stack import Stack

ROSTER = "e-mail,name,team,role\n" + "".join(
    f"{name.lower()}@example.org,{name} Example,Lanternworks/Detection,{'lead' if name == 'Ada' else 'member'}\n"
    for name in ["Ada", "Bo", "Cleo", "Dan", "Eve"]
)
WORDS, OTHER_WORDS = "umbrella gravel tuesday oboe", "lantern copper sideways plum"
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def stack(founded: Callable[[str], Stack]) -> Stack:
    return founded(ROSTER)


def look(page: Page, name: str) -> None:
    """On a desk and on a phone, in light and in dark, with a picture of each."""
    for size, width in ((PHONE, "phone"), (DESKTOP, "desk")):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert_fits(page)
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            assert_accessible(page)
            screenshot(page, f"account-{name}-{width}-{scheme}")


def sign_out(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.app_url}/you/")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()


def by_password(page: Page, stack: Stack, address: str, password: str) -> None:
    page.goto(f"{stack.app_url}/accounts/login/password/")
    page.get_by_label("Your work e-mail address").fill(address)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def today(page: Page) -> None:
    expect(page.get_by_role("heading", name="Today", level=1)).to_be_visible()


def code_of_app(secret: str, steps: int = 0) -> str:
    """What the app shows; each step further is half a minute later, which the service takes as a clock that differs."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def test_a_password_is_set_forgotten_and_replaced(stack: Stack, mailbox: Mailbox, ada: Page) -> None:
    people.sign_in(ada, stack, mailbox, "ada@example.org")
    ada.goto(f"{stack.app_url}/you/")
    look(ada, "you")
    ada.get_by_role("link", name="Add a password").click()
    for first, said in (("password1234", "easy to guess"), ("ada example lanternworks", "your name")):
        ada.get_by_label("New password").fill(first)
        ada.get_by_label("The same once more").fill(first)
        ada.get_by_role("button", name="Keep this password").click()
        expect(ada.get_by_text(said)).to_be_visible()
    look(ada, "password")
    ada.get_by_label("New password").fill(WORDS)
    ada.get_by_label("The same once more").fill(WORDS)
    ada.get_by_role("button", name="Keep this password").click()
    expect(ada.get_by_role("heading", name="You", exact=True)).to_be_visible()
    assert "A password was added" in mailbox.newest_to("ada@example.org").get_content()
    sign_out(ada, stack)
    by_password(ada, stack, "ada@example.org", WORDS)
    today(ada)
    sign_out(ada, stack)

    ada.goto(f"{stack.app_url}/accounts/login/password/")
    ada.get_by_role("link", name="Forgot the password").click()
    look(ada, "forgotten")
    before = len(mailbox.received)
    ada.get_by_label("Your work e-mail address").fill("ada@example.org")
    ada.get_by_role("button", name="Send me a link").click()
    letter = mailbox.newest_to("ada@example.org", after=before).get_content()
    [link] = re.findall(r"https?://\S+", letter)
    ada.goto(link)
    look(ada, "new-password")
    ada.get_by_label("New password").fill(OTHER_WORDS)
    ada.get_by_label("The same once more").fill(OTHER_WORDS)
    ada.get_by_role("button", name="Keep this password").click()
    expect(ada.get_by_text("Your new password is kept")).to_be_visible()
    by_password(ada, stack, "ada@example.org", WORDS)
    expect(ada.get_by_text("do not belong together")).to_be_visible()
    by_password(ada, stack, "ada@example.org", OTHER_WORDS)
    today(ada)


def test_a_link_for_a_password_works_once(stack: Stack, mailbox: Mailbox, cy: Page, watcher: Watcher) -> None:
    watcher.allow("410")
    cy.goto(f"{stack.app_url}/accounts/password/forgotten/")
    before = len(mailbox.received)
    cy.get_by_label("Your work e-mail address").fill("eve@example.org")
    cy.get_by_role("button", name="Send me a link").click()
    [link] = re.findall(r"https?://\S+", mailbox.newest_to("eve@example.org", after=before).get_content())
    for _time in range(2):
        cy.goto(link)
        if cy.get_by_label("New password").count():
            cy.get_by_label("New password").fill(WORDS)
            cy.get_by_label("The same once more").fill(WORDS)
            cy.get_by_role("button", name="Keep this password").click()
    expect(cy.get_by_role("heading", name="This link is over")).to_be_visible()
    look(cy, "link-over")


def test_an_app_is_set_up_and_asked_for_and_paper_helps_when_it_is_lost(
    stack: Stack, mailbox: Mailbox, bo: Page, watcher: Watcher
) -> None:
    # A page that is just being left may still ask for slips when its session has ended.
    watcher.allow(r"401 \(Unauthorized\).*/slips/offer/")
    people.sign_in(bo, stack, mailbox, "bo@example.org")
    bo.goto(f"{stack.app_url}/you/second-factor/")
    look(bo, "second-factor-none")
    bo.get_by_role("link", name="Set up an authenticator app").click()
    look(bo, "app")
    bo.get_by_text("I cannot scan it").click()
    secret = bo.locator("main details code").inner_text().replace(" ", "")
    bo.get_by_label("Code that the app shows now").fill("000000")
    bo.get_by_role("button", name="Check and keep").click()
    expect(bo.get_by_text("not the code that belongs")).to_be_visible()
    bo.get_by_text("I cannot scan it").click()
    assert bo.locator("main details code").inner_text().replace(" ", "") == secret
    bo.get_by_label("Code that the app shows now").fill(code_of_app(secret))
    bo.get_by_role("button", name="Check and keep").click()
    expect(bo.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    look(bo, "recovery-codes")
    codes = [code.replace(" ", "") for code in bo.locator(".codes code").all_inner_texts()]
    assert len(set(codes)) == 10
    with bo.expect_download() as saved:
        bo.get_by_role("link", name="Save as a file").click()
    assert codes[0] in saved.value.path().read_text().replace(" ", "")
    bo.get_by_role("link", name="I have kept them").click()
    look(bo, "second-factor")
    sign_out(bo, stack)

    def to_second_step() -> None:
        before = len(mailbox.received)
        bo.goto(f"{stack.app_url}/")
        bo.get_by_label("E-mail address").fill("bo@example.org")
        bo.get_by_role("button", name="Send me a code").click()
        bo.get_by_label("Code").fill(mailbox.code_for("bo@example.org", after=before))
        bo.get_by_role("button", name="Sign in", exact=True).click()
        expect(bo.get_by_role("heading", name="The second step")).to_be_visible()

    to_second_step()
    look(bo, "second-step")
    # The first step alone opens no page: all lead back to the second.
    bo.goto(f"{stack.app_url}/you/")
    expect(bo.get_by_role("heading", name="The second step")).to_be_visible()
    bo.get_by_label("Code of your authenticator app").fill(code_of_app(secret, steps=1))
    bo.get_by_role("button", name="Sign in", exact=True).click()
    today(bo)
    sign_out(bo, stack)
    to_second_step()
    bo.get_by_label("Code of your authenticator app").fill("0000 0000")
    bo.get_by_role("button", name="Sign in", exact=True).click()
    expect(bo.get_by_text("This code is not right")).to_be_visible()
    bo.get_by_label("Code of your authenticator app").fill(codes[3])
    bo.get_by_role("button", name="Sign in", exact=True).click()
    today(bo)


def with_device(page: Page) -> None:
    """A device that makes passkeys and opens them at once."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def test_a_passkey_signs_in_without_an_address_and_is_a_second_factor(
    stack: Stack, mailbox: Mailbox, profile: Callable[..., Page]
) -> None:
    cleo = profile("cleo")
    with_device(cleo)
    people.sign_in(cleo, stack, mailbox, "cleo@example.org")
    cleo.goto(f"{stack.app_url}/you/passkeys/")
    look(cleo, "passkeys-none")
    cleo.get_by_role("button", name="Add a passkey").click()
    expect(cleo.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    cleo.get_by_role("link", name="I have kept them").click()
    cleo.goto(f"{stack.app_url}/you/passkeys/")
    expect(cleo.get_by_text("Chrome on Linux")).to_be_visible()
    look(cleo, "passkeys")
    cleo.get_by_role("link", name="Rename or remove").click()
    look(cleo, "passkey")
    cleo.get_by_label("Name").fill("Work laptop")
    cleo.get_by_role("button", name="Keep this name").click()
    expect(cleo.get_by_text("Work laptop")).to_be_visible()
    sign_out(cleo, stack)

    look(cleo, "sign-in")
    cleo.get_by_role("button", name="Sign in with a passkey").click()
    today(cleo)
    sign_out(cleo, stack)

    before = len(mailbox.received)
    cleo.get_by_label("E-mail address").fill("cleo@example.org")
    cleo.get_by_role("button", name="Send me a code").click()
    cleo.get_by_label("Code").fill(mailbox.code_for("cleo@example.org", after=before))
    cleo.get_by_role("button", name="Sign in", exact=True).click()
    expect(cleo.get_by_role("heading", name="The second step")).to_be_visible()
    cleo.get_by_role("button", name="Use a passkey").click()
    today(cleo)

    cleo.goto(f"{stack.app_url}/you/passkeys/")
    cleo.get_by_role("link", name="Rename or remove").click()
    cleo.get_by_role("button", name="Remove this passkey").click()
    expect(cleo.get_by_text("no longer signs you in")).to_be_visible()
    sign_out(cleo, stack)
    cleo.get_by_role("button", name="Sign in with a passkey").click()
    expect(cleo.get_by_text("not known here")).to_be_visible()


def test_without_javascript_the_page_says_that_passkeys_need_it(stack: Stack, profile: Callable[..., Page]) -> None:
    page = profile("plain", java_script_enabled=False)
    page.goto(f"{stack.app_url}/accounts/login/")
    expect(page.get_by_text("may run JavaScript")).to_be_visible()


def test_another_browser_is_seen_and_signed_out(stack: Stack, mailbox: Mailbox, profile: Callable[..., Page]) -> None:
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1"
    desk, phone = profile("dan"), profile("dan's phone", user_agent=agent)
    people.sign_in(desk, stack, mailbox, "dan@example.org")
    people.sign_in(phone, stack, mailbox, "dan@example.org")
    desk.goto(f"{stack.app_url}/you/sessions/")
    expect(desk.get_by_text("Safari on iPhone")).to_be_visible()
    expect(desk.get_by_role("listitem").filter(has_text="this browser")).to_contain_text("Chrome on Linux")
    look(desk, "sessions")
    desk.get_by_role("button", name="Sign out everywhere but here").click()
    expect(desk.get_by_text("You are signed in nowhere else")).to_be_visible()
    phone.goto(f"{stack.app_url}/you/")
    expect(phone.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    people.sign_in(phone, stack, mailbox, "dan@example.org")
    desk.goto(f"{stack.app_url}/you/sessions/")
    desk.get_by_role("button", name=re.compile("^Sign out number")).click()
    expect(desk.get_by_text("That browser is signed out")).to_be_visible()
    phone.goto(f"{stack.app_url}/you/")
    expect(phone.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()


def test_ten_wrong_guesses_rest_the_password_and_a_code_still_signs_in(
    stack: Stack, mailbox: Mailbox, profile: Callable[..., Page]
) -> None:
    thief = profile("thief")
    before = len(mailbox.received)
    for _guess in range(10):
        by_password(thief, stack, "eve@example.org", "a wrong guess")
    by_password(thief, stack, "eve@example.org", WORDS)
    expect(thief.get_by_text("none is taken, not even the right one")).to_be_visible()
    look(thief, "resting")
    assert "ten wrong passwords" in mailbox.newest_to("eve@example.org", after=before).get_content()
    people.sign_in(profile("eve"), stack, mailbox, "eve@example.org")
