"""A steward changes people and teams by hand: each change is seen before it is made, by mouse and by keyboard."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import people
from tests.journeys.mailbox import Mailbox
from tests.journeys.test_barriers import look
from tests.journeys.watching import Watcher, assert_focus_visible, screenshot
from tests.stack import Stack

TEAMS = {"Day": 6, "Night": 5, "Dawn": 5, "Forensics": 7}
ROWS = [
    "e-mail,name,team path,role",
    'stella@example.org,Stella Marin,Lanternworks,"member,steward"',
    *(
        f"{team.lower()}{number}@example.org,{team} Person {number},Lanternworks/Security/{team},"
        for team, size in TEAMS.items()
        for number in range(size)
    ),
]


@pytest.fixture(scope="module")
def stack(founded: Callable[[str], Stack]) -> Stack:
    return founded("\n".join(ROWS) + "\n")


def sign_in(page: Page, stack: Stack, mailbox: Mailbox, address: str) -> None:
    """By code; a steward is asked for a second factor and puts it off."""
    before = len(mailbox.received)
    page.goto(f"{stack.app_url}/people/")
    page.get_by_label("E-mail address").fill(address)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code").fill(mailbox.code_for(address, after=before))
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Later").click()
    expect(page.get_by_role("heading", name="People", level=1)).to_be_visible()


def picture(page: Page, name: str) -> None:
    """At the desk, on a phone and in the dark, and looked at by axe in each."""
    look(page)
    screenshot(page, f"hand-{name}-desk")
    page.set_viewport_size({"width": 390, "height": 844})
    screenshot(page, f"hand-{name}-phone")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="dark")
    screenshot(page, f"hand-{name}-dark")
    page.emulate_media(color_scheme="light")


def test_people_and_teams_are_changed_by_hand(
    stack: Stack, mailbox: Mailbox, profile: Callable[..., Page], watcher: Watcher
) -> None:
    # Words that several teams fit are answered with 422, which Chromium calls an error.
    watcher.allow("422")
    page = profile("stella")
    sign_in(page, stack, mailbox, "stella@example.org")
    page.goto(f"{stack.app_url}/people/")
    expect(page.get_by_text("24 people")).to_be_visible()
    picture(page, "people")

    # Somebody new, by keyboard alone.
    page.get_by_role("link", name="Add a person").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Name", exact=True).focus()
    for words in ("Nia Iyer", "nia@example.org", "da"):
        assert_focus_visible(page)
        page.keyboard.type(words)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 teams fit. Choose one below.")).to_be_visible()
    picture(page, "choose")
    page.get_by_role("radio", name="Lanternworks / Security / Dawn").check()
    page.get_by_role("button", name="Show what changes").click()
    expect(page.get_by_role("heading", name="Add Nia Iyer")).to_be_visible()
    page.get_by_role("button", name="Add this person").click()
    expect(page.get_by_role("heading", name="Nia Iyer", level=1)).to_be_visible()
    before = len(mailbox.received)
    page.get_by_role("button", name="Send an invitation").click()
    expect(page.get_by_text("The invitation is sent.")).to_be_visible()
    mailbox.newest_to("nia@example.org", after=before)
    expect(page.get_by_text("sent, not used yet")).to_be_visible()
    picture(page, "person")

    # A move that takes a team below five: the page says who is then counted with whom.
    page.goto(f"{stack.app_url}/people/?q=Night+Person+1")
    page.get_by_role("link", name="Night Person 1").click()
    page.get_by_role("link", name="Change team or role").click()
    page.get_by_label("Team", exact=True).fill("Lanternworks / Security / Day")
    picture(page, "place")
    page.get_by_role("button", name="Show what changes").click()
    expect(page.get_by_text("are counted in another way afterwards")).to_be_visible()
    night = page.get_by_role("rowheader", name="Lanternworks / Security / Night")
    expect(page.get_by_role("row").filter(has=night)).to_contain_text("counted together with")
    picture(page, "merge")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("It is saved.")).to_be_visible()
    expect(page.get_by_role("row", name="Lanternworks / Security / Day")).to_be_visible()

    # Deactivated at once, and back.
    page.get_by_role("link", name="Deactivate").click()
    picture(page, "deactivate")
    page.get_by_role("button", name="Deactivate").click()
    expect(page.get_by_text("Nobody can sign in with this address")).to_be_visible()
    page.get_by_role("button", name="Reactivate").click()
    expect(page.get_by_text("They are in no team yet.")).to_be_visible()


def test_the_tree_is_edited_by_keyboard_and_by_dragging(
    stack: Stack, mailbox: Mailbox, profile: Callable[..., Page]
) -> None:
    page = profile("stella")
    sign_in(page, stack, mailbox, "stella@example.org")
    page.goto(f"{stack.app_url}/people/teams/")
    fold = page.get_by_role("link", name="Show what is below Security")
    fold.focus()
    assert_focus_visible(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Forensics")).to_be_visible()
    picture(page, "tree")
    page.get_by_role("link", name="Security", exact=True).focus()
    page.keyboard.press("Enter")
    picture(page, "team")
    page.get_by_role("link", name="Add a team below").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Name", exact=True).focus()
    page.keyboard.type("Response")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Response", level=1)).to_be_visible()
    page.get_by_role("link", name="Retire").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Retire Response")).to_be_visible()
    page.get_by_role("link", name="Leave it as it is").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Response", level=1)).to_be_visible()

    # Dragging ends on the page that asks; nothing has moved before the yes.
    page.goto(f"{stack.app_url}/people/teams/")
    page.get_by_role("link", name="Show what is below Security").click()
    line = page.locator(".team-line")
    line.filter(has_text="Forensics").drag_to(line.filter(has_text="Response"))
    expect(page.get_by_role("heading", name="Move Forensics")).to_be_visible()
    picture(page, "move")
    page.goto(f"{stack.app_url}/people/teams/")
    page.get_by_role("link", name="Show what is below Security").click()
    expect(page.locator(".team-tree ul ul .team-line").filter(has_text="Forensics")).to_be_visible()
    line.filter(has_text="Forensics").drag_to(line.filter(has_text="Response"))
    page.get_by_role("button", name="Move the team").click()
    expect(page.get_by_text("The team is moved.")).to_be_visible()
    expect(page.get_by_role("link", name="Response")).to_be_visible()
    # On itself and below itself nothing can be dropped.
    page.goto(f"{stack.app_url}/people/teams/")
    page.get_by_role("link", name="Show what is below Security").click()
    page.get_by_role("link", name="Show what is below Response").click()
    address = page.url
    line.filter(has_text="Response").drag_to(line.filter(has_text="Forensics"))
    assert page.url == address


def test_a_member_asks_to_be_erased_and_a_steward_does_it(
    stack: Stack, mailbox: Mailbox, profile: Callable[..., Page], watcher: Watcher
) -> None:
    # A name that is not theirs is answered with 422.
    watcher.allow("422")
    member, steward = profile("leaving"), profile("stella again")
    people.sign_in(member, stack, mailbox, "forensics1@example.org")
    member.goto(f"{stack.app_url}/verify/me/")
    member.get_by_role("link", name="Ask to be erased").click()
    member.get_by_role("button", name="Ask the stewards").click()
    expect(member.get_by_text("The stewards see your request now.")).to_be_visible()

    sign_in(steward, stack, mailbox, "stella@example.org")
    steward.get_by_role("link", name="Requests to be erased").click()
    picture(steward, "requests")
    steward.get_by_role("link", name="Erase Forensics Person 1").click()
    picture(steward, "erase")
    typed = steward.get_by_role("textbox")
    typed.fill("Forensics Person 2")
    steward.get_by_role("button", name="Erase for ever").click()
    expect(steward.get_by_role("heading", name="Erase Forensics Person 1")).to_be_visible()
    typed.fill("Forensics Person 1")
    steward.get_by_role("button", name="Erase for ever").click()
    expect(steward.get_by_text("The person is erased. The change log says so without a name.")).to_be_visible()
    expect(steward.get_by_role("heading", name="Nobody asked")).to_be_visible()

    member.goto(f"{stack.app_url}/")
    expect(member.get_by_label("E-mail address")).to_be_visible()
    steward.goto(f"{stack.app_url}/people/?q=Forensics+Person+1")
    expect(steward.get_by_role("link", name="Forensics Person 1")).to_have_count(0)
    steward.goto(f"{stack.app_url}/audit/")
    expect(steward.get_by_text("A person was erased").first).to_be_visible()
    expect(steward.get_by_text("Forensics Person 1")).to_have_count(0)
