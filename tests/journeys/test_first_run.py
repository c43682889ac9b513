"""The first run in a browser: from a set-up code on a terminal to a steward on Today, with nothing founded before."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import people
from tests.journeys.mailbox import Mailbox, open_mailbox
from tests.journeys.watching import Watcher, assert_accessible, assert_fits
from tests.stack import Stack

STELLA = "stella@example.org"
ROSTER = [("ada", "lead"), *((name, "member") for name in ("bo", "cleo", "dan", "eve", "fay"))]


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with open_mailbox() as mailbox:
        yield mailbox


@pytest.fixture
def stack(make_stack: Callable[..., Any], watcher: Watcher) -> Stack:
    """A new one for each: every installation is founded once."""
    stack: Stack = make_stack()
    watcher.origins |= {stack.app_url, stack.anonymous_url}
    return stack


def code_of(stack: Stack) -> str:
    shown = stack.andon("setup", "--code").stdout
    return shown.rsplit(" ", 1)[-1].strip()


def begin(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.app_url}/results/")
    expect(page).to_have_url(f"{stack.app_url}/setup/")
    page.get_by_label("Set-up code").fill(code_of(stack).lower())
    page.get_by_role("button", name="Begin").click()


def to_the_key(page: Page, stack: Stack, mailbox: Mailbox, name: str = "Lanternworks") -> None:
    expect(page.get_by_role("heading", name="Your organisation")).to_be_visible()
    page.get_by_label("Name of the organisation").fill(name)
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("This browser reached the anonymous door")).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Your name").fill("Stella Example")
    page.get_by_label("Your work e-mail address").fill(STELLA)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Mail server").fill("127.0.0.1")
    page.get_by_label("Port").fill(str(mailbox.port))
    page.get_by_label("Sender").fill("Andon <andon@example.org>")
    page.get_by_role("button", name="Save and send the test letter").click()
    expect(page.get_by_text("took a letter to")).to_be_visible()
    assert "A test mail of Andon" in str(mailbox.newest_to(STELLA)["Subject"])
    page.get_by_role("link", name="Continue").click()
    expect(page.get_by_role("heading", name="The steward key")).to_be_visible()


def make_key(page: Page) -> list[str]:
    page.get_by_role("button", name="Make the key").click()
    words = page.locator("[data-words] li").all_inner_texts()
    assert len(words) == 24
    assert all(re.fullmatch(r"[a-z]{3,8}", word) for word in words)
    return words


def type_two_words(page: Page, words: list[str]) -> None:
    page.get_by_role("button", name="I have kept it").click()
    for index in (0, 1):
        number = int(page.locator(f'[data-number="{index}"]').inner_text())
        page.locator(f"#word-{index}").fill(words[number - 1])
    page.get_by_role("button", name="Found the organisation").click()


def everything_kept(stack: Stack) -> bytes:
    """Every byte that the service wrote: databases, files, logs."""
    return b"".join(file.read_bytes() for file in sorted(stack.folder.rglob("*")) if file.is_file())


def test_a_steward_sets_up_imports_people_and_a_lead_opens_a_round(
    stack: Stack, mailbox: Mailbox, profile: Callable[..., Page], tmp_path: Path, watcher: Watcher
) -> None:
    sent: list[str] = []
    page = profile("stella")
    page.context.on("request", lambda request: sent.append(f"{request.url}\n{request.post_data or ''}"))
    begin(page, stack)
    to_the_key(page, stack, mailbox)
    words = make_key(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as a file").click()
    key = tmp_path / download.value.suggested_filename
    download.value.save_as(key)
    assert key.name == "andon-steward-lanternworks.key"

    page.get_by_role("button", name="I have kept it").click()
    page.locator("#word-0").fill("wrong")
    page.get_by_role("button", name="Found the organisation").click()
    expect(page.get_by_text("These are not the two words")).to_be_visible()
    page.get_by_label("Or choose the file that you saved").set_input_files(key)
    expect(page.get_by_role("heading", name="What to do next")).to_be_visible()

    private = key.read_text().strip()
    assert len(private) == 43
    kept = everything_kept(stack)
    assert private.encode() not in kept
    assert " ".join(words).encode() not in kept
    # The twin: what did leave the page is found by the same look.
    assert STELLA.encode() in kept
    assert not [request for request in sent if private in request or words[0] in request.split("\n", 1)[1].split()]
    assert any("genesis=" in request for request in sent)

    page.goto(f"{stack.app_url}/")
    expect(page.get_by_text("Nobody else is here yet")).to_be_visible()
    watcher.allow("404")
    assert page.goto(f"{stack.app_url}/setup/").status == 404
    assert page.goto(f"{stack.app_url}/setup/key/").status == 404
    assert not (stack.data_directory / "setup-code").exists()

    roster = tmp_path / "roster.csv"
    roster.write_text(
        "e-mail,name,team,role\n"
        + "".join(f"{n}@example.org,{n.title()} Example,Lanternworks/Detection,{r}\n" for n, r in ROSTER)
    )
    stack.andon("people", "import", str(roster))
    ada = profile("ada")
    people.sign_in(ada, stack, mailbox, "ada@example.org")
    round_id = people.open_round(ada, stack, "Lanternworks / Detection")
    assert round_id in stack.andon("rounds", "list").stdout
    verified = stack.andon("verify", stack.app_url)
    assert verified.returncode == 0


def test_on_a_phone_by_keyboard_with_a_wrong_code_and_a_reload_in_the_middle(
    stack: Stack, mailbox: Mailbox, profile: Callable[..., Page]
) -> None:
    page = profile("phone", viewport={"width": 390, "height": 844})
    page.goto(f"{stack.app_url}/")
    right = code_of(stack)
    page.get_by_label("Set-up code").focus()
    page.keyboard.type("AAAA-BBBB-CCCC-DDDD")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This is not the code, or it was tried too often")).to_be_visible()
    looked_at(page)
    page.get_by_label("Set-up code").fill("")
    page.keyboard.type(right)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your organisation")).to_be_visible()
    looked_at(page)
    page.get_by_label("Name of the organisation").focus()
    page.keyboard.type("Lanternworks")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This browser reached the anonymous door")).to_be_visible()
    looked_at(page)
    # What was answered is kept: a reload, and another way in, come back to the same step.
    page.reload()
    page.goto(f"{stack.app_url}/")
    expect(page.get_by_role("heading", name="Two addresses, two doors")).to_be_visible()
    press(page, "Continue")
    expect(page.get_by_role("heading", name="The first steward")).to_be_visible()
    looked_at(page)
    page.get_by_label("Your name").focus()
    page.keyboard.type("Stella Example")
    page.keyboard.press("Tab")
    page.keyboard.type(STELLA)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="How letters leave")).to_be_visible()
    looked_at(page)
    press(page, "Go on without mail")
    expect(page.get_by_role("heading", name="The steward key")).to_be_visible()
    looked_at(page)
    press(page, "Make the key")
    first = page.locator("[data-words] li").all_inner_texts()
    looked_at(page)
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    press(page, "Make the key")
    words = page.locator("[data-words] li").all_inner_texts()
    assert words != first
    press(page, "I have kept it")
    looked_at(page)
    for index in (0, 1):
        number = int(page.locator(f'[data-number="{index}"]').inner_text())
        page.locator(f"#word-{index}").focus()
        page.keyboard.type(words[number - 1])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What to do next")).to_be_visible()
    looked_at(page)
    assert stack.andon("verify", stack.app_url).returncode == 0


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).focus()
    page.keyboard.press("Enter")


def looked_at(page: Page) -> None:
    assert_fits(page)
    assert_accessible(page)


def test_of_two_browsers_one_founds_and_the_other_is_led_away(
    stack: Stack, mailbox: Mailbox, profile: Callable[..., Page], watcher: Watcher
) -> None:
    one, other = profile("one"), profile("other")
    for page, name in ((one, "First"), (other, "Second")):
        begin(page, stack)
        to_the_key(page, stack, mailbox, name)
    late = make_key(other)
    type_two_words(one, make_key(one))
    expect(one.get_by_role("heading", name="What to do next")).to_be_visible()
    watcher.allow("404")
    type_two_words(other, late)
    expect(other.get_by_role("heading", name="There is nothing here for you")).to_be_visible()
    assert "First" in stack.andon("setup").stdout
