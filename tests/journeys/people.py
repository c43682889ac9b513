"""What people do in journeys, step by step, as a browser shows it to them."""

import re
from collections.abc import Sequence

from playwright.sync_api import Page, expect

from tests.journeys.mailbox import Mailbox
from tests.stack import Stack

STATEMENTS = 21


def sign_in(page: Page, stack: Stack, mailbox: Mailbox, address: str) -> None:
    """By the code that arrives over SMTP."""
    before = len(mailbox.received)
    page.goto(f"{stack.app_url}/")
    page.get_by_label("E-mail address").fill(address)
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_role("heading", name="Type the code")).to_be_visible()
    page.get_by_label("Code").fill(mailbox.code_for(address, after=before))
    page.get_by_role("button", name="Sign in", exact=True).click()
    # Stewards and auditors are led past what they owe.
    expect(page.get_by_role("heading", name=re.compile("^(Today|A second factor is needed)$"), level=1)).to_be_visible()
    if page.get_by_role("button", name="Later").count():
        page.get_by_role("button", name="Later").click()
    expect(page.get_by_role("heading", name="Today", level=1)).to_be_visible()


def open_round(page: Page, stack: Stack, team: str, *, opens: str = "Now", comments: bool = False) -> str:
    """As a lead; returns the round's id."""
    page.goto(f"{stack.app_url}/rounds/new/")
    page.get_by_label("Who is asked").select_option(label=team)
    page.get_by_role("radio", name=re.compile(rf"^\s*{opens}")).check()
    if comments:
        page.get_by_label("People may add a comment in their own words").check()
    page.get_by_role("button", name="Show who is asked").click()
    page.get_by_role("button", name="Publish the round").click()
    expect(page.get_by_role("heading", name="How to check it")).to_be_visible()
    return page.url.rstrip("/").rsplit("/", 1)[-1]


def fetch_slip(page: Page, stack: Stack) -> None:
    """Visiting Today is enough."""
    page.goto(f"{stack.app_url}/")
    expect(page.frame_locator("[data-wallet-frame]").get_by_text("Slip ready")).to_be_visible()


def answer(page: Page, answers: Sequence[int]) -> str:
    """From Today to the receipt, by keyboard: 0 skips. The words of the group as the page showed them."""
    words = answer_all(page, answers)
    send(page)
    return words


def answer_all(page: Page, answers: Sequence[int]) -> str:
    """The same up to the page that shows all answers before they are sent."""
    page.get_by_role("link", name="Answer", exact=True).click()
    words = page.locator(".words", has_text="Your group in twelve words").locator("[lang=en]").inner_text()
    page.get_by_role("button", name="Start").click()
    for number, value in enumerate(answers, start=1):
        expect(page.get_by_text(f"{number} of {len(answers)}", exact=True).first).to_be_visible()
        page.keyboard.press("s" if value == 0 else str(value))
    expect(page.get_by_role("button", name="Send my answers")).to_be_visible()
    return words


def send(page: Page) -> None:
    page.get_by_role("button", name="Send my answers").click()
    expect(page.get_by_role("heading", name="Your answers are in the box")).to_be_visible()


ANSWER = """
from andon.features.publiclog import public as publiclog
from andon.foundation.people.models import Member
from andon.gateways.demo import wallet
from andon.kernel import wire
box_key = wire.unb64u(publiclog.find("manifest", ROUND).body["box_key"], 32)
for member in Member.objects.filter(name__in=NAMES):
    if wallet.answer(member, ROUND, {"IN1": 4}, box_key=box_key):
        print("cast")
"""


def have_answered(stack: Stack, round_id: str, names: Sequence[str]) -> None:
    """Others of the round answer, in browsers that nobody looks at: with the same slips, seals and door."""
    said = stack.manage("shell", "-c", f"ROUND, NAMES = {round_id!r}, {list(names)!r}\n{ANSWER}").stdout
    assert said.split().count("cast") == len(names), said


def receipt_of(page: Page) -> tuple[str, str]:
    """(slot, hash) as the answering page shows them."""
    shown = page.locator("dl dd").all_inner_texts()
    slot, ciphertext = (re.sub(r"\s", "", text) for text in shown[:2])
    assert re.fullmatch(r"[0-9a-f]{64}", slot)
    assert re.fullmatch(r"[0-9a-f]{64}", ciphertext)
    return slot, ciphertext


def close_round(page: Page, stack: Stack, round_id: str, *, within_seconds: float = 30) -> None:
    """As the lead, before its date; waits until the page says by itself that the result is there."""
    page.goto(f"{stack.app_url}/rounds/{round_id}/")
    page.get_by_role("link", name="Close it now").click()
    page.get_by_role("button", name="Close the round").click()
    expect(page.get_by_role("link", name="See the result")).to_be_visible(timeout=within_seconds * 1000)
