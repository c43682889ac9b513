"""Every page of the app and every state of the answering page, for whoever sees, hears, types or zooms differently."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.journeys.watching import (
    Watcher,
    assert_accessible,
    assert_fits,
    assert_focus_visible,
    assert_spacing,
    assert_styled,
)
from tests.stack import Stack

DESKTOP, PHONE, NARROW = ({"width": 1280, "height": 800}, {"width": 390, "height": 844}, {"width": 320, "height": 640})
COLOURS = ("color-contrast", "link-in-text-block")
DETECTION = "Lanternworks / Security / Detection"


@pytest.fixture(scope="module")
def stack(make_stack: Callable[..., Any]) -> Stack:
    """The demonstration: one button signs in."""
    # The worker comes after it: it would close a round of long ago today, and nobody could be asked for 28 days.
    stack: Stack = make_stack(parts=("app", "anonymous"), ANDON_DEMO="1")
    stack.andon("demo", "--rounds=1")
    stack.start("worker")
    return stack


def signed_in(profile: Callable[..., Page], stack: Stack, role: str) -> Page:
    page = profile(role)
    page.goto(f"{stack.app_url}/accounts/login/")
    page.locator(f'form[action="/demo/sign-in/{role}/"] button').click()
    expect(page.get_by_role("heading", name="Today", level=1)).to_be_visible()
    return page


def look(page: Page) -> None:
    """At the page as it stands: both themes, desktop and phone, narrower than any phone, and with wide text."""
    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="dark")
    assert_accessible(page, only=COLOURS)
    page.emulate_media(color_scheme="light")
    assert_accessible(page)
    page.set_viewport_size(PHONE)
    assert_accessible(page)
    page.set_viewport_size(NARROW)
    assert_fits(page)
    assert_spacing(page)
    page.set_viewport_size(DESKTOP)


@contextmanager
def unanswered(page: Page, address: str) -> Iterator[None]:
    """What the page asks there waits meanwhile, so that it does not load itself anew while somebody looks at it."""
    waiting: list[Route] = []
    page.route(address, lambda route: waiting.append(route))
    yield
    for route in waiting:
        route.continue_()
    page.unroute(address)


def look_at(page: Page, stack: Stack, *paths: str) -> None:
    for path in paths:
        page.goto(f"{stack.app_url}{path}")
        look(page)


def released_round(stack: Stack) -> str:
    [round_id] = re.findall(r"\b[0-9a-f]{32}\b", stack.andon("rounds", "list").stdout)[:1]
    return round_id


def test_pages_of_a_lead(stack: Stack, profile: Callable[..., Page], watcher: Watcher) -> None:
    watcher.allow("404")
    released = released_round(stack)
    page = signed_in(profile, stack, "lead")
    expect(page.locator("[data-wallet-frame]")).to_be_visible()
    look_at(page, stack, "/", "/rounds/", "/results/", f"/rounds/{released}/", f"/rounds/{'0' * 32}/")
    page.goto(f"{stack.app_url}/results/{released}/")
    for _attempt in range(30):
        if page.locator("figure.chart svg").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    for details in page.locator("details").all():
        details.evaluate("element => { element.open = true }")
    look(page)
    page.goto(f"{stack.app_url}/results/{released}/receipt/")
    expect(page.locator("[data-wallet-frame]")).to_be_visible()
    look(page)
    # The tree, as whoever leads more teams than a list holds sees it: by keyboard to a team in it.
    page.goto(f"{stack.app_url}/rounds/new/?at=")
    look(page)
    page.get_by_label("Find a team").fill("detec")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Show the whole tree")).to_be_visible()
    look(page)
    page.locator(".lines a").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Choose another team")).to_be_visible()
    look(page)
    page.goto(f"{stack.app_url}/rounds/new/")
    look(page)
    page.get_by_label("Who is asked").select_option(label=DETECTION)
    page.get_by_role("button", name="Show who is asked").click()
    expect(page.get_by_role("button", name="Publish the round")).to_be_visible()
    for details in page.locator("main details").all():
        details.evaluate("element => { element.open = true }")
    look(page)


def test_pages_of_a_steward(stack: Stack, profile: Callable[..., Page], watcher: Watcher) -> None:
    watcher.allow("422")
    page = signed_in(profile, stack, "steward")
    look_at(page, stack, "/people/", "/audit/", "/verify/", "/verify/me/", "/you/", "/people/import/")
    for content, heading in (
        (b"email,name,team\nnew@example.org,New One,Lanternworks/Dawn\n", "What would change"),
        (b"email,name,team\nx,Y,Z\n", "1 thing to put right"),
    ):
        page.goto(f"{stack.app_url}/people/import/")
        page.get_by_label("A file of people").set_input_files(
            {"name": "people.csv", "mimeType": "text/csv", "buffer": content}
        )
        page.get_by_role("button", name="Show what would change").click()
        # The worker reads it meanwhile, and the page goes on by itself.
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        look(page)
    look_at(page, stack, "/accounts/password/set/", "/accounts/logout/")


def test_pages_of_somebody_who_is_not_signed_in(stack: Stack, profile: Callable[..., Page]) -> None:
    page = profile("somebody")
    look_at(page, stack, "/accounts/login/", "/accounts/login/password/", "/accounts/signup/", "/accounts/inactive/")
    page.goto(f"{stack.app_url}/accounts/login/")
    page.get_by_label("Your work e-mail address").fill("demo-member@example.org")
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_role("heading", name="Type the code")).to_be_visible()
    look(page)
    look_at(page, stack, "/demo/outbox/")


def focused(page: Page) -> str:
    """The name of what has the focus, as a screen reader would say it."""
    said: str = page.evaluate(
        """() => { const focused = document.activeElement;
        return [focused.getAttribute('aria-label'), focused.labels?.[0]?.innerText, focused.innerText, focused.value]
          .find(Boolean)?.trim() ?? '' }"""
    )
    return said


def tab_to(page: Page, name: str, *, most: int = 60) -> None:
    """By Tab alone; whatever is passed on the way shows that it has the focus."""
    for _step in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement?.tagName") == "IFRAME":
            continue
        assert_focus_visible(page)
        if focused(page).startswith(name):
            return
    raise AssertionError(f"{page.url}: no Tab leads to {name!r}")


def follow(page: Page) -> None:
    """Press what has the focus, and wait for the page that it leads to."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_round_is_opened_answered_and_closed_by_keyboard_and_each_state_has_no_barrier(
    stack: Stack, profile: Callable[..., Page]
) -> None:
    lead = signed_in(profile, stack, "lead")
    lead.goto(f"{stack.app_url}/rounds/")
    tab_to(lead, "Open a round")
    follow(lead)
    tab_to(lead, "Who is asked")
    lead.keyboard.type("Lanternworks / Security / Detection")
    tab_to(lead, "In three days")
    lead.keyboard.press("ArrowDown")
    lead.keyboard.press("ArrowDown")
    assert focused(lead).startswith("Now")
    tab_to(lead, "Show who is asked")
    follow(lead)
    tab_to(lead, "Publish the round")
    follow(lead)
    expect(lead.get_by_role("heading", name="How to check it")).to_be_visible()
    round_id = lead.url.rstrip("/").rsplit("/", 1)[-1]
    look(lead)

    member = signed_in(profile, stack, "member")
    expect(member.frame_locator("[data-wallet-frame]").get_by_text("Slip ready")).to_be_visible()
    look(member)
    tab_to(member, "Answer")
    follow(member)
    expect(member.get_by_role("button", name="Start")).to_be_visible()
    for details in member.locator("details").all():
        details.evaluate("element => { element.open = true }")
    look(member)
    tab_to(member, "Start")
    member.keyboard.press("Enter")
    expect(member.get_by_text("1 of 21", exact=True).first).to_be_visible()
    look(member)
    tab_to(member, "1")
    member.locator("h1").focus()
    for number in range(1, 22):
        expect(member.get_by_text(f"{number} of 21", exact=True).first).to_be_visible()
        member.keyboard.press("s" if number == 21 else "4")
    expect(member.get_by_role("heading", name="Your answers")).to_be_visible()
    look(member)
    tab_to(member, "Send my answers")
    member.keyboard.press("Enter")
    expect(member.get_by_role("heading", name="Your answers are in the box")).to_be_visible()
    look(member)

    lead.goto(f"{stack.app_url}/rounds/{round_id}/close/")
    look(lead)
    tab_to(lead, "Close the round")
    follow(lead)
    expect(lead.get_by_text("The round is being closed")).to_be_visible()
    with unanswered(lead, "**/counted/"):
        look(lead)
    expect(lead.get_by_role("link", name="See the result")).to_be_visible(timeout=30_000)
    # Seven of nine did not answer: the report says why it has no figure.
    look_at(lead, stack, f"/results/{round_id}/")
    member.goto(f"{stack.anonymous_url}/answer/{round_id}/")
    expect(member.get_by_role("heading", name="This round is closed")).to_be_visible()
    look(member)


def test_a_browser_without_a_slip_and_one_that_waits_for_the_opening(
    stack: Stack, profile: Callable[..., Page]
) -> None:
    opened = stack.andon("rounds", "open", "--node", "Lanternworks/Security/SOC day", "--opens-in", "3d").stdout
    [round_id] = re.findall(r"\b[0-9a-f]{32}\b", opened)[:1]
    stranger = profile("stranger")
    stranger.goto(f"{stack.anonymous_url}/answer/{round_id}/")
    expect(stranger.get_by_role("heading", name="This browser has no slip yet")).to_be_visible()
    look(stranger)
    facilitator = signed_in(profile, stack, "facilitator")
    expect(facilitator.frame_locator("[data-wallet-frame]").get_by_text("Slip ready")).to_be_visible()
    look(facilitator)
    facilitator.goto(f"{stack.anonymous_url}/answer/{round_id}/")
    expect(facilitator.get_by_role("heading", name="This round is not open yet")).to_be_visible()
    look(facilitator)
    # The frame by itself, since axe does not look into a frame of another origin.
    facilitator.goto(f"{stack.anonymous_url}/frame/")
    assert_styled(facilitator)
    # It is part of a page, whose heading and landmarks are around it.
    assert_accessible(facilitator, without=["region", "landmark-one-main", "page-has-heading-one"])


def test_without_scripts_the_answering_page_says_why_nothing_can_be_answered(
    stack: Stack, profile: Callable[..., Page]
) -> None:
    page = profile("without scripts", java_script_enabled=False)
    page.goto(f"{stack.anonymous_url}/answer/")
    expect(page.get_by_role("heading", name="This page needs scripts")).to_be_visible()
    # What stands in it is not looked through by text. Without scripts it says all of it in each language.
    for notice, said in (
        (page.locator("noscript .page > p").last, "Nothing was sent."),
        (page.locator("noscript [lang=de] > p").last, "Nichts wurde abgegeben."),
    ):
        expect(notice).to_be_visible()
        expect(notice).to_contain_text(said)


def test_a_planted_barrier_is_found_on_a_page_of_the_app(stack: Stack, profile: Callable[..., Page]) -> None:
    page = profile("somebody")
    page.goto(f"{stack.app_url}/accounts/login/")
    page.evaluate("() => document.querySelector('main').append(document.createElement('input'))")
    with pytest.raises(AssertionError, match="label"):
        look(page)
    page.reload()
    page.evaluate("() => { document.querySelector('h1').style.setProperty('color', '#999') }")
    with pytest.raises(AssertionError, match="color-contrast"):
        look(page)
    page.reload()
    page.evaluate("() => { document.querySelector('h1').style.setProperty('min-width', '400px') }")
    with pytest.raises(AssertionError, match="px wide"):
        look(page)
    page.reload()
    page.evaluate(
        "() => { const s = document.querySelector('button').style; s.overflow = 'hidden'; s.width = s.height = '20px' }"
    )
    with pytest.raises(AssertionError, match="cut off"):
        assert_spacing(page)
    page.reload()
    page.get_by_label("Your work e-mail address").focus()
    assert_focus_visible(page)
    page.evaluate("() => document.activeElement.style.setProperty('outline', '0', 'important')")
    with pytest.raises(AssertionError, match="no ring"):
        assert_focus_visible(page)
