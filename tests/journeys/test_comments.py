"""The way of a comment: asked for by a lead, warned about while it is typed, read shuffled by those who were asked."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import people
from tests.journeys.mailbox import Mailbox
from tests.stack import Stack

# Eight, who may comment. Ada leads above both teams and is counted with the smaller one: seven, who may not.
DETECTION = ["Bo", "Cleo", "Dan", "Eve", "Fay", "Gus", "Hal", "Pat"]
RESPONSE = ["Ivy", "Jan", "Kim", "Lou", "Mia", "Nina"]
WRITTEN = {
    "Bo": "We could listen longer before we answer.",
    "Cleo": "Thank you for asking, <i>really</i>.",
}
BOX = "Anything to add, in your own words (may stay empty)"


def lines(team: str, names: list[str], role: str = "member") -> str:
    return "".join(f"{name.lower()}@example.org,{name} Example,{team},{role}\n" for name in names)


ROSTER = (
    "e-mail,name,team,role\n"
    + lines("Lanternworks", ["Ada"], "lead")
    + lines("Lanternworks/Detection", DETECTION)
    + lines("Lanternworks/Response", RESPONSE)
)


@pytest.fixture(scope="module")
def stack(founded: Callable[[str], Stack]) -> Stack:
    return founded(ROSTER)


@pytest.mark.timeout(300)
def test_comments_are_warned_about_and_read_by_their_group_and_a_small_group_has_no_box(
    stack: Stack, mailbox: Mailbox, profile: Callable[..., Page]
) -> None:
    ada = profile("Ada")
    people.sign_in(ada, stack, mailbox, "ada@example.org")
    round_id = people.open_round(ada, stack, "Lanternworks", comments=True)
    people.fetch_slip(ada, stack)
    people.answer_all(ada, [4] * people.STATEMENTS)
    expect(ada.get_by_label(BOX)).to_have_count(0)
    people.send(ada)

    for name in WRITTEN:
        page = profile(name, viewport={"width": 390, "height": 844})
        people.sign_in(page, stack, mailbox, f"{name.lower()}@example.org")
        people.fetch_slip(page, stack)
        people.answer_all(page, [4] * people.STATEMENTS)
        expect(page.get_by_label(BOX)).to_be_visible()
        if name == "Bo":
            is_warned(page)
        page.get_by_label(BOX).fill(WRITTEN[name])
        people.send(page)
    people.have_answered(stack, round_id, [f"{name} Example" for name in DETECTION if name not in WRITTEN])

    people.close_round(ada, stack, round_id)
    bo = profile("Bo")
    bo.goto(f"{stack.app_url}/results/{round_id}/")
    expect(bo.get_by_text("8 of 8 answered")).to_be_visible()
    shown = bo.locator("section", has=bo.get_by_role("heading", name="In your own words")).locator("li")
    assert sorted(shown.all_inner_texts()) == sorted(WRITTEN.values())
    bo.goto(f"{stack.app_url}/results/{round_id}/receipt/")
    expect(bo.get_by_text("8 ballots of 8 people are in your unit's list. 2 comments are there")).to_be_visible()
    ada.goto(f"{stack.app_url}/results/{round_id}/")
    expect(ada.get_by_role("heading", name="In your own words")).to_have_count(0)


def is_warned(page: Page) -> None:
    """What would tell who wrote it stands below the box, and goes when it is taken out."""
    expect(page.get_by_text("People who know you may recognise how you write.")).to_be_visible()
    page.get_by_label(BOX).fill("It was Tuesday, and nobody told Gus about SOC-4711.")
    warnings = page.locator(".telltales")
    expect(warnings.get_by_role("listitem")).to_have_count(3)
    expect(warnings.get_by_text("Gus looks like a name")).to_be_visible()
    page.get_by_label(BOX).fill(WRITTEN["Bo"])
    expect(warnings.get_by_role("listitem")).to_have_count(0)
