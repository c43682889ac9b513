"""The pictures of the documentation, taken from the running demonstration: `make screenshots`."""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.journeys import people
from tests.journeys.conftest import CHROMIUM, FLAGS
from tests.stack import Stack

IMAGES = Path(__file__).parents[2] / "docs" / "images"
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
# A night watch that joins, in the columns of a directory's export.
PEOPLE = "userPrincipalName,displayName,department,accountEnabled\n" + "".join(
    f"{name.lower()}@lanternworks.example,{name} Okafor,Security/Detection/Night watch,True\n"
    for name in ("Ines", "Jun", "Kemal", "Lea", "Mika", "Nour")
)


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as stack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        take_all(browser, stack)
        browser.close()


def running(folder: Path) -> Stack:
    return Stack(folder / "stack", None, before=(("demo",),), ANDON_DEMO="1")


def take_all(browser: Browser, stack: Stack) -> None:
    lead = signed_in(browser, stack, "lead")
    lead.get_by_role("link", name="The whole result of").click()
    until_drawn(lead)
    round_url = lead.url
    keep(lead, "report-desktop", full_page=False)
    people.open_round(lead, stack, "Lanternworks / Security / Detection")
    keep(lead, "round-desktop", full_page=False)

    member = signed_in(browser, stack, "member", phone=True)
    member.frame_locator("[data-wallet-frame]").get_by_text("Slip ready").wait_for()
    keep(member, "today-phone", full_page=False)
    member.get_by_role("link", name="Answer", exact=True).click()
    member.get_by_role("button", name="Start").click()
    for value in "454":
        member.keyboard.press(value)
        member.wait_for_timeout(400)
    keep(member, "answer-phone", full_page=False)

    dark = signed_in(browser, stack, "member", phone=True, dark=True)
    dark.goto(round_url)
    dark.locator("figure.narrow-picture svg").wait_for()
    keep(dark, "report-phone-dark", full_page=False)

    german = signed_in(browser, stack, "member", phone=True, locale="de-DE")
    german.frame_locator("[data-wallet-frame]").get_by_text("Schein").first.wait_for()
    keep(german, "today-phone-de", full_page=False)

    steward = signed_in(browser, stack, "steward")
    steward.goto(f"{stack.app_url}/people/import/")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "people.csv"
        file.write_text(PEOPLE)
        steward.locator("input[type=file]").set_input_files(file)
        steward.locator("main form button[type=submit]").first.click()
    steward.get_by_text("people join").first.wait_for(timeout=60_000)
    keep(steward, "people-file-desktop", full_page=False)

    auditor = signed_in(browser, stack, "auditor")
    auditor.goto(f"{stack.app_url}/verify/")
    keep(auditor, "verify-desktop", full_page=False)


def until_drawn(page: Page) -> None:
    """The worker draws a release soon after it is shown."""
    for _attempt in range(30):
        if page.locator("figure.chart svg").count():
            return
        page.wait_for_timeout(1_000)
        page.reload()
    raise AssertionError("the charts were not drawn")


def signed_in(
    browser: Browser, stack: Stack, role: str, *, phone: bool = False, dark: bool = False, locale: str = "en-GB"
) -> Page:
    context = browser.new_context(
        viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        locale=locale,
        device_scale_factor=2 if phone else 1,
    )
    page = context.new_page()
    page.goto(f"{stack.app_url}/")
    page.locator(f'form[action="/demo/sign-in/{role}/"] button').click()
    page.locator("main h1").wait_for()
    return page


def keep(page: Page, name: str, *, full_page: bool) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / f"{name}.png", full_page=full_page)


if __name__ == "__main__":
    main()
