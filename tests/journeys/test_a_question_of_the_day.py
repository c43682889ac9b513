"""A window of questions: one tap a day, sent at a random later time, and a colour for each that five answered."""

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import people
from tests.journeys.mailbox import Mailbox
from tests.journeys.test_a_round import verify
from tests.stack import Stack

NAMES = ["Ada", "Bo", "Cleo", "Dan", "Eve"]
ROSTER = "e-mail,name,team,role\n" + "".join(
    f"{name.lower()}@example.org,{name} Example,Lanternworks/Detection,{'lead' if name == 'Ada' else 'member'}\n"
    for name in NAMES
)
# There are working days in between, whatever day it is today.
A_FEW_DAYS = timedelta(days=4)
# A window of 21 statements lasts five weeks; in its last two days everything that waits is sent.
NEARLY_OVER = timedelta(days=34)
MOST_SECONDS = 10


@pytest.fixture(scope="module")
def stack(founded: Callable[[str], Stack]) -> Stack:
    return founded(ROSTER)


def open_window(page: Page, stack: Stack) -> str:
    page.goto(f"{stack.app_url}/rounds/new/")
    page.get_by_label("Who is asked").select_option(label="Lanternworks / Detection")
    page.get_by_role("radio", name="A question a day").check()
    page.get_by_role("radio", name=re.compile(r"^\s*Now")).check()
    page.get_by_role("button", name="Show who is asked").click()
    expect(page.get_by_text("One question on the first day and on each working day")).to_be_visible()
    page.get_by_role("button", name="Publish the round").click()
    expect(page.get_by_role("heading", name="How to check it")).to_be_visible()
    return page.url.rstrip("/").rsplit("/", 1)[-1]


def tap(page: Page, *, number: int) -> float:
    """From the link on Today to the confirmation, by one tap; the seconds it took."""
    began = time.monotonic()
    page.get_by_role("link", name="Answer with one tap").click()
    page.locator("button.answer").nth(number - 1).click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    return time.monotonic() - began


def press(page: Page, key: str) -> None:
    """Answer by keyboard, once there is something to answer."""
    expect(page.locator("button.answer").first).to_be_visible()
    page.keyboard.press(key)


def receipts_of(page: Page) -> list[str]:
    shown = [re.sub(r"\s", "", text) for text in page.locator("dl dd").all_inner_texts()]
    return [":".join(shown[place : place + 2]) for place in range(0, len(shown), 2)]


# Five browsers and a PostgreSQL that starts and ends with them: two minutes are little on a busy machine.
@pytest.mark.timeout(300)
def test_five_people_answer_three_questions_with_a_tap_each(
    stack: Stack, mailbox: Mailbox, profile: Callable[..., Page], tmp_path: Path
) -> None:
    ada = profile("Ada")
    people.sign_in(ada, stack, mailbox, "ada@example.org")
    round_id = open_window(ada, stack)
    opened, receipts = datetime.now(UTC), {}

    for name in NAMES:
        page = ada if name == "Ada" else profile(name, viewport={"width": 390, "height": 844})
        if name != "Ada":
            people.sign_in(page, stack, mailbox, f"{name.lower()}@example.org")
        people.fetch_slip(page, stack)
        question = page.locator("main").get_by_text("Question of the day").first
        expect(question).to_be_visible()
        assert tap(page, number=5) < MOST_SECONDS
        expect(page.get_by_text("Sealed, and not yet sent.")).to_be_visible()
        assert receipts_of(page) == []

        page.clock.set_fixed_time(opened + A_FEW_DAYS)
        page.reload()
        # The newest question by keyboard; those of the days between are offered, and nothing asks for them.
        press(page, "4")
        expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
        expect(page.get_by_role("heading", name="Also open, if you like")).to_be_visible()
        # The random time of the first may have come by now; this one has only just been drawn.
        assert len(receipts_of(page)) < 2

        page.clock.set_fixed_time(opened + NEARLY_OVER)
        page.reload()
        press(page, "3")
        expect(page.get_by_text("Your answer is in the box.")).to_be_visible()
        receipts[name] = receipts_of(page)
        assert len(receipts[name]) == 3
        page.clock.set_fixed_time(datetime.now(UTC))

    people.close_round(ada, stack, round_id)
    ada.get_by_role("link", name="See the result").click()
    expect(ada.get_by_text("closed early after 1 of 21 questions")).to_be_visible()
    answered = ada.locator("table.statements").get_by_text("5 of 5 answered")
    expect(answered).to_have_count(3)
    expect(ada.locator("table.statements").get_by_text("was not asked any more")).to_have_count(18)
    rows = ada.locator("table.statements tr", has_text="5 of 5 answered")
    assert all("no figure" not in text for text in rows.all_inner_texts())
    others = ada.locator("table.statements tr", has_text="was not asked any more")
    assert all("no figure" in text for text in others.all_inner_texts())

    bo = profile("Bo")
    bo.goto(f"{stack.app_url}/results/{round_id}/receipt/")
    expect(bo.frame_locator("[data-wallet-frame]").get_by_text("is in the list")).to_be_visible()
    with bo.expect_download() as download:
        bo.get_by_role("link", name="Take the proof home").click()
    unit_file = tmp_path / "unit.json"
    download.value.save_as(unit_file)
    listed = json.loads(unit_file.read_text())["slots"]["list"]
    assert len({slot for slot, _purpose, _hash in listed}) == len(listed) == 3 * len(NAMES)
    words = [word for receipt in receipts["Bo"] for word in ("--receipt", receipt)]
    verified = verify(stack, "--unit", str(unit_file), *words)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert verified.stdout.count("Your ballot is in the list") == 3
