"""The connection breaks when the answers are sent: nothing is lost, and they go out by themselves."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.watching import Watcher
from tests.stack import Stack


@pytest.fixture(scope="module")
def stack(make_stack: Callable[..., Any]) -> Stack:
    stack: Stack = make_stack(before=(("demo", "--rounds=1"),), ANDON_DEMO="1")
    stack.andon("rounds", "open", "--node", "Security/Detection", "--by", "demo-lead@example.org")
    return stack


def test_answers_that_could_not_be_sent_are_kept_and_sent_when_the_connection_is_back(
    stack: Stack, profile: Callable[..., Page], watcher: Watcher
) -> None:
    watcher.allow("ERR_INTERNET_DISCONNECTED")
    page = profile("bo", viewport={"width": 390, "height": 844})
    page.goto(f"{stack.app_url}/accounts/login/")
    page.locator('form[action="/demo/sign-in/member/"] button').click()
    expect(page.frame_locator("[data-wallet-frame]").get_by_text("Slip ready")).to_be_visible()
    page.get_by_role("link", name="Answer", exact=True).click()
    page.get_by_role("button", name="Start").click()
    for number in range(1, 22):
        expect(page.get_by_text(f"{number} of 21", exact=True).first).to_be_visible()
        page.keyboard.press("4")
    send = page.get_by_role("button", name="Send my answers")
    expect(send).to_be_visible()

    page.context.set_offline(True)
    send.click()
    expect(page.get_by_role("heading", name="not yet sent")).to_be_visible()
    expect(page.get_by_role("heading", name="Your answers are in the box")).not_to_be_visible()

    page.context.set_offline(False)
    expect(page.get_by_role("heading", name="Your answers are in the box")).to_be_visible()
