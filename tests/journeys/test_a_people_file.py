"""A steward brings people in from a file: bad rows first, then repaired; and a worker that dies on the way."""

import csv
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.watching import assert_accessible, assert_fits
from tests.stack import Stack

HEADER = "userPrincipalName,displayName,department,accountEnabled,city\n"
GOOD = HEADER + "".join(f"new{n}@example.org,New Person {n},Security/Night watch,True,Oslo\n" for n in range(6))
BAD = GOOD.replace("new1@example.org", "not an address").replace("New Person 3", "=1+1<b>")
PHONE = {"width": 390, "height": 844}
PICTURES = os.environ.get("PICTURES")
MANY = 12_000
# The worker may be busy with the rounds of the demonstration.
WITHIN = 60_000


@pytest.fixture(scope="module")
def stack(make_stack: Callable[..., Any]) -> Stack:
    stack: Stack = make_stack(parts=("app", "anonymous"), ANDON_DEMO="1")
    stack.andon("demo", "--rounds=1")
    stack.start("worker")
    return stack


def look(page: Page, name: str) -> None:
    for size, wide in ((PHONE, "phone"), ({"width": 1280, "height": 800}, "desk")):
        page.set_viewport_size(size)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert_accessible(page)
            if PICTURES:
                page.screenshot(path=f"{PICTURES}/{name}-{wide}-{scheme}.png", full_page=True)
        page.emulate_media(color_scheme="light")
        assert_fits(page)


def steward(profile: Callable[..., Page], stack: Stack, name: str = "steward", **options: Any) -> Page:
    page = profile(name, **options)
    page.goto(f"{stack.app_url}/accounts/login/")
    page.locator('form[action="/demo/sign-in/steward/"] button').click()
    expect(page.get_by_role("heading", name="Today", level=1)).to_be_visible()
    return page


def press(page: Page, name: str, role: str = "button") -> None:
    """By keyboard."""
    page.get_by_role(role, name=name).focus()  # type: ignore[arg-type]
    page.keyboard.press("Enter")


def test_a_bad_file_is_repaired_looked_at_and_carried_out(
    profile: Callable[..., Page], stack: Stack, tmp_path: Path
) -> None:
    page = steward(profile, stack)
    page.goto(f"{stack.app_url}/people/import/")
    look(page, "choose")
    file = tmp_path / "people.csv"
    file.write_text(BAD)
    page.get_by_label("A file of people").set_input_files(file)
    press(page, "Show what would change")
    expect(page.get_by_role("heading", name="2 things to put right")).to_be_visible(timeout=WITHIN)
    look(page, "bad")
    with page.expect_download() as download:
        press(page, "Download these rows", role="link")
    rows = list(csv.DictReader(Path(download.value.path()).read_text("utf-8-sig").splitlines()))
    assert [(row["line"], row["displayName"]) for row in rows] == [("3", "New Person 1"), ("5", "'=1+1<b>")]

    press(page, "Choose the file again", role="link")
    file.write_text(GOOD)
    page.get_by_label("A file of people").set_input_files(file)
    press(page, "Show what would change")
    expect(page.get_by_role("heading", name="What would change")).to_be_visible(timeout=WITHIN)
    expect(page.get_by_text("6 people join")).to_be_visible()
    expect(page.get_by_text("Columns not read: city")).to_be_visible()
    expect(page.get_by_text("a figure of its own, 6 people")).to_be_visible()
    look(page, "preview")
    press(page, "Import these people")
    expect(page.get_by_role("heading", name="The people are imported")).to_be_visible(timeout=WITHIN)
    look(page, "done")


def test_without_script_the_page_loads_itself_again(profile: Callable[..., Page], stack: Stack, tmp_path: Path) -> None:
    page = steward(profile, stack, "plain", java_script_enabled=False)
    page.goto(f"{stack.app_url}/people/import/")
    file = tmp_path / "people.csv"
    file.write_text(HEADER + "new0@example.org,Another Name,Security/Night watch,True,Oslo\n")
    page.get_by_label("A file of people").set_input_files(file)
    page.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_role("heading", name="What would change")).to_be_visible(timeout=WITHIN)
    page.get_by_role("button", name="Leave it as it is").click()
    expect(page.get_by_text("Nothing was changed")).to_be_visible()


def members(stack: Stack) -> int:
    program = (
        "from andon.foundation.people.models import Member; print(Member.objects.filter(email__startswith='m').count())"
    )
    return int(stack.manage("shell", "-c", program).stdout.split()[-1])


def test_a_worker_that_is_killed_while_writing_leaves_nothing_and_then_does_everything(
    profile: Callable[..., Page], stack: Stack, tmp_path: Path
) -> None:
    before = members(stack)
    page = steward(profile, stack)
    page.goto(f"{stack.app_url}/people/import/")
    file = tmp_path / "many.csv"
    # More than four megabytes, which no other address takes.
    rest = "x" * 400
    file.write_text(
        "email,name,team,note\n"
        + "".join(f"m{n}@example.org,Many {n},Security/Team {n % 900},{rest}\n" for n in range(MANY))
    )
    assert file.stat().st_size > 4_100_000
    page.get_by_label("A file of people").set_input_files(file)
    page.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_role("heading", name="What would change")).to_be_visible(timeout=WITHIN)
    look(page, "preview-large")
    page.get_by_role("button", name="Import these people").click()
    deadline = time.monotonic() + 60
    while not list(stack.data_directory.glob("people-file-*.progress")):
        assert time.monotonic() < deadline, "the worker did not begin"
        time.sleep(0.02)
    stack.kill("worker")
    assert members(stack) == before
    page.reload()
    expect(page.get_by_role("heading", name="Importing people")).to_be_visible()
    look(page, "progress")
    stack.start("worker")
    expect(page.get_by_role("heading", name="The people are imported")).to_be_visible(timeout=90_000)
    assert members(stack) == before + MANY
    assert not list(stack.data_directory.glob("people-file-*"))
